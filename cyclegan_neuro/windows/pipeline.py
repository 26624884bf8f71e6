"""tf.data pipelines over start frames: windows are gathered when they are needed and never stored.

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

from typing import Literal

import numpy as np
import tensorflow as tf

from cyclegan_neuro.windows.memory import is_shareable
from cyclegan_neuro.windows.prepared import Day, PreparedPair

__all__ = ["batches", "steps_per_epoch", "training_stream"]

_STREAMS = ("x", "y")
_BATCHES_AHEAD = 2
_FOREVER = np.iinfo(np.int64).max


def steps_per_epoch(prepared: PreparedPair, batch_size: int) -> int:
    """Return the number of whole batches in the day with more training windows (at least 1)."""
    n_windows = max(len(prepared.x.starts.train), len(prepared.y.starts.train))
    return max(1, n_windows // batch_size)


def training_stream(
    prepared: PreparedPair,
    *,
    batch_size: int,
    n_steps_per_epoch: int,
    seed: int,
    start_step: int = 0,
    end_step: int | None = None,
) -> tf.data.Dataset:
    """Return training batches of both days, shuffled independently.

    Parameters
    ----------
    prepared : PreparedPair
    batch_size : int
        Windows of each day per batch.
    n_steps_per_epoch : int
        Batches per epoch, see :func:`steps_per_epoch`. Every epoch begins new permutations; a day
        with fewer windows than an epoch takes goes on with further permutations of its own.
    seed : int
    start_step : int
        Global step (counted from 0 over all epochs) of the first batch.
    end_step : int, optional
        Global step before which the stream ends; endless without.

    Returns
    -------
    tf.data.Dataset
        Of ``(x, y)``, float32, (batch, time, neuron, 1). Depends only on ``prepared``, sizes, ``seed``
        and step: beginning at step ``k`` equals skipping ``k`` batches, at no cost.
    """
    n_samples = n_steps_per_epoch * batch_size
    cutters = [_Cutter(getattr(prepared, name), prepared.window_frames) for name in _STREAMS]
    orders = [
        _Order(getattr(prepared, name).starts.train, n_samples, seed, stream) for stream, name in enumerate(_STREAMS)
    ]
    first_epoch, first_step = divmod(start_step, n_steps_per_epoch)

    def epoch_of_starts(epoch):
        begin = tf.where(epoch == first_epoch, tf.constant(first_step * batch_size, tf.int64), 0)
        return tf.data.Dataset.from_tensor_slices(tuple(order(epoch)[begin:] for order in orders))

    def cut(*starts):
        return tuple(cutter(part) for cutter, part in zip(cutters, starts, strict=True))

    stream = tf.data.Dataset.range(first_epoch, _FOREVER).flat_map(epoch_of_starts)
    stream = stream.batch(batch_size, drop_remainder=True)
    if end_step is not None:
        stream = stream.take(end_step - start_step)
    return _delivered(stream.map(cut))


def batches(
    prepared: PreparedPair, *, which: Literal["validation", "test"] = "validation", batch_size: int
) -> tf.data.Dataset:
    """Return the windows of a part of both days, in fixed order, once.

    Windows are combined by index (pairs where y is Φ(X)); surplus windows of one day are left out.

    Parameters
    ----------
    prepared : PreparedPair
    which : {"validation", "test"}
    batch_size : int
        The last batch is smaller where the windows do not fill it.

    Returns
    -------
    tf.data.Dataset
        Of ``(x, y)``, float32, (batch, time, neuron, 1).
    """
    starts = [getattr(getattr(prepared, name).starts, which) for name in _STREAMS]
    n_windows = min(map(len, starts))
    cutters = [_Cutter(getattr(prepared, name), prepared.window_frames) for name in _STREAMS]

    def cut(*both):
        return tuple(cutter(part) for cutter, part in zip(cutters, both, strict=True))

    pairs = tf.data.Dataset.from_tensor_slices(tuple(part[:n_windows] for part in starts))
    return _delivered(pairs.batch(batch_size).map(cut))


def _delivered(windows: tf.data.Dataset) -> tf.data.Dataset:
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


class _Cutter:
    """Gathers windows of one day from its values, which TensorFlow holds once, outside any graph."""

    def __init__(self, day: Day, window_frames: int):
        self.values = _tensor(day.values)
        self.mask = None if day.transform is None else _tensor(day.transform.mask)
        self.offset = None if day.transform is None else _tensor(day.transform.offset)
        self.window_frames = window_frames

    def __call__(self, starts: tf.Tensor) -> tf.Tensor:
        frames = starts[:, None] + tf.range(self.window_frames, dtype=tf.int64)
        windows = tf.gather(self.values, frames)
        if self.mask is not None:
            windows = self.mask * windows + tf.gather(self.offset, frames)
        return windows[..., None]


def _tensor(values: np.ndarray) -> tf.Tensor:
    """Bring an array to TensorFlow, sharing its memory where that can be; on the CPU, where tf.data runs."""
    if is_shareable(values):
        return tf.experimental.dlpack.from_dlpack(values.__dlpack__())
    with tf.device("CPU:0"):
        return tf.identity(tf.constant(values))  # tf.constant alone keeps a second copy alive
