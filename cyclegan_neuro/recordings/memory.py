"""How much memory there is, asked before anything large is read."""

from __future__ import annotations

import math
import os
from pathlib import Path

from cyclegan_neuro.errors import RecordingError

__all__ = ["LARGEST_TEXT", "available_bytes", "require_room", "require_text_room", "size_text"]

#: Copies of an array that exist at the same time while it is read, checked, scaled and ordered.
COPIES = 3

#: Bytes of an array of text; a million names of 16 letters.
LARGEST_TEXT = 64_000_000

#: Arrays up to so many bytes are read whatever their file holds; beyond, at most so many bytes for one that is stored.
#: Deflate makes 1,030 zeros of one byte, of images of footprints less than 800, of a recording less than 10.
_NEVER_REFUSED, _MOST_INFLATED = 256_000_000, 800


def available_bytes() -> int | None:
    """Return the memory that can still be used, in bytes, or None where the system does not say."""
    limits = [limit for limit in (_free_in_system(), _free_in_control_group()) if limit is not None]
    return min(limits) if limits else None


def _free_in_system() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration, ValueError):
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):  # Windows has no sysconf
        return None


def _free_in_control_group() -> int | None:
    root = Path("/sys/fs/cgroup")
    try:
        limit = (root / "memory.max").read_text(encoding="ascii").strip()
        used = (root / "memory.current").read_text(encoding="ascii").strip()
        return None if limit == "max" else max(0, int(limit) - int(used))
    except (OSError, ValueError):
        return None


def size_text(n_bytes: float) -> str:
    """Return ``n_bytes`` in a unit that people read, for example ``"1.5 GB"``."""
    units = ("bytes", "kB", "MB", "GB", "TB", "PB")
    power = min(len(units) - 1, int(math.log10(max(n_bytes, 1)) // 3))
    return f"{n_bytes / 1000**power:,.{0 if power == 0 else 1}f} {units[power]}"


def require_room(
    where: str, *, shape: tuple[int, ...], itemsize: int, stored: int | None = None, fix: str = ""
) -> None:
    """Refuse an array whose declared shape does not fit into memory.

    Parameters
    ----------
    where : str
        File and field, for the message.
    shape : tuple of int
        As declared in the file, before a byte of it is read.
    itemsize : int
        Bytes per value in memory.
    stored : int, optional
        Bytes in the file that hold these values, where they may be compressed.
    fix : str, optional
        What to do if the file is sound.

    Raises
    ------
    RecordingError
        If :data:`COPIES` times the array exceed the memory that is available, or the values are so much more than what
        is stored that they can only be one value over and over.
    """
    declared = math.prod(shape) * itemsize
    if stored is not None and declared > max(_NEVER_REFUSED, _MOST_INFLATED * stored):
        raise RecordingError(
            where, got=f"a declared shape of {tuple(shape)}, {size_text(declared)} in memory, {size_text(stored)} in "
            "the file", expected="values that a recording could have", fix=fix or "copy the file again; if it is "
            "sound, these are all one value: leave the field out",
        )  # fmt: skip
    available = available_bytes()
    if available is None or declared * COPIES <= available:
        return
    raise RecordingError(
        where,
        got=f"a declared shape of {tuple(shape)}, {size_text(declared)} in memory",
        expected=f"at most {size_text(available / COPIES)} (a third of the {size_text(available)} available)",
        fix=fix or "split the recording or use a machine with more memory; if it should be small, the file is damaged",
    )


def require_text_room(where: str, *, n_texts: int, longest: int) -> None:
    """Refuse texts that do not fit into an array, in which each takes as much room as the longest.

    Parameters
    ----------
    where : str
        File and field, for the message.
    n_texts, longest : int
        How many there are, and characters of the longest.

    Raises
    ------
    RecordingError
        If they take more than :data:`LARGEST_TEXT`.
    """
    if n_texts * longest * 4 > LARGEST_TEXT:
        raise RecordingError(
            where, got=f"{n_texts:,} texts of up to {longest:,} letters, {size_text(n_texts * longest * 4)} in memory",
            expected=f"at most {size_text(LARGEST_TEXT)}", fix="name another field, or write short names",
        )  # fmt: skip
