"""Networks that treat every cell alike: their maps do not depend on the order of the neurons."""

from contextlib import nullcontext
from types import SimpleNamespace

import keras
import pytest

from cyclegan_neuro.configuration.sections import InterpretationSection

HEIGHT, NEURONS = 16, 5  # of the small pair


def pointwise(names, *, seed, masks=()):
    """A network of 1 x 1 convolutions whose layers have the names that views look for."""

    def convolution(filters, activation, name):
        initializer = keras.initializers.RandomNormal(stddev=1.0, seed=seed + sum(map(ord, name)))
        return keras.layers.Conv2D(filters, 1, activation=activation, kernel_initializer=initializer, name=name)

    inputs = keras.Input((HEIGHT, NEURONS, 1))
    tensor = inputs
    for name in names:
        tensor = convolution(3, "tanh", name)(tensor)
    for name in masks:
        tensor = keras.layers.Multiply()([tensor, convolution(1, "sigmoid", name)(tensor)])
    return keras.Model(inputs, convolution(1, "sigmoid", "output")(tensor))


def make_pointwise_trainer(average_weights=nullcontext):
    names, masks = ("down_1", "down_2", "residual_1", "residual_2"), ("attention_gate_1_mask", "input_gate")
    generator = {"names": names, "masks": masks}
    return SimpleNamespace(
        generator_g=pointwise(seed=1, **generator),
        generator_f=pointwise(seed=2, **generator),
        discriminator_x=pointwise(("down_2", "down_3"), seed=3),
        discriminator_y=pointwise(("down_2", "down_3"), seed=4),
        average_weights=average_weights,
    )


@pytest.fixture(scope="session")
def pointwise_trainer():
    """Return a function that makes a trainer of such networks, with their initial weights."""
    return make_pointwise_trainer


@pytest.fixture(scope="session")
def section():
    """Settings that suit the small pair: positions every 10 cm, few shuffles."""
    return InterpretationSection(position_bin_cm=10.0, n_shuffles=40)
