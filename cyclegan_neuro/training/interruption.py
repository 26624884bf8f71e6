"""SIGTERM and Ctrl-C: stop at the next batch, not in the middle of one."""

from __future__ import annotations

import logging
import os
import signal
import threading
from types import FrameType

from cyclegan_neuro.errors import TrainingError

__all__ = ["Interruption", "TrainingInterrupted"]

_log = logging.getLogger(__name__)
_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class TrainingInterrupted(TrainingError):
    """A signal stopped the run after its state was saved.

    Attributes
    ----------
    exit_code : int
        128 + signal number, as shells have it.
    """

    def __init__(self, where: str, *, number: int, at: str, expected: str, resume: str):
        super().__init__(
            where, got=f"{signal.Signals(number).name} {at}; everything is saved", expected=expected, fix=resume
        )
        self.exit_code = 128 + number


class Interruption:
    """A flag that the first signal sets; the second one ends the process at once.

    Use as a context manager around training. Outside the main thread, where Python allows no
    signal handlers, it does nothing.

    Attributes
    ----------
    number : int or None
        Signal that came.
    """

    def __init__(self):
        self.number: int | None = None
        self._before: dict[int, object] = {}

    def __enter__(self) -> Interruption:
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._handle) for number in _SIGNALS}
        return self

    def __exit__(self, *exception) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.number is not None:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        self.number = number
        _log.warning(
            "%s: saving at the end of this batch; once more ends at once, without saving", signal.Signals(number).name
        )
