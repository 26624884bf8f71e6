"""Match mean and variance at each place, without and with what neurons do together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from cyclegan_neuro.evaluation.days.baselines._alignment import Alignment
from cyclegan_neuro.evaluation.days.baselines.gaussian_ot import GaussianOT, choose_shrinkage
from cyclegan_neuro.evaluation.days.baselines.moment_matching import gain_and_shift
from cyclegan_neuro.evaluation.days.baselines.places import Places, PlaceStatistics
from cyclegan_neuro.evaluation.days.baselines.training_frames import chunks, moments_of
from cyclegan_neuro.evaluation.days.translation import Frames
from cyclegan_neuro.windows.prepared import PreparedPair

__all__ = ["PlaceMoments", "PlaceMomentsOT"]

_Table = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True, eq=False)
class PlaceMoments(Alignment):
    """The z-score of a frame at its place, with the mean and standard deviation of the other day there.

    Attributes
    ----------
    places : Places
    to_day_y, to_day_x : tuple of ndarray of float32, shape (place + 1, neuron)
        Gain and shift.
    """

    places: Places
    to_day_y: _Table
    to_day_x: _Table

    @classmethod
    def fit(cls, places: Places, x: PlaceStatistics, y: PlaceStatistics) -> PlaceMoments:
        """Fit from the statistics of both days; a neuron that is constant at a place takes the other day's mean."""
        forward, backward = (gain_and_shift(a.mean, a.std, b.mean, b.std) for a, b in ((x, y), (y, x)))
        return cls(places, forward, backward)

    @property
    def name(self) -> str:
        return f"{self.places.kind}_moments"

    def forward(self, windows: np.ndarray, frames: Frames | None = None) -> np.ndarray:
        """Translate from day x to day y."""
        return _scaled(windows, self.places.of(windows, frames), self.to_day_y)

    def backward(self, windows: np.ndarray, frames: Frames | None = None) -> np.ndarray:
        """Translate from day y to day x."""
        return _scaled(windows, self.places.of(windows, frames), self.to_day_x)


@dataclass(frozen=True, eq=False)
class PlaceMomentsOT(Alignment):
    """As :class:`PlaceMoments`, with Gaussian optimal transport of the z-scores: the other day's correlations too.

    Attributes
    ----------
    places : Places
    to_z, from_z : dict of str to tuple of ndarray of float32, shape (place + 1, neuron)
        Day → gain and shift to z-scores at each place, and back.
    transport : GaussianOT
        Between the z-scores of both days.
    """

    places: Places
    to_z: dict[str, _Table]
    from_z: dict[str, _Table]
    transport: GaussianOT

    @classmethod
    def fit(
        cls,
        prepared: PreparedPair,
        places: Places,
        x: PlaceStatistics,
        y: PlaceStatistics,
        *,
        shrinkage: float | None = None,
    ) -> PlaceMomentsOT:
        """Fit to the training frames; a shrinkage that is absent is chosen on validation frames."""
        days = {"x": x, "y": y}
        normal = {day: (np.zeros_like(found.mean), np.ones_like(found.std)) for day, found in days.items()}
        to_z = {day: gain_and_shift(found.mean, found.std, *normal[day]) for day, found in days.items()}
        from_z = {day: (found.std.astype(np.float32), found.mean.astype(np.float32)) for day, found in days.items()}

        def moments(which):
            return tuple(moments_of(_z_scores(prepared, places, day, which, to_z[day])) for day in ("x", "y"))

        fitted = moments("train")
        chosen = choose_shrinkage(fitted, moments("validation")) if shrinkage is None else shrinkage
        return cls(places, to_z, from_z, GaussianOT.fit(*fitted, shrinkage=chosen))

    @property
    def name(self) -> str:
        return f"{self.places.kind}_moments_ot"

    @property
    def shrinkage(self) -> float:
        return self.transport.shrinkage

    def forward(self, windows: np.ndarray, frames: Frames | None = None) -> np.ndarray:
        """Translate from day x to day y."""
        at = self.places.of(windows, frames)
        return _scaled(self.transport.forward(_scaled(windows, at, self.to_z["x"])), at, self.from_z["y"])

    def backward(self, windows: np.ndarray, frames: Frames | None = None) -> np.ndarray:
        """Translate from day y to day x."""
        at = self.places.of(windows, frames)
        return _scaled(self.transport.backward(_scaled(windows, at, self.to_z["y"])), at, self.from_z["x"])


def _scaled(windows: np.ndarray, at: np.ndarray, table: _Table) -> np.ndarray:
    gain, shift = table
    return windows * gain[at] + shift[at]


def _z_scores(
    prepared: PreparedPair, places: Places, day: Literal["x", "y"], which: Literal["train", "validation"], table: _Table
) -> Iterator[np.ndarray]:
    for dff, frames in chunks(prepared, day, which=which, as_windows=places.bins is None):
        yield _scaled(dff, places.of(dff, frames), table)
