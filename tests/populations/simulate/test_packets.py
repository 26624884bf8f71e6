"""Packets stand where the truth says, in order, within their square, as often as asked; the rest is background."""

import numpy as np
import pytest

from cyclegan_neuro.errors import ConfigurationError
from cyclegan_neuro.populations.sections import PacketsSection
from cyclegan_neuro.populations.simulate import packets
from cyclegan_neuro.populations.simulate.packets import packet_spikes, templates


def simulate_packets(*, seed, population_seed=None, **options):
    """Simulate the section's population with some settings changed, also to what a configuration refuses."""
    shown = {name: options.pop(name) for name in ("only_packet", "onset_limits") if name in options}
    section = PacketsSection().model_copy(update=options)
    return packets.simulate_packets(section, seed=seed, population_seed=population_seed, **shown)


@pytest.fixture(scope="module")
def published():
    return simulate_packets(n_samples=1500, seed=7)


def spikes_of_loops(truth, n_bins):
    """Packet spikes one by one."""
    spikes = np.zeros((len(truth.packet_spikes), n_bins, len(truth.permutation)), bool)
    for sample, packet, onset in truth.onsets:
        for place, column in enumerate(truth.groups[packet]):
            spikes[sample, onset + place, column] = True
    return spikes


def test_packet_spikes_by_hand():
    """One packet of columns 2, 0 that starts in bin 1 of the second sample."""
    spikes = packet_spikes(
        np.array([[1, 1, 1]]), groups=np.array([[1, 3], [2, 0]]), shape=(2, 4, 4), jitter_bins=0.0,
        rng=np.random.default_rng(0),
    )  # fmt: skip
    np.testing.assert_array_equal(np.argwhere(spikes), [[1, 1, 2], [1, 2, 0]])


def test_packets_stand_where_the_truth_says(published):
    np.testing.assert_array_equal(published.truth.packet_spikes, spikes_of_loops(published.truth, 64))
    assert np.all(published.samples[published.truth.packet_spikes] == 1)


def test_background_has_its_rates(published):
    """Outside packet spikes; places are taken independently of the background, so the share stays the rate."""
    truth = published.truth
    assert np.all((truth.background_rate >= 0.05) & (truth.background_rate <= 0.15))
    outside = ~truth.packet_spikes
    share = (published.samples * outside).sum(axis=(0, 1)) / outside.sum(axis=(0, 1))
    np.testing.assert_allclose(share, truth.background_rate, atol=4 * np.sqrt(0.15 * 0.85 / 90000))


def test_onsets_obey_the_rules(published):
    onsets = published.truth.onsets
    np.testing.assert_array_equal(onsets, onsets[np.lexsort((onsets[:, 1], onsets[:, 2], onsets[:, 0]))])
    assert onsets[:, 2].min() == 0
    assert onsets[:, 2].max() == 56
    key = onsets[:, 0] * 4 + onsets[:, 1]
    order = np.lexsort((onsets[:, 2], key))
    gaps = np.diff(onsets[order, 2])[np.diff(key[order]) == 0]
    assert gaps.min() == 8


def test_onsets_are_as_probable_as_asked(published):
    """In the first bin all are free; the hazard of a free packet is the probability everywhere."""
    starts = np.zeros((1500, 57, 4), bool)
    sample, packet, onset = published.truth.onsets.T
    starts[sample, onset, packet] = True
    assert abs(starts[:, 0].mean() - 0.1) < 4 * np.sqrt(0.09 / 6000)
    free = np.ones_like(starts)
    for lag in range(1, 8):
        free[:, lag:] &= ~starts[:, :-lag]
    assert abs(starts[free].mean() - 0.1) < 4 * np.sqrt(0.09 / free.sum())


def test_published_evaluation_set():
    truth = simulate_packets(
        n_samples=500, seed=8, population_seed=7, only_packet=0, onset_limits=(16, 32), packet_probability=0.2
    ).truth
    assert set(truth.onsets[:, 1]) == {0}
    assert (truth.onsets[:, 2].min(), truth.onsets[:, 2].max()) == (16, 32)
    assert set(np.flatnonzero(truth.packet_spikes.any(axis=(0, 1)))) == set(truth.groups[0])
    np.testing.assert_array_equal(truth.groups, simulate_packets(n_samples=1, seed=7).truth.groups)


def test_templates_are_the_packets_in_the_columns_of_the_samples(published):
    truth = published.truth
    template = templates(truth)
    assert template.shape == (4, 8, 32)
    np.testing.assert_array_equal(template.sum(axis=(1, 2)), 8)
    for packet in range(4):
        columns = [int(np.flatnonzero(row)[0]) for row in template[packet]]
        np.testing.assert_array_equal(truth.permutation[columns], np.arange(8) + 8 * packet)
    for sample, packet, onset in truth.onsets[:20]:
        assert np.all(published.samples[sample, onset : onset + 8][template[packet]] == 1)


def test_jitter_moves_spikes_within_the_packet():
    """Normal with sd 0.5, rounded: P(|shift| = 0) = P(|z| < 1) = 0.683 in the middle of the packet."""
    truth = simulate_packets(n_samples=1000, seed=9, only_packet=2, onset_limits=(20, 20), jitter_bins=0.5).truth
    square = truth.packet_spikes[truth.onsets[:, 0], 20:28][:, :, truth.groups[2]]
    assert not truth.packet_spikes[:, :20].any()
    assert not truth.packet_spikes[:, 28:].any()
    np.testing.assert_array_equal(square.sum(axis=1), 1)
    shift = square.argmax(axis=1) - np.arange(8)
    assert abs((shift[:, 1:-1] == 0).mean() - 0.6827) < 4 * np.sqrt(0.22 / shift[:, 1:-1].size)
    assert shift[:, 0].min() == 0
    assert shift[:, -1].max() == 0


def test_certain_packets_follow_each_other():
    onsets = simulate_packets(n_samples=1, packet_probability=1.0, only_packet=1, seed=0).truth.onsets
    np.testing.assert_array_equal(onsets[:, 2], np.arange(0, 57, 8))


def test_none_where_none_is_asked_for():
    truth = simulate_packets(n_samples=3, packet_probability=0.0, seed=0).truth
    assert truth.onsets.shape == (0, 3)
    assert not truth.packet_spikes.any()


def test_form_and_seeds(published):
    assert published.samples.shape == (1500, 64, 32)
    assert published.samples.dtype == np.uint8
    assert published.samples.max() == 1
    assert set(published.truth.arrays()) == {"groups", "permutation", "background_rate", "packet_spikes", "onsets"}
    again = simulate_packets(n_samples=1500, seed=7)
    np.testing.assert_array_equal(again.samples, published.samples)
    fresh = simulate_packets(n_samples=1500, seed=8, population_seed=7)
    assert np.any(fresh.samples != published.samples)
    np.testing.assert_array_equal(fresh.truth.groups, published.truth.groups)
    np.testing.assert_array_equal(fresh.truth.background_rate, published.truth.background_rate)
    assert np.any(np.diff(published.truth.groups, axis=1) != 1)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"n_neurons": 30}, r"data.simulation.n_neurons: got 30, expected a multiple of packet_neurons 8. Fix:"),
        ({"packet_neurons": 0}, r"data.simulation.packet_neurons: got 0, expected 1 to 32"),
        ({"n_bins": 7}, r"data.simulation.packet_neurons: got 8, expected 1 to 7"),
        ({"only_packet": 4}, r"data.simulation.only_packet: got 4, expected 0 to 3"),
        ({"onset_limits": (16, 57)}, r"data.simulation.onset_limits: got 16 to 57, expected .* within 0 to 56"),
        ({"onset_limits": (9, 8)}, r"data.simulation.onset_limits: got 9 to 8"),
        ({"jitter_bins": -0.5}, r"data.simulation.jitter_bins: got -0.5, expected 0 to 8"),
        ({"rate": 0.5}, r"data.simulation.rate: got 0.5, expected above 0 and below 0.372"),
    ],
)
def test_refused(wrong, message):
    with pytest.raises(ConfigurationError, match=message):
        simulate_packets(**{"n_samples": 2, "seed": 0, **wrong})
