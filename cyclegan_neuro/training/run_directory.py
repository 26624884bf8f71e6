"""The directory of a run: what lies where, and who may touch it.

================  ==========================================================================
``config.yaml``       the resolved configuration
``environment.json``  versions, devices, command line
``inputs.json``       hash, shape, rate and ROI ids of what went in
``status.json``       where the run stands; its format mark makes the directory ours
``checkpoints/``      ``last-<step>.h5`` (two) and ``best-<step>.h5``
``tensorboard/``      event files
``history.csv``       a row per epoch
``scaling*``, ``neuron_order*``  written by the windows
``report/``           written by the evaluation
``evaluation_cache/`` spikes and their statistics, for the next evaluation; may be deleted
================  ==========================================================================
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from cyclegan_neuro.errors import RunDirectoryError
from cyclegan_neuro.recordings.atomic import replacing
from cyclegan_neuro.training.lock import LOCK_NAME, locked
from cyclegan_neuro.training.status import Status

__all__ = ["RunDirectory", "claim"]

_STAGING = ".preparing"
# Paths relative to the run; "*" also stands for "/". Everything else in a run directory is the user's.
_OURS = (
    "config.yaml", "environment.json", "inputs.json", "status.json", "history.csv", LOCK_NAME,
    "checkpoints/*.h5", "tensorboard/*events.out.tfevents.*",
    "scaling*", "neuron_order*", "ordering*", f"{_STAGING}/*",
    "report/index.html", "report/metrics.json", "report/maps.h5",
    "report/figures/*.png", "report/figures/*.svg", "report/tables/*.csv",
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
        self.status_file = self.path / "status.json"
        self.history_file = self.path / "history.csv"
        self.checkpoints = self.path / "checkpoints"
        self.tensorboard = self.path / "tensorboard"
        self.report = self.path / "report"
        self.staging = self.path / _STAGING

    def read_status(self) -> Status | None:
        """Return the status, or None if this is not a run of ours."""
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
            If the disk is full or read-only.
        """
        with replacing(file, error_type=RunDirectoryError) as temporary:
            temporary.write_text(text, encoding="utf-8")

    def is_untouched(self) -> bool:
        """Return whether no run has begun here (what a killed preparation left counts as nothing)."""
        status = self.read_status()
        left_over = {LOCK_NAME, _STAGING} | ({"status.json"} if status and status.state == "preparing" else set())
        return all(entry.name in left_over for entry in self.path.iterdir())

    def foreign_files(self) -> list[str]:
        """Return the files in here that no run of ours writes, relative to the run."""
        names = (entry.relative_to(self.path).as_posix() for entry in self.path.rglob("*") if not _is_folder(entry))
        return sorted(name for name in names if not any(fnmatch(name, pattern) for pattern in _OURS))

    def clear(self) -> None:
        """Delete a run of ours but its lock and the staging folder; call after :meth:`foreign_files` was empty."""
        for entry in self.path.iterdir():
            if entry.name in (LOCK_NAME, _STAGING):
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
        for entry in self.staging.iterdir():
            entry.rename(self.path / entry.name)
        self.staging.rmdir()

    def abandon_staging(self) -> None:
        if self.staging.exists():
            shutil.rmtree(self.staging)


@contextmanager
def claim(output_dir: str | Path, *, resume: bool = False, overwrite: bool = False) -> Iterator[RunDirectory]:
    """Lock a directory for a new run, or for one that goes on.

    Parameters
    ----------
    output_dir : path
        Created if absent; a directory that was created and stays empty is removed again.
    resume : bool
        Continue the run that is here.
    overwrite : bool
        Replace the run that is here; its files stay until :meth:`RunDirectory.clear`.

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
    if resume:
        _refuse_without_run(directory)
    created = _make(directory.path)
    try:
        with locked(directory.path):
            if not resume:
                _refuse_unless_free(directory, overwrite=overwrite)
            yield directory
    finally:
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
    status = directory.read_status()
    if status is None or not directory.config_file.exists():
        raise RunDirectoryError(
            str(directory.path),
            got="no run that could go on",
            expected="a directory that training made",
            fix="check --output_dir, or leave out --resume to start a run",
        )


def _refuse_unless_free(directory: RunDirectory, *, overwrite: bool) -> None:
    if directory.is_untouched():
        return
    status = directory.read_status()
    if status is None:
        raise RunDirectoryError(
            str(directory.path),
            got=f"files that are no run of ours ({_some(sorted(e.name for e in directory.path.iterdir()))})",
            expected="a new or empty directory",
            fix="choose another --output_dir; --overwrite replaces runs of ours only",
        )
    if not overwrite:
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
            expected="nothing but a run of ours to overwrite",
            fix="move them elsewhere, or choose another --output_dir; nothing was deleted",
        )


def _is_folder(entry: Path) -> bool:
    return entry.is_dir() and not entry.is_symlink()


def _some(names: list[str], most: int = 5) -> str:
    names = [name for name in names if name != LOCK_NAME]
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
