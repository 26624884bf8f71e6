"""The CycleGAN of Li et al.: ``train_step`` is Eqs. 1 to 5 of the paper's section 2.2.

``G``: x → y and ``F``: y → x; ``D_X`` and ``D_Y`` tell recorded from generated windows.
"""

from __future__ import annotations

from functools import partial

import keras
import numpy as np
import tensorflow as tf

from cyclegan_neuro.errors import ConfigurationError
from cyclegan_neuro.networks import objectives
from cyclegan_neuro.networks.layers import HistoryBuffer
from cyclegan_neuro.networks.moment_distance import MomentDistance
from cyclegan_neuro.networks.objectives import DISTANCES, Objective, mae
from cyclegan_neuro.systems.cyclegan.config import Config, critic_updates, windows_per_step
from cyclegan_neuro.systems.cyclegan.knowledge import transports
from cyclegan_neuro.systems.cyclegan.networks import InputStatistics, backbone_of, build_discriminator, build_generator
from cyclegan_neuro.systems.cyclegan.noise import build_noise_encoder, numbered_noise
from cyclegan_neuro.systems.trainer import AdversarialTrainer, ReplicaSeeds
from cyclegan_neuro.windows.pipeline import steps_per_epoch
from cyclegan_neuro.windows.prepared import Day, PreparedPair

__all__ = ["CycleGAN", "build_cyclegan"]


class CycleGAN(AdversarialTrainer):
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
    lambda_cycle, lambda_identity, lambda_change, adversarial_weight : float
        That of the change needs generators with a backbone.
    critic_updates : int
        Discriminator updates per ``train_step``, each on its own windows.
    history_windows : int
        Size of the pools of past fakes; 0 for none.
    noise_encoders : (keras.Model, keras.Model), optional
        Of G and of F, where they read noise: what was drawn, from a window and its translation.
    lambda_noise : float
        Weight of how well they read it.
    seed : int
        Of the gradient penalties, the history and the noise.

    Notes
    -----
    Shared work is done once: x and y pass each generator in one call, the fakes of the generators' update serve the
    discriminators', and one backward pass over L_G + L_F gives the gradients of both generators. That is exact: the
    terms of L_F that are not in L_G, D_X(F(y)) and |F(x) - x|, do not depend on G, and vice versa.
    """

    monitor = "val_moment_distance"
    progress_keys = ("cycle_x", "cycle_y", "generator_g", "discriminator_y")

    def __init__(
        self, *, generator_g, generator_f, discriminator_x, discriminator_y, objective: Objective, distance="mae",
        lambda_cycle=10.0, lambda_identity=5.0, lambda_change=0.0, adversarial_weight=1.0, critic_updates=1,
        history_windows=0, noise_encoders=None, lambda_noise=1.0, seed=0,
    ):  # fmt: skip
        super().__init__(name="cyclegan")
        self.generator_g, self.generator_f = generator_g, generator_f
        # Keras puts averages in the place of the first variables: those that averages are kept of come first
        self.encoder_g: keras.Model | None
        self.encoder_f: keras.Model | None
        self.encoder_g, self.encoder_f = noise_encoders or (None, None)
        self.discriminator_x, self.discriminator_y = discriminator_x, discriminator_y
        self.objective, self.distance = objective, DISTANCES[distance]
        self.lambda_cycle, self.lambda_identity = lambda_cycle, lambda_identity
        self.adversarial_weight, self.critic_updates = adversarial_weight, critic_updates
        self.lambda_change = lambda_change
        if lambda_change:
            self.backbone_g, self.backbone_f = backbone_of(generator_g), backbone_of(generator_f)
        self.penalty_seed = ReplicaSeeds(seed)
        self.moment_distance = MomentDistance(*generator_g.output_shape[1:3])
        self.lambda_noise = lambda_noise
        if noise_encoders:
            self.noise_seed = ReplicaSeeds(seed + 3)
        self.history_x = self.history_y = tf.identity
        if history_windows:
            if tf.distribute.get_strategy().num_replicas_in_sync > 1:
                raise ConfigurationError(
                    "objective.history_windows", got=f"{history_windows} on several devices",
                    expected="0 there: each would keep a pool of its own, and a checkpoint holds one",
                    fix="set objective.history_windows=0, or training.devices=one_gpu or cpu",
                )  # fmt: skip
            self.history_x = HistoryBuffer(history_windows, seed=seed + 1, name="history_x")
            self.history_y = HistoryBuffer(history_windows, seed=seed + 2, name="history_y")
            for history in (self.history_x, self.history_y):
                history.build(generator_g.output_shape)

    @property
    def learned(self):
        encoders = [v for one in (self.encoder_g, self.encoder_f) if one for v in one.trainable_variables]
        return {
            "generator": self.generator_g.trainable_variables + self.generator_f.trainable_variables + encoders,
            "discriminator": self.discriminator_x.trainable_variables + self.discriminator_y.trainable_variables,
        }

    @property
    def logs(self):
        return (
            "generator_g", "generator_f", "adversarial_g", "adversarial_f", "cycle_x", "cycle_y", "identity_x",
            "identity_y", "discriminator_x", "discriminator_y", "mean_real_x", "mean_fake_x", "mean_real_y",
            "mean_fake_y", "gradient_norm_generators", "gradient_norm_discriminators",
            *(("penalty_x", "penalty_y") if self.objective.has_penalty else ()),
            *(("change_x", "change_y") if self.lambda_change else ()),
            *(("noise_x", "noise_y") if self.encoder_g else ()),
        )  # fmt: skip

    # -- one update --------------------------------------------------------------------------------

    def train_step(self, data):
        """Update the discriminators ``critic_updates`` times and the generators once."""
        g, f, d_x, d_y = (
            partial(_see, network, training=True)
            for network in (self.generator_g, self.generator_f, self.discriminator_x, self.discriminator_y)
        )
        *before, (x, y) = zip(*(_parts(day, self.critic_updates) for day in data), strict=True)
        for earlier_x, earlier_y in before:
            fakes = {"fake_y": g(*earlier_x, self._drawn(earlier_x)), "fake_x": f(*earlier_y, self._drawn(earlier_y))}
            self.update_discriminators(earlier_x, earlier_y, **fakes)
        noise_y, noise_x = self._drawn(x), self._drawn(y)  # of G and of F
        (x, at_x), (y, at_y) = x, y
        with self.minimise("generator") as generators:
            fake_y, same_y = tf.split(g(tf.concat([x, y], 0), _joined(at_x, at_y), _and_none(noise_y)), 2)  # G(x), G(y)
            fake_x, same_x = tf.split(f(tf.concat([y, x], 0), _joined(at_y, at_x), _and_none(noise_x)), 2)  # F(y), F(x)
            cycled_x = f(fake_y, at_x, _read(self.encoder_f, fake_y, x))  # F(G(x)), G(F(y))
            cycled_y = g(fake_x, at_y, _read(self.encoder_g, fake_x, y))
            adversarial_g = self.objective.generator_loss(d_y(fake_y, at_x))  # Eq. 2; G(x) is at the places of x
            adversarial_f = self.objective.generator_loss(d_x(fake_x, at_y))
            cycle_x, cycle_y = self.distance(x, cycled_x), self.distance(y, cycled_y)  # Eq. 3, both terms
            identity_x, identity_y = self.distance(x, same_x), self.distance(y, same_y)  # Eq. 4
            cycle = self.lambda_cycle * (cycle_x + cycle_y)
            alone_g = self.adversarial_weight * adversarial_g + self.lambda_identity * identity_y
            alone_f = self.adversarial_weight * adversarial_f + self.lambda_identity * identity_x
            change = {}
            if self.lambda_change:  # not in the paper
                change = {
                    "change_x": self.distance(self.backbone_g(x), fake_y),
                    "change_y": self.distance(self.backbone_f(y), fake_x),
                }
                alone_g += self.lambda_change * change["change_x"]
                alone_f += self.lambda_change * change["change_y"]
            noise = {}
            if self.encoder_g:
                read_y, read_x = _read(self.encoder_g, x, fake_y), _read(self.encoder_f, y, fake_x)
                noise = {"noise_y": mae(noise_y, read_y), "noise_x": mae(noise_x, read_x)}
                alone_g += self.lambda_noise * noise["noise_y"]
                alone_f += self.lambda_noise * noise["noise_x"]
            generators.loss = alone_g + alone_f + cycle  # Eq. 5 in both directions; the cycle is in each
        discriminator_logs = self.update_discriminators((x, at_x), (y, at_y), fake_x=fake_x, fake_y=fake_y)
        return self.record({
            "generator_g": alone_g + cycle, "generator_f": alone_f + cycle,
            "adversarial_g": adversarial_g, "adversarial_f": adversarial_f,
            "cycle_x": cycle_x, "cycle_y": cycle_y, "identity_x": identity_x, "identity_y": identity_y,
            "gradient_norm_generators": generators.gradient_norm, **discriminator_logs, **change, **noise,
        })  # fmt: skip

    def _drawn(self, day):
        """Noise for the windows of a generator, (batch, time, channel); None where it reads none."""
        if not self.encoder_g:
            return None
        shape = (tf.shape(day[0])[0], *self.encoder_g.output_shape[1:])
        return tf.random.stateless_normal(shape, self.noise_seed.next())

    def update_discriminators(self, x, y, *, fake_x, fake_y):
        """Update both once, on recorded windows and fakes of their own day; return the logs."""
        (x, at_x), (y, at_y) = x, y
        fake_x, fake_y = self.history_x(fake_x), self.history_y(fake_y)
        with self.minimise("discriminator") as discriminators:
            on_x = self.critique(_knowing(self.discriminator_x, at_x, at_y), x, fake_x)  # F(y) is at the places of y
            on_y = self.critique(_knowing(self.discriminator_y, at_y, at_x), y, fake_y)
            discriminators.loss = on_x.loss + on_x.penalty + on_y.loss + on_y.penalty  # Eq. 1 of both days
        logs = {
            "discriminator_x": on_x.loss, "mean_real_x": on_x.mean_real, "mean_fake_x": on_x.mean_fake,
            "penalty_x": on_x.penalty,
            "discriminator_y": on_y.loss, "mean_real_y": on_y.mean_real, "mean_fake_y": on_y.mean_fake,
            "penalty_y": on_y.penalty, "gradient_norm_discriminators": discriminators.gradient_norm,
        }  # fmt: skip
        return {name: value for name, value in logs.items() if name in self.logs}

    # -- validation --------------------------------------------------------------------------------

    def test_step(self, data):
        """Cycle and identity errors on validation windows, in scaled units, and what ``best`` is chosen by."""
        (x, at_x), (y, at_y) = (_windows_and_condition(day) for day in data)
        g, f = partial(_see, self.generator_g, training=False), partial(_see, self.generator_f, training=False)
        noise = self._validation_noise(x)
        fake_y, same_y = tf.split(g(tf.concat([x, y], 0), _joined(at_x, at_y), _and_none(noise)), 2)
        fake_x, same_x = tf.split(f(tf.concat([y, x], 0), _joined(at_y, at_x), _and_none(noise)), 2)
        logs = {
            "cycle_x": mae(x, f(fake_y, at_x, _read(self.encoder_f, fake_y, x, training=False))),
            "cycle_y": mae(y, g(fake_x, at_y, _read(self.encoder_g, fake_x, y, training=False))),
            "identity_x": mae(x, same_x),
            "identity_y": mae(y, same_y),
        }
        self.moment_distance.update_state(x, y, fake_y, fake_x)
        return {**self.record(logs, weight=tf.shape(x)[0]), "moment_distance": self.moment_distance.result()}

    def _validation_noise(self, windows):
        """Noise that a window has in every validation, whatever the batches."""
        if not self.encoder_g:
            return None
        first = tf.cast(self.moment_distance.n_windows, tf.int32)  # that this validation has seen
        return numbered_noise(first + tf.range(tf.shape(windows)[0]), self.encoder_g.output_shape[1:], seed=0)

    @property
    def metrics(self):
        return [*super().metrics, self.moment_distance]

    @property
    def kept_metrics(self):
        return super().metrics  # every validation begins the distance anew, and its sums are matrices


def _windows_and_condition(day):
    """Windows of a batch and what networks see beside them, (batch, time, channel); None for nothing."""
    return day if isinstance(day, tuple) else (day, None)


def _parts(day, n: int):
    """Windows and condition of each of ``n`` updates."""
    windows, at = _windows_and_condition(day)
    return zip(tf.split(windows, n), [None] * n if at is None else tf.split(at, n), strict=True)


def _see(network, windows, at, noise=None, *, training):
    beside = {"condition": at, "noise": noise}
    given = [windows, *(beside[one.name] for one in network.inputs[1:])]
    return network(given if given[1:] else windows, training=training)


def _and_none(noise):
    """Noise of translated windows, then none of those that stay on their day, which chance should not move."""
    return None if noise is None else tf.concat([noise, tf.zeros_like(noise)], 0)


def _read(encoder, window, translation, *, training=True):
    return None if encoder is None else encoder([window, translation], training=training)


def _knowing(network, at_real, at_fake):
    """A discriminator of recorded windows, then generated ones, where it is given both; of recorded ones alone else."""
    at = _joined(at_real, at_fake)

    def judge(windows, training):
        return _see(network, windows, None if at is None else at[: tf.shape(windows)[0]], training=training)

    return judge


def _joined(first, second):
    return None if first is None else tf.concat([first, second], 0)


def build_cyclegan(config: Config, prepared: PreparedPair) -> CycleGAN:
    """Build and compile the trainer; the data give sizes and statistics. Call inside the strategy's scope."""
    seed, objective = config.training.seed, config.objective
    frame = {"window_frames": prepared.window_frames, "n_neurons": prepared.n_neurons}
    size = frame | {"n_conditions": 0 if prepared.x.condition is None else prepared.x.condition.shape[1]}
    day_x, day_y = (_statistics_of_training_windows(d, prepared.window_frames) for d in (prepared.x, prepared.y))
    to_y, to_x = (
        {"source": source, "target": target, "transport": table}
        for source, target, table in zip((day_x, day_y), (day_y, day_x), transports(config, prepared), strict=True)
    )
    encoders = None
    if config.model.noise_channels:
        read = partial(build_noise_encoder, config.model, **frame)
        encoders = read(seed=seed + 20, std=day_y.std, name="E_G"), read(seed=seed + 21, std=day_x.std, name="E_F")
    model = CycleGAN(
        generator_g=build_generator(config.model, **size, **to_y, seed=seed, name="G"),
        generator_f=build_generator(config.model, **size, **to_x, seed=seed + 1, name="F"),
        discriminator_x=build_discriminator(config.model, **size, seed=seed + 2, source=day_x, name="D_X"),
        discriminator_y=build_discriminator(config.model, **size, seed=seed + 3, source=day_y, name="D_Y"),
        objective=objectives.get(
            objective.name,
            lambda_gp=objective.lambda_gp,
            dragan_c=objective.dragan_c,
            lsgan_sigmoid=objective.lsgan_sigmoid,
        ),
        distance=objective.distance,
        lambda_cycle=objective.lambda_cycle,
        lambda_identity=objective.lambda_identity,
        lambda_change=objective.lambda_change,
        adversarial_weight=objective.adversarial_weight,
        critic_updates=critic_updates(config),
        history_windows=objective.history_windows,
        noise_encoders=encoders,
        lambda_noise=objective.lambda_noise,
        seed=seed + 4,
    )
    steps_of_an_epoch = steps_per_epoch(prepared, windows_per_step(config))
    model.compile_for(config.training, steps=config.training.epochs * steps_of_an_epoch)
    return model


def _statistics_of_training_windows(day: Day, window_frames: int, most: int = 64) -> InputStatistics:
    starts = day.starts.train[:: max(1, len(day.starts.train) // most)]
    windows = day.windows(starts, window_frames)
    return InputStatistics(float(np.mean(windows, dtype=np.float64)), float(np.std(windows, dtype=np.float64)) or 1.0)
