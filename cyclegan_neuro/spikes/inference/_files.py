"""Opening HDF5 files of weights, where what is wrong is said as it is for recordings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py

from cyclegan_neuro.recordings.readers.base import damaged, incomplete

__all__ = ["open_weights"]


@contextmanager
def open_weights(path: Path) -> Iterator[h5py.File]:
    """Open a file of weights for reading; unlike a recording, it may be one that Keras wrote.

    Raises
    ------
    RecordingError
        If it is incomplete or damaged.
    """
    try:
        with h5py.File(path, "r") as file:
            yield file
    except (OSError, RuntimeError) as error:  # h5py raises both for chunks that cannot be read
        declared = re.search(r"stored_eof = (\d+)", str(error))
        if declared:
            raise incomplete(path, found=path.stat().st_size, declared=int(declared.group(1))) from error
        raise damaged(path, "an HDF5 file of weights", error) from error
