"""tf.data pipelines over start frames: windows are gathered when they are needed and never stored."""

from __future__ import annotations

from typing import Literal

import tensorflow as tf

from cyclegan_neuro.windows.prepared import Day, PreparedPair
from cyclegan_neuro.windows.streams import delivered, shared_tensor, shuffled_starts

__all__ = ["batches", "steps_per_epoch", "training_stream"]

_STREAMS = ("x", "y")


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
    cutters = [_Cutter(getattr(prepared, name), prepared.window_frames) for name in _STREAMS]

    def cut(*starts):
        return tuple(cutter(part) for cutter, part in zip(cutters, starts, strict=True))

    stream = shuffled_starts(
        [getattr(prepared, name).starts.train for name in _STREAMS],
        batch_size=batch_size,
        n_steps_per_epoch=n_steps_per_epoch,
        seed=seed,
        start_step=start_step,
    )
    if end_step is not None:
        stream = stream.take(end_step - start_step)
    return delivered(stream.map(cut))


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
    return delivered(pairs.batch(batch_size).map(cut))


class _Cutter:
    """Gathers windows of one day from its values, which TensorFlow holds once, outside any graph."""

    def __init__(self, day: Day, window_frames: int):
        self.values = shared_tensor(day.values)
        self.mask = None if day.transform is None else shared_tensor(day.transform.mask)
        self.offset = None if day.transform is None else shared_tensor(day.transform.offset)
        self.window_frames = window_frames

    def __call__(self, starts: tf.Tensor) -> tf.Tensor:
        frames = starts[:, None] + tf.range(self.window_frames, dtype=tf.int64)
        windows = tf.gather(self.values, frames)
        if self.mask is not None:
            windows = self.mask * windows + tf.gather(self.offset, frames)
        return windows[..., None]
