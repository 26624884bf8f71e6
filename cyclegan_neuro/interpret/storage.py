"""Maps as arrays in an HDF5 file of the report, and back."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np

from cyclegan_neuro.errors import RecordingError, RunDirectoryError
from cyclegan_neuro.interpret.averages import AttentionMap
from cyclegan_neuro.invocation import command
from cyclegan_neuro.recordings.readers._hdf5_gate import OutsideError
from cyclegan_neuro.recordings.readers._hdf5_source import open_hdf5
from cyclegan_neuro.recordings.readers._hdf5_values import read_values

__all__ = ["MAPS_FILE", "map_arrays", "read_maps", "write_arrays"]

MAPS_FILE = Path("report") / "maps.h5"
"""Within a run directory."""

_GROUP = "maps"
_ARRAYS = ("neurons", "place", "positional")


def map_arrays(maps: dict[str, dict[str, AttentionMap]]) -> dict[str, np.ndarray]:
    """Return the arrays of all maps, as float32, by their path in the file: ``maps/<network>/<method>/<array>``.

    ``neurons`` (neuron,) is left out where neurons are not resolved; ``place`` is (time, neuron),
    ``positional`` (bin, neuron). Neurons are in the user's order.
    """
    arrays = {}
    for network, methods in maps.items():
        for method, found in methods.items():
            for name in _ARRAYS:
                values = getattr(found, name)
                if values is not None and (name != "neurons" or found.neurons_resolved):
                    arrays[f"{_GROUP}/{network}/{method}/{name}"] = np.asarray(values, np.float32)
    return arrays


def write_arrays(arrays: dict[str, np.ndarray], path: Path) -> None:
    """Write arrays by their path in an HDF5 file, compressed."""
    with h5py.File(path, "w") as file:
        for name, values in arrays.items():
            packed = {"compression": "gzip", "shuffle": True} if values.ndim else {}
            file.create_dataset(name, data=values, **packed)


def read_maps(run_directory: Path) -> dict[str, dict[str, AttentionMap]]:
    """Read the maps of an evaluated run: network → method → :class:`AttentionMap` (without examples).

    Raises
    ------
    RunDirectoryError
        If the run has no readable file of maps.
    RecordingError
        If the file leads to another one.
    """
    path = Path(run_directory) / MAPS_FILE
    try:
        with open_hdf5(path) as file:
            return {
                network: {method: _read(group) for method, group in methods.items()}
                for network, methods in file[_GROUP].items()
            }
    except OutsideError:
        raise
    except RecordingError as error:
        raise RunDirectoryError(
            str(path),
            got=f"no readable maps ({error.got})" if path.exists() else "no such file",
            expected="the maps of an evaluated run",
            fix=f"{command('evaluate')} --output_dir {run_directory}",
        ) from error


def _read(group: h5py.Group) -> AttentionMap:
    arrays = {name: read_values(group[name]) if name in group else None for name in _ARRAYS}
    if arrays["neurons"] is not None:
        return AttentionMap(**arrays)
    return AttentionMap(**arrays | {"neurons": arrays["place"].mean(axis=0)}, neurons_resolved=False)
