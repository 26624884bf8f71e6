"""Noise correlations of resampled repeats."""

import numpy as np
import pytest

from cyclegan_neuro.evaluation.encoding.repeats import Recorded, mean_noise_correlations, repeats
from cyclegan_neuro.populations.responses.statistics import measure


def shown(n_trials=30, n_stimuli=6, seed=0):
    rng = np.random.default_rng(seed)
    stimulus, trial = np.tile(np.arange(n_stimuli), n_trials), np.repeat(np.arange(n_trials), n_stimuli)
    shared = rng.normal(size=(len(trial), 1)) > 0.5
    counts = (shared | (rng.random((len(trial), 3)) < 0.1 + 0.1 * stimulus[:, None])).astype(np.uint8)
    return Recorded(counts, stimulus, trial)


def test_repeats_are_counted_by_stimulus():
    assert repeats(np.array([0, 1, 0, 1, 1]), np.array([3, 3, 9, 4, 9])).tolist() == [0, 0, 1, 1, 2]


def test_the_first_mean_is_that_of_all_repeats():
    recorded = shown()
    found = mean_noise_correlations(recorded, n_resamples=100, seed=0)
    expected = measure(recorded.counts, recorded.stimulus).noise_correlation[np.triu_indices(3, 1)].mean()
    assert found[0] == pytest.approx(expected, abs=1e-5)
    assert len(found) == 101
    assert found[1:].mean() == pytest.approx(found[0], abs=0.02)
    assert 0.01 < found[1:].std() < 0.1


def test_resampling_repeats_is_as_uncertain_as_drawing_them_anew():
    spread = np.std([mean_noise_correlations(shown(seed=seed), n_resamples=1, seed=0)[0] for seed in range(60)])
    resampled = mean_noise_correlations(shown(), n_resamples=200, seed=0)[1:].std()
    assert resampled == pytest.approx(spread, rel=0.5)
