"""Codecs of zarr's chunks: zlib and gzip by Python, Blosc, Zstandard and LZ4 by numcodecs, sizes looked at before."""

from __future__ import annotations

import zlib
from pathlib import Path

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings.readers._guard import decoding
from cyclegan_neuro.recordings.readers.base import damaged

__all__ = ["decoded", "not_read"]

_NUMCODECS = ("blosc", "lz4", "zstd")  # of the codecs there, one of which reads pickles
_INFLATED = {"zlib": zlib.MAX_WBITS, "gzip": zlib.MAX_WBITS | 16}
_CHECKSUM_BYTES = 4


def decoded(codec: str, raw: bytes, n_bytes: int, path: Path) -> bytes:
    """Take back one codec of a chunk; never more than it can hold.

    Parameters
    ----------
    codec : str
    raw : bytes
    n_bytes : int
        What it holds without codecs.
    path : Path
        Of the chunk, for messages.

    Raises
    ------
    RecordingError
        If it is damaged, or its compression is not at hand.
    """
    if codec == "crc32c":
        return raw[:-_CHECKSUM_BYTES]
    if codec in _INFLATED:
        try:
            return zlib.decompressobj(_INFLATED[codec]).decompress(raw, n_bytes + 1)
        except zlib.error as error:
            raise damaged(path, "a chunk", error) from error
    if codec not in _NUMCODECS:
        raise not_read(path, f"chunks coded by {codec}")
    declared = {"blosc": _blosc_bytes, "zstd": _zstd_bytes, "lz4": _lz4_bytes}[codec](raw)
    if declared != n_bytes:
        raise damaged(path, "a chunk", ValueError(f"{declared} bytes declared, {n_bytes} expected"))
    try:
        import numcodecs
    except ImportError:
        raise RecordingError(
            str(path), got=f"chunks compressed by {codec}", expected="a decompressor that is installed",
            fix="pip install 'cyclegan_neuro[zarr]' (numcodecs)",
        ) from None  # fmt: skip
    with decoding(path, "a chunk"):
        return bytes(numcodecs.get_codec({"id": codec}).decode(raw))


def _blosc_bytes(raw: bytes) -> int:
    """The size that a Blosc stream says it has, and that it is whole; -1 of none."""
    if len(raw) < 16 or int.from_bytes(raw[12:16], "little") != len(raw):
        return -1
    return int.from_bytes(raw[4:8], "little")


def _lz4_bytes(raw: bytes) -> int:
    """The size that stands in front of an LZ4 block."""
    return int.from_bytes(raw[:4], "little") if len(raw) > 4 else -1


def _zstd_bytes(raw: bytes) -> int:
    """The size that a Zstandard frame says it has; -1 where it does not."""
    if len(raw) < 6 or raw[:4] != b"\x28\xb5\x2f\xfd":
        return -1
    flag, single, dictionary = raw[4] >> 6, raw[4] >> 5 & 1, raw[4] & 3
    start = 5 + (0 if single else 1) + (0, 1, 2, 4)[dictionary]
    size = (1 if single else 0, 2, 4, 8)[flag]
    return int.from_bytes(raw[start : start + size], "little") + (256 if size == 2 else 0) if size else -1


def not_read(path: Path, got: str) -> RecordingError:
    """Return the error for values or chunks of a kind that is not read."""
    return RecordingError(
        str(path), got=got, expected="numbers in plain, zlib, gzip, Blosc, Zstandard or LZ4 chunks",
        fix="write the array anew with the defaults of zarr, without shards, or as HDF5",
    )  # fmt: skip
