"""Spike trains as Neo objects, which is what Elephant computes from.

Neo accepts unsorted spike times without a word; every train of this package is made here, sorted, in
seconds, from 0 to a known end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cyclegan_neuro.errors import RecordingError

if TYPE_CHECKING:
    import neo

__all__ = ["neo_train", "neo_trains", "spike_times"]


def spike_times(counts: np.ndarray, *, frame_rate_hz: float) -> list[np.ndarray]:
    """Times of the spikes of each neuron: those of one frame spread evenly over it.

    Parameters
    ----------
    counts : ndarray of unsigned int, shape (frame, neuron)
        Spikes per frame.
    frame_rate_hz : float

    Returns
    -------
    times_s : list of ndarray of float64, shape (spike,), one per neuron
        Sorted, in seconds from the start of the first frame. Spike i of the n in frame k lies at
        ``(k + (i + 0.5) / n) / frame_rate_hz``, never on a border between frames.

    Examples
    --------
    >>> spike_times(np.array([[0, 2], [1, 0]]), frame_rate_hz=2.0)
    [array([0.75]), array([0.125, 0.375])]
    """
    by_neuron = np.asarray(counts).T
    neurons, frames = np.nonzero(by_neuron)
    in_frame = by_neuron[neurons, frames].astype(np.int64)
    first = np.cumsum(in_frame) - in_frame  # how many spikes lie before those of each filled frame
    order = np.arange(int(in_frame.sum())) - np.repeat(first, in_frame)
    times = (np.repeat(frames, in_frame) + (order + 0.5) / np.repeat(in_frame, in_frame)) / frame_rate_hz
    ends = np.cumsum(np.bincount(neurons, weights=in_frame, minlength=len(by_neuron)).astype(np.int64))
    return np.split(times, ends[:-1])


def neo_trains(counts: np.ndarray, *, frame_rate_hz: float) -> list[neo.SpikeTrain]:
    """Neo spike trains of counts, one per neuron.

    Parameters
    ----------
    counts : ndarray of unsigned int, shape (frame, neuron)
        Spikes per frame.
    frame_rate_hz : float

    Returns
    -------
    trains : list of neo.SpikeTrain
        Sorted, in seconds, from 0 s to frames / ``frame_rate_hz``; times as in :func:`spike_times`.

    Examples
    --------
    >>> trains = neo_trains(np.array([[0, 2], [1, 0]]), frame_rate_hz=2.0)
    >>> [len(train) for train in trains], float(trains[0].t_stop)
    ([1, 2], 1.0)
    """
    stop_s = len(counts) / frame_rate_hz
    return [_train(times, stop_s) for times in spike_times(counts, frame_rate_hz=frame_rate_hz)]


def neo_train(times_s: np.ndarray, *, t_stop_s: float) -> neo.SpikeTrain:
    """Neo spike train of spike times from anywhere.

    Parameters
    ----------
    times_s : array_like of float, shape (spike,)
        In seconds, in any order.
    t_stop_s : float
        End of the recording in seconds; it starts at 0.

    Returns
    -------
    train : neo.SpikeTrain
        Sorted, in seconds, from 0 s to ``t_stop_s``.

    Raises
    ------
    RecordingError
        If a time is not finite or lies outside [0, ``t_stop_s``].

    Examples
    --------
    >>> train = neo_train([2.0, 0.5], t_stop_s=3.0)
    >>> train.magnitude.tolist(), str(train.units.dimensionality)
    ([0.5, 2.0], 's')
    """
    times_s = np.ravel(np.asarray(times_s, np.float64))
    outside = ~((times_s >= 0) & (times_s <= t_stop_s))  # True for NaN
    if outside.any():
        raise RecordingError(
            "spike times",
            got=f"{int(outside.sum())} of {times_s.size} outside, the first is {times_s[outside][0]:g} s",
            expected=f"times in seconds between 0 and {t_stop_s:g} s",
            fix="check the unit and the start of the recording, or leave these spikes out",
        )
    return _train(np.sort(times_s), t_stop_s)


def _train(sorted_s: np.ndarray, t_stop_s: float) -> neo.SpikeTrain:
    import neo  # over half a second that --help need not wait

    return neo.SpikeTrain(sorted_s, units="s", t_start=0.0, t_stop=t_stop_s)
