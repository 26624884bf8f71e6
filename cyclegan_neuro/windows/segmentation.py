"""Where windows may begin: on continuous time, outside excluded stretches."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cyclegan_neuro.errors import WindowError
from cyclegan_neuro.recordings.frames import runs, segments
from cyclegan_neuro.recordings.recording import Recording

__all__ = ["allowed_stretches", "coverage", "legal_starts", "spaced", "window_frame_indices"]


def allowed_stretches(
    recording: Recording, *, exclude: Sequence[tuple[int, int]] = (), where: str | None = None
) -> list[tuple[int, int]]:
    """Return the stretches in which windows may lie, as half-open intervals in time order.

    Parameters
    ----------
    recording : Recording
        Its gaps separate stretches.
    exclude : sequence of (first, last), optional
        Frames that no window may touch, both ends included. ``last`` may lie beyond the end.
    where : str, optional
        How messages call the recording; its label when absent.

    Raises
    ------
    WindowError
        If an excluded stretch begins beyond the end of the recording.

    Examples
    --------
    >>> recording = Recording(np.zeros((10, 1), np.float32), frame_rate_hz=24.0, gaps=np.array([5]))
    >>> allowed_stretches(recording, exclude=[(0, 1)])
    [(2, 6), (6, 10)]
    """
    allowed = np.ones(recording.n_frames, bool)
    for first, last in exclude:
        if first >= recording.n_frames:
            raise WindowError(
                f"{where or recording.label}, excluded stretch [{first}, {last}]",
                got=f"first frame {first:,}",
                expected=f"a frame of the recording (0 to {recording.n_frames - 1:,})",
                fix="give frames, not seconds, counted from 0; or remove the stretch",
            )
        allowed[first : last + 1] = False
    return [
        (begin + start, begin + stop)
        for begin, end in segments(recording.n_frames, recording.gaps)
        for start, stop in runs(allowed[begin:end])
    ]


def legal_starts(stretches: Sequence[tuple[int, int]], *, window_frames: int) -> np.ndarray:
    """Return every start frame whose window stays within one stretch.

    Parameters
    ----------
    stretches : sequence of (start, stop)
        Half-open intervals, as :func:`allowed_stretches` returns them.
    window_frames : int

    Returns
    -------
    starts : ndarray of int64, shape (start,)
        Ascending and distinct.

    Examples
    --------
    >>> legal_starts([(0, 4), (4, 10)], window_frames=4)
    array([0, 4, 5, 6])
    """
    parts = [np.arange(start, stop - window_frames + 1) for start, stop in stretches]
    return np.concatenate([np.zeros(0, np.int64), *parts])


def spaced(starts: np.ndarray, n: int) -> np.ndarray:
    """Return at most ``n`` evenly spaced elements, the first and the last included; none twice.

    Parameters
    ----------
    starts : ndarray, shape (start,)
    n : int
        Where fewer exist, all are returned.

    Examples
    --------
    >>> spaced(np.arange(10), 4)
    array([0, 3, 6, 9])
    """
    n = min(n, len(starts))
    return starts[np.arange(n) * (len(starts) - 1) // max(n - 1, 1)]


def coverage(starts: np.ndarray, *, window_frames: int, n_frames: int) -> np.ndarray:
    """Return which frames lie in at least one window.

    Parameters
    ----------
    starts : ndarray of int64, shape (window,)
    window_frames, n_frames : int

    Returns
    -------
    covered : ndarray of bool, shape (time,)
    """
    edges = np.zeros(n_frames + 1, np.int64)
    np.add.at(edges, starts, 1)
    np.add.at(edges, np.asarray(starts) + window_frames, -1)
    return np.cumsum(edges[:-1]) > 0


def window_frame_indices(starts: np.ndarray, window_frames: int) -> np.ndarray:
    """Return the frames of each window: int64, (window, window_frames)."""
    return np.asarray(starts, np.int64)[:, None] + np.arange(window_frames)
