"""Shapes, masks and options of generators and discriminators."""

import numpy as np
import pytest
import tensorflow as tf

from cyclegan_neuro.systems.cyclegan.config import ModelSection
from cyclegan_neuro.systems.cyclegan.networks import InputStatistics, build_discriminator, build_generator

DAY = InputStatistics(mean=0.1, std=0.05)
SIZES = [(48, 102), (50, 59), (33, 21), (31, 32), (17, 8), (16, 203)]  # frames, neurons


def small(**changes):
    return ModelSection(**{"filters": 4, "residual_blocks": 1, **changes})


def generator(section, frames=32, neurons=16, seed=1):
    return build_generator(
        section, window_frames=frames, n_neurons=neurons, seed=seed, source=DAY, target=DAY, name="G"
    )


def discriminator(section, frames=32, neurons=16):
    return build_discriminator(section, window_frames=frames, n_neurons=neurons, seed=1, source=DAY, name="D_X")


@pytest.mark.parametrize(
    ("kind", "frames", "neurons"),
    [
        ("resnet", 33, 21),
        ("identity", 33, 21),
        *((kind, *size) for kind in ("agresnet", "agresnet_1d") for size in SIZES),
    ],
)
def test_any_width_and_length_comes_back(kind, frames, neurons):
    windows = tf.zeros((2, frames, neurons, 1))
    assert generator(small(generator=kind), frames, neurons)(windows).shape == windows.shape
    assert discriminator(small(generator=kind), frames, neurons)(windows).shape[0] == 2


def test_patches_of_the_paper():
    assert discriminator(ModelSection(), 2048, 102).output_shape == (None, 256, 13, 1)


@pytest.mark.parametrize(("growth", "filters"), [(2, (32, 64, 128)), (1, (32, 32, 32))])
def test_widths_grow_as_configured(growth, filters):
    network = discriminator(ModelSection(growth=growth), 64, 16)
    assert tuple(network.get_layer(f"down_{i}").output.shape[-1] for i in (1, 2, 3)) == filters
    latent = generator(ModelSection(growth=growth), 64, 16).get_layer("residual_9").output
    assert latent.shape == (None, 16, 4, filters[1])


def test_attention_masks_can_be_read_and_lie_between_zero_and_one():
    network = generator(small())
    masks = [network.get_layer(f"attention_gate_{i}_mask").output for i in (1, 2)]
    assert [m.shape for m in masks] == [(None, 8, 4, 1), (None, 16, 8, 1)]
    values = tf.keras.Model(network.inputs, masks)(tf.random.stateless_uniform((1, 32, 16, 1), (1, 2)))
    assert all(0 < float(tf.reduce_min(v)) < float(tf.reduce_max(v)) < 1 for v in values)


def test_a_residual_block_adds_what_its_last_convolution_block_puts_out():
    """Figure D.1: the second convolution block has an activation and dropout, like every other."""
    for activated, last in ((False, "residual_1_norm_2"), (True, "residual_1_activation_2")):
        network = generator(small(residual_activation=activated))
        names = ("down_2_dropout", last, "residual_1")
        view = tf.keras.Model(network.inputs, [network.get_layer(n).output for n in names])
        before, inner, after = view(tf.random.stateless_uniform((1, 32, 16, 1), (1, 2)))
        np.testing.assert_allclose(after, before + inner, atol=1e-6)
    assert any(layer.name == "residual_1_dropout_2" for layer in network.layers)


def test_gate_is_the_masked_skip_beside_the_query():
    network = generator(small())
    names = ["residual_1", "down_2", "attention_gate_1_mask", "attention_gate_1"]
    view = tf.keras.Model(network.inputs, [network.get_layer(n).output for n in names])
    query, skip, mask, joined = view(tf.random.stateless_uniform((1, 32, 16, 1), (1, 2)))
    np.testing.assert_allclose(joined, tf.concat([query, mask * skip], -1), rtol=1e-6)


def test_resnet_has_no_gates():
    assert not any("mask" in layer.name for layer in generator(small(generator="resnet")).layers)


def test_seed_decides_the_weights():
    first, again, other = (generator(small(), seed=s).get_weights() for s in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0], other[0])


def test_initialisation_has_the_papers_deviation():
    kernel = generator(ModelSection(), 32, 16).get_layer("residual_1_convolution_1").kernel
    assert np.std(kernel) == pytest.approx(0.02, rel=0.02)


def test_output_starts_at_the_mean_of_the_day():
    day = InputStatistics(mean=0.07, std=0.02)
    section = small(output_bias_at_mean=True)
    network = build_generator(section, window_frames=32, n_neurons=16, seed=1, source=DAY, target=day, name="G")
    assert float(tf.reduce_mean(network(tf.zeros((1, 32, 16, 1))))) == pytest.approx(0.07, abs=0.01)


@pytest.mark.parametrize("kind", ["agresnet", "agresnet_1d"])
def test_input_skip_starts_near_the_identity(kind):
    windows = tf.random.stateless_uniform((2, 32, 16, 1), (1, 2), 0.05, 0.3)
    out = generator(small(generator=kind, input_skip=True))(windows)
    assert float(tf.reduce_mean(tf.abs(out - windows))) < 0.02


def test_dropout_only_in_training():
    network = generator(small(dropout=0.5))
    windows = tf.random.stateless_uniform((1, 32, 16, 1), (1, 2))
    np.testing.assert_array_equal(network(windows), network(windows))
    assert not np.array_equal(network(windows, training=True), network(windows, training=True))
    still = generator(small(dropout=0.0))
    np.testing.assert_array_equal(still(windows, training=True), still(windows, training=True))


def test_discriminator_can_tell_scaled_days_apart_only_when_inputs_are_standardised():
    """Coordinates of size 1 drown a day whose values spread over 0.02 (why the option exists)."""
    quiet = InputStatistics(mean=0.1, std=0.02)
    windows = [tf.random.stateless_normal((8, 32, 16, 1), (1, s), 0.1, 0.02) for s in (1, 2)]

    def spread(**options):
        network = build_discriminator(
            small(coordinate_channels=True, discriminator_dropout=0.0, **options),
            window_frames=32, n_neurons=16, seed=1, source=quiet, name="D",
        )  # fmt: skip
        scores = [network(w) for w in windows]
        return float(tf.reduce_mean(tf.abs(scores[0] - scores[1])) / tf.math.reduce_std(scores[0]))

    assert spread(standardize_inputs=True) > 3 * spread()


@pytest.mark.parametrize("kind", ["agresnet", "agresnet_1d"])
@pytest.mark.parametrize(("score", "passed"), [(-30.0, 0.0), (0.0, 0.5), (30.0, 1.0)])
def test_the_input_gate_passes_activity_on_or_silences_it(kind, score, passed):
    network = generator(small(generator=kind, input_skip=True))
    for name, bias in (("input_gate_score", score), ("output_convolution", 0.0)):
        kernel, old_bias = network.get_layer(name).get_weights()
        network.get_layer(name).set_weights([np.zeros_like(kernel), np.full_like(old_bias, bias)])
    windows = np.random.default_rng(1).uniform(0.05, 0.9, (2, 32, 16, 1)).astype(np.float32)
    logit = lambda values: np.log(values / (1 - values))  # noqa: E731
    centre = logit(DAY.mean)
    wanted = 1 / (1 + np.exp(-(passed * (logit(windows) - centre) + centre)))
    np.testing.assert_allclose(network(windows), wanted, atol=1e-5)
