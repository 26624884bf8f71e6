"""NumPy archives (.npz) of named arrays."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings.readers import _npy_stream
from cyclegan_neuro.recordings.readers.base import Entry, Reader, Source, damaged, incomplete

__all__ = ["READER", "Npz"]

_SUFFIX = ".npy"

_UNREADABLE = (zipfile.BadZipFile, OSError)  # the latter where the directory is said to begin before the file
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError)


class NpzSource(Source):
    """An open archive; entries carry the names given to ``np.savez``."""

    description = "NumPy archive"
    broken = _BROKEN

    def __init__(self, path: Path, archive: zipfile.ZipFile):
        self.path, self.archive = path, archive

    def entries(self) -> dict[str, Entry]:
        found = {}
        for member in self.archive.namelist():
            if member.endswith(_SUFFIX):
                name = member.removesuffix(_SUFFIX)
                try:
                    found[name] = self._entry(name)
                except (*_BROKEN, RecordingError):
                    found[name] = Entry(name, (), "damaged or encrypted", "object")
        return found

    def find(self, name: str) -> Entry | None:
        return self._entry(name) if f"{name}{_SUFFIX}" in self.archive.NameToInfo else None

    def read(self, name: str, *, dtype: type | None = None, transpose: bool = False) -> np.ndarray:
        with self._opened(name) as stream:
            return _npy_stream.read_array(stream, self.path, name, dtype=dtype, transpose=transpose)

    def _entry(self, name: str) -> Entry:
        with self._opened(name) as stream:
            return _npy_stream.entry(name, _npy_stream.read_header(stream, self.path))

    def _opened(self, name: str) -> IO[bytes]:
        try:
            return self.archive.open(f"{name}{_SUFFIX}")
        except (NotImplementedError, RuntimeError) as error:  # encrypted, or a compression zipfile does not know
            raise RecordingError(
                f"{self.path}, field '{name}'", got=str(error.args[0]), expected="an archive as np.savez writes it",
                fix="write it anew",
            ) from error  # fmt: skip


class Npz(Reader):
    """Archives written by ``np.savez`` or ``np.savez_compressed``."""

    name = "npz"
    title = "NumPy archive of named arrays"
    suffixes = (".npz",)

    def recognises(self, path: Path, head: bytes) -> bool:
        if not head.startswith(b"PK\x03\x04"):
            return False
        try:
            with zipfile.ZipFile(path) as archive:
                return any(name.endswith(_SUFFIX) for name in archive.namelist())
        except _UNREADABLE:  # the directory at the end is missing or damaged
            return path.suffix == ".npz"

    @contextmanager
    def open(self, path: Path) -> Iterator[Source]:
        try:
            archive = zipfile.ZipFile(path)
        except _UNREADABLE as error:
            if zipfile.is_zipfile(path):
                raise damaged(path, "an archive's directory", error) from error
            raise incomplete(path, found=path.stat().st_size, declared=None) from error
        with archive:
            try:
                yield NpzSource(path, archive)
            except _BROKEN as error:
                raise damaged(path, "compressed content", error) from error

    def write(self, path: Path, values: Mapping[str, Any]) -> None:
        with open(path, "wb") as stream:
            np.savez_compressed(stream, allow_pickle=False, **{k: np.asarray(v) for k, v in values.items()})


READER = Npz()
