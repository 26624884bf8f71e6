"""One forward and one backward pass, traced once for all networks that are built alike."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, ClassVar, Literal
from weakref import WeakValueDictionary

import keras
import tensorflow as tf

from cyclegan_neuro.windows.scaling import Scaling

__all__ = ["Pass", "Scales", "Score"]

_INPUT_GRADIENT = "CycleganNeuroInputGradient"
_PLAIN = {"strides": [1, 1, 1, 1], "padding": b"SAME", "data_format": b"NHWC", "dilations": [1, 1, 1, 1]}
Score = Literal["mean", "absolute", "change"]


class Pass:
    """What layers hold, and the gradients of a score, of a network and of every other one that is built alike.

    Tracing takes as long as explaining a hundred windows of the quickstart, so weights and scalings are arguments: D_X
    and D_Y, G and F, and untrained networks share a graph. See :meth:`of`.

    Parameters
    ----------
    network : keras.Model
    layers : sequence of str
        What is looked at by Grad-CAM and by LayerCAM, then masks.
    score : {"mean", "absolute", "change"}
    scales : Scales, optional
    """

    _alive: ClassVar[WeakValueDictionary[str, Pass]] = WeakValueDictionary()

    def __init__(self, network: keras.Model, layers: Sequence[str], score: Score, scales: Scales | None):
        self._network, self._score = network, score
        taps = [network.get_layer(name).output for name in layers]
        self._taps = keras.Model(network.input, [taps, network.output])
        self.held_shape = taps[0].shape[1:]
        given = [tf.TensorSpec(one.shape, tf.float32) for one in network.inputs]
        self._n_frames = len(given) - 1
        if scales is not None and scales.of_places:
            given.append(tf.TensorSpec((None, network.inputs[0].shape[1]), tf.int64))
        weights = [tf.TensorSpec(one.shape, one.dtype) for one in network.variables]
        constants = [] if scales is None else [tf.TensorSpec(one.shape, tf.float32) for one in scales.constants]
        # traced now: TensorFlow would take the first calls of several views for one function that is traced too often
        traced = tf.function(self._forward_and_backward, autograph=False)
        self._traced = traced.get_concrete_function(weights, constants, *given)

    @classmethod
    def of(cls, network: keras.Model, *, layers: Sequence[str], score: Score, scales: Scales | None) -> Pass:
        """Return the pass of a network: one that is in use already where a network built alike asked the same."""
        shapes = None if scales is None else [one.shape.as_list() for one in scales.constants]
        key = json.dumps([_architecture(network.get_config()), list(layers), score, shapes])
        found = cls._alive.get(key)
        if found is None:
            found = cls._alive[key] = cls(network, layers, score, scales)
        return found

    def __call__(self, network: keras.Model, scales: Scales | None, *given: tf.Tensor):
        """Return held values and their slope at the first layer, gradients, LayerCAM, masks and change."""
        weights = [tf.convert_to_tensor(one.value) for one in network.variables]
        return self._traced(weights, [] if scales is None else list(scales.constants), *given)

    def _forward_and_backward(self, weights, constants, windows, *given):
        frames, places = given[: self._n_frames], given[self._n_frames :]
        put = list(zip(self._network.variables, weights, strict=True))
        override = tf.compat.v1.get_default_graph().gradient_override_map({"Conv2D": _INPUT_GRADIENT})
        with override, keras.StatelessScope(state_mapping=put):
            (seen, held, *masks), output = self._taps([windows, *frames] if frames else windows, training=False)
            change = [_change_in_dff(constants, windows, output, *places)] if constants else []
            scored = change[0] if self._score == "change" else output
            scores = _mean_per_window(scored if self._score == "mean" else tf.abs(scored))
        gradient, slope_seen, slope_held = tf.gradients(scores, [windows, seen, held])
        return [seen, slope_seen], gradient, tf.reduce_sum(tf.abs(slope_held * held), axis=-1), masks, change


class Scales:
    """Extents of input and output in ΔF/F and the shift between them, from two scalings in the network's order."""

    def __init__(self, before: Scaling, after: Scaling):
        extents = [one.maximum - one.minimum for one in (before, after)]
        parts = (*extents, after.minimum - before.minimum)
        self.constants = [tf.constant(one[..., None], tf.float32) for one in parts]
        self.of_places = before.minimum.ndim > 1


def _change_in_dff(constants, windows, output, places=None):
    """Output less input (window, time, neuron, 1) in ΔF/F; with places where the scalings depend on them."""
    old, new, moved = (one if places is None else tf.gather(one, places) for one in constants)
    return output * new - windows * old + moved


def _mean_per_window(values):
    return tf.reduce_mean(values, axis=list(range(1, values.shape.rank)))


def _architecture(config: Any, *, top: bool = True) -> Any:
    """What Keras builds a network from, without name, initial weights and seeds: no explanation depends on them."""
    if isinstance(config, dict):
        return {
            key: _architecture(value, top=False)
            for key, value in config.items()
            if not (key == "seed" or key.endswith("_initializer") or (top and key == "name"))
        }
    return [_architecture(one, top=False) for one in config] if isinstance(config, list | tuple) else config


@tf.RegisterGradient(_INPUT_GRADIENT)
def _input_gradient(convolution, slope):
    """Gradient of Conv2D for its input alone.

    With stride 1 it is a convolution with the mirrored kernel, which on a CPU takes a third of the time of the
    operation that TensorFlow has for it (4 x 4, 64 channels, one window).
    """
    values, kernel = convolution.inputs
    options = {name: convolution.get_attr(name) for name in ("strides", "padding", "data_format", "dilations")}
    if options != _PLAIN:
        return tf.raw_ops.Conv2DBackpropInput(
            input_sizes=tf.shape(values), filter=kernel, out_backprop=slope, **options
        ), None
    before = [(size - 1) // 2 for size in kernel.shape[:2]]
    padding = [
        [0, 0],
        *([size - 1 - first, first] for size, first in zip(kernel.shape[:2], before, strict=True)),
        [0, 0],
    ]
    mirrored = tf.transpose(kernel[::-1, ::-1], (0, 1, 3, 2))
    return tf.nn.conv2d(slope, mirrored, 1, padding), None
