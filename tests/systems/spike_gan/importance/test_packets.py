"""Thresholds where they must lie, scores by hand and against known packets, and a critic that knows them."""

import numpy as np
import pytest

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.populations.sections import PacketsSection
from cyclegan_neuro.populations.simulate.packets import simulate_packets, templates
from cyclegan_neuro.systems.spike_gan.importance.maps import importance_maps
from cyclegan_neuro.systems.spike_gan.importance.packets import (
    _neuron_auroc,
    detect,
    importance_threshold,
    known_packet,
    score_packet,
)

PACKET_BINS = 8


@pytest.fixture(scope="module")
def packets():
    """40 samples of 48 bins and 16 neurons, a packet of 8 in each; maps of a matched filter with a threshold."""
    rng = np.random.default_rng(0)
    truth = np.zeros((40, 48, 16), bool)
    for sample, first in enumerate(rng.integers(0, 41, 40)):
        truth[sample, first + np.arange(PACKET_BINS), np.arange(PACKET_BINS)] = True
    samples = (truth | (rng.random(truth.shape) < 0.1)).astype(np.uint8)

    def matched_filter(x):
        stretches = np.lib.stride_tricks.sliding_window_view(x, PACKET_BINS, axis=1)
        matches = np.einsum("sfii->sf", stretches[:, :, :PACKET_BINS])
        return np.maximum(matches - 4, 0).sum(axis=1) + 0.01 * (x * np.arange(48)[:, None]).sum(axis=(1, 2))

    return importance_maps(matched_filter, samples, seed=0), samples, truth


def test_threshold_by_hand():
    """Squares within classes: 2/3 where the limit parts 1 from 6, 12.5 where it parts 0 from 1."""
    assert importance_threshold(np.array([[6.0, 0.0], [1.0, 0.0]])) == 3.5


@pytest.mark.parametrize("seed", range(5))
def test_threshold_leaves_the_least_variance_within(seed):
    values = np.sort(np.random.default_rng(seed).gamma(0.4, size=60).round(2))
    splits = [(values[values <= value], values[values > value]) for value in np.unique(values)[:-1]]
    below, above = min(splits, key=lambda split: sum(len(part) * part.var() for part in split))
    assert below[-1] < importance_threshold(values) < above[0]


def test_threshold_of_float32_maps_lies_between_its_classes():
    values = np.repeat(np.float32([0.1, 0.3]), 100_000)
    assert values[0] < importance_threshold(values) < values[-1]


def test_threshold_scales_with_the_critic():
    values = np.random.default_rng(0).gamma(0.5, size=300)
    assert importance_threshold(1000 * values) == pytest.approx(1000 * importance_threshold(values))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.zeros(9), "importance of spikes: got 9 equal values, expected finite values that differ"),
        (np.empty(0), "got 0 equal values"),
        (np.array([1.0, 2.0, np.nan]), "got values that are not finite"),
    ],
)
def test_no_threshold_where_nothing_differs(values, message):
    with pytest.raises(RecordingError, match=message):
        importance_threshold(values)


def test_detection_by_hand():
    """Five spikes, three of packets; found two of these and one other; what lies off the spikes does not count."""
    samples = np.array([1, 1, 1, 1, 1, 0]).reshape(1, 3, 2)
    truth = np.array([1, 1, 1, 0, 0, 1], bool).reshape(1, 3, 2)
    found = detect(np.array([5.0, 5.0, 1.0, 5.0, 1.0, 9.0]).reshape(1, 3, 2), samples, truth)
    assert (found.threshold, found.recall, found.precision) == (3.0, 2 / 3, 2 / 3)
    assert (found.n_spikes, found.n_packet_spikes, found.n_detected) == (5, 3, 3)
    assert found.spike_auroc == (2 * (1 + 0.5) + 0.5) / 6  # 5, 5 and 1 against 5 and 1


def test_detection_where_no_packet_is():
    found = detect(np.array([[[0.0, 1.0]]]), np.ones((1, 1, 2)), np.zeros((1, 1, 2), bool))
    assert np.isnan([found.recall, found.spike_auroc]).all()
    assert found.precision == 0.0


def test_auroc_of_neurons_by_hand():
    """Neuron 0 has less than neuron 1."""
    assert _neuron_auroc(np.array([[[3.0, 2.0], [1.0, 9.0]]]), np.array([True, False])) == 0.0


def test_packets_of_a_critic_that_knows_them(packets):
    maps, samples, truth = packets
    assert _neuron_auroc(maps, np.arange(16) < PACKET_BINS) == 1.0
    found = detect(maps, samples, truth)
    assert found.spike_auroc > 0.97
    assert found.recall > 0.95
    assert found.precision > 5 * found.n_packet_spikes / found.n_spikes


SECTION = PacketsSection(n_samples=20, n_bins=24, n_neurons=8, packet_neurons=4, packet_probability=0.2)
SHOWN = simulate_packets(SECTION, only_packet=1, seed=1)
ONSETS = SHOWN.truth.onsets
MAPS = SHOWN.truth.packet_spikes.astype(np.float32)  # of a critic that sees packets and nothing else


def test_maps_that_are_the_packets_get_perfect_scores():
    known = known_packet(1, SHOWN.truth, SHOWN.samples)
    assert known.members.tolist() == np.isin(np.arange(8), SHOWN.truth.groups[1]).tolist()
    assert 0.5 < known.activity_auroc <= 1.0
    found = score_packet(1, known, ONSETS, MAPS)
    assert (found.neuron_auroc, found.neuron_recall, found.neuron_precision) == (1.0, 1.0, 1.0)
    np.testing.assert_allclose(found.average, templates(SHOWN.truth)[1], atol=0.5)
    assert found.template_correlation > 0.95
    assert found.template_correlation_found > 0.9
    assert found.found.shape == (4, 8)
    assert found.place_auroc == 1.0


def test_a_packet_that_no_sample_shows_has_no_course():
    found = score_packet(0, known_packet(0, SHOWN.truth, SHOWN.samples), ONSETS, MAPS)
    assert np.isnan(found.template_correlation)
    assert np.isnan(found.average).all()
    assert found.neuron_auroc == 0.0  # the other packet's neurons are the important ones
