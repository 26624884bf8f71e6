"""Two correlated normal variables, each seen only through whether it exceeds a threshold.

Neurons that always or never spike have no correlation: theirs is 0 throughout.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

__all__ = ["event_covariance", "event_covariance_slope", "latent_correlation"]

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(40)
_MOST_STEPS = 100
_TOLERANCE = 1e-9  # radians


def event_covariance(correlation: np.ndarray, p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Return the covariance of two threshold events from the correlation of what lies beneath.

    Parameters
    ----------
    correlation : ndarray
        Between the two standard normal variables, -1 to 1.
    p, q : ndarray
        Probabilities of the events; all three broadcast together.

    Returns
    -------
    ndarray of float64
        ``P(both) - p q``.

    Notes
    -----
    The derivative of ``P(both)`` by the correlation is the density of both variables at both thresholds. It is
    integrated over the arcsine of the correlation, where the integrand has no pole, with 40 Gauss-Legendre nodes.

    References
    ----------
    Plackett 1954, "A reduction formula for normal multivariate integrals".

    Examples
    --------
    >>> float(event_covariance(0.5, 0.5, 0.5).round(6))  # asin(0.5) / (2 pi)
    0.083333
    """
    correlation, p, q = np.broadcast_arrays(*(np.asarray(a, np.float64) for a in (correlation, p, q)))
    covariance = np.zeros(p.shape)
    varies = _varies(p, q)
    thresholds = norm.isf(p[varies]), norm.isf(q[varies])
    covariance[varies] = _integral(np.arcsin(np.clip(correlation[varies], -1, 1)), *thresholds)
    return covariance


def event_covariance_slope(correlation: np.ndarray, p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Return the derivative of :func:`event_covariance` by the correlation, which is neither -1 nor 1.

    Examples
    --------
    >>> float(event_covariance_slope(0.0, 0.5, 0.5).round(6))  # 1 / (2 pi)
    0.159155
    """
    correlation, p, q = np.broadcast_arrays(*(np.asarray(a, np.float64) for a in (correlation, p, q)))
    slope, varies = np.zeros(p.shape), _varies(p, q)
    at = correlation[varies]
    slope[varies] = _integrand(at, norm.isf(p[varies]), norm.isf(q[varies])) / np.sqrt(1 - at**2)
    return slope


def latent_correlation(covariance: np.ndarray, p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Return the correlation that gives two threshold events a covariance; the inverse of :func:`event_covariance`.

    Parameters
    ----------
    covariance : ndarray
        Wanted ``P(both) - p q``. Beyond what is possible it gives -1 or 1.
    p, q : ndarray
        Probabilities of the events; all three broadcast together.

    Returns
    -------
    ndarray of float64

    References
    ----------
    Macke et al. 2009, "Generating spike trains with specified correlation coefficients", equation 2.2.

    Examples
    --------
    >>> float(latent_correlation(1 / 12, 0.5, 0.5).round(6))
    0.5
    """
    covariance, p, q = np.broadcast_arrays(*(np.asarray(a, np.float64) for a in (covariance, p, q)))
    correlation = np.zeros(p.shape)
    least, most = np.maximum(0, p + q - 1) - p * q, np.minimum(p, q) - p * q
    varies = _varies(p, q)
    correlation[varies & (covariance >= most)] = 1
    correlation[varies & (covariance <= least)] = -1
    inside = varies & (covariance > least) & (covariance < most)
    correlation[inside] = np.sin(_solve(covariance[inside], norm.isf(p[inside]), norm.isf(q[inside])))
    return correlation


def _varies(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    return (p > 0) & (p < 1) & (q > 0) & (q < 1)


def _integrand(sine: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Bivariate normal density at the thresholds, times d correlation / d angle; ``sine`` is the correlation."""
    squares, product = (first**2 + second**2) / 2, first * second
    return np.exp((product * sine - squares) / np.maximum(1 - sine**2, 1e-300)) / (2 * np.pi)


def _integral(angle: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    total = np.zeros(angle.shape)
    for node, weight in zip(_NODES, _WEIGHTS, strict=True):
        total += weight * _integrand(np.sin(angle * (node + 1) / 2), first, second)
    return total * angle / 2


def _solve(covariance: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Newton's steps on the angle, all elements at once; a bisection where a step would leave its bracket.

    After some steps every third one bisects anyway: along an exponential curve Newton's steps are short and many.
    """
    low, high = np.full(covariance.shape, -np.pi / 2), np.full(covariance.shape, np.pi / 2)
    angle, open_ = np.zeros(covariance.shape), np.arange(covariance.size)
    for step in range(_MOST_STEPS):
        at, thresholds = angle[open_], (first[open_], second[open_])
        excess = _integral(at, *thresholds) - covariance[open_]
        low[open_] = np.where(excess < 0, at, low[open_])
        high[open_] = np.where(excess >= 0, at, high[open_])
        middle = (low[open_] + high[open_]) / 2
        newton = at - excess / np.maximum(_integrand(np.sin(at), *thresholds), 1e-300)
        inside = (newton >= low[open_]) & (newton <= high[open_]) & ((step < 6) | (step % 3 != 2))
        angle[open_] = np.where(inside, newton, middle)
        open_ = open_[np.abs(angle[open_] - at) > _TOLERANCE]
        if not open_.size:
            break
    return angle
