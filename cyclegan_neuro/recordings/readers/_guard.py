"""What stands between a user's file and whatever opens it: only files are opened, only our errors come out."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cyclegan_neuro.errors import RecordingError, UserError
from cyclegan_neuro.recordings.readers.base import damaged

__all__ = ["decoding", "require_file"]

_KINDS = {
    stat.S_IFIFO: "a named pipe", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device",
    stat.S_IFDIR: "a directory",
}  # fmt: skip


@contextmanager
def decoding(path: Path, what: str = "content") -> Iterator[None]:
    """Turn whatever a library raises while a file is opened, listed or read into an error with the file's name.

    Libraries promise no types: a damaged file makes them raise KeyError, SystemError or UnicodeDecodeError alike.

    Raises
    ------
    RecordingError
    """
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        raise damaged(path, what, error) from error


def require_file(path: Path, *, folder: bool = False) -> None:
    """Refuse what is no file before it is opened: that of a pipe waits for ever, a device has no end.

    Parameters
    ----------
    path : Path
    folder : bool
        Whether a directory will do.

    Raises
    ------
    RecordingError
        Not for a path where nothing is: what opens it says so.
    """
    try:
        kind = stat.S_IFMT(path.stat().st_mode)
    except FileNotFoundError:
        return
    except OSError as error:
        raise RecordingError(
            str(path), got=error.strerror or str(error), expected="a file that can be read",
            fix="check the permissions and the disk",
        ) from error  # fmt: skip
    if kind != stat.S_IFREG and not (folder and kind == stat.S_IFDIR):
        raise RecordingError(
            str(path),
            got=_KINDS.get(kind, "no file"),
            expected="a file",
            fix="name a file; write a stream to one",
        )
