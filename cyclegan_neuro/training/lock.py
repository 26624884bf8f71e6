"""Locks of a run directory: one training, and beside it one evaluation, at a time, also where machines share a disk.

The file is the lock: it appears with its signature in one step, and its holder touches it every half minute. Besides,
the operating system locks it (``flock``) for as long as its process lives. On one machine that tells at once whether
the holder is gone. Of another machine, and where there is no ``flock``, the heartbeat tells.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from cyclegan_neuro.errors import RunDirectoryError
from cyclegan_neuro.recordings.atomic import mend
from cyclegan_neuro.training.heartbeat import PERIOD_S, Lock
from cyclegan_neuro.training.holder import Holder, Seen
from cyclegan_neuro.training.interruption import LAST_ACTS

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

__all__ = ["EVALUATION_LOCK", "TRAINING_LOCK", "locked"]

_log = logging.getLogger(__name__)

TRAINING_LOCK = "lock"
EVALUATION_LOCK = "evaluation.lock"
_TAKEOVER = ".takeover"
_USE = {  # what the holder does, what is allowed, what else one can do
    TRAINING_LOCK: ("using", "one run in one directory", "wait for it, choose another --output_dir,"),
    EVALUATION_LOCK: ("evaluating", "one evaluation of a run at a time", "wait for it"),
}
_MISSED_S = 1.5 * PERIOD_S  # a live holder has touched its file in the meantime
_STALE_S = 4 * PERIOD_S  # longer, because clocks of machines differ, and a file system may have been away


@contextmanager
def locked(directory: Path, name: str = TRAINING_LOCK) -> Iterator[Lock]:
    """Hold ``directory/name`` while the block runs; creating it also proves that the directory can be written.

    Parameters
    ----------
    directory : Path
    name : {TRAINING_LOCK, EVALUATION_LOCK}

    Yields
    ------
    Lock
        Its ``check`` tells whether this process still has it.

    Raises
    ------
    RunDirectoryError
        If another process holds the lock, or nothing can be written here.

    Notes
    -----
    A lock is taken over, with a warning, when its process is gone:

    - on this machine, as soon as the system has let go of ``flock``;
    - elsewhere, or without ``flock``, when its last heartbeat is two minutes old by the clock of the file system and
      none comes for another 45 s, so that no clock of a machine decides;
    - where Slurm started our job again: when one heartbeat of its earlier start was missed (45 s). Not at once: Slurm
      starts a job again when a node does not answer, and its processes may live on.

    Two processes of one start of a job (steps, cells of a grid) are strangers to each other. A process that was
    suspended and taken over notices at its next look, before it writes: ``Lock.check``.
    """
    path = directory.resolve() / name
    with _taken(path) as holder:
        with suppress(OSError):
            for left_over in path.parent.glob(".*lock.*.tmp"):  # of killed processes, or of one that waits
                if left_over.name.startswith(f".{path.name}.") or _system_let_go(left_over):  # of the other lock
                    left_over.unlink()
        with Lock(path, holder) as lock:
            yield lock


@contextmanager
def _taken(path: Path) -> Iterator[Holder]:
    """Take the file at ``path`` and sign it; on the way out delete it, if it still is ours."""
    signed = None
    try:
        while not ((signed := _Signed(path)).put_in_place() or signed.take_over()):
            signed.discard()  # a lock was let go, or taken by another one, while we looked
        LAST_ACTS.append(signed.discard)
        yield signed.holder
    finally:
        if signed is not None:
            signed.discard()
            with suppress(ValueError):
                LAST_ACTS.remove(signed.discard)


class _Signed:
    """A signed file beside the lock that can become the lock."""

    def __init__(self, path: Path):
        self.path, self.holder = path, Holder.of_this_process()
        self.temporary = path.with_name(f".{path.name}.{self.holder.token}.tmp")
        self.descriptor: int | None = None
        try:
            self.descriptor = os.open(self.temporary, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o644)
            self.holder = replace(self.holder, flock=_flock(self.descriptor) is True)
            os.write(self.descriptor, self.holder.as_json().encode())
        except OSError as error:
            self.discard()
            raise _not_writable(path, error) from error
        if fcntl is None:  # Windows neither renames nor deletes open files
            self._close()

    def discard(self) -> None:
        """Let go of the lock, if it is ours, and of the file beside it."""
        try:
            with suppress(OSError):
                self.temporary.unlink()
            if self._is_in_place():  # before the system's lock is let go: nobody else's file is deleted
                with suppress(OSError):
                    self.path.unlink()
        finally:
            self._close()

    def _close(self) -> None:
        if self.descriptor is not None:
            os.close(self.descriptor)
            self.descriptor = None

    def put_in_place(self) -> bool:
        """Become the lock if there is none."""
        try:
            os.link(self.temporary, self.path)
        except FileExistsError:  # which NFS may say of the link that it has just made
            return self._is_in_place()
        except FileNotFoundError:  # whoever had the lock has tidied up
            return False
        except OSError:  # a file system without hard links
            return self._put_in_place_without_links()
        with suppress(OSError):
            self.temporary.unlink()
        return True

    def _is_in_place(self) -> bool:
        with suppress(OSError):
            now = Seen.at(self.path)
            return now is not None and now.holder.token == self.holder.token
        return False

    def _put_in_place_without_links(self) -> bool:
        try:  # an empty file keeps the place
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644))
        except FileExistsError:
            return False
        except OSError as error:
            raise _not_writable(self.path, error) from error
        try:
            os.replace(self.temporary, self.path)
        except OSError as error:
            with suppress(OSError):
                self.path.unlink()  # an empty one would stay for ever
            if isinstance(error, FileNotFoundError):  # whoever had the lock has tidied up
                return False
            raise _not_writable(self.path, error) from error
        return True

    def take_over(self) -> bool:
        """Replace the lock of a process that is gone; return False if one has to look again.

        Raises
        ------
        RunDirectoryError
            If its process lives.
        """
        seen, now = _look(self.path), _look(self.temporary)
        if seen is None or now is None:
            return False
        _refuse_if_alive(self.path, seen, self.holder, age_s=(now.beat_ns - seen.beat_ns) / 1e9)
        # One process at a time may replace a lock, so that nobody replaces that of another one who was quicker.
        with _taken(self.path.with_name(self.path.name + _TAKEOVER)):
            if _look(self.path) != seen:
                return False
            try:
                os.utime(self.temporary)
                os.replace(self.temporary, self.path)
            except FileNotFoundError:
                return False
        _log.warning("%s: taken over from %s, which is gone", self.path, seen.holder)
        return True


def _look(path: Path) -> Seen | None:
    try:
        return Seen.at(path)
    except OSError as error:  # of another user, perhaps
        raise _in_use(path, Holder()) from error


def _refuse_if_alive(path: Path, seen: Seen, ours: Holder, *, age_s: float) -> None:
    let_go = _system_let_go(path)
    if let_go is False:
        raise _in_use(path, seen.holder, age_s)
    if let_go and seen.holder.flock and seen.holder.is_on_machine_of(ours):
        return
    again = seen.holder.was_before(ours)
    if age_s < _STALE_S and not again:
        raise _in_use(path, seen.holder, age_s)
    if not (again and age_s >= _MISSED_S):
        _log.info("%s: %s has not been seen for %.0f s; watching for a heartbeat", path, seen.holder, age_s)
        _watch(path, seen)


def _watch(path: Path, seen: Seen) -> None:
    """Refuse if there is a heartbeat; a lock that goes meanwhile is fine."""
    end = time.monotonic() + _MISSED_S
    while (now := Seen.at(path)) == seen and time.monotonic() < end:
        time.sleep(_MISSED_S / 50)
    if now is not None and now != seen:
        raise _in_use(path, now.holder, 0)


def _system_let_go(path: Path) -> bool | None:
    """Whether no process has the system's lock of the file, as far as this machine knows; None if it cannot know."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except OSError:
        return None
    try:
        return _flock(descriptor)
    finally:
        os.close(descriptor)


def _flock(descriptor: int) -> bool | None:
    """Take the system's lock: False if another process has it, None where there is none."""
    if fcntl is None:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _not_writable(path: Path, error: OSError) -> RunDirectoryError:
    return RunDirectoryError(
        str(path.parent),
        got=f"a directory that cannot be written ({error.strerror})",
        expected="a directory on a disk that is writable and has room",
        fix=f"{mend(error)}, or choose another --output_dir",
    )


def _in_use(path: Path, holder: Holder, age_s: float | None = None) -> RunDirectoryError:
    doing, allowed, choice = _USE[path.name.replace(_TAKEOVER, "")]
    beat = "" if age_s is None else f" (last heartbeat {max(age_s, 0):.0f} s ago)"
    return RunDirectoryError(
        str(path.parent),
        got=f"a directory that {holder} is {doing}{beat}",
        expected=allowed,
        fix=f"{choice} or, if that process is gone, wait until its heartbeat is {_STALE_S:.0f} s old or delete {path}",
    )
