"""From a configuration and prepared samples to a compiled Spike-GAN."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from cyclegan_neuro.networks import objectives
from cyclegan_neuro.populations.prepared import PreparedSamples
from cyclegan_neuro.systems.compilation import resolve_jit
from cyclegan_neuro.systems.optimizers import adam
from cyclegan_neuro.systems.spike_gan.config import Config
from cyclegan_neuro.systems.spike_gan.data import steps_per_epoch
from cyclegan_neuro.systems.spike_gan.model import SpikeGAN
from cyclegan_neuro.systems.spike_gan.networks import build_critic, build_generator

__all__ = ["build_spike_gan"]


def build_spike_gan(config: Config, prepared: PreparedSamples) -> SpikeGAN:
    """Build and compile the trainer; call inside the strategy's scope and with the precision set."""
    seed, training = config.training.seed, config.training
    size = {"n_bins": prepared.n_bins, "n_neurons": prepared.n_neurons}
    covered = prepared.values[: prepared.train[-1] + prepared.n_bins]
    model = SpikeGAN(
        generator=build_generator(config.model, **size, seed=seed, mean=covered.mean(axis=0, dtype=np.float64)),
        critic=build_critic(config.model, **size, seed=seed + 1),
        objective=objectives.get("wgangp", lambda_gp=config.objective.lambda_gp),
        critic_updates=config.objective.critic_updates,
        draws_spikes=config.model.draw_spikes,
        n_replicas=tf.distribute.get_strategy().num_replicas_in_sync,
        seed=seed + 2,
    )
    steps = training.epochs * steps_per_epoch(config, prepared)
    model.compile(
        generator_optimizer=adam(
            training,
            training.learning_rate_generator,
            steps=steps,
            averaging=training.weight_averaging,
            name="generator_optimizer",
        ),
        critic_optimizer=adam(
            training,
            training.learning_rate_discriminator,
            steps=steps,
            updates_per_step=config.objective.critic_updates,
            name="critic_optimizer",
        ),
        jit_compile=resolve_jit(training),
    )
    return model
