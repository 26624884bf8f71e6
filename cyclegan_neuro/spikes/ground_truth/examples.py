"""From a recording of ground truth to frames at a target rate: ΔF/F, spike counts, smooth targets."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d

from cyclegan_neuro.spikes.ground_truth.cells import GroundTruthSegment

__all__ = ["resample", "smooth_target"]

_TRUNCATE = 4.0  # standard deviations at which the kernels end


def resample(segment: GroundTruthSegment, frame_rate_hz: float) -> tuple[np.ndarray, np.ndarray]:
    """Bring a segment to a target frame rate.

    Frame ``k`` covers ``[k, k + 1) / frame_rate_hz`` from half a native frame before the first
    time; what fills no whole frame at the end is left out.

    Parameters
    ----------
    segment : GroundTruthSegment
    frame_rate_hz : float
        Target rate.

    Returns
    -------
    dff : ndarray of float32, shape (frame,)
        To a lower rate, the mean over each target frame of the piecewise constant native trace
        (native frames that two target frames share are weighted by their parts); to a higher
        rate, linear interpolation at the middles of the target frames.
    counts : ndarray of int64, shape (frame,)
        Spikes within each frame.

    Examples
    --------
    >>> time = np.arange(6) / 3.0
    >>> segment = GroundTruthSegment(time, np.float32([0, 3, 6, 0, 0, 3]), np.array([0.1, 1.2]))
    >>> [values.tolist() for values in resample(segment, 2.0)]
    [[1.0, 5.0, 0.0, 2.0], [1, 0, 1, 0]]
    """
    time, native_s = segment.time_s, 1.0 / segment.rate_hz
    start = time[0] - native_s / 2
    # The tolerance keeps the last frame when the times of the file are rounded.
    n_frames = int(segment.duration_s * frame_rate_hz + 1e-6)
    edges = start + np.arange(n_frames + 1) / frame_rate_hz
    if segment.rate_hz >= frame_rate_hz:
        borders = np.concatenate([[start], (time[1:] + time[:-1]) / 2, [time[-1] + native_s / 2]])
        integral = np.concatenate([[0.0], np.cumsum(segment.dff * np.diff(borders), dtype=np.float64)])
        dff = np.diff(np.interp(edges, borders, integral)) * frame_rate_hz
    else:
        dff = np.interp((edges[:-1] + edges[1:]) / 2, time, segment.dff)
    # Not np.histogram: its last bin is closed, and a spike at the end belongs to the frame that is left out.
    frames = np.searchsorted(edges, segment.spike_times_s, side="right") - 1
    counts = np.bincount(frames[(frames >= 0) & (frames < n_frames)], minlength=n_frames)
    return dff.astype(np.float32), counts


def smooth_target(counts: np.ndarray, frame_rate_hz: float, sigma_s: float, causal: bool = False) -> np.ndarray:
    """Smooth spike counts (or rates) with a Gaussian whose weights add up to one.

    Parameters
    ----------
    counts : ndarray, shape (..., frame)
    frame_rate_hz, sigma_s : float
        The Gaussian ends at 4 ``sigma_s``; 0 leaves the values as they are.
    causal : bool
        Keep the half of the kernel at and after the spike, with its weights adding up to one again:
        a network then needs no frames before the spike to know it. Of one train at a time.

    Returns
    -------
    smooth : ndarray of float64, shape of ``counts``
        In the unit of ``counts``. The sum is kept, but for what would lie outside the recording.

    Examples
    --------
    >>> smooth_target(np.array([0, 0, 1, 0, 0]), 10.0, 0.05).round(3).tolist()
    [0.0, 0.106, 0.787, 0.106, 0.0]
    >>> smooth_target(np.array([0, 0, 1, 0, 0]), 10.0, 0.05, causal=True).round(3).tolist()
    [0.0, 0.0, 0.881, 0.119, 0.0]
    """
    values = np.asarray(counts, np.float64)
    sigma = sigma_s * frame_rate_hz
    if sigma == 0:
        return values
    if not causal:
        return gaussian_filter1d(values, sigma, mode="constant", truncate=_TRUNCATE)
    lags = np.arange(int(_TRUNCATE * sigma + 0.5) + 1)
    weights = np.exp(-0.5 * (lags / sigma) ** 2)
    return np.convolve(values, weights / weights.sum())[: values.size]
