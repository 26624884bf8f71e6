"""A pool of past fakes for the discriminators (Shrivastava et al. 2017, section 2.3)."""

from __future__ import annotations

import keras
import tensorflow as tf

__all__ = ["HistoryBuffer"]


class HistoryBuffer(keras.layers.Layer):
    """Return each window or, half of the time, an older one in exchange for it.

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
