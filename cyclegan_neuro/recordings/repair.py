"""What may be mended in a recording, and what may be left out: NaN and constant neurons."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cyclegan_neuro.recordings.frames import runs, segments

__all__ = ["Interpolation", "constant_columns", "interpolate_nan", "nan_columns"]


@dataclass(frozen=True, eq=False)
class Interpolation:
    """The outcome of :func:`interpolate_nan`.

    Attributes
    ----------
    dff : ndarray of float32, shape (time, neuron)
    columns : ndarray of int64, shape (mended neuron,)
    n_values, longest_run_frames : int
        Values filled in, and the longest run among them.
    """

    dff: np.ndarray
    columns: np.ndarray
    n_values: int
    longest_run_frames: int


def nan_columns(dff: np.ndarray) -> np.ndarray:
    """Return the columns that hold a NaN."""
    return np.flatnonzero(np.isnan(dff).any(axis=0))


def constant_columns(dff: np.ndarray) -> np.ndarray:
    """Return the columns whose finite values are all equal (NaN aside; all-NaN columns are not among them)."""
    low = np.fmin.reduce(dff, axis=0)
    return np.flatnonzero(low == np.fmax.reduce(dff, axis=0))


def interpolate_nan(dff: np.ndarray, *, gaps: np.ndarray, max_frames: int) -> Interpolation:
    """Fill short runs of NaN linearly in time, never across a gap.

    Parameters
    ----------
    dff : ndarray of float32, shape (time, neuron)
    gaps : ndarray of int64, shape (gap,)
        Frames after which time is not continuous.
    max_frames : int
        Longer runs stay as they are.

    Returns
    -------
    Interpolation
        With a copy of the traces. A run that touches the end of a continuous stretch takes
        the nearest value; a stretch with no value at all stays NaN.
    """
    columns, mended = nan_columns(dff), []
    result, n_values, longest = dff.copy(), 0, 0
    for column in columns:
        before = n_values
        for start, stop in segments(len(dff), gaps):
            trace = result[start:stop, column]
            missing = np.isnan(trace)
            short = [(a, b) for a, b in runs(missing) if b - a <= max_frames]
            if missing.all() or not short:
                continue
            frames = np.concatenate([np.arange(a, b) for a, b in short])
            trace[frames] = np.interp(frames, np.flatnonzero(~missing), trace[~missing])
            n_values += len(frames)
            longest = max(longest, max(b - a for a, b in short))
        if n_values > before:
            mended.append(column)
    return Interpolation(result, np.array(mended, np.int64), n_values, longest)
