"""Signals that ask a process to stop: training at the next batch and not in the middle of one, the rest at once."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import ClassVar

from cyclegan_neuro.errors import TrainingError

__all__ = [
    "AGAIN", "LAST_ACTS", "PATIENCE_S", "Interruption", "Stopped", "TrainingInterrupted", "exit_code_of",
    "stopping_on_signals",
]  # fmt: skip

_log = logging.getLogger(__name__)

AGAIN = 75
"""Exit code that asks whoever started the process to do it again: EX_TEMPFAIL of sysexits.h."""

PATIENCE_S = 1.0
"""How long a signal may wait for the main thread, which hears it only between two calls of C code."""

LAST_ACTS: list[Callable[[], None]] = []
"""What is done before a process ends in the middle of something: locks that it holds are let go."""

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
def stopping_on_signals(*, patience_s: float | None = PATIENCE_S) -> Iterator[None]:
    """Raise :class:`Stopped` in the block on SIGTERM, SIGHUP and SIGUSR1, so that locks and half files are removed.

    The first of them does; what comes while the block cleans up changes nothing.

    Parameters
    ----------
    patience_s : float, optional
        If the block is not left so long after one of them, or after Ctrl-C, the process ends where it is: a step, a
        fit or a figure may keep the main thread in C code for half a minute. What that leaves behind is what a kill
        leaves. Without it the block takes its time.
    """
    came: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        came.append(number)
        if len(came) == 1:
            raise Stopped(number)

    with _handled(_STOPPING, stop), _listening(patience_s):
        yield


@contextmanager
def _listening(patience_s: float | None) -> Iterator[None]:
    """Let a thread hear signals, as the system writes their numbers to a socket whatever the main thread does."""
    main = threading.current_thread() is threading.main_thread()
    if patience_s is None or not main or (before := signal.set_wakeup_fd(-1)) != -1:
        if main and patience_s is not None:
            signal.set_wakeup_fd(before)  # of an event loop, say
        yield
        return
    ear, mouth = socket.socketpair()
    mouth.setblocking(False)
    left = threading.Event()
    listener = threading.Thread(target=_listen, args=(ear, left, patience_s), name="signals", daemon=True)
    Interruption.saving = False
    try:
        signal.set_wakeup_fd(mouth.fileno(), warn_on_full_buffer=False)
        listener.start()
        yield
    finally:
        signal.set_wakeup_fd(-1)
        left.set()
        mouth.close()
        listener.join()
        ear.close()


def _listen(ear: socket.socket, left: threading.Event, patience_s: float) -> None:
    asked = 0
    while heard := ear.recv(1):
        number = heard[0]
        if number not in (*_STOPPING, signal.SIGINT):
            continue
        if Interruption.saving:
            asked += 1
            if asked == 1 or number != signal.SIGINT:
                continue
        if not left.wait(patience_s):
            _end(number)


def _end(number: int) -> None:
    """End this process and those that it started."""
    for act in (*LAST_ACTS, *(child.kill for child in multiprocessing.active_children())):
        with suppress(Exception):
            act()
    with suppress(OSError):
        os.write(2, f"stopped by {signal.Signals(number).name}\n".encode())
    os._exit(exit_code_of(number))


class Interruption:
    """A flag that a signal sets: SIGTERM, SIGHUP, SIGUSR1 or Ctrl-C; a later Ctrl-C ends the process at once.

    The others may come again, because schedulers send them to a job's script and to its processes. Use as a context
    manager around training. Outside the main thread, where Python allows no signal handlers, it does nothing.

    Attributes
    ----------
    number : int or None
        Signal that came first.
    """

    saving: ClassVar[bool] = False
    """Whether training heeds signals, or has, and waits for other workers: a second Ctrl-C alone ends it then."""

    def __init__(self):
        self.number: int | None = None
        self._handled = _handled((*_STOPPING, signal.SIGINT), self._handle)

    def __enter__(self) -> Interruption:
        self._handled.__enter__()
        Interruption.saving = True
        return self

    def __exit__(self, *exception) -> None:
        Interruption.saving = self.number is not None
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
