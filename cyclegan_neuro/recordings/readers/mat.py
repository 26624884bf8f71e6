"""MATLAB files: version 5 by :mod:`_mat5`, version 7.3 (which is HDF5) through h5py.

Names of fields reach into structures: ``recording/dff`` is ``recording.dff`` in MATLAB.
Version 4 files and MATLAB's own classes (string, table, timetable) are not read; ``cellstr``
and plain matrices are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings.memory import require_room, require_text_room
from cyclegan_neuro.recordings.readers import _mat5
from cyclegan_neuro.recordings.readers._hdf5_gate import follow, refer
from cyclegan_neuro.recordings.readers._hdf5_source import Hdf5Source, open_hdf5
from cyclegan_neuro.recordings.readers._hdf5_values import as_text, require_sound
from cyclegan_neuro.recordings.readers.base import Entry, Reader, Source, damaged

__all__ = ["READER", "Mat"]

_V5, _V73 = b"MATLAB 5.0 MAT-file", b"MATLAB 7.3 MAT-file"
_DEEPEST = 16  # structures in structures that are listed
_LOOKED_AT = 100  # elements of a cell array, to say whether it is text
_MOST_CELLS = 2**20  # of a cell array that is read
_LISTED_BYTES = 2**26  # of a compressed variable that nobody asked for, and so many times what is stored
_LISTED_TIMES = 50
_OWN = ("#refs#", "#subsystem#")  # groups of MATLAB's own in a 7.3 file
_NUMERIC_CLASSES = {*_mat5.NUMERIC, "logical"}
_REMEDIES = {
    "string": "cellstr(x)", "categorical": "cellstr(x)", "table": "table2array(x), or one column of it",
    "timetable": "table2array(timetable2table(x)), or one column of it", "datetime": "posixtime(x)",
    "duration": "seconds(x)", "sparse": "full(x)", "cell": "cell2mat(x), or cellstr(x) for text",
}  # fmt: skip


class Mat5Source(Source):
    """An open version 5 file. A variable is read whole (the format allows 2 GB each)."""

    description = "MATLAB 5 file"

    def __init__(self, path: Path):
        self.path = path
        found = enumerate(_mat5.variables(path), start=1)
        self._variables = {one.array.name if one.array else f"variable {n}": one for n, one in found}
        self._last: dict[str, _mat5.Array] = {}

    def entries(self) -> dict[str, Entry]:
        found: dict[str, Entry] = {}
        for name, variable in self._variables.items():
            if variable.array is None:
                found[name] = Entry(name, (), "damaged", "object")
                continue
            with suppress(_mat5.Broken, RecordingError):
                nested = variable.array.matlab_class in ("struct", "cell", "char")
                if nested and variable.n_inflated > max(_LISTED_BYTES, _LISTED_TIMES * variable.n_bytes):
                    raise _mat5.Broken("too large to be looked into before it is asked for")
                found.update(_leaves(name, self._loaded(name) if nested else variable.array, _DEEPEST))
                continue
            found[name] = Entry(
                name, variable.array.shape, f"{variable.array.matlab_class}, damaged or too large", "object"
            )
        return found

    def find(self, name: str) -> Entry | None:
        with self._decoding(name):
            array = self._array(name)
            return None if array is None or _is_group(array) else _entry(name, array)

    def read(self, name: str, *, dtype: type | None = None, transpose: bool = False) -> np.ndarray:
        with self._decoding(name):
            array = self._array(name)
            if array is None:
                raise KeyError(name)
            where = f"{self.path}, field '{name}'"
            if array.matlab_class in ("char", "cell"):
                return as_text(_mat5.text(array) if array.matlab_class == "char" else _texts(array, where), where)
            require_room(where, shape=array.shape, itemsize=8)
            if "/" not in name:
                array = self._loaded(name)
            value = _mat5.numbers(array)
            return np.array(value.T if transpose and value.ndim == 2 else value, dtype or value.dtype, order="C")

    @contextmanager
    def _decoding(self, name: str) -> Iterator[None]:
        try:
            yield
        except _mat5.Broken as error:
            raise damaged(self.path, f"variable '{name}'", error) from error

    def _array(self, name: str) -> _mat5.Array | None:
        """The array at a path, None where there is none; of a matrix what its head says."""
        top, *parts = name.split("/")
        if top not in self._variables:
            return None
        array = self._variables[top].array
        if array is None:
            raise _mat5.Broken("neither name nor shape can be read")
        if parts or array.matlab_class in ("cell", "char"):
            where = f"{self.path}, field '{name}'"
            if array.matlab_class == "char":
                require_text_room(where, n_texts=1, longest=array.size)
            if array.matlab_class == "cell" and array.size > _MOST_CELLS:
                raise _mat5.Broken(f"{array.size:,} cells")
            array = self._loaded(top)
        for part in parts:
            array = _mat5.fields(array).get(part) if array is not None and _is_group(array) else None
        return array

    def _loaded(self, name: str) -> _mat5.Array:
        if name not in self._last:  # one after the other: they are large
            where = f"{self.path}, field '{name}'"
            self._last = {name: _mat5.load(self.path, self._variables[name], where=where)}
        return self._last[name]


def _is_group(array: _mat5.Array) -> bool:
    return array.is_plain and array.matlab_class == "struct" and array.size == 1


def _leaves(prefix: str, array: _mat5.Array, levels: int) -> Iterator[tuple[str, Entry]]:
    """Yield what lies in a structure, by path."""
    if levels and _is_group(array):
        for key, value in _mat5.fields(array).items():
            yield from _leaves(f"{prefix}/{key}", value, levels - 1)
    elif _is_group(array):
        yield prefix, Entry(prefix, array.shape, "struct, nested too deep to be listed", "object")
    else:
        yield prefix, _entry(prefix, array)


def _entry(name: str, array: _mat5.Array) -> Entry:
    known = array.matlab_class
    if not array.is_plain:
        return _object(name, array.shape, known)
    if array.is_complex:
        return Entry(name, array.shape, "complex", "complex")
    if array.is_number:
        return Entry(name, array.shape, known, "number")
    if known == "char" and len(array.shape) == 2:
        return Entry(name, (array.shape[0] if array.size else 0,), "text", "text")
    if known == "cell" and array.size > _MOST_CELLS:
        return _object(name, array.shape, known)
    if known == "cell" and all(map(_is_text, islice(_mat5.cells(array), _LOOKED_AT))):
        return Entry(name, (array.size,), "text", "text")
    return _object(name, array.shape, known)


def _object(name: str, shape: tuple[int, ...], matlab_class: str) -> Entry:
    remedy = _REMEDIES.get(matlab_class, "cellstr for text, a plain matrix for numbers")
    return Entry(name, shape, matlab_class, "object", remedy=f"save it from MATLAB as {remedy}, or name another field")


def _is_text(cell: _mat5.Array) -> bool:
    """Whether an element is one row of text; an empty one is stored as a 0x0 matrix of numbers."""
    return not cell.size or (cell.matlab_class == "char" and cell.shape[0] == 1 and len(cell.shape) == 2)


def _texts(array: _mat5.Array, where: str) -> list[str]:
    found = []
    if array.size > _MOST_CELLS:
        raise _no_text(where, _MOST_CELLS, "as many as")
    for number, cell in enumerate(_mat5.cells(array), start=1):
        if not _is_text(cell):
            raise _no_text(where, number, cell.matlab_class)
        found.append(_mat5.text(cell)[0] if cell.size else "")
    return found


def _no_text(where: str, number: int, matlab_class: str) -> RecordingError:
    return RecordingError(
        where, got=f"a cell array with {matlab_class or 'nothing'} in element {number}",
        expected="text in every element",
        fix=f"save it from MATLAB as {_REMEDIES['cell']}, or name another field",
    )  # fmt: skip


class Mat73Source(Hdf5Source):
    """An open version 7.3 file; axes are in MATLAB's order, which is the reverse of HDF5's."""

    def entries(self) -> dict[str, Entry]:
        return {name: entry for name, entry in self._listing(passed_by=_OWN).items() if not entry.attribute}

    def find(self, name: str) -> Entry | None:
        item = follow(self.file, name)
        if isinstance(item, h5py.Group) and "MATLAB_sparse" in item.attrs:
            return _object(name, (), "sparse")
        return super().find(name)

    def _find_attribute(self, name: str) -> None:
        """Attributes are MATLAB's own."""

    def read(self, name: str, *, dtype: type | None = None, transpose: bool = False) -> np.ndarray:
        dataset, where = follow(self.file, name), f"{self.path}, field '{name}'"
        if dataset.attrs.get("MATLAB_empty", 0):
            return np.zeros(0, dtype or np.float64)
        matlab_class = _class_of(dataset)
        if matlab_class == "char":
            return as_text(self._characters(dataset), where)
        if matlab_class == "cell":
            return as_text(list(self._cell_texts(self._cells(name, dataset), where)), where)
        return super().read(name, dtype=dtype, transpose=not transpose)

    def _entry(self, name: str, dataset: h5py.Dataset) -> Entry:
        stored, matlab_class = super()._entry(name, dataset), _class_of(dataset)
        empty = bool(dataset.attrs.get("MATLAB_empty", 0))  # its values are the shape
        shape = (0,) if empty else stored.shape[::-1]
        if matlab_class == "char":
            return Entry(name, shape[:1], "text", "text")
        if matlab_class == "cell" and dataset.size > _MOST_CELLS:
            return _object(name, shape, f"cell of {dataset.size:,} elements")
        if matlab_class == "cell" and (empty or h5py.check_ref_dtype(dataset.dtype)):
            looked_at = islice(self._cells(name, dataset), _LOOKED_AT)
            text = all(cell is not None and _class_of(cell) == "char" for cell in looked_at)
            return (
                Entry(name, (0 if empty else dataset.size,), "text", "text") if text else _object(name, shape, "cell")
            )
        if matlab_class and matlab_class not in _NUMERIC_CLASSES:
            return _object(name, shape, matlab_class)
        if stored.kind == "object" and dataset.dtype.names == ("real", "imag"):
            return Entry(name, shape, "complex", "complex")
        return replace(stored, shape=shape, type_name=matlab_class or stored.type_name)

    def _cells(self, name: str, dataset: h5py.Dataset) -> Iterator[h5py.Dataset | None]:
        """The elements of a cell array, which lie elsewhere in the file, or nowhere; none of an empty one."""
        if not dataset.attrs.get("MATLAB_empty", 0):
            require_sound(self.file, dataset)
            yield from (refer(self.file, cell, name) if cell else None for cell in dataset[()].ravel())

    def _characters(self, dataset: h5py.Dataset) -> list[str]:
        """The rows of a char array, which 7.3 stores as 16-bit code units, one column after the other."""
        if dataset.attrs.get("MATLAB_empty", 0):
            return []
        require_text_room(f"{self.path}, field '{dataset.name.strip('/')}'", n_texts=1, longest=dataset.size)
        require_sound(self.file, dataset)
        rows = np.ascontiguousarray(np.atleast_2d(dataset[()]).T, dtype="<u2")
        decoded = [row.tobytes().decode("utf-16-le", "replace") for row in rows]
        return decoded if len(decoded) == 1 else [row.rstrip(" ") for row in decoded]

    def _cell_texts(self, cells: Iterable[h5py.Dataset | None], where: str) -> Iterator[str]:
        n_letters = 0
        for number, cell in enumerate(cells, start=1):
            matlab_class = "" if cell is None else _class_of(cell)
            if cell is None or matlab_class != "char":
                raise _no_text(where, number, matlab_class)
            text = "".join(self._characters(cell))
            n_letters += len(text)  # one text of the file may stand in many cells
            require_text_room(where, n_texts=1, longest=n_letters)
            yield text


def _class_of(dataset: h5py.Dataset) -> str:
    value = dataset.attrs.get("MATLAB_class", b"")
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


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
        else:
            yield Mat5Source(path)

    def write(self, path: Path, values: Mapping[str, Any]) -> None:
        from scipy.io import savemat  # takes half a second to import

        tree: dict = {}
        for name, value in values.items():
            group, _, leaf = name.rpartition("/")
            text = isinstance(value, np.ndarray) and value.dtype.kind == "U"
            owner = tree.setdefault(group, {}) if group else tree
            owner[leaf] = value.astype(object) if text else value
        savemat(path, tree, appendmat=False, do_compression=True, oned_as="column", long_field_names=True)


READER = Mat()
