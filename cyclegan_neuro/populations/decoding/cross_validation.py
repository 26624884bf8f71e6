"""Folds of trials, and how sure an accuracy or a difference of two is: trials are what is resampled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.populations.decoding.readouts import Decoded
from cyclegan_neuro.populations.trials.trials import PreparedTrials

__all__ = ["Difference", "Measure", "folds", "holm", "interval", "paired"]

Measure = Literal["accuracy", "near_accuracy"]

_LEAST_FLIPS = 2000  # fewer, and p can never be small once it is corrected for a dozen comparisons


@dataclass(frozen=True)
class Difference:
    """How much more one method decodes than another, in the same bins.

    Attributes
    ----------
    mean : float
        The first accuracy less the second.
    low, high : float
        95 % interval, percentiles over resampled trials.
    p : float
        Two-sided, of no difference: signs of the trials' differences flipped; all of them where trials are few.
    n_trials : int
    """

    mean: float
    low: float
    high: float
    p: float
    n_trials: int


def folds(prepared: PreparedTrials, n: int, *, seed: int) -> list[PreparedTrials]:
    """Return the trials n times, every trial held out once.

    Parameters
    ----------
    prepared : PreparedTrials
        Whose own split plays no part.
    n : int
        Folds, at least 2. Within each day, and within each condition where a trial has one, folds get as many trials
        as each other, up to one.
    seed : int
        Shuffles trials of a day and condition.

    Returns
    -------
    list of PreparedTrials

    Raises
    ------
    RecordingError
        Where a day has fewer trials than folds.
    """
    trials = prepared.trials
    first = np.unique(trials.trial, return_index=True)[1]
    days = np.zeros(len(first), int) if trials.day is None else trials.day[first]
    fewest = np.unique(days, return_counts=True)[1].min()
    if not 2 <= n <= fewest:
        raise RecordingError(
            "folds of trials",
            got=f"{n} folds of {fewest} trials of a day",
            expected="at least 2 folds, and no more than trials",
            fix=f"set evaluation.folds to 0, or to 2 to {fewest}",
        )
    conditions = np.zeros(len(first), int) if trials.condition is None else trials.condition[first]
    dealt = np.lexsort((np.random.default_rng(seed).random(len(first)), conditions, days))
    return [prepared.with_held_out(np.sort(trials.trial[first[dealt[start::n]]])) for start in range(n)]


def interval(
    decoded: Decoded, measure: Measure = "accuracy", *, n_resamples: int = 2000, seed: int = 0
) -> tuple[float, float] | None:
    """95 % interval of the share of bins: percentiles over resampled trials.

    Returns
    -------
    (low, high) or None
        None for one trial, of which no spread is known.

    Notes
    -----
    Bins of a trial are not independent, so that whole trials are drawn. What another training of the same network
    would change is not in it.
    """
    _, sums, n_bins = _sums(decoded, measure)
    return _percentiles(sums, n_bins, n_resamples, seed) if len(sums) > 1 else None


def paired(
    a: Decoded, b: Decoded, measure: Measure = "accuracy", *, n_resamples: int = 2000, seed: int = 0
) -> Difference | None:
    """Compare two methods that decoded the same bins, paired over trials.

    Parameters
    ----------
    a, b : Decoded
    measure : {"accuracy", "near_accuracy"}
    n_resamples : int
        Behind the interval; signs are flipped as often, and at least 2,000 times.
    seed : int

    Returns
    -------
    Difference or None
        Of shares of bins: the difference of the two accuracies that a table shows. None for one trial.

    Raises
    ------
    ValueError
        Where the two did not decode as many bins of the same trials.
    """
    from scipy.stats import permutation_test  # a second that --help need not wait

    trials, sums, n_bins = _sums(a, measure)
    others, sums_b, n_bins_b = _sums(b, measure)
    if not (np.array_equal(trials, others) and np.array_equal(n_bins, n_bins_b)):
        raise ValueError("paired comparisons need the same bins of the same trials")
    if len(trials) < 2:
        return None
    more = sums - sums_b
    low, high = _percentiles(more, n_bins, n_resamples, seed)
    test = permutation_test(
        (more,), np.sum, permutation_type="samples", vectorized=True, n_resamples=max(n_resamples, _LEAST_FLIPS),
        rng=np.random.default_rng(seed),
    )  # fmt: skip
    return Difference(float(more.sum() / n_bins.sum()), low, high, float(test.pvalue), len(trials))


def holm(p: np.ndarray) -> np.ndarray:
    """Return p values adjusted for their number by Holm (1979), shape (comparison,).

    Controls the chance of any false claim whatever the dependence, here strong: all comparisons share a method, and
    their trials. (SciPy's ``false_discovery_control`` bounds the share of false claims instead.)

    Examples
    --------
    >>> holm(np.array([0.04, 0.01, 0.03])).tolist()
    [0.06, 0.03, 0.06]
    """
    p = np.asarray(p, float)
    order = np.argsort(p, kind="stable")
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)), 1.0)
    return adjusted


def _sums(decoded: Decoded, measure: Measure) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Trials, and how many of their bins are right, of how many."""
    right = decoded.correct if measure == "accuracy" else decoded.near
    numbers, row, n_bins = np.unique(decoded.trial, return_inverse=True, return_counts=True)
    return numbers, np.bincount(row, right), n_bins


def _percentiles(sums: np.ndarray, n_bins: np.ndarray, n_resamples: int, seed: int) -> tuple[float, float]:
    """95 % interval of sum / bins, trials drawn with replacement."""
    times = np.random.default_rng(seed).multinomial(len(sums), np.full(len(sums), 1 / len(sums)), size=n_resamples)
    low, high = np.percentile((times @ sums) / (times @ n_bins), [2.5, 97.5])
    return float(low), float(high)
