"""Spike-GAN with a ``train_step`` of its own (Molano-Mazon et al. 2018, section 2.1), and the critic that it shares."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

from cyclegan_neuro.networks import objectives
from cyclegan_neuro.networks.objectives import WGANGP
from cyclegan_neuro.populations.prepared import PreparedSamples
from cyclegan_neuro.systems.spike_gan.config import Config
from cyclegan_neuro.systems.spike_gan.data import steps_per_epoch
from cyclegan_neuro.systems.spike_gan.networks import build_critic, build_generator
from cyclegan_neuro.systems.trainer import AdversarialTrainer, ReplicaSeeds

__all__ = ["CriticTrainer", "MomentError", "SpikeGAN", "build_spike_gan"]


class CriticTrainer(AdversarialTrainer):
    """A critic that learns to tell recorded samples from others; a subclass's ``train_step`` says from which.

    Attributes
    ----------
    critic : keras.Model
        Activity, shape (batch, bin, neuron), to one unbounded number.
    """

    critic: keras.Model

    @property
    def learned(self):
        return {"critic": self.critic.trainable_variables}

    @property
    def logs(self):
        return ("wasserstein", "penalty", "gradient_norm_critic")

    def update_critic(self, real, other):
        """Update the critic once on float32 samples, shape (batch, bin, neuron); return its logs."""
        with self.minimise("critic") as update:
            critique = self.critique(self.critic, real, other)
            update.loss = critique.penalty + critique.loss
        return {
            "wasserstein": -critique.loss, "penalty": critique.penalty, "gradient_norm_critic": update.gradient_norm
        }  # fmt: skip


class SpikeGAN(CriticTrainer):
    """A generator of population activity and its critic, trained with WGAN-GP.

    Parameters
    ----------
    generator : keras.Model
        Noise, shape (batch, noise), to activity in [0, 1], shape (batch, bin, neuron).
    critic : keras.Model
        See :class:`CriticTrainer`.
    objective : WGANGP
    critic_updates : int
        Critic updates per ``train_step``, each on its own samples.
    draws_spikes : bool
        Whether the critic reads spikes drawn from what the generator gives, as it reads recorded ones, instead of the
        probabilities; the gradient passes the draw unchanged (straight-through; Bengio et al. 2013).
    seed : int
        Of the noise and of the points of the penalty.
    """

    monitor = "val_moment_error"
    progress_keys = ("wasserstein", "penalty")

    def __init__(self, *, generator, critic, objective: WGANGP, critic_updates=5, draws_spikes=False, seed=0):
        super().__init__(name="spike_gan")
        self.generator, self.critic = generator, critic
        self.objective, self.critic_updates, self.draws_spikes = objective, critic_updates, draws_spikes
        self.noise_seed = ReplicaSeeds(seed)
        self.penalty_seed = ReplicaSeeds(seed + 1)
        self.validation_seed = seed + 2
        self.moment_error = MomentError(critic.input_shape[-1])

    @property
    def learned(self):
        return {"generator": self.generator.trainable_variables, **super().learned}

    @property
    def logs(self):
        return ("wasserstein", "penalty", "generator", "gradient_norm_generator", "gradient_norm_critic", "mean_fake")

    # -- one update --------------------------------------------------------------------------------

    def train_step(self, data):
        """Update the critic ``critic_updates`` times, then the generator once (Gulrajani et al. 2017, Algorithm 1)."""
        (samples,) = data
        for real in tf.split(samples, self.critic_updates):
            critic_logs = self.update_critic(real, self.generate(tf.shape(real)[0]))
        return self.record({**critic_logs, **self.update_generator(tf.shape(real)[0])})

    def update_generator(self, n_samples):
        """Update the generator once, with as many samples; return its logs."""
        with self.minimise("generator") as update:
            fake = self.generate(n_samples)
            update.loss = self.objective.generator_loss(self.critic(fake, training=True))
        return {
            "generator": update.loss, "gradient_norm_generator": update.gradient_norm, "mean_fake": tf.reduce_mean(fake)
        }  # fmt: skip

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
        seed=seed + 2,
    )
    model.compile_for(training, steps=training.epochs * steps_per_epoch(config, prepared))
    return model


class MomentError(keras.metrics.Metric):
    """Relative distance of means, covariances and covariances with the next bin, averaged over the three.

    Each is the Frobenius norm of the difference over that of the recorded value. Probabilities stand for spikes: what
    they give on average; only the variances, which spikes have and probabilities have not, are left out.

    Parameters
    ----------
    n_neurons : int
    """

    def __init__(self, n_neurons: int, name: str = "moment_error"):
        super().__init__(name=name, dtype="float32")
        shapes = {"count": (), "mean": (n_neurons,), "same": (n_neurons, n_neurons), "next": (n_neurons, n_neurons)}
        self._sums = [
            {key: self.add_variable(shape, initializer="zeros", name=f"{side}_{key}") for key, shape in shapes.items()}
            for side in ("recorded", "generated")
        ]

    def update_state(self, recorded, generated):
        for sums, samples in zip(self._sums, (recorded, generated), strict=True):
            samples = tf.cast(samples, tf.float32)
            n_bins = samples.shape[1]
            sums["count"].assign_add(tf.cast(tf.shape(samples)[0], tf.float32))
            sums["mean"].assign_add(tf.einsum("sbi->i", samples) / n_bins)
            sums["same"].assign_add(tf.einsum("sbi,sbj->ij", samples, samples) / n_bins)
            sums["next"].assign_add(tf.einsum("sbi,sbj->ij", samples[:, :-1], samples[:, 1:]) / (n_bins - 1))

    def result(self):
        recorded, generated = (_moments(sums) for sums in self._sums)
        errors = [
            tf.norm(one - other) / tf.maximum(tf.norm(one), 1e-12)
            for one, other in zip(recorded, generated, strict=True)
        ]
        return tf.add_n(errors) / len(errors)


def _moments(sums):
    count = tf.maximum(tf.convert_to_tensor(sums["count"]), 1.0)
    mean = tf.convert_to_tensor(sums["mean"]) / count
    outer = mean[:, None] * mean[None]
    same = tf.convert_to_tensor(sums["same"]) / count - outer
    return mean, tf.linalg.set_diag(same, tf.zeros_like(mean)), tf.convert_to_tensor(sums["next"]) / count - outer
