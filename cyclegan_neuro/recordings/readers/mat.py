"""MATLAB files: version 5 through scipy, version 7.3 (which is HDF5) through h5py.

Names of fields reach into structures: ``recording/dff`` is ``recording.dff`` in MATLAB.
Version 4 files and MATLAB's own classes (string, table, timetable) are not read; ``cellstr``
and plain matrices are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from cyclegan_neuro.recordings.memory import require_room
from cyclegan_neuro.recordings.readers._hdf5_gate import follow, refer
from cyclegan_neuro.recordings.readers._hdf5_source import Hdf5Source, open_hdf5
from cyclegan_neuro.recordings.readers.base import Entry, Kind, Reader, Source, damaged, incomplete, kind_of

__all__ = ["READER", "Mat"]

_V5, _V73 = b"MATLAB 5.0 MAT-file", b"MATLAB 7.3 MAT-file"
_HEADER_BYTES = 128


class Mat5Source(Source):
    """An open version 5 file. A variable is read whole (the format allows 2 GB each)."""

    description = "MATLAB 5 file"

    def __init__(self, path: Path):
        from scipy.io import whosmat  # takes half a second to import

        self.path = path
        self._variables = {name: (shape, kind) for name, shape, kind in whosmat(path)}
        self._structures: dict[str, dict[str, np.ndarray]] = {}

    def entries(self) -> dict[str, Entry]:
        found = {}
        for name, (shape, matlab_class) in self._variables.items():
            if matlab_class == "struct":
                found.update({key: _describe(key, value) for key, value in self._structure(name).items()})
            elif matlab_class in ("cell", "char"):
                found[name] = _describe(name, self._load(name)[name])
            else:
                kind: Kind = "number" if matlab_class in _NUMERIC_CLASSES else "object"
                found[name] = Entry(name, tuple(shape), matlab_class, kind)
        return found

    def read(self, name: str, *, dtype: type | None = None, transpose: bool = False) -> np.ndarray:
        top = name.split("/", 1)[0]
        if name in self._variables:
            shape = self._variables[name][0]
            require_room(f"{self.path}, field '{name}'", shape=shape, itemsize=8)
            value = self._load(name)[name]
        else:
            value = self._structure(top)[name]
        value = _text_of(value) if _text_of(value) is not None else np.asarray(value)
        if dtype is not None and value.dtype.kind != "U":
            value = value.astype(dtype)
        return np.ascontiguousarray(value.T if transpose and value.ndim == 2 else value)

    def _load(self, name: str) -> dict[str, np.ndarray]:
        from scipy.io import loadmat

        return loadmat(self.path, variable_names=[name])

    def _structure(self, name: str) -> dict[str, np.ndarray]:
        if name not in self._structures:
            self._structures[name] = dict(_flatten(name, self._load(name)[name]))
        return self._structures[name]


_NUMERIC_CLASSES = {"double", "single", "logical"} | {f"{u}int{n}" for u in ("", "u") for n in (8, 16, 32, 64)}


def _flatten(prefix: str, value: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the leaves of a scalar structure with their paths."""
    if value.dtype.names and value.size == 1:
        for key in value.dtype.names:
            yield from _flatten(f"{prefix}/{key}", value.reshape(-1)[0][key])
    else:
        yield prefix, value


def _text_of(value: np.ndarray) -> np.ndarray | None:
    """Return character rows and cell arrays of characters as text, None for anything else."""
    if value.dtype.kind == "U":
        return value
    if value.dtype.kind != "O":
        return None
    cells = [np.asarray(cell) for cell in value.ravel(order="F")]
    # An empty string is stored as a 0x0 array of numbers.
    if all((cell.dtype.kind == "U" and cell.size == 1) or cell.size == 0 for cell in cells):
        return np.array([str(cell.reshape(-1)[0]) if cell.size else "" for cell in cells], dtype=np.str_)
    return None


def _describe(name: str, value: np.ndarray) -> Entry:
    text = _text_of(value)
    if text is not None:
        return Entry(name, text.shape, "text", "text")
    kind = "object" if value.dtype.names else kind_of(value.dtype)
    return Entry(name, value.shape, {"object": "cell or object"}.get(kind, str(value.dtype)), kind)


class Mat73Source(Hdf5Source):
    """An open version 7.3 file; axes are in MATLAB's order, which is the reverse of HDF5's."""

    def entries(self) -> dict[str, Entry]:
        return {
            name: entry
            for name, entry in super().entries().items()
            if not entry.attribute and not name.startswith("#")  # attributes and #refs# are MATLAB's own
        }

    def _find_attribute(self, name: str) -> None:
        """Attributes are MATLAB's own."""

    def read(self, name: str, *, dtype: type | None = None, transpose: bool = False) -> np.ndarray:
        dataset = follow(self.file, name)
        if dataset.attrs.get("MATLAB_empty", 0):
            return np.zeros(0, dtype or np.float64)
        matlab_class = _class_of(dataset)
        if matlab_class == "char":
            return np.array([_characters(dataset)], dtype=np.str_)
        if matlab_class == "cell":
            return np.array([_characters(cell) for cell in self._cells(name, dataset)], dtype=np.str_)
        return super().read(name, dtype=dtype, transpose=not transpose)

    def _entry(self, name: str, dataset: h5py.Dataset) -> Entry:
        matlab_class, shape = _class_of(dataset), dataset.shape[::-1]
        if matlab_class == "char":
            return Entry(name, (1,), "text", "text")
        if matlab_class == "cell" and (dataset.attrs.get("MATLAB_empty", 0) or h5py.check_ref_dtype(dataset.dtype)):
            text = all(_class_of(cell) == "char" for cell in self._cells(name, dataset))
            return Entry(name, (dataset.size,), "text" if text else "cell", "text" if text else "object")
        dtype = dataset.dtype
        if dtype.names == ("real", "imag"):
            return Entry(name, shape, "complex", "complex")
        kind = kind_of(dtype) if not matlab_class or matlab_class in _NUMERIC_CLASSES else "object"
        return Entry(name, shape, matlab_class or str(dtype), kind)

    def _cells(self, name: str, dataset: h5py.Dataset) -> list[h5py.Dataset]:
        """The elements of a cell array, which lie elsewhere in the file; none of an empty one."""
        if dataset.attrs.get("MATLAB_empty", 0):
            return []
        return [refer(self.file, cell, name) for cell in dataset[()].ravel()]


def _class_of(dataset: h5py.Dataset) -> str:
    value = dataset.attrs.get("MATLAB_class", b"")
    return value.decode() if isinstance(value, bytes) else str(value)


def _characters(dataset: h5py.Dataset) -> str:
    """Return the text of a char array, which 7.3 stores as 16-bit code units."""
    if dataset.attrs.get("MATLAB_empty", 0):
        return ""
    return np.asarray(dataset[()], dtype="<u2").tobytes().decode("utf-16-le", "replace")


class Mat(Reader):
    """MATLAB files of version 5 (also from Octave) and 7.3, told apart by their content."""

    name = "mat"
    title = "MATLAB file, version 5 or 7.3"
    suffixes = (".mat",)
    specificity = 1

    def recognises(self, path: Path, head: bytes) -> bool:
        return head.startswith((_V5, _V73))

    @contextmanager
    def open(self, path: Path) -> Iterator[Source]:
        with open(path, "rb") as stream:
            version_73 = stream.read(len(_V73)) == _V73
        if version_73:
            with open_hdf5(path, closed=False) as file:
                yield Mat73Source(path, file, "MATLAB 7.3 file (HDF5)")
            return
        _require_whole(path)
        import zlib

        from scipy.io.matlab import MatReadError

        try:
            yield Mat5Source(path)
        except (MatReadError, zlib.error, NotImplementedError, TypeError, IndexError) as error:
            raise damaged(path, "a MATLAB 5 variable", error) from error

    def write(self, path: Path, values: Mapping[str, Any]) -> None:
        from scipy.io import savemat

        tree: dict = {}
        for name, value in values.items():
            group, _, leaf = name.rpartition("/")
            text = isinstance(value, np.ndarray) and value.dtype.kind == "U"
            owner = tree.setdefault(group, {}) if group else tree
            owner[leaf] = value.astype(object) if text else value
        savemat(path, tree, appendmat=False, do_compression=True, oned_as="column", long_field_names=True)


def _require_whole(path: Path) -> None:
    """Walk over the elements of a version 5 file, each of which says how long it is."""
    size = path.stat().st_size
    with open(path, "rb") as stream:
        header = stream.read(_HEADER_BYTES)
        order = "<" if header[126:128] == b"IM" else ">"
        position = _HEADER_BYTES
        while position < size:
            stream.seek(position)
            tag = stream.read(8)
            position += 8 + (int(np.frombuffer(tag, order + "u4", 1, 4)[0]) if len(tag) == 8 else 0)
    if position > size or len(header) < _HEADER_BYTES:
        raise incomplete(path, found=size, declared=max(position, _HEADER_BYTES))


READER = Mat()
