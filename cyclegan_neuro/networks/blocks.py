"""Blocks shared by the networks of all systems, in one or two dimensions.

A block is a function from a symbolic tensor to a symbolic tensor; ``Convolutions`` holds what the
blocks of one network have in common.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import keras
from keras import layers

from cyclegan_neuro.networks.layers import InstanceNormalization, crop_like

__all__ = ["LEAK", "Convolutions", "Normalisation", "attention_gate", "down_sample", "residual", "up_sample"]

Normalisation = Literal["instance", "layer_per_frame", "none"]
LEAK = 0.2
"""Slope of LeakyReLU below 0."""


@dataclass(frozen=True)
class Convolutions:
    """How the convolutions of a network are made.

    Attributes
    ----------
    rank : {1, 2}
        1: over time with neurons as channels; 2: over time and neurons.
    kernel_size : int
    dropout : float
        Rate of spatial dropout.
    initializer_std : float
        Standard deviation of the normal initialisation.
    seed : int
        Base seed; every layer derives its own from it and its name.
    normalisation : {"instance", "layer_per_frame", "none"}
        Between convolutions: of each channel over its positions; of each frame over channels (and neurons); or none.
    """

    rank: Literal[1, 2]
    kernel_size: int
    dropout: float
    initializer_std: float
    seed: int
    normalisation: Normalisation = "instance"

    def convolution(self, filters: int, *, name: str, kernel_size: int | None = None, stride: int = 1, **kwargs):
        """Return a convolution with 'same' padding."""
        layer = layers.Conv1D if self.rank == 1 else layers.Conv2D
        return layer(filters, kernel_size or self.kernel_size, strides=stride, **{**self._common(name), **kwargs})

    def transposed(self, filters: int, *, name: str):
        """Return a transposed convolution of stride 2."""
        layer = layers.Conv1DTranspose if self.rank == 1 else layers.Conv2DTranspose
        return layer(filters, self.kernel_size, strides=2, use_bias=self.biased, **self._common(name))

    @property
    def biased(self) -> bool:
        """Whether convolutions before a normalisation have a bias, which most normalisations would take out."""
        return self.normalisation == "none"

    def normalise(self, tensor, *, name: str):
        """Return the tensor as the network normalises what comes out of its convolutions."""
        if self.normalisation == "none":
            return tensor
        if self.normalisation == "instance":
            return InstanceNormalization(name=name)(tensor)
        return layers.LayerNormalization(axis=list(range(2, len(tensor.shape))), name=name)(tensor)

    def spatial_dropout(self, tensor, *, name: str):
        """Drop whole channels, if there is a rate."""
        if not self.dropout:
            return tensor
        layer = layers.SpatialDropout1D if self.rank == 1 else layers.SpatialDropout2D
        return layer(self.dropout, seed=self.seed_of(name), name=name)(tensor)

    def _common(self, name: str) -> dict:
        initializer = keras.initializers.RandomNormal(stddev=self.initializer_std, seed=self.seed_of(name))
        return {"padding": "same", "kernel_initializer": initializer, "name": name}

    def seed_of(self, name: str) -> int:
        """Return the seed of the layer called ``name``."""
        return (self.seed * 1_000_003 + sum(ord(c) * 31**i for i, c in enumerate(name))) % (2**31 - 1)


def down_sample(tensor, filters: int, make: Convolutions, *, name: str):
    """Convolution of stride 2, instance normalisation, LeakyReLU, spatial dropout."""
    tensor = make.convolution(filters, name=f"{name}_convolution", stride=2, use_bias=make.biased)(tensor)
    tensor = layers.LeakyReLU(LEAK, name=name)(make.normalise(tensor, name=f"{name}_norm"))
    return make.spatial_dropout(tensor, name=f"{name}_dropout")


def residual(tensor, make: Convolutions, *, name: str, activate_last: bool = False):
    """Two convolutions with normalisation around an identity connection.

    With ``activate_last`` LeakyReLU and spatial dropout follow the second convolution too.
    """
    filters = tensor.shape[-1]
    inner = make.convolution(filters, name=f"{name}_convolution_1", use_bias=make.biased)(tensor)
    inner = layers.LeakyReLU(LEAK, name=f"{name}_activation")(make.normalise(inner, name=f"{name}_norm_1"))
    inner = make.spatial_dropout(inner, name=f"{name}_dropout")
    inner = make.convolution(filters, name=f"{name}_convolution_2", use_bias=make.biased)(inner)
    inner = make.normalise(inner, name=f"{name}_norm_2")
    if activate_last:
        inner = layers.LeakyReLU(LEAK, name=f"{name}_activation_2")(inner)
        inner = make.spatial_dropout(inner, name=f"{name}_dropout_2")
    return layers.Add(name=name)([tensor, inner])


def up_sample(tensor, filters: int, make: Convolutions, *, like, name: str):
    """Transposed convolution of stride 2, cropped to the size of ``like``."""
    tensor = crop_like(make.transposed(filters, name=f"{name}_convolution")(tensor), like, name=f"{name}_crop")
    tensor = layers.LeakyReLU(LEAK, name=name)(make.normalise(tensor, name=f"{name}_norm"))
    return make.spatial_dropout(tensor, name=f"{name}_dropout")


def attention_gate(query, skip, make: Convolutions, *, name: str):
    """Additive attention gate: ``concat(q, σ·a)``; the mask σ is the layer ``<name>_mask``.

    References
    ----------
    Oktay et al. 2018, "Attention U-Net", Eq. 1-2; Li et al., section D and Figure D.1.
    """
    filters = skip.shape[-1]
    projected = [
        make.normalise(
            make.convolution(filters, name=f"{name}_{role}", kernel_size=1, use_bias=make.biased)(tensor),
            name=f"{name}_{role}_norm",
        )
        for role, tensor in (("query", query), ("skip", skip))
    ]
    joint = layers.ReLU(name=f"{name}_relu")(layers.Add(name=f"{name}_sum")(projected))
    whole_window = make.normalisation == "instance"  # one channel has nothing to be normalised over in a frame
    score = make.convolution(1, name=f"{name}_score", kernel_size=1, use_bias=not whole_window)(joint)
    score = InstanceNormalization(name=f"{name}_score_norm")(score) if whole_window else score
    mask = layers.Activation("sigmoid", name=f"{name}_mask")(score)
    return layers.Concatenate(name=name)([query, layers.Multiply(name=f"{name}_gated")([skip, mask])])
