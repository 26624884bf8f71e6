"""Generator, supervised network and discriminator (Ramesh et al. 2019, Figures 1 and 2)."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from encoding_gan_by_hand import double, leaky, spectral

from cyclegan_neuro.systems.encoding_gan import fitting
from cyclegan_neuro.systems.encoding_gan.networks import SharedNoise


def test_shared_noise_has_weights_for_every_day_and_unit():
    layer = SharedNoise(1.0, gain=3.0, n_days=2, seed=1)
    value, noise = tf.random.stateless_normal((3, 4), (1, 2)), tf.random.stateless_normal((3, 2), (3, 4))
    found = layer([value, noise, tf.constant([0, 1, 0])])
    weights = 3.0 * np.asarray(layer.weights_of_day)
    assert weights.shape == (2, 2, 4)
    for row, day in enumerate([0, 1, 0]):
        np.testing.assert_allclose(found[row], value[row] + noise[row].numpy() @ weights[day], rtol=1e-5, atol=1e-6)


def test_noise_weights_start_at_the_scale_whatever_the_gain():
    for gain in (1.0, 30.0):
        layer = SharedNoise(0.1, gain=gain, n_days=1, seed=1)
        layer.build([(None, 4000), (None, 2), (None,)])
        assert gain * np.std(np.asarray(layer.weights_of_day)) == pytest.approx(0.1, rel=0.05)


def test_noise_after_pooling_equals_noise_before_it():
    layer, pool = SharedNoise(1.0, gain=1.0, n_days=1, seed=1), keras.layers.MaxPooling2D(3, 2)
    layer.build([(None, 4, 4, 3), (None, 2), (None,)])
    units, noise = tf.random.stateless_normal((5, 9, 9, 3), (1, 2)), tf.random.stateless_normal((5, 2), (3, 4))
    added = tf.reshape(noise @ np.asarray(layer.weights_of_day)[0], (5, 1, 1, 3))
    np.testing.assert_allclose(layer([pool(units), noise, tf.zeros(5, tf.int32)]), pool(units + added), atol=1e-5)


def test_the_generator_of_pixels_is_that_of_figure_1(make_config, make_prepared):
    """With noise on the units of a convolutional layer before max-pooling, as in the paper."""
    trainer = fitting.build(make_config(model={"noise_sources": [1, 2, 1]}), make_prepared(condition="movie"))
    generator, stimuli = trainer.generator, tf.constant([0, 3, 4, 5])
    noise = tf.random.stateless_normal((12, 4), (3, 4))
    convolutions = [x for part in (generator.early, generator.late) for x in part.layers if hasattr(x, "kernel_size")]
    last = generator.late.get_layer("generator_logits")
    assert [layer.filters for layer in convolutions] == [2, 3]
    value = tf.cast(tf.repeat(trainer.shown(stimuli), 3, axis=0), tf.float64)
    for number, (layer, columns) in enumerate(zip(convolutions, ([0], [1, 2]), strict=True), 1):
        weights = 2.0 * double(generator.late.get_layer(f"generator_noise_{number}").weights_of_day)[0]
        added = tf.gather(tf.cast(noise, tf.float64), columns, axis=1) @ weights
        value = tf.nn.conv2d(value, double(layer.kernel), 1, "SAME") + double(layer.bias) + added[:, None, None]
        value = leaky(tf.nn.max_pool2d(value, 3, 2, "VALID"))
    logits = tf.reshape(value, (12, -1)) @ double(last.kernel) + double(last.bias)
    weights = 2.0 * double(generator.late.get_layer("generator_noise_3").weights_of_day)[0]
    wanted = logits + tf.cast(noise[:, 3:], tf.float64) @ weights
    np.testing.assert_allclose(trainer.logits(generator, stimuli, (3, 4)), wanted, rtol=1e-3, atol=1e-4)


def test_two_days_have_noise_weights_of_their_own(make_config, make_prepared):
    trainer = fitting.build(make_config(), make_prepared(days=True))
    layer = trainer.generator.late.get_layer("generator_noise_1")
    assert layer.weights_of_day.shape == (2, 1, 4)
    logits = [np.asarray(trainer.logits(trainer.generator, tf.range(6), (3, 4)))]
    layer.weights_of_day.assign(np.asarray(layer.weights_of_day) * np.array([1.0, -1.0])[:, None, None])
    logits.append(np.asarray(trainer.logits(trainer.generator, tf.range(6), (3, 4))))
    same = np.all(logits[0] == logits[1], axis=1)
    np.testing.assert_array_equal(same, np.repeat([True] * 3 + [False] * 3, 3))  # stimuli 3 to 5 are of the second day


@pytest.mark.parametrize("condition", ["movie", "identity"])
def test_the_supervised_network_is_the_same_without_noise(make_config, make_prepared, condition):
    trainer = fitting.build(make_config(model={"dropout": 0.5}), make_prepared(condition=condition))
    generator, supervised = trainer.generator, trainer.supervised
    assert [v.shape for v in supervised.variables] == [v.shape for v in generator.signal_variables]
    assert len(generator.variables) == len(supervised.variables) + 2
    assert (generator.n_sources, supervised.n_sources) == (2, 0)
    assert not [layer for layer in supervised.late.layers if isinstance(layer, SharedNoise)]
    assert not [layer for layer in generator.late.layers if isinstance(layer, keras.layers.Dropout)]
    once, again = (np.asarray(trainer.logits(supervised, tf.range(4), None)) for _ in range(2))
    np.testing.assert_array_equal(once, again)
    assert not np.array_equal(once, trainer.logits(supervised, tf.range(4), None, training=True))
    for own, learned in zip(generator.signal_variables, supervised.variables, strict=True):
        own.assign(learned)
    for layer in generator.late.layers:
        if isinstance(layer, SharedNoise):
            layer.weights_of_day.assign(tf.zeros(layer.weights_of_day.shape))
    np.testing.assert_allclose(trainer.logits(generator, tf.range(4), (1, 2))[::3], once, atol=1e-6)


@pytest.mark.parametrize("embedding", ["learned", "supervised"])
def test_kernels_of_the_discriminator_have_spectral_norm_1(make_config, make_prepared, embedding):
    config = make_config(model={"embedding": embedding}, training={"learning_rate_discriminator": 1e-4})
    prepared = make_prepared(condition="movie", most_count=2)
    trainer = fitting.build(config, prepared)
    layers = spectral(trainer.judge) + (spectral(trainer.embedding) if trainer.embedding else [])
    assert len(layers) == (6 if embedding == "learned" else 3)
    kernels = {id(layer.layer.kernel) for layer in layers}
    assert kernels == {id(v) for v in trainer.learned["discriminator"] if v.name == "kernel"}  # all of them
    step = tf.function(trainer.discriminator_step)
    for number in range(40):
        step(tf.constant(prepared.train[number % 9 :: 10][:4], tf.int32), tf.constant([number, 0]))
    for layer in layers:
        kernel = np.asarray(layer.layer.kernel)
        assert np.linalg.norm(kernel.reshape(-1, kernel.shape[-1]), 2) == pytest.approx(1.0, abs=0.02)


def test_the_discriminator_sees_standardised_counts(make_config, make_prepared):
    prepared = make_prepared(rates=(0.1, 0.3, 0.5, 0.8, 0.0))  # the last neuron is silent
    trainer = fitting.build(make_config(), prepared)
    (scaling,) = [layer for layer in trainer.judge.layers if getattr(layer, "offset", None) is not None][:1]
    found = np.asarray(scaling(tf.constant(prepared.responses.counts[prepared.train], tf.float32)))
    np.testing.assert_allclose(found.mean(axis=0), 0.0, atol=1e-5)
    np.testing.assert_allclose(found.std(axis=0), [1, 1, 1, 1, 0], atol=1e-5)
    logit = trainer.judge([tf.zeros((2, 5)), tf.ones((2, 5))])
    assert logit.shape == (2,)
    assert np.isfinite(logit).all()


def test_networks_compute_in_bfloat16_and_tell_in_float32(make_config, make_prepared):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        trainer = fitting.build(make_config(model={"embedding": "learned"}), make_prepared(condition="movie"))
        batch = tf.constant(np.arange(8).reshape(2, 4), tf.int32)
        logs = {**trainer.supervised_step(batch), **trainer.adversarial_step(batch)}
    finally:
        keras.config.set_dtype_policy(before)
    assert all(np.isfinite(float(value)) for value in logs.values())
    assert trainer.generator.late.outputs[0].dtype == trainer.judge.outputs[0].dtype == "float32"
    assert trainer.generator.early.layers[1].compute_dtype == "bfloat16"
    assert {variable.dtype for variable in trainer.learned["generator"]} == {"float32"}
