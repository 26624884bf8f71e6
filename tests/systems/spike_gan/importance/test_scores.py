"""Scores of critics, and changes of scores from the few bins that are altered."""

import numpy as np
import pytest

from cyclegan_neuro.systems.spike_gan.config import ModelSection
from cyclegan_neuro.systems.spike_gan.importance.maps import importance_maps
from cyclegan_neuro.systems.spike_gan.importance.scores import SummedScore, score_of
from cyclegan_neuro.systems.spike_gan.networks import build_critic

N_NEURONS = 5


def critic_of(n_bins, **section):
    """With biases, so that a bin before the first one is not a bin without spikes."""
    critic = build_critic(ModelSection(features=6, **section), n_bins=n_bins, n_neurons=N_NEURONS, seed=0)
    rng = np.random.default_rng(1)
    critic.set_weights([rng.normal(size=values.shape).astype(np.float32) for values in critic.get_weights()])
    return critic


def spikes(n_samples, n_bins, seed=2):
    return (np.random.default_rng(seed).random((n_samples, n_bins, N_NEURONS)) < 0.3).astype(np.float32)


def scores(critic, samples):
    return np.asarray(critic(samples))[:, 0]


@pytest.mark.parametrize("architecture", ["semi_convolutional", "mlp"])
@pytest.mark.parametrize("batch_size", [20, 64])
def test_scores_do_not_depend_on_the_batch(architecture, batch_size):
    section = ModelSection(architecture=architecture, features=6)
    critic, samples = build_critic(section, n_bins=24, n_neurons=N_NEURONS, seed=0), spikes(20, 24)
    found = score_of(critic, batch_size=batch_size)(samples)
    np.testing.assert_allclose(found, scores(critic, samples), rtol=1e-5, atol=1e-6)


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("kernel_bins", [1, 2, 4, 5])
@pytest.mark.parametrize("n_bins", [64, 45, 22, 12])
@pytest.mark.parametrize("altered_bins", [1, 7, 8])
def test_changes_are_differences_of_scores_wherever_the_sample_is_altered(kernel_bins, n_bins, altered_bins):
    critic = critic_of(n_bins, kernel_bins=kernel_bins)
    first_bins = np.arange(n_bins - altered_bins + 1)
    samples, others = spikes(len(first_bins), n_bins), spikes(len(first_bins), n_bins, seed=3)
    stretch = (np.arange(n_bins) >= first_bins[:, None]) & (np.arange(n_bins) < first_bins[:, None] + altered_bins)
    altered = np.where(stretch[..., None], others, samples)
    score = score_of(critic, batch_size=len(samples) + 1)
    found = score.changes(altered, score.parts(samples), first_bins, altered_bins)
    expected = scores(critic, altered) - scores(critic, samples)
    assert np.abs(expected).max() > 1
    np.testing.assert_allclose(found, expected, atol=1e-5 * np.abs(expected).max())


def test_a_stretch_may_be_longer_than_what_is_altered():
    """An alteration near the end, stated with more bins than are left."""
    critic, samples = critic_of(64), spikes(1, 64)
    altered = samples.copy()
    altered[0, 62] = 1 - altered[0, 62]
    score = score_of(critic, batch_size=1)
    found = score.changes(altered, score.parts(samples), np.array([62]), 8)
    np.testing.assert_allclose(found, scores(critic, altered) - scores(critic, samples), rtol=1e-4)


def test_bins_out_of_reach_are_not_looked_at():
    """Bins 30 to 37 reach bins 14 to 19 of the first convolution, 6 to 10 of the second; these see bins 21 to 49."""
    critic, samples = critic_of(64), spikes(1, 64)
    altered = samples.copy()
    altered[0, 30:38] = 1 - altered[0, 30:38]
    score = score_of(critic, batch_size=1)
    expected = score.changes(altered, score.parts(samples), np.array([30]), 8)
    altered[0, :21] = altered[0, 50:] = np.nan
    np.testing.assert_array_equal(score.changes(altered, score.parts(samples), np.array([30]), 8), expected)


def test_maps_are_those_of_whole_scores():
    critic, samples = critic_of(64), spikes(3, 64).astype(np.uint8)
    score = score_of(critic, batch_size=100)
    whole = SummedScore(lambda given: scores(critic, given))
    assert isinstance(score, SummedScore)
    found, expected = (importance_maps(one, samples, seed=0, batch_size=100) for one in (score, whole))
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-5 * expected.max())
    assert expected.max() > 0.1


def test_a_fully_connected_critic_sees_the_whole_sample():
    critic = critic_of(24, architecture="mlp", mlp_units=7)
    assert not isinstance(score_of(critic, batch_size=3), SummedScore)
    samples = spikes(2, 24).astype(np.uint8)
    found = importance_maps(score_of(critic, batch_size=64), samples, seed=0, batch_size=64)
    expected = importance_maps(lambda given: scores(critic, given), samples, seed=0)
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)
