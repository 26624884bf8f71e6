"""How much a neuron changed between two days, beyond what halves of one day differ by."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from cyclegan_neuro.evaluation.days.null.laps import Laps

__all__ = ["KINDS", "Effects", "effects", "interval"]

KINDS = ("activity", "tuning", "shape", "correlations")
"""Change of the mean, of the tuning curve, of its shape, and of the noise correlations with other neurons."""

_SPLITS = 16
_STRETCHES = 12  # of a day
_AT_ONCE = 20  # draws held in memory


@dataclass(frozen=True, eq=False)
class Effects:
    """Change of every neuron between two days.

    Attributes
    ----------
    of : dict of str to ndarray of float64, shape (neuron,)
        Kind → distance between the days minus distance within them, over halves of as many laps; about 0 where nothing
        changed. ``activity``: difference of mean activity (places weigh alike), in standard deviations over laps;
        ``tuning``: mean absolute difference of tuning curves, in standard deviations of visits; ``shape``: 1 minus
        their correlation (a curve without variation has 0); ``correlations``: median absolute
        difference of a neuron's noise correlations with others. Where there is one place, only ``activity`` and
        ``correlations``.
    places : ndarray of float64, shape (place, neuron), optional
        Absolute difference of tuning curves at each place, likewise; NaN where a place is not visited.
    """

    of: dict[str, np.ndarray]
    places: np.ndarray | None


def effects(x: Laps, y: Laps, *, laps: int, seed: int) -> Effects:
    """Compare two days.

    Parameters
    ----------
    x, y : Laps
        Of the same neurons, at the same places.
    laps : int
        Of either half of each day; drawn anew in each of 16 splits.
    seed : int
    """
    rng = np.random.default_rng(seed)
    halves = [_split(len(day), laps, _SPLITS, rng) for day in (x, y)]
    of, places = _compare(x, y, *halves)
    with np.errstate(invalid="ignore"):
        return Effects({kind: values.mean(axis=0) for kind, values in of.items()}, _mean(places))


def interval(
    x: Laps, y: Laps, found: Effects, *, laps: int, n: int, seed: int
) -> tuple[dict[str, np.ndarray], np.ndarray | None]:
    """Return 95 % intervals by kind, shape (2, neuron), and at places, shape (2, place, neuron).

    Laps are drawn with replacement within halves, ``n`` times. Percentiles around the median of the draws, moved to the
    effect that was found; at places 1.96 standard deviations of the draws.
    """
    rng = np.random.default_rng(seed)
    drawn: dict[str, list[np.ndarray]] = {kind: [] for kind in found.of}
    moments: list[np.ndarray] = []
    for first in range(0, n, _AT_ONCE):
        size = min(_AT_ONCE, n - first)
        halves = [[_resampled(half, rng) for half in _split(len(day), laps, size, rng)] for day in (x, y)]
        of, places = _compare(x, y, *halves)
        for kind, values in of.items():
            drawn[kind].append(values)
        if places is not None:
            moments.append(np.stack([places.sum(axis=0), (places**2).sum(axis=0)]))
    bounds = {}
    for kind, parts in drawn.items():
        low, middle, high = np.percentile(np.concatenate(parts), (2.5, 50, 97.5), axis=0)
        bounds[kind] = found.of[kind] + np.stack([low - middle, high - middle])
    if not moments:
        return bounds, None
    mean, square = np.sum(moments, axis=0) / n
    spread = 1.96 * np.sqrt(np.maximum(square - mean**2, 0))
    return bounds, np.stack([found.places - spread, found.places + spread])


def _split(n_laps: int, half: int, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Weights (split, lap) of two halves of a day without a lap in common, made of stretches of neighbouring laps."""
    stretch = _stretches(n_laps)
    shuffled = np.argsort(np.argsort(rng.random((n, stretch[-1] + 1)), axis=1), axis=1)
    second = 2 * shuffled[:, stretch] > stretch[-1]
    order = np.argsort(second + rng.random((n, n_laps)), axis=1)  # drops laps at random, or moves a few, if they differ
    weights = np.zeros((2, n, n_laps))
    np.put_along_axis(weights[0], order[:, :half], 1.0, axis=1)
    np.put_along_axis(weights[1], order[:, n_laps - half :], 1.0, axis=1)
    return weights[0], weights[1]


def _stretches(n_laps: int) -> np.ndarray:
    """The stretch of neighbouring laps that each belongs to: what changes slowly within a day is in both halves."""
    return np.arange(n_laps) * min(n_laps, _STRETCHES) // n_laps


def _resampled(weights: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw the stretches of a half with replacement."""
    stretch = _stretches(weights.shape[1])
    present = (weights @ (stretch[:, None] == np.arange(stretch[-1] + 1))) > 0
    n = present.sum(axis=1)
    return weights * rng.multinomial(n, present / n[:, None])[:, stretch]


def _compare(x: Laps, y: Laps, of_x, of_y) -> tuple[dict[str, np.ndarray], np.ndarray | None]:
    """Effects (split, neuron) by kind, and (split, place, neuron)."""
    halves = [*((x, weights) for weights in of_x), *((y, weights) for weights in of_y)]
    visit_scale, lap_scale = _scales(x, y)
    curves = [_curves(*half) for half in halves]
    rows = [_correlations(*half) for half in halves]
    between, within = [(0, 2), (0, 3), (1, 2), (1, 3)], [(0, 1), (2, 3)]

    def excess(distance) -> np.ndarray:
        far, near = (np.mean([distance(a, b) for a, b in pairs], axis=0) for pairs in (between, within))
        return far - near

    def activity(a, b):
        known = np.isfinite(curves[a] + curves[b])
        n = known.sum(axis=1)
        return np.abs(np.where(known, curves[a] - curves[b], 0).sum(axis=1)) / np.maximum(n, 1) / lap_scale

    def places(a, b):
        return np.abs(curves[a] - curves[b]) / visit_scale

    of = {"activity": excess(activity)}
    at_places = None
    if x.means.shape[1] > 1:
        at_places = excess(places)
        of["tuning"] = excess(lambda a, b: _mean(places(a, b), axis=1))
        of["shape"] = excess(lambda a, b: 1 - _similarity(curves[a], curves[b]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a neuron alone has no partner
        of["correlations"] = excess(lambda a, b: np.nanmedian(np.abs(rows[a] - rows[b]), axis=2))
    return of, at_places


def _curves(day: Laps, weights: np.ndarray) -> np.ndarray:
    """Tuning curves (split, place, neuron): every visit counts alike; NaN without a visit."""
    n_laps, n_places, n_neurons = day.means.shape
    total = (weights.astype(np.float32) @ day.means.reshape(n_laps, -1)).reshape(-1, n_places, n_neurons)
    count = weights @ day.visited
    return np.where(count[..., None] > 0, total / np.maximum(count, 1)[..., None], np.nan)


def _correlations(day: Laps, weights: np.ndarray) -> np.ndarray:
    """Noise correlations (split, neuron, partner); NaN of a neuron with itself, 0 where one of them is constant."""
    n, n_laps = (weights @ day.n_bins)[:, None], len(day)
    mean, square = weights @ day.sums / n, weights @ day.squares / n
    product = (weights.astype(np.float32) @ day.products.reshape(n_laps, -1)).reshape(-1, *day.products.shape[1:])
    covariance = product / n[..., None] - mean[:, :, None] * mean[:, None, day.partners]
    deviation = np.sqrt(np.maximum(square - mean**2, 0))
    scale = deviation[:, :, None] * deviation[:, None, day.partners]
    found = np.divide(covariance, scale, out=np.zeros_like(scale), where=scale > 0)
    found[:, day.partners, np.arange(len(day.partners))] = np.nan
    return found


def _scales(x: Laps, y: Laps) -> tuple[np.ndarray, np.ndarray]:
    """Standard deviation of visits to a place, and of laps, over both days; NaN of neurons that never vary."""
    visits, laps = [], []
    for day in (x, y):
        count = day.visited.sum(axis=0)[:, None]
        deviation = (day.means - day.means.sum(axis=0) / np.maximum(count, 1)) * day.visited[..., None]
        visits.append((deviation**2).sum(axis=(0, 1)) / np.maximum(count - 1, 0).sum())
        lap = deviation.sum(axis=1) / np.maximum(day.visited.sum(axis=1), 1)[:, None]
        laps.append(lap.var(axis=0, ddof=1))
    of_visits, of_laps = (np.sqrt(np.mean(variances, axis=0)) for variances in (visits, laps))
    return np.where(of_visits > 0, of_visits, np.nan), np.where(of_laps > 0, of_laps, np.nan)


def _similarity(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Correlation over places of curves (split, place, neuron); 0 where one of them is constant."""
    known = np.isfinite(a + b)
    n = np.maximum(known.sum(axis=1, keepdims=True), 1)
    a, b = (np.where(known, values, 0) for values in (a, b))
    a, b = (np.where(known, values - values.sum(axis=1, keepdims=True) / n, 0) for values in (a, b))
    norms = np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    return np.divide((a * b).sum(axis=1), norms, out=np.zeros_like(norms), where=norms > 1e-12)


def _mean(values: np.ndarray | None, axis: int = 0) -> np.ndarray | None:
    """Mean of what is finite; NaN where nothing is."""
    if values is None:
        return None
    known = np.isfinite(values)
    n = known.sum(axis=axis)
    return np.where(n > 0, np.where(known, values, 0).sum(axis=axis) / np.maximum(n, 1), np.nan)
