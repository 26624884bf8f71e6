"""Ground truth in HDF5: ``/<dataset>/<cell>/<segment>/{time, dff, spike_times}``, times in seconds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import h5py

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings.readers._hdf5_source import open_hdf5
from cyclegan_neuro.spikes.ground_truth.cells import GroundTruthCell, GroundTruthSegment, checked_cell, checked_segment

__all__ = ["cells_of_file", "datasets_of_file", "has_layout"]

_FIELDS = ("time", "dff", "spike_times")


def has_layout(path: Path) -> bool:
    """Say whether the first segment of a file has any of the fields.

    Raises
    ------
    RecordingError
        If the file is no sound HDF5.
    """
    with open_hdf5(path) as file:
        group = file
        for _ in range(3):
            group = next((child for child in group.values() if isinstance(child, h5py.Group)), {})
        return not set(_FIELDS).isdisjoint(group)


def datasets_of_file(path: Path) -> list[str]:
    """Return the names of the data sets in a file, sorted.

    Raises
    ------
    RecordingError
        If the file is no sound HDF5.
    """
    with open_hdf5(path) as file:
        return [name for name in file if isinstance(file[name], h5py.Group)]


def cells_of_file(path: Path, dataset: str) -> Iterator[GroundTruthCell]:
    """Yield the cells of one data set in the order of their names.

    Raises
    ------
    RecordingError
        If a level of the layout, a field or the spikes are missing, or a segment is unsound.
    """
    with open_hdf5(path) as file:
        for name, cell in file[dataset].items():
            where = f"{path}, {dataset}/{name}"
            segments = [_segment(f"{where}/{key}", segment) for key, segment in _groups(where, cell)]
            yield checked_cell(where, dataset=dataset, name=name, segments=segments, field="spike_times")


def _groups(where: str, cell: h5py.Group | h5py.Dataset) -> list[tuple[str, h5py.Group]]:
    found = list(cell.items()) if isinstance(cell, h5py.Group) else []
    if not found or not all(isinstance(child, h5py.Group) for _, child in found):
        kind = f"datasets {', '.join(name for name, _ in found)}" if found else "no groups"
        raise RecordingError(
            where,
            got=kind,
            expected=f"one group per segment with {', '.join(_FIELDS)}",
            fix="use the layout /<dataset>/<cell>/<segment>/{time, dff, spike_times}",
        )
    return found


def _segment(where: str, group: h5py.Group) -> GroundTruthSegment:
    missing = [name for name in _FIELDS if not isinstance(group.get(name), h5py.Dataset)]
    if missing:
        raise RecordingError(
            f"{where}, field {missing[0]}",
            got=f"only {', '.join(group) or 'nothing'}",
            expected=f"{', '.join(_FIELDS)}",
            fix=f"write {missing[0]} as a one-dimensional dataset (times in seconds, dff as a fraction)",
        )
    time_s, dff, spike_times_s = (group[name][()] for name in _FIELDS)
    return checked_segment(where, names=_FIELDS, time_s=time_s, dff=dff, spike_times_s=spike_times_s)
