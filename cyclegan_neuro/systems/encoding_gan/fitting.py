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

        def drawn(logits, number):
            uniform = tf.random.stateless_uniform(tf.shape(logits), tf.stack([seed, 2 * number + 1]))
            return tf.cast(counts_of(tf.cast(uniform < tf.sigmoid(logits), tf.float32), self.trainer.levels), tf.uint8)

        return self._in_parts(stimuli, seed, drawn)

    def exceedance(self, stimuli: np.ndarray) -> np.ndarray:
        """Exact without noise, else the mean over 200 draws of it."""
        import tensorflow as tf

        draws = _NOISE_DRAWS if self.generator.n_sources else 1
        shape = len(stimuli), draws, -1, self.trainer.levels

        def reached(logits, number):
            return tf.math.cumprod(
                tf.reshape(tf.sigmoid(logits), (tf.shape(logits)[0], -1, self.trainer.levels)), axis=2
            )

        levels = self._in_parts(np.repeat(stimuli, draws), 0, reached).astype(np.float64)
        return np.moveaxis(levels.reshape(shape).mean(axis=1), 2, 0)

    def _in_parts(self, stimuli: np.ndarray, seed: int, act) -> np.ndarray:
        """Return what ``act`` makes of logits, (response, ...), in calls of equal size."""
        import tensorflow as tf

        size, first_layer = min(self.trainer.config.evaluation.batch_size, len(stimuli)), self._first_layer

        @tf.function
        def call(part, number):
            first, day = tf.gather(first_layer, part), tf.gather(self.trainer.day, part)
            noise = tf.random.stateless_normal((size, self.generator.n_sources), tf.stack([seed, 2 * number]))
            return act(self.generator.late([first, noise, day], training=False), number)

        parts = []
        for number, at in enumerate(range(0, len(stimuli), size)):
            part = stimuli[at : at + size].astype(np.int32)
            padded = np.pad(part, (0, size - len(part)), mode="edge")
            parts.append(call(tf.constant(padded), tf.constant(number, tf.int32)).numpy()[: len(part)])
        return np.concatenate(parts)

    @cached_property
    def _first_layer(self) -> tf.Tensor:
        """The first layer of every stimulus, before its noise."""
        import tensorflow as tf

        size, n_stimuli = self.trainer.config.evaluation.batch_size, self.trainer.day.shape[0]
        every = tf.range(n_stimuli)
        parts = [self.generator.early(self.trainer.shown(every[at : at + size])) for at in range(0, n_stimuli, size)]
        return tf.concat(parts, axis=0)


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
