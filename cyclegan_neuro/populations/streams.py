"""Batches of samples for training and validation."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from cyclegan_neuro.populations.prepared import PreparedSamples
from cyclegan_neuro.windows.segmentation import spaced
from cyclegan_neuro.windows.streams import delivered, shared_tensor, shuffled_starts

__all__ = ["held_out_batches", "sample_stream"]

_MOST_HELD_OUT = 2048


def sample_stream(
    prepared: PreparedSamples, *, batch_size: int, n_steps_per_epoch: int, seed: int, start_step: int
) -> tf.data.Dataset:
    """Return endless batches of training samples, float32, (batch, bin, neuron), from global step ``start_step`` on."""
    stream = shuffled_starts(
        [prepared.train],
        batch_size=batch_size,
        n_steps_per_epoch=n_steps_per_epoch,
        seed=seed,
        start_step=start_step,
    )
    cut = _cutter(prepared)
    return delivered(stream.map(lambda starts: (cut(starts),)))


def held_out_batches(prepared: PreparedSamples, *, batch_size: int) -> tf.data.Dataset:
    """Return (number of the batch, held-out samples), always the same; at most 2,048 samples, evenly spread."""
    starts = spaced(prepared.held_out, _MOST_HELD_OUT)
    batches = tf.data.Dataset.from_tensor_slices(starts).batch(batch_size).enumerate()
    cut = _cutter(prepared)
    return delivered(batches.map(lambda number, part: (number, cut(part))))


def _cutter(prepared: PreparedSamples):
    values, offsets = shared_tensor(prepared.values), tf.constant(np.arange(prepared.n_bins))
    return lambda starts: tf.cast(tf.gather(values, starts[:, None] + offsets), tf.float32)
