"""An alignment for changes of timing: a filter in time for every neuron."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy.optimize import nnls

from cyclegan_neuro.evaluation.days.baselines.alignments import Which, gain_and_shift
from cyclegan_neuro.evaluation.days.baselines.places import AtPlaces, Places, statistics_per_place
from cyclegan_neuro.evaluation.days.baselines.training_frames import Moments, MomentSums, chunks, spread_of
from cyclegan_neuro.evaluation.days.translation import Frames
from cyclegan_neuro.windows.prepared import PreparedPair

__all__ = ["RIDGES", "Filter", "LateTuning", "PlaceFilter"]

RIDGES = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, np.inf)
"""Those that are chosen from, in units of the regressors' variance; with the last the filter does nothing."""
_REACH_S = 1.5
_STEP_S = 0.125  # between taps, and between latencies
_LATEST_S = 1.25
Part = Literal["train", "validation"]
_FITTED: tuple[Part, ...] = ("train", "validation")


@dataclass(frozen=True, eq=False)
class LateTuning:
    """Tuning of one day to the place where the animal was some time before, which differs between neurons.

    The latency (calcium is late, and so may the response be) is the one that explains most variance of training
    frames. Tuning to the place at the frame itself would depend on how fast the animal runs.

    Attributes
    ----------
    places : Places
    late : ndarray of int64, shape (neuron,)
        Frames, 0 to 1.25 s.
    mean : ndarray of float32, shape (place + 1, neuron)
        In ΔF/F.
    """

    places: Places
    late: np.ndarray
    mean: np.ndarray

    def of(self, frames: Frames, neurons: slice = slice(None)) -> np.ndarray:
        """Return what is expected at these frames, float32, (window, time, neuron)."""
        earlier = np.maximum(frames.index[..., None] - self.late[neurons], 0)
        mean = self.mean[:, neurons]
        return mean[self.places.bins[frames.day][earlier], np.arange(mean.shape[1])]


def _late_tuning(prepared: PreparedPair, places: Places, step: int) -> dict[Which, LateTuning]:
    """Fit the tuning of both days to training frames."""
    best: dict[Which, tuple[np.ndarray, LateTuning]] = {}
    index: dict[Which, np.ndarray] = {
        day: np.concatenate([frames.index.ravel() for _, frames in chunks(prepared, day)]) for day in ("x", "y")
    }
    for late in range(0, round(_LATEST_S * prepared.frame_rate_hz) + 1, step):
        bins = {day: own[np.maximum(np.arange(own.size) - late, 0)] for day, own in places.bins.items()}
        means = (found.mean for found in statistics_per_place(prepared, replace(places, bins=bins)))
        for day, mean in zip(index, means, strict=True):
            weight = np.bincount(bins[day][index[day]], minlength=places.n + 1) / index[day].size
            explained = weight @ (mean - weight @ mean) ** 2
            if late == 0:
                best[day] = explained, LateTuning(places, np.zeros(mean.shape[1], np.int64), mean.astype(np.float32))
                continue
            before, found = best[day]
            better = explained > before
            tuning = replace(
                found,
                late=np.where(better, late, found.late),
                mean=np.where(better, mean, found.mean).astype(np.float32),
            )
            best[day] = np.maximum(explained, before), tuning
    return {day: tuning for day, (_, tuning) in best.items()}


@dataclass(frozen=True, eq=False)
class Filter:
    """How the signals of one day become those of the other one.

    Attributes
    ----------
    tuning : LateTuning
        On the day that is filtered.
    taps : ndarray of float32, shape (tap, neuron)
        From the latest frame that is added to the earliest one; none is negative.
    shift : ndarray of float32, shape (neuron,)
        ΔF/F that is added.
    gain : ndarray of float32, shape (neuron,)
        Of what the filter leaves of the residuals from the tuning.
    """

    tuning: LateTuning
    taps: np.ndarray
    shift: np.ndarray
    gain: np.ndarray


@dataclass(frozen=True, eq=False)
class PlaceFilter(AtPlaces):
    """A filter of ±1.5 s for every neuron, that makes of day x's tuning what day y does along its own trajectory.

    Day y's frames are regressed, neuron by neuron, on day x's tuning along day y's trajectory, before, at and after
    each frame. Taps are not negative; a ridge penalty holds them near to doing nothing, the largest that costs no more
    than 1 % of the error in validation frames. The filter runs over day x's frames, and the residuals from the tuning
    get the variance that they have on day y. Windows are continued with their outermost frames.

    Attributes
    ----------
    places : Places
    step : int
        Frames between taps.
    to : dict of str to Filter
        By the day that is made.
    """

    step: int
    to: dict[Which, Filter]
    _suffix = "filter"

    @classmethod
    def fit(cls, prepared: PreparedPair, places: Places) -> PlaceFilter:
        """Fit both directions to the training frames of both days."""
        step = max(1, round(_STEP_S * prepared.frame_rate_hz))
        tuning = _late_tuning(prepared, places, step)
        to_y = _fit(prepared, tuning["x"], "x", "y", step)
        to_x = _fit(prepared, tuning["y"], "y", "x", step)
        return cls(places, step, {"y": to_y, "x": to_x})

    def move(self, windows, to, frames):
        found = self.to[to]
        tuning = found.tuning.of(frames)
        expected = _filtered(tuning, found.taps, self.step) + found.shift
        return expected + found.gain * _filtered(windows - tuning, found.taps, self.step)


def _fit(prepared: PreparedPair, tuning: LateTuning, source: Which, target: Which, step: int) -> Filter:
    n_taps = 2 * max(1, round(_REACH_S * prepared.frame_rate_hz / step)) + 1
    train, validation = (_regressions(prepared, tuning, target, which, n_taps, step) for which in _FITTED)
    columns = [_solve(*both) for both in zip(train, validation, strict=True)]
    taps, shift, left = (np.stack(part, axis=-1).astype(np.float32) for part in zip(*columns, strict=True))
    rows = (_filtered(dff - tuning.of(frames), taps, step) for dff, frames in chunks(prepared, source))
    zero = np.zeros_like(left)
    gain, _ = gain_and_shift(zero, spread_of(rows)[1], zero, np.sqrt(left))
    return Filter(tuning, taps, shift, gain)


def _regressions(
    prepared: PreparedPair, tuning: LateTuning, day: Which, which: Part, n_taps: int, step: int
) -> Iterator[Moments]:
    """Yield, neuron by neuron, moments of (frame, tap + 1): what is regressed on, and last the neuron's frames."""
    sums = [MomentSums() for _ in range(prepared.n_neurons)]
    for dff, frames in chunks(prepared, day, which=which):  # once for all neurons: a chunk holds every one of them
        by_neuron = [np.ascontiguousarray(np.moveaxis(values, 2, 0)) for values in (tuning.of(frames), dff)]
        for of_neuron, expected, seen in zip(sums, *by_neuron, strict=True):
            lagged = _lagged(expected[..., np.newaxis], n_taps, step)
            of_neuron.add(np.stack([*(one.ravel() for one in lagged), seen.ravel()], axis=1))
    return (of_neuron.moments() for of_neuron in sums)


def _solve(train: Moments, validation: Moments) -> tuple[np.ndarray, float, float]:
    """Taps, shift, and the variance that they leave in training frames.

    The ridge is the largest whose error in validation frames is within 1 % of the least.
    """
    n_taps = len(train.mean) - 1
    nothing = np.eye(n_taps)[n_taps // 2]
    gram, cross = train.covariance[:-1, :-1], train.covariance[:-1, -1]
    tried = []
    for ridge in RIDGES:
        penalty, taps = ridge * gram.diagonal().mean(), nothing
        if 0 < penalty < np.inf:
            root = np.linalg.cholesky(gram + penalty * np.eye(n_taps))
            taps, _ = nnls(root.T, np.linalg.solve(root, cross + penalty * nothing))
        weights = np.append(-taps, 1.0)
        shift = weights @ train.mean
        error = weights @ validation.covariance @ weights + (weights @ validation.mean - shift) ** 2
        tried.append((error, (taps, shift, weights @ train.covariance @ weights)))
    enough = 1.01 * min(error for error, _ in tried)
    return [rest for error, rest in tried if error <= enough][-1]


def _lagged(values: np.ndarray, n_taps: int, step: int) -> Iterator[np.ndarray]:
    """Yield values (window, time, neuron) of later frames, then of earlier ones; edges continue."""
    reach = n_taps // 2 * step
    padded = np.pad(values, [(0, 0), (reach, reach), (0, 0)], mode="edge")
    for first in range(2 * reach, -1, -step):
        yield padded[:, first : first + values.shape[1]]


def _filtered(values: np.ndarray, taps: np.ndarray, step: int) -> np.ndarray:
    return sum(tap * one for tap, one in zip(taps, _lagged(values, len(taps), step), strict=True))
