"""Encoders and decoders of fully connected layers (Liu et al. 2021, section 4.2)."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
from keras import layers

__all__ = ["build_decoder", "build_encoder", "build_mlp"]


def build_mlp(
    size: int, hidden: Sequence[int], outputs: dict[str, int], *, seed: int, name: str, activation: str = "relu"
) -> keras.Model:
    """Build hidden layers, each with batch normalisation when ReLUs follow, and linear outputs.

    Parameters
    ----------
    size : int
        Of the input, shape (batch, size).
    hidden : sequence of int
        Units of the hidden layers.
    outputs : dict of str to int
        Name → units. Those without units are left out.
    seed : int
        Of the initial weights: normal, with variance 2 / inputs (He et al. 2015, Eq. 10).
    name : str
    activation : {"relu", "tanh"}

    Returns
    -------
    keras.Model
        Input → dictionary of outputs, float32, shape (batch, units).
    """
    seeds = iter(range(1000 * seed, 1000 * seed + 1000))

    def dense(units: int, label: str, **kwargs):
        start = keras.initializers.HeNormal(seed=next(seeds))
        return layers.Dense(units, kernel_initializer=start, name=f"{name}_{label}", **kwargs)

    given = keras.Input((size,), name=f"{name}_input")
    value = given
    for number, units in enumerate(hidden, start=1):
        value = dense(units, f"hidden_{number}", use_bias=activation != "relu")(value)  # a norm takes a bias back
        if activation == "relu":
            value = layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name=f"{name}_norm_{number}")(value)
        value = layers.Activation(activation)(value)
    ends = {key: dense(units, key, dtype="float32")(value) for key, units in outputs.items() if units}
    return keras.Model(given, ends, name=name)


def build_encoder(size: int, *, hidden: Sequence[int], content_size: int, style_size: int, seed: int) -> keras.Model:
    """Build the encoder: windows (batch, size) to ``content``, and mean and log-variance of ``style``."""
    outputs = {"content": content_size, "mean": style_size, "log_variance": style_size}
    return build_mlp(size, hidden, outputs, seed=seed, name="encoder")


def build_decoder(
    size: int, *, hidden: Sequence[int], latent_size: int, seed: int, positive: bool, mean: np.ndarray | None = None
) -> keras.Model:
    """Build the decoder: latents (batch, latent) to windows (batch, size), float32.

    ``positive`` ends in a softplus, for rates; its bias starts at ``mean``, shape (size,), where one is given.
    """
    mlp = build_mlp(latent_size, hidden, {"window": size}, seed=seed, name="decoder")
    if mean is not None:
        mlp.get_layer("decoder_window").bias.assign(np.log(np.expm1(np.maximum(mean, 0.01))) if positive else mean)
    window = mlp.output["window"]
    if positive:
        window = layers.Activation("softplus", dtype="float32", name="decoder_rate")(window)
    return keras.Model(mlp.input, window, name="decoder")
