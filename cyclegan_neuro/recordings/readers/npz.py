"""NumPy archives (.npz) of named arrays."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings.readers import _npy_stream
from cyclegan_neuro.recordings.readers.base import Entry, Reader, Source, damaged, incomplete

__all__ = ["READER", "Npz"]


class NpzSource(Source):
    """An open archive; entries carry the names given to ``np.savez``."""

    description = "NumPy archive"

    def __init__(self, path: Path, archive: zipfile.ZipFile):
        self.path, self.archive = path, archive

    def entries(self) -> dict[str, Entry]:
        found = {}
        for member in self.archive.namelist():
            if member.endswith(".npy"):
                with self.archive.open(member) as stream:
                    name = member.removesuffix(".npy")
                    found[name] = _npy_stream.entry(name, _npy_stream.read_header(stream, self.path))
        return found

    def read(self, name: str, *, dtype: type | None = None, transpose: bool = False) -> np.ndarray:
        with self.archive.open(f"{name}.npy") as stream:
            return _npy_stream.read_array(stream, self.path, name, dtype=dtype, transpose=transpose)


class Npz(Reader):
    """Archives written by ``np.savez`` or ``np.savez_compressed``."""

    name = "npz"
    title = "NumPy archive of named arrays"
    suffixes = (".npz",)

    def recognises(self, path: Path, head: bytes) -> bool:
        if not head.startswith(b"PK\x03\x04"):
            return False
        if not zipfile.is_zipfile(path):  # the directory at the end is missing
            return path.suffix == ".npz"
        with zipfile.ZipFile(path) as archive:
            return any(name.endswith(".npy") for name in archive.namelist())

    @contextmanager
    def open(self, path: Path) -> Iterator[Source]:
        try:
            archive = zipfile.ZipFile(path)
        except zipfile.BadZipFile as error:
            raise incomplete(path, found=path.stat().st_size, declared=None) from error
        with archive:
            try:
                yield NpzSource(path, archive)
            except (zipfile.BadZipFile, zlib.error, EOFError) as error:
                raise damaged(path, "compressed content", error) from error
            except NotImplementedError as error:  # encrypted, or a compression zipfile does not know
                raise RecordingError(
                    str(path), got=str(error), expected="an archive as np.savez writes it", fix="write it anew"
                ) from error

    def write(self, path: Path, values: Mapping[str, Any]) -> None:
        with open(path, "wb") as stream:
            np.savez_compressed(stream, allow_pickle=False, **{k: np.asarray(v) for k, v in values.items()})


READER = Npz()
