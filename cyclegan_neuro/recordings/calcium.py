"""From spikes to ΔF/F: the indicator's kernel, saturation and noise.

Every function is pure: random numbers come in as arrays or as a
``numpy.random.Generator``, so that two traces can share them.

GCaMP7f and GCaMP8 were measured in the ground truth that Rupprecht et al. compiled (``benchmarks/indicator_kernels.py``
prints the numbers): ΔF/F around 168 to 669 spikes of 12 to 28 cells per indicator that no other spike is near to, in
mouse V1 at 61 Hz. That is too slow for the rises of GCaMP8f and 8m: theirs are half-risen after 2 ms (Zhang et al.).

References
----------
Chen et al., "Ultrasensitive fluorescent proteins for imaging neuronal
activity", Nature 499:295-300 (2013), Fig. 3: amplitude, time to peak and decay
half-time of one action potential in layer 2/3 of mouse V1.
Rupprecht et al., "A database and deep learning toolbox for noise-optimized,
generalized spike inference from calcium imaging", Nat. Neurosci. 24:1324-1337
(2021): the noise level, and the ground truth.
Zhang et al., "Fast and sensitive GCaMP calcium indicators for imaging neural
populations", Nature 615:884-891 (2023): the half-rise time of GCaMP8.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

__all__ = [
    "GCAMP6F",
    "GCAMP6S",
    "GCAMP7F",
    "GCAMP8F",
    "GCAMP8M",
    "GCAMP8S",
    "INDICATORS",
    "Indicator",
    "convolve_spikes",
    "gcamp6_kernel",
    "saturate",
    "shot_noise",
    "slow_fluctuations",
    "white_noise_sd",
]

MEDIAN_ABSOLUTE_DIFFERENCE = float(np.sqrt(2.0) * NormalDist().inv_cdf(0.75))
"""Median of |a - b| for two independent standard normal numbers (0.954)."""


@dataclass(frozen=True)
class Indicator:
    """How a calcium indicator answers one spike.

    Attributes
    ----------
    rise_s, decay_s : float
        Time constants of ``(1 - exp(-t / rise_s)) exp(-t / decay_s)``, in seconds.
    amplitude, median : float
        Peak ΔF/F of one spike, as a fraction: the mean over neurons, and that of the median neuron, around which the
        simulator draws its neurons.
    maximum : float
        ΔF/F that no amount of calcium exceeds, as a fraction.
    """

    rise_s: float
    decay_s: float
    amplitude: float
    median: float
    maximum: float


GCAMP6F = Indicator(rise_s=0.019, decay_s=0.182, amplitude=0.19, median=0.14, maximum=8.0)
"""GCaMP6f: peak after 45 ms, half decayed 142 ms later, 19 % (Chen et al. 2013); median and maximum are assumptions
(docs/simulator.md)."""

GCAMP6S = Indicator(rise_s=0.0765, decay_s=0.69, amplitude=0.23, median=0.17, maximum=12.0)
"""GCaMP6s: peak after 180 ms, half decayed 550 ms later, 23 % (Chen et al. 2013); the others are assumptions."""

GCAMP7F = Indicator(rise_s=0.0086, decay_s=0.241, amplitude=0.35, median=0.18, maximum=36.0)
"""jGCaMP7f, measured; its answers add up least: two spikes within 0.1 s give 3.5 times one, which is not simulated."""

GCAMP8F = Indicator(rise_s=0.003, decay_s=0.113, amplitude=0.33, median=0.28, maximum=20.0)
"""jGCaMP8f, measured; two spikes within 0.1 s give 2.6 times one."""

GCAMP8M = Indicator(rise_s=0.003, decay_s=0.131, amplitude=0.61, median=0.58, maximum=10.0)
"""jGCaMP8m, measured; two spikes within 0.1 s give 2.4 times one."""

GCAMP8S = Indicator(rise_s=0.004, decay_s=0.277, amplitude=0.77, median=0.79, maximum=15.0)
"""jGCaMP8s, measured; two spikes within 0.1 s give 2.1 times one. The maxima of GCaMP7f (99.99 % of all frames) and
GCaMP8 (all) are the highest ΔF/F recorded."""

INDICATORS = {
    "gcamp6f": GCAMP6F,
    "gcamp6s": GCAMP6S,
    "gcamp7f": GCAMP7F,
    "gcamp8f": GCAMP8F,
    "gcamp8m": GCAMP8M,
    "gcamp8s": GCAMP8S,
}
"""Indicators by name."""

_KERNEL_DECAYS = 8.0  # exp(-8) = 0.03 % of the peak is cut off


def gcamp6_kernel(
    frame_rate_hz: float,
    *,
    rise_s: float = GCAMP6F.rise_s,
    decay_s: float = GCAMP6F.decay_s,
    amplitude: float = GCAMP6F.amplitude,
) -> np.ndarray:
    """ΔF/F after one spike, per frame: a double exponential, normalised to its peak.

    Each value is the mean of ``(1 - exp(-t / rise_s)) exp(-t / decay_s)`` over
    one frame, because neither the spike nor the scan of the soma has a known
    time within it. The largest value is ``amplitude`` at every frame rate.

    Parameters
    ----------
    frame_rate_hz : float
        Frames per second.
    rise_s, decay_s : float
        Time constants in seconds; the defaults are GCaMP6f, :data:`GCAMP6S`
        holds those of GCaMP6s.
    amplitude : float
        Peak ΔF/F of one spike, as a fraction.

    Returns
    -------
    kernel : ndarray of float64, shape (frame,)
        Eight decay times long; the first value is the frame of the spike.

    Raises
    ------
    ValueError
        If a rate or a time constant is not positive.

    Examples
    --------
    >>> kernel = gcamp6_kernel(24.0)
    >>> float(kernel.max()), int(kernel.argmax())
    (0.19, 1)
    """
    if min(frame_rate_hz, rise_s, decay_s) <= 0:
        raise ValueError(
            f"frame_rate_hz, rise_s and decay_s must be positive, got {frame_rate_hz}, {rise_s} and {decay_s}"
        )
    edges = np.arange(int(np.ceil(_KERNEL_DECAYS * decay_s * frame_rate_hz)) + 2) / frame_rate_hz
    fast_s = 1.0 / (1.0 / rise_s + 1.0 / decay_s)
    integral = fast_s * np.exp(-edges / fast_s) - decay_s * np.exp(-edges / decay_s)
    kernel = np.diff(integral)
    return amplitude * kernel / kernel.max()


def convolve_spikes(spikes: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Sum of the kernels that start at each spike (causal, same length).

    Parameters
    ----------
    spikes : array_like, shape (time,) or (time, neuron)
        Spikes per frame, or event amplitudes.
    kernel : ndarray, shape (frame,)
        For example from :func:`gcamp6_kernel`.

    Returns
    -------
    dff : ndarray of float64, shape of ``spikes``
    """
    from scipy.signal import lfilter  # half a second that --help need not wait

    return lfilter(np.asarray(kernel, np.float64), 1.0, np.asarray(spikes, np.float64), axis=0)


def saturate(dff: np.ndarray, maximum: float) -> np.ndarray:
    """Bend ΔF/F so that it never exceeds ``maximum``: ``dff / (1 + dff / maximum)``.

    The slope at 0 is 1 and half of ``maximum`` is reached where the linear
    signal equals it (binding of one calcium ion; real indicators bind several).

    Parameters
    ----------
    dff : ndarray
        Linear ΔF/F as a fraction, not negative.
    maximum : float
        Upper bound, as a fraction.
    """
    return dff / (1.0 + dff / maximum)


def white_noise_sd(level: float | np.ndarray, frame_rate_hz: float) -> float | np.ndarray:
    """Standard deviation (ΔF/F fraction) of white noise with the given level (``noise.noise_levels``)."""
    return level * np.sqrt(frame_rate_hz) / (100.0 * MEDIAN_ABSOLUTE_DIFFERENCE)


def shot_noise(dff: np.ndarray, frame_rate_hz: float, *, level: float | np.ndarray, normal: np.ndarray) -> np.ndarray:
    """Photon noise of a trace: its variance grows with the fluorescence, 1 + ΔF/F.

    Parameters
    ----------
    dff : ndarray, shape (time, neuron)
        Noiseless ΔF/F as a fraction.
    frame_rate_hz : float
    level : float or ndarray of shape (neuron,)
        Noise level of the resting trace in % per sqrt(Hz), see ``noise.noise_levels``.
    normal : ndarray, shape (time, neuron)
        Standard normal numbers, given so that two traces can share them.

    Returns
    -------
    noise : ndarray, shape (time, neuron)
        To be added to ``dff``.
    """
    fluorescence = np.maximum(1.0 + dff, 0.0)
    return white_noise_sd(level, frame_rate_hz) * np.sqrt(fluorescence) * normal


def slow_fluctuations(
    n_frames: int, frame_rate_hz: float, *, time_constant_s: float, rng: np.random.Generator, n_series: int = 1
) -> np.ndarray:
    """Ornstein-Uhlenbeck processes: brain state, neuropil, slow drift of one neuron.

    Parameters
    ----------
    n_frames : int
    frame_rate_hz : float
    time_constant_s : float
        Time after which the autocorrelation has fallen to 1/e.
    rng : numpy.random.Generator
    n_series : int
        Independent series.

    Returns
    -------
    series : ndarray of float64, shape (time, n_series)
        Stationary, mean 0, variance 1.
    """
    from scipy.signal import lfilter

    keep = np.exp(-1.0 / (time_constant_s * frame_rate_hz))
    noise = rng.standard_normal((n_frames, n_series))
    noise[1:] *= np.sqrt(1.0 - keep**2)
    return lfilter([1.0], [1.0, -keep], noise, axis=0)
