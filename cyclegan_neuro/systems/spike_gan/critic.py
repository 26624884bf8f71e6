"""A critic that tells recorded samples from others, trained with WGAN-GP (Gulrajani et al. 2017)."""

from __future__ import annotations

import keras
import tensorflow as tf

from cyclegan_neuro.networks.objectives import WGANGP
from cyclegan_neuro.systems.trainer import Trainer

__all__ = ["CriticTrainer"]


class CriticTrainer(Trainer):
    """The half of a GAN that learns to tell; what it is told apart from, a subclass says in its ``train_step``.

    Attributes
    ----------
    critic : keras.Model
        Activity, shape (batch, bin, neuron), to one unbounded number.
    critic_optimizer : keras.optimizers.Optimizer
        Built.
    objective : WGANGP
    critic_updates : int
        Critic updates per ``train_step``, each on its own samples: a batch holds ``critic_updates`` times
        ``batch_size`` samples.
    n_replicas : int
        Devices over which a batch is divided. Replicas sum gradients, so losses are divided by it.
    penalty_seed : keras.random.SeedGenerator
        Of the points of the penalty.
    """

    critic: keras.Model
    critic_optimizer: keras.optimizers.Optimizer
    objective: WGANGP
    critic_updates: int
    n_replicas: int
    penalty_seed: keras.random.SeedGenerator

    def update_critic(self, real, other):
        """Update the critic once; return its logs.

        Parameters
        ----------
        real, other : float32 tensor, shape (batch, bin, neuron)
        """
        variables = self.critic.trainable_variables
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch([v.value for v in variables])
            on_real, on_other = tf.split(self.critic(tf.concat([real, other], 0), training=True), 2)
            distance = -self.objective.discriminator_loss(on_real, on_other)
            penalty = self.objective.penalty(self._critic_in_training, real, other, self.penalty_seed)
            scaled = self.critic_optimizer.scale_loss((penalty - distance) / self.n_replicas)
        norm = self.apply_gradients_of(tape, scaled, variables, self.critic_optimizer)
        return {"wasserstein": distance, "penalty": penalty, "gradient_norm_critic": norm}

    def _critic_in_training(self, points):
        return self.critic(points, training=True)
