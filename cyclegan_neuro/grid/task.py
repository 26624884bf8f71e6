"""What a worker does with a cell: start its training, then its evaluation, as processes of their own."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

from cyclegan_neuro.errors import RunDirectoryError
from cyclegan_neuro.training.lock import locked

__all__ = ["PROGRAM", "Outcome", "Task", "run_cell"]

#: Calls the commands of the package.
PROGRAM = (sys.executable, "-m", "cyclegan_neuro.cli.attended")
_LOG_LINES = 12
_SECONDS_TO_FREE = 200.0  # after which the lock of a machine that is gone can be taken
_SECONDS_TO_SAVE = 60.0
_USER_ERROR = 2


@dataclass(frozen=True)
class Task:
    """A cell as it travels to a worker.

    Attributes
    ----------
    name, directory, config, log : str
        Cell, run directory, configuration and log file, the last three as absolute paths.
    program : tuple of str
        What is called with ``train`` or ``evaluate`` and their options.
    environment : dict of str to str
        Variables of its processes: threads, GPUs.
    """

    name: str
    directory: str
    config: str
    log: str
    program: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What became of a cell.

    Attributes
    ----------
    name : str
    exit_code : int
        0, or that of the process which failed.
    seconds : float
        Of both processes.
    log_tail : list of str
        Last lines of its log, if it failed.
    """

    name: str
    exit_code: int
    seconds: float
    log_tail: list[str] = field(default_factory=list)

    @property
    def hopeless(self) -> bool:
        """Whether another try cannot help: the configuration or the data are refused."""
        return self.exit_code == _USER_ERROR


def run_cell(task: Task) -> Outcome:
    """Train and evaluate a cell, or what is left of that.

    The processes read a pipe from this one and stop, saved, when it closes: whatever ends the worker, no training goes
    on behind its back. A training of a former worker that is still saving is waited for.
    """
    began = time.monotonic()
    directory, log = Path(task.directory), Path(task.log)
    log.parent.mkdir(parents=True, exist_ok=True)
    exit_code = 0
    if not (directory / "report" / "metrics.json").is_file():
        _wait_until_free(directory)
        where = ["--output_dir", task.directory]
        for arguments in (["train", "--config", task.config, "--resume", "auto", *where], ["evaluate", *where]):
            exit_code = _run([*task.program, *arguments], log, task.environment)
            if exit_code:
                break
    tail = _tail(log) if exit_code else []
    return Outcome(task.name, exit_code, round(time.monotonic() - began, 3), tail)


def _run(command: list[str], log: Path, environment: dict[str, str]) -> int:
    with open(log, "ab") as stream:
        stream.write(f"$ {shlex.join(command)}\n".encode())
        stream.flush()
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=stream, stderr=stream, env=os.environ | environment
        )
        try:
            return process.wait()
        except BaseException:  # the worker is told to end
            process.stdin.close()
            process.wait(_SECONDS_TO_SAVE)
            raise


def _wait_until_free(directory: Path) -> None:
    deadline = time.monotonic() + _SECONDS_TO_FREE
    while directory.is_dir() and time.monotonic() < deadline:
        try:
            with locked(directory):
                return
        except RunDirectoryError:
            time.sleep(1.0)


def _tail(log: Path) -> list[str]:
    with open(log, encoding="utf-8", errors="replace") as stream:
        return [line.rstrip()[:500] for line in deque(stream, _LOG_LINES)]
