"""Streams of training responses, the trainer, and trained networks as an evaluation asks for them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from cyclegan_neuro.populations.responses.responses import PreparedResponses
from cyclegan_neuro.systems.encoding_gan.config import Config

if TYPE_CHECKING:
    import tensorflow as tf

    from cyclegan_neuro.systems.encoding_gan.model import EncodingGAN
    from cyclegan_neuro.systems.encoding_gan.networks import Generator

__all__ = ["Encoder", "build", "training_stream", "validation_dataset"]

_NOISE_DRAWS = 200  # of a stimulus, behind expected counts
_VALIDATION_ROWS = 2000


class Encoder:
    """A trained generator; see :class:`~cyclegan_neuro.evaluation.encoding.model.EncodingModel`.

    Parameters
    ----------
    trainer : EncodingGAN
    generator : Generator
        The trainer's own, or its supervised one.
    name : str
    """

    def __init__(self, trainer: EncodingGAN, generator: Generator, name: str):
        self.trainer, self.generator, self.name = trainer, generator, name

    def sample(self, stimuli: np.ndarray, *, seed: int) -> np.ndarray:
        import tensorflow as tf

        from cyclegan_neuro.systems.encoding_gan.model import counts_of

        def drawn(logits, seed):
            bits = tf.cast(tf.random.stateless_uniform(tf.shape(logits), seed) < tf.sigmoid(logits), tf.float32)
            return tf.cast(counts_of(bits, self.trainer.levels), tf.uint8)

        return self._in_parts(stimuli, seed, drawn)

    def exceedance(self, stimuli: np.ndarray) -> np.ndarray:
        """Exact without noise, else the mean over 200 draws of it."""
        import tensorflow as tf

        draws = _NOISE_DRAWS if self.generator.n_sources else 1

        def reached(logits, seed):
            levels = tf.reshape(tf.sigmoid(logits), (tf.shape(logits)[0], -1, self.trainer.levels))
            return tf.math.cumprod(levels, axis=2)

        every = self._in_parts(np.repeat(stimuli, draws), 0, reached)
        each = every.reshape(len(stimuli), draws, *every.shape[1:]).mean(axis=1, dtype=np.float64)
        return np.moveaxis(each, 2, 0)

    def _in_parts(self, stimuli: np.ndarray, seed: int, act) -> np.ndarray:
        """Return what ``act`` makes of logits and a seed, shape (response, ...)."""
        import tensorflow as tf

        size, parts = self.trainer.config.evaluation.batch_size, []
        for number, at in enumerate(range(0, len(stimuli), size)):
            seeds = tf.random.split(tf.constant([seed, number], tf.int32), 2)
            logits = self._logits(tf.constant(stimuli[at : at + size], tf.int32), seeds[0])
            parts.append(act(logits, seeds[1]).numpy())
        return np.concatenate(parts)

    @cached_property
    def _logits(self):
        """Return a compiled function of stimuli and a seed: logits with noise, one row for each entry."""
        import tensorflow as tf

        trainer, size, n_stimuli = self.trainer, self.trainer.config.evaluation.batch_size, self.trainer.day.shape[0]
        shown = [trainer.shown(tf.range(at, min(at + size, n_stimuli))) for at in range(0, n_stimuli, size)]
        first_layer = tf.concat([self.generator.early(part) for part in shown], axis=0)

        @tf.function(input_signature=(tf.TensorSpec([None], tf.int32), tf.TensorSpec([2], tf.int32)))
        def logits(stimuli, seed):
            noise = tf.random.stateless_normal((tf.shape(stimuli)[0], self.generator.n_sources), seed)
            first, day = tf.gather(first_layer, stimuli), tf.gather(trainer.day, stimuli)
            return self.generator.late([first, noise, day], training=False)

        return logits


def build(config: Config, prepared: PreparedResponses) -> EncodingGAN:
    """Build and compile the trainer."""
    from cyclegan_neuro.systems.encoding_gan.model import EncodingGAN

    trainer, training = EncodingGAN(config, prepared), config.training
    trainer.compile_for(training, steps=(training.epochs - training.supervised_epochs) * training.updates_per_epoch)
    optimizer = trainer.named_optimizers["generator"]
    getattr(optimizer, "inner_optimizer", optimizer).global_clipnorm = training.gradient_clip_norm
    return trainer


def training_stream(config: Config, prepared: PreparedResponses, *, start_step: int) -> tf.data.Dataset:
    """Return endless epochs of training responses, int64, shape (update * discriminator update * stimulus,)."""
    from cyclegan_neuro.windows.streams import delivered, shuffled_starts

    training = config.training
    n_rows = training.updates_per_epoch * training.discriminator_updates * training.stimuli_per_update
    return delivered(
        shuffled_starts(
            [prepared.train], batch_size=n_rows, n_steps_per_epoch=1, seed=training.seed, start_step=start_step
        )
    )


def validation_dataset(config: Config, prepared: PreparedResponses) -> tf.data.Dataset:
    """Return (number of the batch, training responses), always the same: nothing held out chooses a checkpoint."""
    import tensorflow as tf

    from cyclegan_neuro.windows.streams import delivered

    size = config.training.stimuli_per_update
    every = np.random.default_rng(config.training.seed).permutation(prepared.train)[:_VALIDATION_ROWS]
    batches = tf.data.Dataset.from_tensor_slices(every).batch(size, drop_remainder=len(every) >= size)
    return delivered(batches.enumerate())
