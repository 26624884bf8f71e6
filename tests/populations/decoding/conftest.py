"""Small trials with a known code: two neurons follow the direction, one the time, the others noise."""

import numpy as np
import pytest

from cyclegan_neuro.populations.trials.trials import PreparedTrials, Trials


@pytest.fixture(scope="session")
def make_prepared():
    def make(n_trials=24, n_bins=5, n_conditions=4, noise=0.3, seed=0, day=False, held_out=6):
        rng = np.random.default_rng(seed)
        condition = np.repeat(np.arange(n_trials) % n_conditions, n_bins)
        time = np.tile(np.arange(n_bins), n_trials)
        angle = 2 * np.pi * condition / n_conditions
        values = np.c_[np.cos(angle), np.sin(angle), time, rng.normal(size=(len(time), 3))]
        trials = Trials(
            (values + rng.normal(0, noise, values.shape)).astype(np.float32), "spikes/s", 0.1,
            trial=np.repeat(np.arange(n_trials), n_bins), condition=condition, n_conditions=n_conditions, time=time,
            day=np.repeat(np.arange(n_trials) * 2 // n_trials, n_bins) if day else None,
        )  # fmt: skip
        return PreparedTrials(trials, np.arange(n_trials - held_out, n_trials), n_times=n_bins)

    return make
