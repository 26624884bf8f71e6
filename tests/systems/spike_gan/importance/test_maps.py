"""Maps counted by hand and against the plain loops that define them; what the critic sees, and how often."""

import numpy as np
import pytest

from cyclegan_neuro.errors import WindowError
from cyclegan_neuro.systems.spike_gan.importance.maps import (
    bin_importance,
    importance_maps,
    neuron_importance,
    shuffled_windows,
)

BY_HAND = {"window_bins": 2, "step_bins": 2, "n_shuffles": 4000, "seed": 0}


def sequences(x):
    """Spikes of neuron 0 right before one of neuron 1."""
    return (x[:, :-1, 0] * x[:, 1:, 1]).sum(axis=1)


class RandomCritic:
    """Quadratic in the sample, so that every spike matters in its company; remembers what it was shown."""

    def __init__(self, n_places, seed=0):
        self.weights = np.random.default_rng(seed).normal(size=(n_places, n_places))
        self.shown = []

    def __call__(self, x):
        assert x.dtype == np.float32
        self.shown.append(x.copy())
        flat = x.reshape(len(x), -1).astype(np.float64)
        return np.einsum("bi,ij,bj->b", flat, self.weights, flat)


def plain_map(score, sample, *, window_bins, step_bins, n_shuffles, seed):
    """Two loops over neurons and windows, one call of the critic per shuffle."""
    n_bins, n_neurons = sample.shape
    first_bins = np.arange(0, n_bins - window_bins + 1, step_bins)
    shuffled = shuffled_windows(sample, first_bins, window_bins=window_bins, n_shuffles=n_shuffles, seed=seed)
    before = score(sample[None].astype(np.float32))[0]
    summed, covered = np.zeros(sample.shape), np.zeros(n_bins)
    for w, first in enumerate(first_bins):
        stretch = slice(first, first + window_bins)
        covered[stretch] += 1
        for neuron in range(n_neurons):
            changes = []
            for k in range(n_shuffles):
                altered = sample.astype(np.float32)
                altered[stretch, neuron] = shuffled[neuron, w, k]
                changes.append(abs(score(altered[None])[0] - before))
            summed[stretch, neuron] += np.mean(changes) * sample[stretch, neuron]
    return summed / np.maximum(covered, 1)[:, None]


@pytest.fixture
def samples():
    rng = np.random.default_rng(3)
    return (rng.random((5, 17, 3)) < [0.1, 0.3, 0.6]).astype(np.uint8)


def test_map_by_hand():
    """Two windows of two bins. Neuron 0 spikes in bin 0, neuron 1 in bins 1 and 2: one sequence, at bins 0 and 1.

    Each lone spike of a window of two moves in half of the shuffles. That of neuron 0 to bin 1 makes bins 1, 2 the
    sequence: no change. That of neuron 1 from bin 1 to bin 0 ends the sequence: 1 in half of the shuffles. Its spike
    in bin 2 moves to bin 3: no change.
    """
    sample = np.array([[[1, 0], [0, 1], [0, 1], [0, 0]]], np.uint8)
    found = importance_maps(sequences, sample, **BY_HAND)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found[0], [[0, 0], [0, 0.5], [0, 0], [0, 0]], atol=0.03)


def test_overlapping_windows_share_by_coverage():
    """Windows at bins 0, 1, 2 of four. Sequence at bins 1 and 2: neuron 0's spike in windows 0 and 1 (half of the
    shuffles move it, and end the sequence), of the two windows that cover bin 1; neuron 1's alike."""
    sample = np.array([[[0, 0], [1, 0], [0, 1], [0, 0]]], np.uint8)
    found = importance_maps(sequences, sample, **{**BY_HAND, "step_bins": 1})
    np.testing.assert_allclose(found[0], [[0, 0], [0.5, 0], [0, 0.5], [0, 0]], atol=0.03)


@pytest.mark.parametrize("options", [(4, 2, 3), (8, 3, 5), (17, 1, 2), (1, 1, 2)])
def test_fast_equals_plain(samples, options):
    options = dict(zip(("window_bins", "step_bins", "n_shuffles"), options, strict=True), seed=11)
    critic = RandomCritic(samples[0].size)
    expected = [plain_map(critic, sample, **options) for sample in samples]
    for batch_size in (7, 2048):
        found = importance_maps(critic, samples, **options, batch_size=batch_size)
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)
    assert (np.max(expected) > 0.1) == (options["window_bins"] > 1)


def test_no_alteration_is_scored_twice_and_none_that_changes_nothing(samples):
    critic = RandomCritic(samples[0].size)
    importance_maps(critic, samples[:1], seed=0, n_shuffles=50, batch_size=32)
    assert max(len(batch) for batch in critic.shown) <= 32
    shown = np.concatenate(critic.shown)
    assert len(shown) > 20
    assert len(np.unique(shown.reshape(len(shown), -1), axis=0)) == len(shown)  # the sample itself once, first
    assert ((shown != samples[0]).any(axis=1).sum(axis=1) <= 1).all()  # one neuron altered at a time
    np.testing.assert_array_equal(shown.sum(axis=1), np.tile(samples[0].sum(axis=0), (len(shown), 1)))


def test_a_sample_has_its_map_in_any_company(samples):
    critic = RandomCritic(samples[0].size)
    together = importance_maps(critic, samples, seed=5)
    np.testing.assert_allclose(importance_maps(critic, samples[[3, 1]], seed=5), together[[3, 1]], rtol=1e-6)
    np.testing.assert_array_equal(importance_maps(critic, samples.astype(np.float32), seed=5), together)
    assert not np.allclose(importance_maps(critic, samples, seed=6), together)


def test_neurons_with_equal_spikes_are_told_apart():
    """The critic hears neuron 1 alone, and later spikes louder."""
    sample = np.zeros((1, 8, 2), np.uint8)
    sample[0, 3] = 1
    found = importance_maps(lambda x: x[:, :, 1] @ np.arange(8), sample, n_shuffles=100, seed=0)
    assert found[0, 3, 0] == 0
    assert found[0, 3, 1] > 1


def test_samples_are_shuffled_apart():
    """With the same permutations, shuffles of a sample and of its complement would stay complements."""
    sample = (np.random.default_rng(0).random((16, 3)) < 0.5).astype(np.uint8)
    options = {"window_bins": 16, "n_shuffles": 3, "seed": 0}
    first, second = (shuffled_windows(part, np.array([0]), **options) for part in (sample, 1 - sample))
    assert (first != 1 - second).any(axis=-1).all()


def test_more_samples_than_are_collected_at_once():
    samples = (np.random.default_rng(0).random((150, 8, 2)) < 0.3).astype(np.uint8)
    critic = RandomCritic(16)
    alone = np.concatenate([importance_maps(critic, sample[None], seed=1) for sample in samples[[0, 64, 149]]])
    np.testing.assert_allclose(importance_maps(critic, samples, seed=1)[[0, 64, 149]], alone, rtol=1e-5)


def test_shuffles_keep_spikes_and_are_uniform():
    """Two spikes in four bins: six places, each 1/6 of the shuffles."""
    sample = np.array([[1], [0], [1], [0], [0]], np.uint8)
    shuffled = shuffled_windows(sample, np.array([0, 1]), window_bins=4, n_shuffles=6000, seed=2)
    assert shuffled.shape == (1, 2, 6000, 4)
    assert (shuffled[0, 0].sum(axis=1) == 2).all()
    assert (shuffled[0, 1].sum(axis=1) == 1).all()
    places, counts = np.unique(shuffled[0, 0], axis=0, return_counts=True)
    assert len(places) == 6
    np.testing.assert_allclose(counts / 6000, 1 / 6, atol=0.02)


def test_bins_without_spikes_or_windows_are_zero(samples):
    found = importance_maps(RandomCritic(samples[0].size), samples, window_bins=8, step_bins=8, seed=0)
    assert (found[samples == 0] == 0).all()
    assert (found[:, 16] == 0).all()  # windows at bins 0 and 8
    assert samples[:, 16].any()


def test_samples_without_or_full_of_spikes():
    samples = np.stack([np.zeros((10, 2)), np.ones((10, 2))]).astype(np.uint8)
    np.testing.assert_array_equal(importance_maps(RandomCritic(20), samples, seed=0), np.zeros((2, 10, 2)))
    assert importance_maps(RandomCritic(20), samples[:0], seed=0).shape == (0, 10, 2)


def test_means_over_bins_and_neurons():
    maps = np.array([[[1.0, 2.0], [3.0, 6.0]]])
    np.testing.assert_array_equal(neuron_importance(maps), [[2, 4]])
    np.testing.assert_array_equal(bin_importance(maps), [[1.5, 4.5]])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"window_bins": 18}, "window_bins of the importance maps: got 18 bins, expected at most the 17 bins"),
        ({"step_bins": 0}, "step_bins of the importance maps: got 0, expected at least 1"),
        ({"n_shuffles": 0}, "n_shuffles of the importance maps: got 0"),
        ({"batch_size": 0}, "batch_size of the importance maps: got 0"),
    ],
)
def test_impossible_options(samples, options, message):
    with pytest.raises(WindowError, match=message):
        importance_maps(sequences, samples, seed=0, **options)
