"""Firing rates by Elephant."""

import numpy as np

from cyclegan_neuro.spikes.counts import SpikeCounts
from cyclegan_neuro.spikes.statistics.firing_rate import mean_rates


def test_rates_are_counts_over_duration():
    counts = np.random.default_rng(1).poisson(0.1, (4, 240, 3)).astype(np.uint8)
    counts[..., 2] = 0
    done = []
    rates_hz = mean_rates(SpikeCounts(counts, 24.0), progress=lambda *state: done.append(state))
    np.testing.assert_allclose(rates_hz, counts.sum(axis=1) / 10.0, rtol=1e-12)
    assert rates_hz[:, 2].tolist() == [0.0] * 4
    assert done == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_counts_give_the_rates_of_elephant_bit_for_bit():
    counts = SpikeCounts(np.random.default_rng(2).poisson(0.2, (3, 193, 7)).astype(np.uint8), 29.97)
    np.testing.assert_array_equal(mean_rates(counts, method="fast"), mean_rates(counts))
