"""CycleGANs that align a later day to an earlier one: bin by bin, as published and on matched moments, and windows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np
from _common import ROOT
from _cross_day import STRETCH_BINS, UNIT, EmgDays
from keras import layers

from cyclegan_neuro.configuration.loading import load_config
from cyclegan_neuro.configuration.sections import TrainingSection
from cyclegan_neuro.evaluation.days.translation import ModelTranslator
from cyclegan_neuro.networks import objectives
from cyclegan_neuro.systems.cyclegan.config import Config
from cyclegan_neuro.systems.cyclegan.knowledge import seen_by_networks
from cyclegan_neuro.systems.cyclegan.model import CycleGAN, build_cyclegan
from cyclegan_neuro.windows.pipeline import training_stream
from cyclegan_neuro.windows.prepared import Day, PreparedPair, Starts
from cyclegan_neuro.windows.scaling import Scaling, apply
from cyclegan_neuro.windows.segmentation import coverage

CONFIG = ROOT / "configs" / "cyclegan" / "cross_day.yaml"
_BATCH_BINS, _UNITS = 256, 96


@dataclass(frozen=True)
class Mlp:
    """A CycleGAN that sees one bin at a time.

    Attributes
    ----------
    backbone : bool
        Generators add to z-scores, and the other day's moments come out: they begin as moment matching. Without, they
        make spike counts per bin, as published.
    hidden : int
        Layers of a generator before the last, of 96 units; discriminators have two.
    dropout : float
    training : dict
        Of a :class:`TrainingSection`.
    updates, every : int
        Of the generators in all, and between two looks at the alignment.
    """

    backbone: bool
    hidden: int
    dropout: float
    training: dict[str, Any]
    updates: int
    every: int

    def build(self, days: EmgDays, seed: int) -> tuple[CycleGAN, PreparedPair, PreparedPair]:
        """Return the trainer, the pair that it is trained on, and the pair that its generators translate."""
        pair = days.pair(STRETCH_BINS)
        if self.backbone:
            pair = seen_by_networks(Config.model_validate({"model": {"backbone": "moments"}}), pair)
        else:
            counts = Scaling(*(np.full(pair.n_neurons, end, np.float32) for end in (0.0, pair.frame_rate_hz / UNIT)))
            pair = replace(pair, **{day: _scaled(pair[day], counts) for day in ("x", "y")})
        trainer = _mlp_cyclegan(pair.n_neurons, self, seed)
        section = TrainingSection(
            batch_size=_BATCH_BINS, seed=seed, devices="cpu", deterministic=False, **self.training
        )
        trainer.compile_for(section, steps=self.updates)
        return trainer, _bins(pair), pair

    @property
    def batch_size(self) -> int:
        return _BATCH_BINS


@dataclass(frozen=True)
class Package:
    """The CycleGAN of ``configs/cyclegan/cross_day.yaml``, with other settings."""

    settings: tuple[str, ...] = ()
    updates: int = 2400
    every: int = 400
    batch_size: int = 16

    def build(self, days: EmgDays, seed: int) -> tuple[CycleGAN, PreparedPair, PreparedPair]:
        """As of :class:`Mlp`."""
        config = load_config(CONFIG, Config, overrides=[*self.settings, f"training.seed={seed}"])
        pair = seen_by_networks(config, days.pair(config.windows.window_frames))
        return build_cyclegan(config, pair), pair, pair


LEARNERS: dict[str, Mlp | Package] = {
    "published": Mlp(
        backbone=False, hidden=2, dropout=0.2, updates=16_800, every=840,
        training={"learning_rate_generator": 1e-3, "learning_rate_discriminator": 1e-2},
    ),
    "residual": Mlp(
        backbone=True, hidden=1, dropout=0.0, updates=6_000, every=400,
        training={
            "learning_rate_generator": 3e-4, "learning_rate_discriminator": 1e-3,
            "adam_beta_1": 0.5, "weight_averaging": 0.999,
        },
    ),
    "package": Package(("model.backbone=null", "model.input_skip=true", "model.standardize_inputs=true")),
    "package_residual": Package(),
}  # fmt: skip
"""``published``: Ma et al. 2023 and the code that they published, 400 passes; there the epoch is chosen with EMG."""


def looks(days: EmgDays, learner: Mlp | Package, seed: int) -> Iterator[np.ndarray]:
    """Train, and yield rates (bin, channel) with the later day aligned, every few updates.

    References
    ----------
    Ma et al., "Using adversarial networks to extend brain computer interface decoding accuracy over time" (eLife 2023).
    """
    trainer, trained_on, translated = learner.build(days, seed)
    trainer.make_train_function()
    stream = training_stream(
        trained_on,
        batch_size=learner.batch_size,
        n_steps_per_epoch=learner.updates,
        seed=seed,
        end_step=learner.updates,
    )
    generators: list[Callable] = [trainer.generator_g, trainer.generator_f]
    if isinstance(learner, Mlp):
        generators = [_bin_by_bin(one) for one in generators]
    translator = ModelTranslator(*generators, translated)
    batches = iter(stream)
    for _ in range(learner.updates // learner.every):
        for _ in range(learner.every):
            trainer.train_function(batches)
        with trainer.average_weights():
            yield days.aligned(translator, translated)


def _scaled(day: Day, scaling: Scaling) -> Day:
    return replace(day, values=apply(day.recording.dff, scaling), scaling=scaling)


def _bins(pair: PreparedPair) -> PreparedPair:
    """The pair in windows of one bin, so that the bins of a batch are independent."""

    def apart(day: Day) -> Day:
        n_frames = day.recording.n_frames
        parts = [
            np.flatnonzero(coverage(starts, window_frames=pair.window_frames, n_frames=n_frames))
            for starts in (day.starts.train, day.starts.validation, day.starts.test)
        ]
        return replace(day, starts=Starts(*parts, stretches=day.starts.stretches))

    return replace(pair, window_frames=1, x=apart(pair.x), y=apart(pair.y))


def _bin_by_bin(generator: keras.Model) -> Callable:
    def call(windows: np.ndarray, training: bool) -> np.ndarray:
        made = generator(windows.reshape(-1, 1, *windows.shape[2:]), training=training)
        return np.reshape(made, windows.shape)

    return call


def _mlp_cyclegan(n_channels: int, settings: Mlp, seed: int) -> CycleGAN:
    generators = [_generator(n_channels, settings, 10 * seed + i, name) for i, name in enumerate("GF")]
    discriminators = [_discriminator(n_channels, settings, 10 * seed + 2 + i, f"D_{day}") for i, day in enumerate("XY")]
    return CycleGAN(
        generator_g=generators[0], generator_f=generators[1],
        discriminator_x=discriminators[0], discriminator_y=discriminators[1],
        objective=objectives.get("lsgan"), lambda_cycle=5.0, lambda_identity=5.0, seed=seed,
    )  # fmt: skip


def _hidden(tensor, n_layers: int, settings: Mlp, seed: int):
    for layer in range(n_layers):
        make = keras.initializers.HeNormal(seed=100 * seed + layer)
        tensor = layers.Dense(_UNITS, kernel_initializer=make)(tensor)
        tensor = layers.Dropout(settings.dropout, seed=100 * seed + layer)(tensor)
        tensor = layers.LeakyReLU(0.2 if settings.backbone else 0.0)(tensor)
    return tensor


def _generator(n_channels: int, settings: Mlp, seed: int, name: str) -> keras.Model:
    given = keras.Input((1, n_channels, 1))
    tensor = layers.Reshape((1, n_channels))(given)
    last = "zeros" if settings.backbone else keras.initializers.GlorotUniform(seed=100 * seed + 99)
    made = layers.Dense(n_channels, kernel_initializer=last)(_hidden(tensor, settings.hidden, settings, seed))
    made = layers.Add()([tensor, made]) if settings.backbone else layers.ReLU()(made)
    return keras.Model(given, layers.Reshape(given.shape[1:])(made), name=name)


def _discriminator(n_channels: int, settings: Mlp, seed: int, name: str) -> keras.Model:
    given = keras.Input((1, n_channels, 1))
    tensor = _hidden(layers.Reshape((1, n_channels))(given), 2, settings, seed)
    score = layers.Dense(1, kernel_initializer=keras.initializers.HeNormal(seed=100 * seed + 99))(tensor)
    return keras.Model(given, score, name=name)
