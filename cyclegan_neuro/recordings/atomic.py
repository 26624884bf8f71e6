"""Files that appear whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cyclegan_neuro.errors import RecordingError, UserError

__all__ = ["make_directory", "refuse_existing", "replacing"]


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
