"""How near a statistic of a model is to that of a reference, with intervals over neurons and trials."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr

from cyclegan_neuro.evaluation.verdicts import PairedVerdict

__all__ = ["Agreement", "Estimate", "Match", "agreement", "estimate", "jackknife", "neuron_draws", "reaches"]

_WITHIN = 1.96  # standard errors, of a 95 % interval
_LEAST_VARIANCE = 1e-15
_LEAST_SHARE = 0.9  # of the ceiling's correlation that a match reaches
_SLOPES = (0.8, 1.2)  # relative to the ceiling's


class Estimate(NamedTuple):
    """A number with its interval (95 %); NaN where it is not known."""

    value: float
    low: float = np.nan
    high: float = np.nan


@dataclass(frozen=True, eq=False)
class Agreement:
    """A statistic of a model against a reference, over pairs of neurons or over neurons.

    Attributes
    ----------
    r, slope, rmse : Estimate
        Pearson correlation, slope of the regression of the model on the reference, root mean square of the
        differences.
    mean : Estimate
        Mean of the model's values.
    n : int
        Pairs, or neurons, in which both are defined.
    rmse_draws : ndarray, shape (resampling,)
        By the same neurons for every model, so that two are compared in pairs; empty where neurons were not resampled.
    rmse_left_out : tuple of ndarray, shape (group,)
        Without groups of the model's own trials, then of the reference's.
    """

    r: Estimate
    slope: Estimate
    rmse: Estimate
    mean: Estimate
    n: int
    rmse_draws: np.ndarray
    rmse_left_out: tuple[np.ndarray, ...] = ()

    def verdict(self, other: Agreement) -> PairedVerdict:
        """Say whether this one has the smaller error: beyond what neurons and trials leave uncertain."""
        if not self.rmse_draws.size or self.rmse_draws.shape != other.rmse_draws.shape:
            return PairedVerdict.UNKNOWN
        variance = _variance(other.rmse_draws - self.rmse_draws)
        for number, (own, its) in enumerate(zip(self.rmse_left_out, other.rmse_left_out, strict=True)):
            variance += jackknife(own) + jackknife(its) if number == 0 else jackknife(own - its)
        difference = other.rmse.value - self.rmse.value
        return PairedVerdict.of(difference, float(2 * ndtr(-abs(difference) / np.sqrt(variance))))

    def metrics(self) -> dict:
        """Return the entry of ``metrics.json``."""
        found = {name: getattr(self, name) for name in ("r", "slope", "rmse", "mean")}
        return {name: one._asdict() for name, one in found.items()} | {"n": self.n}


class Match(Enum):
    """Whether a model has the correlations of the reference; the value is what sentences begin with.

    It does where r is at least 0.9 of what the data's own trials reach, and the slope 0.8 to 1.2 of theirs (noise of
    the reference flattens both alike); in part where one of both holds. It cannot be told where the data's own trials
    do not agree.
    """

    FULL = "Yes"
    PART = "In part"
    NONE = "No"
    UNKNOWN = "Cannot be told: the data's own trials do not agree"

    @classmethod
    def of(cls, model: Agreement, ceiling: Agreement) -> Match:
        """Judge a model beside the data's own trials.

        Examples
        --------
        >>> draws = np.ones((1, 4))
        >>> one, half, none = (agreement(k * np.arange(4.0), np.arange(4.0), draws) for k in (1, 0.5, -1))
        >>> [Match.of(found, one).value for found in (one, half, none)]
        ['Yes', 'In part', 'No']
        """
        if not ceiling.r.value > 0 or ceiling.r.low <= 0 or np.isnan(model.slope.value):
            return cls.UNKNOWN
        slope = model.slope.value / ceiling.slope.value
        holds = (reaches(model.r, ceiling.r), _SLOPES[0] <= slope <= _SLOPES[1])
        return cls.FULL if all(holds) else cls.PART if any(holds) else cls.NONE


def reaches(r: Estimate, ceiling: Estimate) -> bool:
    """Return whether a correlation is at least 0.9 of what the data's own trials reach; not if either is unknown."""
    return bool(r.value >= _LEAST_SHARE * ceiling.value)


def neuron_draws(n_neurons: int, *, n_resamples: int, seed: int) -> np.ndarray:
    """Return how often each neuron is drawn, float64, shape (1 + resampling, neuron); once each in the first row."""
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(n_neurons, np.full(n_neurons, 1 / n_neurons), size=n_resamples)
    return np.concatenate([np.ones((1, n_neurons)), drawn])


def jackknife(left_out: np.ndarray) -> float:
    """Return the variance of a number from its values without each of the groups; 0 for fewer than two."""
    return (len(left_out) - 1) * float(np.var(left_out)) if len(left_out) > 1 else 0.0


def _variance(draws: np.ndarray) -> float:
    """Return the variance of resampled values, those that are not defined left out; NaN for fewer than two."""
    draws = draws[np.isfinite(draws)]
    return float(np.var(draws)) if draws.size > 1 else np.nan


def estimate(value: float, variance: float) -> Estimate:
    """Return a number with the interval of a normal distribution."""
    return Estimate(value, value - _WITHIN * variance**0.5, value + _WITHIN * variance**0.5)


def agreement(
    model: np.ndarray,
    reference: np.ndarray,
    draws: np.ndarray,
    *,
    left_out: Sequence[tuple[np.ndarray, np.ndarray]] = (),
) -> Agreement:
    """Compare values of neurons, or of pairs of neurons, with those of a reference.

    Parameters
    ----------
    model, reference : ndarray, shape (neuron,) or (neuron, neuron)
        Of matrices the upper triangle counts; what is NaN in either is left out.
    draws : ndarray, shape (1 + resampling, neuron)
        From :func:`neuron_draws`. A pair counts as often as both its neurons were drawn together; no neuron is paired
        with itself.
    left_out : sequence of (ndarray, ndarray), shape (group or 1, neuron, neuron)
        Model and reference without groups of trials: first of the model's, then of the reference's. Variances of
        independent sources add up (of r after Fisher's transformation).
    """
    found = _compared(model, reference, draws)
    without = [
        [_compared(one, other, draws[:1]) for one, other in zip(*np.broadcast_arrays(*pair), strict=True)]
        for pair in left_out
    ]
    estimates = {}
    for name, values in found.items():
        scaled = np.arctanh if name == "r" else np.asarray
        with np.errstate(divide="ignore", invalid="ignore"):
            trials = sum(jackknife(scaled(np.array([one[name][0] for one in part]))) for part in without)
            variance = _variance(scaled(values[1:])) + trials
            ends = estimate(float(scaled(values[0])), variance)
        low, high = np.tanh(ends[1:]) if name == "r" else ends[1:]
        estimates[name] = Estimate(float(values[0]), float(low), float(high))
    left = tuple(np.array([one["rmse"][0] for one in part]) for part in without)
    known = np.isfinite(model) & np.isfinite(reference)
    n = np.triu(known, 1).sum() if model.ndim == 2 else known.sum()
    return Agreement(**estimates, n=int(n), rmse_draws=found["rmse"][1:], rmse_left_out=left)


def _compared(model: np.ndarray, reference: np.ndarray, draws: np.ndarray) -> dict[str, np.ndarray]:
    """Return r, slope, error and mean for every row of draws."""
    known = np.isfinite(model) & np.isfinite(reference)
    if model.ndim == 2:
        known &= np.triu(np.ones(model.shape, bool), 1)
    y, x = (np.where(known, values, 0.0) for values in (model, reference))
    with np.errstate(invalid="ignore", divide="ignore"):
        n = _total(known.astype(float), draws)
        mean_x, mean_y, squares = (_total(part, draws) / n for part in (x, y, (y - x) ** 2))
        var_x, var_y = (_total(part**2, draws) / n - mean**2 for part, mean in ((x, mean_x), (y, mean_y)))
        var_x, var_y = (np.where(var > _LEAST_VARIANCE, var, np.nan) for var in (var_x, var_y))
        both = _total(x * y, draws) / n - mean_x * mean_y
        r = np.clip(both / np.sqrt(var_x * var_y), -1, 1)
        return {"r": r, "slope": both / var_x, "rmse": np.sqrt(squares), "mean": mean_y}


def _total(values: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """Sum over neurons, or pairs, each as often as it was drawn."""
    return ((draws @ values) * draws).sum(axis=1) if values.ndim == 2 else draws @ values
