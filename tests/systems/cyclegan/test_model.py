"""The trainer against the equations, written out with one tape per network."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from cyclegan_neuro.networks import objectives
from cyclegan_neuro.networks.objectives import DISTANCES
from cyclegan_neuro.systems.cyclegan.config import ModelSection
from cyclegan_neuro.systems.cyclegan.model import CycleGAN
from cyclegan_neuro.systems.cyclegan.networks import InputStatistics, build_discriminator, build_generator
from cyclegan_neuro.training.state import read_state

SIZE = {"window_frames": 16, "n_neurons": 8}
DAY = InputStatistics(mean=0.2, std=0.1)
SECTION = ModelSection(filters=4, residual_blocks=1, dropout=0.0, discriminator_dropout=0.0, standardize_inputs=True)


def make(
    name="lsgan", *, section=SECTION, optimizer=keras.optimizers.SGD, rates=(0.1, 0.1), wrap=lambda o: o, **changes
):
    model = CycleGAN(
        generator_g=build_generator(section, **SIZE, seed=1, source=DAY, target=DAY, name="G"),
        generator_f=build_generator(section, **SIZE, seed=2, source=DAY, target=DAY, name="F"),
        discriminator_x=build_discriminator(section, **SIZE, seed=3, source=DAY, name="D_X"),
        discriminator_y=build_discriminator(section, **SIZE, seed=4, source=DAY, name="D_Y"),
        objective=objectives.get(name),
        **changes,
    )
    model.compile({"generator": wrap(optimizer(rates[0])), "discriminator": wrap(optimizer(rates[1]))})
    return model


def windows(batch=2, seed=1):
    return tuple(tf.random.stateless_uniform((batch, 16, 8, 1), (seed, day), 0.1, 0.5) for day in (1, 2))


def weights(model):
    return [v.numpy() for variables in model.learned.values() for v in variables]


def test_a_checkpoint_holds_no_matrices():
    model = make()
    model.evaluate(tf.data.Dataset.from_tensors(windows()), verbose=0)
    state = read_state(model)
    assert {value.shape for _, value in state["metrics"]} == {()}
    assert not any("moment_distance" in path for entries in state.values() for path, _ in entries)


@pytest.mark.parametrize(("name", "distance"), [("gan", "mse"), ("lsgan", "mae")])
def test_one_step_equals_four_separate_gradients_of_the_papers_losses(name, distance):
    model = make(name, distance=distance)
    before = weights(model)
    x, y = windows()
    gradients = _gradients_by_the_book(model, objectives.get(name), DISTANCES[distance], x, y)
    model.train_step((x, y))
    for start, end, gradient in zip(before, weights(model), gradients, strict=True):
        np.testing.assert_allclose(start - end, 0.1 * gradient.numpy(), atol=2e-5)


def _gradients_by_the_book(model, objective, distance, x, y):
    g, f, d_x, d_y = model.generator_g, model.generator_f, model.discriminator_x, model.discriminator_y

    def cycles():
        return 10.0 * (distance(x, f(g(x))) + distance(y, g(f(y))))

    losses = [
        (g, lambda: objective.generator_loss(d_y(g(x))) + cycles() + 5.0 * distance(y, g(y))),  # Eq. 5
        (f, lambda: objective.generator_loss(d_x(f(y))) + cycles() + 5.0 * distance(x, f(x))),  # Eq. 5
        (d_x, lambda: objective.discriminator_loss(d_x(x), d_x(tf.stop_gradient(f(y))))),
        (d_y, lambda: objective.discriminator_loss(d_y(y), d_y(tf.stop_gradient(g(x))))),
    ]
    gradients = []
    for network, loss in losses:
        with tf.GradientTape() as tape:
            value = loss()
        gradients += tape.gradient(value, [v.value for v in network.trainable_variables])
    return gradients


def test_logged_generator_losses_are_equations_3_and_5():
    model = make("lsgan", lambda_cycle=7.0, lambda_identity=3.0, adversarial_weight=2.0)
    logs = {k: float(v) for k, v in model.train_step(windows()).items()}
    cycle = 7.0 * (logs["cycle_x"] + logs["cycle_y"])
    assert logs["generator_g"] == pytest.approx(2 * logs["adversarial_g"] + 3 * logs["identity_y"] + cycle, rel=1e-5)
    assert logs["generator_f"] == pytest.approx(2 * logs["adversarial_f"] + 3 * logs["identity_x"] + cycle, rel=1e-5)


@pytest.mark.parametrize("name", ["gan", "lsgan", "wgangp", "dragan"])
def test_every_objective_updates_every_network_with_finite_losses(name):
    updates = 2 if name == "wgangp" else 1
    model = make(name, optimizer=keras.optimizers.Adam, rates=(1e-3, 1e-3), critic_updates=updates)
    before = weights(model)
    logs = model.train_step(windows(2 * updates))
    assert all(np.isfinite(float(v)) for v in logs.values())
    assert ("penalty_x" in logs) == (name in ("wgangp", "dragan"))
    assert int(model.named_optimizers["generator"].iterations) == 1
    assert int(model.named_optimizers["discriminator"].iterations) == updates
    names = [v.path for variables in model.learned.values() for v in variables]
    still = {n for n, a, b in zip(names, before, weights(model), strict=True) if np.array_equal(a, b)}
    # a constant added to a Wasserstein critic cancels between real and generated windows
    assert still <= ({"score_convolution/bias"} if name == "wgangp" else set())


def test_discriminators_see_recorded_windows_of_their_own_day():
    """D_X is trained on x against F(y) and D_Y on y against G(x): swapping the days swaps their losses."""
    x, y = windows()
    logs = make(rates=(0.0, 0.0)).train_step((x, y))
    model = make(rates=(0.0, 0.0))
    for day, real, fake in (("x", x, model.generator_f(y)), ("y", y, model.generator_g(x))):
        network = getattr(model, f"discriminator_{day}")
        # real and generated windows in one batch or two: sums of some thousand float32 terms (6e-8 each)
        assert float(logs[f"mean_real_{day}"]) == pytest.approx(float(tf.reduce_mean(network(real))), abs=1e-5)
        assert float(logs[f"mean_fake_{day}"]) == pytest.approx(float(tf.reduce_mean(network(fake))), abs=1e-5)


def test_loss_scaling_changes_nothing_in_float32():
    plain = make()
    scaled = make(wrap=lambda o: keras.optimizers.LossScaleOptimizer(o, initial_scale=2.0**10))
    logs = [model.train_step(windows()) for model in (plain, scaled)]
    for a, b in zip(weights(plain), weights(scaled), strict=True):
        np.testing.assert_allclose(a, b, atol=2e-6)
    for key in ("gradient_norm_generators", "gradient_norm_discriminators"):
        assert float(logs[0][key]) == pytest.approx(float(logs[1][key]), rel=1e-4)


@pytest.mark.parametrize(("name", "policy"), [("lsgan", "mixed_bfloat16"), ("wgangp", "mixed_float16")])
def test_mixed_precision_keeps_losses_outputs_and_variables_in_float32(name, policy):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        wrap = keras.optimizers.LossScaleOptimizer if policy == "mixed_float16" else lambda o: o
        model = make(name, wrap=wrap, optimizer=keras.optimizers.Adam, rates=(1e-3, 1e-3))
        logs = model.train_step(windows())
    finally:
        keras.config.set_dtype_policy(before)
    assert all(np.isfinite(float(v)) for v in logs.values())
    assert model.generator_g.outputs[0].dtype == model.discriminator_x.outputs[0].dtype == "float32"
    assert model.generator_g.get_layer("residual_1").compute_dtype == policy.removeprefix("mixed_")
    assert {v.dtype for v in model.learned["generator"]} == {"float32"}


def test_average_weights_are_used_for_validation_and_given_back():
    model = make(optimizer=lambda rate: keras.optimizers.SGD(rate, use_ema=True, ema_momentum=0.5))
    history = []
    for seed in range(3):
        model.train_step(windows(seed=seed))
        history.append(weights(model)[0])
    expected = 0.25 * history[0] + 0.25 * history[1] + 0.5 * history[2]
    with model.average_weights():
        np.testing.assert_allclose(weights(model)[0], expected, atol=1e-6)
    np.testing.assert_array_equal(weights(model)[0], history[2])


def test_validation_logs_by_hand():
    model = make()
    x, y = windows()
    logs = model.test_step((x, y))
    fake_y = model.generator_g(x)
    by_hand = float(tf.reduce_mean(tf.abs(x - model.generator_f(fake_y))))
    assert float(logs["cycle_x"]) == pytest.approx(by_hand, rel=1e-5)


def test_identity_generator_leaves_only_discriminators_to_train():
    model = make(section=ModelSection(generator="identity", filters=4))
    logs = model.train_step(windows())
    assert float(logs["cycle_x"]) == 0.0
    assert int(model.named_optimizers["discriminator"].iterations) == 1


def test_history_feeds_discriminators_older_fakes():
    model = make(history_windows=2)
    for seed in range(3):
        logs = model.train_step(windows(batch=1, seed=seed))
    assert int(model.history_x.count.value) == 2
    assert np.isfinite(float(logs["discriminator_x"]))


def test_two_replicas_equal_one_device():
    """Losses are divided by the replicas; plain SGD, because Adam would hide a wrong factor."""
    devices = tf.config.list_logical_devices("CPU")
    if len(devices) < 2:
        pytest.skip("needs two logical CPU devices (set up in conftest.py before TensorFlow starts)")
    x, y = windows(batch=4)
    single = make()
    single.train_step((x, y))
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    with strategy.scope():
        mirrored = make()
        mirrored.fit(tf.data.Dataset.from_tensors((x, y)), verbose=0)
    for a, b in zip(weights(single), weights(mirrored), strict=True):
        np.testing.assert_allclose(a, b, atol=2e-6)
