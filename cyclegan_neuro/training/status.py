"""Where a run stands: ``status.json``, kept while it runs, and rebuilt where it is lost."""

from __future__ import annotations

import shlex
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from cyclegan_neuro.configuration.loading import read_source
from cyclegan_neuro.errors import UserError
from cyclegan_neuro.invocation import command
from cyclegan_neuro.training.checkpoints import CheckpointStore
from cyclegan_neuro.training.devices import peak_device_memory
from cyclegan_neuro.training.environment import peak_memory_bytes
from cyclegan_neuro.training.interruption import TrainingInterrupted
from cyclegan_neuro.training.logs import History
from cyclegan_neuro.training.manifest import RunManifest

if TYPE_CHECKING:
    from cyclegan_neuro.training.run_directory import RunDirectory

__all__ = ["Status", "StatusFile", "find_status", "resume_command"]

_FORMAT = "cyclegan_neuro run 1"
State = Literal["preparing", "training", "interrupted", "failed", "finished"]


@dataclass(frozen=True)
class Status:
    """Where a run stands.

    Attributes
    ----------
    system : str
    state : {"preparing", "training", "interrupted", "failed", "finished"}
        A process that was killed leaves ``training``.
    epoch, step : int
        Completed epochs and updates at the last change of this file.
    epochs, steps_per_epoch : int
        What was asked for.
    started, updated : str
        ISO 8601, UTC.
    seconds_trained : float
        Spent in training epochs, validation included, over all starts of the run.
    windows_per_second : float, optional
        Median over epochs.
    peak_memory_bytes, peak_device_memory_bytes : int, optional
        Largest resident memory of the process; largest allocation on the first GPU.
    resume : str
        Command that continues the run.
    message : str
        Why it stopped, if it did not finish.
    format : str
        The mark by which a directory is known to be ours.
    """

    system: str
    state: State
    epoch: int = 0
    step: int = 0
    epochs: int = 0
    steps_per_epoch: int = 0
    started: str = ""
    updated: str = ""
    seconds_trained: float = 0.0
    windows_per_second: float | None = None
    peak_memory_bytes: int | None = None
    peak_device_memory_bytes: int | None = None
    resume: str = ""
    message: str = ""
    format: str = _FORMAT

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, content: Any) -> Status | None:
        """Return the status, or None if ``content`` is not one of ours."""
        if not isinstance(content, dict) or content.get("format") != _FORMAT:
            return None
        known = {field.name for field in fields(cls)}
        try:
            status = cls(**{name: value for name, value in content.items() if name in known})
        except TypeError:  # a required field is missing
            return None
        counts = (status.epoch, status.step, status.epochs, status.steps_per_epoch, status.seconds_trained)
        damaged = status.state not in get_args(State) or not all(isinstance(count, int | float) for count in counts)
        return None if damaged else status


def resume_command(output_dir: Path) -> str:
    """Return the command that continues a run."""
    return f"{command('train')} --output_dir {shlex.quote(str(output_dir))} --resume"


class StatusFile:
    """Keeps ``status.json`` up to date.

    Parameters
    ----------
    directory : RunDirectory
    status : Status
        As the run begins or goes on.
    """

    def __init__(self, directory: RunDirectory, status: Status):
        self.directory = directory
        self.status = status
        self._seconds_before = status.seconds_trained
        self._began = time.monotonic()

    def update(self, **changes) -> Status:
        """Change fields, refresh times and peak memory, and write the file."""
        now = datetime.now(timezone.utc).isoformat(timespec="seconds")
        self.status = replace(
            self.status,
            started=self.status.started or now,
            updated=now,
            seconds_trained=round(self._seconds_before + time.monotonic() - self._began, 3),
            peak_memory_bytes=_larger(self.status.peak_memory_bytes, peak_memory_bytes()),
            peak_device_memory_bytes=_larger(self.status.peak_device_memory_bytes, peak_device_memory()),
        )
        self.status = replace(self.status, **changes)
        self.directory.write_status(self.status)
        return self.status

    @contextmanager
    def recording_failure(self) -> Iterator[None]:
        """Write down why the block failed; an interruption has written its own state."""
        try:
            yield
        except TrainingInterrupted:
            raise
        except Exception as error:
            with suppress(UserError):  # on a full disk the first error is the one to show
                self.update(state="failed", message=str(error) or type(error).__name__)
            raise


def _larger(before: int | None, now: int | None) -> int | None:
    known = [value for value in (before, now) if value is not None]
    return max(known, default=None)


def find_status(directory: RunDirectory) -> Status | None:
    """Return what ``status.json`` says or, where it is missing or damaged, what the rest of the run says.

    Returns
    -------
    Status or None
        None if nothing here is ours for certain: neither the status, nor the manifest, nor a checkpoint that verifies.
    """
    return directory.read_status() or _rebuild(directory)


def _rebuild(directory: RunDirectory) -> Status | None:
    checkpoint = manifest = None
    with suppress(UserError):
        checkpoint = CheckpointStore(directory.checkpoints).newest()
    with suppress(UserError):
        manifest = RunManifest.read(directory.manifest_file)
    if checkpoint is None and manifest is None:
        return None
    try:
        config = manifest.config if manifest else read_source(directory.config_file).values
        system, epochs = str(config["system"]), int(config["training"]["epochs"])
    except (UserError, KeyError, TypeError, ValueError):
        return None
    at = checkpoint.manifest if checkpoint else None
    epoch, step = (at.epoch, at.step) if at else (0, 0)
    status = Status(
        system=system, state="finished" if epoch >= epochs else "interrupted", epoch=epoch, step=step, epochs=epochs,
        resume=resume_command(directory.path), message="rebuilt, because status.json was missing or damaged",
    )  # fmt: skip
    with suppress(UserError):
        history = History(directory.history_file, epochs=epoch)
        seconds = sum(float(row.get("seconds", 0)) for row in history.rows)
        status = replace(status, seconds_trained=seconds, windows_per_second=history.median("windows_per_second"))
    return status
