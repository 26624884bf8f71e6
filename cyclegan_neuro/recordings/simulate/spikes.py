"""Spike counts from uniform numbers, so that two brains can share their randomness."""

from __future__ import annotations

import numpy as np

__all__ = ["poisson_counts"]


def poisson_counts(expected: np.ndarray, *, uniform: np.ndarray) -> np.ndarray:
    """Poisson counts by the inverse of the distribution function.

    Two calls with the same ``uniform`` give the same count wherever ``expected``
    is the same, and a larger ``expected`` never gives fewer spikes.

    Parameters
    ----------
    expected : ndarray of float64
        Expected number of spikes, for example rate times frame duration.
    uniform : ndarray of float64, shape of ``expected``
        Numbers in [0, 1).

    Returns
    -------
    counts : ndarray of uint8, shape of ``expected``
        The smallest k with ``P(N <= k) >= uniform``, at most 255.

    Notes
    -----
    ``scipy.stats.poisson.ppf`` gives the same numbers; it takes many times as
    long, because it inverts an incomplete gamma function for every frame, where
    nearly all frames need no more than one comparison.
    """
    counts = np.zeros(expected.shape, np.uint8)
    term = np.exp(-expected)
    open_ = np.flatnonzero(uniform > term)
    rate, target = expected.ravel()[open_], uniform.ravel()[open_]
    term = term.ravel()[open_]
    below = term.copy()
    for count in range(1, 256):
        if not open_.size:
            break
        counts.ravel()[open_] = count
        term = term * rate / count
        below = below + term
        left = target > below
        open_, rate, target, term, below = (a[left] for a in (open_, rate, target, term, below))
    return counts
