"""Layers that Keras does not have: fast instance normalisation, coordinates, past fakes, cropping to a reference.

Everything that sums over a window does so in float32, whatever the precision
policy: a sum over 2,048 x 102 values overflows float16.
"""

from __future__ import annotations

import keras
import tensorflow as tf

__all__ = [
    "CoordinateChannels",
    "HistoryBuffer",
    "InstanceNormalization",
    "Logit",
    "StateTable",
    "TemporalFilter",
    "crop_like",
]


@tf.custom_gradient
def _normalise(x, scale, offset, epsilon):
    """Normalise each (sample, channel) over its positions; statistics in one pass.

    ``y = x a + b`` with ``a = scale / sqrt(var + epsilon)``, ``b = offset - mean a``.
    The gradient is again affine in (dy, x), so neither pass keeps a normalised copy.
    It consists of differentiable operations: gradient penalties may differentiate it again.
    """
    axes = list(range(1, x.shape.rank - 1))
    x32 = tf.cast(x, tf.float32)
    mean = tf.reduce_mean(x32, axes, keepdims=True)
    mean_square = tf.reduce_mean(tf.square(x32), axes, keepdims=True)
    inverse = tf.math.rsqrt(tf.nn.relu(mean_square - tf.square(mean)) + epsilon)
    a = scale * inverse
    y = tf.cast(x32 * a + (offset - mean * a), x.dtype)

    def gradient(dy):
        dy32 = tf.cast(dy, tf.float32)
        mean_dy = tf.reduce_mean(dy32, axes, keepdims=True)
        mean_dy_xhat = (tf.reduce_mean(dy32 * x32, axes, keepdims=True) - mean_dy * mean) * inverse
        slope = -a * inverse * mean_dy_xhat
        dx = a * dy32 + (slope * x32 - (a * mean_dy + slope * mean))
        positions = tf.cast(tf.size(x) // tf.size(mean), tf.float32)
        d_scale = positions * tf.reduce_sum(mean_dy_xhat, 0, keepdims=True)
        d_offset = positions * tf.reduce_sum(mean_dy, 0, keepdims=True)
        return tf.cast(dx, x.dtype), tf.reshape(d_scale, scale.shape), tf.reshape(d_offset, offset.shape), None

    return y, gradient


class InstanceNormalization(keras.layers.Layer):
    """Instance normalisation with learned scale and offset per channel.

    The same function as ``keras.layers.GroupNormalization(groups=-1)``, in fewer passes over memory
    (``benchmarks/train_step.py``).

    References
    ----------
    Ulyanov, Vedaldi, Lempitsky 2016, "Instance normalization", Eq. 2.
    """

    def __init__(self, epsilon: float = 1e-5, **kwargs):
        super().__init__(**kwargs)
        self.epsilon = epsilon

    def build(self, input_shape):
        shape = (1,) * (len(input_shape) - 1) + (input_shape[-1],)
        self.scale = self.add_weight(name="scale", shape=shape, initializer="ones", dtype="float32")
        self.offset = self.add_weight(name="offset", shape=shape, initializer="zeros", dtype="float32")

    def call(self, inputs):
        scale, offset = (tf.cast(tf.convert_to_tensor(w), tf.float32) for w in (self.scale, self.offset))
        return _normalise(inputs, scale, offset, tf.constant(self.epsilon, tf.float32))

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "epsilon": self.epsilon}


class CoordinateChannels(keras.layers.Layer):
    """Append one channel per axis that runs from -1 to 1 along it (CoordConv).

    A patch network cannot know where its patch lies; a neuron has an identity, so it may.

    References
    ----------
    Liu et al. 2018, "An intriguing failing of convolutional neural networks and the CoordConv solution".
    """

    def call(self, inputs):
        sizes = inputs.shape[1:-1]
        lines = [tf.linspace(-1.0, 1.0, size) for size in sizes]
        grid = tf.stack(tf.meshgrid(*lines, indexing="ij"), axis=-1)[None]
        grid = tf.tile(tf.cast(grid, inputs.dtype), [tf.shape(inputs)[0]] + [1] * (len(sizes) + 1))
        return tf.concat([inputs, grid], axis=-1)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], input_shape[-1] + len(input_shape) - 2)


class Logit(keras.layers.Layer):
    """Inverse of the sigmoid, for values kept ``margin`` away from 0 and 1."""

    def __init__(self, margin: float = 1e-3, **kwargs):
        super().__init__(**kwargs)
        self.margin = margin

    def call(self, inputs):
        kept = tf.clip_by_value(inputs, self.margin, 1.0 - self.margin)
        return tf.math.log(kept) - tf.math.log1p(-kept)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "margin": self.margin}


class HistoryBuffer(keras.layers.Layer):
    """A pool of past fakes: return each window or, half of the time, an older one in exchange for it.

    Parameters
    ----------
    size : int
        Windows kept.
    seed : int
        Of the exchange.

    Notes
    -----
    Until the pool is full, windows are stored and returned as they are. The pool and its count are
    variables, so a checkpoint holds them and a resumed run continues exactly.

    References
    ----------
    Shrivastava et al. 2017, "Learning from simulated and unsupervised images", section 2.3.
    """

    def __init__(self, size: int, *, seed: int, **kwargs):
        super().__init__(trainable=False, **kwargs)
        self.size = size
        self.seed_generator = keras.random.SeedGenerator(seed)

    def build(self, input_shape):
        shape = (self.size, *input_shape[1:])
        self.pool = self.add_weight(name="pool", shape=shape, initializer="zeros", trainable=False, dtype="float32")
        self.count = self.add_weight(name="count", shape=(), initializer="zeros", trainable=False, dtype="int32")

    def call(self, windows):
        windows = tf.cast(windows, tf.float32)
        batch = windows.shape[0]
        count = tf.convert_to_tensor(self.count)
        draws = tf.random.stateless_uniform([2, batch], self.seed_generator.next())
        filling = count + tf.range(batch) < self.size
        older = tf.cast(draws[0] * tf.cast(self.size, tf.float32), tf.int32)
        slot = tf.where(filling, tf.minimum(count + tf.range(batch), self.size - 1), older)
        exchange = tf.logical_and(tf.logical_not(filling), draws[1] < 0.5)
        pool = tf.convert_to_tensor(self.pool)
        pick = tf.reshape(exchange, [-1] + [1] * (windows.shape.rank - 1))
        result = tf.where(pick, tf.gather(pool, slot), windows)
        # windows that neither fill nor are exchanged write back what is there
        keep = tf.logical_or(filling, exchange)
        stored = tf.where(tf.reshape(keep, tf.shape(pick)), windows, tf.gather(pool, slot))
        self.pool.assign(tf.tensor_scatter_nd_update(pool, slot[:, None], stored))
        self.count.assign(tf.minimum(count + batch, self.size))
        return result


class TemporalFilter(keras.layers.Layer):
    """A fixed filter in time for every channel, and a shift; windows are continued with their outermost frames.

    Parameters
    ----------
    taps : ndarray of float32, shape (tap, channel)
        An odd number, from the latest frame that is added to the earliest one.
    step : int
        Frames between taps.
    shift : ndarray of float32, shape (channel,)
    """

    def __init__(self, taps, *, step: int, shift, trainable: bool = False, **kwargs):
        super().__init__(trainable=trainable, **kwargs)
        self.taps, self.step, self.shift = taps, step, shift

    def call(self, inputs):
        reach, n_frames = len(self.taps) // 2 * self.step, inputs.shape[1]
        before, after = (tf.repeat(end, reach, axis=1) for end in (inputs[:, :1], inputs[:, -1:]))
        padded = tf.concat([before, inputs, after], axis=1)
        starts = range(2 * reach, -1, -self.step)
        return self.shift + tf.add_n(
            [tap * padded[:, first : first + n_frames] for tap, first in zip(self.taps, starts, strict=True)]
        )

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "taps": self.taps, "step": self.step, "shift": self.shift}


class StateTable(keras.layers.Layer):
    """A fixed gain and shift for every channel, which depend on whether a slow mean of them is high or low.

    Parameters
    ----------
    gain, shift : ndarray of float32, shape (2, channel)
        Of the low and of the high state.
    component : ndarray of float32, shape (channel,)
    threshold : float
        The state is high where the component, averaged over ``n_frames``, is above it.
    n_frames : int
        Windows are continued with their outermost frames.
    """

    def __init__(self, gain, shift, *, component, threshold: float, n_frames: int, trainable: bool = False, **kwargs):
        super().__init__(trainable=trainable, **kwargs)
        self.gain, self.shift, self.component = gain, shift, component
        self.threshold, self.n_frames = threshold, n_frames

    def call(self, inputs):
        level = tf.tensordot(inputs, self.component, 1)[..., None]
        ends = zip((level[:, :1], level[:, -1:]), (self.n_frames // 2, (self.n_frames - 1) // 2), strict=True)
        before, after = (tf.repeat(end, reach, axis=1) for end, reach in ends)
        slow = tf.nn.avg_pool1d(tf.concat([before, level, after], axis=1), self.n_frames, 1, "VALID")
        high = slow > self.threshold
        return tf.where(high, self.gain[1], self.gain[0]) * inputs + tf.where(high, self.shift[1], self.shift[0])

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        own = ("gain", "shift", "component", "threshold", "n_frames")
        return {**super().get_config(), **{name: getattr(self, name) for name in own}}


def crop_like(inputs, reference, *, name: str):
    """Crop the end of every axis of ``inputs`` to the size it has in ``reference``, in a layer called ``name``.

    Two stride-2 layers and two transposed ones bring a width of 102 back as 104.
    """
    excess = [have - want for have, want in zip(inputs.shape[1:-1], reference.shape[1:-1], strict=True)]
    if not any(excess):
        return inputs
    if len(excess) == 1:
        return keras.layers.Cropping1D((0, excess[0]), name=name)(inputs)
    return keras.layers.Cropping2D(tuple((0, e) for e in excess), name=name)(inputs)
