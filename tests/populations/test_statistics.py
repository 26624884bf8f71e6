"""The six statistics by hand, against Elephant, and spikes that are drawn from probabilities."""

import elephant.spike_train_correlation as elephant
import numpy as np
import pytest
import quantities as pq
from elephant.conversion import BinnedSpikeTrain

from cyclegan_neuro.populations.statistics import NAMES, binarise, population_statistics
from cyclegan_neuro.spikes.trains import neo_trains

BIN_S = 0.02


def population(n_samples=1, n_bins=400, n_neurons=4, seed=0):
    """Return spikes with correlations between neurons and over time."""
    random = np.random.default_rng(seed)
    common = random.random((n_samples, n_bins, 1)) < 0.2
    own = random.random((n_samples, n_bins, n_neurons)) < np.linspace(0.1, 0.4, n_neurons)
    spikes = common | own
    spikes[:, 1:, 0] |= spikes[:, :-1, 1]
    return spikes.astype(np.uint8)


def binned(spikes):
    return BinnedSpikeTrain(neo_trains(spikes, frame_rate_hz=1 / BIN_S), bin_size=BIN_S * pq.s)


# -- by hand ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def by_hand():
    """Two samples of three bins and two neurons."""
    samples = np.array([[[1, 0], [1, 1], [0, 0]], [[0, 0], [1, 1], [0, 1]]], np.uint8)
    return population_statistics(samples, bin_s=0.5)


def test_spike_count_and_time_course(by_hand):
    assert by_hand.spike_count.tolist() == [1.5, 1.5]
    assert by_hand.time_course_hz.tolist() == [[1.0, 0.0], [2.0, 2.0], [0.0, 1.0]]


def test_covariance(by_hand):
    first, second = [1, 1, 0, 0, 1, 0], [0, 1, 0, 0, 1, 1]
    assert by_hand.covariance.shape == (1,)
    assert by_hand.covariance[0] == pytest.approx(np.cov(first, second)[0, 1])
    assert by_hand.covariance[0] == pytest.approx((2 - 6 * 0.25) / 5)


def test_lag_covariance_stays_within_samples_and_keeps_the_diagonal(by_hand):
    now = np.array([[1, 0], [1, 1], [0, 0], [1, 1]])  # bins 0 and 1 of both samples
    following = np.array([[1, 1], [0, 0], [1, 1], [0, 1]])
    wanted = [np.cov(now[:, i], following[:, j])[0, 1] for i in range(2) for j in range(2)]
    np.testing.assert_allclose(by_hand.lag_covariance, wanted, atol=1e-7)
    assert wanted[1] != wanted[2]  # from the first neuron to the second, not back


def test_k_statistic(by_hand):
    np.testing.assert_allclose(by_hand.k_statistic, [2 / 6, 2 / 6, 2 / 6])


def test_autocorrelogram(by_hand):
    peak = 6  # spikes
    one, two = 1 + 1, 0  # first neuron in sample 1 (bins 0, 1), second neuron in sample 2 (bins 1, 2)
    np.testing.assert_allclose(by_hand.autocorrelogram, [two / peak, one / peak, 0, one / peak, two / peak])


def test_every_statistic_has_a_name(by_hand):
    assert set(NAMES) == set(vars(by_hand))


# -- against Elephant ------------------------------------------------------------------------------


def test_covariance_equals_elephants():
    spikes = population()
    wanted = elephant.covariance(binned(spikes[0]))[np.triu_indices(4, 1)]
    np.testing.assert_allclose(population_statistics(spikes, bin_s=BIN_S).covariance, wanted, rtol=1e-5)


def test_lag_covariance_equals_elephants_of_shifted_trains():
    spikes = population()
    joined = np.concatenate([spikes[0, :-1], spikes[0, 1:]], axis=1)
    wanted = elephant.covariance(binned(joined))[:4, 4:]
    np.testing.assert_allclose(population_statistics(spikes, bin_s=BIN_S).lag_covariance, wanted.ravel(), rtol=1e-4)


def test_autocorrelogram_equals_elephants_histograms():
    spikes = population()
    trains = [binned(spikes[0, :, [neuron]].T) for neuron in range(4)]
    histograms = [
        elephant.cross_correlation_histogram(train, train, window=[-10, 10], border_correction=False)[0]
        for train in trains
    ]
    total = np.sum([histogram.magnitude[:, 0] for histogram in histograms], axis=0)
    wanted = total / total[10]
    wanted[10] = 0.0
    np.testing.assert_allclose(population_statistics(spikes, bin_s=BIN_S).autocorrelogram, wanted, rtol=1e-6)


def test_time_course_and_spike_count_equal_elephants_rates():
    from elephant.statistics import mean_firing_rate, time_histogram

    spikes = population(n_samples=6, n_bins=20)
    found = population_statistics(spikes, bin_s=BIN_S)
    trials = [neo_trains(sample, frame_rate_hz=1 / BIN_S) for sample in spikes]
    for neuron in range(4):
        trains = [trial[neuron] for trial in trials]
        rates = [float(mean_firing_rate(train).rescale("Hz")) for train in trains]
        assert found.spike_count[neuron] == pytest.approx(np.mean(rates) * 20 * BIN_S)
        wanted = time_histogram(trains, bin_size=BIN_S * pq.s, output="rate").rescale("Hz").magnitude[:, 0]
        np.testing.assert_allclose(found.time_course_hz[:, neuron], wanted)


# -- traces and borders ----------------------------------------------------------------------------


def test_traces_have_means_in_place_of_counts_and_no_k_statistic():
    traces = np.random.default_rng(1).normal(2.0, 1.0, (30, 12, 3)).astype(np.float32)
    found = population_statistics(traces, bin_s=0.1, spikes=False)
    np.testing.assert_allclose(found.spike_count, traces.mean(axis=(0, 1)), rtol=1e-5)
    np.testing.assert_allclose(found.time_course_hz, traces.mean(axis=0), rtol=1e-5)
    wanted = np.cov(traces.reshape(-1, 3).T)[np.triu_indices(3, 1)]
    np.testing.assert_allclose(found.covariance, wanted, atol=1e-5)
    assert found.k_statistic.size == 0
    assert np.abs(found.autocorrelogram).max() < 0.2  # of deviations, which are white, not of the mean of 2


def test_lags_end_with_the_sample():
    assert population_statistics(population(n_samples=5, n_bins=4), bin_s=BIN_S).autocorrelogram.shape == (7,)
    assert population_statistics(population(n_samples=5, n_bins=30), bin_s=BIN_S).autocorrelogram.shape == (21,)


def test_silent_samples():
    found = population_statistics(np.zeros((3, 4, 2), np.uint8), bin_s=BIN_S)
    assert found.k_statistic.tolist() == [1.0, 0.0, 0.0]
    assert not found.autocorrelogram.any()
    assert not found.covariance.any()


# -- drawing spikes --------------------------------------------------------------------------------


def test_spikes_are_drawn_with_their_probabilities():
    probabilities = np.full((500, 20, 3), [0.0, 0.3, 1.0], np.float32)
    spikes = binarise(probabilities, seed=1)
    assert spikes.dtype == np.uint8
    np.testing.assert_allclose(spikes.mean(axis=(0, 1)), [0.0, 0.3, 1.0], atol=3 * np.sqrt(0.21 / 10_000))
    assert spikes[..., 0].max() == 0
    assert spikes[..., 2].min() == 1


def test_drawing_repeats_with_the_seed_and_leaves_spikes_alone():
    probabilities = np.full((20, 5, 3), 0.5, np.float32)
    np.testing.assert_array_equal(binarise(probabilities, seed=1), binarise(probabilities, seed=1))
    assert not np.array_equal(binarise(probabilities, seed=1), binarise(probabilities, seed=2))
    spikes = population(n_bins=50)
    np.testing.assert_array_equal(binarise(spikes, seed=1), spikes)
