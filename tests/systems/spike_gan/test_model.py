"""The training step against Gulrajani et al. 2017, Algorithm 1, written out with a tape per network."""

from functools import partial

import keras
import numpy as np
import pytest
import tensorflow as tf

from cyclegan_neuro.networks import objectives
from cyclegan_neuro.systems.spike_gan.config import ModelSection
from cyclegan_neuro.systems.spike_gan.model import MomentError, SpikeGAN
from cyclegan_neuro.systems.spike_gan.networks import build_critic, build_generator

SIZE = {"n_bins": 12, "n_neurons": 4}
SECTION = ModelSection(features=4, noise_size=8, mlp_units=8)
BATCH = 6


def make(*, optimizer=keras.optimizers.SGD, rate=0.1, critic_updates=1, section=SECTION, jit=False, **changes):
    model = SpikeGAN(
        generator=build_generator(section, **SIZE, seed=1, mean=np.full(4, 0.2)),
        critic=build_critic(section, **SIZE, seed=2),
        objective=objectives.get("wgangp", lambda_gp=10.0),
        critic_updates=critic_updates,
        seed=5,
        **changes,
    )
    model.compile({name: optimizer(rate) for name in model.learned}, jit_compile=jit)
    return model


def samples(n=BATCH, seed=1):
    return tf.cast(tf.random.stateless_uniform((n, 12, 4), (seed, 7)) < 0.3, tf.float32)


def weights(network):
    return [variable.numpy() for variable in network.trainable_variables]


def noise_of(generator, n=BATCH):
    """Return the noise that a seed generator in this state gives next."""
    return tf.random.stateless_normal([n, 8], generator.next())


def penalty_by_hand(critic, real, fake, shares):
    points = (1.0 - shares) * real + shares * fake
    with tf.GradientTape() as tape:
        tape.watch(points)
        scores = critic(points)
    slopes = tape.gradient(scores, points)
    norms = tf.sqrt(tf.reduce_sum(tf.square(slopes), axis=(1, 2)))
    return 10.0 * tf.reduce_mean(tf.square(norms - 1.0))


def test_one_step_is_a_critic_update_then_a_generator_update():
    model, other = make(), make()
    real = samples()
    start = weights(model.critic), weights(model.generator)
    shares = tf.random.stateless_uniform([BATCH, 1, 1], other.penalty_seed.next())

    fake = other.generator(noise_of(other.noise_seed))
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(other.critic(fake)) - tf.reduce_mean(other.critic(real))
        penalty = penalty_by_hand(other.critic, real, fake, shares)
        total = loss + penalty
    slopes = tape.gradient(total, [v.value for v in other.critic.trainable_variables], unconnected_gradients="zero")
    updated = [before - 0.1 * slope.numpy() for before, slope in zip(start[0], slopes, strict=True)]
    other.critic.set_weights(updated)
    with tf.GradientTape() as tape:
        adversarial = -tf.reduce_mean(other.critic(other.generator(noise_of(other.noise_seed))))
    generator_slopes = tape.gradient(adversarial, [v.value for v in other.generator.trainable_variables])

    logs = {name: float(value) for name, value in model.train_step((real,)).items()}
    for found, wanted in zip(weights(model.critic), updated, strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-6)
    for found, before, slope in zip(weights(model.generator), start[1], generator_slopes, strict=True):
        np.testing.assert_allclose(found, before - 0.1 * slope.numpy(), atol=1e-6)
    assert logs["wasserstein"] == pytest.approx(-float(loss), abs=1e-6)
    assert logs["penalty"] == pytest.approx(float(penalty), rel=1e-5)
    assert logs["generator"] == pytest.approx(float(adversarial), abs=1e-6)
    assert logs["gradient_norm_critic"] == pytest.approx(float(tf.linalg.global_norm(slopes)), rel=1e-5)
    assert logs["gradient_norm_generator"] == pytest.approx(float(tf.linalg.global_norm(generator_slopes)), rel=1e-5)
    assert all(np.abs(slope).max() > 1e-6 for slope in generator_slopes)


def test_the_penalty_is_that_of_the_critics_slope_by_finite_differences():
    model = make()
    real, fake = samples(2), tf.random.stateless_uniform((2, 12, 4), (3, 4))
    state = model.penalty_seed.state.numpy()
    found = model.objective.penalty(model.critic, real, fake, model.penalty_seed)
    model.penalty_seed.state.assign(state)
    shares = tf.random.stateless_uniform([2, 1, 1], model.penalty_seed.next()).numpy()
    points = ((1 - shares) * real + shares * fake).numpy()
    squares = []
    for point in points:
        moves = 1e-2 * np.eye(48, dtype=np.float32).reshape(48, 12, 4)
        above, below = (model.critic(point + sign * moves).numpy()[:, 0] for sign in (1, -1))
        squares.append((np.linalg.norm((above - below) / 2e-2) - 1) ** 2)
    assert float(found) == pytest.approx(10 * np.mean(squares), rel=0.02)


def test_the_critic_is_updated_several_times_on_different_samples(monkeypatch):
    model = make(critic_updates=3, rate=0.0)
    real, seen, generated = samples(3 * BATCH), [], []
    penalty = model.objective.penalty

    def keep(critic, real, fake, seed_generator):
        seen.append(real.numpy())
        generated.append(fake.numpy())
        return penalty(critic, real, fake, seed_generator)

    monkeypatch.setattr(model.objective, "penalty", keep)
    model.train_step((real,))
    assert [part.shape for part in seen] == [(BATCH, 12, 4)] * 3
    np.testing.assert_array_equal(np.concatenate(seen), real)
    assert len(np.unique(np.concatenate(generated), axis=0)) == 3 * BATCH  # the noise is new every time, too
    assert int(model.named_optimizers["critic"].iterations) == 3
    assert int(model.named_optimizers["generator"].iterations) == 1


def test_drawn_spikes_are_0_and_1_and_let_the_gradient_of_the_probability_through():
    model, other = make(draws_spikes=True), make()
    weight = tf.random.stateless_normal((500, 12, 4), (1, 2))
    with tf.GradientTape(persistent=True) as tape:
        spikes = model.generate(500)
        probabilities = other.generator(noise_of(other.noise_seed, 500))
        sums = [tf.reduce_sum(weight * values) for values in (spikes, probabilities)]
    assert set(np.unique(spikes.numpy().round(6))) == {0.0, 1.0}
    deviation = np.sqrt(np.sum(probabilities * (1 - probabilities)))
    assert abs(float(tf.reduce_sum(spikes - probabilities))) < 4 * deviation
    slopes = [
        tape.gradient(total, [v.value for v in network.generator.trainable_variables])
        for total, network in zip(sums, (model, other), strict=True)
    ]
    for one, wanted in zip(*slopes, strict=True):
        np.testing.assert_allclose(one, wanted, atol=1e-3)
    assert set(np.unique(model.generate(5).numpy().round(6))) == {0.0, 1.0}
    assert not np.array_equal(model.generate(5), model.generate(5))


def test_compiled_with_xla_it_is_the_same_step(monkeypatch):
    """With random numbers that are given: XLA draws others from the same seed."""
    real, models, found = samples(), [make() for _ in range(2)], []
    for name in ("stateless_uniform", "stateless_normal"):
        draw = partial(getattr(tf.random, name), seed=(1, 2), alg="philox")
        monkeypatch.setattr(tf.random, name, lambda shape, seed, dtype=tf.float32, draw=draw: draw(shape, dtype=dtype))
    for jit, model in enumerate(models):
        step = tf.function(model.train_step, jit_compile=True) if jit else model.train_step
        logs = step((real,))
        found.append((weights(model.critic) + weights(model.generator), {k: float(v) for k, v in logs.items()}))
    for plain, compiled in zip(found[0][0], found[1][0], strict=True):
        np.testing.assert_allclose(plain, compiled, atol=1e-5)
    assert found[0][1] == pytest.approx(found[1][1], rel=1e-4, abs=1e-5)


@pytest.mark.parametrize(("policy", "kind"), [("mixed_bfloat16", "mlp"), ("mixed_float16", "semi_convolutional")])
def test_mixed_precision_keeps_losses_outputs_and_variables_in_float32(policy, kind):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:

        def optimizer(rate):
            adam = keras.optimizers.Adam(rate)
            return keras.optimizers.LossScaleOptimizer(adam) if policy == "mixed_float16" else adam

        section = SECTION.model_copy(update={"architecture": kind})
        model = make(optimizer=optimizer, rate=1e-3, section=section)
        logs = model.train_step((samples(),))
    finally:
        keras.config.set_dtype_policy(before)
    assert all(np.isfinite(float(value)) for value in logs.values())
    assert model.generator.outputs[0].dtype == model.critic.outputs[0].dtype == "float32"
    first = {"semi_convolutional": "critic_convolution_1", "mlp": "critic_hidden_1"}[kind]
    assert model.critic.get_layer(first).compute_dtype == policy.removeprefix("mixed_")
    assert {variable.dtype for variable in model.critic.variables} == {"float32"}


def test_two_replicas_equal_one_device(eagerly):
    """Losses are divided by the replicas; without noise and penalty, whose draws differ between replicas."""
    devices = tf.config.list_logical_devices("CPU")
    if len(devices) < 2:
        pytest.skip("needs two logical CPU devices (set up in conftest.py before TensorFlow starts)")

    def trained(**changes):
        model = make(**changes)
        model.objective = objectives.get("wgangp", lambda_gp=0.0)
        model.generate = lambda n, *_, **__: model.generator(tf.ones([n, 8]), training=True)
        model.fit(tf.data.Dataset.from_tensors((samples(8),)), verbose=0)
        return weights(model.critic) + weights(model.generator)

    with eagerly():
        single = trained()
    # TensorFlow counts collectives per strategy and keeps them per process: a second strategy must not use them
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"], tf.distribute.ReductionToOneDevice())
    with strategy.scope():
        mirrored = trained()
    for one, other in zip(single, mirrored, strict=True):
        np.testing.assert_allclose(one, other, atol=2e-6)


# -- validation ------------------------------------------------------------------------------------


def test_validation_draws_the_same_noise_every_time_and_another_for_every_batch():
    model, seen = make(), []
    generator = model.generator
    model.generator = lambda noise, training: seen.append(noise.numpy()) or generator(noise)
    model.generator.input_shape = generator.input_shape
    for number in (0, 1, 0):
        model.test_step((tf.constant(number, tf.int64), samples()))
    np.testing.assert_array_equal(seen[0], seen[2])
    assert not np.array_equal(seen[0], seen[1])


def test_moments_of_equal_sets_do_not_differ():
    metric, values = MomentError(4), samples(20)
    metric.update_state(values, values)
    assert float(metric.result()) == 0.0


def test_moment_error_by_hand():
    """Two neurons, one sample of four bins each."""
    recorded = np.array([[[1, 1], [1, 0], [0, 0], [0, 0]]], np.float32)
    generated = np.array([[[1, 0], [0, 0], [0, 1], [0, 1]]], np.float32)
    metric = MomentError(2)
    metric.update_state(recorded, generated)
    means = np.array([0.5, 0.25]), np.array([0.25, 0.5])
    mean_error = np.sqrt(2 * 0.25**2) / np.sqrt(0.5**2 + 0.25**2)
    same = 1 / 4 - 0.125, 0 - 0.125  # neurons fire together in one bin of four, and in none
    same_error = abs(same[0] - same[1]) / same[0]
    following = [
        np.array([[1, 0], [1, 0]]) / 3 - np.outer(means[0], means[0]),  # three bins have a next one
        np.array([[0, 0], [0, 1]]) / 3 - np.outer(means[1], means[1]),
    ]
    next_error = np.linalg.norm(following[0] - following[1]) / np.linalg.norm(following[0])
    assert float(metric.result()) == pytest.approx((mean_error + same_error + next_error) / 3, rel=1e-5)


def test_moment_error_does_not_depend_on_batches():
    one, two = MomentError(4), MomentError(4)
    recorded, generated = samples(20, seed=1), samples(20, seed=2)
    one.update_state(recorded, generated)
    for part in (slice(0, 13), slice(13, 20)):
        two.update_state(recorded[part], generated[part])
    assert float(one.result()) == pytest.approx(float(two.result()), rel=1e-5)
    assert float(one.result()) > 0.05
