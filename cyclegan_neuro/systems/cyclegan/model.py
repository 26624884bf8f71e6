"""The CycleGAN of Li et al. as a ``keras.Model`` with a custom ``train_step``.

``G``: x → y and ``F``: y → x; ``D_X`` and ``D_Y`` tell recorded from generated windows. Equation
numbers are those of the paper's section 2.2.
"""

from __future__ import annotations

import keras
import tensorflow as tf

from cyclegan_neuro.networks import distances
from cyclegan_neuro.networks.history import HistoryBuffer
from cyclegan_neuro.networks.objectives import Objective
from cyclegan_neuro.systems.cyclegan.criterion import MomentDistance
from cyclegan_neuro.systems.trainer import Trainer

__all__ = ["CycleGAN"]


class CycleGAN(Trainer):
    """Two generators and two discriminators.

    Parameters
    ----------
    generator_g, generator_f : keras.Model
        G: x → y, F: y → x; Functional, (batch, time, neuron, 1) to the same shape.
    discriminator_x, discriminator_y : keras.Model
        Functional, (batch, time, neuron, 1) to patch scores.
    objective : Objective
        GAN, LSGAN, WGANGP or DRAGAN.
    distance : {"mae", "mse"}
        Of the cycle and identity terms.
    lambda_cycle, lambda_identity, adversarial_weight : float
    critic_updates : int
        Discriminator updates per ``train_step``, each on its own windows: a batch holds
        ``critic_updates`` times as many windows as one generator update uses.
    history_windows : int
        Size of the pools of past fakes; 0 for none.
    n_replicas : int
        Devices over which a batch is divided. Replicas sum gradients, so losses are divided by it.
    seed : int
        Of the gradient penalties and the history.

    Notes
    -----
    Work shared, and therefore done once: x and y pass each generator in one call (translation and
    identity), recorded and generated windows pass each discriminator in one call, the fakes of the
    generators' update serve the discriminators' update, and the gradients of both generators come
    from one backward pass over L_G + L_F. That is exact: the terms of L_F that are not in L_G,
    D_X(F(y)) and |F(x) - x|, do not depend on G, and vice versa.
    """

    monitor = "val_moment_distance"
    progress_keys = ("cycle_x", "cycle_y", "generator_g", "discriminator_y")

    def __init__(
        self, *, generator_g, generator_f, discriminator_x, discriminator_y, objective: Objective, distance="mae",
        lambda_cycle=10.0, lambda_identity=5.0, adversarial_weight=1.0, critic_updates=1, history_windows=0,
        n_replicas=1, seed=0,
    ):  # fmt: skip
        super().__init__(name="cyclegan")
        self.generator_g, self.generator_f = generator_g, generator_f
        self.discriminator_x, self.discriminator_y = discriminator_x, discriminator_y
        self.objective, self.distance = objective, distances.get(distance)
        self.lambda_cycle, self.lambda_identity = lambda_cycle, lambda_identity
        self.adversarial_weight, self.critic_updates, self.n_replicas = adversarial_weight, critic_updates, n_replicas
        self.penalty_seed = keras.random.SeedGenerator(seed)
        self.moment_distance = MomentDistance(*generator_g.input_shape[1:3])
        self.history_x = self.history_y = None
        if history_windows:
            self.history_x = HistoryBuffer(history_windows, seed=seed + 1, name="history_x")
            self.history_y = HistoryBuffer(history_windows, seed=seed + 2, name="history_y")
            for history in (self.history_x, self.history_y):
                history.build(generator_g.input_shape)
        self.built = True

    def compile(self, *, generator_optimizer, discriminator_optimizer, **kwargs):
        """Set one optimizer over G and F and one over D_X and D_Y, each with its own loss scale."""
        super().compile(optimizer=generator_optimizer, auto_scale_loss=False, **kwargs)
        self.discriminator_optimizer = discriminator_optimizer
        generator_optimizer.build(self.generator_variables)
        discriminator_optimizer.build(self.discriminator_variables)
        names = (*_TRAINING_LOGS, *(("penalty_x", "penalty_y") if self.objective.has_penalty else ()))
        self.track_means(names)

    # -- one update --------------------------------------------------------------------------------

    def train_step(self, data):
        """Update the discriminators ``critic_updates`` times and the generators once."""
        windows_x, windows_y = (tf.split(windows, self.critic_updates) for windows in data)
        for x, y in zip(windows_x[:-1], windows_y[:-1], strict=True):
            fake_y, fake_x = self.generator_g(x, training=True), self.generator_f(y, training=True)
            self._update_discriminators(x, y, fake_x, fake_y)
        x, y = windows_x[-1], windows_y[-1]
        fake_x, fake_y, generator_logs = self._update_generators(x, y)
        discriminator_logs = self._update_discriminators(x, y, fake_x, fake_y)
        return self.record({**generator_logs, **discriminator_logs})

    def _update_generators(self, x, y):
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch([v.value for v in self.generator_variables])
            fake_y, same_y = tf.split(self.generator_g(tf.concat([x, y], 0), training=True), 2)  # G(x), G(y)
            fake_x, same_x = tf.split(self.generator_f(tf.concat([y, x], 0), training=True), 2)  # F(y), F(x)
            cycled_x = self.generator_f(fake_y, training=True)  # F(G(x))
            cycled_y = self.generator_g(fake_x, training=True)  # G(F(y))
            adversarial_g = self.objective.generator_loss(self.discriminator_y(fake_y, training=True))  # Eq. 2
            adversarial_f = self.objective.generator_loss(self.discriminator_x(fake_x, training=True))
            cycle_x, cycle_y = self.distance(x, cycled_x), self.distance(y, cycled_y)  # Eq. 3, both terms
            identity_x, identity_y = self.distance(x, same_x), self.distance(y, same_y)  # Eq. 4
            cycle = self.lambda_cycle * (cycle_x + cycle_y)
            alone_g = self.adversarial_weight * adversarial_g + self.lambda_identity * identity_y
            alone_f = self.adversarial_weight * adversarial_f + self.lambda_identity * identity_x
            total = (alone_g + alone_f + cycle) / self.n_replicas
            scaled = self.optimizer.scale_loss(total)
        norm = self.apply_gradients_of(tape, scaled, self.generator_variables, self.optimizer)
        return fake_x, fake_y, {
            "generator_g": alone_g + cycle,  # Eq. 5
            "generator_f": alone_f + cycle,  # Eq. 5 in the opposite direction
            "adversarial_g": adversarial_g, "adversarial_f": adversarial_f,
            "cycle_x": cycle_x, "cycle_y": cycle_y,
            "identity_x": identity_x, "identity_y": identity_y,
            "gradient_norm_generators": norm,
        }  # fmt: skip

    def _update_discriminators(self, x, y, fake_x, fake_y):
        if self.history_x is not None:
            fake_x, fake_y = self.history_x(fake_x), self.history_y(fake_y)
        logs, loss = {}, 0.0
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch([v.value for v in self.discriminator_variables])
            for day, network, real, fake in (
                ("x", self.discriminator_x, x, tf.stop_gradient(fake_x)),
                ("y", self.discriminator_y, y, tf.stop_gradient(fake_y)),
            ):
                on_real, on_fake = tf.split(network(tf.concat([real, tf.cast(fake, real.dtype)], 0), training=True), 2)
                logs[f"discriminator_{day}"] = self.objective.discriminator_loss(on_real, on_fake)  # Eq. 1
                logs[f"mean_real_{day}"], logs[f"mean_fake_{day}"] = tf.reduce_mean(on_real), tf.reduce_mean(on_fake)
                loss += logs[f"discriminator_{day}"]
                if self.objective.has_penalty:
                    critic = lambda points, network=network: network(points, training=True)  # noqa: E731
                    logs[f"penalty_{day}"] = self.objective.penalty(critic, real, fake, self.penalty_seed)
                    loss += logs[f"penalty_{day}"]
            scaled = self.discriminator_optimizer.scale_loss(loss / self.n_replicas)
        norm = self.apply_gradients_of(tape, scaled, self.discriminator_variables, self.discriminator_optimizer)
        return {**logs, "gradient_norm_discriminators": norm}

    # -- validation --------------------------------------------------------------------------------

    def test_step(self, data):
        """Cycle and identity errors on validation windows, in scaled units, and what ``best`` is chosen by."""
        x, y = data
        fake_y, same_y = tf.split(self.generator_g(tf.concat([x, y], 0), training=False), 2)
        fake_x, same_x = tf.split(self.generator_f(tf.concat([y, x], 0), training=False), 2)
        logs = {
            "cycle_x": distances.mae(x, self.generator_f(fake_y, training=False)),
            "cycle_y": distances.mae(y, self.generator_g(fake_x, training=False)),
            "identity_x": distances.mae(x, same_x),
            "identity_y": distances.mae(y, same_y),
        }
        self.moment_distance.update_state(x, y, fake_y, fake_x)
        return {**self.record(logs, weight=tf.shape(x)[0]), "moment_distance": self.moment_distance.result()}

    @property
    def metrics(self):
        return [*super().metrics, self.moment_distance]

    @property
    def kept_metrics(self):
        return super().metrics  # every validation begins the distance anew, and its sums are matrices

    # -- weights --------------------------------------------------------------------------

    @property
    def generator_variables(self):
        return self.generator_g.trainable_variables + self.generator_f.trainable_variables

    @property
    def discriminator_variables(self):
        return self.discriminator_x.trainable_variables + self.discriminator_y.trainable_variables

    @property
    def named_optimizers(self):
        return {"generator": self.optimizer, "discriminator": self.discriminator_optimizer}

    @property
    def averaged_variables(self):
        return self.generator_variables


_TRAINING_LOGS = (
    "generator_g", "generator_f", "adversarial_g", "adversarial_f", "cycle_x", "cycle_y", "identity_x", "identity_y",
    "discriminator_x", "discriminator_y", "mean_real_x", "mean_fake_x", "mean_real_y", "mean_fake_y",
    "gradient_norm_generators", "gradient_norm_discriminators",
)  # fmt: skip
