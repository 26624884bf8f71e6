"""Names and folders that are safe whatever a session or neuron is called."""

from __future__ import annotations

import os
import re
import shutil
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from cyclegan_neuro.errors import RunDirectoryError
from cyclegan_neuro.recordings.atomic import mend

__all__ = ["replacing_directory", "slug", "unique_slugs"]

_LONGEST = 80
_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{i}" for port in ("com", "lpt") for i in range(1, 10))}


def slug(text: str) -> str:
    """Return ``text`` as a file name without ending: a-z, 0-9, ``_`` and ``-`` only.

    Examples
    --------
    >>> slug("../../Cell 3 <b>é</b>")
    'cell_3_b_e_b'
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9_-]+", "_", plain).strip("_-")[:_LONGEST] or "unnamed"
    return f"{name}_" if name in _RESERVED else name


def unique_slugs(texts: Iterable[str]) -> list[str]:
    """Return a slug for each of ``texts``, all different."""
    taken: set[str] = set()
    names = []
    for text in texts:
        name, number = slug(text), 2
        while name in taken:
            name, number = f"{slug(text)}-{number}", number + 1
        taken.add(name)
        names.append(name)
    return names


@contextmanager
def replacing_directory(target: Path) -> Iterator[Path]:
    """Yield an empty folder beside ``target``; on success it takes the place of ``target``.

    Until the block ends, ``target`` stays as it was; if the block raises, the new folder is removed. Each call has a
    folder of its own and removes what killed ones left, so only one process at a time may be here.

    Raises
    ------
    RunDirectoryError
        If the system refuses to write (disk full, read-only).
    """
    fresh = target.with_name(f".{target.name}.{uuid4().hex}.new")
    old = target.with_name(f".{target.name}.old")
    try:
        _restore(target, old)
        for left_over in target.parent.glob(f".{target.name}.*.new"):
            _remove(left_over)
        fresh.mkdir(parents=True)
        yield fresh
        _remove(old)
        if os.path.lexists(target):
            os.replace(target, old)
        os.replace(fresh, target)
        _remove(old)
    except OSError as error:
        with suppress(OSError):
            _restore(target, old)
        raise RunDirectoryError(
            str(target),
            got=error.strerror or str(error),
            expected="a directory that may be written to and has room",
            fix=f"{mend(error)}, then evaluate again; an existing report was left as it was",
        ) from error
    finally:
        with suppress(OSError):
            _remove(fresh)


def _restore(target: Path, old: Path) -> None:
    """Put the old folder back after a swap that ended between its two renames."""
    if old.exists() and not os.path.lexists(target):
        os.replace(old, target)


def _remove(path: Path) -> None:
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.exists():
        shutil.rmtree(path)
