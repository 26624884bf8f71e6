"""Instance normalisation against Keras, coordinates, cropping, logit."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from cyclegan_neuro.networks.layers import CoordinateChannels, HistoryBuffer, InstanceNormalization, Logit, crop_like


@pytest.fixture
def windows():
    return tf.random.stateless_normal((2, 9, 7, 5), seed=(1, 2), mean=1.0)


def _pair(shape):
    ours, keras_one = InstanceNormalization(epsilon=1e-3), keras.layers.GroupNormalization(groups=-1, epsilon=1e-3)
    for layer in (ours, keras_one):
        layer.build(shape)
    return ours, keras_one


def test_instance_normalization_equals_keras(windows):
    ours, keras_one = _pair(windows.shape)
    np.testing.assert_allclose(ours(windows), keras_one(windows), atol=2e-6)


def test_instance_normalization_first_and_second_derivatives_equal_keras(windows):
    weight = tf.random.stateless_normal(windows.shape, seed=(3, 4))

    def derivatives(layer):
        variables = [windows, *[v.value for v in layer.trainable_variables]]
        with tf.GradientTape() as outer:
            outer.watch(windows)
            with tf.GradientTape() as inner:
                inner.watch(windows)
                score = tf.reduce_sum(tf.sin(layer(windows)) * weight)
            first = inner.gradient(score, variables)
            penalty = tf.reduce_sum(tf.square(first[0]))
        return [*first, *outer.gradient(penalty, variables)]

    for ours, keras_one in zip(*(derivatives(layer) for layer in _pair(windows.shape)), strict=True):
        keras_one = tf.reshape(keras_one, ours.shape)
        np.testing.assert_allclose(ours, keras_one, rtol=2e-4, atol=2e-5 * float(tf.reduce_max(tf.abs(keras_one))))


def test_instance_normalization_gradient_by_finite_differences():
    with tf.device("cpu"):
        x = tf.random.stateless_normal((1, 3, 2, 2), seed=(5, 6))
        layer = InstanceNormalization()
        layer.build(x.shape)
        theoretical, numerical = tf.test.compute_gradient(lambda v: layer(v), [x], delta=1e-3)
        np.testing.assert_allclose(theoretical[0], numerical[0], atol=5e-3)


def test_instance_normalization_does_not_overflow_in_half_precision():
    layer = InstanceNormalization(dtype="mixed_float16")
    out = layer(tf.fill((1, 2048, 102, 1), tf.constant(3.0, tf.float16)))
    assert out.dtype == tf.float16
    assert bool(tf.reduce_all(tf.math.is_finite(out)))


def test_coordinates_run_from_minus_one_to_one():
    out = CoordinateChannels()(tf.zeros((2, 3, 5, 1)))
    assert out.shape == (2, 3, 5, 3)
    np.testing.assert_allclose(out[1, :, 0, 1], [-1, 0, 1])
    np.testing.assert_allclose(out[0, 2, :, 2], [-1, -0.5, 0, 0.5, 1])


def test_coordinates_of_one_dimension():
    np.testing.assert_allclose(CoordinateChannels()(tf.zeros((1, 3, 4)))[0, :, 4], [-1, 0, 1])


def test_crop_keeps_the_beginning():
    inputs = keras.Input((4, 6, 1))
    model = keras.Model(inputs, crop_like(inputs, keras.Input((3, 5, 2)), name="crop"))
    values = np.arange(24, dtype=np.float32).reshape(1, 4, 6, 1)
    np.testing.assert_array_equal(model(values), values[:, :3, :5])


def test_logit_inverts_the_sigmoid_and_stays_finite():
    values = tf.constant([[0.2, 0.5, 0.9]])
    np.testing.assert_allclose(tf.sigmoid(Logit()(values)), values, rtol=1e-5)
    assert np.isfinite(Logit()(tf.constant([[-0.1, 0.0, 1.0, 1.2]]))).all()


def _windows(*values):
    return tf.reshape(tf.constant(values, tf.float32), (-1, 1, 1, 1))


def test_history_passes_windows_while_it_fills():
    history = HistoryBuffer(4, seed=1)
    np.testing.assert_array_equal(history(_windows(1, 2)), _windows(1, 2))
    np.testing.assert_array_equal(history(_windows(3, 4)), _windows(3, 4))
    np.testing.assert_array_equal(tf.squeeze(history.pool.value), [1, 2, 3, 4])


def test_history_exchanges_about_half_and_loses_nothing():
    history = HistoryBuffer(8, seed=2)
    given = set()
    returned = []
    for step in range(200):
        window = _windows(step + 1)
        given.add(step + 1)
        returned.append(int(tf.squeeze(history(window))))
    assert set(returned) <= given
    older = np.mean(np.array(returned[8:]) != np.arange(9, 201))
    assert 0.4 < older < 0.6
    kept = set(np.array(tf.squeeze(history.pool.value), int))
    assert kept | set(returned) == given
