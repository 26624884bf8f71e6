"""Estimated gradients against the exact one: an expectation over all outcomes of a few Bernoulli outputs."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from cyclegan_neuro.networks import estimators
from cyclegan_neuro.systems.trainer import Trainer
from cyclegan_neuro.training.state import read_state

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


def rows_of(estimator, cost, logits, seed=(0, 1)):
    """Samples and, for each row, the estimate: the gradient of the surrogate is their mean."""
    with tf.GradientTape() as tape:
        tape.watch(logits)
        estimate = estimator(cost, logits, tf.constant(seed))
    return estimate, len(logits) * tape.gradient(estimate.surrogate, logits).numpy()


def draws(estimator, cost, logits):
    """Independent estimates from the same logits, float64, shape (mean, draw, unit)."""
    _, rows = rows_of(estimator, cost, tf.tile(tf.constant(logits)[None], [N_MEANS * N_DRAWS, 1]))
    return rows.astype(np.float64).reshape(N_MEANS, N_DRAWS, -1)


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
    found = {name: rows_of(estimators.get(name), lambda y: y[:, 0] ** 2, tf.zeros((64, 1)), (1, 2)) for name in NAMES}
    y = found["reinforce"][0].samples.numpy()
    assert set(y.ravel()) == {0.0, 1.0}
    np.testing.assert_allclose(found["reinforce"][0].cost, y.mean(), rtol=1e-6)
    np.testing.assert_allclose(found["reinforce"][1], 0.5 * y)
    np.testing.assert_allclose(found["straight_through"][1], 2 * y * 0.25)
    assert set(np.unique(found["reinforce_loo"][1])) == {0.0, 0.5}
    for name in ("concrete", "straight_through", "rebar"):  # one seed, the same spikes
        np.testing.assert_array_equal(found[name][0].samples, y)


@pytest.mark.parametrize(("name", "jit_compile"), [*((name, False) for name in NAMES), ("rebar", True)])
def test_extreme_logits_stay_finite(name, jit_compile):
    logits = tf.tile(tf.linspace(-30.0, 30.0, 61)[:, None], [20, 4])
    estimator = estimators.get(name, temperature=0.1)

    @tf.function(jit_compile=jit_compile)
    def of(seed):
        with tf.GradientTape() as tape:
            tape.watch(logits)
            estimate = estimator(discriminator(4), logits, seed)
        return estimate.samples, estimate.cost, tape.gradient(estimate.surrogate, logits)

    samples, *others = of(tf.constant([1, 2]))
    assert all(np.isfinite(value).all() for value in others)
    assert samples.numpy()[logits.numpy() < -20].max() == 0.0
    assert samples.numpy()[logits.numpy() > 20].min() == 1.0


@pytest.mark.parametrize("name", NAMES)
def test_cost_sees_whole_copies_of_the_batch_in_one_call(name):
    calls = []

    def cost(values):
        calls.append(values.shape[0])
        row = tf.tile(tf.range(5.0), [values.shape[0] // 5])
        return row * tf.reduce_sum(values, -1)

    _, rows = rows_of(estimators.get(name), cost, tf.zeros((5, 2)))
    assert len(calls) == 1
    assert calls[0] % 5 == 0
    np.testing.assert_array_equal(rows[0], [0.0, 0.0])  # the first row's outputs are free
    assert np.abs(rows[1:]).sum() > 0


def test_a_cost_that_is_not_one_per_row_is_refused():
    with pytest.raises(tf.errors.InvalidArgumentError, match="not compatible"):
        estimators.get("reinforce")(lambda y: y, tf.zeros((5, 2)), tf.constant([1, 2]))


def test_half_precision_logits_are_estimated_in_float32():
    logits = keras.ops.cast(tf.zeros((5, 2)), "float16")
    estimate = estimators.get("rebar")(lambda y: tf.cast(tf.reduce_sum(y, -1), tf.float16), logits, tf.constant([1, 2]))
    assert {value.dtype for value in (estimate.samples, estimate.cost, estimate.surrogate)} == {tf.float32}


class Encoder(Trainer):
    """Stimuli to the logits of eight units, and one update by an estimated gradient."""

    logs = ("cost", "gradient_norm")

    def __init__(self, *, temperature, eta, learns):
        super().__init__(name="encoder")
        start = keras.initializers.GlorotNormal(1)
        self.network = keras.Sequential(
            [keras.Input((6,))]
            + [keras.layers.Dense(n, activation=f, kernel_initializer=start) for n, f in ((16, "tanh"), (8, "linear"))]
        )
        n_tensors = len(self.network.trainable_variables) if learns else 0
        self.estimator = estimators.get("rebar", temperature=temperature, eta=eta, n_tensors=n_tensors)
        self.seed = keras.random.SeedGenerator(3)

    @property
    def learned(self):
        return {"network": self.network.trainable_variables}

    def train_step(self, stimuli):
        with self.minimise("network") as update:
            estimate = self.estimator(discriminator(8), self.network(stimuli, training=True), self.seed.next())
            update.loss, update.combine = estimate.surrogate, self.estimator.combine
        return {"cost": estimate.cost, "gradient_norm": update.gradient_norm}


STIMULI = np.random.default_rng(7).normal(size=(2, 6)).astype(np.float32)


def encoder(optimizer, **settings):
    trainer = Encoder(**settings)
    trainer.compile({"network": optimizer})
    return trainer, tf.function(trainer.train_step)


def squared_gradient(**settings):
    """Mean square of the gradient by all weights, which stay as they are, in the last 500 of 1,500 steps."""
    trainer, step = encoder(keras.optimizers.SGD(0.0), **settings)
    norms = [step(STIMULI)["gradient_norm"] for _ in range(1500)]
    return np.mean(np.square(norms[1000:])), trainer.estimator


@pytest.fixture(scope="module")
def squared_at_half():
    return squared_gradient(temperature=0.5, eta=1.0, learns=False)[0]


@pytest.mark.parametrize(("temperature", "eta"), [(0.5, 1.0), (0.1, 0.2), (3.0, 1.0)])
def test_learned_temperature_and_eta_lower_the_squared_gradient(temperature, eta, squared_at_half):
    found, estimator = squared_gradient(temperature=temperature, eta=eta, learns=True)
    assert found < squared_at_half
    assert 0.5 < np.exp(estimator.log_temperature.numpy()) < 1.0
    np.testing.assert_allclose(estimator.eta.numpy(), 1.0, atol=0.1)


def test_control_variate_and_derivative_of_learned_rebar_vanish_on_average():
    cost, logits = discriminator(4), tf.tile(logits_of(4)[None], [N_MEANS * N_DRAWS, 1])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(logits)
        surrogates = estimators.get("rebar", n_tensors=1)(cost, logits, tf.constant([0, 1])).surrogate
    parts = [len(logits) * tape.gradient(one, logits).numpy() for one in surrogates]
    _, control, derivative = (part.astype(np.float64).reshape(N_MEANS, N_DRAWS, -1) for part in parts)
    assert is_unbiased(control, 0.0)
    assert is_unbiased(derivative, 0.0)


@pytest.mark.parametrize("learns", [False, True])
def test_loss_scale_does_not_change_the_update(learns):
    settings = {"temperature": 0.5, "eta": 1.0, "learns": learns}
    found = []
    for optimizer in (keras.optimizers.SGD(0.1), keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1))):
        trainer, step = encoder(optimizer, **settings)
        norms = [float(step(STIMULI)["gradient_norm"]) for _ in range(3)]
        learned = [trainer.estimator.eta, trainer.estimator.log_temperature] if learns else []
        found.append(np.concatenate([norms, *(np.ravel(v) for v in (*trainer.network.get_weights(), *learned))]))
    np.testing.assert_allclose(*found, rtol=1e-4, atol=1e-6)


def test_an_overflow_teaches_nothing_and_a_checkpoint_holds_what_is_learned():
    optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1), initial_scale=1e38)
    trainer, step = encoder(optimizer, temperature=0.5, eta=1.0, learns=True)
    before = dict(read_state(trainer)["variables"])
    step(STIMULI)
    after = dict(read_state(trainer)["variables"])
    for name in ("eta", "log_temperature", "products"):
        np.testing.assert_array_equal(after[f"rebar/{name}"], before[f"rebar/{name}"])
