"""The network over traces gives at every frame what the network of one window gives."""

from pathlib import Path

import keras
import numpy as np
import pytest
from inference_fakes import SMALL_WINDOW as SMALL
from inference_fakes import random_weights, windowed

from cyclegan_neuro.spikes.inference.models import load_models
from cyclegan_neuro.spikes.inference.network import build_network, ensemble, set_weights, weights_of
from cyclegan_neuro.spikes.inference.rate_models import Architecture

PUBLISHED = Path(__file__).parents[4] / "shared" / "data" / "cascade_pretrained_example"

ARCHITECTURES = {
    "CASCADE's": Architecture(),
    # 12 positions before the first pooling, 6 before the second, 2 after: nothing dropped
    "even": Architecture(widths=(5, 3, 3), filters=(2, 3, 4), units=2, window_frames=18, before_frames=9),
    # 13 positions: the first pooling drops one frame
    "drops one": Architecture(widths=(5, 4, 3), filters=(3, 2, 4), units=3, window_frames=20, before_frames=10),
    # 15 positions, 7 after the pooling, 5 of which the second pools to 2: both drop
    "drops in both": Architecture(widths=(4, 3, 3), filters=(2, 2, 2), units=3, window_frames=20, before_frames=4),
}


def test_the_sizes_by_hand():
    positions_and_reach = {name: (a.positions, a.reach) for name, a in ARCHITECTURES.items()}
    assert positions_and_reach == {
        "CASCADE's": (2, 31 + 19 + 8 + 2 + 4),
        "even": (2, 5 + 3 + 4 + 2 + 4),
        "drops one": (2, 19),
        "drops in both": (2, 17),
    }


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_frame_is_that_of_its_window(name):
    architecture = ARCHITECTURES[name]
    weights = random_weights(architecture)
    network = build_network(architecture)
    set_weights(network, weights)
    dff = np.random.default_rng(1).normal(0, 0.1, (2, architecture.window_frames + 13)).astype(np.float32)
    found = np.asarray(network(dff[..., None]))
    assert found.shape == (2, 14, 1)
    for trace, rates in zip(dff, found[..., 0], strict=True):
        windows = np.lib.stride_tricks.sliding_window_view(trace, architecture.window_frames)
        expected = windowed(weights, windows)
        assert np.ptp(expected) > 0.05
        np.testing.assert_allclose(rates, expected, atol=1e-5)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_weights_keep_their_layout(name):
    architecture = ARCHITECTURES[name]
    weights = random_weights(architecture)
    assert weights.problem(architecture.window_frames) is None
    network = build_network(architecture)
    set_weights(network, weights)
    back = weights_of(network)
    for new, old in zip((*back.kernels, *back.biases), (*weights.kernels, *weights.biases), strict=True):
        np.testing.assert_array_equal(new, old)
    of_weights = Architecture.of(back, architecture.window_frames)
    assert (of_weights.positions, of_weights.reach) == (architecture.positions, architecture.reach)


def test_the_first_weights_follow_from_the_seed():
    first, again, other = (weights_of(build_network(SMALL, seed=seed)).kernels for seed in (3, 3, 4))
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    assert not any((a == b).any() for a, b in zip(first, other, strict=True))


def test_an_ensemble_is_the_mean_without_what_is_below_zero():
    members = tuple(random_weights(seed=seed) for seed in range(3))
    trace = np.random.default_rng(2).normal(0, 0.1, 60).astype(np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(trace, SMALL.window_frames)
    mean = np.mean([windowed(weights, windows) for weights in members], axis=0)
    assert (mean < 0).any()
    assert (mean > 0).any()
    found = np.asarray(ensemble(members, window_frames=SMALL.window_frames)(trace[None, :, None]))[0, :, 0]
    np.testing.assert_allclose(found, np.maximum(mean, 0), atol=1e-5)
    alone = np.asarray(ensemble(members[:1], window_frames=SMALL.window_frames)(trace[None, :, None]))[0, :, 0]
    np.testing.assert_allclose(alone, np.maximum(windowed(members[0], windows), 0), atol=1e-5)


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the published networks are not here")
@pytest.mark.parametrize(("level", "member"), [(2, 0), (3, 4)])
def test_the_published_networks_give_over_a_trace_what_keras_gives_window_by_window(level, member):
    published = keras.models.load_model(PUBLISHED / f"Model_NoiseLevel_{level}_Ensemble_{member}.h5", compile=False)
    trace = np.cumsum(np.random.default_rng(0).normal(0, 0.1, 263)).astype(np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(trace, 64)
    expected = np.asarray(published([windows[:, :, None]]))[:, 0]
    assert np.ptp(expected) > 0.05
    weights = load_models(PUBLISHED).noise_levels[level][member]
    network = build_network(Architecture.of(weights, 64))
    set_weights(network, weights)
    np.testing.assert_allclose(np.asarray(network(trace[None, :, None]))[0, :, 0], expected, atol=1e-6)
