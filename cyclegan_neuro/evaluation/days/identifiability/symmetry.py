"""Does any other turn of the track, or exchange of cells, make a translated map agree as well with the other day's?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.stats import t as student

from cyclegan_neuro.evaluation.days.beyond.parts import Part, leave_one_out
from cyclegan_neuro.evaluation.days.turned_maps import are_turns, turned_correlations
from cyclegan_neuro.recordings.events import laps_by_position
from cyclegan_neuro.recordings.recording import Behaviour

__all__ = ["LapSums", "Symmetry", "find_symmetry", "lap_sums"]

_LEVEL = 0.05
_LEAST_LAPS = 4
_PERMUTATIONS = 1000

LapSums = tuple[np.ndarray, np.ndarray]
"""Sums of ΔF/F (lap, place, neuron) and frames (lap, place, 1)."""


@dataclass(frozen=True, eq=False)
class Symmetry:
    """How well a map agrees with a day's at every turn of the track.

    Attributes
    ----------
    correlations : ndarray of float64, shape (2, place)
        Mean over neurons, forwards and reversed, at every shift; ``[0, 0]`` as it stands.
    errors : ndarray of float64, shape (2, place)
        Standard errors of the difference to ``[0, 0]``, from a jackknife over laps of either day.
    error : float
        Of ``[0, 0]`` itself.
    freedom : int
        Degrees of freedom of the errors.
    near : int
        Places over which the other day's own map correlates 0.5 or more with itself: shifts by so little are no turns.
    cells : ndarray of float64, shape (permutation,)
        Correlation as it stands, with cells permuted.
    """

    correlations: np.ndarray
    errors: np.ndarray
    error: float
    freedom: int
    near: int
    cells: np.ndarray

    @property
    def correlation(self) -> float:
        """As it stands."""
        return float(self.correlations[0, 0])

    @property
    def best(self) -> tuple[int, int]:
        """The best turn: whether it is reversed, and its shift in places."""
        turned = np.where(self._turns, self.correlations, -np.inf)
        return tuple(int(index) for index in np.unravel_index(np.argmax(turned), turned.shape))  # type: ignore[return-value]

    @property
    def advantage(self) -> tuple[float, float, float]:
        """As it stands less at the best turn, and its 95 % interval."""
        return self._interval(self.correlation - self.correlations[self.best], self.errors[self.best])

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the correlation as it stands."""
        return self._interval(self.correlation, self.error)[1:]

    @property
    def n_turns(self) -> int:
        return int(self._turns.sum())

    @property
    def n_open(self) -> int:
        """Turns at which the map may agree as well: the interval of the difference is not above 0."""
        return int((self._turns & (self.correlations[0, 0] - self.correlations <= self._reach * self.errors)).sum())

    @property
    def turned(self) -> bool:
        """Whether the best turn is better than none, at 5 % for all turns together (Bonferroni)."""
        least = student.isf(_LEVEL / 2 / self.n_turns, self.freedom) * self.errors[self.best]
        return bool(self.correlations[self.best] - self.correlation > least)

    @property
    def p_cells(self) -> float:
        """Of the correlation as it stands, against permuted cells."""
        return float((1 + (self.cells >= self.correlation).sum()) / (1 + len(self.cells)))

    @property
    def _turns(self) -> np.ndarray:
        return are_turns(self.correlations.shape[1], near=self.near)

    @property
    def _reach(self) -> float:
        return float(student.isf(_LEVEL / 2, self.freedom))

    def _interval(self, value: float, error: float) -> tuple[float, float, float]:
        return float(value), float(value - self._reach * error), float(value + self._reach * error)

    def to_json(self) -> dict:
        """Return what ``metrics.json`` holds of it; the shift is in places."""
        return {
            "correlation": self.correlation, "correlation_ci95": self.interval, "best_turn": self.best,
            "advantage": self.advantage[0], "advantage_ci95": self.advantage[1:], "turns": self.n_turns,
            "open_turns": self.n_open, "near": self.near, "turned": self.turned,
            "cells_permuted": float(self.cells.mean()), "p_cells": self.p_cells,
        }  # fmt: skip


def lap_sums(part: Part, dff: np.ndarray, behaviour: Behaviour, *, n_places: int) -> LapSums:
    """Sum a part of a day up by lap and place.

    Parameters
    ----------
    part : Part
        With positions as places.
    dff : ndarray, shape (row, neuron)
        Recorded or translated, at the frames of ``part``.
    behaviour : Behaviour
        Of the day.
    n_places : int
    """
    trial = laps_by_position(behaviour.position_cm) if behaviour.trial is None else behaviour.trial
    lap, known = trial[part.frames], part.at < n_places
    known &= lap >= 0
    numbers, lap = np.unique(lap[known], return_inverse=True)
    group, size = lap * n_places + part.at[known], len(numbers) * n_places
    into = sparse.csr_array((np.ones(len(group)), (group, np.arange(len(group)))), shape=(size, len(group)))
    shape = (len(numbers), n_places, -1)
    return (into @ dff[known].astype(np.float64)).reshape(shape), into.sum(axis=1).reshape(shape)


def find_symmetry(made: LapSums, target: LapSums, *, seed: int = 0) -> Symmetry | None:
    """Correlate a map with another at every turn; None with fewer than 4 laps of either, 4 places or 3 cells."""
    if min(len(made[0]), len(target[0])) < _LEAST_LAPS:
        return None
    all_a, all_b = (_curves(laps) for laps in (made, target))
    places = np.isfinite(all_a).all(axis=(0, 2)) & np.isfinite(all_b).all(axis=(0, 2))
    if places.sum() < 4:
        return None
    a, b = all_a[:, places], all_b[:, places]
    neurons = np.isfinite(turned_correlations(a[0], b[0])).all(axis=(0, 1))
    if neurons.sum() < 3:
        return None
    a, b = a[..., neurons], b[..., neurons]
    whole = turned_correlations(a[0], b[0]).mean(axis=2)
    without = [[turned_correlations(one, b[0]) for one in a[1:]], [turned_correlations(a[0], one) for one in b[1:]]]
    variance, variances = 0.0, np.zeros(whole.shape)
    for laps in without:
        replicates = np.nanmean(laps, axis=3)
        variance += (len(laps) - 1) * replicates[:, 0, 0].var()
        variances += (len(laps) - 1) * (replicates[:, :1, :1] - replicates).var(axis=0)
    freedom = min(len(laps) for laps in without) - 1
    near = _width(b[0])
    return Symmetry(whole, np.sqrt(variances), float(np.sqrt(variance)), freedom, near, _permuted(a[0], b[0], seed))


def _curves(laps: LapSums) -> np.ndarray:
    """Mean of all laps and without each: (1 + lap, place, neuron); NaN where a place was not visited."""
    total, count = (leave_one_out(values) for values in laps)
    return np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)


def _width(target: np.ndarray) -> int:
    """Return the shift, in places, up to which a map correlates 0.5 or more with itself, at most a quarter."""
    alike = turned_correlations(target, target)[0].mean(axis=1)
    return int(np.clip(np.argmax(alike < 0.5) - 1, 1, len(target) // 4))


def _permuted(a: np.ndarray, b: np.ndarray, seed: int) -> np.ndarray:
    """Mean correlation of the curves of each cell (place, neuron) with those of another cell."""
    a, b = ((own - own.mean(axis=0)) / (own.std(axis=0) * np.sqrt(len(own))) for own in (a, b))
    rng, n = np.random.default_rng(seed), a.shape[1]
    pairs = a.T @ b
    return np.array([pairs[np.arange(n), rng.permutation(n)].mean() for _ in range(_PERMUTATIONS)])
