"""One process at a time in a run directory."""

from __future__ import annotations

import json
import logging
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from pathlib import Path

from cyclegan_neuro.errors import RunDirectoryError

__all__ = ["LOCK_NAME", "locked"]

LOCK_NAME = "lock"
_log = logging.getLogger(__name__)
_held: set[Path] = set()


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Hold ``directory/lock`` while the block runs; creating it also proves that the directory can be written.

    A lock whose process on this host is dead (kill -9, power loss) is taken over.

    Raises
    ------
    RunDirectoryError
        If another process holds the lock, or nothing can be written here.
    """
    path = directory.resolve() / LOCK_NAME
    if not _create(path):
        _take_over(path)
    _held.add(path)
    try:
        yield
    finally:
        _held.discard(path)
        with suppress(OSError):
            path.unlink()


def _create(path: Path) -> bool:
    """Create the lock; return False if there is one already."""
    holder = {"pid": os.getpid(), "host": socket.gethostname(), "since": datetime.now(timezone.utc).isoformat()}
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644)
        with os.fdopen(descriptor, "w") as stream:
            json.dump(holder, stream)
    except FileExistsError:
        return False
    except OSError as error:
        raise RunDirectoryError(
            str(path.parent),
            got=f"a directory that cannot be written ({error.strerror})",
            expected="a directory on a disk that is writable and has room",
            fix="change its permissions, make room, or choose another --output_dir",
        ) from error
    return True


def _take_over(path: Path) -> None:
    holder = _read(path)
    if not _is_stale(path, holder):
        who = f"process {holder.get('pid', '?')} on {holder.get('host', '?')} since {holder.get('since', '?')}"
        raise RunDirectoryError(
            str(path.parent),
            got=f"a directory that {who} is using",
            expected="one run in one directory",
            fix=f"wait for it, choose another --output_dir, or, if that process is gone, delete {path}",
        )
    _log.warning("%s: left behind by process %s, which is gone; taken over", path, holder["pid"])
    with suppress(FileNotFoundError):
        path.unlink()
    if not _create(path):  # another process was faster
        _take_over(path)


def _read(path: Path) -> dict:
    try:
        holder = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return holder if isinstance(holder, dict) else {}


def _is_stale(path: Path, holder: dict) -> bool:
    pid = holder.get("pid")
    if holder.get("host") != socket.gethostname() or not isinstance(pid, int) or pid < 1:
        return False
    if pid == os.getpid():  # the number came round again, as it does in containers
        return path not in _held
    if sys.platform == "win32":  # os.kill(pid, 0) would end the process there
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
