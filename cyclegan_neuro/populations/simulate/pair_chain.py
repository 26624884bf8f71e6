"""The exact correlation of two neurons that share random numbers, and how much sharing a correlation needs.

With probability ``sharing`` both neurons compare their hazard with the same uniform number, else with independent
ones, so that ``P(both spike | hazards) = sharing * min(h1, h2) + (1 - sharing) * h1 * h2``. The two ages are a Markov
chain on a finite grid; its stationary distribution gives the correlation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.sparse import coo_array, csc_array, eye_array
from scipy.sparse.linalg import spsolve

from cyclegan_neuro.populations.simulate.refractory import age_distribution, hazards, solve_hazard_scale

__all__ = ["PairLaw", "pair_correlation", "solve_pair"]

_STATIONARY = 1e-4


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
    """Return the Pearson correlation, within a bin, of two neurons in the stationary state.

    Parameters
    ----------
    hazard : ndarray, shape (age,)
        The last age stands for all later ones.
    sharing : float
    """
    _, rate = age_distribution(hazard)
    both = float(np.sum(_stationary(_transitions(hazard, sharing)) * _both_spike(hazard, sharing)))
    return (both - rate**2) / (rate * (1 - rate))


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
