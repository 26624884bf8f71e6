"""Groups of correlated, refractory neurons that have the rate and the correlation that were asked for.

With probability ``sharing`` two neurons of a group compare their hazard with the same uniform number, else with
independent ones, so that ``P(both spike | hazards) = sharing * min(h1, h2) + (1 - sharing) * h1 * h2``. Their two ages
are a Markov chain on a finite grid; its stationary distribution gives the correlation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.optimize import brentq
from scipy.sparse import coo_array, csc_array, eye_array
from scipy.sparse.linalg import spsolve

from cyclegan_neuro.populations.sections import PairsSection
from cyclegan_neuro.populations.simulate.population import (
    check_range,
    check_rate,
    columns_of,
    generators,
    require,
    spread_around,
)
from cyclegan_neuro.populations.simulate.refractory import (
    age_distribution,
    hazards,
    refractory_spikes,
    solve_hazard_scale,
)
from cyclegan_neuro.populations.simulate.truth import PairsTruth, SimulatedPopulation

__all__ = ["PairLaw", "pair_correlation", "simulate_pairs", "solve_pair"]

_MAX_CORRELATION = 0.95
_STATIONARY = 1e-4


def simulate_pairs(section: PairsSection, *, seed: int, population_seed: int | None = None) -> SimulatedPopulation:
    """Simulate groups of correlated neurons with relative refractoriness.

    A neuron has recovered to 1 - exp(-a / sigma^2) a bins after a spike, sigma = refractory_bins / 1.5. Each group has
    its own rate and correlation, uniform within ``spread`` around those of the section; its neurons are scattered over
    the columns.

    Parameters
    ----------
    section : PairsSection
        ``n_neurons`` is a multiple of ``group_size``; a spread of 0 gives all groups the nominal values.
    seed : int
        Of the samples.
    population_seed : int, optional
        Of groups, rates and correlations; default ``seed``. With the same one and other seeds, calls give new
        samples of the same population.

    Returns
    -------
    SimulatedPopulation
        The truth is a :class:`PairsTruth`.

    Raises
    ------
    ConfigurationError
        Sizes, rates or correlations that cannot be; names the field.

    Notes
    -----
    The published code copies, in each bin, a shared reference with probability sqrt(c) and then removes spikes for
    refractoriness, which takes most of the correlation away. Here a neuron uses its group's random number with
    probability sqrt(sharing) and compares it with its own hazard; sharing and hazard are solved for, so that rate
    and correlation are the nominal ones.

    References
    ----------
    Molano-Mazon et al. 2018, section 3.1; Mikula & Niebur 2003, "The effects of input rate and synchrony on a
    coincidence detector: analytical solution".

    Examples
    --------
    >>> simulated = simulate_pairs(PairsSection(n_samples=4, n_bins=10, n_neurons=4), seed=0)
    >>> simulated.samples.shape, simulated.truth.groups.shape
    ((4, 10, 4), (2, 2))
    """
    _check(section)
    group_size, refractory_bins = section.group_size, section.refractory_bins
    population, rng = generators(seed=seed, population_seed=population_seed)
    permutation = population.permutation(section.n_neurons)
    n_groups = section.n_neurons // group_size
    rates = spread_around(section.rate, size=n_groups, spread=section.spread, rng=population)
    correlations = spread_around(section.correlation, size=n_groups, spread=section.spread, rng=population)
    laws = [solve_pair(*nominal, refractory_bins=refractory_bins) for nominal in zip(rates, correlations, strict=True)]
    unshuffled = refractory_spikes(
        np.repeat([law.hazard_scale for law in laws], group_size),
        refractory_bins=refractory_bins,
        n_bins=section.n_bins,
        draw=_shared_numbers(rng, section.n_samples, group_size, np.array([law.sharing for law in laws])),
        warm_up_bins=max(law.warm_up_bins for law in laws),
    )
    samples = np.take(unshuffled, permutation, axis=2)
    groups = columns_of(permutation).reshape(n_groups, group_size)
    return SimulatedPopulation(samples, _truth(samples, groups, permutation, rates, correlations, laws))


@dataclass(frozen=True)
class PairLaw:
    """A process with a given rate and correlation.

    Attributes
    ----------
    hazard_scale, sharing : float
        Probability of a spike of a recovered neuron; probability that two neurons use the same number.
    rate, correlation : float
        Spikes per bin and Pearson correlation within a bin, in the stationary state.
    warm_up_bins : int
        Bins after which a pair is as good as stationary (total variation below 1e-4) when ages at the start share
        numbers as spikes do.
    """

    hazard_scale: float
    sharing: float
    rate: float
    correlation: float
    warm_up_bins: int


def solve_pair(rate: float, correlation: float, *, refractory_bins: float) -> PairLaw:
    """Return the process that has this rate and correlation.

    Parameters
    ----------
    rate : float
        Spikes per bin, below ``max_rate(refractory_bins)``.
    correlation : float
        0 to below 1.
    refractory_bins : float

    Examples
    --------
    >>> law = solve_pair(0.25, 0.3, refractory_bins=0.0)
    >>> round(law.hazard_scale, 6), round(law.sharing, 6)
    (0.25, 0.3)
    """
    scale = solve_hazard_scale(rate, refractory_bins=refractory_bins)
    hazard = hazards(scale, refractory_bins=refractory_bins)
    sharing = 0.0
    if correlation > 0:
        sharing = float(brentq(lambda trial: pair_correlation(hazard, sharing=trial) - correlation, 0.0, 1.0))
    return PairLaw(
        hazard_scale=scale,
        sharing=sharing,
        rate=age_distribution(hazard)[1],
        correlation=pair_correlation(hazard, sharing=sharing),
        warm_up_bins=_warm_up(hazard, sharing),
    )


def pair_correlation(hazard: np.ndarray, *, sharing: float) -> float:
    """Return the Pearson correlation, within a bin, of two neurons with these hazards in the stationary state."""
    _, rate = age_distribution(hazard)
    both = float(np.sum(_stationary(_transitions(hazard, sharing)) * _both_spike(hazard, sharing)))
    return (both - rate**2) / (rate * (1 - rate))


def _shared_numbers(
    rng: np.random.Generator, n_samples: int, group_size: int, sharing: np.ndarray
) -> Callable[[], np.ndarray]:
    """Return a function that draws uniform numbers, of which two neurons of a group share ``sharing``."""
    uses_shared = np.repeat(np.sqrt(sharing), group_size).astype(np.float32)

    def draw() -> np.ndarray:
        own, choice = rng.random((2, n_samples, len(uses_shared)), np.float32)
        shared = rng.random((n_samples, len(sharing)), np.float32)
        return np.where(choice < uses_shared, np.repeat(shared, group_size, axis=1), own)

    return draw


def _truth(samples, groups, permutation, rates, correlations, laws: list[PairLaw]) -> PairsTruth:
    """All that is known about the samples, with what they reached."""
    reached_rate, reached_correlation = _reached(samples, groups)
    return PairsTruth(
        groups=groups,
        permutation=permutation,
        nominal_rate=rates,
        nominal_correlation=correlations,
        analytic_rate=np.array([law.rate for law in laws]),
        analytic_correlation=np.array([law.correlation for law in laws]),
        reached_rate=reached_rate,
        reached_correlation=reached_correlation,
        hazard_scale=np.array([law.hazard_scale for law in laws]),
        sharing=np.array([law.sharing for law in laws]),
    )


def _reached(samples: np.ndarray, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean rate of each group and mean Pearson correlation of its pairs, over all bins.

    Counts instead of ``np.corrcoef``: exact, and without a float copy of samples that may fill the memory.
    """
    trains = np.ascontiguousarray(samples.reshape(-1, samples.shape[-1]).T)
    rate = np.count_nonzero(trains, axis=1) / trains.shape[1]
    first, second = np.array([list(combinations(group, 2)) for group in groups], int).reshape(len(groups), -1, 2).T
    both = np.array([np.count_nonzero(trains[i] & trains[j]) for i, j in zip(first.flat, second.flat, strict=True)])
    covariance = both.reshape(first.shape) / trains.shape[1] - rate[first] * rate[second]
    deviation = np.sqrt(rate * (1 - rate))
    with np.errstate(invalid="ignore"):
        correlation = (covariance / (deviation[first] * deviation[second])).mean(axis=0)
    return rate[groups].mean(axis=1), correlation


def _check(section: PairsSection) -> None:
    """Refuse groups that do not divide the neurons, and laws that no pair can have."""
    n_neurons, group_size, spread = section.n_neurons, section.group_size, section.spread
    require(
        n_neurons % group_size == 0, "n_neurons", got=f"{n_neurons}", expected=f"a multiple of group_size {group_size}",
        fix="change n_neurons or group_size",
    )  # fmt: skip
    check_rate(section.rate, spread=spread, refractory_bins=section.refractory_bins)
    check_range("correlation", section.correlation, 0.0, _MAX_CORRELATION / (1 + spread))


def _both_spike(hazard: np.ndarray, sharing: float) -> np.ndarray:
    """P(both spike) in each state; states are the pairs of ages with first <= second, because neurons are alike."""
    first, second = np.triu_indices(len(hazard))
    return sharing * np.minimum(hazard[first], hazard[second]) + (1 - sharing) * hazard[first] * hazard[second]


def _transitions(hazard: np.ndarray, sharing: float) -> csc_array:
    """Transition matrix, P[to, from], over the states."""
    n = len(hazard)
    first, second = np.triu_indices(n)
    states = np.arange(len(first))
    state_of = np.zeros((n, n), int)
    state_of[first, second] = states
    older_first, older_second = np.minimum(first + 1, n - 1), np.minimum(second + 1, n - 1)
    both = _both_spike(hazard, sharing)
    only_first, only_second = hazard[first] - both, hazard[second] - both
    p = np.concatenate([both, only_first, only_second, 1 - both - only_first - only_second])
    to = np.concatenate(
        [
            np.zeros_like(states),
            state_of[0, older_second],
            state_of[0, older_first],
            state_of[older_first, older_second],
        ]
    )
    return coo_array((p, (to, np.tile(states, 4))), shape=(len(states), len(states))).tocsc()


def _stationary(transitions: csc_array) -> np.ndarray:
    """Distribution that stays: solved relative to the state in which both have just spiked, which always returns."""
    if transitions.shape[0] == 1:
        return np.ones(1)
    others = transitions[1:, 1:]
    relative = spsolve((eye_array(others.shape[0]) - others).tocsc(), transitions[1:, [0]].toarray().ravel())
    weights = np.concatenate([[1.0], relative])
    return weights / weights.sum()


def _warm_up(hazard: np.ndarray, sharing: float) -> int:
    """Bins until ages that shared numbers at the start are distributed as in the stationary state."""
    transitions = _transitions(hazard, sharing)
    stationary = _stationary(transitions)
    ages, _ = age_distribution(hazard)
    independent = np.outer(ages, ages)
    start = (1 - sharing) * (np.triu(independent) + np.triu(independent.T, 1)) + sharing * np.diag(ages)
    state = start[np.triu_indices(len(ages))]
    n_bins = 0
    while np.abs(state - stationary).sum() / 2 > _STATIONARY:
        state = transitions @ state
        n_bins += 1
    return n_bins
