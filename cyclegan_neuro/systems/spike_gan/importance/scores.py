"""A critic's score, and how much of it an alteration within a few bins changes."""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

__all__ = ["Score", "SummedScore", "score_of"]

Score = Callable[[np.ndarray], np.ndarray]
"""A critic: float32 samples (batch, bin, neuron) to one number per sample, (batch,)."""


class SummedScore:
    """A score that is a sum of parts, so that an alteration within a few bins changes few of them; here of one part.

    Parameters
    ----------
    score : callable
        See :data:`Score`.
    """

    def __init__(self, score: Score):
        self._score = score

    def parts(self, samples: np.ndarray) -> np.ndarray:
        """Return what each sample's score consists of, (batch, part), of float32 samples (batch, bin, neuron)."""
        return np.asarray(self._score(samples), dtype=np.float64).reshape(len(samples), 1)

    def changes(self, altered: np.ndarray, parts: np.ndarray, first_bins: np.ndarray, n_bins: int) -> np.ndarray:
        """Return the changes of the scores, (batch,).

        Parameters
        ----------
        altered : ndarray of float32, shape (batch, bin, neuron)
        parts : ndarray, shape (batch, part)
            Of the samples before they were altered.
        first_bins : ndarray of int, shape (batch,)
        n_bins : int
            Each sample is altered in ``n_bins`` bins from its ``first_bins`` on, and nowhere else.
        """
        return (self.parts(altered) - parts)[:, 0]


def score_of(critic: keras.Model, *, batch_size: int) -> Score:
    """Return a function from samples (batch, bin, neuron) to the critic's scores (batch,), compiled once.

    That of a convolutional critic is also a ``SummedScore``: it computes the changes of few bins from these bins.

    Parameters
    ----------
    critic : keras.Model
        Of ``networks.build_critic``.
    batch_size : int
        Largest batch; smaller ones are filled up, so that there is one compiled shape.
    """
    if any(isinstance(layer, keras.layers.Conv1D) for layer in critic.layers):
        return _ConvolutionalScore(critic, batch_size)
    call = tf.function(lambda samples: critic(samples, training=False)[:, 0], jit_compile=True)
    return lambda samples: call(_filled(samples, batch_size)).numpy()[: len(samples)]


class _ConvolutionalScore(SummedScore):
    """Convolutions over time and one dense layer: the score is a sum over the bins of the last convolution.

    An alteration of a few bins reaches a few bins of each convolution. Only these are computed anew, from as many bins
    of the sample as they see.
    """

    def __init__(self, critic: keras.Model, batch_size: int):
        self._batch_size = batch_size
        self._convolutions = [
            _Convolution(layer, activation)
            for layer, activation in zip(critic.layers, critic.layers[1:], strict=False)
            if isinstance(layer, keras.layers.Conv1D)
        ]
        *_, flatten, self._dense = critic.layers
        self._features = keras.Model(critic.input, flatten.input)
        self._compiled_parts = tf.function(self._parts, jit_compile=True)
        self._compiled_changes = tf.function(self._changes, jit_compile=True)

    def __call__(self, samples):
        return self.parts(samples).sum(axis=1) + self._dense.bias.numpy()

    def parts(self, samples):
        return self._compiled_parts(_filled(samples, self._batch_size)).numpy()[: len(samples)]

    def changes(self, altered, parts, first_bins, n_bins):
        given = (_filled(values, self._batch_size) for values in (altered, parts, first_bins))
        return self._compiled_changes(*given, n_bins).numpy()[: len(altered)]

    def _kernel(self):
        """Weights of the dense layer, shape (part, feature)."""
        return tf.reshape(self._dense.kernel, self._features.output.shape[1:])

    def _parts(self, samples):
        features = tf.cast(self._features(samples, training=False), tf.float32)
        return tf.einsum("bpf,pf->bp", features, self._kernel())

    def _changes(self, altered, parts, first_bins, n_bins: int):
        reached = first_bins, n_bins
        for convolution in self._convolutions:
            reached = convolution.reached_by(*reached)
        if reached[1] >= parts.shape[1]:
            return tf.reduce_sum(self._parts(altered) - parts, axis=1)
        stretches = [reached]
        for convolution in reversed(self._convolutions):
            stretches.insert(0, convolution.seen_by(*stretches[0]))
        values = _stretch(altered, *stretches[0])
        for convolution, stretch in zip(self._convolutions, stretches[1:], strict=True):
            values = convolution(values, *stretch)
        after = tf.reduce_sum(tf.cast(values, tf.float32) * _stretch(self._kernel(), *reached), axis=2)
        before = _stretch(parts[..., None], *reached)[..., 0]
        return tf.reduce_sum(after - before, axis=1)


class _Convolution:
    """A convolution with ``padding="same"`` and its activation, on stretches of time."""

    def __init__(self, layer: keras.layers.Conv1D, activation: keras.layers.Layer):
        self._layer, self._activation = layer, activation
        (self._kernel_bins,), (self._stride,) = layer.kernel_size, layer.strides
        self._n_bins = layer.output.shape[1]
        padding = max((self._n_bins - 1) * self._stride + self._kernel_bins - layer.input.shape[1], 0)
        self._before = padding // 2

    def reached_by(self, first, count: int):
        """Bins of the output that see one of ``count`` input bins from ``first`` on: the first, how many at most."""
        start = -((self._kernel_bins - 1 - self._before - first) // self._stride)
        return start, (count + self._kernel_bins - 2) // self._stride + 1

    def seen_by(self, first, count: int):
        """Bins of the input that ``count`` output bins from ``first`` on see: the first, and how many."""
        return first * self._stride - self._before, (count - 1) * self._stride + self._kernel_bins

    def __call__(self, values, first, count: int):
        """Output bins from ``first`` on, 0 where there is none, of the input bins that they see."""
        kernel, bias = (tf.cast(one, self._layer.compute_dtype) for one in (self._layer.kernel, self._layer.bias))
        values = tf.nn.conv1d(tf.cast(values, kernel.dtype), kernel, self._stride, "VALID") + bias
        return _where_inside(self._activation(values), first, count, self._n_bins)


def _stretch(values, first, count: int):
    """Return ``count`` bins of (..., bin, channel) from each ``first`` on, (batch, count, channel); 0 where is none."""
    values = tf.convert_to_tensor(values)
    axis = values.shape.rank - 2  # 1 where every entry of the batch has values of its own, else 0
    at = tf.clip_by_value(first[:, None] + tf.range(count), 0, values.shape[axis] - 1)
    return _where_inside(tf.gather(values, at, axis=axis, batch_dims=axis), first, count, values.shape[axis])


def _where_inside(values, first, count: int, n_bins: int):
    at = first[:, None] + tf.range(count)
    return values * tf.cast((at >= 0) & (at < n_bins), values.dtype)[..., None]


def _filled(values: np.ndarray, length: int) -> tf.Tensor:
    """Append zeros along the first axis; floats become float32, other numbers int32."""
    kind = np.float32 if np.issubdtype(values.dtype, np.floating) else np.int32
    filled = np.zeros((length, *values.shape[1:]), kind)
    filled[: len(values)] = values
    return tf.constant(filled)
