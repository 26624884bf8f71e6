"""What the k-pairwise model is fitted to: rates, pairwise moments and how many neurons are active.

These are the means of the features of a word, which stand in the order: neurons, pairs i < j, number of active neurons.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = [
    "Moments", "all_words", "data_moments", "feature_covariance", "features", "gibbs_sweep", "moments_of", "pack",
    "unpack",
]  # fmt: skip

_MOST_WORDS_FOR_COVARIANCE = 50_000
_CHUNK = 4096


@dataclass(frozen=True, eq=False)
class Moments:
    """Means of the features over the training words.

    Attributes
    ----------
    values : ndarray of float64, shape (feature,)
    n_words : int
    n_neurons : int
    """

    values: np.ndarray
    n_words: int
    n_neurons: int

    @property
    def variances(self) -> np.ndarray:
        """Of the features, shape (feature,)."""
        return self.values * (1 - self.values)

    def errors(self, found: np.ndarray) -> np.ndarray:
        """Return the root-mean-square error of rates, pairs and numbers of active neurons.

        In units of the standard errors of :attr:`values`, of what is expected in less than one word: of one word.
        """
        score = (found - self.values) / np.sqrt(np.maximum(self.variances, 1 / self.n_words) / self.n_words)
        n_pairs = self.n_neurons * (self.n_neurons - 1) // 2
        groups = np.split(score, [self.n_neurons, self.n_neurons + n_pairs])
        return np.array([np.sqrt((group**2).sum() / max(group.size, 1)) for group in groups])


def data_moments(words: np.ndarray) -> Moments:
    """Return the moments of training words, and of one more word spread over all numbers of active neurons.

    Parameters
    ----------
    words : ndarray of uint8, shape (word, neuron)

    Notes
    -----
    The added word: as often with any number of active neurons up to the largest seen, half as often with the next,
    and so on; each neuron is as likely to be among them as any other. The three kinds of moments stay consistent.

    Examples
    --------
    >>> data_moments(np.array([[0, 1], [0, 0]], np.uint8)).n_words
    2
    """
    n_words, n_neurons = words.shape
    seen = moments_of(words)
    number = np.arange(n_neurons + 1)
    largest = np.flatnonzero(seen[-n_neurons - 1 :])[-1]
    share = 0.5 ** np.maximum(0, number - largest)
    share /= share.sum()
    rate = share @ number / max(n_neurons, 1)
    pair = share @ (number * (number - 1)) / max(n_neurons * (n_neurons - 1), 1)
    n_pairs = n_neurons * (n_neurons - 1) // 2
    added = np.concatenate([np.full(n_neurons, rate), np.full(n_pairs, pair), share])
    return Moments((n_words * seen + added) / (n_words + 1), n_words, n_neurons)


def moments_of(words: np.ndarray) -> np.ndarray:
    """Return the mean features of words, shape (feature,).

    Parameters
    ----------
    words : ndarray, shape (word, neuron)
        Spikes, 0 or 1.

    Examples
    --------
    >>> moments_of(np.array([[1, 1], [1, 0]], np.uint8)).tolist()
    [1.0, 0.5, 0.5, 0.0, 0.5, 0.5]
    """
    n_words, n_neurons = words.shape
    both, number = np.zeros((n_neurons, n_neurons)), np.zeros(n_neurons + 1)
    for start in range(0, n_words, 2**20):  # sums of 0 and 1 are exact in float32 as long as they are below 2²⁴
        part = words[start : start + 2**20].astype(np.float32)
        both += part.T @ part
        number += np.bincount(part.sum(axis=1).astype(np.intp), minlength=n_neurons + 1)
    return np.concatenate([np.diagonal(both), both[np.triu_indices(n_neurons, 1)], number]) / n_words


def features(words: np.ndarray) -> np.ndarray:
    """Return the features of each word, float64, shape (word, feature).

    Examples
    --------
    >>> features(np.array([[1, 1], [0, 1]], np.uint8)).tolist()
    [[1.0, 1.0, 1.0, 0.0, 0.0, 1.0], [0.0, 1.0, 0.0, 0.0, 1.0, 0.0]]
    """
    values = words.astype(np.float64)
    first, second = np.triu_indices(words.shape[1], 1)
    number = words.sum(axis=1, dtype=np.intp)[:, None] == np.arange(words.shape[1] + 1)
    return np.concatenate([values, values[:, first] * values[:, second], number], axis=1)


def feature_covariance(words: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the covariance of the features over at most 50,000 words drawn at random, shape (feature, feature)."""
    drawn = words[rng.permutation(len(words))[:_MOST_WORDS_FOR_COVARIANCE]]
    mean = moments_of(drawn)
    second: np.ndarray | float = 0.0
    for start in range(0, len(drawn), _CHUNK):
        part = features(drawn[start : start + _CHUNK]).astype(np.float32)
        second = second + (part.T @ part).astype(np.float64)
    return second / len(drawn) - np.outer(mean, mean)


def all_words(n_neurons: int) -> np.ndarray:
    """Return all words of few neurons, uint8, shape (2 ** neuron, neuron); the last neuron changes fastest.

    Examples
    --------
    >>> all_words(2).tolist()
    [[0, 0], [0, 1], [1, 0], [1, 1]]
    """
    return (np.arange(2**n_neurons)[:, None] >> np.arange(n_neurons)[::-1] & 1).astype(np.uint8)


def gibbs_sweep(
    states: np.ndarray, *, fields: np.ndarray, couplings: np.ndarray, count_bias: np.ndarray, rng: np.random.Generator
) -> None:
    """Draw every neuron of every chain of words anew, given all others.

    Parameters
    ----------
    states : ndarray of float32, shape (neuron, chain)
        Spikes, 0 or 1; changed in place.
    fields, couplings, count_bias : ndarray
        As of ``KPairwise``.
    rng : numpy.random.Generator

    Examples
    --------
    >>> states = np.zeros((2, 5), np.float32)
    >>> gibbs_sweep(
    ...     states, fields=np.array([99.0, -99.0]), couplings=np.zeros((2, 2)), count_bias=np.zeros(3),
    ...     rng=np.random.default_rng(0),
    ... )
    >>> states.sum(axis=1).tolist()
    [5.0, 0.0]
    """
    fields, couplings = fields.astype(np.float32), couplings.astype(np.float32)
    steps = np.diff(count_bias).astype(np.float32)
    uniform = rng.random(states.shape, dtype=np.float32)
    with np.errstate(divide="ignore"):
        logistic = np.log(uniform / (1 - uniform))  # the neuron spikes where its log-odds exceed this
    active = states.sum(axis=0).astype(np.intp)
    for neuron, row in enumerate(couplings):
        others = active - states[neuron].astype(np.intp)
        spikes = row @ states + steps[others] + fields[neuron] > logistic[neuron]
        states[neuron] = spikes
        active = others + spikes


def pack(fields: np.ndarray, couplings: np.ndarray, count_bias: np.ndarray) -> np.ndarray:
    """Return the parameters in the order of the features."""
    return np.concatenate([fields, couplings[np.triu_indices(fields.size, 1)], count_bias])


def unpack(parameters: np.ndarray, n_neurons: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return fields, symmetric couplings and the bias by number of active neurons; the inverse of :func:`pack`.

    Examples
    --------
    >>> unpack(np.arange(6.0), 2)[1].tolist()
    [[0.0, 2.0], [2.0, 0.0]]
    """
    couplings = np.zeros((n_neurons, n_neurons))
    n_pairs = n_neurons * (n_neurons - 1) // 2
    couplings[np.triu_indices(n_neurons, 1)] = parameters[n_neurons : n_neurons + n_pairs]
    return parameters[:n_neurons], couplings + couplings.T, parameters[n_neurons + n_pairs :]
