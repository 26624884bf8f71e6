"""Streams of start frames: shuffled anew in every epoch, and continued anywhere at no cost.

The order is a function of the seed and the step alone. Every epoch shuffles the start frames of each day
by a permutation that depends on (seed, day, epoch) only, so a run continues in the middle of an epoch
without replaying the steps before it.

Notes
-----
:func:`tf.random_index_shuffle` would shuffle without an array, but for 3,000 windows it looks at 8 bits of
each word of its seed: epochs 0 and 256, or seeds 1 and 257, get the same order. A permutation of a few
thousand start frames per epoch costs nothing beside one training step.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from cyclegan_neuro.windows.memory import is_shareable

__all__ = ["delivered", "shared_tensor", "shuffled_starts"]

_BATCHES_AHEAD = 2
_FOREVER = np.iinfo(np.int64).max


def shuffled_starts(
    starts: Sequence[np.ndarray], *, batch_size: int, n_steps_per_epoch: int, seed: int, start_step: int = 0
) -> tf.data.Dataset:
    """Return endless batches of start frames of several recordings, shuffled independently.

    Parameters
    ----------
    starts : sequence of ndarray of int64, shape (window,)
        Of each recording.
    batch_size : int
        Windows of each recording per batch.
    n_steps_per_epoch : int
        Batches per epoch. Every epoch begins new permutations; a recording with fewer windows than an epoch takes
        goes on with further permutations of its own.
    seed : int
    start_step : int
        Global step (counted from 0 over all epochs) of the first batch.

    Returns
    -------
    tf.data.Dataset
        Of tuples of int64 tensors, shape (batch,). Depends only on the arguments: beginning at step ``k`` equals
        skipping ``k`` batches.
    """
    n_samples = n_steps_per_epoch * batch_size
    orders = [_Order(part, n_samples, seed, stream) for stream, part in enumerate(starts)]
    first_epoch, first_step = divmod(start_step, n_steps_per_epoch)

    def epoch_of_starts(epoch):
        begin = tf.where(epoch == first_epoch, tf.constant(first_step * batch_size, tf.int64), 0)
        return tf.data.Dataset.from_tensor_slices(tuple(order(epoch)[begin:] for order in orders))

    return tf.data.Dataset.range(first_epoch, _FOREVER).flat_map(epoch_of_starts).batch(batch_size, drop_remainder=True)


def delivered(windows: tf.data.Dataset) -> tf.data.Dataset:
    """Cut ahead of the step; without graph rewrites, which find nothing to gain here and copy every captured tensor."""
    options = tf.data.Options()
    options.experimental_optimization.apply_default_optimizations = False
    options.autotune.enabled = False
    return windows.with_options(options).prefetch(_BATCHES_AHEAD)


class _Order:
    """Start frames of one day in the order of an epoch: as many permutations as the epoch takes."""

    def __init__(self, starts: np.ndarray, n_samples: int, seed: int, stream: int):
        self.n_samples = n_samples
        with tf.device("CPU:0"):
            self.starts, self.seed = tf.constant(starts, tf.int64), tf.constant([seed, stream], tf.int64)
        self.permutations = -(-n_samples // len(starts))

    def __call__(self, epoch: tf.Tensor) -> tf.Tensor:
        parts = []
        for number in range(self.permutations):
            seed = tf.random.fold_in(self.seed, epoch * self.permutations + number, alg="philox")
            parts.append(tf.random.experimental.stateless_shuffle(self.starts, seed, alg="philox"))
        return tf.concat(parts, axis=0)[: self.n_samples]


def shared_tensor(values: np.ndarray) -> tf.Tensor:
    """Bring an array to TensorFlow, sharing its memory where that can be; on the CPU, where tf.data runs."""
    if is_shareable(values):
        return tf.experimental.dlpack.from_dlpack(values.__dlpack__())
    with tf.device("CPU:0"):
        return tf.identity(tf.constant(values))  # tf.constant alone keeps a second copy alive
