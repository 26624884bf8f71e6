"""A critic of coordination: it tells recorded samples from ones whose neurons were never recorded together.

The critic of a GAN sees what its generator does not do yet; that need not be what the neurons do. Against samples that
take each neuron from another recorded one, all that neurons do alone, rates, refractoriness and slow changes, is the
same on both sides. What is left for the critic to see is what they do together.
"""

from __future__ import annotations

import logging

import keras
import tensorflow as tf

from cyclegan_neuro.networks import objectives
from cyclegan_neuro.populations.prepared import PreparedSamples
from cyclegan_neuro.systems.spike_gan.config import Config
from cyclegan_neuro.systems.spike_gan.data import training_stream
from cyclegan_neuro.systems.spike_gan.model import CriticTrainer
from cyclegan_neuro.systems.spike_gan.networks import build_critic

__all__ = ["fit_coordination_critic", "mixed_neurons"]

_log = logging.getLogger(__name__)

_WARM_UP_SHARE = 10
"""Warm-up takes a tenth of the steps at most: those of the run may be more than all of this training."""


def fit_coordination_critic(config: Config, prepared: PreparedSamples) -> keras.Model:
    """Train a critic of coordination, as the run's own critic was trained but for what it is shown.

    Parameters
    ----------
    config : Config
        Network, objective, batch size and learning rate are those of the run; the number of steps is
        ``evaluation.importance.coordination_steps``.
    prepared : PreparedSamples

    Returns
    -------
    keras.Model
        Activity, shape (batch, bin, neuron), to one unbounded number.
    """
    training, objective = config.training, config.objective
    steps = config.evaluation.importance.coordination_steps
    _log.info("training a critic of coordination (%s updates)", f"{steps * objective.critic_updates:,}")
    seed = training.seed + 200
    trainer = _CoordinationTrainer(
        critic=build_critic(config.model, n_bins=prepared.n_bins, n_neurons=prepared.n_neurons, seed=seed),
        objective=objectives.get("wgangp", lambda_gp=objective.lambda_gp),
        critic_updates=objective.critic_updates,
        seed=seed + 1,
    )
    warmup_steps = min(training.warmup_steps, steps // _WARM_UP_SHARE)
    trainer.compile_for(training.model_copy(update={"warmup_steps": warmup_steps}), steps=steps)
    trainer.fit(training_stream(config, prepared, start_step=0), steps_per_epoch=steps, shuffle=False, verbose=0)
    return trainer.critic


def mixed_neurons(samples, seed):
    """Return samples whose neurons come from different ones of ``samples``, each used once.

    Parameters
    ----------
    samples : tensor, shape (batch, bin, neuron)
    seed : int tensor, shape (2,)
    """
    shape = tf.shape(samples)
    order = tf.argsort(tf.random.stateless_uniform([shape[2], shape[0]], seed))
    by_neuron = tf.gather(tf.transpose(samples, (2, 0, 1)), order, batch_dims=1)
    return tf.transpose(by_neuron, (1, 2, 0))


class _CoordinationTrainer(CriticTrainer):
    def __init__(self, *, critic, objective, critic_updates: int, seed: int):
        super().__init__(name="coordination")
        self.critic, self.objective, self.critic_updates = critic, objective, critic_updates
        self.penalty_seed = keras.random.SeedGenerator(seed)
        self.mixing_seed = keras.random.SeedGenerator(seed + 1)

    def train_step(self, data):
        (samples,) = data
        for real in tf.split(samples, self.critic_updates):
            logs = self.update_critic(real, mixed_neurons(real, self.mixing_seed.next()))
        return self.record(logs)
