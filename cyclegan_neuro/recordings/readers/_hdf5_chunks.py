"""The chunks of an HDF5 data set: what they may become, and reading those that deflate made without more than that.

HDF5 inflates a chunk as far as it goes, whatever size the chunk has, so a megabyte of a file can take a gigabyte.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from math import prod

import h5py
import numpy as np

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings.memory import size_text

__all__ = ["deflated", "inflated", "require_bounded", "stored_bytes"]

_LARGEST, _TIMES = 128_000_000, 2  # bytes of a chunk of a small data set; and of a larger one in units of that data set
_OVERHEAD = 4096  # that compression may add to what cannot be compressed, and a tenth
_DEFLATE_MOST = 1032  # bytes that deflate can make of one
_HARMLESS = 2**26
_DEFLATE, _SHUFFLE = h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE

#: First element, and bytes in the file.
Chunk = tuple[tuple[int, ...], int]


def require_bounded(dataset: h5py.Dataset, where: str, *, read_here: bool = False) -> None:
    """Refuse a data set whose chunks are far larger than itself, or are compressed to more than they can hold.

    Parameters
    ----------
    dataset : h5py.Dataset
    where : str
        File and field, for messages.
    read_here : bool
        Whether its chunks will be read by :func:`inflated`, which stops at what they can hold.

    Raises
    ------
    RecordingError
    """
    if dataset.shape is None or dataset.is_virtual:
        return
    if dataset.chunks is None:
        return
    itemsize = dataset.dtype.itemsize
    n_bytes, n_chunk = prod(dataset.shape) * itemsize, prod(dataset.chunks) * itemsize
    if n_chunk > max(_LARGEST, _TIMES * n_bytes):
        raise _oversized(where, f"chunks of {size_text(n_chunk)} for {size_text(n_bytes)} of values")
    for place, size in _chunks(dataset):
        if size > n_chunk + n_chunk // 10 + _OVERHEAD:
            raise _oversized(where, f"a chunk of {size_text(size)} for {size_text(n_chunk)} of values")
        if not read_here and size * _DEFLATE_MOST > max(_HARMLESS, n_chunk) and _DEFLATE in _filters(dataset):
            _require_inflates_to(dataset, place, n_chunk, where)


def stored_bytes(dataset: h5py.Dataset) -> int | None:
    """Return how many bytes of the file hold the values, None where others do."""
    return None if dataset.is_virtual or dataset.external else dataset.id.get_storage_size()


def _require_inflates_to(dataset: h5py.Dataset, place: tuple[int, ...], n_bytes: int, where: str) -> None:
    mask, raw = dataset.id.read_direct_chunk(place)
    stream, found = zlib.decompressobj(), 0
    try:
        while not mask and raw and found <= n_bytes:
            found += len(stream.decompress(raw, 2**20))
            raw = stream.unconsumed_tail
    except zlib.error:  # whoever reads it says so
        return
    if found > n_bytes:
        raise _oversized(where, f"a chunk that inflates beyond its {size_text(n_bytes)}")


def deflated(dataset: h5py.Dataset) -> bool:
    """Whether :func:`inflated` reads it: plain numbers by deflate, shuffled or not, and nothing else."""
    filters = _filters(dataset)
    plain = dataset.dtype.kind in "iuf" and dataset.id.get_type() == h5py.h5t.py_create(dataset.dtype)
    return bool(dataset.chunks) and plain and filters in ([_DEFLATE], [_SHUFFLE, _DEFLATE])


def inflated(dataset: h5py.Dataset) -> Iterator[tuple[tuple[slice, ...], np.ndarray]]:
    """Yield the chunks that are in the file with their places, those at the end without what sticks out.

    Raises
    ------
    OSError
        If a chunk is not as long as it should be.
    """
    dtype, sizes = dataset.dtype, dataset.chunks
    n_bytes, is_shuffled = prod(sizes) * dtype.itemsize, _SHUFFLE in _filters(dataset)
    for place, _ in list(_chunks(dataset)):
        mask, raw = dataset.id.read_direct_chunk(place)
        if mask:  # as it is, or filtered in part: seldom, and for HDF5 to know
            part = tuple(slice(first, first + size) for first, size in zip(place, sizes, strict=True))
            yield part, dataset[part]
            continue
        stream = zlib.decompressobj()
        try:
            values = stream.decompress(raw, n_bytes + 1)
        except zlib.error as error:
            raise OSError(f"chunk {place}: {error}") from error
        if len(values) != n_bytes or not stream.eof:
            raise OSError(f"chunk {place} does not inflate to its {n_bytes:,} bytes")
        flat = np.frombuffer(values, np.uint8)
        if is_shuffled:  # all first bytes of the values, then all second ones, ...
            together = np.empty((prod(sizes), dtype.itemsize), np.uint8)
            for byte, of_all in enumerate(flat.reshape(dtype.itemsize, -1)):  # three times as fast as a transposed copy
                together[:, byte] = of_all
            flat = together.reshape(-1)
        block = flat.view(dtype).reshape(sizes)
        part = tuple(slice(at, min(at + size, n)) for at, size, n in zip(place, sizes, dataset.shape, strict=True))
        yield part, block[tuple(slice(0, one.stop - one.start) for one in part)]


def _chunks(dataset: h5py.Dataset) -> list[Chunk]:
    found: list[Chunk] = []
    dataset.id.chunk_iter(lambda chunk: found.append((chunk.chunk_offset, chunk.size)))
    return found


def _filters(dataset: h5py.Dataset) -> list[int]:
    made_with = dataset.id.get_create_plist()
    return [made_with.get_filter(number)[0] for number in range(made_with.get_nfilters())]


def _oversized(where: str, got: str) -> RecordingError:
    return RecordingError(
        where,
        got=got,
        expected="chunks that fit their values",
        fix="write the data set anew, or leave it out",
    )
