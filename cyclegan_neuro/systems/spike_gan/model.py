"""Spike-GAN as a ``keras.Model`` with a custom ``train_step`` (Molano-Mazon et al. 2018, section 2.1)."""

from __future__ import annotations

import keras
import tensorflow as tf

from cyclegan_neuro.networks.objectives import WGANGP
from cyclegan_neuro.systems.spike_gan.critic import CriticTrainer
from cyclegan_neuro.systems.spike_gan.moments import MomentError

__all__ = ["SpikeGAN"]


class SpikeGAN(CriticTrainer):
    """A generator of population activity and its critic, trained with WGAN-GP.

    Parameters
    ----------
    generator : keras.Model
        Noise, shape (batch, noise), to activity in [0, 1], shape (batch, bin, neuron).
    critic, objective, critic_updates, n_replicas
        See :class:`CriticTrainer`.
    draws_spikes : bool
        Whether the critic reads spikes drawn from what the generator gives, as it reads recorded ones, instead of the
        probabilities; the gradient passes the draw unchanged (straight-through; Bengio et al. 2013).
    seed : int
        Of the noise and of the points of the penalty.
    """

    monitor = "val_moment_error"
    progress_keys = ("wasserstein", "penalty")

    def __init__(
        self, *, generator, critic, objective: WGANGP, critic_updates=5, draws_spikes=False, n_replicas=1, seed=0
    ):
        super().__init__(name="spike_gan")
        self.generator, self.critic = generator, critic
        self.objective, self.critic_updates, self.n_replicas = objective, critic_updates, n_replicas
        self.draws_spikes = draws_spikes
        self.noise_seed = keras.random.SeedGenerator(seed)
        self.penalty_seed = keras.random.SeedGenerator(seed + 1)
        self.validation_seed = seed + 2
        self.moment_error = MomentError(critic.input_shape[-1])
        self.built = True

    def compile(self, *, generator_optimizer, critic_optimizer, **kwargs):
        """Set the optimizers of both networks, each with its own loss scale."""
        super().compile(optimizer=generator_optimizer, auto_scale_loss=False, **kwargs)
        self.critic_optimizer = critic_optimizer
        generator_optimizer.build(self.generator.trainable_variables)
        critic_optimizer.build(self.critic.trainable_variables)
        self.track_means(
            ("wasserstein", "penalty", "generator", "gradient_norm_generator", "gradient_norm_critic", "mean_fake")
        )

    # -- one update --------------------------------------------------------------------------------

    def train_step(self, data):
        """Update the critic ``critic_updates`` times, then the generator once (Gulrajani et al. 2017, Algorithm 1)."""
        samples = data[0] if isinstance(data, tuple) else data
        for real in tf.split(samples, self.critic_updates):
            critic_logs = self.update_critic(real, self.generate(tf.shape(real)[0]))
        return self.record({**critic_logs, **self.update_generator(tf.shape(real)[0])})

    def update_generator(self, n_samples):
        variables = self.generator.trainable_variables
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch([v.value for v in variables])
            fake = self.generate(n_samples)
            loss = self.objective.generator_loss(self.critic(fake, training=True))
            scaled = self.optimizer.scale_loss(loss / self.n_replicas)
        norm = self.apply_gradients_of(tape, scaled, variables, self.optimizer)
        return {"generator": loss, "gradient_norm_generator": norm, "mean_fake": tf.reduce_mean(fake)}

    def generate(self, n_samples):
        """Generate what the critic reads in training, shape (n_samples, bin, neuron), from standard normal noise."""
        noise = tf.random.stateless_normal([n_samples, self.generator.input_shape[-1]], self.noise_seed.next())
        activity = self.generator(noise, training=True)
        if not self.draws_spikes:
            return activity
        uniform = tf.random.stateless_uniform(tf.shape(activity), self.noise_seed.next())
        return activity + tf.stop_gradient(tf.cast(activity > uniform, activity.dtype) - activity)

    # -- validation --------------------------------------------------------------------------------

    def test_step(self, data):
        """Distance of first and second moments between held-out and generated activity."""
        index, real = data
        seed = tf.stack([tf.cast(self.validation_seed, tf.int64), tf.cast(index, tf.int64)])
        noise = tf.random.stateless_normal([tf.shape(real)[0], self.generator.input_shape[-1]], seed)
        self.moment_error.update_state(real, self.generator(noise, training=False))
        return {"moment_error": self.moment_error.result()}

    @property
    def metrics(self):
        return [*super().metrics, self.moment_error]

    # -- weights -----------------------------------------------------------------------------------

    @property
    def named_optimizers(self):
        return {"generator": self.optimizer, "critic": self.critic_optimizer}

    @property
    def averaged_variables(self):
        return self.generator.trainable_variables
