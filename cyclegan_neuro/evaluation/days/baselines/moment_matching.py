"""Match each neuron's mean and variance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cyclegan_neuro.evaluation.days.baselines._alignment import Alignment
from cyclegan_neuro.evaluation.days.baselines.training_frames import Moments
from cyclegan_neuro.evaluation.days.translation import Frames

__all__ = ["MomentMatching", "gain_and_shift"]


@dataclass(frozen=True, eq=False)
class MomentMatching(Alignment):
    """Give every neuron the mean and standard deviation that it has on the other day.

    Attributes
    ----------
    to_day_y, to_day_x : tuple of ndarray of float32, shape (neuron,)
        Gain and shift.
    """

    to_day_y: tuple[np.ndarray, np.ndarray]
    to_day_x: tuple[np.ndarray, np.ndarray]
    name: str = "moment_matching"

    @classmethod
    def fit(cls, x: Moments, y: Moments) -> MomentMatching:
        """Fit from the moments of both days; a constant neuron takes the other day's mean."""
        return cls(gain_and_shift(x.mean, x.std, y.mean, y.std), gain_and_shift(y.mean, y.std, x.mean, x.std))

    def forward(self, windows: np.ndarray, frames: Frames | None = None) -> np.ndarray:
        """Translate from day x to day y."""
        gain, shift = self.to_day_y
        return windows * gain + shift

    def backward(self, windows: np.ndarray, frames: Frames | None = None) -> np.ndarray:
        """Translate from day y to day x."""
        gain, shift = self.to_day_x
        return windows * gain + shift


def gain_and_shift(source_mean, source_std, target_mean, target_std) -> tuple[np.ndarray, np.ndarray]:
    """Return gain and shift, float32, that give the source the mean and standard deviation of the target.

    All arrays have the same shape and are in ΔF/F. What is constant in the source takes the mean of the target.
    """
    alive = source_std > 1e-9
    gain = np.divide(target_std, source_std, out=np.zeros_like(target_std), where=alive)
    return gain.astype(np.float32), (target_mean - source_mean * gain).astype(np.float32)
