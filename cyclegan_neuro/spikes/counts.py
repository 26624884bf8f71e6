"""Spikes per frame: the form in which recorded and generated windows are compared."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cyclegan_neuro.errors import RecordingError

__all__ = ["SpikeCounts", "counts_from_rates"]

_NEURONS_AT_ONCE = 32  # bounds the memory that a long recording takes


@dataclass(frozen=True, eq=False)
class SpikeCounts:
    """Spikes per frame of windows; holds only frames that the inference could reach.

    Attributes
    ----------
    counts : ndarray of uint8 or uint16, shape (window, frame, neuron)
        Spikes per frame.
    frame_rate_hz : float
        Frames per second.

    Raises
    ------
    RecordingError
        If ``counts`` is not an array of whole, non-negative numbers with three axes, holds no frame,
        or the rate is not positive.

    Examples
    --------
    >>> counts = SpikeCounts(np.zeros((2, 48, 3), np.uint8), 24.0)
    >>> counts.n_windows, counts.n_neurons, counts.duration_s
    (2, 3, 2.0)
    """

    counts: np.ndarray
    frame_rate_hz: float

    def __post_init__(self) -> None:
        counts = self.counts
        if counts.ndim != 3 or not counts.shape[1] or not np.issubdtype(counts.dtype, np.unsignedinteger):
            raise RecordingError(
                "spike counts",
                got=f"{counts.dtype} of shape {counts.shape}",
                expected="unsigned whole numbers of shape (window, frame, neuron), at least one frame",
                fix="turn rates into counts with cyclegan_neuro.spikes.counts.counts_from_rates",
            )
        _require_rate(self.frame_rate_hz)

    @property
    def n_windows(self) -> int:
        return self.counts.shape[0]

    @property
    def n_frames(self) -> int:
        return self.counts.shape[1]

    @property
    def n_neurons(self) -> int:
        return self.counts.shape[2]

    @property
    def duration_s(self) -> float:
        """Length of each window in seconds."""
        return self.n_frames / self.frame_rate_hz

    @property
    def silent(self) -> np.ndarray:
        """Neurons without a spike in any window, bool (neuron,)."""
        return np.asarray(~self.counts.any(axis=(0, 1)))


def counts_from_rates(rates_hz: np.ndarray, *, frame_rate_hz: float, seed: int) -> np.ndarray:
    """Whole spikes per frame from a rate, by systematic sampling: no spikes are gained or lost but by rounding.

    With the expected count so far, ``c(t) = sum of max(rate, 0) / frame_rate_hz`` up to frame t, and one
    phase ``u``, uniform in [0, 1), per window and neuron, frame t holds ``floor(c(t) + u) - floor(c(t - 1) + u)``
    spikes. So the count of any stretch of frames differs from the integral of the rate by less than 1, and
    its expectation over u is exactly that integral.

    Parameters
    ----------
    rates_hz : ndarray of float, shape (window, frame, neuron) or (frame, neuron)
        Spikes per second; negative rates count as 0.
    frame_rate_hz : float
        Frames per second.
    seed : int
        Decides the phases, and nothing else does: signals of equal shape get equal phases, so that what
        differs between their spikes is not the draw.

    Returns
    -------
    counts : ndarray of uint8 or uint16, shape of ``rates_hz``
        The smaller type that holds the largest possible count.

    Raises
    ------
    RecordingError
        If the rates have another number of axes, are not finite, or exceed 65,535 spikes per frame, or the
        frame rate is not positive.

    Notes
    -----
    The spikes are as regular as the rate allows: at a constant rate they are evenly spaced, where a Poisson
    process would add variability that no signal has. Statistics of recorded and generated spikes made alike
    can be compared with each other, not with those of electrically recorded spikes.

    Examples
    --------
    >>> counts = counts_from_rates(np.full((8, 1), 6.0), frame_rate_hz=24.0, seed=1)  # a quarter spike per frame
    >>> int(counts.sum())
    2
    """
    rates_hz = np.asarray(rates_hz)
    _require_rate(frame_rate_hz)
    if rates_hz.ndim not in (2, 3):
        raise RecordingError(
            "rates",
            got=f"shape {rates_hz.shape}",
            expected="(window, frame, neuron) or (frame, neuron)",
            fix="give the rates of one neuron as a column",
        )
    windows = rates_hz if rates_hz.ndim == 3 else rates_hz[np.newaxis]
    dtype = _count_type(windows, frame_rate_hz)
    phases = np.random.default_rng(seed).random((len(windows), 1, windows.shape[2]))
    counts = np.empty(windows.shape, dtype)
    blocks = [slice(first, first + _NEURONS_AT_ONCE) for first in range(0, windows.shape[2], _NEURONS_AT_ONCE)]
    for rates, phase, count in zip(windows, phases, counts, strict=True):
        for block in blocks:  # float64 of one at a time
            so_far = np.cumsum(np.maximum(rates[:, block], 0.0, dtype=np.float64) / frame_rate_hz, axis=0)
            # the phase is in [0, 1): before the first frame the whole part is 0
            count[:, block] = np.diff(np.floor(so_far + phase[:, block]), axis=0, prepend=0.0)
    return counts.reshape(rates_hz.shape)


def _count_type(rates_hz: np.ndarray, frame_rate_hz: float) -> type[np.unsignedinteger]:
    if not rates_hz.size:
        return np.uint8
    lowest, highest = float(rates_hz.min()), float(rates_hz.max())  # NaN if any rate is
    largest = np.ceil(highest / frame_rate_hz) + 1  # one more than there can be, for the rounding of the sum
    if np.isfinite(lowest) and largest <= np.iinfo(np.uint16).max:
        return np.uint8 if largest <= np.iinfo(np.uint8).max else np.uint16
    raise RecordingError(
        "rates",
        got=f"values from {lowest:g} to {highest:g} Hz",
        expected=f"finite rates in Hz, at most {np.iinfo(np.uint16).max:,} spikes per frame at {frame_rate_hz:g} Hz",
        fix="leave out frames that the inference could not reach, and check the unit",
    )


def _require_rate(frame_rate_hz: float) -> None:
    if not (np.isfinite(frame_rate_hz) and frame_rate_hz > 0):
        raise RecordingError(
            "frame rate of spikes",
            got=f"{frame_rate_hz}",
            expected="a positive number of frames per second",
            fix="give the imaging rate in Hz",
        )
