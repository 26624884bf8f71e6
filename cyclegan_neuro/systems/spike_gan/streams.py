"""Batches of samples for training and validation."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from cyclegan_neuro.systems.spike_gan.config import Config
from cyclegan_neuro.systems.spike_gan.data import samples_per_step
from cyclegan_neuro.systems.spike_gan.prepared import PreparedSamples
from cyclegan_neuro.windows.segmentation import spaced
from cyclegan_neuro.windows.streams import delivered, shared_tensor, shuffled_starts

__all__ = ["steps_per_epoch", "training_stream", "validation_batches"]

_MOST_HELD_OUT = 2048


def steps_per_epoch(config: Config, prepared: PreparedSamples) -> int:
    """Return the generator updates of an epoch: those asked for, or one pass over the training samples."""
    return config.training.generator_updates or max(1, len(prepared.train) // samples_per_step(config))


def training_stream(config: Config, prepared: PreparedSamples, *, start_step: int) -> tf.data.Dataset:
    """Return endless batches of samples, float32, (batch, bin, neuron), from global step ``start_step`` on."""
    stream = shuffled_starts(
        [prepared.train],
        batch_size=samples_per_step(config),
        n_steps_per_epoch=steps_per_epoch(config, prepared),
        seed=config.training.seed,
        start_step=start_step,
    )
    cut = _cutter(prepared)
    return delivered(stream.map(lambda starts: (cut(starts),)))


def validation_batches(config: Config, prepared: PreparedSamples) -> tf.data.Dataset:
    """Return (number of the batch, held-out samples), always the same; at most 2,048 samples, evenly spread."""
    starts = spaced(prepared.held_out, _MOST_HELD_OUT)
    batches = tf.data.Dataset.from_tensor_slices(starts).batch(config.evaluation.batch_size).enumerate()
    cut = _cutter(prepared)
    return delivered(batches.map(lambda number, part: (number, cut(part))))


def _cutter(prepared: PreparedSamples):
    values, offsets = shared_tensor(prepared.values), tf.constant(np.arange(prepared.n_bins))
    return lambda starts: tf.cast(tf.gather(values, starts[:, None] + offsets), tf.float32)
