"""What simulations refuse, and how they say it."""

from __future__ import annotations

from cyclegan_neuro.errors import ConfigurationError
from cyclegan_neuro.populations.simulate.population import SPREAD
from cyclegan_neuro.populations.simulate.refractory import max_rate

__all__ = ["MAX_REFRACTORY_BINS", "check_packets", "check_range", "check_rate", "check_sizes", "require"]

MAX_REFRACTORY_BINS = 4.0
"""The pair chain has (ages)^2 states, and ages grow with the square of the refractory time."""


def require(condition: bool, field: str, *, got: str, expected: str, fix: str) -> None:
    """Raise unless ``condition`` holds.

    Raises
    ------
    ConfigurationError
        Names the field of the section ``data.simulation``.
    """
    if not condition:
        raise ConfigurationError(f"data.simulation.{field}", got=got, expected=expected, fix=fix)


def check_range(field: str, value: float, low: float, high: float) -> None:
    """Refuse values (and NaN) outside ``low`` to ``high``, both allowed."""
    require(
        low <= value <= high, field, got=f"{value}", expected=f"{low:g} to {high:g}",
        fix=f"give a {field} in this range",
    )  # fmt: skip


def check_sizes(*, seed: int, population_seed: int | None, **sizes: int) -> None:
    """Refuse negative seeds, and sizes below 1."""
    for field, value, low in (
        ("seed", seed, 0), ("population_seed", 0 if population_seed is None else population_seed, 0),
        *((field, value, 1) for field, value in sizes.items()),
    ):  # fmt: skip
        require(value >= low, field, got=f"{value}", expected=f"at least {low}", fix=f"give a {field} of {low} or more")


def check_rate(rate: float, *, spread: float, refractory_bins: float) -> None:
    """Refuse rates that the fastest neuron of the population could not have."""
    check_range("refractory_bins", refractory_bins, 0.0, MAX_REFRACTORY_BINS)
    highest = max_rate(refractory_bins) / (1 + spread)
    require(
        0 < rate < highest, "rate", got=f"{rate}",
        expected=f"above 0 and below {highest:.3g} spikes per bin: single neurons have up to {1 + spread:g} times the "
        f"rate, and the refractory time allows {max_rate(refractory_bins):.3g}",
        fix="lower the rate or refractory_bins",
    )  # fmt: skip


def check_packets(
    *, n_neurons: int, n_bins: int, packet_neurons: int, rate: float, refractory_bins: float, jitter_bins: float
) -> None:
    """Refuse packets that do not fit into a sample, and backgrounds that cannot be."""
    check_range("packet_neurons", packet_neurons, 1, min(n_neurons, n_bins))
    check_range("jitter_bins", jitter_bins, 0.0, packet_neurons)
    check_rate(rate, spread=SPREAD, refractory_bins=refractory_bins)
