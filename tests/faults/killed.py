"""A process that dies at its n-th change of a file system, without dying."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_CHANGES = (  # audit events; "open" where it writes
    "os.rename", "os.link", "os.utime", "os.mkdir", "os.rmdir", "os.remove", "os.truncate",
)  # fmt: skip
_watching: list[Watch] = []
_hooked: list[bool] = []


class Killed(BaseException):
    """What a dead process cannot catch."""


class Watch:
    """Counts changes below a folder; all from number ``at`` on fail, so that no clean-up works either."""

    def __init__(self, folder, at: int):
        self.folder, self.at, self.count = str(folder), at, 0

    def see(self, event: str, arguments: tuple) -> None:
        if event != "open" and event not in _CHANGES:
            return
        path = arguments[0]
        if event == "open" and not ((arguments[2] or 0) & _WRITING or set(arguments[1] or "") & set("wax+")):
            return
        # shutil.rmtree names entries relative to a folder that it has open; a file to truncate is open too
        relative = event == "os.truncate" or (event in ("os.remove", "os.rmdir") and arguments[-1] not in (None, -1))
        if relative or (isinstance(path, str | os.PathLike) and os.fspath(path).startswith(self.folder)):
            self.count += 1
            if self.count >= self.at:
                raise Killed


@contextmanager
def killed_at(folder, change: int) -> Iterator[Watch]:
    """Let change number ``change`` (from 1) and all later ones below ``folder`` fail inside the block."""
    if not _hooked:  # a hook stays as long as Python runs
        _hooked.append(True)
        sys.addaudithook(lambda event, arguments: [watch.see(event, arguments) for watch in _watching])
    watch = Watch(folder, change)
    _watching.append(watch)
    try:
        yield watch
    except Killed:
        pass
    finally:
        _watching.remove(watch)
