"""NumPy's array format, read from any byte stream in slices and never with pickle."""

from __future__ import annotations

import io
import math
import warnings
from pathlib import Path
from typing import IO

import numpy as np

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings.memory import require_room, require_text_room
from cyclegan_neuro.recordings.readers.base import SLICE_BYTES, Entry, damaged, incomplete, kind_of

__all__ = ["Header", "read_array", "read_header"]

_LONGEST_HEADER = 2**16
_VERSIONS = ((1, 0), (2, 0), (3, 0))

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
        if version not in _VERSIONS:
            raise ValueError(f"version {version[0]}.{version[1]} of the format, which NumPy does not have")
        # Versions 2 and 3 differ from 1 by the length of the header's length and its encoding only.
        first = version == (1, 0)
        length = stream.read(2 if first else 4)
        if int.from_bytes(length, "little") > _LONGEST_HEADER:  # which NumPy reads before it looks at the length
            raise ValueError(f"a header of {int.from_bytes(length, 'little'):,} bytes")
        text = io.BytesIO(length + stream.read(int.from_bytes(length, "little")))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # files of Python 2 are read all the same
            read = np.lib.format.read_array_header_1_0 if first else np.lib.format.read_array_header_2_0
            header = read(text)
    except Exception as error:  # the header is Python's text of a dictionary, or anything
        raise damaged(path, "a NumPy array header", error) from error
    if any(axis < 0 for axis in header[0]):
        raise damaged(path, "a NumPy array header", ValueError(f"shape {header[0]}"))
    return header


def entry(name: str, header: Header) -> Entry:
    """Describe an array by its header."""
    shape, _, dtype = header
    kind = kind_of(dtype)
    type_name = {"text": "text", "object": "Python objects (pickle)" if dtype.hasobject else str(dtype)}
    return Entry(name, shape, type_name.get(kind, str(dtype)), kind)


def read_array(
    stream: IO[bytes], path: Path, name: str, *, dtype: type | None, transpose: bool, stored_bytes: int | None = None
) -> np.ndarray:
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
    stored_bytes : int, optional
        What a compressed array takes in the file.

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
    if stored.kind in "US":
        require_text_room(where, n_texts=math.prod(shape), longest=stored.itemsize // (4 if stored.kind == "U" else 1))
    require_room(where, shape=shape, itemsize=max(target.itemsize, stored.itemsize), stored=stored_bytes)
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
