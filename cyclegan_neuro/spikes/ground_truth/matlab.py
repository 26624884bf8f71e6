"""Ground truth as CASCADE publishes it: one MATLAB 5 file per cell in a folder per data set.

The variable ``CAttached`` is a cell array of structures, one per segment, with ``fluo_time`` in
seconds, ``fluo_mean`` as ΔF/F and ``events_AP`` in units of 0.1 ms, in any order, padded with NaN.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings.readers import _mat5, mat
from cyclegan_neuro.recordings.readers._guard import decoding, require_file
from cyclegan_neuro.spikes.ground_truth.cells import GroundTruthCell, GroundTruthSegment, checked_cell, checked_segment

__all__ = ["cell_of_file"]

_VARIABLE = "CAttached"
_FIELDS = ("fluo_time", "fluo_mean", "events_AP")
_EVENTS_PER_S = 1e4
_FIX = "use CASCADE's published files (MATLAB 5), one per cell in a folder per data set"


def cell_of_file(path: Path) -> GroundTruthCell:
    """Read one cell; the folder's name is the data set, the file's name is the cell.

    Parameters
    ----------
    path : Path

    Raises
    ------
    RecordingError
        If the file is damaged, of another layout, or its traces or spikes are unsound.
    """
    require_file(path)
    with decoding(path, "a MATLAB 5 file"):
        parts = _parts(path)
    segments = [_segment(f"{path}, {_VARIABLE}{{{number}}}", part) for number, part in enumerate(parts, start=1)]
    dataset, name = path.resolve().parent.name, path.stem.removeprefix("CAttached_")
    return checked_cell(str(path), dataset=dataset, name=name, segments=segments, field="events_AP")


def _parts(path: Path) -> list[dict[str, _mat5.Array]]:
    """The segments: elements of a cell array, or of an array of structures; no fields of what is no structure."""
    with open(path, "rb") as stream:
        if not mat.READER.recognises(path, stream.read(32)):
            raise _mat5.Broken("no header of MATLAB 5")
    found = [variable for variable in _mat5.variables(path) if variable.array and variable.array.name == _VARIABLE]
    where = f"{path}, variable {_VARIABLE}"
    if not found:
        raise RecordingError(
            where, got="no such variable", expected="a cell array with one structure per segment", fix=_FIX
        )
    whole = _mat5.load(path, found[-1], where=where)
    if whole.matlab_class == "struct":
        return list(_mat5.structures(whole))
    cells = _mat5.cells(whole) if whole.matlab_class == "cell" else [whole]
    return [_mat5.fields(cell) if cell.matlab_class == "struct" and cell.size == 1 else {} for cell in cells]


def _segment(where: str, part: dict[str, _mat5.Array]) -> GroundTruthSegment:
    missing = [name for name in _FIELDS if name not in part]
    if missing:
        raise RecordingError(
            f"{where}, field {missing[0]}",
            got=f"only {', '.join(part)}" if part else "no structure",
            expected=", ".join(_FIELDS),
            fix=_FIX,
        )
    for name in _FIELDS:
        if not part[name].is_number:
            got = f"fields that are no numbers ({name} is {part[name].matlab_class})"
            raise RecordingError(where, got=got, expected=f"numbers in {', '.join(_FIELDS)}", fix=_FIX)
    with decoding(Path(where), "a segment"):
        time_s, dff, events = (_mat5.numbers(part[name]).astype(np.float64) for name in _FIELDS)
    return checked_segment(where, names=_FIELDS, time_s=time_s, dff=dff, spike_times_s=events / _EVENTS_PER_S)
