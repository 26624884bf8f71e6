"""Where a frame is, for alignments that may know it: position, time since an event, or time in the window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import sparse

from cyclegan_neuro.evaluation.days.baselines.training_frames import chunks
from cyclegan_neuro.evaluation.days.translation import Frames
from cyclegan_neuro.interpret.binned import bins_of
from cyclegan_neuro.interpret.coordinates import Coordinate
from cyclegan_neuro.windows.prepared import PreparedPair

__all__ = ["PlaceStatistics", "Places", "statistics_per_place"]

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
        n = len(coordinate.edges) - 1
        bins = {day: bins_of(getattr(coordinate, day), coordinate.edges) for day in ("x", "y")}
        return cls(coordinate.kind, n, {day: np.where(found < 0, n, found) for day, found in bins.items()})

    @classmethod
    def in_window(cls, window_frames: int) -> Places:
        """Return one place per frame of a window."""
        return cls("window", window_frames)

    def of(self, windows: np.ndarray, frames: Frames) -> np.ndarray:
        """Return the places of the frames of ``windows``: int64, (window, time)."""
        if self.bins is None:
            return np.broadcast_to(np.arange(self.n), windows.shape[:2])
        return self.bins[frames.day][frames.index]


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
