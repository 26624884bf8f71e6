"""The directory of a run: what lies where, and who may touch it.

================  ==========================================================================
``config.yaml``       the resolved configuration
``environment.json``  versions, devices, command line
``inputs.json``       hash, shape, rate and ROI ids of what went in
``manifest.json``     the configuration and the checksums of the files that the run depends on
``status.json``       where the run stands; its format mark makes the directory ours
``checkpoints/``      ``last-<step>.h5`` (two) and ``best-<step>.h5``
``tensorboard/``      event files
``recordings/``       days that were in memory when training began
``history.csv``       a row per epoch
``scaling*``, ``neuron_order*``  written by the windows
``backbone.json``     written by a CycleGAN whose backbone was chosen
``report/``           written by the evaluation
``lock``, ``evaluation.lock``  who trains, who evaluates; only while they do
``evaluation_cache/`` spikes and their statistics, for the next evaluation; may be deleted
================  ==========================================================================

A run begins with the state ``training`` of its status. While the state is ``preparing``, whatever else is here was left
by a killed start, and the next start deletes it.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Literal

from cyclegan_neuro.errors import RunDirectoryError
from cyclegan_neuro.recordings.atomic import remove_left_overs, replacing
from cyclegan_neuro.training.heartbeat import Lock
from cyclegan_neuro.training.lock import EVALUATION_LOCK, TRAINING_LOCK, locked
from cyclegan_neuro.training.status import Status, find_status

__all__ = ["DEPENDED_ON", "FollowedRunDirectory", "RunDirectory", "claim"]

_STAGING = ".preparing"
_LOCKS = (TRAINING_LOCK, EVALUATION_LOCK)
_OF_LOCKS = (*_LOCKS, *(f"{name}.takeover*" for name in _LOCKS), *(f".{name}.*.tmp" for name in _LOCKS), ".nfs*")
# .nfs*: what NFS makes of a file that is deleted while it is open, as that of a lock that is held
_BEFORE_STATUS = (*_OF_LOCKS, _STAGING, ".status.*.tmp.json")  # what can be here before the first status.json
DEPENDED_ON = ("inputs.json", "scaling*", "neuron_order*", "ordering*", "backbone.json")
"""What a run's networks depend on, beside its configuration."""
# Paths relative to the run; "*" also stands for "/". Everything else in a run directory is the user's.
_OURS = (
    "config.yaml", "environment.json", "manifest.json", "status.json", "history.csv", *DEPENDED_ON, *_OF_LOCKS,
    "recordings/*.h5", "checkpoints/*.h5", "tensorboard/*events.out.tfevents.*", f"{_STAGING}/*",
    "report/index.html", "report/metrics.json", "report/maps.h5",
    "report/figures/*.png", "report/figures/*.svg", "report/tables/*.csv", ".report.old/*", ".report.*.new/*",
    "evaluation_cache/*.npz", ".*.tmp", ".*.tmp.*",
)  # fmt: skip


class RunDirectory:
    """Paths and small files of one run.

    Parameters
    ----------
    path : path
        As the user named it.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)
        self.config_file = self.path / "config.yaml"
        self.environment_file = self.path / "environment.json"
        self.inputs_file = self.path / "inputs.json"
        self.manifest_file = self.path / "manifest.json"
        self.status_file = self.path / "status.json"
        self.history_file = self.path / "history.csv"
        self.checkpoints = self.path / "checkpoints"
        self.tensorboard = self.path / "tensorboard"
        self.report = self.path / "report"
        self.evaluation_cache = self.path / "evaluation_cache"
        self.staging = self.path / _STAGING
        self.lock: Lock | None = None  # while it is claimed

    def require_lock(self) -> None:
        """Refuse to go on where the directory was claimed, and somebody else has it now.

        Raises
        ------
        LockLostError
        """
        if self.lock is not None:
            self.lock.check()

    def read_status(self) -> Status | None:
        """Return what ``status.json`` says; None if it is missing, damaged or not ours."""
        try:
            return Status.from_dict(json.loads(self.status_file.read_text(encoding="utf-8")))
        except (OSError, ValueError):
            return None

    def write_status(self, status: Status) -> None:
        self.write_json(self.status_file, status.as_dict())

    def read_json(self, file: Path) -> Any:
        """Read one of the run's JSON files.

        Raises
        ------
        RunDirectoryError
            If it is missing or damaged.
        """
        try:
            return json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise RunDirectoryError(
                str(file), got=f"{error}", expected="a file that training wrote", fix="train again with --overwrite"
            ) from error

    def write_json(self, file: Path, content: Any) -> None:
        self.write_text(file, json.dumps(content, indent=2, ensure_ascii=False) + "\n")

    def write_text(self, file: Path, text: str) -> None:
        """Write a file whole or not at all.

        Raises
        ------
        RunDirectoryError
            If the disk is full or read-only, or the directory is no longer ours.
        """
        self.require_lock()
        with replacing(file, error_type=RunDirectoryError) as temporary:
            temporary.write_text(text, encoding="utf-8")

    def holds_run(self) -> bool:
        """Return whether a run is here that has begun."""
        status = find_status(self)
        return status is not None and status.state != "preparing"

    def has_run(self) -> bool:
        """Return whether a run, or something that is not ours, is here; what a killed start left counts as nothing."""
        status = find_status(self)
        if status is not None:
            return status.state != "preparing"
        names = [entry.name for entry in self.path.iterdir()]
        return not all(any(fnmatch(name, pattern) for pattern in _BEFORE_STATUS) for name in names)

    def foreign_files(self) -> list[str]:
        """Return the files in here that no run of ours writes, relative to the run."""
        names = (entry.relative_to(self.path).as_posix() for entry in self.path.rglob("*") if not _is_folder(entry))
        return sorted(name for name in names if not any(fnmatch(name, pattern) for pattern in _OURS))

    def clear(self) -> None:
        """Delete all but locks, status and the staging folder; call after :meth:`foreign_files` was empty."""
        self.require_lock()
        for entry in self.path.iterdir():
            if any(fnmatch(entry.name, pattern) for pattern in (*_OF_LOCKS, _STAGING, self.status_file.name)):
                continue
            if _is_folder(entry):
                shutil.rmtree(entry)
            else:
                entry.unlink()

    def begin_staging(self) -> Path:
        """Return an empty folder for what is learned before the run exists."""
        self.abandon_staging()
        self.staging.mkdir()
        return self.staging

    def commit_staging(self) -> None:
        """Move what was staged to its place."""
        self.require_lock()
        for entry in self.staging.iterdir():
            entry.rename(self.path / entry.name)
        self.staging.rmdir()

    def abandon_staging(self) -> None:
        """Delete the staging folder, and files of the run that a killed process left half written."""
        self.require_lock()
        if self.staging.exists():
            shutil.rmtree(self.staging)
        for pattern in (".*.[0-9]*.tmp.*", "checkpoints/.*.tmp*", "tensorboard/*/.*.tmp"):
            for left_over in self.path.glob(pattern):
                left_over.unlink(missing_ok=True)

    def tidy_for_evaluation(self) -> None:
        """Delete what killed processes left half written; the caller holds the lock of evaluations.

        A training may go on beside it: of the files of the run only those go whose process is gone.
        """
        for left_over in self.evaluation_cache.glob(".*.tmp*"):
            with suppress(OSError):
                left_over.unlink()
        for folder in (self.path, self.checkpoints):
            remove_left_overs(folder)


class FollowedRunDirectory(RunDirectory):
    """The directory of a run whose chief is another worker, which alone writes to it."""

    def write_text(self, file, text):
        pass

    def abandon_staging(self):
        pass


@contextmanager
def claim(
    output_dir: str | Path, *, resume: bool | Literal["auto"] = False, overwrite: bool = False
) -> Iterator[RunDirectory]:
    """Lock a directory for a new run, or for one that goes on.

    Parameters
    ----------
    output_dir : path
        Created if absent; a directory that was created and stays empty is removed again.
    resume : bool or "auto"
        Continue the run that is here; ``"auto"``: if there is one.
    overwrite : bool
        Replace the run that is here, which must not be under evaluation; its files stay until
        :meth:`RunDirectory.clear`.

    Raises
    ------
    RunDirectoryError
        If the directory is in use, cannot be written, holds something else than was said, or holds files
        that are not ours.
    """
    if resume and overwrite:
        raise RunDirectoryError(
            str(output_dir), got="both --resume and --overwrite", expected="one of them", fix="leave one out"
        )
    directory = RunDirectory(output_dir)
    if resume is True:
        _refuse_without_run(directory)
    created = _make(directory.path)
    try:
        with (
            locked(directory.path) as directory.lock,
            locked(directory.path, EVALUATION_LOCK) if overwrite else nullcontext(),
        ):
            if not (resume is True or (resume == "auto" and directory.holds_run())):
                _refuse_unless_free(directory, overwrite=overwrite)
            yield directory
    finally:
        directory.lock = None
        if created:
            with suppress(OSError):  # not empty: a run has begun
                directory.path.rmdir()


def _make(path: Path) -> bool:
    existed = path.exists()
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunDirectoryError(
            str(path),
            got=error.strerror or str(error),
            expected="a directory that can be made and written",
            fix="choose another --output_dir",
        ) from error
    return not existed


def _refuse_without_run(directory: RunDirectory) -> None:
    status = find_status(directory)
    if status is None or not directory.config_file.exists() or status.state == "preparing":
        stopped = status is not None and status.state == "preparing"
        raise RunDirectoryError(
            str(directory.path),
            got="a start that was stopped before its run began" if stopped else "no run that could go on",
            expected="a directory that training made",
            fix="leave out --resume to start again" if stopped
            else "check --output_dir, or leave out --resume to start a run",
        )  # fmt: skip


def _refuse_unless_free(directory: RunDirectory, *, overwrite: bool) -> None:
    status = find_status(directory)
    if status is None and directory.has_run():
        raise RunDirectoryError(
            str(directory.path),
            got=f"files that are no run of ours ({_some(sorted(e.name for e in directory.path.iterdir()))})",
            expected="a new or empty directory",
            fix="choose another --output_dir; --overwrite replaces runs of ours only",
        )
    if directory.has_run() and not overwrite:
        raise RunDirectoryError(
            str(directory.path),
            got=f"a run that is there already ({status.state}, {status.epoch} of {status.epochs} epochs)",
            expected="a new or empty directory",
            fix="continue it with --resume, replace it with --overwrite, or choose another --output_dir",
        )
    foreign = directory.foreign_files()
    if foreign:
        raise RunDirectoryError(
            str(directory.path),
            got=f"files that no run of ours writes ({_some(foreign)})",
            expected="nothing but what a run of ours writes",
            fix="move them elsewhere, or choose another --output_dir; nothing was deleted",
        )


def _is_folder(entry: Path) -> bool:
    return entry.is_dir() and not entry.is_symlink()


def _some(names: list[str], most: int = 5) -> str:
    names = [name for name in names if not any(fnmatch(name, pattern) for pattern in _OF_LOCKS)]
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
