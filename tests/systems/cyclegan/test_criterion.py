"""What `best` is chosen by: hand-made generators."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from cyclegan_neuro.networks import objectives
from cyclegan_neuro.systems.cyclegan.model import CycleGAN

FRAMES, NEURONS = 16, 4
MIX = np.eye(NEURONS, dtype=np.float32) + 0.5 * np.eye(NEURONS, k=1, dtype=np.float32)  # day y: neuron i + 1 follows i


def day(seed, n_windows=60):
    """Windows (window, time, neuron, 1) of independent neurons."""
    return np.random.default_rng(seed).normal(0.4, 0.1, (n_windows, FRAMES, NEURONS, 1)).astype(np.float32)


def mixed(windows, by=MIX):
    return np.einsum("wtnc,nm->wtmc", windows, by)


def generator(by, *, error=0.0):
    """A network that mixes neurons, and adds an error."""
    windows = keras.Input((FRAMES, NEURONS, 1))
    return keras.Model(windows, keras.ops.einsum("wtnc,nm->wtmc", windows, by) + error)


def validated(forward, backward, *, error=0.0):
    """Validation logs of hand-made generators, on days of which y is x of other windows, mixed."""
    critics = [keras.Sequential([keras.Input((FRAMES, NEURONS, 1)), keras.layers.Conv2D(1, 4)]) for _ in "xy"]
    model = CycleGAN(
        generator_g=generator(forward, error=error), generator_f=generator(backward, error=error),
        discriminator_x=critics[0], discriminator_y=critics[1], objective=objectives.get("lsgan"),
    )  # fmt: skip
    model.compile({name: keras.optimizers.SGD(0.1) for name in model.learned})
    held_out = tf.data.Dataset.from_tensor_slices((day(1), mixed(day(2)))).batch(8)
    return model.evaluate(held_out, return_dict=True, verbose=0), model.monitor.removeprefix("val_")


def test_moving_one_day_onto_the_other_beats_doing_nothing():
    """Also where it costs cycle and identity errors, of which doing nothing has none."""
    nothing, monitor = validated(np.eye(NEURONS), np.eye(NEURONS))
    moving, _ = validated(MIX, np.linalg.inv(MIX), error=0.01)
    errors = ("cycle_x", "cycle_y", "identity_x", "identity_y")
    assert sum(nothing[name] for name in errors) == 0.0 < sum(moving[name] for name in errors)
    assert moving[monitor] < 0.4 * nothing[monitor]


def test_of_two_generators_the_nearer_one_wins():
    half = (np.eye(NEURONS) + MIX) / 2
    distances = [validated(by, np.linalg.inv(by))[0]["moment_distance"] for by in (np.eye(NEURONS), half, MIX)]
    assert distances == sorted(distances, reverse=True)
    assert distances[0] == pytest.approx(1.0)
