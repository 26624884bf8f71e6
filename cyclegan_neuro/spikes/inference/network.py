"""The network of spike inference as a Keras model that reads whole traces.

A network that reads one window at a time repeats nearly all of its work for the next frame's window. Here every
layer runs over the whole trace instead: pooling by 2 keeps its stride at 1, and what follows a pooling reads every
second position of it (à trous). The output for each frame is the same as that of the window around it.

References
----------
Rupprecht et al., Nat. Neurosci. 24:1324-1337 (2021), Methods, "Deep network design".
Giusti et al., "Fast image scanning with deep max-pooling convolutional neural networks", ICIP 2013: the same idea.
"""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

from cyclegan_neuro.spikes.inference.rate_models import LAYERS, POOL, Architecture, NetworkWeights

__all__ = ["build_network", "ensemble", "weights_of"]


def build_network(architecture: Architecture, *, seed: int | None = None, name: str = "rate_network") -> keras.Model:
    """Build a network over traces.

    Parameters
    ----------
    architecture : Architecture
    seed : int, optional
        Of the initial weights.
    name : str

    Returns
    -------
    keras.Model
        (trace, frame, 1) ΔF/F to (trace, frame - window_frames + 1, 1): spikes per frame, not yet cut off at zero.
        Output ``k`` is that of the window that begins at frame ``k``.
    """
    trace = keras.Input((None, 1), name="dff")
    return keras.Model(trace, _rate(trace, architecture, seed=seed), name=name)


def ensemble(members: tuple[NetworkWeights, ...], *, window_frames: int) -> keras.Model:
    """Build the networks of one noise level as one model: their mean, negative values set to 0.

    Returns
    -------
    keras.Model
        As :func:`build_network`, spikes per frame.
    """
    trace = keras.Input((None, 1), name="dff")
    outputs = []
    for index, weights in enumerate(members):
        network = build_network(Architecture.of(weights, window_frames), name=f"member_{index}")
        set_weights(network, weights)
        outputs.append(network(trace))
    mean = layers.Average(name="mean")(outputs) if len(outputs) > 1 else outputs[0]
    return keras.Model(trace, layers.ReLU(name="not_negative")(mean), name="ensemble")


def weights_of(network: keras.Model) -> NetworkWeights:
    """Return the weights of a network in the layout of the windowed one."""
    pairs = [[np.asarray(w) for w in network.get_layer(name).get_weights()] for name in LAYERS]
    kernels = [kernel for kernel, _ in pairs[:3]]
    kernels += [pairs[3][0][0], pairs[4][0].reshape(-1, 1)]  # width 1: (filter, unit); (position, unit, 1) flattened
    return NetworkWeights(tuple(kernels), tuple(bias for _, bias in pairs))


def set_weights(network: keras.Model, weights: NetworkWeights) -> None:
    """Give a network the weights of a windowed one."""
    for name, kernel, bias in zip(LAYERS, weights.kernels, weights.biases, strict=True):
        layer = network.get_layer(name)
        layer.set_weights([kernel.reshape(layer.kernel.shape), bias])


def _rate(trace, architecture: Architecture, *, seed: int | None):
    """The layers of the windowed network, each over all frames."""

    def convolution(name, filters, width, *, dilation=1, activation="relu"):
        initializer = keras.initializers.GlorotUniform(None if seed is None else seed + LAYERS.index(name))
        return layers.Conv1D(
            filters, width, dilation_rate=dilation, activation=activation, kernel_initializer=initializer, name=name
        )

    widths, filters = architecture.widths, architecture.filters
    tensor = convolution("conv1", filters[0], widths[0])(trace)
    tensor = convolution("conv2", filters[1], widths[1])(tensor)
    tensor = _pool(tensor, apart=1)
    tensor = convolution("conv3", filters[2], widths[2], dilation=POOL)(tensor)
    tensor = _pool(tensor, apart=POOL)
    tensor = convolution("dense", architecture.units, 1)(tensor)
    output = convolution("output", 1, architecture.positions, dilation=POOL * POOL, activation="linear")(tensor)
    # a window may be longer than the layers can see: its last frames are then not looked at
    unseen = architecture.window_frames - architecture.reach
    return layers.Cropping1D((0, unseen))(output) if unseen else output


def _pool(tensor, *, apart: int):
    """Maximum of each position and the one ``apart`` after it: max-pooling by 2 without its stride."""
    return layers.Maximum()([layers.Cropping1D((0, apart))(tensor), layers.Cropping1D((apart, 0))(tensor)])
