"""Arrays that TensorFlow can share instead of copying them."""

from __future__ import annotations

import math

import numpy as np

__all__ = ["ALIGNMENT_BYTES", "aligned_empty", "is_shareable"]

ALIGNMENT_BYTES = 64
"""Boundary at which TensorFlow's kernels expect tensors; NumPy's own large arrays begin 16 bytes after one."""


def aligned_empty(shape: tuple[int, ...]) -> np.ndarray:
    """Return an uninitialised float32 array that begins at a 64-byte boundary.

    Examples
    --------
    >>> aligned_empty((3, 5)).ctypes.data % ALIGNMENT_BYTES
    0
    """
    n_bytes = math.prod(shape) * np.dtype(np.float32).itemsize
    buffer = np.empty(n_bytes + ALIGNMENT_BYTES, np.uint8)
    first = -buffer.ctypes.data % ALIGNMENT_BYTES
    return buffer[first : first + n_bytes].view(np.float32).reshape(shape)


def is_shareable(values: np.ndarray) -> bool:
    """Say whether TensorFlow can use the memory of ``values`` as it is."""
    return values.flags.c_contiguous and values.flags.writeable and values.ctypes.data % ALIGNMENT_BYTES == 0
