"""Relatively refractory neurons: hazard, exact rate, and samples that start in the stationary state.

A neuron whose last spike is ``a`` bins ago spikes with the probability
``scale * (1 - exp(-a / sigma**2))``, sigma = ``refractory_bins`` / 1.5. Its age ``a`` is a Markov chain; ages from
which recovery is complete (to 1e-4) are one state.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.optimize import brentq

__all__ = ["age_distribution", "hazards", "max_rate", "recovery_decay", "refractory_spikes", "solve_hazard_scale"]

_SIGMA_PER_REFRACTORY = 1 / 1.5
_COMPLETE = 1e-4
_SOLVED = {"xtol": 1e-14, "rtol": 1e-13}


def recovery_decay(refractory_bins: float) -> float:
    """Return the factor by which the missing recovery shrinks per bin (0 without refractoriness)."""
    return float(np.exp(-1 / (refractory_bins * _SIGMA_PER_REFRACTORY) ** 2)) if refractory_bins > 0 else 0.0


def hazards(scale: float, *, refractory_bins: float) -> np.ndarray:
    """Return the probability of a spike 1, 2, ... bins after the last, shape (age,); the last is for all later ones.

    ``scale`` is the probability after complete recovery.

    References
    ----------
    Molano-Mazon et al. 2018, section 3.1; the published code removes spikes with probability
    exp(-isi / sigma^2).

    Examples
    --------
    >>> hazards(0.5, refractory_bins=0.0)
    array([0.5])
    """
    decay = recovery_decay(refractory_bins)
    n_ages = int(np.ceil(np.log(_COMPLETE) / np.log(decay))) if decay > _COMPLETE else 1
    return scale * (1 - decay ** np.arange(1, n_ages + 1))


def age_distribution(hazard: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the stationary distribution of ages, shape (age,), and the rate in spikes per bin.

    Renewal theory: an age is as frequent as intervals that last at least as long, and the rate is one over the
    mean interval.

    Examples
    --------
    >>> age_distribution(np.array([0.0, 0.5]))  # intervals of 2, 3, ... bins, 3 on average
    (array([0.33333333, 0.66666667]), 0.3333333333333333)
    """
    survival = np.concatenate([[1.0], np.cumprod(1 - hazard[:-1])])
    survival[-1] /= hazard[-1]
    return survival / survival.sum(), float(1 / survival.sum())


def max_rate(refractory_bins: float) -> float:
    """Return the rate of a neuron that spikes with certainty once it has recovered."""
    return age_distribution(hazards(1.0, refractory_bins=refractory_bins))[1]


def solve_hazard_scale(rate: float, *, refractory_bins: float) -> float:
    """Return the scale at which a neuron has the rate; the rate must be below :func:`max_rate`."""

    def excess(scale: float) -> float:
        return age_distribution(hazards(scale, refractory_bins=refractory_bins))[1] - rate

    return float(brentq(excess, 0.99 * rate, 1.0, **_SOLVED))


def refractory_spikes(
    scale: np.ndarray,
    *,
    refractory_bins: float,
    n_bins: int,
    draw: Callable[[], np.ndarray],
    warm_up_bins: int = 0,
) -> np.ndarray:
    """Simulate neurons that each start with an age from their stationary distribution.

    Parameters
    ----------
    scale : ndarray, shape (neuron,)
    refractory_bins : float
    n_bins : int
    draw : callable
        Returns new random numbers of shape (sample, neuron), float32, uniform in [0, 1), independent from call to
        call. Neurons may share numbers; one call decides the ages at the start, each further one a bin.
    warm_up_bins : int
        Bins that are simulated before the first one kept. Independent neurons need none.

    Returns
    -------
    ndarray of uint8, shape (sample, bin, neuron)
    """
    decay = np.float32(recovery_decay(refractory_bins))
    scale = scale.astype(np.float32)
    missing = _missing_at_start(draw(), scale, refractory_bins)
    spikes = np.empty((len(missing), n_bins, len(scale)), np.uint8)
    for time in range(-warm_up_bins, n_bins):
        fired = draw() < scale * (1 - missing)
        missing *= decay
        np.putmask(missing, fired, decay)
        if time >= 0:
            spikes[:, time] = fired
    return spikes


def _missing_at_start(uniform: np.ndarray, scale: np.ndarray, refractory_bins: float) -> np.ndarray:
    """Missing recovery, exp(-age / sigma^2), for ages drawn by the inverse of their distribution function."""
    decay = recovery_decay(refractory_bins)
    missing = np.empty_like(uniform)
    for neuron, one_scale in enumerate(scale):
        ages, _ = age_distribution(hazards(one_scale, refractory_bins=refractory_bins))
        drawn = 1 + np.searchsorted(np.cumsum(ages)[:-1], uniform[:, neuron], side="right")
        missing[:, neuron] = decay**drawn
    return missing
