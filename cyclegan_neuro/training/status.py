"""What ``status.json`` says about a run."""

from __future__ import annotations

import shlex
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal, get_args

from cyclegan_neuro.invocation import command

__all__ = ["RUN_FORMAT", "Status", "resume_command"]

RUN_FORMAT = "cyclegan_neuro run 1"
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
    format: str = RUN_FORMAT

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, content: Any) -> Status | None:
        """Return the status, or None if ``content`` is not one of ours."""
        if not isinstance(content, dict) or content.get("format") != RUN_FORMAT:
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
