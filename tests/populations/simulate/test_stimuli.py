"""Each sample shows one whole packet, that of its stimulus; both packets share neurons, in opposite order."""

import numpy as np
import pytest

from cyclegan_neuro.errors import ConfigurationError
from cyclegan_neuro.populations.sections import StimuliSection
from cyclegan_neuro.populations.simulate import packets
from cyclegan_neuro.populations.simulate.packets import templates


def simulate_stimuli(*, seed, population_seed=None, **options):
    """Simulate the section's population with some settings changed, also to what a configuration refuses."""
    shown = {name: options.pop(name) for name in ("only_stimulus",) if name in options}
    section = StimuliSection().model_copy(update=options)
    return packets.simulate_stimuli(section, seed=seed, population_seed=population_seed, **shown)


@pytest.fixture(scope="module")
def published():
    return simulate_stimuli(seed=11)


def test_packets_before_the_permutation(published):
    """Stimulus 0: neurons 0 to 17 in order; stimulus 1: 31 down to 14; 14 to 17 are in both."""
    truth = published.truth
    np.testing.assert_array_equal(truth.permutation[truth.groups[0]], np.arange(18))
    np.testing.assert_array_equal(truth.permutation[truth.groups[1]], np.arange(31, 13, -1))
    assert set(truth.permutation[np.intersect1d(*truth.groups)]) == {14, 15, 16, 17}


def test_every_sample_shows_the_packet_of_its_stimulus(published):
    truth = published.truth
    template = templates(truth)
    np.testing.assert_array_equal(truth.onsets[:, 0], np.arange(4096))
    np.testing.assert_array_equal(truth.onsets[:, 1], truth.stimulus)
    np.testing.assert_array_equal(truth.packet_spikes.sum(axis=(1, 2)), 18)
    for sample, stimulus, onset in truth.onsets[:50]:
        np.testing.assert_array_equal(truth.packet_spikes[sample, onset : onset + 18], template[stimulus])
    assert np.all(published.samples[truth.packet_spikes] == 1)


def test_stimuli_and_onsets_are_equally_probable(published):
    truth = published.truth
    assert abs(truth.stimulus.mean() - 0.5) < 4 * 0.5 / np.sqrt(4096)
    counts = np.bincount(truth.onsets[:, 2])
    assert len(counts) == 15
    assert np.abs(counts - 4096 / 15).max() < 4 * np.sqrt(4096 / 15)


def test_background(published):
    truth = published.truth
    outside = ~truth.packet_spikes
    share = (published.samples * outside).sum(axis=(0, 1)) / outside.sum(axis=(0, 1))
    np.testing.assert_allclose(share, truth.background_rate, atol=4 * np.sqrt(0.075 * 0.925 / 120000))


def test_one_stimulus_of_the_same_population(published):
    one = simulate_stimuli(n_samples=20, seed=12, population_seed=11, only_stimulus=1).truth
    assert set(one.stimulus) == {1}
    np.testing.assert_array_equal(one.groups, published.truth.groups)
    np.testing.assert_array_equal(one.background_rate, published.truth.background_rate)


def test_jitter_stays_in_the_packet():
    truth = simulate_stimuli(n_samples=300, jitter_bins=2.0, seed=1).truth
    sample, time, _ = np.nonzero(truth.packet_spikes)
    delay = time - truth.onsets[sample, 2]
    assert (delay.min(), delay.max()) == (0, 17)
    np.testing.assert_array_equal(truth.packet_spikes.sum(axis=(1, 2)), 18)
    ordered = np.broadcast_to(np.arange(18), (300, 18))
    columns = truth.groups[truth.stimulus]
    times = np.take_along_axis(truth.packet_spikes.argmax(axis=1), columns, axis=1) - truth.onsets[:, 2:]
    assert 1.5 < (times - ordered)[:, 6:12].std() < 2.5


def test_form_and_seeds(published):
    assert published.samples.shape == (4096, 32, 32)
    assert published.samples.dtype == np.uint8
    assert set(published.truth.arrays()) >= {"stimulus", "groups", "onsets"}
    np.testing.assert_array_equal(simulate_stimuli(seed=11).samples, published.samples)
    assert np.any(simulate_stimuli(seed=12, population_seed=11).samples != published.samples)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"only_stimulus": 2}, r"data.simulation.only_stimulus: got 2, expected 0 to 1"),
        ({"packet_neurons": 33}, r"data.simulation.packet_neurons: got 33, expected 1 to 32"),
        ({"n_bins": 17}, r"data.simulation.packet_neurons: got 18, expected 1 to 17"),
        ({"rate": -1.0}, r"data.simulation.rate: got -1.0"),
    ],
)
def test_refused(wrong, message):
    with pytest.raises(ConfigurationError, match=message):
        simulate_stimuli(**{"n_samples": 2, "seed": 0, **wrong})
