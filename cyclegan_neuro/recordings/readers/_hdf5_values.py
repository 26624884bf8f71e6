"""Values of HDF5 data sets: filters at hand, sizes looked at before anything is read, matrices in slices."""

from __future__ import annotations

from contextlib import suppress
from math import prod
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings.memory import LARGEST_TEXT, require_room, require_text_room
from cyclegan_neuro.recordings.readers._hdf5_chunks import deflated, inflated, require_bounded, stored_bytes
from cyclegan_neuro.recordings.readers.base import SLICE_BYTES, kind_of

__all__ = ["as_text", "read_matrix", "read_text", "read_values", "require_sound"]


def require_sound(file: h5py.File, dataset: h5py.Dataset, *, read_here: bool = False) -> None:
    """Have the compression of a data set at hand, from hdf5plugin where HDF5 alone does not know it, and see its size.

    Raises
    ------
    RecordingError
        If the filter is not installed, or the values take more room than there is or than they can need.
    """
    where = f"{file.filename}, field '{dataset.name.strip('/')}'"
    require_bounded(dataset, where, read_here=read_here)
    made_with = dataset.id.get_create_plist()
    used = [made_with.get_filter(number) for number in range(made_with.get_nfilters())]
    if all(h5py.h5z.filter_avail(code) for code, *_ in used):
        return
    with suppress(ImportError):
        import hdf5plugin  # noqa: F401 (makes its filters known to HDF5)
    missing = [(code, name) for code, _, _, name in used if not h5py.h5z.filter_avail(code)]
    if not missing:
        return
    code, name = missing[0]
    called = f" ({name.decode('utf-8', 'replace')})" if name else ""
    raise RecordingError(
        where, got=f"values compressed by HDF5 filter {code}{called}",
        expected="a filter that is installed", fix="pip install hdf5plugin (pip install 'cyclegan_neuro[nwb]'), or "
        "write the file anew with gzip: h5repack -f GZIP=4 IN OUT",
    )  # fmt: skip


def read_matrix(dataset: h5py.Dataset, *, dtype: np.dtype, transpose: bool) -> np.ndarray:
    """Read a two-dimensional data set slice by slice along its chunks.

    Parameters
    ----------
    dataset : h5py.Dataset, shape (rows, columns)
    dtype : dtype
        Of the result; slices are converted one by one.
    transpose : bool
        Return (columns, rows).

    Returns
    -------
    ndarray of dtype
    """
    shape = dataset.shape
    if deflated(dataset):
        return _read_deflated(dataset, dtype=dtype, transpose=transpose)
    chunks = dataset.chunks or (1, shape[1])
    # Whole chunks along one axis, so that each is decompressed once; the axis with the thinner slab.
    slabs = [chunks[0] * shape[1], chunks[1] * shape[0]]
    axis = int(np.argmin(slabs))
    per_slice = max(1, SLICE_BYTES // max(1, slabs[axis] * dataset.dtype.itemsize))
    step = per_slice * chunks[axis]
    result = np.empty(shape[::-1] if transpose else shape, dtype)
    target = result.T if transpose else result
    for start in range(0, shape[axis], step):
        part = (slice(start, start + step), slice(None))
        part = part if axis == 0 else part[::-1]
        target[part] = dataset[part]
    return result


def _read_deflated(dataset: h5py.Dataset, *, dtype: np.dtype, transpose: bool) -> np.ndarray:
    result = np.empty(dataset.shape[::-1] if transpose else dataset.shape, dtype)
    target = result.T if transpose else result
    if dataset.id.get_num_chunks() < prod(-(-n // size) for n, size in zip(dataset.shape, dataset.chunks, strict=True)):
        target[...] = dataset.fillvalue  # of chunks that were never written
    for part, values in inflated(dataset):
        target[part] = values
    return result


def read_values(dataset: h5py.Dataset) -> np.ndarray:
    """Read a data set of numbers of a file in a layout of our own, whole.

    Raises
    ------
    RecordingError
        If it takes more room than there is, or than its bytes in the file can need.
    """
    where = f"{dataset.file.filename}, field '{dataset.name.strip('/')}'"
    if dataset.shape is None or kind_of(dataset.dtype) != "number":
        raise RecordingError(
            where, got=f"{dataset.dtype} values", expected="numbers", fix="write the file anew, or copy it again"
        )
    require_room(where, shape=dataset.shape, itemsize=dataset.dtype.itemsize, stored=stored_bytes(dataset))
    require_sound(dataset.file, dataset)
    return np.asarray(dataset[()])


def read_text(file: h5py.File, dataset: h5py.Dataset) -> np.ndarray:
    """Read a data set of text as ``str``.

    Raises
    ------
    RecordingError
        If it takes more room than names do.
    """
    where = f"{file.filename}, field '{dataset.name.strip('/')}'"
    info = h5py.check_string_dtype(dataset.dtype)
    require_text_room(where, n_texts=dataset.size, longest=info.length or 1)
    require_sound(file, dataset)
    if info.length is not None or not dataset.ndim:
        return as_text(dataset.asstr(errors="replace")[()], where)
    # One text of the file may stand in many places, each of which is a copy.
    step = max(1, LARGEST_TEXT // max(1, Path(file.filename).stat().st_size * max(1, dataset[:1].size)))
    parts, n_letters = [], 0
    for start in range(0, len(dataset), step):
        parts.append(np.asarray(dataset.asstr(errors="replace")[start : start + step], object))
        n_letters += sum(map(len, parts[-1].flat))
        require_text_room(where, n_texts=1, longest=n_letters)
    return as_text(np.concatenate(parts) if parts else np.zeros(dataset.shape, object), where)


def as_text(values: Any, where: str) -> np.ndarray:
    """Return one or many texts as an array of ``str``; raises as :func:`read_text`."""
    array = np.asarray(values, object)
    texts = [one.decode("utf-8", "replace") if isinstance(one, bytes) else str(one) for one in array.flat]
    require_text_room(where, n_texts=len(texts), longest=max(map(len, texts), default=0))
    return np.array(texts, np.str_).reshape(array.shape)
