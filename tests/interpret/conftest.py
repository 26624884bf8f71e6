"""A small network of each rank, with everything that views look at."""

import keras
import numpy as np
import pytest

from cyclegan_neuro.networks.blocks import Convolutions, attention_gate, down_sample, residual, up_sample

TIME, NEURONS = 16, 12


@pytest.fixture(scope="session")
def build_network():
    """Return a function that builds a generator in miniature: rank 1 (neurons as channels) or 2."""

    def build(rank=2, *, seed=1):
        make = Convolutions(rank=rank, kernel_size=4, dropout=0.25, initializer_std=0.3, seed=seed)
        inputs = keras.Input((TIME, NEURONS, 1), name="window")
        tensor = keras.layers.Reshape((TIME, NEURONS))(inputs) if rank == 1 else inputs
        down = down_sample(tensor, 4, make, name="down")
        latent = residual(down, make, name="residual")
        up = up_sample(attention_gate(latent, down, make, name="gate"), 3, make, like=tensor, name="up")
        output = make.convolution(tensor.shape[-1], name="convolution", kernel_size=1)(up)
        if rank == 1:
            output = keras.layers.Reshape((TIME, NEURONS, 1))(output)
        return keras.Model(inputs, keras.layers.Activation("sigmoid", dtype="float32", name="output")(output))

    return build


@pytest.fixture(scope="session")
def windows():
    """Five random windows in [0, 1]."""
    return np.random.default_rng(3).uniform(size=(5, TIME, NEURONS)).astype(np.float32)
