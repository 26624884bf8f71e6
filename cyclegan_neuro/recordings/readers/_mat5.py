"""MATLAB 5 files, read without SciPy: one wrong byte in a file ends a process there, inside compiled code.

A file is a chain of elements, each with a tag that says type and length. Nothing here trusts a tag: lengths must lie
within what holds them, shapes must fit the bytes, types must be known. What was not asked for is not decoded, and so
is not in the way. The format is MathWorks' "MAT-File Format", Level 5.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cyclegan_neuro.recordings.memory import require_room
from cyclegan_neuro.recordings.readers.base import incomplete

__all__ = [
    "NUMERIC", "Array", "Broken", "Variable", "cells", "fields", "load", "numbers", "structures", "text",
    "variables",
]  # fmt: skip

_HEADER_BYTES, _HEAD_BYTES = 128, 4096  # of the file; and of a variable, in which its name and shape lie
_MAX_AXES = 32

_MATRIX, _COMPRESSED = 14, 15
_NUMBERS = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
_ENCODINGS = {1: "latin-1", 2: "latin-1", 4: "utf-16", 16: "utf-8", 17: "utf-16", 18: "utf-32"}
_NAMES = (1, 2, 16)
_CLASSES = (
    "", "cell", "struct", "object", "char", "sparse", "double", "single", "int8", "uint8", "int16", "uint16", "int32",
    "uint32", "int64", "uint64", "function", "opaque",
)  # fmt: skip

#: NumPy type of every class that is a plain matrix of numbers.
NUMERIC = {"double": "f8", "single": "f4"} | {
    f"{s}int{8 * n}": f"{s[:1] or 'i'}{n}" for s in ("", "u") for n in (1, 2, 4, 8)
}
_LOGICAL, _COMPLEX = 1 << 9, 1 << 11  # among the flags


class Broken(ValueError):
    """What the bytes of an element say cannot be."""


@dataclass(frozen=True)
class Array:
    """An array whose values have not been decoded.

    Attributes
    ----------
    name : str
        Empty within a cell array or a structure.
    matlab_class : str
        ``"double"``, ``"logical"``, ``"char"``, ``"cell"``, ``"struct"``, ``"sparse"``, ...; of objects their class.
    shape : tuple of int
        Empty for objects such as a table.
    is_complex, is_plain : bool
        The latter if it is no object.
    """

    name: str
    matlab_class: str
    shape: tuple[int, ...]
    is_complex: bool
    is_plain: bool
    _body: memoryview
    _order: str

    @property
    def is_number(self) -> bool:
        """Whether :func:`numbers` gives its values."""
        return self.is_plain and not self.is_complex and self.matlab_class in (*NUMERIC, "logical")

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)


@dataclass(frozen=True)
class Variable:
    """Where a variable lies, the length it says it has, and its array without values; None of a damaged head."""

    start: int
    n_bytes: int
    order: str
    array: Array | None
    n_inflated: int = 0


def variables(path: Path) -> Iterator[Variable]:
    """Yield the variables of a file, in its order.

    Raises
    ------
    RecordingError
        If the file is shorter than its elements say.
    """
    size = path.stat().st_size
    with open(path, "rb") as stream:
        header = stream.read(_HEADER_BYTES)
        order = "<" if header[126:128] == b"IM" else ">"
        position = _HEADER_BYTES
        while position < size and len(header) == _HEADER_BYTES:
            stream.seek(position)
            tag = stream.read(8)
            n_bytes = struct.unpack(f"{order}I", tag[4:])[0] if len(tag) == 8 else 0
            if position + 8 + n_bytes > size or len(tag) < 8:
                raise incomplete(path, found=size, declared=position + 8 + n_bytes)
            array, n_inflated = None, n_bytes
            with suppress(Broken):
                head, n_inflated = _head(stream.read(min(n_bytes, _HEAD_BYTES)), tag, order)
                array = _array(head, order)
            if array is None or array.name:  # what has no name is MATLAB's own
                yield Variable(position, n_bytes, order, array, n_inflated)
            position += 8 + n_bytes
    if len(header) < _HEADER_BYTES:
        raise incomplete(path, found=size, declared=_HEADER_BYTES)


def load(path: Path, variable: Variable, *, where: str) -> Array:
    """Read a variable into memory, as far as it is decompressed.

    Raises
    ------
    Broken
        If it cannot be decompressed, or is not as long as it says.
    RecordingError
        If it does not fit into memory.
    """
    with open(path, "rb") as stream:
        stream.seek(variable.start)
        tag = stream.read(8)
        require_room(where, shape=(variable.n_bytes,), itemsize=1)
        held = stream.read(variable.n_bytes)
    if _type(tag, variable.order) != _COMPRESSED:
        return _array(memoryview(held), variable.order)
    tag, _ = _decompressed(held, 8)
    n_bytes = struct.unpack(f"{variable.order}I", tag[4:])[0]
    require_room(where, shape=(n_bytes,), itemsize=1, stored=variable.n_bytes)
    whole, ended = _decompressed(held, 8 + n_bytes)
    if len(whole) < 8 + n_bytes or not ended:
        raise Broken(f"compressed values that do not end after {n_bytes:,} bytes")
    return _array(memoryview(whole)[8:], variable.order)


def numbers(array: Array) -> np.ndarray:
    """Return the values of a plain, real matrix of numbers, in the order of the file (the first axis runs fastest)."""
    code, data, _ = _element(array._body, array._order)
    if code not in _NUMBERS:
        raise Broken(f"numbers of type {code}")
    stored = np.dtype(array._order + _NUMBERS[code])
    if len(data) != array.size * stored.itemsize:
        raise Broken(f"{len(data):,} bytes for {array.shape} values of {stored.itemsize} bytes")
    flat = np.frombuffer(data, stored)
    return flat.astype(NUMERIC.get(array.matlab_class, stored.newbyteorder("=")), copy=False).reshape(
        array.shape, order="F"
    )


def text(array: Array) -> list[str]:
    """Return the rows of a character array without the blanks that make them equally long; none of an empty one."""
    if len(array.shape) != 2:
        raise Broken(f"text of shape {array.shape}")
    if not array.size:
        return []
    code, data, _ = _element(array._body, array._order)
    if code not in _ENCODINGS:
        raise Broken(f"text of type {code}")
    suffix = {"<": "-le", ">": "-be"}[array._order] if _ENCODINGS[code] in ("utf-16", "utf-32") else ""
    decoded = bytes(data).decode(_ENCODINGS[code] + suffix, "replace")
    n_rows = array.shape[0]
    if n_rows == 1:
        return [decoded]
    if len(decoded) != array.size:
        raise Broken(f"{len(decoded)} characters for {array.shape}")
    return [decoded[row::n_rows].rstrip(" ") for row in range(n_rows)]


def cells(array: Array) -> Iterator[Array]:
    """Yield the elements of a cell array, the first axis fastest."""
    yield from _children(array._body, array._order, array.size)


def structures(array: Array) -> Iterator[dict[str, Array]]:
    """Yield the elements of an array of structures, their fields by name, the first axis fastest."""
    code, data, rest = _element(array._body, array._order)
    if code != 5 or len(data) != 4:
        raise Broken("a structure without the length of its names")
    length = struct.unpack(f"{array._order}i", data)[0]
    code, data, rest = _element(rest, array._order)
    if code not in _NAMES or length <= 0 or not data or len(data) % length:
        raise Broken("a structure without names")
    names = [bytes(data[start : start + length]).split(b"\0")[0] for start in range(0, len(data), length)]
    values = _children(rest, array._order, len(names) * array.size)
    for _ in range(array.size):
        yield {name.decode("utf-8", "replace"): next(values) for name in names}


def fields(array: Array) -> dict[str, Array]:
    """Return the fields of a structure of one element, by name."""
    return next(structures(array))


def _head(data: bytes, tag: bytes, order: str) -> tuple[memoryview, int]:
    """The first bytes of a variable, decompressed, and the length that it says it has."""
    code = _type(tag, order)
    if code == _COMPRESSED:
        data, _ = _decompressed(data, _HEAD_BYTES)
        tag, data = data[:8], data[8:]
        code = _type(tag, order)
    if code != _MATRIX:
        raise Broken(f"an element of type {code}")
    return memoryview(data), struct.unpack(f"{order}I", tag[4:])[0]


def _type(tag: bytes, order: str) -> int:
    if len(tag) < 8:
        raise Broken("an element that ends in its tag")
    return struct.unpack(f"{order}I", tag[:4])[0]


def _decompressed(data: bytes, n_bytes: int) -> tuple[bytes, bool]:
    """Decompress up to ``n_bytes``; say whether the stream ends there, its checksum right."""
    stream = zlib.decompressobj()
    try:
        found = stream.decompress(data, n_bytes)
        more = stream.decompress(stream.unconsumed_tail, 1) if len(found) == n_bytes else b""
    except zlib.error as error:
        raise Broken(str(error)) from None
    return found, stream.eof and not more


def _element(data: memoryview, order: str) -> tuple[int, memoryview, memoryview]:
    """Return type and bytes of the first element, and what follows it."""
    if len(data) < 8:
        raise Broken("an element that ends in its tag")
    code, n_bytes = struct.unpack(f"{order}II", data[:8])
    start, end = 8, 8 + n_bytes
    if code >> 16:  # length and type in 4 bytes, up to 4 bytes of data behind them
        code, n_bytes, start, end = code & 0xFFFF, code >> 16, 4, 4 + (code >> 16)
        if n_bytes > 4:
            raise Broken(f"a short element of {n_bytes} bytes")
    if end > len(data):
        raise Broken(f"an element of {n_bytes:,} bytes, {len(data) - start:,} left")
    return code, data[start:end], data[end + -end % 8 :]


def _children(data: memoryview, order: str, count: int) -> Iterator[Array]:
    for _ in range(count):
        code, held, data = _element(data, order)
        if code != _MATRIX:
            raise Broken(f"an element of type {code} in place of an array")
        yield _array(held, order)


def _array(data: memoryview, order: str) -> Array:
    if not data:  # how MATLAB writes [] within a cell array; its values are an element of type double without bytes
        return Array("", "double", (0, 0), False, True, memoryview(struct.pack(f"{order}II", 9, 0)), order)
    code, flags, rest = _element(data, order)
    if code != 6 or len(flags) != 8:
        raise Broken("an array without flags")
    flag = struct.unpack(f"{order}I", flags[:4])[0]
    number = flag & 0xFF
    if not 0 < number < len(_CLASSES):
        raise Broken(f"an array of class {number}")
    known = _CLASSES[number]
    shape, rest = ((), rest) if known == "opaque" else _shape(rest, order)
    name, rest = _name(rest, order)
    if known == "opaque":
        _, rest = _name(rest, order)  # the system of types, MCOS
    if known in ("opaque", "object"):
        known, rest = _name(rest, order)
        return Array(name, known, shape, False, False, rest, order)
    known = "logical" if flag & _LOGICAL and known in NUMERIC else known
    return Array(name, known, shape, bool(flag & _COMPLEX), True, rest, order)


def _shape(data: memoryview, order: str) -> tuple[tuple[int, ...], memoryview]:
    code, held, rest = _element(data, order)
    if code not in (5, 6) or len(held) % 4 or not 8 <= len(held) <= 4 * _MAX_AXES:
        raise Broken("an array without a shape")
    shape = struct.unpack(f"{order}{len(held) // 4}i", held)
    if min(shape) < 0:
        raise Broken(f"an array of shape {shape}")
    return shape, rest


def _name(data: memoryview, order: str) -> tuple[str, memoryview]:
    code, held, rest = _element(data, order)
    if code not in _NAMES:
        raise Broken("an array without a name")
    return bytes(held).decode("utf-8", "replace"), rest
