"""Samples and streams of them as a Spike-GAN's configuration asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cyclegan_neuro.populations.prepared import PreparedSamples, prepare_samples
from cyclegan_neuro.systems.spike_gan.config import Config

if TYPE_CHECKING:
    import tensorflow as tf

__all__ = ["prepare", "samples_per_step", "steps_per_epoch", "training_stream"]


def prepare(config: Config) -> PreparedSamples:
    """Read or simulate activity; see :func:`~cyclegan_neuro.populations.prepared.prepare_samples`."""
    return prepare_samples(config.data, repeat_bins=config.evaluation.baselines.repeat_bins)


def samples_per_step(config: Config) -> int:
    """Return the samples that one ``train_step`` consumes."""
    return config.training.batch_size * config.objective.critic_updates


def steps_per_epoch(config: Config, prepared: PreparedSamples) -> int:
    """Return the generator updates of an epoch: those asked for, or one pass over the training samples."""
    return config.training.generator_updates or max(1, len(prepared.train) // samples_per_step(config))


def training_stream(config: Config, prepared: PreparedSamples, *, start_step: int) -> tf.data.Dataset:
    """Return endless batches, each with the samples of all critic updates of a step."""
    from cyclegan_neuro.populations.streams import sample_stream

    return sample_stream(
        prepared,
        batch_size=samples_per_step(config),
        n_steps_per_epoch=steps_per_epoch(config, prepared),
        seed=config.training.seed,
        start_step=start_step,
    )
