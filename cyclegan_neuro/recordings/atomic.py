"""Files that appear whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cyclegan_neuro.errors import RecordingError, UserError

__all__ = ["replacing"]


@contextmanager
def replacing(path: str | os.PathLike, *, error_type: type[UserError] = RecordingError) -> Iterator[Path]:
    """Yield a temporary path in the same directory; on success it takes the place of ``path``.

    The data are forced to disk before the old file is replaced. If the block
    raises, the temporary file is removed and ``path`` stays as it was.

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
    temporary = target.with_name(f".{target.stem}.{os.getpid()}.tmp{target.suffix}")
    try:
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
            fix="choose another path or make room; an existing file was left as it was",
        ) from error
    finally:
        with suppress(OSError):
            temporary.unlink()


def _sync_directory(directory: Path) -> None:
    with suppress(OSError):  # Windows cannot open directories
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
