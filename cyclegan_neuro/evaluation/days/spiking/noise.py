"""Noise that makes two recorded days equally noisy, so that a difference in noise is not taken for one in spikes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cyclegan_neuro.recordings.calcium import white_noise_sd

__all__ = ["TOLERANCE", "NoiseMatch"]

TOLERANCE = 0.1
"""Largest difference of median levels, as a part of the smaller, that counts as none.

Activity moves the levels too: simulated days of equal noise differ by up to 4 %.
"""


@dataclass(frozen=True, eq=False)
class NoiseMatch:
    """Noise levels of both recorded days, neuron by neuron.

    Attributes
    ----------
    levels : mapping of str to ndarray of float64, shape (neuron,)
        Of days ``"x"`` and ``"y"``, in % per sqrt(Hz) (``recordings.noise.noise_levels``).
    frame_rate_hz : float

    Examples
    --------
    >>> match = NoiseMatch({"x": np.array([3.0, 1.0]), "y": np.array([5.0, 1.0])}, 24.0)
    >>> match.medians, match.differ, match.target
    ({'x': 2.0, 'y': 3.0}, True, array([5., 1.]))
    """

    levels: Mapping[str, np.ndarray]
    frame_rate_hz: float

    @property
    def medians(self) -> dict[str, float]:
        """Median level over neurons, by day."""
        return {day: float(np.median(levels)) for day, levels in self.levels.items()}

    @property
    def differ(self) -> bool:
        """Whether the medians differ by more than :data:`TOLERANCE`."""
        low, high = sorted(self.medians.values())
        return high > (1.0 + TOLERANCE) * low

    @property
    def target(self) -> np.ndarray:
        """The higher level of each neuron, which it has on both days once noise was added; (neuron,)."""
        return np.maximum(self.levels["x"], self.levels["y"])

    def added_sd(self, day: str) -> np.ndarray:
        """Return the standard deviation in ΔF/F of what day ``"x"`` or ``"y"`` lacks; (neuron,).

        Variances of independent noise add up, and levels are proportional to standard deviations.
        """
        lacking = np.sqrt(np.maximum(self.target**2 - self.levels[day] ** 2, 0.0))
        return np.asarray(white_noise_sd(lacking, self.frame_rate_hz))

    def noisy(self, dff: np.ndarray, day: str, *, rng: np.random.Generator) -> np.ndarray:
        """Return ΔF/F (frame, neuron) of a day, or of a signal that stands for it, with what the day lacks."""
        added = rng.standard_normal(dff.shape, np.float32) * self.added_sd(day).astype(np.float32)
        return dff + added
