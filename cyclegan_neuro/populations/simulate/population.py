"""What all simulators draw of a population, and what they refuse."""

from __future__ import annotations

import numpy as np

from cyclegan_neuro.errors import ConfigurationError
from cyclegan_neuro.populations.sections import PacketsSection, StimuliSection
from cyclegan_neuro.populations.simulate.refractory import max_rate

__all__ = [
    "SPREAD", "check_packets", "check_range", "check_rate", "columns_of", "generators", "require", "spread_around",
]  # fmt: skip

SPREAD = 0.5
"""Rates of a background lie uniformly within this fraction of the nominal value, above and below."""
_MAX_REFRACTORY_BINS = 4.0  # the pair chain has (ages)^2 states, and ages grow with the square of the refractory time


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


def require(condition: bool, field: str, *, got: str, expected: str, fix: str) -> None:
    """Raise a ConfigurationError that names a field of ``data.simulation``, unless ``condition`` holds."""
    if not condition:
        raise ConfigurationError(f"data.simulation.{field}", got=got, expected=expected, fix=fix)


def check_range(field: str, value: float, low: float, high: float) -> None:
    """Refuse values (and NaN) outside ``low`` to ``high``, both allowed."""
    require(
        low <= value <= high, field, got=f"{value}", expected=f"{low:g} to {high:g}",
        fix=f"give a {field} in this range",
    )  # fmt: skip


def check_rate(rate: float, *, spread: float, refractory_bins: float) -> None:
    """Refuse rates that the fastest neuron of the population could not have."""
    check_range("refractory_bins", refractory_bins, 0.0, _MAX_REFRACTORY_BINS)
    highest = max_rate(refractory_bins) / (1 + spread)
    require(
        0 < rate < highest, "rate", got=f"{rate}",
        expected=f"above 0 and below {highest:.3g} spikes per bin: single neurons have up to {1 + spread:g} times the "
        f"rate, and the refractory time allows {max_rate(refractory_bins):.3g}",
        fix="lower the rate or refractory_bins",
    )  # fmt: skip


def check_packets(section: PacketsSection | StimuliSection) -> None:
    """Refuse packets that do not fit into a sample, and backgrounds that cannot be."""
    check_range("packet_neurons", section.packet_neurons, 1, min(section.n_neurons, section.n_bins))
    check_range("jitter_bins", section.jitter_bins, 0.0, section.packet_neurons)
    check_rate(section.rate, spread=SPREAD, refractory_bins=section.refractory_bins)
