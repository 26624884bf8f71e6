"""Small configurations of Spike-GAN and the files that they read."""

import pytest

from cyclegan_neuro.systems.spike_gan.config import Config

PAIRS = {"n_samples": 200, "n_bins": 12, "n_neurons": 4}


@pytest.fixture(scope="session")
def make_config():
    """Return a function that makes the configuration of a tiny network; simulated pairs unless ``data`` says otherwise.

    Sections are given as dictionaries.
    """

    def make(*, data=None, model=None, objective=None, training=None, evaluation=None):
        return Config.model_validate(
            {
                "data": {"simulation": {"pairs": PAIRS}} if data is None else data,
                "model": {"features": 4, "noise_size": 8, "mlp_units": 8, **(model or {})},
                "objective": {"critic_updates": 2, **(objective or {})},
                "training": {"batch_size": 8, "epochs": 2, "jit_compile": False, **(training or {})},
                "evaluation": evaluation or {},
            }
        )

    return make
