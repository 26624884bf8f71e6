"""Shift each neuron by the difference of its tuning curves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cyclegan_neuro.evaluation.days.baselines._alignment import Alignment
from cyclegan_neuro.evaluation.days.baselines.places import Places, PlaceStatistics
from cyclegan_neuro.evaluation.days.translation import Frames

__all__ = ["PlaceShift"]


@dataclass(frozen=True, eq=False)
class PlaceShift(Alignment):
    """x + (tuning_y - tuning_x)(place): what a place adds on the other day, without any look at the frame's value.

    Attributes
    ----------
    places : Places
    change : ndarray of float32, shape (place + 1, neuron)
        tuning_y - tuning_x in ΔF/F.
    """

    places: Places
    change: np.ndarray

    @classmethod
    def fit(cls, places: Places, x: PlaceStatistics, y: PlaceStatistics) -> PlaceShift:
        """Fit from the statistics of both days."""
        return cls(places, (y.mean - x.mean).astype(np.float32))

    @property
    def name(self) -> str:
        return f"{self.places.kind}_shift"

    def forward(self, windows: np.ndarray, frames: Frames | None = None) -> np.ndarray:
        """Translate from day x to day y."""
        return windows + self.change[self.places.of(windows, frames)]

    def backward(self, windows: np.ndarray, frames: Frames | None = None) -> np.ndarray:
        """Translate from day y to day x."""
        return windows - self.change[self.places.of(windows, frames)]
