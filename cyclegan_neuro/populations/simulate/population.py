"""What all simulators draw of a population: shuffled columns, and rates that differ from neuron to neuron."""

from __future__ import annotations

import numpy as np

__all__ = ["SPREAD", "columns_of", "generators", "spread_around"]

SPREAD = 0.5
"""Rates and correlations lie uniformly within this fraction of the nominal value, above and below."""


def generators(*, seed: int, population_seed: int | None) -> tuple[np.random.Generator, np.random.Generator]:
    """Return one generator for the population, one for its samples; they differ even where the seeds are equal."""
    population = seed if population_seed is None else population_seed
    return np.random.default_rng([0, population]), np.random.default_rng([1, seed])


def columns_of(permutation: np.ndarray) -> np.ndarray:
    """Return the column in which each neuron of the unshuffled population stands.

    Examples
    --------
    >>> columns_of(np.array([2, 0, 1]))  # column 0 is neuron 2
    array([1, 2, 0])
    """
    return np.argsort(permutation)


def spread_around(nominal: float, *, size: int, spread: float, rng: np.random.Generator) -> np.ndarray:
    """Return ``size`` values, uniform in ``nominal * (1 - spread)`` to ``nominal * (1 + spread)``."""
    return nominal * rng.uniform(1 - spread, 1 + spread, size)
