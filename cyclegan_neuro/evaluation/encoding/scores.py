"""How near a statistic of a model is to that of a reference, with intervals over neurons."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

import numpy as np

from cyclegan_neuro.evaluation.verdicts import PairedVerdict

__all__ = ["Agreement", "Estimate", "Match", "agreement", "interval", "neuron_draws"]

_LEVELS = (2.5, 97.5)  # %, of an interval
_LEAST_SHARE = 0.9  # of the ceiling's correlation that a match reaches
_SLOPES = (0.8, 1.2)  # relative to the ceiling's


class Estimate(NamedTuple):
    """A number with its interval (95 %); NaN where it is not known."""

    value: float
    low: float = np.nan
    high: float = np.nan


def interval(draws: np.ndarray) -> tuple[float, float]:
    """Return the 95 % interval of resampled values, those that are not defined left out."""
    draws = draws[np.isfinite(draws)]
    low, high = np.percentile(draws, _LEVELS) if draws.size else (np.nan, np.nan)
    return float(low), float(high)


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
    """

    r: Estimate
    slope: Estimate
    rmse: Estimate
    mean: Estimate
    n: int
    rmse_draws: np.ndarray

    def verdict(self, other: Agreement) -> PairedVerdict:
        """Say whether this one has the smaller error, by how many resamplings of neurons it has it in."""
        difference = other.rmse_draws - self.rmse_draws if self.rmse_draws.shape == other.rmse_draws.shape else None
        if difference is None or not difference.size or not np.isfinite(difference).any():
            return PairedVerdict.UNKNOWN
        difference = difference[np.isfinite(difference)]
        tail = min(np.sum(difference <= 0), np.sum(difference >= 0))
        p = min(1.0, 2 * (tail + 1) / (len(difference) + 1))
        return PairedVerdict.of(other.rmse.value - self.rmse.value, p)

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
    UNKNOWN = "Cannot be told"

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
        holds = (model.r.value >= _LEAST_SHARE * ceiling.r.value, _SLOPES[0] <= slope <= _SLOPES[1])
        return cls.FULL if all(holds) else cls.PART if any(holds) else cls.NONE


def neuron_draws(n_neurons: int, *, n_resamples: int, seed: int) -> np.ndarray:
    """Return how often each neuron is drawn, float64, shape (1 + resampling, neuron); once each in the first row."""
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(n_neurons, np.full(n_neurons, 1 / n_neurons), size=n_resamples)
    return np.concatenate([np.ones((1, n_neurons)), drawn])


def agreement(model: np.ndarray, reference: np.ndarray, draws: np.ndarray) -> Agreement:
    """Compare values of neurons, or of pairs of neurons, with those of a reference.

    Parameters
    ----------
    model, reference : ndarray, shape (neuron,) or (neuron, neuron)
        Of matrices the upper triangle counts; what is NaN in either is left out.
    draws : ndarray, shape (1 + resampling, neuron)
        From :func:`neuron_draws`. A pair counts as often as both its neurons were drawn together; no neuron is paired
        with itself.
    """
    known = np.isfinite(model) & np.isfinite(reference)
    if model.ndim == 2:
        known &= np.triu(np.ones(model.shape, bool), 1)
    y, x = (np.where(known, values, 0.0) for values in (model, reference))
    with np.errstate(invalid="ignore", divide="ignore"):
        n = _total(known.astype(float), draws)
        mean_x, mean_y, squares = (_total(part, draws) / n for part in (x, y, (y - x) ** 2))
        var_x, var_y = (_total(part**2, draws) / n - mean**2 for part, mean in ((x, mean_x), (y, mean_y)))
        var_x, var_y = (np.where(var > 1e-15, var, np.nan) for var in (var_x, var_y))
        both = _total(x * y, draws) / n - mean_x * mean_y
        found = {"r": both / np.sqrt(var_x * var_y), "slope": both / var_x, "rmse": np.sqrt(squares), "mean": mean_y}
    estimates = {name: Estimate(float(one[0]), *interval(one[1:])) for name, one in found.items()}
    return Agreement(**estimates, n=int(known.sum()), rmse_draws=found["rmse"][1:])


def _total(values: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """Sum over neurons, or pairs, each as often as it was drawn."""
    return ((draws @ values) * draws).sum(axis=1) if values.ndim == 2 else draws @ values
