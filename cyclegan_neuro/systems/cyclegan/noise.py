"""Noise that makes of one window many translations, and what reads it back: Augmented CycleGAN.

The plain cycle asks F for the window that G saw, whatever the noise, so that G may add nothing by chance; here F is
given what an encoder reads from both windows, and what a translation lost need not hide in it.
"""

from __future__ import annotations

import keras
import tensorflow as tf
from keras import layers

from cyclegan_neuro.systems.cyclegan.config import ModelSection

__all__ = ["build_noise_encoder", "numbered_noise"]

_READING_NOISE = 0.5


def numbered_noise(numbers, shape, *, seed: int):
    """Return noise (window, time, channel) of windows by their numbers, however they are batched."""
    return tf.map_fn(
        lambda number: tf.random.stateless_normal(shape, (seed, number)), numbers, fn_output_signature=tf.float32
    )


def build_noise_encoder(
    section: ModelSection, *, window_frames: int, n_neurons: int, seed: int, std: float, name: str
) -> keras.Model:
    """Build what reads the noise of a generator from a window and its translation, each (batch, time, neuron, 1).

    A linear filter in time of the window and of the change, (batch, time, channel) in float32, of mean 0 and variance 1
    over the window, as noise is. In training it reads the change through Gaussian noise of ``_READING_NOISE`` times
    ``std``, the standard deviation of windows: what cannot be seen in a trace does not count.

    References
    ----------
    Almahairi et al. 2018, "Augmented CycleGAN".
    """
    pair = [keras.Input((window_frames, n_neurons, 1), name=one) for one in ("window", "translation")]
    window, change = pair[0], layers.Subtract(name="change")(pair[::-1])
    change = layers.GaussianNoise(_READING_NOISE * std, seed=seed, name="reading_noise")(change)
    tensor = layers.Concatenate(name="both")([layers.Reshape(one.shape[1:3])(one) for one in (window, change)])
    start = keras.initializers.RandomNormal(0.0, 1e-3, seed=seed)  # small, so that the first updates turn it
    size = 2 * section.kernel_size + 1
    tensor = layers.Conv1D(section.noise_channels, size, padding="same", kernel_initializer=start, name="noise")(tensor)
    read = layers.LayerNormalization(
        axis=1, epsilon=1e-9, center=False, scale=False, dtype="float32", name="standardised"
    )(tensor)
    return keras.Model(pair, read, name=name)
