"""Weights that PyTorch wrote (``.pth``, ``.safetensors``), without PyTorch and without running anything.

A ``.pth`` file is an archive with a pickle, which says of what type, size and strides each tensor is, and with the
numbers as they lay in memory. The pickle is read as a description.

References
----------
The format of safetensors: 8 bytes with the length of a JSON header, the header, the numbers
(https://huggingface.co/docs/safetensors).
"""

from __future__ import annotations

import json
import math
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from cyclegan_neuro.errors import UserError
from cyclegan_neuro.recordings.memory import size_text
from cyclegan_neuro.recordings.readers._guard import require_file
from cyclegan_neuro.recordings.readers._pickle_machine import Made, Name, Persistent, UnsafeError, described

__all__ = ["LARGEST_BYTES", "read_tensors"]

LARGEST_BYTES = 2**26
"""Of one file; a network of CASCADE has 150 kB."""

_MOST_TENSORS = 100  # CASCADE has 10
_LARGEST_HEADER = 2**20  # of the pickle or the JSON, which name the tensors
_NAMES = {
    ("collections", "OrderedDict"): "OrderedDict",
    ("torch._utils", "_rebuild_tensor_v2"): "tensor",
    ("torch", "FloatStorage"): "<f4",
    ("torch", "DoubleStorage"): "<f8",
    ("torch", "HalfStorage"): "<f2",
}
_SAFE_TYPES = {"F32": "<f4", "F64": "<f8", "F16": "<f2"}
_OLD = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."  # how files of PyTorch begin that are no archive
_CONVERT = (
    "write the weights anew in PyTorch: weights = torch.load(FILE, weights_only=True), then "
    "torch.save(weights, FILE), or safetensors.torch.save_file(weights, FILE with .safetensors)"
)


class _RefusedError(Exception):
    """What is wrong; its text says what was found."""


def read_tensors(path: Path) -> dict[str, np.ndarray]:
    """Return the tensors of a state dictionary.

    Parameters
    ----------
    path : Path
        ``.safetensors``, or what ``torch.save(model.state_dict(), path)`` writes since PyTorch 1.6.

    Returns
    -------
    dict of str to ndarray of float32

    Raises
    ------
    UserError
        If the file holds anything but tensors of floating-point numbers by name, is older, too large or damaged.
    """
    require_file(path)
    try:
        size = path.stat().st_size
        if size > LARGEST_BYTES:
            raise _RefusedError(size_text(size))
        return (_safe_tensors if path.suffix == ".safetensors" else _archived_tensors)(path)
    except (_RefusedError, UnsafeError) as error:
        raise UserError(
            str(path), got=f"{error}", fix=_CONVERT,
            expected=f"tensors by name, at most {size_text(LARGEST_BYTES)}; nothing in such a file is ever run",
        ) from None  # fmt: skip
    except UserError:
        raise
    except Exception as error:  # what an archive, a pickle or JSON makes of damaged bytes
        raise UserError(
            str(path), got=f"a file that cannot be decoded ({error})", expected="weights that PyTorch wrote",
            fix="copy it again from where it came",
        ) from error  # fmt: skip


def _archived_tensors(path: Path) -> dict[str, np.ndarray]:
    with open(path, "rb") as stream:
        if stream.read(len(_OLD)) == _OLD:
            raise _RefusedError("the format of PyTorch before 1.6")
    with zipfile.ZipFile(path) as archive:
        pickles = [name for name in archive.namelist() if name.endswith("/data.pkl")]
        if len(pickles) != 1:
            raise _RefusedError(f"an archive with {len(pickles)} times data.pkl")
        folder = pickles[0].removesuffix("data.pkl")
        if f"{folder}byteorder" in archive.namelist() and _member(archive, f"{folder}byteorder", 8) != b"little":
            raise _RefusedError("numbers that a big-endian machine wrote")
        found = described(_member(archive, pickles[0], _LARGEST_HEADER), _NAMES, persistent=True)
        if not isinstance(found, dict) or not all(isinstance(name, str) for name in found):
            raise _RefusedError("no tensors by name")
        return _gathered((name, _tensor(name, value, archive, folder)) for name, value in found.items())


def _member(archive: zipfile.ZipFile, name: str, largest: int) -> bytes:
    """Return the content of a member, which PyTorch never compresses."""
    member = archive.getinfo(name)
    if member.compress_type != zipfile.ZIP_STORED or member.file_size > largest:
        raise _RefusedError(f"a compressed or too large member {name[:60]!r}")
    return archive.read(member)


def _tensor(name: str, value: Any, archive: zipfile.ZipFile, folder: str) -> np.ndarray:
    """Read one tensor; every size is held against the others before a number is read."""
    match value:
        case Made("tensor", (Persistent(("storage", Name(dtype), str(key), _, int(n))), int(first), size, stride, *_)):
            shape, steps = _counts(size), _counts(stride)
        case _:
            raise _RefusedError(f"{name[:60]!r}, which is no tensor of floating-point numbers")
    if dtype not in _SAFE_TYPES.values() or shape is None or steps is None or len(shape) != len(steps):
        raise _RefusedError(f"{name[:60]!r}, a tensor of unknown type or shape")
    last = first + sum((length - 1) * step for length, step in zip(shape, steps, strict=True))
    if not (first >= 0 and 0 < math.prod(shape) <= n and last < n):
        raise _RefusedError(f"{name[:60]!r}, a tensor of shape {shape} in {n} numbers")
    where, itemsize = f"{folder}data/{key}", np.dtype(dtype).itemsize
    if archive.getinfo(where).file_size != n * itemsize:
        raise _RefusedError(f"{archive.getinfo(where).file_size} bytes for {n} numbers of {name[:60]!r}")
    stored = np.frombuffer(_member(archive, where, n * itemsize), dtype)
    view = np.lib.stride_tricks.as_strided(stored[first:], shape, [step * itemsize for step in steps], writeable=False)
    return np.array(view, np.float32)


def _safe_tensors(path: Path) -> dict[str, np.ndarray]:
    content = path.read_bytes()
    n_header = int.from_bytes(content[:8], "little")
    if len(content) < 8 or n_header > min(len(content) - 8, _LARGEST_HEADER):
        raise _RefusedError(f"a header of {n_header} bytes in a file of {len(content)}")
    try:
        header = json.loads(content[8 : 8 + n_header])
    except RecursionError:
        raise _RefusedError("a header of lists within lists") from None
    if not (isinstance(header, dict) and all(isinstance(entry, dict) for entry in header.values())):
        raise _RefusedError("a header that names no tensors")
    header.pop("__metadata__", None)
    return _gathered((name, _safe_tensor(name, entry, content[8 + n_header :])) for name, entry in header.items())


def _safe_tensor(name: str, entry: dict, numbers: bytes) -> np.ndarray:
    kind, shape, places = entry.get("dtype"), _counts(entry.get("shape")), _counts(entry.get("data_offsets"))
    dtype = _SAFE_TYPES.get(kind) if isinstance(kind, str) else None
    if dtype is None or shape is None or places is None or len(places) != 2:
        raise _RefusedError(f"{name[:60]!r}, a tensor of unknown type or shape")
    begin, end = places
    if end > len(numbers) or end - begin != math.prod(shape) * np.dtype(dtype).itemsize:
        raise _RefusedError(f"{name[:60]!r}, a tensor of shape {shape} in {min(end, len(numbers)) - begin} bytes")
    return np.frombuffer(numbers[begin:end], dtype).reshape(shape).astype(np.float32)


def _gathered(tensors: Iterable[tuple[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Tensors by name; not more than a file can hold, because many may show the same numbers."""
    found: dict[str, np.ndarray] = {}
    for name, values in tensors:
        found[name] = values
        if len(found) > _MOST_TENSORS or sum(one.nbytes for one in found.values()) > LARGEST_BYTES:
            raise _RefusedError("more tensors than a network of CASCADE has")
    return found


def _counts(values: Any) -> tuple[int, ...] | None:
    """Return a short list of whole numbers that are not negative; None for anything else."""
    if not isinstance(values, list | tuple) or len(values) > 8:
        return None
    return tuple(values) if all(type(value) is int and 0 <= value < 2**40 for value in values) else None
