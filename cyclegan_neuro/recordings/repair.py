"""What may be mended in a recording, and what may be left out: NaN and constant neurons."""

from __future__ import annotations

import numpy as np

from cyclegan_neuro.recordings.frames import runs, segments

__all__ = ["constant_columns", "interpolate_nan", "nan_columns"]


def nan_columns(dff: np.ndarray) -> np.ndarray:
    """Return the columns that hold a NaN."""
    return np.flatnonzero(np.isnan(dff).any(axis=0))


def constant_columns(dff: np.ndarray) -> np.ndarray:
    """Return the columns whose finite values are all equal (NaN aside; all-NaN columns are not among them)."""
    low = np.fmin.reduce(dff, axis=0)
    return np.flatnonzero(low == np.fmax.reduce(dff, axis=0))


def interpolate_nan(dff: np.ndarray, *, gaps: np.ndarray, max_frames: int) -> tuple[np.ndarray, dict[int, list[int]]]:
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
    ndarray of float32, shape (time, neuron)
        A copy. A run that touches the end of a continuous stretch takes the nearest value; a stretch with no value at
        all stays NaN.
    dict of int to list of int
        The lengths of the runs that were filled, by column.
    """
    result, filled = dff.copy(), dict[int, list[int]]()
    for column in nan_columns(dff):
        for start, stop in segments(len(dff), gaps):
            trace = result[start:stop, column]
            missing = np.isnan(trace)
            short = [(a, b) for a, b in runs(missing) if b - a <= max_frames]
            if missing.all() or not short:
                continue
            frames = np.concatenate([np.arange(a, b) for a, b in short])
            trace[frames] = np.interp(frames, np.flatnonzero(~missing), trace[~missing])
            filled.setdefault(int(column), []).extend(b - a for a, b in short)
    return result, filled
