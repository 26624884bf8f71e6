"""Ground truth as CASCADE publishes it: one MATLAB 5 file per cell in a folder per data set.

The variable ``CAttached`` is a cell array of structures, one per segment, with ``fluo_time`` in
seconds, ``fluo_mean`` as ΔF/F and ``events_AP`` in units of 0.1 ms, in any order, padded with NaN.
"""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
from scipy.io import loadmat
from scipy.io.matlab import MatReadError

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings.readers.base import damaged
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
    try:
        content = loadmat(path, variable_names=[_VARIABLE])
    except (MatReadError, zlib.error, OSError, NotImplementedError, TypeError, ValueError, IndexError) as error:
        raise damaged(path, "a MATLAB 5 file", error) from error
    if _VARIABLE not in content:
        raise RecordingError(
            f"{path}, variable {_VARIABLE}",
            got="no such variable",
            expected="a cell array with one structure per segment",
            fix=_FIX,
        )
    # A cell array has objects as elements; a plain structure array is one already.
    parts = [np.asarray(part) for part in content[_VARIABLE].ravel()]
    segments = [_segment(f"{path}, {_VARIABLE}{{{number}}}", part) for number, part in enumerate(parts, start=1)]
    dataset, name = path.resolve().parent.name, path.stem.removeprefix("CAttached_")
    return checked_cell(str(path), dataset=dataset, name=name, segments=segments, field="events_AP")


def _segment(where: str, part: np.ndarray) -> GroundTruthSegment:
    present = part.dtype.names or ()
    missing = [name for name in _FIELDS if name not in present]
    if missing:
        raise RecordingError(
            f"{where}, field {missing[0]}",
            got=f"only {', '.join(present)}" if present else "no structure",
            expected=", ".join(_FIELDS),
            fix=_FIX,
        )
    try:
        time_s, dff, events = (np.asarray(part.ravel()[0][name], np.float64) for name in _FIELDS)
    except (TypeError, ValueError) as error:
        got = f"fields that are no numbers ({error})"
        raise RecordingError(where, got=got, expected=f"numbers in {', '.join(_FIELDS)}", fix=_FIX) from error
    return checked_segment(where, names=_FIELDS, time_s=time_s, dff=dff, spike_times_s=events / _EVENTS_PER_S)
