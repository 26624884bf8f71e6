"""Files that appear whole or not at all."""

from __future__ import annotations

import errno
import math
import os
import re
import shutil
import socket
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cyclegan_neuro.errors import RecordingError, UserError

__all__ = ["make_directory", "mend", "refuse_existing", "remove_left_overs", "replacing", "require_free"]


def _of_processes() -> str:
    """What process numbers are of: the machine, and on Linux the container."""
    try:
        return socket.gethostname() + os.readlink("/proc/self/ns/pid")
    except OSError:
        return socket.gethostname()


_MACHINE = f"{zlib.crc32(_of_processes().encode()):08x}"
_TEMPORARY = re.compile(r"\..+\.(?P<pid>\d+)-(?P<machine>[0-9a-f]{8})\.tmp(\.[^.]*)?", re.DOTALL)


@contextmanager
def replacing(path: str | os.PathLike, *, error_type: type[UserError] = RecordingError) -> Iterator[Path]:
    """Yield a temporary path in the same directory; on success it takes the place of ``path``.

    The data are forced to disk before the old file is replaced. If the block
    raises, the temporary file is removed and ``path`` stays as it was; what a
    killed process left of such files in this directory is removed too.

    Parameters
    ----------
    path : path
        The file to write.
    error_type : type of UserError
        What to raise.

    Raises
    ------
    RecordingError (or ``error_type``)
        If the system refuses to write (disk full, no such directory, no permission).

    Examples
    --------
    >>> import tempfile
    >>> target = Path(tempfile.mkdtemp()) / "note.txt"
    >>> with replacing(target) as temporary:
    ...     _ = temporary.write_text("whole")
    >>> target.read_text()
    'whole'
    """
    target = Path(path)
    # The ending stays, because some writers choose or append one.
    temporary = target.with_name(f".{target.stem}.{os.getpid()}-{_MACHINE}.tmp{target.suffix}")
    try:
        remove_left_overs(target.parent)
        yield temporary
        with open(temporary, "rb+") as stream:
            os.fsync(stream.fileno())
        os.replace(temporary, target)
        _sync_directory(target.parent)
    except OSError as error:
        raise error_type(
            str(target),
            got=error.strerror or str(error),
            expected="a directory that exists, may be written to and has room",
            fix=f"{mend(error)}, or choose another path; an existing file was left as it was",
        ) from error
    finally:
        with suppress(OSError):
            temporary.unlink()


def mend(error: OSError) -> str:
    """Return what to do about an error of writing.

    Examples
    --------
    >>> mend(OSError(errno.ENOSPC, "No space left on device"))
    'make room'
    """
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "make room"
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return "make the directory"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return "change the permissions"
    return "see what the disk has"


def remove_left_overs(folder: Path) -> None:
    """Delete what :func:`replacing` left in ``folder`` where its process was killed on this machine."""
    with suppress(OSError):
        for entry in os.scandir(folder):
            found = _TEMPORARY.fullmatch(entry.name)
            if found and found["machine"] == _MACHINE and _is_gone(int(found["pid"])):
                with suppress(OSError):
                    os.unlink(entry.path)


def _is_gone(pid: int) -> bool:
    if os.name != "posix":  # signal 0 is none elsewhere
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):  # of another user
        return False
    return False


def require_free(
    folder: Path, needed: int, *, what: str, fix: str, error_type: type[UserError] = RecordingError
) -> None:
    """Refuse before the work what the disk has no room for after it.

    Parameters
    ----------
    folder : Path
    needed : int
        Bytes, as far as is known.
    what, fix : str
        What takes them; what else can be done.

    Raises
    ------
    RecordingError (or ``error_type``)
    """
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise error_type(
            str(folder), got=f"{math.floor(free / 1e6):,} MB free",
            expected=f"about {math.ceil(needed / 1e6):,} MB for {what}", fix=f"make room, {fix}",
        )  # fmt: skip


def refuse_existing(*paths: Path, overwrite: bool, option: str = "overwrite=True") -> None:
    """Refuse to replace files that nobody asked to replace; ``option`` is how to ask.

    Raises
    ------
    RecordingError
        If one of ``paths`` exists and ``overwrite`` is false.
    """
    existing = [str(path) for path in paths if path.exists()]
    if existing and not overwrite:
        raise RecordingError(
            ", ".join(existing), got="a file that exists", expected="a new file",
            fix=f"choose another name, or replace it with {option}",
        )  # fmt: skip


def make_directory(path: Path, *, option: str, error_type: type[UserError] = RecordingError) -> None:
    """Make a directory and those above it, or say why not; ``option`` names it on the command line.

    Raises
    ------
    RecordingError (or ``error_type``)
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise error_type(
            str(path), got=error.strerror or str(error), expected="a directory that can be made and written to",
            fix=f"choose another {option}",
        ) from error  # fmt: skip


def _sync_directory(directory: Path) -> None:
    with suppress(OSError):  # Windows cannot open directories
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
