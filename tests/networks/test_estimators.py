"""Estimated gradients against the exact one: an expectation over all outcomes of a few Bernoulli outputs."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from cyclegan_neuro.networks import estimators

NAMES = ("reinforce", "reinforce_loo", "concrete", "straight_through", "rebar")
N_MEANS, N_DRAWS = 10, 3000  # independent means, each over so many draws


def discriminator(n_units, seed=0):
    """A fixed nonlinear cost of each row: -log D of a random network."""
    rng = np.random.default_rng(seed)
    sizes = (n_units, 32, 32, 1)
    weights = [rng.normal(size=shape).astype(np.float32) / shape[0] ** 0.5 for shape in itertools.pairwise(sizes)]
    biases = [0.3 * rng.normal(size=size).astype(np.float32) for size in sizes[1:]]

    def cost(values):
        for weight, bias in zip(weights[:-1], biases, strict=False):
            values = tf.tanh(values @ weight + bias)
        return tf.nn.softplus(-3.0 * (values @ weights[-1] + biases[-1])[:, 0])

    return cost


def logits_of(n_units, seed=0):
    return np.random.default_rng(100 + seed).normal(size=n_units).astype(np.float32)


def exact_gradient(cost, logits):
    """Gradient of E f(y) by the logits, sum over all y of f(y) P(y) (y - p); float64."""
    outcomes = np.array(list(itertools.product((0.0, 1.0), repeat=len(logits))))
    p = 1.0 / (1.0 + np.exp(-logits.astype(np.float64)))
    probability = np.where(outcomes > 0, p, 1.0 - p).prod(axis=1)
    return (probability * cost(tf.constant(outcomes, tf.float32)).numpy()) @ (outcomes - p)


def draws(estimator, cost, logits, seed=0):
    """Independent estimates from the same logits, float64, shape (mean, draw, unit)."""
    batch = tf.tile(tf.constant(logits)[None], [N_MEANS * N_DRAWS, 1])
    gradient = estimator(cost, batch, tf.constant([seed, 1])).gradient
    return gradient.numpy().astype(np.float64).reshape(N_MEANS, N_DRAWS, -1)


def z_scores(found, exact):
    return (found.mean(1) - exact) / (found.std(1, ddof=1) / N_DRAWS**0.5)


def variance(found):
    return found.var(axis=(0, 1)).sum()


def is_unbiased(found, exact):
    z = z_scores(found, exact)
    return 0.5 <= np.mean(z**2) <= 1.6 and np.abs(z).max() < 4


@pytest.mark.parametrize("n_units", [4, 8])
@pytest.mark.parametrize("name", NAMES)
def test_which_estimators_are_unbiased(name, n_units):
    cost, logits = discriminator(n_units), logits_of(n_units)
    found = draws(estimators.get(name), cost, logits)
    assert is_unbiased(found, exact_gradient(cost, logits)) == (name in ("reinforce", "reinforce_loo", "rebar"))


@pytest.mark.parametrize(("temperature", "eta"), [(0.1, 1.0), (2.0, 1.0), (0.5, 0.3)])
def test_rebar_is_unbiased_at_any_temperature_and_eta(temperature, eta):
    cost, logits = discriminator(4), logits_of(4)
    found = draws(estimators.get("rebar", temperature=temperature, eta=eta), cost, logits)
    assert is_unbiased(found, exact_gradient(cost, logits))


def test_rebar_as_printed_without_its_last_term_is_biased(monkeypatch):
    """Ramesh et al. 2019, Eq. 5."""
    monkeypatch.setattr(estimators, "conditional_slope", lambda z, logits: tf.zeros_like(z))
    cost, logits = discriminator(4), logits_of(4)
    z = z_scores(draws(estimators.get("rebar"), cost, logits), exact_gradient(cost, logits))
    assert np.mean(z**2) > 5  # 1 where there is no bias


@pytest.mark.parametrize("seed", range(3))
def test_rebar_has_less_variance_than_reinforce_with_and_without_a_baseline(seed):
    cost, logits = discriminator(8, seed), logits_of(8, seed)
    of = {
        name: variance(draws(estimators.get(name, temperature=0.5), cost, logits))
        for name in ("reinforce", "reinforce_loo", "rebar")
    }
    assert of["rebar"] <= 0.10 * of["reinforce"]
    assert of["rebar"] <= 0.5 * of["reinforce_loo"]


def test_conditional_slope_by_finite_differences():
    """Of z̃ given y, drawn by inverting the truncated logistic distribution with v held fixed (Tucker et al. 2017)."""
    v, step = np.array([0.1, 0.5, 0.9]), 1e-5
    for spikes, logit in itertools.product((False, True), (-2.0, 0.3, 3.0)):

        def conditional(logit, spikes=spikes):
            silent = 1.0 / (1.0 + np.exp(logit))  # the noise that gives no spike lies in (0, silent)
            u = silent + v * (1.0 - silent) if spikes else v * silent
            return logit + np.log(u / (1.0 - u))

        expected = (conditional(logit + step) - conditional(logit - step)) / (2 * step)
        z = conditional(logit)
        assert ((z > 0) == spikes).all()
        found = estimators.conditional_slope(tf.constant(z, tf.float32), tf.constant(logit, tf.float32))
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_estimates_of_one_sample_by_hand():
    """f(y) = y², p = σ(0) = 1/2: costs 0 and 1, scores -1/2 and 1/2, slopes 2y."""
    logits, seed = tf.zeros((64, 1)), tf.constant([1, 2])
    estimate = {name: estimators.get(name)(lambda y: y[:, 0] ** 2, logits, seed) for name in NAMES}
    y = estimate["reinforce"].samples.numpy()
    assert set(y.ravel()) == {0.0, 1.0}
    np.testing.assert_allclose(estimate["reinforce"].cost, y.mean(), rtol=1e-6)
    np.testing.assert_allclose(estimate["reinforce"].gradient, np.where(y > 0, 0.5, 0.0))
    np.testing.assert_allclose(estimate["straight_through"].gradient, 2 * y * 0.25)
    assert set(np.unique(estimate["reinforce_loo"].gradient)) == {0.0, 0.5}
    for name in ("concrete", "straight_through", "rebar"):  # one seed, the same spikes
        np.testing.assert_array_equal(estimate[name].samples, y)


def test_surrogate_has_the_gradient_of_the_mean_cost():
    """Its gradient by weights behind the logits is the mean over rows of the estimates, taken back to them."""
    x, weight = tf.random.stateless_normal((50, 3), (1, 1)), tf.Variable(tf.random.stateless_normal((3, 4), (2, 2)))
    with tf.GradientTape() as tape:
        estimate = estimators.get("rebar")(discriminator(4), x @ weight, tf.constant([3, 3]))
    expected = tf.transpose(x) @ estimate.gradient / 50
    np.testing.assert_allclose(tape.gradient(estimate.surrogate, weight), expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("name", "jit_compile"), [*((name, False) for name in NAMES), ("rebar", True)])
def test_extreme_logits_stay_finite(name, jit_compile):
    logits = tf.tile(tf.linspace(-30.0, 30.0, 61)[:, None], [20, 4])

    @tf.function(jit_compile=jit_compile)
    def gradient(seed):
        return estimators.get(name, temperature=0.1)(discriminator(4), logits, seed)

    estimate = gradient(tf.constant([1, 2]))
    assert all(np.isfinite(value).all() for value in estimate)
    samples = estimate.samples.numpy()
    assert samples[logits.numpy() < -20].max() == 0.0
    assert samples[logits.numpy() > 20].min() == 1.0


@pytest.mark.parametrize("name", NAMES)
def test_cost_sees_whole_copies_of_the_batch_in_one_call(name):
    calls = []

    def cost(values):
        calls.append(values.shape[0])
        row = tf.tile(tf.range(5.0), [values.shape[0] // 5])
        return row * tf.reduce_sum(values, -1)

    estimate = estimators.get(name)(cost, tf.zeros((5, 2)), tf.constant([1, 2]))
    assert len(calls) == 1
    assert calls[0] % 5 == 0
    np.testing.assert_array_equal(estimate.gradient[0], [0.0, 0.0])  # the first row's outputs are free
    assert np.abs(estimate.gradient[1:]).sum() > 0


def test_a_cost_that_is_not_one_per_row_is_refused():
    with pytest.raises(tf.errors.InvalidArgumentError, match="not compatible"):
        estimators.get("reinforce")(lambda y: y, tf.zeros((5, 2)), tf.constant([1, 2]))


def test_half_precision_logits_are_estimated_in_float32():
    logits = keras.ops.cast(tf.zeros((5, 2)), "float16")
    estimate = estimators.get("rebar")(lambda y: tf.cast(tf.reduce_sum(y, -1), tf.float16), logits, tf.constant([1, 2]))
    assert {value.dtype for value in estimate} == {tf.float32}
