"""Runs of frames and stretches of continuous time."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

__all__ = ["finite_stretches", "frames_text", "runs", "segments"]


def runs(mask: np.ndarray) -> list[tuple[int, int]]:
    """Return the runs of True as half-open intervals.

    Parameters
    ----------
    mask : ndarray of bool, shape (time,)

    Examples
    --------
    >>> runs(np.array([True, True, False, True]))
    [(0, 2), (3, 4)]
    """
    edges = np.flatnonzero(np.diff(np.concatenate(([False], np.asarray(mask, bool), [False]))))
    return [(int(start), int(stop)) for start, stop in edges.reshape(-1, 2)]


def segments(n_frames: int, gaps: np.ndarray) -> list[tuple[int, int]]:
    """Return the stretches of continuous time as half-open intervals.

    Parameters
    ----------
    n_frames : int
    gaps : ndarray of int, shape (gap,)
        Frames after which time is not continuous.

    Examples
    --------
    >>> segments(10, np.array([3]))
    [(0, 4), (4, 10)]
    """
    borders = [0, *(int(gap) + 1 for gap in np.sort(gaps)), n_frames]
    return [(start, stop) for start, stop in pairwise(borders) if stop > start]


def finite_stretches(dff: np.ndarray, gaps: np.ndarray) -> list[tuple[int, int]]:
    """Return the stretches of continuous time in which every neuron is finite, as half-open intervals.

    Parameters
    ----------
    dff : ndarray of float, shape (time, neuron)
    gaps : ndarray of int, shape (gap,)
        Frames after which time is not continuous.

    Examples
    --------
    >>> finite_stretches(np.array([[1.0], [2.0], [3.0], [np.nan], [4.0]]), np.array([0]))
    [(0, 1), (1, 3), (4, 5)]
    """
    finite = np.isfinite(dff).all(axis=1)
    return [(start + a, start + b) for start, stop in segments(len(dff), gaps) for a, b in runs(finite[start:stop])]


def frames_text(intervals: Sequence[tuple[int, int]], *, limit: int = 5) -> str:
    """Return half-open intervals as inclusive frames, for example ``"frames 0-4, 9 and 2 more runs"``."""
    parts = [str(start) if stop - start == 1 else f"{start}-{stop - 1}" for start, stop in intervals[:limit]]
    rest = len(intervals) - limit
    more = f" and {rest} more run{'s' if rest > 1 else ''}" if rest > 0 else ""
    return f"frames {', '.join(parts)}{more}"
