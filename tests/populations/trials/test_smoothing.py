"""A Gaussian within each trial."""

import numpy as np

from cyclegan_neuro.populations.trials.smoothing import smoothed
from cyclegan_neuro.populations.trials.trials import Trials

VALUES = np.eye(9, 1, -4, dtype=np.float32) * 10  # 10 in bin 4


def test_values_and_targets_spread_to_both_sides():
    trials = Trials(VALUES, "spikes/s", 0.1, trial=np.zeros(9, int), targets=VALUES[:, [0, 0]])
    found = smoothed(trials, 1.0)
    weights = np.exp(-0.5 * np.arange(-4, 5) ** 2)
    np.testing.assert_allclose(found.values[:, 0], 10 * weights / weights.sum(), rtol=1e-3)
    np.testing.assert_array_equal(found.targets[:, 1], found.values[:, 0])
    assert found.notes == ("values and targets smoothed within trials: Gaussian, 1 bins to both sides",)


def test_no_other_trial_is_touched():
    trials = Trials(VALUES, "spikes/s", 0.1, trial=np.repeat([0, 3, 7], 3))
    found = smoothed(trials, 2.0)
    assert not found.values[[0, 1, 2, 6, 7, 8]].any()
    assert found.values[3:6].all()
    assert found.notes == ("values smoothed within trials: Gaussian, 2 bins to both sides",)
    assert smoothed(trials, 0.0) is trials
