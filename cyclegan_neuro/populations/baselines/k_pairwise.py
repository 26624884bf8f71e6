"""Maximum entropy with given rates, pairwise correlations and number of active neurons; bins do not know each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cyclegan_neuro.populations.baselines._model import SpikeModel, check_samples
from cyclegan_neuro.populations.baselines.moments import (
    Moments,
    all_words,
    data_moments,
    feature_covariance,
    features,
    gibbs_sweep,
    moments_of,
    pack,
    unpack,
)

__all__ = ["KPairwise", "fit_k_pairwise", "word_probabilities"]

_MOST_ENUMERATED = 15
_N_CHAINS = 4096
_SWEEPS_PER_STEP = 5
_STEPS = 400
_STEPS_AT_FULL_RATE = 100
_FIRST_RATE = 0.3
_MOST_CHANGE = 0.5
_LONGEST_STEP = 0.15  # in the metric of the features' covariance, twice whose square is about the divergence in nats
_RIDGE = 0.05
_SWEEPS_TO_CHECK = 400
_NEWTON_STEPS = 100
_BURN_IN_SWEEPS = 100
_SWEEPS_BETWEEN = 5


@dataclass(frozen=True, eq=False)
class KPairwise(SpikeModel):
    """``P(s) ∝ exp(sum_i h_i s_i + sum_{i<j} J_ij s_i s_j + V_K)``, K the number of active neurons.

    Attributes
    ----------
    neurons : ndarray of int, shape (varying neuron,)
        Those that the model is about; the others always do the same.
    constant : ndarray of uint8, shape (neuron,)
        What those others do.
    fields : ndarray of float64, shape (varying neuron,)
        ``h``.
    couplings : ndarray of float64, shape (varying neuron, varying neuron)
        ``J``: symmetric, 0 on the diagonal.
    count_bias : ndarray of float64, shape (varying neuron + 1,)
        ``V``. Only its course beyond a parabola matters: that could be moved to ``h`` and ``J``.
    n_bins : int
        Bins of a sample.
    rms : ndarray of float64, shape (step, 3)
        Root-mean-square error of the rates, of the pairwise moments and of the probabilities of the number of active
        neurons while the model was fitted, in standard errors of the training samples' own moments. One row per step,
        whose moments are those of few words where there are chains; the last row is that of the model.
    """

    neurons: np.ndarray
    constant: np.ndarray
    fields: np.ndarray
    couplings: np.ndarray
    count_bias: np.ndarray
    n_bins: int
    rms: np.ndarray

    @property
    def converged(self) -> bool:
        """Whether all errors are below 1: the model is closer to the training samples than these are to the truth."""
        return bool((self.rms[-1] < 1).all())

    def _draw(self, n_samples: int, rng: np.random.Generator) -> np.ndarray:
        # Up to 15 neurons words are drawn from all that there are. Beyond, they come from Gibbs chains, several from
        # each, and are dealt out at random, so that bins of a sample do not come from one chain.
        n_words = n_samples * self.n_bins
        spikes = np.tile(self.constant, (n_words, 1))
        parameters = self.fields, self.couplings, self.count_bias
        draw = _words_of_all if self.neurons.size <= _MOST_ENUMERATED else _words_of_chains
        spikes[:, self.neurons] = draw(n_words, parameters, rng)
        return spikes.reshape(n_samples, self.n_bins, -1)


def fit_k_pairwise(samples: np.ndarray, *, seed: int) -> KPairwise:
    """Fit the model to the words (activity of all neurons in one bin) of all samples and bins.

    Parameters
    ----------
    samples : ndarray, shape (sample, bin, neuron)
        Spikes, 0 or 1. Neurons that never (or always) spike stay so.
    seed : int
        Of the Gibbs chains; without effect up to 15 neurons.

    Returns
    -------
    KPairwise

    Raises
    ------
    RecordingError
        Samples of another shape or with other values.

    Notes
    -----
    Up to 15 neurons the moments of the model are sums over all words, and Newton's method finds the maximum of the
    likelihood. Beyond, 4,096 persistent Gibbs chains estimate them; the steps are those of Newton's method with the
    covariance of the training words' features in place of the model's (they agree at the maximum), decrease, and the
    later parameters are averaged. Memory grows with the fourth power of the number of neurons: 14 MB for 50.

    Numbers of active neurons and pairs that are never seen would have probability 0. One word is added to the
    training words, spread over all numbers of active neurons up to the largest seen, half of that share for the
    next number, a quarter for the one after and so on, each over all words of that number.

    References
    ----------
    Tkačik et al. 2014, "Searching for collective behavior in a large network of sensory neurons", equation 7.

    Examples
    --------
    >>> spikes = np.random.default_rng(0).integers(0, 2, (500, 4, 3))
    >>> model = fit_k_pairwise(spikes, seed=0)
    >>> model.converged, model.sample(2, seed=0).shape
    (True, (2, 4, 3))
    """
    check_samples(samples)
    words = samples.reshape(-1, samples.shape[2])
    varies = words.min(axis=0) != words.max(axis=0)
    neurons, words_of_varying = np.flatnonzero(varies), words[:, varies].astype(np.uint8)
    wanted = data_moments(words_of_varying)
    if neurons.size <= _MOST_ENUMERATED:
        parameters, errors = _fit_to_all_words(wanted)
    else:
        parameters, errors = _fit_by_chains(words_of_varying, wanted, np.random.default_rng(seed))
    fields, couplings, count_bias = unpack(parameters, neurons.size)
    constant = np.where(varies, 0, words[0]).astype(np.uint8)
    return KPairwise(neurons, constant, fields, couplings, count_bias, samples.shape[1], np.array(errors))


def word_probabilities(fields: np.ndarray, couplings: np.ndarray, count_bias: np.ndarray) -> np.ndarray:
    """Return the probability of every word of few neurons, in the order of ``all_words``, shape (2 ** neuron,).

    Examples
    --------
    >>> word_probabilities(np.zeros(1), np.zeros((1, 1)), np.log([1.0, 3.0])).round(6).tolist()
    [0.25, 0.75]
    """
    words = all_words(fields.size)
    exponent = features(words) @ pack(fields, couplings, count_bias)
    weight = np.exp(exponent - exponent.max())
    return weight / weight.sum()


def _fit_to_all_words(wanted: Moments) -> tuple[np.ndarray, list]:
    """Newton's method on the negative log-likelihood, which is convex; steps are halved until they descend."""
    of_words = features(all_words(wanted.n_neurons))
    parameters, errors = np.zeros(of_words.shape[1]), []
    loss, probability = _loss(of_words, parameters, wanted.values)
    for _ in range(_NEWTON_STEPS):
        mean = probability @ of_words
        errors.append(wanted.errors(mean))
        gradient = mean - wanted.values
        if np.abs(gradient).max() < 1e-12:
            break
        curvature = (of_words * probability[:, None]).T @ of_words - np.outer(mean, mean)
        direction = np.linalg.lstsq(curvature, gradient, rcond=1e-12)[0]  # three directions change nothing
        for halving in range(40):
            trial = parameters - direction / 2**halving
            trial_loss, trial_probability = _loss(of_words, trial, wanted.values)
            if trial_loss <= loss:
                break
        else:
            break
        parameters, loss, probability = trial, trial_loss, trial_probability
    errors.append(wanted.errors(probability @ of_words))
    return parameters, errors


def _loss(of_words: np.ndarray, parameters: np.ndarray, wanted: np.ndarray) -> tuple[float, np.ndarray]:
    exponent = of_words @ parameters
    weight = np.exp(exponent - exponent.max())
    return float(np.log(weight.sum()) + exponent.max() - wanted @ parameters), weight / weight.sum()


def _fit_by_chains(words: np.ndarray, wanted: Moments, rng: np.random.Generator) -> tuple[np.ndarray, list]:
    """Stochastic Newton steps: at full rate, then decreasing; the average of the later half of those."""
    states = words[rng.integers(0, len(words), _N_CHAINS)].T.astype(np.float32)  # start as the data
    inverse = _preconditioner(words, wanted, rng)
    rates = wanted.values[: wanted.n_neurons]
    parameters = np.zeros_like(wanted.values)
    parameters[: rates.size] = np.log(rates / (1 - rates))
    errors, averaged, n_averaged = [], np.zeros_like(parameters), 0
    for step in range(_STEPS):
        found = _moments_of_chains(states, parameters, _SWEEPS_PER_STEP, rng)
        errors.append(wanted.errors(found))
        late = max(0, step - _STEPS_AT_FULL_RATE)
        missing = wanted.values - found
        change = inverse @ missing
        length = np.sqrt(missing @ change)
        change *= min(_FIRST_RATE / (1 + late / 20) ** 0.7, _LONGEST_STEP / max(length, 1e-12))
        parameters = parameters + np.clip(change, -_MOST_CHANGE, _MOST_CHANGE)
        if 2 * late >= _STEPS - _STEPS_AT_FULL_RATE:
            averaged, n_averaged = averaged + parameters, n_averaged + 1
    averaged /= n_averaged
    errors.append(wanted.errors(_moments_of_chains(states, averaged, _SWEEPS_TO_CHECK, rng)))
    return averaged, errors


def _preconditioner(words: np.ndarray, wanted: Moments, rng: np.random.Generator) -> np.ndarray:
    """Inverse of the regularised covariance of features; those too rare to be seen in a step change slowly."""
    covariance = feature_covariance(words, rng)
    least = np.maximum(wanted.variances, 10 / (_N_CHAINS * _SWEEPS_PER_STEP))
    covariance[np.diag_indices(len(covariance))] = np.maximum(np.diagonal(covariance), least) + _RIDGE * least
    return np.linalg.inv(covariance)


def _moments_of_chains(states: np.ndarray, parameters: np.ndarray, n_sweeps: int, rng: np.random.Generator):
    """Mean features of the words that the chains go through; moves the chains."""
    fields, couplings, count_bias = unpack(parameters, len(states))
    total = np.zeros(parameters.size)
    for _ in range(n_sweeps):
        gibbs_sweep(states, fields=fields, couplings=couplings, count_bias=count_bias, rng=rng)
        total += moments_of(states.T)
    return total / n_sweeps


def _words_of_all(n_words: int, parameters: tuple, rng: np.random.Generator) -> np.ndarray:
    cumulative = np.cumsum(word_probabilities(*parameters))
    chosen = np.searchsorted(cumulative, rng.random(n_words) * cumulative[-1], side="right")
    return all_words(parameters[0].size)[chosen]


def _words_of_chains(n_words: int, parameters: tuple, rng: np.random.Generator) -> np.ndarray:
    fields, couplings, count_bias = parameters
    n_chains = min(_N_CHAINS, n_words)
    start = 1 / (1 + np.exp(-fields - (count_bias[1] - count_bias[0])))
    states = (rng.random((fields.size, n_chains)) < start[:, None]).astype(np.float32)
    rounds, drawn = -(-n_words // n_chains), []
    for number in range(rounds):
        for _ in range(_SWEEPS_BETWEEN if number else _BURN_IN_SWEEPS):
            gibbs_sweep(states, fields=fields, couplings=couplings, count_bias=count_bias, rng=rng)
        drawn.append(states.T.astype(np.uint8))
    return rng.permutation(np.concatenate(drawn))[:n_words]
