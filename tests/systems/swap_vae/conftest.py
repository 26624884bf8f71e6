"""Small trials and configurations of Swap-VAE."""

import numpy as np
import pytest

from cyclegan_neuro.populations.trials.trials import PreparedTrials, Trials
from cyclegan_neuro.systems.swap_vae.config import Config


@pytest.fixture
def prepared():
    """Twelve trials of five bins and six neurons, the last two held out; the last bin of each is slow."""
    random = np.random.default_rng(0)
    n_trials, n_bins = 12, 5
    trial, time = np.repeat(np.arange(n_trials), n_bins), np.tile(np.arange(n_bins), n_trials)
    trials = Trials(
        values=random.poisson(4.0, (n_trials * n_bins, 6)).astype(np.float32),
        unit="spikes/s",
        bin_s=0.1,
        trial=trial,
        condition=trial % 4,
        n_conditions=4,
        time=time,
        speed=np.where(time < 4, 10.0, 1.0).astype(np.float32),
    )
    return PreparedTrials(trials, held_out_trials=np.array([10, 11]), min_speed=5.0, n_times=3)


@pytest.fixture(scope="session")
def make_config():
    """Return a function that makes the configuration of a tiny network; sections are given as dictionaries."""

    def make(*, method="swap_vae", model=None, views=None, objective=None, training=None, data=None, evaluation=None):
        return Config.model_validate(
            {
                "data": data or {},
                "model": {"hidden": 8, "content_size": 3, "style_size": 2, **(model or {})},
                "views": views or {},
                "objective": {"method": method, **(objective or {})},
                "training": {"batch_size": 16, "epochs": 2, "passes_per_epoch": 2, "jit_compile": False}
                | (training or {}),
                "evaluation": evaluation or {},
            }
        )

    return make
