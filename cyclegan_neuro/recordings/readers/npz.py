"""NumPy archives (.npz) of named arrays."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings.readers import _npy_stream
from cyclegan_neuro.recordings.readers._guard import decoding
from cyclegan_neuro.recordings.readers.base import Entry, Reader, Source, damaged, incomplete

__all__ = ["READER", "Npz"]

_SUFFIX = ".npy"

_ENCRYPTED = 1
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # of the others zipfile inflates as much as there is


class NpzSource(Source):
    """An open archive; entries carry the names given to ``np.savez``."""

    description = "NumPy archive"

    def __init__(self, path: Path, archive: zipfile.ZipFile):
        self.path, self.archive = path, archive

    def entries(self) -> dict[str, Entry]:
        found = {}
        for member in self.archive.namelist():
            if member.endswith(_SUFFIX):
                name = member.removesuffix(_SUFFIX)
                try:
                    found[name] = self._entry(name)
                except Exception:  # a member that nobody asked for
                    found[name] = Entry(name, (), "damaged or encrypted", "object")
        return found

    def find(self, name: str) -> Entry | None:
        return self._entry(name) if f"{name}{_SUFFIX}" in self.archive.NameToInfo else None

    def read(self, name: str, *, dtype: type | None = None, transpose: bool = False) -> np.ndarray:
        with self._opened(name) as stream:
            stored = self.archive.getinfo(f"{name}{_SUFFIX}").compress_size
            return _npy_stream.read_array(
                stream, self.path, name, dtype=dtype, transpose=transpose, stored_bytes=stored
            )

    def _entry(self, name: str) -> Entry:
        with self._opened(name) as stream:
            return _npy_stream.entry(name, _npy_stream.read_header(stream, self.path))

    def _opened(self, name: str) -> IO[bytes]:
        member = self.archive.getinfo(f"{name}{_SUFFIX}")
        if member.compress_type not in _COMPRESSIONS or member.flag_bits & _ENCRYPTED:
            got = "an encrypted member" if member.flag_bits & _ENCRYPTED else "a compression other than deflate"
            raise RecordingError(
                f"{self.path}, field '{name}'",
                got=got,
                expected="an archive as np.savez writes it",
                fix="write it anew",
            )
        return self.archive.open(member)


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
        except Exception:  # the directory at the end is missing or damaged
            return path.suffix == ".npz"

    @contextmanager
    def open(self, path: Path) -> Iterator[Source]:
        try:
            archive = zipfile.ZipFile(path)
        except Exception as error:  # a directory that is damaged, or of an archive that zipfile does not know
            if zipfile.is_zipfile(path):
                raise damaged(path, "an archive's directory", error) from error
            raise incomplete(path, found=path.stat().st_size, declared=None) from error
        with archive, decoding(path, "compressed content"):
            yield NpzSource(path, archive)

    def write(self, path: Path, values: Mapping[str, Any]) -> None:
        with open(path, "wb") as stream:
            np.savez_compressed(stream, allow_pickle=False, **{k: np.asarray(v) for k, v in values.items()})


READER = Npz()
