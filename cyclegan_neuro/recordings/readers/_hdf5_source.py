"""Arrays and attributes of an HDF5 file: links resolved inside the file only, matrices read in slices."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings.memory import require_room
from cyclegan_neuro.recordings.readers._guard import decoding
from cyclegan_neuro.recordings.readers._hdf5_chunks import deflated, stored_bytes
from cyclegan_neuro.recordings.readers._hdf5_gate import (
    DEEPEST,
    OutsideError,
    follow,
    require_closed,
    require_inside,
    walk,
)
from cyclegan_neuro.recordings.readers._hdf5_probe import require_readable
from cyclegan_neuro.recordings.readers._hdf5_values import as_text, read_matrix, read_text, require_sound
from cyclegan_neuro.recordings.readers.base import Entry, Source, damaged, incomplete, kind_of

__all__ = ["Hdf5Source", "has", "open_hdf5"]

_KERAS_ATTRIBUTES = {"model_config", "keras_version", "layer_names"}


@contextmanager
def open_hdf5(path: Path, *, closed: bool = True, weights: bool = False) -> Iterator[h5py.File]:
    """Open an HDF5 file for reading.

    Parameters
    ----------
    path : Path
    closed : bool
        Refuse a file in which anything leads to another one. Whoever says no opens its objects by
        :func:`cyclegan_neuro.recordings.readers._hdf5_gate.follow` and ``refer``, which refuse the single object.
    weights : bool
        What is read are weights: Keras may have written the file.

    Raises
    ------
    RecordingError
        If the file is incomplete or damaged, holds a Keras model, or leads to another file.
    """
    require_readable(path)
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise _not_opened(path, error) from error
    with decoding(path, "HDF5 content"), file:
        if not weights and _KERAS_ATTRIBUTES & set(file.attrs):
            raise RecordingError(
                str(path),
                got="a Keras model or its weights",
                expected="a recording",
                fix="name the file with the traces; models in files are never loaded, they may hold code",
            )
        if closed:
            require_closed(file)
        yield file


def has(path: Path, said: Callable[[h5py.File], bool]) -> bool:
    """Say whether this is so of an HDF5 file; of one that cannot be read, its reader says what is wrong."""
    try:
        require_readable(path)
        with decoding(path), h5py.File(path, "r") as file:
            return said(file)
    except RecordingError:
        return False


def _not_opened(path: Path, error: OSError) -> RecordingError:
    """Say why HDF5 did not open a file: it may be sound, and in use."""
    said = str(error)
    declared = re.search(r"stored_eof = (\d+)", said)
    if declared:
        return incomplete(path, found=path.stat().st_size, declared=int(declared.group(1)))
    if "already open for write" in said:
        return RecordingError(
            str(path), got="a file that a program has open for writing, or that was left open when one ended",
            expected="a file that was closed", fix="close it there; if none has it open, h5clear -s FILE",
        )  # fmt: skip
    unlocked = re.search(r"unable to lock file.* error message = '(.*?)'", said)
    if unlocked:
        return RecordingError(
            str(path), got=f"a file that cannot be locked for reading ({unlocked.group(1)})",
            expected="a file that no other program has open for writing",
            fix="close it there (acquisition, MATLAB, a notebook); on a disk without locks set "
            "HDF5_USE_FILE_LOCKING=FALSE",
        )  # fmt: skip
    return damaged(path, "an HDF5 file", error)


class Hdf5Source(Source):
    """An open HDF5 file.

    Data sets are named by their path (``traces/dff``), attributes of the file by their
    name (``rate_hz``), other attributes by owner and name (``traces@rate_hz``).

    Parameters
    ----------
    path : Path
    file : h5py.File
    description : str
    """

    def __init__(self, path: Path, file: h5py.File, description: str):
        self.path, self.file, self.description = path, file, description

    def entries(self) -> dict[str, Entry]:
        return self._listing()

    def _listing(self, passed_by: Container[str] = ()) -> dict[str, Entry]:
        """What lies in the file, but for some of its topmost groups."""
        found: dict[str, Entry] = {}

        def visit(name: str, item: h5py.Group | h5py.Dataset) -> None:
            if isinstance(item, h5py.Dataset):
                found[name] = self._listed(name, item)
            found.update(self._attributes(item, name + "@"))

        closed = walk(self.file, visit, passed_by=passed_by)
        return self._attributes(self.file, "") | found | {name: _closed(name) for name in closed}

    def find(self, name: str) -> Entry | None:
        item = follow(self.file, name)
        if isinstance(item, h5py.Dataset):
            return self._entry(name, item)
        return self._find_attribute(name) if item is None else None

    def read(self, name: str, *, dtype: type | None = None, transpose: bool = False) -> np.ndarray:
        dataset = follow(self.file, name)
        if not isinstance(dataset, h5py.Dataset):
            return self._read_attribute(name)
        if self._entry(name, dataset).kind == "text":
            return read_text(self.file, dataset)
        target = np.dtype(dtype or dataset.dtype)
        where = f"{self.path}, field '{name}'"
        require_room(where, shape=dataset.shape, itemsize=target.itemsize, stored=stored_bytes(dataset))
        require_sound(self.file, dataset, read_here=dataset.ndim == 2 and deflated(dataset))
        if dataset.ndim == 2:
            return read_matrix(dataset, dtype=target, transpose=transpose)
        return np.asarray(dataset[()]).astype(target, copy=False)

    def _listed(self, name: str, dataset: h5py.Dataset) -> Entry:
        """The entry, also of what is refused when it is asked for."""
        try:
            require_inside(self.file, dataset, name)
            return self._entry(name, dataset)
        except OutsideError:
            return Entry(name, (), "values in another file", "object")

    def _entry(self, name: str, dataset: h5py.Dataset) -> Entry:
        return _described(name, dataset)

    def _attributes(self, item: h5py.Group | h5py.Dataset, prefix: str) -> dict[str, Entry]:
        entries = {}
        for key in item.attrs:
            entries[prefix + key] = replace(_described(prefix + key, item.attrs.get_id(key)), attribute=True)
        return entries

    def _find_attribute(self, name: str) -> Entry | None:
        """Look at one attribute; files hold thousands of members, which are not all listed for each absent field."""
        owner, _, key = name.rpartition("@")
        item = follow(self.file, owner) if key else None
        if item is None or key not in item.attrs:
            return None
        return replace(_described(name, item.attrs.get_id(key)), attribute=True)

    def _read_attribute(self, name: str) -> np.ndarray:
        owner, _, key = name.rpartition("@")
        value = np.asarray(follow(self.file, owner).attrs[key])
        return as_text(value, f"{self.path}, field '{name}'") if value.dtype.kind in "OS" else value


def _closed(name: str) -> Entry:
    """What could not be looked into."""
    too_deep = name.count("/") + 1 == DEEPEST
    return Entry(name, (), "nested too deep to be listed" if too_deep else "damaged", "object")


def _described(name: str, holder: h5py.Dataset | h5py.h5a.AttrID) -> Entry:
    """What a data set or an attribute is; nothing and types that NumPy lacks are listed, never read."""
    try:
        dtype, shape = holder.dtype, holder.shape
    except (TypeError, ValueError):
        return Entry(name, holder.shape or (), "of a type that NumPy does not have", "object")
    if shape is None:  # a null dataspace
        return Entry(name, (), "empty", "object")
    if h5py.check_string_dtype(dtype) is not None:
        return Entry(name, shape, "text", "text")
    return Entry(name, shape, str(dtype), kind_of(dtype))
