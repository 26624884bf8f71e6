"""NumPy's array format, read from any byte stream in slices and never with pickle."""

from __future__ import annotations

import math
import tokenize
import warnings
from pathlib import Path
from typing import IO

import numpy as np

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings.memory import require_room
from cyclegan_neuro.recordings.readers.base import SLICE_BYTES, Entry, damaged, incomplete, kind_of

__all__ = ["Header", "read_array", "read_header"]

#: The header is the text of a dictionary, and NumPy passes on what Python says of a text that is none.
_BROKEN = (ValueError, EOFError, TypeError, SyntaxError, RecursionError, MemoryError, tokenize.TokenError)

#: Shape, whether the array lies in Fortran order, and type.
Header = tuple[tuple[int, ...], bool, np.dtype]


def read_header(stream: IO[bytes], path: Path) -> Header:
    """Read shape, order and type, leaving the stream at the first value.

    Raises
    ------
    RecordingError
        If the header cannot be read.
    """
    try:
        version = np.lib.format.read_magic(stream)
        # Versions 2 and 3 differ from 1 by the length of the header's length and its encoding only.
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # files of Python 2 are read all the same
            header = read(stream)
    except _BROKEN as error:
        raise damaged(path, "a NumPy array header", error) from error
    if any(length < 0 for length in header[0]):
        raise damaged(path, "a NumPy array header", ValueError(f"shape {header[0]}"))
    return header


def entry(name: str, header: Header) -> Entry:
    """Describe an array by its header."""
    shape, _, dtype = header
    kind = kind_of(dtype)
    type_name = {"text": "text", "object": "Python objects (pickle)" if dtype.hasobject else str(dtype)}
    return Entry(name, shape, type_name.get(kind, str(dtype)), kind)


def read_array(stream: IO[bytes], path: Path, name: str, *, dtype: type | None, transpose: bool) -> np.ndarray:
    """Read an array from a stream that stands at its magic string.

    Parameters
    ----------
    stream : binary file
    path : Path
        For messages.
    name : str
        For messages.
    dtype : type, optional
        Of the result; converted slice by slice.
    transpose : bool
        Return a matrix with its axes exchanged.

    Returns
    -------
    ndarray

    Raises
    ------
    RecordingError
        If the array holds Python objects, does not fit into memory or ends too early.
    """
    shape, fortran, stored = read_header(stream, path)
    where = f"{path}, field '{name}'"
    if stored.hasobject:
        raise RecordingError(
            where,
            got="Python objects (pickle)",
            expected="numbers or text; pickle is never loaded, it can run code",
            fix="save plain arrays (np.asarray(values, dtype=np.float32))",
        )
    target = np.dtype(dtype or stored)
    require_room(where, shape=shape, itemsize=target.itemsize)
    flat = np.empty(math.prod(shape), target)
    step = max(1, SLICE_BYTES // max(1, stored.itemsize))
    for start in range(0, flat.size, step):
        n_bytes = min(step, flat.size - start) * stored.itemsize
        block = _read_bytes(stream, n_bytes)
        if len(block) < n_bytes:
            declared = flat.size * stored.itemsize
            raise incomplete(path, found=start * stored.itemsize + len(block), declared=declared)
        flat[start : start + step] = np.frombuffer(block, stored)
    array = flat.reshape(shape, order="F" if fortran else "C")
    return np.ascontiguousarray(array.T if transpose and array.ndim == 2 else array)


def _read_bytes(stream: IO[bytes], n_bytes: int) -> bytes:
    parts, missing = [], n_bytes
    while missing and (part := stream.read(missing)):
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)
