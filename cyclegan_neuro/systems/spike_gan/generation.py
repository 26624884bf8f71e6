"""Activity from a trained generator."""

from __future__ import annotations

from functools import partial

import numpy as np
import tensorflow as tf

from cyclegan_neuro.evaluation.samples.generated import GeneratedSamples, Generator, as_recorded
from cyclegan_neuro.populations.prepared import PreparedSamples
from cyclegan_neuro.systems.spike_gan.config import Config

__all__ = ["generate_activity", "generate_samples", "generator_of"]


def generate_activity(generator, n_samples: int, *, seed: int, batch_size: int) -> np.ndarray:
    """Generate activity in [0, 1] from standard normal noise, float32, shape (sample, bin, neuron).

    One seed gives the same noise, whatever the batch size; more samples begin with the same ones.
    """
    random = np.random.default_rng(seed)
    call = tf.function(lambda noise: generator(noise, training=False), reduce_retracing=True)
    activity = np.empty((n_samples, *generator.output_shape[1:]), np.float32)
    for first in range(0, n_samples, batch_size):
        noise = random.standard_normal((min(batch_size, n_samples - first), generator.input_shape[-1]), np.float32)
        activity[first : first + len(noise)] = call(noise)
    return activity


def generate_samples(
    generator, prepared: PreparedSamples, n_samples: int, *, seed: int, batch_size: int
) -> GeneratedSamples:
    """Generate samples as they leave the system: spikes drawn once, with the same seed, or traces in ΔF/F."""
    return as_recorded(generate_activity(generator, n_samples, seed=seed, batch_size=batch_size), prepared, seed=seed)


def generator_of(config: Config, prepared: PreparedSamples, trainer) -> Generator:
    """Return what gives the samples that an evaluation asks for, with the trainer's present weights."""
    section = config.evaluation
    return partial(generate_samples, trainer.generator, prepared, seed=section.seed, batch_size=section.batch_size)
