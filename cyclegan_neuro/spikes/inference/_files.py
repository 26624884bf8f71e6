"""What the HDF5 files of weights and of spikes share: opening, and attributes that hold anything that JSON can."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py

from cyclegan_neuro.recordings.readers._hdf5_gate import require_closed
from cyclegan_neuro.recordings.readers.base import damaged, incomplete

__all__ = ["open_weights", "read_attributes", "write_attributes"]

_JSON = "_json"  # ends the names of attributes whose text is JSON


@contextmanager
def open_weights(path: Path) -> Iterator[h5py.File]:
    """Open a file of weights for reading; unlike a recording, it may be one that Keras wrote.

    Raises
    ------
    RecordingError
        If it is incomplete or damaged, or leads to another file.
    """
    try:
        with h5py.File(path, "r") as file:
            require_closed(file)
            yield file
    except (OSError, RuntimeError) as error:  # h5py raises both for chunks that cannot be read
        declared = re.search(r"stored_eof = (\d+)", str(error))
        if declared:
            raise incomplete(path, found=path.stat().st_size, declared=int(declared.group(1))) from error
        raise damaged(path, "an HDF5 file of weights", error) from error


def write_attributes(group: h5py.Group, values: Mapping[str, Any]) -> None:
    """Write text as it is, and any other value as JSON."""
    for name, value in values.items():
        text = isinstance(value, str)
        group.attrs[name if text else name + _JSON] = value if text else json.dumps(value)


def read_attributes(group: h5py.Group) -> dict[str, Any]:
    """Read what :func:`write_attributes` wrote."""
    return {
        name.removesuffix(_JSON): json.loads(value) if name.endswith(_JSON) else value
        for name, value in group.attrs.items()
    }
