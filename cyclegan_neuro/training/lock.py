"""Locks of a run directory: one training, and beside it one evaluation, at a time.

The operating system holds a lock (``flock``) for as long as its process lives, so that no kill leaves one behind and no
two processes can take one over. The file names the holder, for messages; where ``flock`` reaches other machines (NFS,
most cluster file systems) it excludes their processes too.
"""

from __future__ import annotations

import errno
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from pathlib import Path

from cyclegan_neuro.errors import RunDirectoryError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

__all__ = ["EVALUATION_LOCK", "TRAINING_LOCK", "locked"]

TRAINING_LOCK = "lock"
EVALUATION_LOCK = "evaluation.lock"
_USE = {  # what the holder does, what is allowed, what else one can do
    TRAINING_LOCK: ("using", "one run in one directory", "wait for it, choose another --output_dir,"),
    EVALUATION_LOCK: ("evaluating", "one evaluation of a run at a time", "wait for it"),
}
_NO_FLOCK = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)
_SECONDS_TO_SIGN = 0.5


@contextmanager
def locked(directory: Path, name: str = TRAINING_LOCK) -> Iterator[None]:
    """Hold ``directory/name`` while the block runs; creating it also proves that the directory can be written.

    Parameters
    ----------
    directory : Path
    name : {TRAINING_LOCK, EVALUATION_LOCK}

    Raises
    ------
    RunDirectoryError
        If another process holds the lock, or nothing can be written here.

    Notes
    -----
    A file that a killed process of this machine left is taken over. One that names another machine is not, because some
    file systems keep ``flock`` to one machine: the message says what to delete. Without ``flock`` (Windows, some file
    systems) the file itself is the lock, and one that is left over must be deleted by hand.
    """
    path = directory.resolve() / name
    descriptor = _acquire(path)
    try:
        yield
    finally:
        try:
            with suppress(OSError):  # before the lock is let go: nobody else's file is deleted
                path.unlink()
        finally:
            os.close(descriptor)
            if fcntl is None:  # Windows deletes closed files only
                with suppress(OSError):
                    path.unlink()


def _acquire(path: Path) -> int:
    """Return the descriptor of the lock's file, which is locked and signed."""
    while True:
        descriptor, created = _open(path)
        try:
            if _lock(descriptor, created=created) and _host(path) in (None, socket.gethostname()):
                if _is_file(descriptor, path):
                    _sign(descriptor)
                    return descriptor
            else:
                raise _in_use(path)
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # its holder deleted it between our two calls


def _open(path: Path) -> tuple[int, bool]:
    """Open the file, or create it; say which."""
    while True:
        try:
            return os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o644), True
        except FileExistsError:
            with suppress(FileNotFoundError):  # deleted in between
                return os.open(path, os.O_RDWR), False
        except OSError as error:
            raise RunDirectoryError(
                str(path.parent),
                got=f"a directory that cannot be written ({error.strerror})",
                expected="a directory on a disk that is writable and has room",
                fix="change its permissions, make room, or choose another --output_dir",
            ) from error


def _lock(descriptor: int, *, created: bool) -> bool:
    if fcntl is None:
        return created
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno in _NO_FLOCK:
            return created
        raise
    return True


def _is_file(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _sign(descriptor: int) -> None:
    holder = {"pid": os.getpid(), "host": socket.gethostname(), "since": datetime.now(timezone.utc).isoformat()}
    os.truncate(descriptor, 0)
    os.write(descriptor, json.dumps(holder).encode())


def _in_use(path: Path) -> RunDirectoryError:
    deadline = time.monotonic() + _SECONDS_TO_SIGN
    while not (holder := _read(path)) and path.exists() and time.monotonic() < deadline:
        time.sleep(0.01)  # it was locked a moment ago and is not signed yet
    doing, allowed, choice = _USE[path.name]
    who = f"process {holder.get('pid', '?')} on {holder.get('host', '?')} since {holder.get('since', '?')}"
    return RunDirectoryError(
        str(path.parent),
        got=f"a directory that {who} is {doing}",
        expected=allowed,
        fix=f"{choice} or, if that process is gone, delete {path}",
    )


def _host(path: Path) -> str | None:
    return _read(path).get("host")


def _read(path: Path) -> dict:
    try:
        holder = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return holder if isinstance(holder, dict) else {}
