"""Gradients of an expected cost by the logits of Bernoulli outputs, which no backward pass goes through.

All draw z = logit + logistic noise, y = [z > 0], in float32; relaxed is r = σ(z / temperature). With score y - p =
∂ log p(y) / ∂ logit and p = σ(logit), the gradients for one sample of cost f are

==================  =============================================================  ========  =====================
name                gradient                                                       unbiased  evaluations of cost
==================  =============================================================  ========  =====================
reinforce           f(y) (y - p)                                                   yes       1
reinforce_loo       [f(y₁) - f(y₂)] (y₁ - y₂) / 2                                  yes       2
concrete            ∂f(r)                                                          no        2 (1 for the log)
straight_through    f'(y) p (1 - p)                                                no        1
rebar               [f(y) - η f(r̃)] (y - p) + η ∂f(r) - η ∂f(r̃)                    yes       2 (3 where it learns)
==================  =============================================================  ========  =====================

where r̃ = σ(z̃ / temperature) and z̃ is distributed as z given y. ``benchmarks/gradient_estimators.py`` compares them with
the exact gradient.

References
----------
Williams 1992, REINFORCE; Bengio, Léonard, Courville 2013, straight-through; Maddison, Mnih, Teh 2017, concrete;
Tucker et al. 2017, REBAR; Ramesh, Atayi, Macke 2019, Eqs. 4 and 5.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import keras
import tensorflow as tf

__all__ = ["Estimate", "Estimator", "LearnedRebar", "get"]

_MARGIN = 1e-6  # of uniform draws from 0 and 1; 1e-9 is 0 beside 1 in float32
_LEARNING_RATE = 0.01  # of eta and log temperature, and of the running means that they follow
_HALF_STEP = 0.2  # in log temperature, of the two control variates of LearnedRebar
_TEMPERATURES = (0.05, 5.0)  # bounds of a learned one


@dataclass(frozen=True)
class Estimate:
    """What an :class:`Estimator` finds for a batch.

    Attributes
    ----------
    samples : tensor, float32, shape (batch, unit)
        Outputs drawn, 0 or 1.
    cost : tensor, float32
        Mean cost of outputs drawn, a scalar.
    surrogate : tensor, float32, or tuple of three
        A scalar to differentiate in place of the mean cost; its value means nothing. Three of :class:`LearnedRebar`,
        whose gradients :meth:`Estimator.combine` makes one of.
    """

    samples: tf.Tensor
    cost: tf.Tensor
    surrogate: tf.Tensor | tuple[tf.Tensor, ...]


class Estimator:
    """Estimates the gradient of the mean expected cost of Bernoulli outputs.

    Examples
    --------
    In a ``train_step``::

        with self.minimise("generator") as update:
            estimate = self.estimator(cost, self.generator([stimuli, noise], training=True), self.seed.next())
            update.loss, update.combine = estimate.surrogate, self.estimator.combine
    """

    def __call__(self, cost, logits, seed) -> Estimate:
        """Draw outputs and estimate the gradient.

        Parameters
        ----------
        cost : callable
            Maps values in [0, 1], float32, shape (k * batch, unit), to a cost of each row, shape (k * batch,). It is
            called once, with k copies of the batch one after the other: what a row is conditioned on must be repeated
            as often, ``tf.tile(stimuli, [k, 1])`` with ``k = len(values) // batch``, and no row may see another, as
            with batch normalisation. It reaches what is learned through the values alone.
        logits : tensor, shape (batch, unit)
        seed : tensor, int, shape (2,)
            Of the draws, for stateless random functions.

        Returns
        -------
        Estimate
        """
        logits = tf.cast(logits, tf.float32)
        samples, costs, *gradients = self.gradient(cost, tf.stop_gradient(logits), seed)
        surrogates = tuple(tf.reduce_mean(tf.reduce_sum(tf.stop_gradient(g) * logits, -1)) for g in gradients)
        cost = tf.stop_gradient(tf.reduce_mean(costs))
        return Estimate(samples, cost, surrogates if len(surrogates) > 1 else surrogates[0])

    def gradient(self, cost, logits, seed):
        """Return samples, shape (batch, unit), costs of samples, and the gradient of each row, shape (batch, unit)."""
        raise NotImplementedError

    def combine(self, gradients):
        """Return the estimate by weights: a list of tensors, from one such list per surrogate."""
        (only,) = gradients
        return only


class Reinforce(Estimator):
    """The score weighted by the cost: unbiased, of high variance."""

    def gradient(self, cost, logits, seed):
        samples, _ = _draw(logits, seed)
        (costs,), _ = _costs_and_slopes(cost, samples)
        # ∂ log p(y) / ∂ logit with log p(y) = y logit - softplus(logit)
        return samples, costs, costs[:, None] * (samples - tf.sigmoid(logits))


class ReinforceLeaveOneOut(Estimator):
    """REINFORCE with two draws from the same logits, each with the cost of the other as its baseline.

    Notes
    -----
    The mean over the rest of the batch would be a baseline without bias too. But rows have different stimuli, and a
    discriminator's cost depends on the stimulus: what differs between stimuli would remain as variance, and it says
    nothing of which spikes were good ones. Draws from the same logits differ in spikes alone. Two draws take as many
    evaluations of the cost as REBAR.

    References
    ----------
    Kool, van Hoof, Welling 2019, "Buy 4 REINFORCE samples, get a baseline for free", Eq. 8.
    """

    def gradient(self, cost, logits, seed):
        samples, _ = _draw(tf.concat([logits, logits], 0), seed)
        one, other = tf.split(samples, 2)
        (of_one, of_other), _ = _costs_and_slopes(cost, one, other)
        return one, (of_one + of_other) / 2.0, (of_one - of_other)[:, None] * (one - other) / 2.0


class Concrete(Estimator):
    """The gradient of the relaxed cost: low variance, biased.

    Parameters
    ----------
    temperature : float
    """

    def __init__(self, temperature: float):
        self.temperature = temperature

    def gradient(self, cost, logits, seed):
        samples, z = _draw(logits, seed)
        relaxed = tf.sigmoid(z / self.temperature)
        (costs, _), (_, slope) = _costs_and_slopes(cost, samples, relaxed)
        return samples, costs, slope * relaxed * (1.0 - relaxed) / self.temperature


class StraightThrough(Estimator):
    """The gradient by the output taken for that by its probability: low variance, biased."""

    def gradient(self, cost, logits, seed):
        samples, _ = _draw(logits, seed)
        (costs,), (slope,) = _costs_and_slopes(cost, samples)
        probabilities = tf.sigmoid(logits)
        return samples, costs, slope * probabilities * (1.0 - probabilities)


class Rebar(Estimator):
    """REINFORCE with the relaxed cost as its control variate: unbiased at any temperature and ``eta``.

    Parameters
    ----------
    temperature : float
    eta : float
        Weight of the control variate; 0 is REINFORCE.

    Notes
    -----
    Ramesh et al. 2019, Eq. 5, lacks the last term, -η ∂f(r̃): without it the control variate does not vanish on average,
    and the estimate is biased.
    z̃ is drawn as the very value of z (common random numbers, Tucker et al. 2017): the position of the noise within
    its part of (0, 1), that of spikes or that of silence, is uniform and independent of y. So r̃ = r, the cost is
    evaluated twice and not three times, and ∂f(r) - ∂f(r̃) = f'(r) r (1 - r) (1 - ∂z̃/∂logit) / temperature.
    """

    def __init__(self, temperature: float, eta: float):
        self.temperature, self.eta = temperature, eta

    def gradient(self, cost, logits, seed):
        samples, costs, score, (control,) = _reinforce_and_controls(cost, logits, seed, [self.temperature])
        return samples, costs, costs[:, None] * score + self.eta * control


class LearnedRebar(Estimator, keras.layers.Layer):
    """REBAR that learns its temperature, and an ``eta`` for each weight tensor, on the squared gradient.

    Parameters
    ----------
    temperature, eta : float
        At the beginning.
    n_tensors : int
        Number of variables that :meth:`Trainer.minimise` updates.

    Notes
    -----
    The mean of g = a + η c, REINFORCE a with the control variate c, depends on neither η nor temperature, so that its
    variance is least where its mean square is (Tucker et al. 2017, section 3.2). c is the mean of the control variates
    at two temperatures, a fifth below and above in the logarithm, d the quotient of their differences, about
    ∂c / ∂ log temperature; a second derivative would miss the kinks of a discriminator of ReLUs. With running means, η
    moves to -<a, c> / <c, c> of its tensor, and log temperature down the slope of log <g, g> of all. All are variables,
    so that a checkpoint holds them. A batch changes them after its own estimate, which would be biased otherwise.
    """

    def __init__(self, temperature: float, eta: float, n_tensors: int):
        super().__init__(name="rebar", trainable=False)
        kept = {"dtype": "float32", "trainable": False, "aggregation": "mean"}
        constant = keras.initializers.Constant
        self.log_temperature = self.add_weight((), constant(math.log(temperature)), name="log_temperature", **kept)
        self.eta = self.add_weight((n_tensors,), constant(eta), name="eta", **kept)
        self.products = self.add_weight((5, n_tensors), "zeros", name="products", **kept)
        self.built = True

    def gradient(self, cost, logits, seed):
        temperatures = [tf.exp(self.log_temperature + step) for step in (-_HALF_STEP, _HALF_STEP)]
        samples, costs, score, (low, high) = _reinforce_and_controls(cost, logits, seed, temperatures)
        return samples, costs, costs[:, None] * score, (low + high) / 2.0, (high - low) / (2.0 * _HALF_STEP)

    def combine(self, gradients):
        a, c, d = ([tf.convert_to_tensor(tensor) for tensor in part] for part in gradients)
        eta = tf.unstack(tf.convert_to_tensor(self.eta))
        pairs = ((a, a), (a, c), (c, c), (a, d), (c, d))
        self._learn(tf.stack([[tf.reduce_sum(x * y) for x, y in zip(*pair, strict=True)] for pair in pairs]))
        return [x + weight * y for x, weight, y in zip(a, eta, c, strict=True)]

    def _learn(self, products):
        """Take in the products of a batch, at any loss scale; some that overflowed change nothing."""
        eta, before = tf.convert_to_tensor(self.eta), tf.convert_to_tensor(self.products)
        finite = tf.reduce_all(tf.math.is_finite(products))
        rate = tf.where(finite, _LEARNING_RATE, 0.0)
        mean = before + rate * (tf.where(finite, products, before) - before)
        aa, ac, cc, ad, cd = tf.unstack(mean)
        best = tf.clip_by_value(tf.math.divide_no_nan(-ac, cc), 0.0, 2.0)
        square = tf.reduce_sum(aa + 2.0 * eta * ac + eta**2 * cc)
        slope = tf.math.divide_no_nan(2.0 * tf.reduce_sum(eta * ad + eta**2 * cd), square)
        lower = self.log_temperature - rate * tf.clip_by_value(slope, -1.0, 1.0)
        self.products.assign(mean)
        self.eta.assign(eta + rate * (best - eta))
        self.log_temperature.assign(tf.clip_by_value(lower, *map(math.log, _TEMPERATURES)))


def get(name: str, *, temperature: float = 0.5, eta: float = 1.0, n_tensors: int = 0) -> Estimator:
    """Return the estimator called ``name``: reinforce, reinforce_loo, concrete, straight_through or rebar.

    With ``n_tensors``, the number of variables to update, REBAR learns ``temperature`` and ``eta``.
    """
    return {
        "reinforce": Reinforce,
        "reinforce_loo": ReinforceLeaveOneOut,
        "concrete": lambda: Concrete(temperature),
        "straight_through": StraightThrough,
        "rebar": lambda: LearnedRebar(temperature, eta, n_tensors) if n_tensors else Rebar(temperature, eta),
    }[name]()


def conditional_slope(z, logits):
    """∂z̃/∂logit at z̃ = z, where z̃ is z given its sign.

    With v uniform and s = ±1 the sign, z̃ = s softplus(log v - log(1 - v) + softplus(s logit)) (Tucker et al. 2017,
    appendix), so that ∂z̃/∂logit = (1 - exp(-|z|)) σ(s logit).
    """
    return -tf.math.expm1(-tf.abs(z)) * tf.sigmoid(tf.where(z > 0, logits, -logits))


def _draw(logits, seed):
    """Samples y = [z > 0] and z, logits with standard logistic noise, so that P(y = 1) = σ(logit)."""
    uniform = tf.clip_by_value(tf.random.stateless_uniform(tf.shape(logits), seed), _MARGIN, 1.0 - _MARGIN)
    z = logits + tf.math.log(uniform) - tf.math.log1p(-uniform)
    return tf.cast(z > 0, tf.float32), z


def _costs_and_slopes(cost, *values):
    """Costs of several values of a batch, in one call, and their derivatives by the values; lists, in float32."""
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(values)
        costs = tf.ensure_shape(cost(tf.concat(values, 0)), [None])
        costs = tf.split(tf.cast(costs, tf.float32), len(values))
    return costs, tape.gradient(costs, values)


def _reinforce_and_controls(cost, logits, seed, temperatures):
    """Samples, their costs and scores, and for each temperature REBAR's control variate with weight 1."""
    samples, z = _draw(logits, seed)
    relaxed = [tf.sigmoid(z / temperature) for temperature in temperatures]
    (costs, *relaxed_costs), (_, *slopes) = _costs_and_slopes(cost, samples, *relaxed)
    score, free = samples - tf.sigmoid(logits), 1.0 - conditional_slope(z, logits)
    controls = [
        slope * r * (1.0 - r) / temperature * free - relaxed_cost[:, None] * score
        for r, relaxed_cost, slope, temperature in zip(relaxed, relaxed_costs, slopes, temperatures, strict=True)
    ]
    return samples, costs, score, controls
