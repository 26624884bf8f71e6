"""Noise correlations without some of the repeats: how far they depend on the trials that happened to be recorded."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

__all__ = ["Recorded", "noise_left_out", "repeats"]

_N_GROUPS = 20
_LEAST_VARIANCE = 1e-9  # per response; below is rounding


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


def noise_left_out(recorded: Recorded) -> np.ndarray:
    """Return noise correlations without each of at most 20 groups of repeats, for a jackknife over trials.

    Residuals are not rescaled by how often a stimulus was shown, which cancels where that is equally often.

    Returns
    -------
    ndarray of float64, shape (group, neuron, neuron)
    """
    place = np.unique(recorded.stimulus, return_inverse=True)[1]
    group = repeats(recorded.stimulus, recorded.trial) % _N_GROUPS
    n, n_stimuli, (n_responses, n_neurons) = group.max() + 1, place.max() + 1, recorded.counts.shape
    member = csr_array((np.ones(n_responses), (group * n_stimuli + place, np.arange(n_responses))))
    member.resize(n * n_stimuli, n_responses)
    sums = (member @ recorded.counts.astype(float)).reshape(n, n_stimuli, n_neurons)
    shown = np.asarray(member.sum(axis=1)).reshape(n, n_stimuli, 1)
    parts = (recorded.counts[group == number].astype(np.float32) for number in range(n))
    products = np.stack([(part.T @ part).astype(float) for part in parts])
    rest, often, squares = (part.sum(axis=0) - part for part in (sums, shown, products))
    covariance = squares - np.swapaxes(rest, 1, 2) @ (rest / np.maximum(often, 1))
    variance = np.diagonal(covariance, axis1=1, axis2=2)
    scale = np.sqrt(np.where(variance > _LEAST_VARIANCE * n_responses, variance, np.nan))
    return covariance / (scale[:, :, None] * scale[:, None])
