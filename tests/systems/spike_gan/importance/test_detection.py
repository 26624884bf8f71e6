"""Thresholds where they must lie, scores counted by hand, and packets found through a critic that knows them."""

import numpy as np
import pytest

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.systems.spike_gan.importance.detection import (
    detect,
    detection_scores,
    importance_threshold,
    packet_neuron_auroc,
    packet_spike_auroc,
)
from cyclegan_neuro.systems.spike_gan.importance.maps import importance_maps

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


def test_detected_are_spikes_above_the_threshold():
    maps = np.array([[[0.5, 2.0], [2.0, 1.0]]])
    samples = np.array([[[1, 1], [0, 1]]])
    np.testing.assert_array_equal(detect(maps, samples, threshold=1.0), [[[False, True], [False, False]]])


def test_scores_by_hand():
    """Five spikes, three of packets; found two of these and one other; what lies off the spikes does not count."""
    samples = np.array([1, 1, 1, 1, 1, 0]).reshape(1, 3, 2)
    truth = np.array([1, 1, 1, 0, 0, 1], bool).reshape(1, 3, 2)
    found = np.array([1, 1, 0, 1, 0, 1], bool).reshape(1, 3, 2)
    scores = detection_scores(found, truth=truth, samples=samples)
    assert (scores.recall, scores.precision) == (2 / 3, 2 / 3)
    assert (scores.n_spikes, scores.n_packet_spikes, scores.n_detected) == (5, 3, 3)


def test_scores_of_nothing():
    nothing = np.zeros((1, 2, 2), bool)
    scores = detection_scores(nothing, truth=nothing, samples=np.ones((1, 2, 2)))
    assert np.isnan([scores.recall, scores.precision]).all()
    assert np.isnan(packet_spike_auroc(np.zeros((1, 2, 2)), truth=nothing, samples=nothing))


def test_auroc_of_spikes_and_neurons_by_hand():
    """Packet spikes 3 and 1 against 2 (the 9 is no spike): half of the pairs. Neuron 0 has less than neuron 1."""
    maps = np.array([[[3.0, 2.0], [1.0, 9.0]]])
    truth = np.array([[[True, False], [True, True]]])
    samples = np.array([[[1, 1], [1, 0]]])
    assert packet_spike_auroc(maps, truth=truth, samples=samples) == 0.5
    assert packet_neuron_auroc(maps, np.array([True, False])) == 0.0


def test_packets_of_a_critic_that_knows_them(packets):
    maps, samples, truth = packets
    assert packet_spike_auroc(maps, truth=truth, samples=samples) > 0.97
    assert packet_neuron_auroc(maps, np.arange(16) < PACKET_BINS) == 1.0
    found = detect(maps, samples, threshold=importance_threshold(maps[samples > 0]))
    scores = detection_scores(found, truth=truth, samples=samples)
    assert scores.recall > 0.95
    assert scores.precision > 5 * scores.n_packet_spikes / scores.n_spikes
