"""How fast fluorescence decays after isolated events: what tells one calcium indicator from another in ΔF/F alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cyclegan_neuro.recordings.frames import finite_stretches
from cyclegan_neuro.recordings.recording import Recording

__all__ = ["DecayTime", "decay_time"]

_WORKING_HZ = 30.0  # faster recordings are averaged to about this rate
_LIMITS_HZ = (3.0, 1000.0)
_MOST_NEURONS, _MOST_S = 200, 1800.0  # of long recordings a part says enough
_BEFORE_S, _RISE_S, _AFTER_S = 1.5, 0.5, 2.5
_ABOVE_NOISE = 6.0  # height of an event over the noise of a frame
_REST = 0.25  # of the height: what an isolated event may be disturbed by, besides noise
_FEWEST_EVENTS = 3
_FITTED_TO = 0.15  # of the height
_TIMES_S = np.geomspace(0.02, 6.0, 240)


@dataclass(frozen=True, eq=False)
class DecayTime:
    """Decay times of a recording.

    Attributes
    ----------
    of_neurons_s : ndarray of float64, shape (measured neuron,)
        Time constant, to 1/e, of those with at least three isolated events.
    n_events : int
        In all of them.
    """

    of_neurons_s: np.ndarray
    n_events: int

    def __str__(self) -> str:
        if not self.n_neurons:
            return "unknown: no neuron has three isolated events"
        low, high = self.spread_s
        return (
            f"{self.median_s:.2f} s to 1/e after {self.n_events:,} isolated events (quartiles over neurons "
            f"{low:.2f} to {high:.2f} s, {self.n_neurons} measured)"
        )

    @property
    def n_neurons(self) -> int:
        return self.of_neurons_s.size

    @property
    def median_s(self) -> float:
        """Median over neurons, NaN without one."""
        return float(np.median(self.of_neurons_s)) if self.n_neurons else float("nan")

    @property
    def spread_s(self) -> tuple[float, float]:
        """Quartiles over neurons."""
        low, high = np.percentile(self.of_neurons_s, (25, 75)) if self.n_neurons else (np.nan, np.nan)
        return float(low), float(high)


def decay_time(recording: Recording) -> DecayTime:
    """Measure the decay after isolated events.

    An event is a peak of ΔF/F six times the noise of a frame above what was before it, with rest before, and nothing
    but decay behind. The events of a neuron are averaged, and an exponential is fitted to the average from the frame
    after the peak to where 15 % are left.

    Parameters
    ----------
    recording : Recording
        Of more than 1,800 s the first, of more than 200 neurons some are measured.

    Returns
    -------
    DecayTime
        Without neurons below 3 Hz, or where nothing is active alone.
    """
    times, n_events = [], 0
    if not _LIMITS_HZ[0] <= recording.frame_rate_hz <= _LIMITS_HZ[1]:
        return DecayTime(np.zeros(0), 0)
    step = max(1, round(recording.frame_rate_hz / _WORKING_HZ))
    rate = recording.frame_rate_hz / step
    columns = np.unique(np.linspace(0, recording.n_neurons - 1, min(_MOST_NEURONS, recording.n_neurons)).astype(int))
    last = round(_MOST_S * recording.frame_rate_hz)
    dff = recording.dff[:last, columns]
    gaps = np.asarray(recording.gaps, np.int64)
    stretches = finite_stretches(dff, gaps[gaps < len(dff) - 1])
    parts = [_averaged(dff[start:stop], step) for start, stop in stretches]
    for traces in zip(*(part.T for part in parts), strict=True):
        events = np.concatenate([_events(trace, rate) for trace in traces])
        if len(events) >= _FEWEST_EVENTS:
            n_events += len(events)
            times.append(_time_constant(events.mean(axis=0), rate))
    return DecayTime(np.array(times), n_events)


def _averaged(dff: np.ndarray, step: int) -> np.ndarray:
    """Return means of ``step`` successive frames."""
    whole = len(dff) // step * step
    return dff[:whole].reshape(-1, step, dff.shape[1]).mean(axis=1, dtype=np.float64)


def _events(trace: np.ndarray, rate: float) -> np.ndarray:
    """Return isolated events from their peak on, above what was before; shape (event, frame)."""
    before, rise, after = (max(least, round(s * rate)) for s, least in ((_BEFORE_S, 4), (_RISE_S, 2), (_AFTER_S, 6)))
    if len(trace) <= before + after:
        return np.zeros((0, after + 1))
    inner = trace[before : len(trace) - after]
    noise = np.median(np.abs(np.diff(trace))) / 0.954
    is_peak = (inner >= trace[before - 1 : len(trace) - after - 1]) & (
        inner > trace[before + 1 : len(trace) - after + 1]
    )
    is_peak &= inner > np.median(trace) + _ABOVE_NOISE * noise
    windows = np.lib.stride_tricks.sliding_window_view(trace, before + 1 + after)[is_peak]
    rest, events = windows[:, : before - rise + 1], windows[:, before:]
    base = np.median(rest, axis=1)
    events = events - base[:, None]
    height = events[:, 0]
    limit = _REST * height + 2.5 * noise
    calm = (rest.max(axis=1) - base < limit) & (base - rest.min(axis=1) < limit)
    calm &= windows[:, before - rise : before].max(axis=1) <= windows[:, before]
    again = (events - np.minimum.accumulate(events, axis=1)).max(axis=1)
    return events[calm & (again < limit) & (height > _ABOVE_NOISE * noise)]


def _time_constant(event: np.ndarray, rate: float) -> float:
    """Fit an exponential to a mean event from the frame after its peak on: the peak was chosen for its noise."""
    low = np.flatnonzero(event < _FITTED_TO * event[0])
    stop = max(4, low[0] + 1) if low.size else len(event)
    values, times_s = event[1:stop], np.arange(1, stop) / rate
    shapes = np.exp(-times_s / _TIMES_S[:, None])
    heights = shapes @ values / (shapes**2).sum(axis=1)
    return float(_TIMES_S[((values - heights[:, None] * shapes) ** 2).sum(axis=1).argmin()])
