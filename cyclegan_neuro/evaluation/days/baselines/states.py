"""An alignment for changes that depend on a slow state of the population, which nobody recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import uniform_filter1d

from cyclegan_neuro.evaluation.days.baselines.alignments import Table, Which, gain_and_shift
from cyclegan_neuro.evaluation.days.baselines.places import AtPlaces, Places, PlaceStatistics, scaled_at, z_score_tables
from cyclegan_neuro.evaluation.days.baselines.training_frames import chunks, moments_of, spread_of
from cyclegan_neuro.evaluation.days.translation import Frames
from cyclegan_neuro.windows.prepared import PreparedPair

__all__ = ["PlaceMomentsState"]

_SMOOTHED_S = 1.0
_COMPONENTS = 5


@dataclass(frozen=True, eq=False)
class PlaceMomentsState(AtPlaces):
    """As moments per place, and of their z-scores the mean and standard deviation in each of two inferred states.

    The state is read from the whole population: a principal component of the z-scores of both days, smoothed over 1 s,
    is high or low. Of the first five components that vary on both days it is the one whose states differ most between
    them, in the mean z-scores of all neurons. What is high is found on each day by itself, since states may be rarer on
    one.

    Attributes
    ----------
    places : Places
    to_z, from_z : dict of str to tuple of ndarray of float32, shape (place + 1, neuron)
        Day → gain and shift to z-scores at each place, and back.
    component : ndarray of float32, shape (neuron,)
    threshold : dict of str to float
        Day → what the component is above in the high state.
    within : dict of str to tuple of ndarray of float32, shape (2, neuron)
        Day that is made → gain and shift of z-scores in the low and the high state.
    smoothed_frames : int
    """

    to_z: dict[Which, Table]
    from_z: dict[Which, Table]
    component: np.ndarray
    threshold: dict[Which, float]
    within: dict[Which, Table]
    smoothed_frames: int
    _suffix = "moments_state"

    @classmethod
    def fit(cls, prepared: PreparedPair, places: Places, x: PlaceStatistics, y: PlaceStatistics) -> PlaceMomentsState:
        """Fit to the training frames."""
        n_smoothed = max(1, round(_SMOOTHED_S * prepared.frame_rate_hz))
        to_z, from_z = z_score_tables(x, y)

        def z_scores(day: Which) -> Iterator[np.ndarray]:
            return (scaled_at(dff, places.of(dff, at), to_z[day]) for dff, at in chunks(prepared, day))

        slow = [moments_of(_slow(z, n_smoothed) for z in z_scores(day)).covariance for day in to_z]
        tried = [_states(z_scores, component, n_smoothed) for component in _shared_components(slow)]
        best = max(tried, key=lambda one: float(((one.apart("y") - one.apart("x")) ** 2).sum()))
        within: dict[Which, Table] = {
            "y": gain_and_shift(best.mean["x"], best.std["x"], best.mean["y"], best.std["y"]),
            "x": gain_and_shift(best.mean["y"], best.std["y"], best.mean["x"], best.std["x"]),
        }
        return cls(places, to_z, from_z, best.component, best.threshold, within, n_smoothed)

    def move(self, windows: np.ndarray, to: Which, frames: Frames) -> np.ndarray:
        at = self.places.of(windows, frames)
        source: Which = "x" if to == "y" else "y"
        z = scaled_at(windows, at, self.to_z[source])
        high = _slow(z, self.smoothed_frames) @ self.component > self.threshold[source]
        return scaled_at(scaled_at(z, high.astype(int), self.within[to]), at, self.from_z[to])


@dataclass(frozen=True, eq=False)
class _States:
    """What z-scores of each day are below and above a threshold of one component; (2, neuron)."""

    component: np.ndarray
    threshold: dict[Which, float]
    mean: dict[Which, np.ndarray]
    std: dict[Which, np.ndarray]

    def apart(self, day: Which) -> np.ndarray:
        return self.mean[day][1] - self.mean[day][0]


def _shared_components(covariances: list[np.ndarray]) -> list[np.ndarray]:
    """Return the first principal components that vary as much as the average neuron on each day; one at least."""
    components = np.linalg.eigh(sum(covariances))[1].T[: -_COMPONENTS - 1 : -1].astype(np.float32)
    varies = [all(one @ own @ one >= np.trace(own) / len(own) for own in covariances) for one in components]
    return [one for one, shared in zip(components, varies, strict=True) if shared] or [components[0]]


def _states(z_scores: Callable[[Which], Iterator[np.ndarray]], component: np.ndarray, n_smoothed: int) -> _States:
    threshold, mean, std = {}, {}, {}
    for day in ("x", "y"):
        level = [_slow(z, n_smoothed) @ component for z in z_scores(day)]
        threshold[day] = _between_two_means(np.concatenate(level, axis=1)[0])
        found = []
        for state in (False, True):
            chosen = [(own > threshold[day]) == state for own in level]
            found.append(spread_of(z[own] for z, own in zip(z_scores(day), chosen, strict=True) if own.any()))
        mean[day], std[day] = (np.stack(of_states) for of_states in zip(*found, strict=True))
    return _States(component, threshold, mean, std)


def _slow(z: np.ndarray, n_frames: int) -> np.ndarray:
    return uniform_filter1d(z, n_frames, axis=1, mode="nearest")


def _between_two_means(values: np.ndarray) -> float:
    """Return what separates values into two groups with the least variance within them (Otsu 1979)."""
    ordered = np.sort(values).astype(np.float64)
    n = np.arange(1, len(ordered))
    below, total = np.cumsum(ordered)[:-1], ordered.sum()
    between = n * (len(ordered) - n) * (below / n - (total - below) / (len(ordered) - n)) ** 2
    split = int(np.argmax(between))
    return float(ordered[split : split + 2].mean())
