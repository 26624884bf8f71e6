"""Alignments that may know where a frame is: at which position, how long after an event, when in the window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import sparse

from cyclegan_neuro.evaluation.days.baselines.alignments import (
    Alignment,
    Table,
    Which,
    gain_and_shift,
    gains_and_shifts,
)
from cyclegan_neuro.evaluation.days.baselines.training_frames import chunks
from cyclegan_neuro.evaluation.days.baselines.transports import GaussianOT, shrunk_moments
from cyclegan_neuro.evaluation.days.translation import Frames
from cyclegan_neuro.interpret.binned import bins_of
from cyclegan_neuro.interpret.coordinates import Coordinate
from cyclegan_neuro.windows.prepared import PreparedPair

__all__ = [
    "PlaceMoments",
    "PlaceMomentsOT",
    "PlaceShift",
    "PlaceStatistics",
    "Places",
    "place_of",
    "statistics_per_place",
]

_LEAST_FRAMES = 10  # of a place on either day; with fewer the whole day stands for it


@dataclass(frozen=True, eq=False)
class Places:
    """Tells the place of every frame.

    Attributes
    ----------
    kind : {"position", "event", "window"}
    n : int
        Places; the number ``n`` itself stands for "none".
    bins : dict of str to ndarray of int64, shape (time,), optional
        Day → place of each frame; absent where the place is the time in the window.
    """

    kind: Literal["position", "event", "window"]
    n: int
    bins: dict[str, np.ndarray] | None = None

    @classmethod
    def along(cls, coordinate: Coordinate) -> Places:
        """Return the bins of a coordinate of both days."""
        bins = {day: place_of(getattr(coordinate, day), coordinate.edges) for day in ("x", "y")}
        return cls(coordinate.kind, len(coordinate.edges) - 1, bins)

    @classmethod
    def in_window(cls, window_frames: int) -> Places:
        """Return one place per frame of a window."""
        return cls("window", window_frames)

    def of(self, windows: np.ndarray, frames: Frames) -> np.ndarray:
        """Return the places of the frames of ``windows``: int64, (window, time)."""
        if self.bins is None:
            return np.broadcast_to(np.arange(self.n), windows.shape[:2])
        return self.bins[frames.day][frames.index]


def place_of(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Return the place of each value of a coordinate: its bin, and the number of bins for none; int64, (time,)."""
    bins = bins_of(values, edges)
    return np.where(bins < 0, len(edges) - 1, bins)


@dataclass(frozen=True, eq=False)
class PlaceStatistics:
    """Mean and standard deviation of each neuron at each place of one day, over training frames.

    Attributes
    ----------
    mean, std : ndarray of float64, shape (place + 1, neuron)
        In ΔF/F; the last row is that of all training frames, wherever they are.
    """

    mean: np.ndarray
    std: np.ndarray


def statistics_per_place(prepared: PreparedPair, places: Places) -> tuple[PlaceStatistics, PlaceStatistics]:
    """Return the statistics of both days.

    Places with fewer than 10 training frames on either day take those of the whole day, on both.
    """
    sums = [_sums(prepared, day, places) for day in ("x", "y")]
    rare = np.any([count < _LEAST_FRAMES for count, *_ in sums], axis=0)
    x, y = (_statistics(*parts, rare=rare) for parts in sums)
    return x, y


def _sums(prepared: PreparedPair, day, places: Places) -> tuple[np.ndarray, ...]:
    """Frames per place, sums and sums of squares around a pivot, and the pivot; the last row counts every frame."""
    shape = (places.n + 1, prepared.n_neurons)
    count, total, squares, pivot = np.zeros(shape[0]), np.zeros(shape), np.zeros(shape), None
    for dff, frames in chunks(prepared, day, as_windows=places.bins is None):
        rows, at = dff.reshape(-1, shape[1]).astype(np.float64), places.of(dff, frames).ravel()
        pivot = rows[0].copy() if pivot is None else pivot
        rows -= pivot
        into = sparse.csr_array((np.ones(len(at)), (at, np.arange(len(at)))), shape=(shape[0], len(at)))
        count += np.bincount(at, minlength=shape[0])
        total += into @ rows
        squares += into @ rows**2
    for values in (count, total, squares):
        values[-1] = values.sum(axis=0)
    return count, total, squares, pivot


def _statistics(count, total, squares, pivot, *, rare: np.ndarray) -> PlaceStatistics:
    n = np.maximum(count, 1)[:, None]
    mean = total / n
    std = np.sqrt(np.clip(squares / n - mean**2, 0.0, None))
    mean[rare], std[rare] = mean[-1], std[-1]
    return PlaceStatistics(mean + pivot, std)


@dataclass(frozen=True, eq=False)
class AtPlaces(Alignment):
    """An alignment that looks up the place of each frame."""

    places: Places
    _suffix = ""

    @property
    def name(self) -> str:
        return f"{self.places.kind}_{self._suffix}"


@dataclass(frozen=True, eq=False)
class PlaceShift(AtPlaces):
    """x + (tuning_y - tuning_x)(place): what a place adds on the other day, without any look at the frame's value.

    Attributes
    ----------
    places : Places
    change : ndarray of float32, shape (place + 1, neuron)
        tuning_y - tuning_x in ΔF/F.
    """

    change: np.ndarray
    _suffix = "shift"

    @classmethod
    def fit(cls, places: Places, x: PlaceStatistics, y: PlaceStatistics) -> PlaceShift:
        """Fit from the statistics of both days."""
        return cls(places, (y.mean - x.mean).astype(np.float32))

    def move(self, windows, to, frames):
        change = self.change[self.places.of(windows, frames)]
        return windows + change if to == "y" else windows - change


@dataclass(frozen=True, eq=False)
class PlaceMoments(AtPlaces):
    """The z-score of a frame at its place, with the mean and standard deviation of the other day there.

    Attributes
    ----------
    places : Places
    to : dict of str to tuple of ndarray of float32, shape (place + 1, neuron)
        Day that is made → gain and shift.
    """

    to: dict[Which, Table]
    _suffix = "moments"

    @classmethod
    def fit(cls, places: Places, x: PlaceStatistics, y: PlaceStatistics) -> PlaceMoments:
        """Fit from the statistics of both days; a neuron that is constant at a place takes the other day's mean."""
        return cls(places, gains_and_shifts(x, y))

    def move(self, windows, to, frames):
        return _scaled(windows, self.places.of(windows, frames), self.to[to])


@dataclass(frozen=True, eq=False)
class PlaceMomentsOT(AtPlaces):
    """As :class:`PlaceMoments`, with Gaussian optimal transport of the z-scores: the other day's correlations too.

    Attributes
    ----------
    places : Places
    to_z, from_z : dict of str to tuple of ndarray of float32, shape (place + 1, neuron)
        Day → gain and shift to z-scores at each place, and back.
    transport : GaussianOT
        Between the z-scores of both days.
    """

    to_z: dict[Which, Table]
    from_z: dict[Which, Table]
    transport: GaussianOT
    _suffix = "moments_ot"

    @classmethod
    def fit(
        cls, prepared: PreparedPair, places: Places, x: PlaceStatistics, y: PlaceStatistics, *, shrinkage=None
    ) -> PlaceMomentsOT:
        """Fit to the training frames; a shrinkage that is absent is chosen on validation frames."""
        days = {"x": x, "y": y}
        normal = {day: (np.zeros_like(found.mean), np.ones_like(found.std)) for day, found in days.items()}
        to_z = {day: gain_and_shift(found.mean, found.std, *normal[day]) for day, found in days.items()}
        from_z = {day: (found.std.astype(np.float32), found.mean.astype(np.float32)) for day, found in days.items()}
        z_scores = lambda dff, frames: _scaled(dff, places.of(dff, frames), to_z[frames.day])  # noqa: E731
        *fitted, chosen = shrunk_moments(prepared, shrinkage, seen=z_scores, as_windows=places.bins is None)
        return cls(places, to_z, from_z, GaussianOT.fit(*fitted, shrinkage=chosen))

    @property
    def shrinkage(self) -> float:
        return self.transport.shrinkage

    def move(self, windows, to, frames):
        at = self.places.of(windows, frames)
        z_scores = _scaled(windows, at, self.to_z["x" if to == "y" else "y"])
        return _scaled(self.transport.move(z_scores, to, frames), at, self.from_z[to])


def _scaled(windows: np.ndarray, at: np.ndarray, table: Table) -> np.ndarray:
    gain, shift = table
    return windows * gain[at] + shift[at]
