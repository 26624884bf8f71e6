"""Arrays of zarr directory stores, versions 2 and 3, without the package: metadata in JSON, one file per chunk.

What the packages write by default is read: raw chunks, zlib, gzip, and where numcodecs is installed Blosc, Zstandard
and LZ4. Objects (version 2 may keep pickles), structures, further filters and shards are not.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings.memory import require_room, require_text_room, size_text
from cyclegan_neuro.recordings.readers._guard import decoding
from cyclegan_neuro.recordings.readers._zarr_codecs import decoded, not_read
from cyclegan_neuro.recordings.readers.base import damaged, incomplete

__all__ = ["ZarrArray", "arrays_in", "blocks", "open_array", "read_array"]

_LARGEST_CHUNK, _OVERHEAD = 128_000_000, 4096  # bytes of a chunk of a small array, and what compression may add
_MANY, _MOST_MISSING = 10_000, 10
_MOST_AXES, _LAST_CHARACTER = 8, 0x10FFFF


@dataclass(frozen=True)
class ZarrArray:
    """One array.

    Attributes
    ----------
    path : Path
        Its folder.
    shape, chunks : tuple of int
    dtype : dtype, optional
        None of values that are not read.
    type_name : str
        As the store says it.
    codecs : tuple of str
        What a chunk went through, in the order of writing: ``"crc32c"`` or a compression.
    order : {"C", "F"}
        Of the values in a chunk.
    fill : object
        Value of chunks that are not there.
    key : str
        How chunks are called: ``"."`` or ``"/"`` between their numbers, ``"c/"`` in front of them in version 3.
    axes : tuple of str
        Names of the axes, where they are known.
    attributes : mapping
    """

    path: Path
    shape: tuple[int, ...]
    chunks: tuple[int, ...]
    dtype: np.dtype | None
    type_name: str
    codecs: tuple[str, ...]
    order: str
    fill: Any
    key: str
    axes: tuple[str, ...] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)


def arrays_in(folder: Path) -> dict[str, Path]:
    """Return the folders of the arrays in a group, by name."""
    return {child.name: child for child in sorted(folder.iterdir()) if child.is_dir() and _is_array(child)}


def open_array(path: Path) -> ZarrArray:
    """Read what an array says of itself.

    Raises
    ------
    RecordingError
        If that is damaged, or the array is divided in a way that is not read.
    """
    try:
        if (path / ".zarray").is_file():
            array = _version_2(path, _json(path / ".zarray"), _json(path / ".zattrs"))
        else:
            array = _version_3(path, _json(path / "zarr.json"))
    except RecordingError:
        raise
    except Exception as error:  # JSON of anything
        raise damaged(path, "a description of a zarr array", error) from error
    numbers = (*array.shape, *array.chunks)
    whole = all(isinstance(n, int) and n >= 0 for n in numbers) and all(array.chunks)
    if not whole or len(array.shape) != len(array.chunks) or len(array.shape) > _MOST_AXES:
        raise damaged(path, "a description of a zarr array", ValueError(f"shape {array.shape}, chunks {array.chunks}"))
    return array


def read_array(array: ZarrArray, *, dtype: type | None = None) -> np.ndarray:
    """Read an array of numbers or fixed-length text.

    Parameters
    ----------
    array : ZarrArray
    dtype : type, optional
        Convert chunk by chunk.

    Raises
    ------
    RecordingError
        If its values are of a type that is not read, a chunk is damaged, or its compression is not at hand.
    """
    stored = _dtype(array)
    target = np.dtype(dtype or stored)
    if stored.kind in "US":
        longest = stored.itemsize // (4 if stored.kind == "U" else 1)
        require_text_room(str(array.path), n_texts=math.prod(array.shape), longest=longest)
    n_bytes = sum(file.stat().st_size for file in array.path.rglob("*") if file.is_file())
    require_room(str(array.path), shape=array.shape, itemsize=target.itemsize, stored=n_bytes)
    result = np.empty(array.shape, target)
    for part, values in blocks(array):
        result[part] = values
    return result


def blocks(array: ZarrArray) -> Iterator[tuple[tuple[slice, ...], np.ndarray]]:
    """Yield the chunks of an array with their places; those at the end without what sticks out.

    Raises
    ------
    RecordingError
        As :func:`read_array`.
    """
    dtype = _dtype(array)
    _require_reasonable(array, dtype)
    for numbers in product(*(range(-(-n // chunk)) for n, chunk in zip(array.shape, array.chunks, strict=True))):
        places = zip(numbers, array.chunks, array.shape, strict=True)
        part = tuple(slice(i * chunk, min((i + 1) * chunk, n)) for i, chunk, n in places)
        values = _chunk(array, numbers, dtype)
        yield part, values[tuple(slice(0, s.stop - s.start) for s in part)]


def _require_reasonable(array: ZarrArray, dtype: np.dtype) -> None:
    """Refuse chunks that are far larger than the array, and many more of them than there are files."""
    n_bytes, n_chunk = (math.prod(shape) * dtype.itemsize for shape in (array.shape, array.chunks))
    n_chunks = math.prod(-(-n // chunk) for n, chunk in zip(array.shape, array.chunks, strict=True))
    if n_chunk > max(_LARGEST_CHUNK, 2 * n_bytes):
        got = f"chunks of {size_text(n_chunk)} for {size_text(n_bytes)} of values"
    elif n_chunks > _MANY and n_chunks > _MOST_MISSING * sum(1 for _ in array.path.rglob("*")):
        got = f"{n_chunks:,} chunks, nearly all of which are missing"
    else:
        return
    raise RecordingError(
        str(array.path), got=got, expected="chunks that fit the array", fix="copy the store again, or write it anew"
    )


def _chunk(array: ZarrArray, numbers: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    path = array.path / _name(array, numbers)
    n_bytes = math.prod(array.chunks) * dtype.itemsize
    if not path.is_file():
        return np.full(array.chunks, array.fill, dtype)
    size = path.stat().st_size
    if size > n_bytes + n_bytes // 10 + _OVERHEAD:
        raise damaged(path, "a chunk", ValueError(f"{size:,} bytes for {n_bytes:,} of values"))
    raw = path.read_bytes()
    for codec in reversed(array.codecs):
        raw = decoded(codec, raw, n_bytes, path)
    if len(raw) != n_bytes:
        raise incomplete(path, found=len(raw), declared=n_bytes)
    if dtype.kind == "U" and (np.frombuffer(raw, np.dtype("u4").newbyteorder(dtype.byteorder)) > _LAST_CHARACTER).any():
        raise damaged(path, "text", ValueError("numbers that are no characters"))
    return np.frombuffer(raw, dtype).reshape(array.chunks, order=array.order)  # type: ignore[call-overload]


def _name(array: ZarrArray, numbers: tuple[int, ...]) -> str:
    prefix, separator = array.key[:-1], array.key[-1]
    parts = [*([prefix] if prefix else []), *map(str, numbers)]
    return separator.join(parts) or "0"


def _dtype(array: ZarrArray) -> np.dtype:
    if array.dtype is None:
        raise not_read(array.path, f"values of type {array.type_name}")
    return array.dtype


def _is_array(path: Path) -> bool:
    if (path / ".zarray").is_file():
        return True
    try:
        return (path / "zarr.json").is_file() and _json(path / "zarr.json").get("node_type") == "array"
    except RecordingError:
        return False


def _json(path: Path) -> dict:
    if not path.is_file():
        return {}
    with decoding(path, "JSON"):
        content = json.loads(path.read_text(encoding="utf-8"))
    return content if isinstance(content, dict) else {}


def _version_2(path: Path, said: dict, attributes: dict) -> ZarrArray:
    dtype, name = _plain(said["dtype"]), str(said["dtype"])
    compressor = said.get("compressor") or {}
    filters = [str(one.get("id")) for one in said.get("filters") or []]
    if "vlen-utf8" in filters or "pickle" in filters or "json2" in filters:
        dtype, name = None, f"{name} ({', '.join(filters)})"
    codecs = (*filters, *([str(compressor["id"])] if compressor else []))
    return ZarrArray(
        path, tuple(said["shape"]), tuple(said["chunks"]), dtype, name, codecs, "F" if said["order"] == "F" else "C",
        _fill(said.get("fill_value"), dtype), said.get("dimension_separator", "."),
        tuple(map(str, attributes.get("_ARRAY_DIMENSIONS", ()))), attributes,
    )  # fmt: skip


def _version_3(path: Path, said: dict) -> ZarrArray:
    name, codecs, order, little = said["data_type"], [], "C", True
    for codec in said["codecs"]:
        settings = codec.get("configuration") or {}
        if codec["name"] == "bytes":
            little = settings.get("endian", "little") == "little"
        elif codec["name"] == "transpose" and settings["order"] == list(range(len(said["shape"])))[::-1]:
            order = "F"
        else:
            codecs.append(codec["name"])
    dtype = None
    if isinstance(name, str):
        dtype = _plain(name if name != "bool" else "?")
    elif name.get("name") == "fixed_length_utf32":
        dtype = _plain(f"U{name['configuration']['length_bytes'] // 4}")
    if dtype is not None:
        dtype = dtype.newbyteorder("<" if little else ">")
    grid, keys = said["chunk_grid"], said["chunk_key_encoding"]
    if grid["name"] != "regular":
        raise not_read(path, f"chunks of a grid that is {grid['name']}")
    version_2 = keys["name"] == "v2"
    separator = (keys.get("configuration") or {}).get("separator", "." if version_2 else "/")
    return ZarrArray(
        path, tuple(said["shape"]), tuple(grid["configuration"]["chunk_shape"]), dtype, str(name), tuple(codecs), order,
        _fill(said.get("fill_value"), dtype), separator if version_2 else f"c{separator}",
        tuple(map(str, said.get("dimension_names") or ())), said.get("attributes") or {},
    )  # fmt: skip


def _plain(name: Any) -> np.dtype | None:
    """The type of numbers or of text of fixed length; None of objects, structures and dates."""
    try:
        dtype = np.dtype(name) if isinstance(name, str) else None
    except TypeError:
        return None
    return dtype if dtype is not None and dtype.kind in "biufSU" else None


def _fill(value: Any, dtype: np.dtype | None) -> Any:
    """The value of missing chunks; numbers that are not finite are written as text."""
    if value is None or dtype is None:
        return 0 if dtype is None or dtype.kind in "biuf" else ""
    return float(value) if dtype.kind == "f" else value
