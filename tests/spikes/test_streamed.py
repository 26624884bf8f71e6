"""Statistics of pairs, window by window: equal to those of all at once, with an interval where neurons are a sample."""

import numpy as np
import pytest

from cyclegan_neuro.spikes.comparison import compare_correlations, compare_pair_distances, compare_van_rossum
from cyclegan_neuro.spikes.counts import SpikeCounts
from cyclegan_neuro.spikes.statistics.correlation import correlations
from cyclegan_neuro.spikes.statistics.van_rossum import distances, pair_distances
from cyclegan_neuro.spikes.streamed import (
    NeuronSample,
    compare_neurons,
    compare_rows,
    compare_windows,
    draw_neurons,
)


def spikes(seed, *, n_windows=5, n_neurons=6, silent=()):
    counts = np.random.default_rng(seed).poisson(0.15, (n_windows, 72, n_neurons)).astype(np.uint8)
    counts[1, :, list(silent)] = 0
    return SpikeCounts(counts, 24.0)


@pytest.mark.parametrize(
    ("statistic", "setting", "of_all", "compared"),
    [
        ("correlation", 0.5, lambda s: correlations(s, bin_s=0.5, method="fast"), compare_correlations),
        ("van_rossum_pairs", 0.3, lambda s: pair_distances(s, time_constant_s=0.3, method="fast"),
         compare_pair_distances),
    ],
)  # fmt: skip
def test_windows_are_compared_as_if_all_values_were_there(statistic, setting, of_all, compared):
    recorded, generated = spikes(1, silent=[2]), spikes(2, n_windows=4, silent=[0])
    same, found = compare_windows(recorded, [recorded, generated], statistic, setting)
    assert len(same.kl) == 5
    assert not same.kl.any()
    expected = compared(of_all(recorded), of_all(generated))
    for one in (found, compare_rows(of_all(recorded), of_all(generated), statistic)):
        np.testing.assert_array_equal(one.kl, expected.kl)
        np.testing.assert_array_equal(one.wasserstein, expected.wasserstein)
        assert 0 < one.undefined_pairs < 1
        assert one.undefined_pairs == pytest.approx(expected.undefined_pairs)
        assert one.neuron_error == (0.0, 0.0)


def test_neurons_are_compared_as_if_all_distances_were_there():
    recorded, generated = spikes(1), spikes(2, n_windows=4)
    recorded.counts[..., 2] = generated.counts[..., 3] = 0
    (same, _), (one, reverse) = compare_neurons(recorded, [recorded, generated], 0.3, shown=[4, 0], both_ways=True)
    assert np.diagonal(same.heat_maps, axis1=1, axis2=2).max() < 1e-6
    for found, pair in ((one, (recorded, generated)), (reverse, (generated, recorded))):
        all_at_once = distances(*pair, time_constant_s=0.3, method="fast")
        expected = compare_van_rossum(all_at_once)
        np.testing.assert_allclose(found.heat_maps, all_at_once.cross[[4, 0]], atol=1e-12)
        np.testing.assert_allclose(found.comparison.wasserstein, expected.wasserstein, atol=1e-12)
        for field in ("silent_recorded", "silent_generated"):
            assert getattr(found.comparison, field) == getattr(expected, field)


def test_a_sample_is_as_large_as_asked_and_known_by_its_seed():
    assert draw_neurons(20, 20, seed=0) is None
    drawn, again, other = (draw_neurons(400, 100, seed=seed) for seed in (1, 1, 2))
    assert len(set(drawn.neurons.tolist())) == 100
    np.testing.assert_array_equal(drawn.neurons, again.neurons)
    assert (drawn.neurons != other.neurons).any()
    assert drawn.error_factor == pytest.approx(np.sqrt(0.75))


def test_the_interval_of_a_sample_holds_the_population():
    """Half of the neurons follow one signal; how many of them are drawn moves the mean divergence."""
    rng = np.random.default_rng(0)
    shared = rng.poisson(0.3, (12, 240, 1))
    x = np.where(np.arange(120) < 60, shared, rng.poisson(0.3, (12, 240, 120))).astype(np.uint8)
    x[rng.random(x.shape) < 0.3] = 0
    y = rng.poisson(0.25, x.shape).astype(np.uint8)
    (everything,) = compare_windows(SpikeCounts(x, 24.0), [SpikeCounts(y, 24.0)], "correlation", 0.5)
    truth, inside, apart, told = everything.wasserstein.mean(), 0, [], []
    for seed in range(20):
        sample = draw_neurons(120, 40, seed=seed)
        first, second = (SpikeCounts(counts[..., sample.neurons], 24.0) for counts in (x, y))
        (found,) = compare_windows(first, [second], "correlation", 0.5, sample=sample)
        low, high = found.to_json()["wasserstein"]["ci95"]
        inside += low <= truth <= high
        apart.append(found.wasserstein.mean() - truth)
        told.append(found.neuron_error[1])
    assert inside >= 15
    assert 0.6 < np.mean(told) / np.std(apart) < 1.7  # the jackknife's error is that of the draw


def test_a_sample_that_is_everybody_has_no_error():
    sample = NeuronSample(np.arange(10), 10)
    x, y = spikes(1, n_neurons=10), spikes(2, n_neurons=10)
    assert compare_windows(x, [y], "correlation", 0.25, sample=sample)[0].neuron_error == (0.0, 0.0)
