"""When units were observed, as NWB keeps it (``obs_intervals``): spikes are counted only while all of them were."""

from __future__ import annotations

import numpy as np

from cyclegan_neuro.errors import RecordingError

__all__ = ["observed_by_all", "within"]

_TOUCHING_S = 1e-6  # intervals that end where the next begins are one


def observed_by_all(intervals_s: np.ndarray, ends: np.ndarray, *, where: str) -> np.ndarray:
    """Return the stretches of time in which every unit was observed.

    Parameters
    ----------
    intervals_s : ndarray, shape (interval, 2)
        Start and stop, in seconds; those of the units one after the other.
    ends : ndarray, shape (unit,)
        Index in ``intervals_s`` of the end of each unit's intervals.
    where : str
        What messages call them.

    Returns
    -------
    ndarray of float64, shape (stretch, 2)
        In seconds, ascending.

    Raises
    ------
    RecordingError
        If intervals do not fit, or there is no time at which all units were observed.

    Examples
    --------
    >>> observed_by_all(np.array([[0, 5], [5, 9], [2, 7]]), np.array([2, 3]), where="units").tolist()
    [[2.0, 7.0]]
    """
    intervals = np.asarray(intervals_s, np.float64)
    ends = np.asarray(ends).astype(np.int64)
    fits = intervals.ndim == 2 and intervals.shape[1] == 2 and len(ends) and (np.diff(ends, prepend=0) >= 0).all()
    if not fits or ends[-1] != len(intervals) or not (intervals[:, 1] > intervals[:, 0]).all():
        raise RecordingError(
            where, got=f"intervals of shape {intervals.shape} for {len(ends)} units",
            expected="start and stop in seconds, and rising numbers that say where the intervals of each unit end",
            fix="mend obs_intervals and obs_intervals_index, or leave both out of the file",
        )  # fmt: skip
    own = [_joined(part) for part in np.split(intervals, ends[:-1])]
    edges = np.concatenate(own)
    times = np.concatenate([edges[:, 0], edges[:, 1]])
    change = np.repeat([1, -1], len(edges))
    order = np.lexsort((change, times))  # at one time, ends before starts
    together = np.flatnonzero(np.cumsum(change[order]) == len(own))
    stretches = np.stack([times[order][together], times[order][together + 1]], axis=1) if together.size else edges[:0]
    stretches = stretches[stretches[:, 1] - stretches[:, 0] > _TOUCHING_S]
    if not len(stretches):
        lengths = [float(np.diff(part, axis=1).sum()) for part in own]
        raise RecordingError(
            where, got=f"no time at which all {len(own)} units were observed (they were for {min(lengths):g} to "
            f"{max(lengths):g} s each)", expected="units that were observed together",
            fix="leave units that were observed at other times out of the file",
        )  # fmt: skip
    return stretches


def within(times_s: np.ndarray, stretch_s: np.ndarray) -> np.ndarray:
    """Return the times that fall into a stretch (start, stop), counted from its start."""
    start, stop = stretch_s
    times = np.asarray(times_s, np.float64)
    return times[(times >= start) & (times < stop)] - start


def _joined(intervals: np.ndarray) -> np.ndarray:
    """Join intervals that overlap or touch, shape (interval, 2)."""
    joined: list[list[float]] = []
    for start, stop in intervals[np.argsort(intervals[:, 0], kind="stable")]:
        if joined and start <= joined[-1][1] + _TOUCHING_S:
            joined[-1][1] = max(joined[-1][1], stop)
        else:
            joined.append([start, stop])
    return np.array(joined, np.float64).reshape(-1, 2)
