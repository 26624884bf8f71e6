"""HDF5: the project's own layout, and any other file by the names of its fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py

from cyclegan_neuro.recordings.layout import FIELDS, FORMAT, FORMAT_VERSION
from cyclegan_neuro.recordings.readers._hdf5_source import Hdf5Source, open_hdf5
from cyclegan_neuro.recordings.readers.base import Reader, Source

__all__ = ["READER", "Hdf5"]

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_CHUNK_FRAMES, _CHUNK_NEURONS = 4096, 64  # 1 MB of float32


class Hdf5(Reader):
    """The project's own layout carries the attribute ``format``; in other files fields are found by name."""

    name = "hdf5"
    title = "HDF5 (the project's own layout, or any other by field names)"
    suffixes = (".h5", ".hdf5")

    def recognises(self, path: Path, head: bytes) -> bool:
        # A user block, as MATLAB writes it, moves the signature to byte 512.
        return head.startswith(_SIGNATURE) or head[512:520] == _SIGNATURE

    @contextmanager
    def open(self, path: Path) -> Iterator[Source]:
        with open_hdf5(path, closed=False) as file:
            own = file.attrs.get("format") == FORMAT
            version = f"version {file.attrs.get('format_version', '?')}"
            yield Hdf5Source(path, file, f"HDF5, {FORMAT} {version}" if own else "HDF5, fields found by name")

    def write(self, path: Path, values: Mapping[str, Any]) -> None:
        with h5py.File(path, "w") as file:
            file.attrs["format"], file.attrs["format_version"] = FORMAT, FORMAT_VERSION
            for name, value in values.items():
                if not FIELDS[name].axes:
                    file.attrs[name] = value
                    continue
                if value.dtype.kind == "U":
                    file.create_dataset(name, data=value.astype(object), dtype=h5py.string_dtype())
                    continue
                chunks = (_CHUNK_FRAMES, _CHUNK_NEURONS)[: value.ndim]
                chunks = tuple(max(1, min(size, chunk)) for size, chunk in zip(value.shape, chunks, strict=True))
                compression = {"compression": "gzip", "shuffle": True} if value.size else {}
                file.create_dataset(name, data=value, chunks=chunks if value.size else None, **compression)


READER = Hdf5()
