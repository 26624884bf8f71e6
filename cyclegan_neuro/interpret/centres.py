"""Where in the window the cells of a layer look: the centres of their effective receptive fields."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import keras
import numpy as np
import tensorflow as tf

from cyclegan_neuro.interpret.resolution import cell_centre

__all__ = ["CellCentres"]


class CellCentres:
    """How far the input of a layer's cells lies from the frames and neurons that the cells seem to cover.

    A convolution of even kernel size and stride 1 cannot be padded evenly: with 4 and "same" its cells look half a
    cell ahead, and residual blocks add this up. How much of it comes through depends on what goes round the
    convolutions, so it is not read off the architecture but measured in the network itself.

    Parameters
    ----------
    network : keras.Model
        Functional, of windows (window, time, neuron, 1); its weights may change later.
    layers : mapping of str to str
        What to call an offset → name of a layer with outputs (window, time', channel) or
        (window, time', neuron', channel).

    References
    ----------
    Luo et al. 2016, "Understanding the effective receptive field in deep convolutional neural networks", section 2.
    """

    def __init__(self, network: keras.Model, layers: Mapping[str, str]):
        self._network, self._layers = network, dict(layers)

    def offsets(self, windows: np.ndarray, *, seed: int = 0) -> dict[str, tuple[float, float]]:
        """Return the offsets of each layer along time and neurons, in frames and neurons.

        The middle cell of a layer is asked: squared gradients of a random mixture of its channels tell how much each
        frame of each neuron has a part in it, and their centre of mass is where the cell looks.

        Parameters
        ----------
        windows : ndarray of float32, shape (window, time, neuron)
            Scaled and ordered; eight are enough.
        seed : int
            Draws the mixtures.

        Returns
        -------
        dict of str to tuple of float
            0 along neurons where these are channels; (0, 0) where the cell depends on nothing.
        """
        rng = np.random.default_rng(seed)
        energy = dict.fromkeys(self._layers, 0.0)
        for window in windows:
            mixtures = [rng.standard_normal(shape[-1], np.float32) for shape in self._shapes.values()]
            found = self._pass(tf.constant(window[None, ..., None], tf.float32), mixtures)
            for name, one in zip(energy, found, strict=True):
                energy[name] = energy[name] + one.numpy().astype(np.float64)
        return {name: _offset(energy[name], self._shapes[name][1:-1]) for name in energy}

    @cached_property
    def _shapes(self) -> dict[str, tuple]:
        return {name: self._network.get_layer(layer).output.shape for name, layer in self._layers.items()}

    @cached_property
    def _pass(self):
        held = [self._network.get_layer(layer).output for layer in self._layers.values()]
        taps = keras.Model(self._network.input, held)

        def energies(window, mixtures):
            held = tf.nest.flatten(taps(window, training=False))  # a list of one comes back as a tensor
            asked = [one[(0, *_middle(one.shape[1:-1]))] * mixture for one, mixture in zip(held, mixtures, strict=True)]
            gradients = [tf.gradients(tf.reduce_sum(one), window)[0] for one in asked]
            return [tf.square(one[0, ..., 0]) for one in gradients]

        return tf.function(energies)


def _middle(cells) -> tuple[int, ...]:
    return tuple(n // 2 for n in cells)


def _offset(energy: np.ndarray, cells) -> tuple[float, float]:
    """Centre of mass of (time, neuron) beyond the place that the layer's middle cell covers."""
    total = energy.sum()
    if not total:
        return 0.0, 0.0
    offsets = [0.0, 0.0]
    for axis, (n_cells, middle) in enumerate(zip(cells, _middle(cells), strict=True)):
        n_points = energy.shape[axis]
        mass = np.arange(n_points) @ energy.sum(axis=1 - axis) / total
        offsets[axis] = float(mass - cell_centre(middle, n_cells=n_cells, n_points=n_points))
    return offsets[0], offsets[1]
