"""Sizes, shapes, borders and seeds of generator and critic."""

import numpy as np
import pytest
import tensorflow as tf

from cyclegan_neuro.systems.spike_gan.config import ModelSection
from cyclegan_neuro.systems.spike_gan.networks import build_critic, build_generator, first_filters

KINDS = ["semi_convolutional", "mlp"]


def small(**changes):
    return ModelSection(**{"features": 4, "noise_size": 8, "mlp_layers": 2, "mlp_units": 8, **changes})


def generator(section, bins=12, neurons=4, *, seed=1, mean=0.1):
    return build_generator(section, n_bins=bins, n_neurons=neurons, seed=seed, mean=np.broadcast_to(mean, neurons))


def critic(section, bins=12, neurons=4, *, seed=1):
    return build_critic(section, n_bins=bins, n_neurons=neurons, seed=seed)


@pytest.mark.parametrize(
    ("neurons", "bins", "options", "parameters"),
    [
        pytest.param(16, 128, {}, 3_482_641, id="16 x 128, as the paper says"),
        pytest.param(50, 32, {}, 1_972_275, id="50 x 32"),
        pytest.param(32, 64, {}, 2_458_657, id="32 x 64"),
        pytest.param(16, 128, {"architecture": "mlp"}, 3_516_819, id="MLP, as many as the paper says"),
        pytest.param(16, 128, {"features": 128}, 1_413_649, id="published code, 16 x 128"),
        pytest.param(50, 32, {"features": 128}, 658_483, id="published code, 50 x 32"),
        pytest.param(32, 64, {"features": 128}, 901_665, id="published code, 32 x 64"),
    ],
)
def test_number_of_parameters(neurons, bins, options, parameters):
    networks = [build(ModelSection(**options), bins, neurons) for build in (generator, critic)]
    assert sum(network.count_params() for network in networks) == parameters


def test_parameters_of_a_small_network_by_hand():
    found = generator(small(), bins=12, neurons=4).count_params(), critic(small(), bins=12, neurons=4).count_params()
    projection = (8 + 1) * (12 // 4 * 8)
    assert found[0] == projection + (5 * 8 * 4 + 4) + (5 * 4 * 4 + 4)
    assert found[1] == (5 * 4 * 4 + 4) + (5 * 4 * 8 + 8) + (3 * 8 + 1)


@pytest.mark.parametrize(("kind", "border"), [("semi_convolutional", 0), ("semi_convolutional", 3), ("mlp", 0)])
@pytest.mark.parametrize(("bins", "neurons"), [(12, 4), (13, 1), (2, 5), (31, 7)])
def test_any_length_and_population(kind, border, bins, neurons):
    section = small(architecture=kind, border_bins=border)
    activity = generator(section, bins, neurons)(tf.random.stateless_normal((3, 8), (1, 2)))
    assert activity.shape == (3, bins, neurons)
    assert 0 < float(tf.reduce_min(activity)) < float(tf.reduce_max(activity)) < 1
    assert critic(section, bins, neurons)(activity).shape == (3, 1)


def test_the_critic_is_unbounded():
    scores = critic(small())(1e3 * tf.random.stateless_normal((50, 12, 4), (1, 2)))
    assert float(tf.reduce_min(scores)) < -1 < 1 < float(tf.reduce_max(scores))


def test_neurons_are_channels():
    """Every filter sees the whole population, so that their order means nothing to the network."""
    section = small()
    network, shuffled = critic(section), critic(section)
    order = np.array([2, 0, 3, 1])
    kernel, *rest = network.get_weights()
    assert kernel.shape == (5, 4, 4)
    shuffled.set_weights([kernel[:, order], *rest])
    activity = tf.random.stateless_uniform((3, 12, 4), (1, 2))
    np.testing.assert_allclose(shuffled(tf.gather(activity, order, axis=2)), network(activity), rtol=1e-5)


def test_border_bins_keep_the_padding_out_of_the_sample():
    """With the same value everywhere in the hidden layers, only padding can make bins differ."""

    def courses(border):
        network = generator(small(border_bins=border, kernel_bins=5), bins=16)
        for layer in network.layers:
            layer.set_weights([np.full_like(values, 0.1) for values in layer.get_weights()])
        return np.ptp(network(tf.ones((1, 8)))[0], axis=0)

    assert (courses(0) > 1e-3).all()
    np.testing.assert_allclose(courses(8), 0.0, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_output_bias_at_mean_starts_there(kind):
    mean = np.array([0.02, 0.1, 0.3, 0.0])
    network = generator(small(architecture=kind, output_bias_at_mean=True), mean=mean)
    activity = network(tf.zeros((1, 8)))[0]  # without noise nothing but the bias is left
    np.testing.assert_allclose(activity, np.tile(np.maximum(mean, 1e-4), (12, 1)), rtol=1e-4)
    half = generator(small(architecture=kind), mean=mean)(tf.zeros((1, 8)))
    np.testing.assert_allclose(half, 0.5)


@pytest.mark.parametrize("build", [generator, critic])
@pytest.mark.parametrize("kind", KINDS)
def test_seed_decides_the_weights(build, kind):
    first, again, other = (build(small(architecture=kind), seed=seed).get_weights() for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert all(not np.array_equal(a, b) for a, b in zip(first, other, strict=True) if a.ndim > 1)


def test_layers_of_one_shape_start_differently():
    weights = critic(small(architecture="mlp", mlp_layers=3)).get_weights()
    hidden = [values for values in weights if values.shape == (8, 8)]
    assert len(hidden) == 2
    assert not np.array_equal(*hidden)


@pytest.mark.parametrize("kind", KINDS)
def test_uniform_noise_is_made_of_the_normal_numbers(kind):
    """The network that reads uniform noise gives what the other one gives for erf(z / sqrt 2)."""
    given = tf.random.stateless_normal((50, 8), (1, 2))
    uniform, normal = generator(small(architecture=kind, noise="uniform")), generator(small(architecture=kind))
    np.testing.assert_allclose(uniform(given), normal(tf.math.erf(given / np.sqrt(2))), atol=1e-6)
    assert float(tf.reduce_max(tf.abs(uniform(given) - normal(given)))) > 1e-3


@pytest.mark.parametrize("build", [generator, critic])
@pytest.mark.parametrize("kind", KINDS)
def test_initial_weights_are_normal_where_a_standard_deviation_is_given(build, kind):
    section = small(architecture=kind, features=32, mlp_units=64, noise_size=64, weight_sd=0.02)
    kernels = [values for values in build(section, 32, 16).get_weights() if values.ndim > 1]
    for values in kernels:
        tolerance = 4 * 0.02 / np.sqrt(values.size)
        assert values.std() == pytest.approx(0.02, abs=tolerance)
        assert values.mean() == pytest.approx(0.0, abs=tolerance)
    assert np.abs(np.concatenate([values.ravel() for values in kernels])).max() > 0.06  # no uniform has such tails


def test_filters_of_the_first_layer_are_by_bin_and_neuron():
    dense = critic(small(architecture="mlp"))
    activity = np.random.default_rng(0).random((1, 12, 4), np.float32)
    hidden = np.einsum("bn,bnf->f", activity[0], first_filters(dense))
    np.testing.assert_allclose(hidden, (activity.reshape(1, -1) @ dense.get_weights()[0])[0], rtol=1e-5)
    assert first_filters(critic(small())).shape == (5, 4, 4)
