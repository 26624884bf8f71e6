"""tf.data pipelines over start frames: windows are gathered when they are needed and never stored."""

from __future__ import annotations

from typing import Literal

import tensorflow as tf

from cyclegan_neuro.windows.prepared import Day, PreparedPair
from cyclegan_neuro.windows.streams import delivered, shared_tensor, shuffled_starts

__all__ = ["batches", "steps_per_epoch", "training_stream"]


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
        Of ``(x, y)``, float32, (batch, time, neuron, 1); where days have a ``condition`` x and y are pairs of windows
        and it, (batch, time, channel). Depends only on ``prepared``, sizes, ``seed`` and step: beginning at step ``k``
        equals skipping ``k`` batches, at no cost.
    """
    stream = shuffled_starts(
        [day.starts.train for day in (prepared.x, prepared.y)],
        batch_size=batch_size,
        n_steps_per_epoch=n_steps_per_epoch,
        seed=seed,
        start_step=start_step,
    )
    if end_step is not None:
        stream = stream.take(end_step - start_step)
    return delivered(stream.map(_cutters(prepared)))


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
        As :func:`training_stream`.
    """
    starts = [getattr(day.starts, which) for day in (prepared.x, prepared.y)]
    n_windows = min(map(len, starts))
    pairs = tf.data.Dataset.from_tensor_slices(tuple(part[:n_windows] for part in starts))
    return delivered(pairs.batch(batch_size).map(_cutters(prepared)))


def _cutters(prepared: PreparedPair):
    """Return the function of start frames of both days that cuts their windows."""
    cutters = [_Cutter(day, prepared.window_frames) for day in (prepared.x, prepared.y)]
    return lambda *starts: tuple(cutter(part) for cutter, part in zip(cutters, starts, strict=True))


class _Cutter:
    """Gathers windows of one day from its values, which TensorFlow holds once, outside any graph."""

    def __init__(self, day: Day, window_frames: int):
        self.values = shared_tensor(day.values)
        phi = day.transform
        self.phi = None if phi is None else (shared_tensor(phi.mask), shared_tensor(phi.offset))
        self.condition = None if day.condition is None else shared_tensor(day.condition)
        self.window_frames = window_frames

    def __call__(self, starts: tf.Tensor):
        frames = starts[:, None] + tf.range(self.window_frames, dtype=tf.int64)
        windows = tf.gather(self.values, frames)
        if self.phi is not None:
            mask, offset = self.phi
            windows = mask * windows + tf.gather(offset, frames)
        windows = windows[..., None]
        return windows if self.condition is None else (windows, tf.gather(self.condition, frames))
