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
    "distance_at_places",
    "place_of",
    "scaled_at",
    "statistics_per_place",
    "z_score_tables",
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
    error : ndarray of float64, shape (place + 1, neuron)
        Standard error of the mean, over visits: frames of one visit are not independent.
    """

    mean: np.ndarray
    std: np.ndarray
    error: np.ndarray


def statistics_per_place(prepared: PreparedPair, places: Places) -> tuple[PlaceStatistics, PlaceStatistics]:
    """Return the statistics of both days.

    Places with fewer than 10 training frames on either day take those of the whole day, on both.
    """
    sums = [_sums(prepared, day, places) for day in ("x", "y")]
    rare = np.any([count < _LEAST_FRAMES for count, *_ in sums], axis=0)
    x, y = (_statistics(*parts, rare=rare) for parts in sums)
    return x, y


def distance_at_places(prepared: PreparedPair, places: Places, alignment: Alignment) -> float:
    """Return how far tuning of translated validation frames is from recorded; doing nothing has 1.

    Parameters
    ----------
    prepared : PreparedPair
    places : Places
    alignment : Alignment

    Returns
    -------
    float
        Root mean square over places (weighted by the frames that both days have there) and neurons of the difference
        of means, in standard deviations of the recorded day, of G(x) from y and F(y) from x; each divided by that of x
        and y, and averaged.
    """
    days: tuple[Which, Which] = ("x", "y")
    recorded = {day: _sums(prepared, day, places, which="validation") for day in days}
    distances = []
    for day, to in (days, days[::-1]):
        moved = _sums(
            prepared, day, places, which="validation", move=lambda dff, at, to=to: alignment.move(dff, to, at)
        )
        apart = _apart(recorded[to], recorded[day])
        distances.append(_apart(recorded[to], moved) / apart if apart else 1.0)
    return float(np.mean(distances))


def _apart(recorded: tuple, other: tuple) -> float:
    found = [_statistics(*parts, rare=parts[0] == 0) for parts in (recorded, other)]
    weight = np.minimum(recorded[0], other[0])[:-1]
    spread = np.where(found[0].std[-1] > 0, found[0].std[-1], np.inf)
    squares = (((found[0].mean - found[1].mean)[:-1] / spread) ** 2).mean(axis=1)
    return float(np.sqrt((weight * squares).sum() / max(weight.sum(), 1)))


def _sums(prepared: PreparedPair, day, places: Places, *, which="train", move=None) -> tuple:
    """Sums over frames around a pivot: frames per place, values, squares; then over visits; and the pivot.

    The last row of those over frames counts every frame.
    """
    shape = (places.n + 1, prepared.n_neurons)
    count, total, squares, pivot = np.zeros(shape[0]), np.zeros(shape), np.zeros(shape), None
    visits = _Visits(*shape)
    for dff, frames in chunks(prepared, day, which=which, as_windows=places.bins is None):
        dff = dff if move is None else move(dff, frames)
        rows, at = dff.reshape(-1, shape[1]).astype(np.float64), places.of(dff, frames).ravel()
        pivot = rows[0].copy() if pivot is None else pivot
        rows -= pivot
        into = sparse.csr_array((np.ones(len(at)), (at, np.arange(len(at)))), shape=(shape[0], len(at)))
        count += np.bincount(at, minlength=shape[0])
        total += into @ rows
        squares += into @ rows**2
        visits.add(rows, at)
    for values in (count, total, squares):
        values[-1] = values.sum(axis=0)
    return count, total, squares, visits, pivot


def _statistics(count, total, squares, visits: _Visits, pivot, *, rare: np.ndarray) -> PlaceStatistics:
    n = np.maximum(count, 1)[:, None]
    mean = total / n
    std = np.sqrt(np.clip(squares / n - mean**2, 0.0, None))
    error = visits.error(mean, n)
    for values in (mean, std, error):
        values[rare] = values[-1]
    return PlaceStatistics(mean + pivot, std, error)


class _Visits:
    """Sums over visits, stretches of frames at one place; the last row has those at none."""

    def __init__(self, n_places: int, n_neurons: int):
        self._frames = np.zeros((n_places, 1))
        self._cross, self._squares = np.zeros((2, n_places, n_neurons))

    def add(self, rows: np.ndarray, at: np.ndarray) -> None:
        """Take in consecutive frames."""
        begins = np.flatnonzero(np.diff(at, prepend=-1))
        length, total = np.diff(begins, append=len(at))[:, None], np.add.reduceat(rows, begins)
        np.add.at(self._frames, at[begins], length**2)
        np.add.at(self._cross, at[begins], length * total)
        np.add.at(self._squares, at[begins], total**2)

    def error(self, mean: np.ndarray, n_frames: np.ndarray) -> np.ndarray:
        """Return the standard error of means over ``n_frames``: of each place, and of all frames."""
        for values in (self._frames, self._cross, self._squares):
            values[-1] = values.sum(axis=0)
        apart = self._squares - 2 * mean * self._cross + mean**2 * self._frames
        return np.sqrt(np.clip(apart, 0.0, None)) / n_frames


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

    The difference of each neuron is shrunk as far as sampling alone explains it (James & Stein 1961, positive part):
    by 1 - Σ error² / Σ difference² over places.

    Attributes
    ----------
    places : Places
    change : ndarray of float32, shape (place + 1, neuron)
        tuning_y - tuning_x in ΔF/F, shrunk.
    """

    change: np.ndarray
    _suffix = "shift"

    @classmethod
    def fit(cls, places: Places, x: PlaceStatistics, y: PlaceStatistics) -> PlaceShift:
        """Fit from the statistics of both days."""
        change, error = y.mean - x.mean, (x.error**2 + y.error**2)[:-1].sum(axis=0)
        size = (change[:-1] ** 2).sum(axis=0)
        kept = 1 - np.divide(error, size, out=np.ones_like(size), where=size > error)
        if places.bins is None:  # y is Φ(X): both days sample the same frames, and their errors cancel
            kept = np.ones_like(kept)
        return cls(places, (change * kept).astype(np.float32))

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
        return scaled_at(windows, self.places.of(windows, frames), self.to[to])


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
        to_z, from_z = z_score_tables(x, y)
        z_scores = lambda dff, frames: scaled_at(dff, places.of(dff, frames), to_z[frames.day])  # noqa: E731
        *fitted, chosen = shrunk_moments(prepared, shrinkage, seen=z_scores, as_windows=places.bins is None)
        return cls(places, to_z, from_z, GaussianOT.fit(*fitted, shrinkage=chosen))

    @property
    def shrinkage(self) -> float:
        return self.transport.shrinkage

    def move(self, windows, to, frames):
        at = self.places.of(windows, frames)
        z_scores = scaled_at(windows, at, self.to_z["x" if to == "y" else "y"])
        return scaled_at(self.transport.move(z_scores, to, frames), at, self.from_z[to])


def z_score_tables(x: PlaceStatistics, y: PlaceStatistics) -> tuple[dict[Which, Table], dict[Which, Table]]:
    """Return gain and shift to z-scores at each place, and back, of day x and day y: float32, (place + 1, neuron)."""
    days: dict[Which, PlaceStatistics] = {"x": x, "y": y}
    to_z = {
        day: gain_and_shift(found.mean, found.std, np.zeros_like(found.mean), np.ones_like(found.std))
        for day, found in days.items()
    }
    return to_z, {day: (found.std.astype(np.float32), found.mean.astype(np.float32)) for day, found in days.items()}


def scaled_at(windows: np.ndarray, at: np.ndarray, table: Table) -> np.ndarray:
    """Return windows (window, time, neuron) times the gain, plus the shift, that each frame ``at`` a row has."""
    gain, shift = table
    return windows * gain[at] + shift[at]
