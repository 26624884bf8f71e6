"""Objects of an NWB file by their type, wherever they lie, and the attributes, tables and columns of them.

NWB is HDF5 whose groups and data sets carry the attribute ``neurodata_type``. It is read through h5py alone: pynwb
refuses files of versions and extensions that it does not know, and brings ten packages. Paths of objects have no
leading slash.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import h5py
import numpy as np

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings.memory import require_room
from cyclegan_neuro.recordings.readers._hdf5_chunks import stored_bytes
from cyclegan_neuro.recordings.readers._hdf5_gate import follow, refer, walk
from cyclegan_neuro.recordings.readers._hdf5_values import read_text, require_sound

__all__ = ["NO_DATA", "Objects", "Table", "attribute_of", "number_of", "text_of"]

#: Where files keep the words of their own format, and nothing of a recording.
NO_DATA = "specifications"


def text_of(item: h5py.Group | h5py.Dataset, key: str) -> str:
    """Return an attribute as text; empty where it is absent, or cannot be read."""
    value = attribute_of(item, key)
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value if isinstance(value, str) else ""


def number_of(item: h5py.Group | h5py.Dataset, key: str, otherwise: float) -> float:
    """Return an attribute as a number; ``otherwise`` where it is absent, none, or not finite."""
    try:
        value = float(attribute_of(item, key))
    except (TypeError, ValueError):
        return otherwise
    return value if np.isfinite(value) else otherwise


def attribute_of(item: h5py.Group | h5py.Dataset, key: str) -> Any:
    """Return an attribute, a single value as one; None where it is absent, or of a type that NumPy does not have."""
    try:
        value = item.attrs.get(key)
    except (OSError, RuntimeError, TypeError, ValueError):
        return None
    if isinstance(value, np.ndarray | np.generic) and value.size == 1:
        return np.asarray(value).reshape(-1)[0]
    return value


class Objects:
    """The objects of an open file.

    Parameters
    ----------
    file : h5py.File

    Attributes
    ----------
    types : dict of str
        Type by path, of groups and of regions; empty for everything else, as files hold thousands of data sets. Only
        hard links are listed, so that none leads out of the file.
    """

    def __init__(self, file: h5py.File):
        self.file = file
        self.types: dict[str, str] = {}
        walk(file, self._list)

    def _list(self, path: str, item: h5py.Group | h5py.Dataset) -> None:
        if path.startswith(NO_DATA):
            return
        is_data = isinstance(item, h5py.Dataset)
        typed = (not is_data or path.endswith("/rois")) and h5py.h5a.exists(item.id, b"neurodata_type")
        self.types[path] = text_of(item, "neurodata_type") if typed else ""

    def of_type(self, *types: str) -> list[str]:
        """Return the paths of the objects of these types."""
        return [path for path, found in self.types.items() if found in types]

    def parent_type(self, path: str) -> str:
        """Return the type of what an object lies in."""
        return self.types.get(path.rpartition("/")[0], "")

    def open(self, path: str) -> h5py.Group | h5py.Dataset | None:
        """Open what lies at a path, inside the file only."""
        return follow(self.file, path)

    def dataset(self, path: str) -> h5py.Dataset | None:
        """Open a data set; None where there is none, or one without values or of a type that NumPy does not have."""
        item = self.open(path)
        if not isinstance(item, h5py.Dataset) or item.shape is None:
            return None
        try:
            return item if item.dtype is not None else None
        except (TypeError, ValueError):
            return None

    def values(self, path: str) -> np.ndarray | None:
        """Read a data set of at most two axes, text as ``str``; None where there is none that NumPy can hold."""
        dataset = self.dataset(path)
        if dataset is None:
            return None
        if h5py.check_string_dtype(dataset.dtype) is not None:
            return read_text(self.file, dataset)
        require_room(self.where(path), shape=dataset.shape, itemsize=8, stored=stored_bytes(dataset))
        require_sound(self.file, dataset)
        return None if dataset.dtype.hasobject else np.asarray(dataset[()])

    def number(self, path: str) -> float | None:
        """Read a single finite number; None where there is none."""
        value = self.values(path)
        if value is None or value.size != 1 or value.dtype.kind not in "biuf" or not np.isfinite(value).all():
            return None
        return float(value.reshape(-1)[0])

    def text(self, path: str) -> str:
        """Read a single text; empty where there is none."""
        value = self.values(path)
        return str(value.reshape(-1)[0]).strip() if value is not None and value.size == 1 else ""

    def column_of_times(self, path: str) -> np.ndarray:
        """Read times in seconds, shape (time,); raises where these are none."""
        times = self.values(path)
        if times is None or times.ndim != 1 or times.dtype.kind not in "fiu":
            got = "nothing" if times is None else f"{times.dtype} of shape {times.shape}"
            raise RecordingError(
                self.where(path), got=got, expected="times in seconds, one after the other", fix="name another field"
            )
        return times.astype(np.float64)

    def where(self, path: str) -> str:
        """Return how messages call an object."""
        return f"{self.file.filename}, field '{path}'"


@dataclass(frozen=True, eq=False)
class Table:
    """A dynamic table, or its rows that a region names.

    Attributes
    ----------
    objects : Objects
    path : str
    rows : ndarray of int64, shape (row,)
        In the order of the region.
    """

    objects: Objects
    path: str
    rows: np.ndarray

    @classmethod
    def of_region(cls, objects: Objects, path: str) -> Table | None:
        """Return the table that the region at ``path`` names, None where there is no region.

        Raises
        ------
        RecordingError
            If the region names rows that the table does not have.
        """
        region, rows = objects.dataset(path), objects.values(path)
        reference = None if region is None else attribute_of(region, "table")
        if rows is None or rows.ndim != 1 or rows.dtype.kind not in "iu" or not isinstance(reference, h5py.Reference):
            return None
        try:
            table = refer(objects.file, reference, path)
        except ValueError:  # a reference to nothing
            return None
        if not isinstance(table, h5py.Group) or not isinstance(table.name, str):
            return None
        rows = rows.astype(np.int64)
        found = cls(objects, table.name.strip("/"), rows)
        length = found.length
        if rows.size and (rows.min() < 0 or rows.max() >= length):
            raise RecordingError(
                objects.where(path), got=f"rows {rows.min()} to {rows.max()}",
                expected=f"rows of {found.path}, which has {length}", fix="write the region anew",
            )  # fmt: skip
        return found

    @property
    def length(self) -> int:
        """Number of rows of the whole table."""
        ids = self.objects.dataset(f"{self.path}/id")
        return 0 if ids is None else ids.shape[0]

    def names(self) -> Iterator[str]:
        """Yield the names of what lies in the table."""
        group = self.objects.open(self.path)
        for name in group if isinstance(group, h5py.Group) else ():
            if isinstance(name, str):  # bytes where it is not UTF-8
                yield name

    def column(self, name: str) -> np.ndarray | None:
        """Return a column in these rows, of one value or more each; None where there is none."""
        if f"{name}_index" in set(self.names()):  # of several values each
            return None
        values = self.objects.values(f"{self.path}/{name}")
        return values[self.rows] if values is not None and values.ndim and len(values) == self.length else None
