"""Where in the window the cells of a layer look: the centres of their effective receptive fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from zlib import crc32

import keras
import numpy as np
import tensorflow as tf

from cyclegan_neuro.interpret.resolution import cell_centre
from cyclegan_neuro.interpret.views import beside

__all__ = ["CellCentres"]

_CELLS_PER_CALL = 500_000  # (time, neuron) cells of the windows asked at once; bounds the memory
_FEWEST_CELLS = 4


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

    def offsets(
        self, windows: np.ndarray, *, seed: int = 0, known: Mapping[str, np.ndarray] | None = None
    ) -> dict[str, tuple[float, float]]:
        """Return the offsets of each layer along time and neurons, in frames and neurons.

        The middle cell of a layer is asked: squared gradients of a random mixture of its channels tell how much each
        frame of each neuron has a part in it, and their centre of mass is where the cell looks.

        Parameters
        ----------
        windows : ndarray of float32, shape (window, time, neuron)
            Scaled and ordered; with sixteen the offsets repeat to a fraction of a cell.
        seed : int
            With the name of a layer it draws the mixtures, whatever other layers are asked.
        known : mapping of str to ndarray, optional
            With ``condition`` (window, time, channel) of networks that see behaviour.

        Returns
        -------
        dict of str to tuple of float
            0 along neurons where these are channels and along axes of fewer than four cells, all of which the border
            reaches; (0, 0) where the cell depends on nothing.
        """
        generators = [np.random.default_rng([seed, crc32(layer.encode())]) for layer in self._held]
        energies = np.zeros((len(self._held), *windows.shape[1:]))
        per_call = max(1, _CELLS_PER_CALL // windows[0].size)
        for first in range(0, len(windows), per_call):
            chunk = slice(first, first + per_call)
            some = {name: values[chunk] for name, values in (known or {}).items()}
            frames = beside(self._network, some, len(windows[chunk]))
            energies += self._energies(windows[chunk], generators, frames)
        by_layer = {
            layer: _offset(energy, held.shape[1:-1])
            for energy, (layer, held) in zip(energies, self._held.items(), strict=True)
        }
        return {name: by_layer[layer] for name, layer in self._layers.items()}

    def _energies(
        self, windows: np.ndarray, generators: Sequence[np.random.Generator], frames: list[tf.Tensor]
    ) -> np.ndarray:
        """Squared gradients of mixed middle cells, summed over windows: (layer, time, neuron)."""
        given = tf.convert_to_tensor(windows[..., None], tf.float32)
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(given)
            inputs = [given, *frames] if frames else given
            held = tf.nest.flatten(self._taps(inputs, training=False))  # a list of one comes back as a tensor
            cells = [one[(slice(None), *_middle(one.shape[1:-1]))] for one in held]
            asked = [
                tf.reduce_sum(cell * rng.standard_normal(cell.shape, np.float32))
                for cell, rng in zip(cells, generators, strict=True)
            ]
        slopes = [tape.gradient(one, given).numpy()[..., 0] for one in asked]
        return np.stack([np.square(slope, dtype=np.float64).sum(axis=0) for slope in slopes])

    @cached_property
    def _held(self) -> dict:
        """Layer → its output."""
        return {layer: self._network.get_layer(layer).output for layer in self._layers.values()}

    @cached_property
    def _taps(self) -> keras.Model:
        return keras.Model(self._network.input, list(self._held.values()))


def _middle(cells) -> tuple[int, ...]:
    return tuple(n // 2 for n in cells)


def _offset(energy: np.ndarray, cells) -> tuple[float, float]:
    """Centre of mass of (time, neuron) beyond the place that the layer's middle cell covers."""
    total = energy.sum()
    if not total:
        return 0.0, 0.0
    offsets = [0.0, 0.0]
    for axis, (n_cells, middle) in enumerate(zip(cells, _middle(cells), strict=True)):
        if n_cells >= _FEWEST_CELLS:
            n_points = energy.shape[axis]
            mass = np.arange(n_points) @ energy.sum(axis=1 - axis) / total
            offsets[axis] = float(mass - cell_centre(middle, n_cells=n_cells, n_points=n_points))
    return offsets[0], offsets[1]
