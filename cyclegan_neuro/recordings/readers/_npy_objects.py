"""Object arrays of NumPy (``stat.npy``, ``ops.npy`` of Suite2p) without running anything that is in them.

These files are pickles, read as descriptions (:mod:`cyclegan_neuro.recordings.readers._pickle_machine`).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings.memory import require_room, size_text
from cyclegan_neuro.recordings.readers import _npy_stream
from cyclegan_neuro.recordings.readers._pickle_machine import BROKEN, Made, UnsafeError, described
from cyclegan_neuro.recordings.readers.base import damaged

__all__ = ["LARGEST_BYTES", "numbers", "read_objects"]

#: A file of Suite2p with thousands of regions has some 100 MB, most of it images and pixels.
LARGEST_BYTES = 2**30

_NAMES = {
    **{(f"numpy.{core}.multiarray", name): name for core in ("core", "_core") for name in ("_reconstruct", "scalar")},
    ("numpy", "ndarray"): "ndarray",
    ("numpy", "dtype"): "dtype",
    ("_codecs", "encode"): "encode",  # bytes, in pickles of protocol 2
    # Noted like all names, and used for nothing: the time of a run, and where its files lay.
    **{("datetime", name): name for name in ("datetime", "timedelta", "timezone")},
    **{("pathlib", f"{system}Path"): "path" for system in ("Posix", "Windows", "PurePosix", "PureWindows")},
}
_MOST_NUMBERS = 10_000  # one array may stand in a million places
_NUMBER = re.compile(r"[biuf][1248]")


def read_objects(path: Path) -> list:
    """Return the elements of an array of objects, in its order.

    Parameters
    ----------
    path : Path
        A ``.npy`` file of type object, of any shape.

    Returns
    -------
    list
        Dictionaries, lists, tuples, numbers, text and bytes, and :class:`Made` in place of everything else.

    Raises
    ------
    RecordingError
        If the file is no array of objects, too large, damaged, or does what no such array needs.
    """
    size = path.stat().st_size
    if size > LARGEST_BYTES:
        raise RecordingError(
            str(path), got=size_text(size), expected=f"at most {size_text(LARGEST_BYTES)} of Python objects",
            fix="give what is needed from it in the configuration",
        )  # fmt: skip
    require_room(str(path), shape=(size,), itemsize=1)
    with open(path, "rb") as stream:
        _, _, dtype = _npy_stream.read_header(stream, path)
        content = stream.read()
    if not dtype.hasobject:
        raise RecordingError(str(path), got=f"{dtype} values", expected="Python objects", fix="name the file itself")
    try:
        array = described(content, _NAMES)
        if isinstance(array, Made) and array.name == "_reconstruct":
            _, _, _, _, items = array.state
            if isinstance(items, list):
                return items
        raise UnsafeError("no array")
    except UnsafeError as error:
        raise RecordingError(
            str(path),
            got=f"Python objects with {error}",
            expected="arrays, numbers and text; nothing in such a file is ever run",
            fix="write the file anew with the program that made it; if somebody else gave it to you, ask what it is",
        ) from None
    except BROKEN as error:
        raise damaged(path, "Python objects", error) from error


def numbers(value: Any) -> list[float] | None:
    """Return a number, a list of numbers or a short array of them as a flat list; None for anything else.

    Examples
    --------
    >>> numbers((1, 2.5)), numbers("text")
    ([1.0, 2.5], None)
    """
    if isinstance(value, int | float):
        return [float(value)]
    if isinstance(value, list | tuple):
        parts = [numbers(part) if isinstance(part, int | float | Made) else None for part in value[:_MOST_NUMBERS]]
        single = [part[0] for part in parts if part is not None and len(part) == 1]
        return single if len(single) == len(value) else None
    if not isinstance(value, Made):
        return None
    if value.name == "scalar" and len(value.arguments) == 2:
        return _decoded(*value.arguments)
    if value.name == "_reconstruct" and isinstance(value.state, tuple) and len(value.state) == 5:
        return _decoded(value.state[2], value.state[4])
    return None


def _decoded(dtype: Any, content: Any) -> list[float] | None:
    """Numbers from their bytes; None for any type but plain numbers."""
    if not (isinstance(dtype, Made) and dtype.name == "dtype" and dtype.arguments):
        return None
    if isinstance(content, Made) and content.name == "encode" and content.arguments[1:] == ("latin1",):
        text = content.arguments[0]
        content = text.encode("latin1", "replace") if isinstance(text, str) else None
    state, code = dtype.state, dtype.arguments[0]
    order = state[1] if isinstance(state, tuple) and len(state) > 1 else "="
    plain = isinstance(code, str) and _NUMBER.fullmatch(code) and order in ("<", ">", "=", "|")
    if not (plain and isinstance(content, bytes) and len(content) <= 8 * _MOST_NUMBERS):
        return None
    try:
        return np.frombuffer(content, np.dtype(order.replace("|", "=") + code)).astype(np.float64).tolist()
    except (TypeError, ValueError):  # b2, or bytes that are no whole number of values
        return None
