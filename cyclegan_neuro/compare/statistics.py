"""Means over runs, and differences between configurations that were run with the same seeds and animals."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np
from scipy.special import stdtr, stdtrit

__all__ = ["LEAST_PAIRS", "Paired", "Spread", "holm", "paired", "spread"]

Replicate = TypeVar("Replicate", bound=Hashable)
LEAST_PAIRS = 3
"""Fewer have no interval: with two, it would be 13 standard errors wide on either side."""


class Spread(NamedTuple):
    """Mean and standard deviation (n - 1; NaN of one value) of ``n`` runs."""

    mean: float
    sd: float
    n: int


def spread(values: Iterable[float]) -> Spread:
    """Return mean, standard deviation and number of values.

    Examples
    --------
    >>> spread([1.0, 2.0, 3.0])
    Spread(mean=2.0, sd=1.0, n=3)
    """
    kept = np.fromiter(values, np.float64)
    n = len(kept)
    return Spread(float(kept.mean()) if n else math.nan, float(kept.std(ddof=1)) if n > 1 else math.nan, n)


@dataclass(frozen=True)
class Paired:
    """How one configuration differs from another where both have the same seed and animal.

    Attributes
    ----------
    difference : float
        Mean of first - second.
    ci95 : (float, float) or None
        Student's t over ``n_units``; None for fewer than :data:`LEAST_PAIRS`.
    n_pairs : int
    n_units : int
        What the interval takes for independent: animals where there are at least three, else pairs.
    of_animals : bool
    lower, higher : int
        Pairs in which the first has the lower, or higher, value.
    p : float
        Two-sided; NaN without an interval.
    """

    difference: float
    ci95: tuple[float, float] | None
    n_pairs: int
    n_units: int
    of_animals: bool
    lower: int
    higher: int
    p: float

    @property
    def excludes_zero(self) -> bool:
        return self.ci95 is not None and (self.ci95[0] > 0 or self.ci95[1] < 0)


def paired(
    first: Mapping[Replicate, float], second: Mapping[Replicate, float], *, animal: Callable[[Replicate], Hashable]
) -> Paired | None:
    """Compare two configurations on the replicates that both have; None where they share none.

    Parameters
    ----------
    first, second : mapping
        Replicate (seeds and animal) to value.
    animal : callable
        Returns the animal of a replicate: runs of one animal are not independent, so that from three animals on the
        interval is over the animals' mean differences.
    """
    shared = [key for key in first if key in second]
    if not shared:
        return None
    differences = np.array([first[key] - second[key] for key in shared])
    of: dict[Hashable, list[float]] = {}
    for key, value in zip(shared, differences, strict=True):
        of.setdefault(animal(key), []).append(value)
    of_animals = len(of) >= LEAST_PAIRS
    units = np.array([np.mean(values) for values in of.values()]) if of_animals else differences
    mean, n = float(units.mean()), len(units)
    ci95, p = _student(units) if n >= LEAST_PAIRS else (None, math.nan)
    lower, higher = int((differences < 0).sum()), int((differences > 0).sum())
    return Paired(mean, ci95, len(shared), n, of_animals, lower, higher, p)


def _student(values: np.ndarray) -> tuple[tuple[float, float], float]:
    """Return the 95 % interval of a mean, and p of its being 0."""
    n, mean = len(values), float(values.mean())
    error = float(values.std(ddof=1)) / math.sqrt(n)
    half = float(stdtrit(n - 1, 0.975)) * error
    p = float(2 * stdtr(n - 1, -abs(mean) / error)) if error else float(mean == 0)
    return (mean - half, mean + half), p


def holm(ps: Sequence[float]) -> list[float]:
    """Return p-values corrected for their number by Holm's procedure; NaN stays and counts as no comparison.

    Examples
    --------
    >>> [round(p, 6) for p in holm([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]

    References
    ----------
    Holm, S. (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal of Statistics 6.
    """
    known = sorted((p, index) for index, p in enumerate(ps) if not math.isnan(p))
    corrected = [math.nan] * len(ps)
    largest = 0.0
    for rank, (p, index) in enumerate(known):
        largest = max(largest, min(1.0, (len(known) - rank) * p))
        corrected[index] = largest
    return corrected
