"""From a configuration and prepared data to a compiled CycleGAN."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from cyclegan_neuro.networks import objectives
from cyclegan_neuro.systems.compilation import resolve_jit
from cyclegan_neuro.systems.cyclegan.config import Config
from cyclegan_neuro.systems.cyclegan.data import critic_updates, windows_per_step
from cyclegan_neuro.systems.cyclegan.model import CycleGAN
from cyclegan_neuro.systems.cyclegan.networks import InputStatistics, build_discriminator, build_generator
from cyclegan_neuro.systems.optimizers import adam
from cyclegan_neuro.windows.pipeline import steps_per_epoch
from cyclegan_neuro.windows.prepare import windows_of
from cyclegan_neuro.windows.prepared import Day, PreparedPair

__all__ = ["build_cyclegan"]


def build_cyclegan(config: Config, prepared: PreparedPair) -> CycleGAN:
    """Build and compile the trainer; call inside the strategy's scope and with the precision set.

    Parameters
    ----------
    config : Config
    prepared : PreparedPair
        Gives the sizes and the statistics of the training windows.
    """
    seed = config.training.seed
    size = {"window_frames": prepared.window_frames, "n_neurons": prepared.n_neurons}
    day_x, day_y = (_statistics_of_training_windows(d, prepared.window_frames) for d in (prepared.x, prepared.y))
    n_replicas = tf.distribute.get_strategy().num_replicas_in_sync
    model = CycleGAN(
        generator_g=build_generator(config.model, **size, seed=seed, source=day_x, target=day_y, name="G"),
        generator_f=build_generator(config.model, **size, seed=seed + 1, source=day_y, target=day_x, name="F"),
        discriminator_x=build_discriminator(config.model, **size, seed=seed + 2, source=day_x, name="D_X"),
        discriminator_y=build_discriminator(config.model, **size, seed=seed + 3, source=day_y, name="D_Y"),
        objective=objectives.get(
            config.objective.name,
            lambda_gp=config.objective.lambda_gp,
            dragan_c=config.objective.dragan_c,
            lsgan_sigmoid=config.objective.lsgan_sigmoid,
        ),
        distance=config.objective.distance,
        lambda_cycle=config.objective.lambda_cycle,
        lambda_identity=config.objective.lambda_identity,
        adversarial_weight=config.objective.adversarial_weight,
        critic_updates=critic_updates(config),
        history_windows=config.objective.history_windows,
        n_replicas=n_replicas,
        seed=seed + 4,
    )
    steps = config.training.epochs * steps_per_epoch(prepared, windows_per_step(config))
    model.compile(
        generator_optimizer=adam(
            config.training,
            config.training.learning_rate_generator,
            steps=steps,
            averaging=config.training.weight_averaging,
            name="generator_optimizer",
        ),
        discriminator_optimizer=adam(
            config.training,
            config.training.learning_rate_discriminator,
            steps=steps,
            updates_per_step=critic_updates(config),
            name="discriminator_optimizer",
        ),
        jit_compile=resolve_jit(config.training),
    )
    return model


def _statistics_of_training_windows(day: Day, window_frames: int, most: int = 64) -> InputStatistics:
    starts = day.starts.train[:: max(1, len(day.starts.train) // most)]
    windows = windows_of(day, starts, window_frames)
    return InputStatistics(float(np.mean(windows, dtype=np.float64)), float(np.std(windows, dtype=np.float64)) or 1.0)
