"""Losses and penalties against values computed by hand."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from cyclegan_neuro.networks import objectives

REAL, FAKE = np.array([[1.0, 3.0]], np.float32), np.array([[0.0, -2.0]], np.float32)


def test_gan_by_hand():
    objective = objectives.get("gan")
    softplus = np.log1p
    expected = np.mean([softplus(np.exp(-1)), softplus(np.exp(-3))]) + np.mean([np.log(2), softplus(np.exp(-2))])
    np.testing.assert_allclose(objective.discriminator_loss(REAL, FAKE), expected, rtol=1e-6)
    np.testing.assert_allclose(objective.generator_loss(FAKE), np.mean([np.log(2), softplus(np.exp(2))]), rtol=1e-6)


def test_lsgan_by_hand():
    objective = objectives.get("lsgan")
    np.testing.assert_allclose(objective.discriminator_loss(REAL, FAKE), (0 + 4) / 2 + (0 + 4) / 2)
    np.testing.assert_allclose(objective.generator_loss(FAKE), (1 + 9) / 2)


def test_lsgan_of_squashed_scores_by_hand():
    objective = objectives.get("lsgan", lsgan_sigmoid=True)
    real, fake = 1 / (1 + np.exp(-REAL)), 1 / (1 + np.exp(-FAKE))
    expected = np.mean((real - 1) ** 2) + np.mean(fake**2)
    np.testing.assert_allclose(objective.discriminator_loss(REAL, FAKE), expected, rtol=1e-6)
    np.testing.assert_allclose(objective.generator_loss(FAKE), np.mean((fake - 1) ** 2), rtol=1e-6)


def test_wgan_by_hand():
    objective = objectives.get("wgangp")
    np.testing.assert_allclose(objective.discriminator_loss(REAL, FAKE), -1.0 - 2.0)
    np.testing.assert_allclose(objective.generator_loss(FAKE), 1.0)


@pytest.mark.parametrize("name", ["gan", "lsgan", "wgangp", "dragan"])
def test_every_objective_rewards_what_converges(name):
    """A discriminator gains by telling apart, a generator by being taken for real."""
    objective = objectives.get(name)
    low, high = tf.constant([[0.0]]), tf.constant([[1.0]])
    assert objective.discriminator_loss(high, low) < objective.discriminator_loss(low, high)
    assert objective.generator_loss(high) < objective.generator_loss(low)


def test_penalty_of_a_linear_critic_is_the_distance_of_its_norm_from_one():
    weights = tf.constant([3.0, 4.0])
    critic = lambda points: tf.reduce_sum(points * weights, -1, keepdims=True)  # noqa: E731
    penalty = objectives.gradient_penalty(critic, tf.zeros((6, 2)))
    np.testing.assert_allclose(penalty, (5.0 - 1.0) ** 2, rtol=1e-6)


def test_penalty_of_patches_is_that_of_one_independent_patch():
    # P = 4 patches, each reads its own pixel with weight 3: gradient of sum / sqrt(P) has norm 3 * 2 / 2
    penalty = objectives.gradient_penalty(lambda points: 3.0 * points, tf.zeros((5, 4)))
    np.testing.assert_allclose(penalty, (3.0 - 1.0) ** 2, rtol=1e-6)


def test_penalty_gradient_by_finite_differences():
    points = tf.random.stateless_normal((2, 3), seed=(1, 2))

    def penalty(weight):
        return objectives.gradient_penalty(lambda p: tf.sin(tf.reduce_sum(p * weight, -1, keepdims=True)), points)

    theoretical, numerical = tf.test.compute_gradient(penalty, [tf.constant([0.3, -0.7, 1.1])], delta=1e-3)
    np.testing.assert_allclose(theoretical[0], numerical[0], atol=2e-3)


def test_wgan_points_lie_between():
    real, fake = tf.zeros((2, 1, 1, 1)), tf.fill((2, 1, 1, 1), 8.0)
    points = objectives.wgan_points(real, fake, tf.reshape(tf.constant([0.25, 1.0]), (2, 1, 1, 1)))
    np.testing.assert_allclose(tf.squeeze(points), [2.0, 8.0])


def test_dragan_noise_has_variance_c():
    normal = tf.random.stateless_normal((4, 100, 100, 1), seed=(1, 2))
    points = objectives.dragan_points(tf.zeros_like(normal), normal, 10.0)
    np.testing.assert_allclose(np.var(points), 10.0, rtol=0.02)


@pytest.mark.parametrize("name", ["wgangp", "dragan"])
def test_weighted_penalty_draws_anew_each_call(name):
    objective = objectives.get(name, lambda_gp=2.0)
    seeds = keras.random.SeedGenerator(1)
    real = tf.random.stateless_normal((2, 4, 4, 1), seed=(1, 2))
    critic = lambda points: tf.reduce_sum(points**3, axis=[1, 2, 3], keepdims=True)  # noqa: E731
    first, second = (float(objective.penalty(critic, real, real + 1.0, seeds)) for _ in range(2))
    assert first > 0
    assert first != second


def test_distances_by_hand():
    a, b = tf.constant([1.0, 2.0]), tf.constant([3.0, -1.0])
    assert float(objectives.mae(a, b)) == 2.5
    assert float(objectives.mse(a, b)) == 6.5


def test_distance_of_half_precision_windows_does_not_overflow():
    a = tf.fill((1, 2048, 102, 1), tf.constant(1.0, tf.float16))
    assert float(objectives.mae(a, -a)) == 2.0
