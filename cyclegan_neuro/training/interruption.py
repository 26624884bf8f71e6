"""Signals that ask a process to stop: training at the next batch and not in the middle of one, the rest at once."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from cyclegan_neuro.errors import TrainingError

__all__ = ["AGAIN", "Interruption", "Stopped", "TrainingInterrupted", "exit_code_of", "stopping_on_signals"]

_log = logging.getLogger(__name__)

AGAIN = 75
"""Exit code that asks whoever started the process to do it again: EX_TEMPFAIL of sysexits.h."""

_STOPPING = tuple(
    getattr(signal, name) for name in ("SIGTERM", "SIGHUP", "SIGUSR1") if hasattr(signal, name)  # Windows has one
)  # fmt: skip


def exit_code_of(number: int) -> int:
    """Return :data:`AGAIN` for SIGUSR1, which schedulers send before the time is up; else 128 + signal, as shells do.

    Examples
    --------
    >>> exit_code_of(signal.SIGTERM), exit_code_of(signal.SIGINT)
    (143, 130)
    """
    return AGAIN if signal.Signals(number).name == "SIGUSR1" else 128 + number


class TrainingInterrupted(TrainingError):
    """A signal stopped the run after its state was saved.

    Attributes
    ----------
    exit_code : int
        See :func:`exit_code_of`.
    """

    def __init__(self, where: str, *, number: int, at: str, expected: str, resume: str):
        super().__init__(
            where, got=f"{signal.Signals(number).name} {at}; everything is saved", expected=expected, fix=resume
        )
        self.exit_code = exit_code_of(number)


class Stopped(KeyboardInterrupt):
    """A signal stopped what needs no saving; like Ctrl-C, nothing that handles errors catches it."""

    def __init__(self, number: int):
        super().__init__(f"stopped by {signal.Signals(number).name}")
        self.exit_code = exit_code_of(number)


@contextmanager
def stopping_on_signals() -> Iterator[None]:
    """Raise :class:`Stopped` in the block on SIGTERM, SIGHUP and SIGUSR1, so that locks and half files are removed.

    The first of them does; what comes while the block cleans up changes nothing.
    """
    came: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        came.append(number)
        if len(came) == 1:
            raise Stopped(number)

    with _handled(_STOPPING, stop):
        yield


class Interruption:
    """A flag that a signal sets: SIGTERM, SIGHUP, SIGUSR1 or Ctrl-C; a later Ctrl-C ends the process at once.

    The others may come again, because schedulers send them to a job's script and to its processes. Use as a context
    manager around training. Outside the main thread, where Python allows no signal handlers, it does nothing.

    Attributes
    ----------
    number : int or None
        Signal that came first.
    """

    def __init__(self):
        self.number: int | None = None
        self._handled = _handled((*_STOPPING, signal.SIGINT), self._handle)

    def __enter__(self) -> Interruption:
        self._handled.__enter__()
        return self

    def __exit__(self, *exception) -> None:
        self._handled.__exit__(*exception)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.number is None:
            self.number = number
            name = signal.Signals(number).name
            _log.warning("%s: saving at the end of this batch; Ctrl-C ends at once, without saving", name)
        elif number == signal.SIGINT:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)


@contextmanager
def _handled(numbers, handler) -> Iterator[None]:
    """Handle signals within the block; one that is ignored, as SIGHUP under ``nohup``, stays ignored."""
    before: dict = {}
    try:
        if threading.current_thread() is threading.main_thread():
            for number in numbers:
                if signal.getsignal(number) is not signal.SIG_IGN:
                    before[number] = signal.signal(number, handler)
        yield
    finally:
        for number, was in before.items():
            signal.signal(number, was)
