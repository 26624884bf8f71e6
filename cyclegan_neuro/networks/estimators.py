"""Gradients of an expected cost by the logits of Bernoulli outputs, which no backward pass goes through.

All draw z = logit + logistic noise, y = [z > 0], in float32; relaxed is r = σ(z / temperature). With score y - p =
∂ log p(y) / ∂ logit and p = σ(logit), the gradients for one sample of cost f are

==================  =============================================================  ========  ===================
name                gradient                                                       unbiased  evaluations of cost
==================  =============================================================  ========  ===================
reinforce           f(y) (y - p)                                                   yes       1
reinforce_loo       [f(y₁) - f(y₂)] (y₁ - y₂) / 2                                  yes       2
concrete            ∂f(r)                                                          no        2 (1 for the log)
straight_through    f'(y) p (1 - p)                                                no        1
rebar               [f(y) - η f(r̃)] (y - p) + η ∂f(r) - η ∂f(r̃)                    yes       2
==================  =============================================================  ========  ===================

where r̃ = σ(z̃ / temperature) and z̃ is distributed as z given y. ``benchmarks/gradient_estimators.py`` compares them with
the exact gradient.

References
----------
Williams 1992, "Simple statistical gradient-following algorithms"; Maddison, Mnih, Teh 2017, "The concrete
distribution"; Bengio, Léonard, Courville 2013, "Estimating or propagating gradients through stochastic neurons";
Tucker et al. 2017, "REBAR"; Ramesh, Atayi, Macke 2019, Eqs. 4 and 5.
"""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

__all__ = ["Concrete", "Estimate", "Estimator", "Rebar", "Reinforce", "ReinforceLeaveOneOut", "StraightThrough", "get"]

_MARGIN = 1e-6  # of uniform draws from 0 and 1; 1e-9 is 0 beside 1 in float32


class Estimate(NamedTuple):
    """What an :class:`Estimator` finds for a batch.

    Attributes
    ----------
    samples : tensor, float32, shape (batch, unit)
        Outputs drawn, 0 or 1.
    cost : tensor, float32
        Mean cost of outputs drawn, a scalar.
    surrogate : tensor, float32
        A scalar to differentiate in place of the mean cost; its value means nothing.
    gradient : tensor, float32, shape (batch, unit)
        Estimate for each row of the gradient of its expected cost by its logits.
    """

    samples: tf.Tensor
    cost: tf.Tensor
    surrogate: tf.Tensor
    gradient: tf.Tensor


class Estimator:
    """Estimates the gradient of the mean expected cost of Bernoulli outputs."""

    def __call__(self, cost, logits, seed) -> Estimate:
        """Draw outputs and estimate the gradient; inside :meth:`Trainer.minimise`, ``surrogate`` is the loss.

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
        samples, costs, gradient = self.gradient(cost, tf.stop_gradient(logits), seed)
        gradient = tf.stop_gradient(gradient)
        surrogate = tf.reduce_mean(tf.reduce_sum(gradient * logits, -1))
        return Estimate(samples, tf.stop_gradient(tf.reduce_mean(costs)), surrogate, gradient)

    def gradient(self, cost, logits, seed):
        """Return samples, shape (batch, unit), costs of samples, and the gradient of each row, shape (batch, unit)."""
        raise NotImplementedError


class Reinforce(Estimator):
    """The score weighted by the cost: unbiased, of high variance."""

    def gradient(self, cost, logits, seed):
        samples = _hard(_draw(logits, seed))
        (costs,) = _costs(cost, samples)
        return samples, costs, costs[:, None] * _score(samples, logits)


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
        samples = _hard(_draw(tf.concat([logits, logits], 0), seed))
        one, other = tf.split(samples, 2)
        of_one, of_other = _costs(cost, one, other)
        return one, (of_one + of_other) / 2.0, (of_one - of_other)[:, None] * (one - other) / 2.0


class Concrete(Estimator):
    """The gradient of the relaxed cost: low variance, biased.

    Parameters
    ----------
    temperature : float
        Of the relaxation.
    """

    def __init__(self, temperature: float):
        self.temperature = temperature

    def gradient(self, cost, logits, seed):
        z = _draw(logits, seed)
        samples, relaxed = _hard(z), tf.sigmoid(z / self.temperature)
        (costs, _), slope = _costs_and_slope(cost, samples, relaxed)
        return samples, costs, slope * relaxed * (1.0 - relaxed) / self.temperature


class StraightThrough(Estimator):
    """The gradient by the output taken for that by its probability: low variance, biased."""

    def gradient(self, cost, logits, seed):
        samples, probabilities = _hard(_draw(logits, seed)), tf.sigmoid(logits)
        (costs,), slope = _costs_and_slope(cost, samples)
        return samples, costs, slope * probabilities * (1.0 - probabilities)


class Rebar(Estimator):
    """REINFORCE with the relaxed cost as its control variate: unbiased at any temperature and ``eta``.

    Parameters
    ----------
    temperature : float
        Of the relaxation.
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
        z = _draw(logits, seed)
        samples, relaxed = _hard(z), tf.sigmoid(z / self.temperature)
        (costs, relaxed_costs), slope = _costs_and_slope(cost, samples, relaxed)
        path = slope * relaxed * (1.0 - relaxed) / self.temperature * (1.0 - conditional_slope(z, logits))
        learning_signal = (costs - self.eta * relaxed_costs)[:, None]
        return samples, costs, learning_signal * _score(samples, logits) + self.eta * path


def get(name: str, *, temperature: float = 0.5, eta: float = 1.0) -> Estimator:
    """Return the estimator called ``name``: reinforce, reinforce_loo, concrete, straight_through or rebar."""
    return {
        "reinforce": Reinforce,
        "reinforce_loo": ReinforceLeaveOneOut,
        "concrete": lambda: Concrete(temperature),
        "straight_through": StraightThrough,
        "rebar": lambda: Rebar(temperature, eta),
    }[name]()


def conditional_slope(z, logits):
    """∂z̃/∂logit at z̃ = z, where z̃ is z given its sign.

    With v uniform and s = ±1 the sign, z̃ = s softplus(log v - log(1 - v) + softplus(s logit)) (Tucker et al. 2017,
    appendix), so that ∂z̃/∂logit = (1 - exp(-|z|)) σ(s logit).
    """
    return -tf.math.expm1(-tf.abs(z)) * tf.sigmoid(tf.where(z > 0, logits, -logits))


def _draw(logits, seed):
    """Logits with standard logistic noise: positive with probability σ(logit)."""
    uniform = tf.clip_by_value(tf.random.stateless_uniform(tf.shape(logits), seed), _MARGIN, 1.0 - _MARGIN)
    return logits + tf.math.log(uniform) - tf.math.log1p(-uniform)


def _hard(z):
    return tf.cast(z > 0, z.dtype)


def _score(samples, logits):
    """∂ log p(y) / ∂ logit of log p(y) = y logit - softplus(logit)."""
    return samples - tf.sigmoid(logits)


def _costs(cost, *values):
    """Costs of several values of a batch, float32, each of shape (batch,), in one call."""
    costs = tf.ensure_shape(cost(tf.concat(values, 0)), [None])
    return tf.split(tf.cast(costs, tf.float32), len(values))


def _costs_and_slope(cost, *values):
    """The same, and the derivative of the last ones by their values, shape (batch, unit)."""
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(values[-1])
        costs = _costs(cost, *values)
    return costs, tape.gradient(costs[-1], values[-1])
