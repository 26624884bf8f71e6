"""Generators and critics of Spike-GAN and of the MLP-GAN beside it (Molano-Mazon et al. 2018, section 2.1, Figure 1).

Convolutions run over time; neurons are channels, so every filter sees the whole population ("semi-convolutional").
"""

from __future__ import annotations

import keras
import numpy as np
from keras import layers
from scipy.special import logit

from cyclegan_neuro.systems.spike_gan.config import ModelSection

__all__ = ["build_critic", "build_generator", "first_filters"]

_STRIDE = 2
_DOWN_SAMPLING = _STRIDE**2  # of two convolutions
_SLOPE = 0.2


def build_generator(
    section: ModelSection, *, n_bins: int, n_neurons: int, seed: int, mean: np.ndarray, name: str = "generator"
) -> keras.Model:
    """Build the generator: noise, shape (batch, noise), to activity in [0, 1], shape (batch, bin, neuron), float32.

    It is given standard normal numbers. Uniform noise is made of them, one by one, by their cumulative distribution.

    Parameters
    ----------
    section : ModelSection
    n_bins, n_neurons : int
        From the data; bins that are no multiple of 4 are generated up to the next one and cut off.
    seed : int
        Of the initialisation.
    mean : ndarray, shape (neuron,)
        Mean of the training data, where ``output_bias_at_mean`` starts.
    name : str
    """
    start = _Initialisers(seed, section.weight_sd)
    given = keras.Input((section.noise_size,), name=f"{name}_noise")
    noise = keras.ops.erf(given / 2**0.5) if section.noise == "uniform" else given
    bias = keras.initializers.Constant(logit(np.clip(mean, 1e-4, 1 - 1e-4))) if section.output_bias_at_mean else "zeros"
    if section.architecture == "mlp":
        hidden = noise
        for number in range(section.mlp_layers):
            hidden = layers.Dense(section.mlp_units, "relu", name=f"{name}_hidden_{number + 1}", **start())(hidden)
        if not isinstance(bias, str):
            bias = keras.initializers.Constant(np.tile(bias.value, n_bins))
        hidden = layers.Dense(n_bins * n_neurons, name=f"{name}_output", **start(bias=bias))(hidden)
        hidden = layers.Reshape((n_bins, n_neurons))(hidden)
    else:
        margin = section.border_bins
        length = -(-(n_bins + 2 * margin) // _DOWN_SAMPLING)
        hidden = layers.Dense(length * 2 * section.features, name=f"{name}_projection", **start())(noise)
        hidden = layers.Reshape((length, 2 * section.features))(layers.LeakyReLU(_SLOPE)(hidden))
        hidden = layers.UpSampling1D(_STRIDE)(hidden)
        hidden = _convolution(section, section.features, name=f"{name}_convolution_1", **start())(hidden)
        hidden = layers.UpSampling1D(_STRIDE)(layers.LeakyReLU(_SLOPE)(hidden))
        hidden = _convolution(section, n_neurons, name=f"{name}_convolution_2", **start(bias=bias))(hidden)
        excess = length * _DOWN_SAMPLING - n_bins
        if excess:
            hidden = layers.Cropping1D((min(margin, excess), excess - min(margin, excess)))(hidden)
    activity = layers.Activation("sigmoid", dtype="float32", name=f"{name}_activity")(hidden)
    return keras.Model(given, activity, name=name)


def build_critic(section: ModelSection, *, n_bins: int, n_neurons: int, seed: int, name: str = "critic") -> keras.Model:
    """Build the critic: activity, shape (batch, bin, neuron), to one unbounded number, shape (batch, 1), float32."""
    start = _Initialisers(seed, section.weight_sd)
    activity = keras.Input((n_bins, n_neurons), name=f"{name}_activity")
    if section.architecture == "mlp":
        hidden = layers.Flatten()(activity)
        for number in range(section.mlp_layers):
            hidden = layers.Dense(section.mlp_units, name=f"{name}_hidden_{number + 1}", **start())(hidden)
            hidden = layers.LeakyReLU(_SLOPE)(hidden)
    else:
        hidden = activity
        for number, features in enumerate((section.features, 2 * section.features), 1):
            hidden = _convolution(
                section, features, strides=_STRIDE, name=f"{name}_convolution_{number}", **start()
            )(hidden)  # fmt: skip
            hidden = layers.LeakyReLU(_SLOPE)(hidden)
        hidden = layers.Flatten()(hidden)
    score = layers.Dense(1, dtype="float32", name=f"{name}_score", **start())(hidden)
    return keras.Model(activity, score, name=name)


def first_filters(critic: keras.Model) -> np.ndarray:
    """Return the weights of the critic's first layer, shape (bin, neuron, feature).

    As many bins as a filter has; of fully connected layers as many as a sample has.
    """
    kernel = critic.get_weights()[0]
    return kernel.reshape(-1, critic.input_shape[-1], kernel.shape[-1])


def _convolution(section: ModelSection, filters: int, **options) -> layers.Layer:
    return layers.Conv1D(filters, section.kernel_bins, padding="same", **options)


class _Initialisers:
    """Seeded initialisers, another seed for every layer."""

    def __init__(self, seed: int, sd: float | None):
        self.seeds = iter(np.random.SeedSequence(seed).generate_state(16).tolist())
        self.sd = sd

    def __call__(self, *, bias="zeros") -> dict:
        seed = next(self.seeds)
        kernel = (
            keras.initializers.RandomNormal(stddev=self.sd, seed=seed)
            if self.sd
            else keras.initializers.GlorotUniform(seed)
        )
        return {"kernel_initializer": kernel, "bias_initializer": bias}
