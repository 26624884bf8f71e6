"""Onsets of calcium events in ΔF/F, as binary events that noise correlations are counted from."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d

from cyclegan_neuro.recordings.frames import segments
from cyclegan_neuro.recordings.noise import noise_levels
from cyclegan_neuro.recordings.recording import Recording

__all__ = ["event_onsets", "holds_events"]

_SMOOTH_S, _RISE_S = 0.05, 0.1
_LEAST = 3.0  # standard deviations of the noise
_MEDIAN_OF_DIFFERENCE = 0.9539  # median |a - b| of two standard normal numbers


def event_onsets(day: Recording) -> np.ndarray:
    """Find the frames in which events begin.

    ΔF/F is smoothed (Gaussian, 0.05 s); where it has risen over 0.1 s by more than 3 SD of the noise of
    such a rise, its steepest frame is an onset. The noise is that of white noise with the recording's median difference
    between frames (:func:`~cyclegan_neuro.recordings.noise.noise_levels`). A trace that holds events already
    (:func:`holds_events`) has them in its frames above 0.

    Parameters
    ----------
    day : Recording

    Returns
    -------
    ndarray of uint8, shape (time, neuron)
        0 or 1.

    Notes
    -----
    Nothing is deconvolved: spikes that follow each other within a rise are one event, and a spike below the noise
    is none. On the simulated days (24 Hz, GCaMP6f, about 1 spike/s), 90 % of the bins of 0.4 s with an event hold a
    spike, and 60 % of the bins with a spike have an event.

    Examples
    --------
    >>> dff = 0.01 * np.random.default_rng(0).normal(size=(200, 1))
    >>> dff[100:] += 0.5 * np.exp(-np.arange(100) / 20)[:, None]
    >>> np.flatnonzero(event_onsets(Recording(dff, 20.0))).tolist()
    [100]
    """
    rate = day.frame_rate_hz
    sigma_frames, rise_frames = _SMOOTH_S * rate, max(1, round(_RISE_S * rate))
    noise = noise_levels(day.dff, rate, day.gaps) / 100 * np.sqrt(rate) / _MEDIAN_OF_DIFFERENCE
    least = _LEAST * noise * _rise_of_white_noise(sigma_frames, rise_frames)
    onsets = np.zeros(day.dff.shape, np.uint8)
    for start, stop in segments(day.n_frames, day.gaps):
        smooth = gaussian_filter1d(day.dff[start:stop].astype(np.float64), sigma_frames, axis=0, mode="nearest")
        rise = np.full((stop - start + 2, day.n_neurons), -np.inf)  # a border on both sides
        rise[rise_frames + 1 : -1] = smooth[rise_frames:] - smooth[:-rise_frames]
        inner = rise[1:-1]
        onsets[start:stop] = (inner > least) & (inner >= rise[:-2]) & (inner > rise[2:])
    events = holds_events(day)
    onsets[:, events] = day.dff[:, events] > 0
    return onsets


def holds_events(day: Recording) -> np.ndarray:
    """Whether a trace is 0 in most frames and nowhere below, as inferred events are, bool, shape (neuron,)."""
    return ((day.dff == 0).mean(axis=0) > 0.5) & (day.dff >= 0).all(axis=0)


def _rise_of_white_noise(sigma_frames: float, rise_frames: int) -> float:
    """Standard deviation of the rise of smoothed white noise of standard deviation 1."""
    impulse = np.zeros(2 * (rise_frames + int(np.ceil(4 * sigma_frames)) + 1) + 1)
    impulse[len(impulse) // 2] = 1.0
    kernel = gaussian_filter1d(impulse, sigma_frames, mode="constant")
    return float(np.linalg.norm(kernel - np.roll(kernel, rise_frames)))
