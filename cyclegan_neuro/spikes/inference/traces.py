"""Networks over whole traces, in calls of bounded size."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from weakref import WeakKeyDictionary

import numpy as np
from scipy.signal import resample_poly

from cyclegan_neuro.spikes.inference.rate_models import RateModels

__all__ = ["FRAMES_PER_CALL", "rates_of_traces"]

FRAMES_PER_CALL = 1 << 14
"""Frames of all traces of a call: bounds the memory, and what one layer passes to the next stays in the caches."""

_LONGEST_TRACE = 1 << 12  # frames of one trace of a call; longer ones are read in overlapping parts

#: Built once for each level of networks that somebody still holds: building takes longer than a short recording.
_BUILT: WeakKeyDictionary[RateModels, dict[int, Callable]] = WeakKeyDictionary()


def rates_of_traces(
    rows: np.ndarray, models: RateModels, level: int, *, frame_rate_hz: float, ratio: Fraction = Fraction(1)
) -> np.ndarray:
    """Infer the rates of traces with the networks of one noise level.

    Parameters
    ----------
    rows : ndarray of float32, shape (trace, frame)
        ΔF/F as a fraction.
    models : RateModels
    level : int
    frame_rate_hz : float
        Of ``rows``.
    ratio : Fraction
        Frame rate that the traces are brought to for the networks, over ``frame_rate_hz``.

    Returns
    -------
    rates_hz : ndarray of float32, shape (trace, frame)
        At the frames of ``rows``; 0 where no window reaches.
    """
    if ratio == 1:
        return _padded(rows, models, level) * np.float32(frame_rate_hz)
    there = resample_poly(rows, ratio.numerator, ratio.denominator, axis=1, padtype="line").astype(np.float32)
    rates = _padded(there, models, level) * np.float32(frame_rate_hz * ratio)
    at = np.arange(rows.shape[1]) * float(ratio)
    return np.stack([np.interp(at, np.arange(rates.shape[1]), row) for row in rates]).astype(np.float32)


def _padded(rows: np.ndarray, models: RateModels, level: int) -> np.ndarray:
    """Return spikes per frame of traces, 0 at the frames that no window reaches."""
    result = np.zeros_like(rows)
    if rows.shape[1] < models.window_frames:
        return result
    ensemble = _ensemble(models, level)
    for traces, frames in _parts(rows.shape, models.window_frames):
        found = ensemble(rows[traces, frames, None]).numpy()[..., 0]
        first = frames.start + models.before_frames
        result[traces, first : first + found.shape[1]] = found
    return result


def _parts(shape: tuple[int, int], window: int) -> Iterator[tuple[slice, slice]]:
    """Cut (trace, frame) into calls; successive parts of a trace overlap by a window less one frame."""
    n_traces, n_frames = shape
    length = min(n_frames, _LONGEST_TRACE + window - 1)
    at_once = max(1, FRAMES_PER_CALL // length)
    for first in range(0, n_traces, at_once):
        for start in range(0, n_frames - window + 1, length - window + 1):
            yield slice(first, first + at_once), slice(start, min(n_frames, start + length))


def _ensemble(models: RateModels, level: int) -> Callable:
    built = _BUILT.setdefault(models, {})
    if level not in built:
        import tensorflow as tf

        from cyclegan_neuro.spikes.inference.network import ensemble

        network = ensemble(models.noise_levels[level], window_frames=models.window_frames)
        signature = [tf.TensorSpec((None, None, 1), tf.float32)]
        built[level] = tf.function(lambda dff: network(dff, training=False), input_signature=signature)
    return built[level]
