"""Statistics of resampled repeats, from sums that are taken once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

__all__ = ["Recorded", "mean_noise_correlations", "repeats"]


class Recorded(NamedTuple):
    """Responses that belong together.

    Attributes
    ----------
    counts : ndarray of uint8, shape (response, neuron)
    stimulus, trial : ndarray of int64, shape (response,)
    """

    counts: np.ndarray
    stimulus: np.ndarray
    trial: np.ndarray


def repeats(stimulus: np.ndarray, trial: np.ndarray) -> np.ndarray:
    """Return for every response how many trials showed its stimulus before, int64, shape (response,).

    Examples
    --------
    >>> repeats(np.array([7, 7, 4, 7, 7]), np.array([1, 1, 2, 3, 8])).tolist()
    [0, 0, 0, 1, 2]
    """
    pairs, which = np.unique(np.stack([stimulus, trial], axis=1), axis=0, return_inverse=True)
    _, first, n_trials = np.unique(pairs[:, 0], return_index=True, return_counts=True)
    return (np.arange(len(pairs)) - np.repeat(first, n_trials))[which.reshape(-1)]


def mean_noise_correlations(recorded: Recorded, *, n_resamples: int, seed: int) -> np.ndarray:
    """Return the mean noise correlation of the repeats as they are, and of repeats drawn with replacement.

    Sums within each repeat are kept, so that a resampling costs one average over repeats. Residuals are not rescaled
    by how often a stimulus was drawn, which cancels where all stimuli are shown equally often.

    Returns
    -------
    ndarray of float64, shape (1 + resampling,)
    """
    place = np.unique(recorded.stimulus, return_inverse=True)[1]
    repeat = repeats(recorded.stimulus, recorded.trial)
    n, n_neurons = repeat.max() + 1, recorded.counts.shape[1]
    sums, shown = np.zeros((n, place.max() + 1, n_neurons), np.float32), np.zeros((n, place.max() + 1), np.float32)
    np.add.at(sums, (repeat, place), recorded.counts)
    np.add.at(shown, (repeat, place), 1)
    products = np.stack([part.T @ part for part in (recorded.counts[repeat == k].astype(float) for k in range(n))])
    drawn = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=n_resamples)
    pairs, found = np.triu_indices(n_neurons, 1), []
    for weights in np.concatenate([np.ones((1, n)), drawn]).astype(np.float32):
        total = np.tensordot(weights, sums, 1)
        often = np.maximum(weights @ shown, 1)[:, None]
        covariance = np.tensordot(weights, products, 1) - total.T @ (total / often)
        variance = np.diag(covariance)
        scale = np.sqrt(np.where(variance > 1e-3, variance, np.nan))  # sums in float32: below is rounding
        found.append(np.nanmean((covariance / np.outer(scale, scale))[pairs]))
    return np.array(found)
