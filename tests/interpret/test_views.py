"""Every map against its definition, written out with a tape of its own."""

from functools import cache
from zlib import crc32

import keras
import numpy as np
import pytest
import tensorflow as tf
from tf_keras_vis.gradcam import Gradcam
from tf_keras_vis.saliency import Saliency

from cyclegan_neuro.interpret.views import View, float32_copy
from cyclegan_neuro.networks.layers import InstanceNormalization
from cyclegan_neuro.windows.scaling import Scaling

LAYERS = ("residual", "down")  # an Add, behind which a skip connection remains, and a LeakyReLU
LIMITS = np.linspace(0.0, 1.0, 12, dtype=np.float32)
BEFORE, AFTER = Scaling(LIMITS - 1, LIMITS + 1), Scaling(-LIMITS, 2 * LIMITS + 0.5)
UNIT_ROUNDOFF = np.finfo(np.float32).eps / 2


def in_dff(values, scaling):
    """Of (window, time, neuron, 1)."""
    return values * (scaling.maximum - scaling.minimum)[:, None] + scaling.minimum[:, None]


def scores_of(output, inputs, score):
    if score == "change":
        output = in_dff(output, AFTER) - in_dff(inputs, BEFORE)
    values = output if score == "mean" else tf.abs(output)
    return tf.reduce_mean(values, axis=(1, 2, 3))


def by_hand(network, windows, layer, score):
    """Gradient, and what a layer holds and its gradient."""
    tapped = keras.Model(network.input, [network.get_layer(layer).output, network.output])
    inputs = tf.convert_to_tensor(windows[..., None])
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        held, output = tapped(inputs, training=False)
        scores = scores_of(output, inputs, score)
    gradient, slope = tape.gradient(scores, [inputs, held])
    return gradient.numpy()[..., 0], held.numpy(), slope.numpy()


def view_of(network, *, layer="residual", score="absolute", **changes):
    return View(network, grad_cam_layer=layer, layer_cam_layer=layer, score=score, scalings=(BEFORE, AFTER), **changes)


def longest_sums(network):
    """Terms that are summed one after the other on the way through the network: in convolutions and normalisations."""
    terms = 0
    for layer in network.layers:
        if hasattr(layer, "kernel"):
            terms += np.prod(layer.kernel.shape[:-1])
        elif isinstance(layer, InstanceNormalization):
            terms += np.prod(layer.output.shape[1:-1])
    return terms


def rounding(network):
    """Bound on the relative error of what float32 sums give forward and back, in whatever order they are taken.

    A sum of n terms is known to n u of the sum of their sizes (Higham 2002, section 4.2); windows are summed last.
    """
    return UNIT_ROUNDOFF * (2 * longest_sums(network) + np.prod(network.input_shape[1:]))


def assert_equal_maps(found, expected, *, of):
    """To what float32 lets the network ``of`` compute, relative to the largest value, which must not be 0."""
    assert found.shape == expected.shape
    assert np.abs(expected).max() > 1e-5
    np.testing.assert_allclose(found, expected, rtol=0, atol=rounding(of) * np.abs(expected).max())


@pytest.fixture(scope="module", params=[1, 2], ids=["1-D", "2-D"])
def network(request, build_network):
    return build_network(request.param)


@pytest.fixture(scope="module")
def view(network):
    """Return a function that views the network, once for each layer and score."""
    made = cache(lambda layer, score: view_of(network, layer=layer, score=score, masks=("gate_mask",)))
    return lambda layer="residual", score="absolute": made(layer, score)


@pytest.mark.parametrize("score", ["mean", "change"])
@pytest.mark.parametrize("layer", LAYERS)
def test_grad_cam_is_the_rectified_sum_of_channels_weighted_by_mean_gradients(network, view, windows, layer, score):
    _, held, slope = by_hand(network, windows, layer, score)
    places = tuple(range(1, held.ndim - 1))
    expected = np.maximum((slope.mean(axis=places, keepdims=True) * held).sum(axis=-1), 0)
    found = view(layer=layer, score=score).explain(windows).grad_cam
    assert_equal_maps(found, expected.reshape(found.shape), of=network)
    assert found.shape == (5, 8, 1 if held.ndim == 3 else 6)


@pytest.mark.parametrize("layer", LAYERS)
def test_grad_cam_is_what_tf_keras_vis_makes_of_the_whole_network(network, view, windows, layer):
    whole = Gradcam(network, clone=False)(
        lambda output: scores_of(output, None, "absolute"),
        windows[..., None],
        penultimate_layer=layer,
        seek_penultimate_conv_layer=False,
        expand_cam=False,
        normalize_cam=False,
    )
    found = view(layer=layer).explain(windows).grad_cam
    assert_equal_maps(found, np.reshape(whole, found.shape), of=network)


@pytest.mark.parametrize("score", ["mean", "absolute", "change"])
def test_the_gradient_is_that_of_each_windows_own_score(network, view, windows, score):
    expected, _, _ = by_hand(network, windows, "residual", score)
    assert_equal_maps(view(score=score).explain(windows).gradient, expected, of=network)


def test_the_absolute_gradient_is_the_saliency_of_tf_keras_vis(network, view, windows):
    saliency = Saliency(keras.Model([network.input], [network.output]), clone=False)(
        lambda output: tf.reduce_mean(output, (1, 2, 3)), windows[..., None], normalize_map=False
    )
    found = np.abs(view(score="mean").explain(windows).gradient)
    assert_equal_maps(found, np.asarray(saliency), of=network)


@pytest.mark.parametrize("score", ["absolute", "change"])
def test_the_gradient_is_what_central_differences_give_in_double_precision(windows, score):
    inputs = keras.Input((16, 12, 1))
    tensor = keras.layers.Conv2D(3, 3, activation="tanh", padding="same", name="layer")(inputs)
    network = keras.Model(inputs, keras.layers.Conv2D(1, 3, activation="tanh", padding="same")(tensor))
    gradient = view_of(network, layer="layer", score=score).explain(windows[:1]).gradient[0]

    kernel_1, bias_1, kernel_2, bias_2 = (values.astype(np.float64) for values in network.get_weights())

    def score_at(points):
        inner = tf.tanh(tf.nn.conv2d(points[..., None], kernel_1, 1, "SAME") + bias_1)
        output = tf.tanh(tf.nn.conv2d(inner, kernel_2, 1, "SAME") + bias_2)
        return scores_of(output, points[..., None], score).numpy()

    step = 1e-6  # so small that no value passes 0, where the score has a kink
    steps = step * np.eye(16 * 12).reshape(-1, 16, 12)
    difference = score_at(windows[0] + steps) - score_at(windows[0] - steps)
    assert_equal_maps(gradient, (difference / (2 * step)).reshape(16, 12), of=network)


def test_layer_cam_sums_absolute_products_over_channels(network, view, windows):
    _, held, slope = by_hand(network, windows, "residual", "absolute")
    found = view().explain(windows).layer_cam
    assert_equal_maps(found, np.abs(slope * held).sum(axis=-1).reshape(found.shape), of=network)


def test_masks_and_change_are_those_of_the_layers(network, view, windows):
    found = view().explain(windows)
    layers = keras.Model(network.input, [network.get_layer("gate_mask").output, network.output])
    mask, output = (values.numpy() for values in layers(windows[..., None], training=False))
    change = (in_dff(output, AFTER) - in_dff(windows[..., None], BEFORE))[..., 0]
    assert_equal_maps(found.masks["gate_mask"], mask.reshape(5, 8, -1), of=network)
    assert_equal_maps(found.change, change, of=network)
    assert set(found.masks) == {"gate_mask"}
    assert 0 < found.masks["gate_mask"].min() < found.masks["gate_mask"].max() < 1


def test_windows_are_explained_alike_in_batches_of_any_size(network, view, windows):
    seen = view()
    whole, parts = seen.explain(windows), [seen.explain(windows[:2]), seen.explain(windows[2:])]
    for name in ("grad_cam", "gradient", "layer_cam", "change"):
        joined = np.concatenate([getattr(part, name) for part in parts])
        assert_equal_maps(joined, getattr(whole, name), of=network)


def test_the_change_needs_the_scalings_of_both_days(build_network):
    with pytest.raises(ValueError, match="needs the scalings of input and output"):
        View(build_network(), grad_cam_layer="down", layer_cam_layer="down", score="change")


def test_a_view_follows_the_training_of_a_float32_network(build_network, windows):
    network = build_network()
    view = view_of(network)
    before = view.explain(windows)
    network.set_weights([1.5 * values for values in network.get_weights()])
    after, fresh = view.explain(windows), view_of(network).explain(windows)
    assert view.network is network
    assert not np.allclose(before.gradient, after.gradient)
    np.testing.assert_array_equal(after.gradient, fresh.gradient)
    np.testing.assert_array_equal(after.grad_cam, fresh.grad_cam)


def test_a_network_in_low_precision_is_explained_by_a_float32_copy_that_follows_on_demand(build_network, windows):
    full = build_network()
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        low = build_network(seed=2)
    finally:
        keras.config.set_dtype_policy(policy)
    low.set_weights(full.get_weights())
    view = view_of(low, score="change", masks=["gate_mask"])
    expected = view_of(full, score="change", masks=["gate_mask"]).explain(windows)
    found = view.explain(windows)
    assert low.get_layer("residual").compute_dtype == "bfloat16"
    assert {layer.compute_dtype for layer in view.network.layers} == {"float32"}
    assert_equal_maps(found.grad_cam, expected.grad_cam, of=full)
    assert_equal_maps(found.gradient, expected.gradient, of=full)
    assert_equal_maps(found.masks["gate_mask"], expected.masks["gate_mask"], of=full)

    low.set_weights([1.5 * values for values in low.get_weights()])
    np.testing.assert_array_equal(view.explain(windows).gradient, found.gradient)
    view.refresh()
    assert not np.allclose(view.explain(windows).gradient, found.gradient)
    for ours, theirs in zip(view.network.get_weights(), low.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_float32_network_is_its_own_copy(network):
    assert float32_copy(network) is network


def test_a_viewed_network_can_be_viewed_and_cloned_again(build_network, windows):
    network = build_network()
    config = network.get_config()
    first = view_of(network, layer="down").explain(windows)
    second = view_of(network, layer="down").explain(windows)
    clone = keras.models.clone_model(network)
    clone.set_weights(network.get_weights())
    np.testing.assert_array_equal(first.grad_cam, second.grad_cam)
    np.testing.assert_array_equal(clone(windows[..., None]), network(windows[..., None]))
    assert [layer["name"] for layer in network.get_config()["layers"]] == [layer["name"] for layer in config["layers"]]


# -- SmoothGrad ------------------------------------------------------------------------------------


def test_smooth_grad_with_hardly_any_noise_is_the_gradient(network, view, windows):
    seen = view()
    smooth = seen.smooth_grad(windows, samples=2, noise=1e-6, seed=0)
    np.testing.assert_allclose(smooth, np.abs(seen.explain(windows).gradient), rtol=1e-2, atol=1e-6)


def test_smooth_grad_is_that_of_tf_keras_vis_with_the_same_noise(network, view, windows, monkeypatch):
    def same_noise(mean, spread, shape):
        generators = [np.random.default_rng([7, crc32(window)]) for window in windows]
        draws = [[g.standard_normal(shape[2:-1], np.float32) for g in generators] for _ in range(shape[0])]
        return mean + np.asarray(spread) * np.array(draws)[..., None]

    monkeypatch.setattr(np.random, "normal", same_noise)
    expected = Saliency(keras.Model([network.input], [network.output]), clone=False)(
        lambda output: tf.reduce_mean(output, (1, 2, 3)),
        windows[..., None],
        smooth_samples=3,
        smooth_noise=0.2,
        normalize_map=False,
    )
    found = view(score="mean").smooth_grad(windows, samples=3, noise=0.2, seed=7)
    assert_equal_maps(found, np.asarray(expected), of=network)


def test_smooth_grad_depends_on_its_seed_alone(build_network, windows):
    network = build_network()
    view = view_of(network)
    options = {"samples": 3, "noise": 0.1}
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    first = view.smooth_grad(windows, seed=1, **options)
    np.testing.assert_array_equal(first, view.smooth_grad(windows, seed=1, **options))
    assert not np.allclose(first, view.smooth_grad(windows, seed=2, **options))
    one_by_one = [view.smooth_grad(windows[i : i + 1], seed=1, **options) for i in range(5)]
    assert_equal_maps(np.concatenate(one_by_one), first, of=network)
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # noqa: NPY002
