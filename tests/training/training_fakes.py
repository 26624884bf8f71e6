"""A tiny system with all that is hard to resume: dropout, two optimizers, running means, averaged weights."""

from __future__ import annotations

import json
import os
import signal
import sys
from dataclasses import dataclass, field
from typing import Literal

import keras
import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure

from cyclegan_neuro.configuration.fields import Section, setting
from cyclegan_neuro.configuration.sections import EvaluationSection, ReportSection, TrainingSection
from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings.digest import content_sha256
from cyclegan_neuro.systems.base import System
from cyclegan_neuro.systems.optimizers import resolve_jit
from cyclegan_neuro.systems.trainer import Trainer
from cyclegan_neuro.training.state import read_state

FEATURES = 6
STEPS_PER_EPOCH = 5
BATCH = 4


class FakeData(Section):
    path: str = setting("somewhere", "Ignored.")
    seed: int = setting(0, "Of the values.")
    broken: bool = setting(False, "Cannot be read.")


class FakeSection(Section):
    units: int = setting(5, "Width.")
    chance: bool = setting(True, "Dropout and noise, which replicas draw on their own.")
    nan_after_step: int = setting(-1, "Step after which the loss is NaN; -1 is never.")
    out_of_memory: bool = setting(False, "Every step fails for lack of memory.")


class FakeConfig(Section):
    system: Literal["fake"] = setting("fake", "Name.")
    data: FakeData = setting(FakeData, "Data.")
    model: FakeSection = setting(FakeSection, "Networks.")
    training: TrainingSection = setting(TrainingSection, "Training.")
    evaluation: EvaluationSection = setting(EvaluationSection, "Evaluation.")
    report: ReportSection = setting(ReportSection, "Report.")


def make_config(*, data=None, model=None, **training) -> FakeConfig:
    shared = {"epochs": 3, "batch_size": BATCH, "figures_every_epochs": 0, "learning_rate_generator": 0.01}
    return FakeConfig(
        data=FakeData(**(data or {})),
        model=FakeSection(**(model or {})),
        training=TrainingSection(**(shared | training)),
    )


@dataclass(frozen=True, eq=False)
class FakePrepared:
    values: np.ndarray
    inputs: dict
    findings: tuple = ()
    notes: tuple = ()
    extra: dict = field(default_factory=dict)


class FakeTrainer(Trainer):
    monitor = "val_loss_a"
    progress_keys = ("loss_a", "loss_b")
    logs = ("loss_a", "loss_b", "gradient_norm")

    def __init__(self, section: FakeSection, *, seed: int):
        super().__init__(name="fake")
        self.section = section
        self.a, self.b = (self._network(section, seed + i, name) for i, name in enumerate("ab"))
        self.noise = keras.random.SeedGenerator(seed + 9)
        self.traces = 0

    @staticmethod
    def _network(section, seed, name):
        start = keras.initializers.GlorotUniform(seed)
        inputs = keras.Input((FEATURES,))
        hidden = keras.layers.Dense(section.units, activation="relu", kernel_initializer=start)(inputs)
        hidden = keras.layers.Dropout(0.3 * section.chance, seed=seed)(hidden)
        outputs = keras.layers.Dense(FEATURES, kernel_initializer=start, dtype="float32")(hidden)
        return keras.Model(inputs, outputs, name=name)

    @property
    def learned(self):
        return {"a": self.a.trainable_variables, "b": self.b.trainable_variables}

    def train_step(self, data):
        self.traces += 1  # counts traces, not steps
        if self.section.out_of_memory:
            raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor with shape[9,9]")
        logs = {}
        for name, network in (("a", self.a), ("b", self.b)):
            with self.minimise(name) as update:
                shaken = data + keras.random.normal(tf.shape(data), stddev=0.1 * self.section.chance, seed=self.noise)
                update.loss = tf.reduce_mean(tf.abs(network(shaken, training=True) - data))
                if self.section.nan_after_step >= 0:
                    step = tf.cast(self.named_optimizers["b"].iterations, tf.int32)
                    update.loss *= tf.where(step >= self.section.nan_after_step, np.float32("nan"), 1.0)
            logs[f"loss_{name}"] = update.loss
        return self.record({**logs, "gradient_norm": update.gradient_norm})

    def test_step(self, data):
        return self.record({"loss_a": tf.reduce_mean(tf.abs(self.a(data, training=False) - data))})


class FakeSystem(System):
    name, title, citation = "fake", "Fake", "Nobody (2021)."
    Config = FakeConfig

    def prepare(self, config, *, run_directory=None):
        if config.data.broken:
            raise RecordingError("day.h5", got="noise", expected="activity", fix="record again")
        values = np.random.default_rng(config.data.seed).normal(size=(40, FEATURES)).astype("float32")
        if run_directory is not None:
            np.savez(run_directory / "scaling.npz", maximum=values.max(0))
        inputs = {"x": {"path": config.data.path, "shape": values.shape, "sha256": content_sha256(values)}}
        return FakePrepared(values, inputs)

    def build(self, config, prepared):
        trainer = FakeTrainer(config.model, seed=config.training.seed)
        average = config.training.weight_averaging
        optimizers = [
            keras.optimizers.Adam(config.training.learning_rate_generator, use_ema=average > 0, ema_momentum=average),
            keras.optimizers.RMSprop(config.training.learning_rate_discriminator),
        ]
        if config.training.precision == "mixed_float16":
            optimizers = [keras.optimizers.LossScaleOptimizer(optimizer) for optimizer in optimizers]
        trainer.compile(dict(zip("ab", optimizers, strict=True)), jit_compile=resolve_jit(config.training))
        return trainer

    def steps_per_epoch(self, config, prepared):
        return STEPS_PER_EPOCH

    def training_stream(self, config, prepared, *, start_step):
        values = tf.constant(prepared.values)

        def batch(step):
            rows = tf.random.stateless_uniform([BATCH], [config.training.seed, step], 0, len(values), tf.int32)
            return tf.ensure_shape(tf.gather(values, rows), [BATCH, FEATURES])

        return tf.data.Dataset.counter(start_step).map(batch)

    def validation_dataset(self, config, prepared):
        return tf.data.Dataset.from_tensor_slices(prepared.values[:8]).batch(4, drop_remainder=True)

    def training_figures(self, config, prepared, trainer):
        figure = Figure(figsize=(1, 1))
        figure.subplots().plot(trainer.a(prepared.values[:1])[0])
        return {"traces/a": figure}

    def evaluate(self, config, prepared, trainer, *, cache_directory=None):
        return trainer.a(prepared.values).numpy()


SYSTEM = FakeSystem()


def stop_at(step: int, number: int, patch) -> None:
    """Send this process a signal when ``step`` updates are done; ``patch`` is pytest's MonkeyPatch."""
    from cyclegan_neuro.training.callbacks import Position

    count = Position.on_train_batch_end

    def count_and_signal(self, batch, logs=None):
        count(self, batch, logs)
        if self.step == step:
            os.kill(os.getpid(), number)

    patch.setattr(Position, "on_train_batch_end", count_and_signal)


def run_in_a_process(output_dir: str, *, stop_at_step=0, kill_at_step=0, resume=False, **config) -> None:
    """Train in a process of its own, until a signal comes if one is to come; end as the command line does."""
    import pytest

    from cyclegan_neuro.cli.console import report_user_errors
    from cyclegan_neuro.training.run import train

    if stop_at_step or kill_at_step:
        number = signal.SIGTERM if stop_at_step else signal.SIGKILL
        stop_at(stop_at_step or kill_at_step, number, pytest.MonkeyPatch())
    with report_user_errors():
        train(SYSTEM, make_config(**config), output_dir=output_dir, resume=resume)


if __name__ == "__main__":
    run_in_a_process(sys.argv[1], **json.loads(sys.argv[2]))


def differing(run, other):
    """Return the paths of the variables that are not equal bit for bit."""
    state, wanted = read_state(run.trainer), read_state(other.trainer)
    assert state.keys() == wanted.keys()
    assert sum(map(len, state.values())) > 30
    return [
        path
        for group in state
        for (path, value), (_, other_value) in zip(state[group], wanted[group], strict=True)
        if value.tobytes() != other_value.tobytes()
    ]
