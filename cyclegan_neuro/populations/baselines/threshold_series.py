"""Covariances of threshold events, averaged over stimuli, as power series of the correlation of what lies beneath.

The probability that two correlated normal variables exceed their thresholds is a power series of their correlation
(Pearson 1900) whose coefficients are products of one factor of each neuron.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

__all__ = ["series_factors", "series_slope", "series_sum", "solve_series"]

_TERMS = 40
_MOST = 0.95  # correlation up to which the series is summed
_HALVINGS = 40


def series_factors(rates: np.ndarray) -> list[np.ndarray]:
    """Return what each event brings to the n-th power of the correlation, n from 1 on; each as ``rates`` in shape.

    The density at the threshold times the Hermite polynomial of degree n - 1, over the square root of n!.
    """
    varies = (rates > 0) & (rates < 1)
    threshold = norm.isf(np.where(varies, rates, 0.5))
    before, now = np.zeros_like(rates), np.where(varies, norm.pdf(threshold), 0.0)
    factors = []
    for n in range(1, _TERMS + 1):
        factors.append(now / np.sqrt(n))
        before, now = now, (threshold * now - np.sqrt(n - 1) * before) / np.sqrt(n)
    return factors


def series_sum(series: list[np.ndarray], correlation: np.ndarray) -> np.ndarray:
    """Return the covariance of threshold events, averaged over the stimulus."""
    total = np.zeros_like(correlation)
    for coefficient in reversed(series):
        total = (total + coefficient) * correlation
    return total


def series_slope(series: list[np.ndarray], correlation: np.ndarray) -> np.ndarray:
    """Return the derivative of :func:`series_sum` by the correlation."""
    total = np.zeros_like(correlation)
    for power, coefficient in reversed(list(enumerate(series))):
        total = total * correlation + (power + 1) * coefficient
    return total


def solve_series(series: list[np.ndarray], wanted: np.ndarray, least: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the correlations with these covariances, by halving, and where they lie at a bound."""
    low, high = np.full_like(wanted, -_MOST), np.full_like(wanted, _MOST)
    varies = series[0] > 0
    at_bound = varies & ((wanted < np.maximum(least, series_sum(series, low))) | (wanted > series_sum(series, high)))
    wanted = np.maximum(wanted, least)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        below = series_sum(series, middle) < wanted
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.where(varies, (low + high) / 2, 0.0), at_bound
