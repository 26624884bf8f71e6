"""Trials (laps), how long each of them took, and time relative to events."""

from __future__ import annotations

import math

import numpy as np

from cyclegan_neuro.errors import ConfigurationError
from cyclegan_neuro.recordings.frames import segments
from cyclegan_neuro.recordings.recording import Recording

__all__ = ["laps_by_position", "time_since_event_s", "trial_durations_s"]

_RETURN = 0.5  # share of the range of positions that a jump back to the start exceeds
_ROUNDING_FRAMES = 1e-6  # of seconds times rate: 0.3 s at 10 Hz are 3 frames, not 2.9999999999999996


def laps_by_position(position_cm: np.ndarray) -> np.ndarray:
    """Number the laps: one ends where the position falls by more than half its range from one frame to the next.

    Parameters
    ----------
    position_cm : ndarray, shape (time,)

    Returns
    -------
    ndarray of int64, shape (time,)
        From 0.
    """
    returns = np.diff(position_cm) < -_RETURN * (np.nanmax(position_cm) - np.nanmin(position_cm))
    return np.concatenate([[0], np.cumsum(returns)])


def trial_durations_s(recording: Recording) -> np.ndarray | None:
    """Return the duration of every trial, from trial numbers or else from the position.

    Without trial numbers a new trial begins where a corridor starts anew (:func:`laps_by_position`).

    Parameters
    ----------
    recording : Recording

    Returns
    -------
    ndarray of float64, shape (trial,), or None
        In seconds, of the frames that belong to the trial; the first and the last may be incomplete. None
        where neither trial numbers nor returns of the position are known.

    Examples
    --------
    >>> from cyclegan_neuro.recordings.recording import Behaviour
    >>> laps = Behaviour(position_cm=np.float32([0, 50, 100, 0, 60, 20, 90, 0]))
    >>> trial_durations_s(Recording(np.zeros((8, 1), np.float32), 2.0, behaviour=laps))
    array([1.5, 2. , 0.5])
    """
    behaviour = recording.behaviour
    if behaviour.trial is not None:
        numbers = behaviour.trial[behaviour.trial >= 0]
    elif behaviour.position_cm is not None:
        laps = laps_by_position(behaviour.position_cm)
        numbers = laps if laps[-1] else laps[:0]
    else:
        return None
    counts = np.unique(numbers, return_counts=True)[1]
    return counts / recording.frame_rate_hz if counts.size else None


def time_since_event_s(
    events: np.ndarray, frame_rate_hz: float, gaps: np.ndarray, *, before_s: float, after_s: float
) -> np.ndarray:
    """Return the time of each frame relative to the event that it belongs to.

    A frame belongs to an event if it lies in the interval ``[-before_s, after_s)`` around the event's
    frame, with no gap in time between them. Where the intervals of two events overlap, a frame belongs to
    the latest event at or before it; only a frame outside what follows that event belongs to the next one.

    Parameters
    ----------
    events : ndarray of int, shape (time,)
        Number of event onsets within the frame; several in one frame count as one event.
    frame_rate_hz : float
    gaps : ndarray of int, shape (gap,)
        Frames after which time is not continuous.
    before_s, after_s : float
        Length of the interval before and after the onset, in seconds; not negative.

    Returns
    -------
    ndarray of float32, shape (time,)
        Seconds, 0 in the frame of the onset; NaN outside all intervals.

    Raises
    ------
    ConfigurationError
        If a length is negative or not finite.

    Examples
    --------
    >>> onsets = np.array([0, 0, 0, 1, 0, 0])
    >>> time_since_event_s(onsets, 2.0, np.array([], int), before_s=1.0, after_s=1.0).tolist()
    [nan, -1.0, -0.5, 0.0, 0.5, nan]
    """
    _require_lengths(before_s=before_s, after_s=after_s)
    n_before = math.floor(before_s * frame_rate_hz + _ROUNDING_FRAMES)
    n_after = math.ceil(after_s * frame_rate_hz - _ROUNDING_FRAMES)
    frames = np.full(len(events), np.nan)
    for start, stop in segments(len(events), gaps):
        onsets = np.flatnonzero(events[start:stop])
        if onsets.size:
            frames[start:stop] = _frames_since(onsets, stop - start, n_before, n_after)
    return (frames / frame_rate_hz).astype(np.float32)


def _frames_since(onsets: np.ndarray, n_frames: int, n_before: int, n_after: int) -> np.ndarray:
    """Frames since the event of each frame of a stretch, NaN outside; shape (n_frames,)."""
    now = np.arange(n_frames)
    n_past = np.searchsorted(onsets, now, side="right")
    since = now - onsets[np.maximum(n_past - 1, 0)]
    until = onsets[np.minimum(n_past, len(onsets) - 1)] - now
    follows = (n_past > 0) & (since < n_after)
    precedes = (n_past < len(onsets)) & (until <= n_before)
    return np.where(follows, since, np.where(precedes, -until, np.nan))


def _require_lengths(**lengths_s: float) -> None:
    for name, value in lengths_s.items():
        if not (math.isfinite(value) and value >= 0):
            raise ConfigurationError(
                f"interval around events, {name}",
                got=f"{value:g} s",
                expected="seconds, 0 or more",
                fix=f"give {name} as a length in seconds",
            )
