"""Samples of a generator: seeds, spikes, traces back in ΔF/F."""

import numpy as np
import pytest

from cyclegan_neuro.populations.statistics import binarise
from cyclegan_neuro.systems.spike_gan.data import prepare
from cyclegan_neuro.systems.spike_gan.generation import generate_activity, generate_samples
from cyclegan_neuro.systems.spike_gan.model import build_spike_gan


@pytest.fixture(scope="module")
def pairs(make_config):
    """Return prepared pairs and an untrained network for them."""
    config = make_config(model={"output_bias_at_mean": True})
    prepared = prepare(config)
    return prepared, build_spike_gan(config, prepared).generator


def test_activity_does_not_depend_on_the_batch_size(pairs):
    _, generator = pairs
    whole = generate_activity(generator, 10, seed=3, batch_size=64)
    for batch_size in (1, 4, 10):
        found = generate_activity(generator, 10, seed=3, batch_size=batch_size)
        np.testing.assert_allclose(found, whole, atol=1e-6)
    np.testing.assert_allclose(generate_activity(generator, 4, seed=3, batch_size=3), whole[:4], atol=1e-6)
    assert (whole.shape, whole.dtype) == ((10, 12, 4), np.float32)


def test_the_seed_decides(pairs):
    prepared, generator = pairs
    sizes = {"batch_size": 16}
    first, again, other = (generate_samples(generator, prepared, 40, seed=seed, **sizes).values for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_spikes_are_drawn_once_from_the_activity(pairs):
    prepared, generator = pairs
    found = generate_samples(generator, prepared, 300, seed=1, batch_size=100)
    assert (found.spikes, found.bin_s, found.roi_ids) == (True, 0.001, None)
    assert found.values.dtype == np.uint8
    assert set(np.unique(found.values)) == {0, 1}
    activity = generate_activity(generator, 300, seed=1, batch_size=100)
    np.testing.assert_array_equal(found.values, binarise(activity, seed=1))
    assert found.values.mean() == pytest.approx(activity.mean(), abs=4 * 0.5 / np.sqrt(activity.size))


def test_the_network_starts_at_the_rates_of_the_training_samples_where_it_should(pairs):
    prepared, generator = pairs
    training = prepared.samples(prepared.train).mean(axis=(0, 1))
    without_noise = np.asarray(generator(np.zeros((1, 8), np.float32)))[0]
    np.testing.assert_allclose(without_noise, np.tile(training, (12, 1)), rtol=1e-4)


def test_traces_come_back_in_dff(write_traces, make_config):
    dff = np.random.default_rng(0).normal([0.0, 1.0, 50.0], [0.1, 0.2, 3.0], (240, 3))
    data = {"source": "recording", "recording": {"path": write_traces(dff), "unit": "fraction"}, "window_bins": 12}
    config = make_config(data=data)
    prepared = prepare(config)
    generator = build_spike_gan(config, prepared).generator
    found = generate_samples(generator, prepared, 6, seed=1, batch_size=4)
    activity = generate_activity(generator, 6, seed=1, batch_size=4)
    low, high = prepared.scaling.minimum, prepared.scaling.maximum
    np.testing.assert_allclose(found.values, low + activity * (high - low), rtol=1e-5)
    assert (found.spikes, found.bin_s, found.roi_ids) == (False, 0.1, ("cell 0", "cell 1", "cell 2"))
    assert found.values.dtype == np.float32
