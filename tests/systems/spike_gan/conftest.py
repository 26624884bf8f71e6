"""Small configurations of Spike-GAN and the files that they read."""

import h5py
import numpy as np
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


@pytest.fixture
def write_traces(tmp_path):
    """Return a function that writes ΔF/F, shape (frame, neuron), at 10 Hz and returns the path as text."""

    def write(dff, name="traces.h5"):
        with h5py.File(tmp_path / name, "w") as file:
            file["dff"] = np.asarray(dff, np.float32)
            file["roi_ids"] = np.array([f"cell {n}" for n in range(dff.shape[1])], dtype=h5py.string_dtype())
            file.attrs["frame_rate_hz"] = 10.0
        return str(tmp_path / name)

    return write
