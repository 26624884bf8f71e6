"""A recording at another frame rate, stretch by stretch between gaps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import numpy as np
from scipy.signal import resample_poly

from cyclegan_neuro.recordings.frames import segments
from cyclegan_neuro.recordings.recording import COUNTS, Behaviour, Recording, Truth

__all__ = ["resample"]

_MAX_DENOMINATOR = 1000


def resample(recording: Recording, rate_hz: float) -> Recording:
    """Bring a recording to ``rate_hz``.

    Parameters
    ----------
    recording : Recording
        Without NaN or infinite values in ``dff``.
    rate_hz : float
        Wanted frame rate; the ratio of rates is taken as the nearest fraction with a denominator up to 1,000.

    Returns
    -------
    Recording
        ΔF/F filtered against aliasing and resampled (polyphase). Position and speed are interpolated
        linearly, but position only within a trial and not across a jump of half its range (the end of a lap);
        trial numbers and the true hidden state are those of the nearest frame; licks, rewards, events and true
        spikes keep their counts.
        New gaps lie where the old ones were.

    Notes
    -----
    Frame 0 of each stretch keeps its time. scipy's Kaiser-windowed filter is used as it is.
    """
    ratio = Fraction(rate_hz / recording.frame_rate_hz).limit_denominator(_MAX_DENOMINATOR)
    if ratio == 1:
        return recording
    parts = [_Stretch(start, stop, ratio) for start, stop in segments(recording.n_frames, recording.gaps)]
    lengths = np.cumsum([part.n_frames for part in parts])
    return replace(
        recording,
        dff=_joined(_Stretch.matrix, recording.dff, parts),
        frame_rate_hz=float(recording.frame_rate_hz * ratio),
        behaviour=_behaviour(recording.behaviour, parts),
        gaps=(lengths[:-1] - 1).astype(np.int64),
        truth=None if recording.truth is None else _truth(recording.truth, parts),
    )


class _Stretch:
    """Old frames ``start`` to ``stop`` and the new frames that cover them."""

    def __init__(self, start: int, stop: int, ratio: Fraction):
        self.old, self.ratio = slice(start, stop), ratio
        n_old = stop - start
        self.n_frames = -(-n_old * ratio.numerator // ratio.denominator)
        self.time = np.minimum(np.arange(self.n_frames) / float(ratio), n_old - 1)  # in old frames
        self.new_of_old = np.arange(n_old) * ratio.numerator // ratio.denominator

    def matrix(self, values: np.ndarray) -> np.ndarray:
        part = values[self.old]
        new = resample_poly(part, self.ratio.numerator, self.ratio.denominator, axis=0, padtype="line")
        return new.astype(values.dtype, copy=False)

    def counts(self, values: np.ndarray) -> np.ndarray:
        part = values[self.old]
        new = np.zeros((self.n_frames, *part.shape[1:]), np.int64)
        np.add.at(new, self.new_of_old, part)
        return np.minimum(new, np.iinfo(values.dtype).max).astype(values.dtype)

    def nearest(self, values: np.ndarray) -> np.ndarray:
        return values[self.old][np.rint(self.time).astype(np.int64)]

    def linear(self, values: np.ndarray, broken: np.ndarray | None = None) -> np.ndarray:
        """Interpolate; where ``broken`` (shape (time - 1,)) says so, take the nearest frame instead."""
        part = values[self.old]
        left = np.minimum(self.time.astype(np.int64), max(0, len(part) - 2))
        right = np.minimum(left + 1, len(part) - 1)
        weight = self.time - left
        whole = weight == 0  # so that a NaN on the right stays there
        mixed = np.where(whole, part[left], (1 - weight) * part[left] + weight * part[right])
        if broken is not None and len(part) > 1:
            mixed = np.where(broken[left], part[np.rint(self.time).astype(np.int64)], mixed)
        return mixed.astype(values.dtype)


def _joined(bring: Callable[..., np.ndarray], values: np.ndarray, parts: list[_Stretch]) -> np.ndarray:
    return np.concatenate([bring(part, values) for part in parts])


def _behaviour(behaviour: Behaviour, parts: list[_Stretch]) -> Behaviour:
    bring = {
        **dict.fromkeys(COUNTS, _Stretch.counts),
        "trial": _Stretch.nearest,
        "speed_cm_s": _Stretch.linear,
        "position_cm": lambda part, values: part.linear(values, _breaks(behaviour, part)),
    }
    return Behaviour(**{name: _joined(bring[name], values, parts) for name, values in behaviour.available().items()})


def _breaks(behaviour: Behaviour, part: _Stretch) -> np.ndarray:
    """Say between which frames position is not continuous: another trial, or a jump back to the start."""
    position = behaviour.position_cm
    known = position[np.isfinite(position)]
    half_range = np.ptp(known) / 2 if known.size else 0.0
    broken = (
        np.abs(np.diff(position[part.old])) > half_range
        if half_range
        else np.zeros(part.old.stop - part.old.start - 1, bool)
    )
    if behaviour.trial is not None:
        broken = broken | (np.diff(behaviour.trial[part.old]) != 0)
    return broken


def _truth(truth: Truth, parts: list[_Stretch]) -> Truth:
    return replace(
        truth,
        spikes=_joined(_Stretch.counts, truth.spikes, parts),
        other_day_dff=_joined(_Stretch.matrix, truth.other_day_dff, parts),
        other_day_spikes=_joined(_Stretch.counts, truth.other_day_spikes, parts),
        state=None if truth.state is None else _joined(_Stretch.nearest, truth.state, parts),
    )
