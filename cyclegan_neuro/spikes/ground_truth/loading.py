"""Ground truth from a file or a folder, whichever layout it has."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from difflib import get_close_matches
from functools import partial
from pathlib import Path

import h5py

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings.readers._hdf5_source import open_hdf5
from cyclegan_neuro.recordings.readers._hdf5_values import read_values
from cyclegan_neuro.spikes.ground_truth.cells import GroundTruthCell, GroundTruthSegment, checked_cell, checked_segment

__all__ = ["load_ground_truth", "short_name"]

_LOG = logging.getLogger(__name__)
_HDF5 = (".h5", ".hdf5")
_DATASETS = ("time", "dff", "spike_times")  # of a segment
_EXPECTED = (
    "an HDF5 file with /<dataset>/<cell>/<segment>/{time, dff, spike_times}, a folder with such files, "
    "or a folder with CASCADE's <dataset>/*.mat"
)

#: By data set, what reads its cells.
Sources = dict[str, list[Callable[[], Iterable[GroundTruthCell]]]]


def load_ground_truth(path: str | os.PathLike, datasets: Sequence[str] | None = None) -> tuple[GroundTruthCell, ...]:
    """Read simultaneous ΔF/F and spike times.

    Parameters
    ----------
    path : path
        An HDF5 file with ``/<dataset>/<cell>/<segment>/{time, dff, spike_times}`` (times in seconds,
        ΔF/F as a fraction), a folder with such files, or a folder with CASCADE's published data set
        folders (``DS09-GCaMP6f-m-V1/*.mat``).
    datasets : sequence of str, optional
        Only these, by name or by what stands before the first hyphen (``"DS09"``); all when absent.

    Returns
    -------
    cells : tuple of GroundTruthCell
        Ordered by data set and name.

    Raises
    ------
    RecordingError
        If nothing of these layouts is found, a data set is not there, a field is missing, time does
        not increase, ΔF/F is not finite, or a cell has no spikes.

    References
    ----------
    Rupprecht et al., Nat. Neurosci. 24:1324-1337 (2021): the collection of data sets.

    Examples
    --------
    >>> import tempfile, h5py, numpy as np
    >>> path = Path(tempfile.mkdtemp()) / "truth.h5"
    >>> with h5py.File(path, "w") as file:
    ...     segment = file.create_group("DS01-mine/cell_1/segment_00")
    ...     segment["time"], segment["dff"], segment["spike_times"] = np.arange(50) / 30, np.zeros(50), [0.2, 1.1]
    >>> [(cell.dataset, cell.name, len(cell.segments)) for cell in load_ground_truth(path, ["DS01"])]
    [('DS01-mine', 'cell_1', 1)]
    """
    path = Path(path).expanduser()
    sources = _sources_of(path)
    names = sorted(sources) if datasets is None else [name for d in datasets for name in _named(d, sources, path)]
    return tuple(cell for name in dict.fromkeys(names) for read in sources[name] for cell in read())


def short_name(dataset: str) -> str:
    """Return what stands before the first hyphen.

    Examples
    --------
    >>> short_name("DS09-GCaMP6f-m-V1")
    'DS09'
    """
    return dataset.split("-", 1)[0]


def _sources_of(path: Path) -> Sources:
    if path.is_file():
        files, folders = [path], []
    else:
        children = sorted(path.iterdir()) if path.is_dir() else []
        files = [child for child in children if child.suffix.lower() in _HDF5 and _is_ours(child)]
        folders = [child for child in [path, *children] if child.is_dir()]
    sources: Sources = {}
    for file in files:
        for dataset in _datasets_of_file(file):
            sources.setdefault(dataset, []).append(partial(_cells_of_file, file, dataset))
    for folder in folders:
        matlab_files = sorted(folder.glob("*.mat"))
        if matlab_files:
            sources[folder.resolve().name] = [partial(_cells_of_matlab_file, file) for file in matlab_files]
    if not sources:
        got = "no data set" if path.exists() else "no such file or folder"
        raise RecordingError(str(path), got=got, expected=_EXPECTED, fix="name the file or folder of the ground truth")
    return sources


def _is_ours(file: Path) -> bool:
    found = _has_layout(file)
    if not found:
        _LOG.info("%s is left out: it has no <dataset>/<cell>/<segment>/spike_times", file)
    return found


def _cells_of_matlab_file(path: Path) -> Iterable[GroundTruthCell]:
    from cyclegan_neuro.spikes.ground_truth.matlab import cell_of_file  # scipy.io takes half a second to import

    return [cell_of_file(path)]


def _named(wanted: str, sources: Sources, path: Path) -> list[str]:
    """Return the data sets that a user means by a full or a short name."""
    found = [name for name in sorted(sources) if wanted in (name, short_name(name))]
    if not found:
        near = get_close_matches(wanted, [*sources, *map(short_name, sources)], n=1, cutoff=0.4)
        raise RecordingError(
            f"{path}, data sets",
            got=f"'{wanted}', which is not there",
            expected=f"some of {', '.join(sorted(sources))}",
            fix=f"did you mean '{near[0]}'?" if near else "leave the names out to use all data sets",
        )
    return found


def _has_layout(path: Path) -> bool:
    """Say whether the first segment of a file has any of the fields."""
    with open_hdf5(path) as file:
        group = file
        for _ in range(3):
            group = next((child for child in group.values() if isinstance(child, h5py.Group)), {})
        return not set(_DATASETS).isdisjoint(group)


def _datasets_of_file(path: Path) -> list[str]:
    """Return the names of the data sets in a file, sorted."""
    with open_hdf5(path) as file:
        return [name for name in file if isinstance(file[name], h5py.Group)]


def _cells_of_file(path: Path, dataset: str) -> Iterator[GroundTruthCell]:
    """Yield the cells of one data set in the order of their names."""
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
            expected=f"one group per segment with {', '.join(_DATASETS)}",
            fix="use the layout /<dataset>/<cell>/<segment>/{time, dff, spike_times}",
        )
    return found


def _segment(where: str, group: h5py.Group) -> GroundTruthSegment:
    missing = [name for name in _DATASETS if not isinstance(group.get(name), h5py.Dataset)]
    if missing:
        raise RecordingError(
            f"{where}, field {missing[0]}",
            got=f"only {', '.join(group) or 'nothing'}",
            expected=f"{', '.join(_DATASETS)}",
            fix=f"write {missing[0]} as a one-dimensional dataset (times in seconds, dff as a fraction)",
        )
    time_s, dff, spike_times_s = (read_values(group[name]) for name in _DATASETS)
    return checked_segment(where, names=_DATASETS, time_s=time_s, dff=dff, spike_times_s=spike_times_s)
