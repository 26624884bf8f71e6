"""A single NumPy array (.npy): the traces and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from cyclegan_neuro.recordings.readers import _npy_stream
from cyclegan_neuro.recordings.readers.base import Entry, Reader, Source, incomplete

__all__ = ["READER", "Npy"]


class NpySource(Source):
    """An array file; its one entry is called ``dff``. The frame rate must come from the configuration."""

    description = "NumPy array"

    def __init__(self, path: Path):
        self.path = path

    def entries(self) -> dict[str, Entry]:
        with open(self.path, "rb") as stream:
            return {"dff": _npy_stream.entry("dff", _npy_stream.read_header(stream, self.path))}

    def read(self, name: str, *, dtype: type | None = None, transpose: bool = False) -> np.ndarray:
        with open(self.path, "rb") as stream:
            return _npy_stream.read_array(stream, self.path, name, dtype=dtype, transpose=transpose)


class Npy(Reader):
    """Arrays written by ``np.save``."""

    name = "npy"
    title = "NumPy array of the traces alone"
    suffixes = (".npy",)
    writes = False

    def recognises(self, path: Path, head: bytes) -> bool:
        return head.startswith(b"\x93NUMPY")

    @contextmanager
    def open(self, path: Path) -> Iterator[Source]:
        with open(path, "rb") as stream:
            shape, _, dtype = _npy_stream.read_header(stream, path)
            declared = stream.tell() + int(np.prod(shape, dtype=object)) * dtype.itemsize
        size = path.stat().st_size
        if size < declared and not dtype.hasobject:
            raise incomplete(path, found=size, declared=declared)
        yield NpySource(path)


READER = Npy()
