"""Noise correlations without groups of repeats."""

import numpy as np
import pytest

from cyclegan_neuro.evaluation.encoding.repeats import Recorded, noise_left_out, repeats
from cyclegan_neuro.evaluation.encoding.scores import jackknife
from cyclegan_neuro.populations.responses.statistics import measure

PAIRS = np.triu_indices(3, 1)


def shown(n_trials=40, n_stimuli=6, seed=0):
    rng = np.random.default_rng(seed)
    stimulus, trial = np.tile(np.arange(n_stimuli), n_trials), np.repeat(np.arange(n_trials), n_stimuli)
    shared = rng.normal(size=(len(trial), 1)) > 0.5
    counts = (shared | (rng.random((len(trial), 3)) < 0.1 + 0.1 * stimulus[:, None])).astype(np.uint8)
    return Recorded(counts, stimulus, trial)


def test_repeats_are_counted_by_stimulus():
    assert repeats(np.array([0, 1, 0, 1, 1]), np.array([3, 3, 9, 4, 9])).tolist() == [0, 0, 1, 1, 2]


def test_groups_are_left_out_one_by_one():
    recorded = shown()
    found = noise_left_out(recorded)
    assert found.shape == (20, 3, 3)
    kept = recorded.trial % 20 != 7
    expected = measure(recorded.counts[kept], recorded.stimulus[kept]).noise_correlation
    assert found[7] == pytest.approx(expected, abs=1e-6)


def test_silent_neurons_have_no_noise_correlation():
    recorded = shown()
    recorded.counts[:, 1] = 0
    assert np.isnan(noise_left_out(recorded)[:, 0, 1]).all()
    assert np.isfinite(noise_left_out(recorded)[:, 0, 2]).all()


def test_few_trials_make_few_groups():
    assert len(noise_left_out(shown(n_trials=4))) == 4


def test_the_jackknife_is_as_uncertain_as_trials_drawn_anew():
    means = [measure(one.counts, one.stimulus).noise_correlation[PAIRS].mean() for one in map(seeded, range(100))]
    variances = [jackknife(noise_left_out(seeded(seed))[(slice(None), *PAIRS)].mean(axis=1)) for seed in range(20)]
    assert np.mean(variances) == pytest.approx(np.var(means), rel=0.5)


def seeded(seed):
    return shown(seed=seed)
