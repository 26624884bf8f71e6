"""Small responses and configurations of the encoding model."""

import numpy as np
import pytest

from cyclegan_neuro.populations.responses.preparing import split_responses
from cyclegan_neuro.populations.responses.responses import Responses
from cyclegan_neuro.systems.encoding_gan.config import Config


@pytest.fixture(scope="session")
def make_prepared():
    """Return a function that prepares ten trials of six stimuli, five neurons; half of the trials are held out.

    With condition movie frames of 9 x 9 pixels, three of them seen, and the last two stimuli held out.
    """

    def make(*, condition="identity", most_count=1, days=False, rates=(0.1, 0.3, 0.5, 0.8, 1.2)):
        random, n_stimuli, n_trials = np.random.default_rng(0), 6, 10
        stimulus, trial = np.tile(np.arange(n_stimuli), n_trials), np.repeat(np.arange(n_trials), n_stimuli)
        rate = np.array(rates) * np.linspace(0.5, 1.5, n_stimuli)[:, None]
        responses = Responses(
            counts=random.poisson(rate[stimulus]).astype(np.uint8),
            stimulus=stimulus,
            trial=trial,
            n_stimuli=n_stimuli,
            bin_s=0.04,
            movie=random.normal(2.0, 3.0, (n_stimuli, 9, 9)).astype(np.float32),
            in_time=True,
            day=np.arange(n_stimuli) // 3 if days else None,
        )
        held_out = 1 / 3 if condition == "movie" else None
        return split_responses(
            responses, condition=condition, most_count=most_count, n_frames=3, held_out_fraction=held_out
        )

    return make


@pytest.fixture(scope="session")
def make_config():
    """Return a function that makes the configuration of tiny networks; sections are given as dictionaries."""

    def make(*, data=None, model=None, objective=None, training=None, evaluation=None):
        tiny = {"filters": [2, 3], "kernel_size": 3, "hidden": [4, 3], "noise_scale": 0.5, "noise_gain": 2.0}
        quick = {"epochs": 3, "supervised_epochs": 1, "updates_per_epoch": 2, "batch_size": 12}
        return Config.model_validate(
            {
                "data": data or {},
                "model": tiny | {"discriminator_layers": 2, "discriminator_units": 6} | (model or {}),
                "objective": objective or {},
                "training": quick | {"trials_per_stimulus": 3, "jit_compile": False} | (training or {}),
                "evaluation": evaluation or {},
            }
        )

    return make
