"""Trials (laps) of a recording and how long each of them took."""

from __future__ import annotations

import numpy as np

from cyclegan_neuro.recordings.recording import Recording

__all__ = ["laps_by_position", "trial_durations_s"]

_RETURN = 0.5  # share of the range of positions that a jump back to the start exceeds


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
