"""Streams of bins, trainers by method, and trainings beside the run's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
import numpy as np

from cyclegan_neuro.populations.trials.trials import PreparedTrials
from cyclegan_neuro.systems.optimizers import precision, resolve_precision
from cyclegan_neuro.systems.swap_vae.config import LABELS, Config

if TYPE_CHECKING:
    import tensorflow as tf

    from cyclegan_neuro.systems.swap_vae.trainer import TrialsTrainer

__all__ = ["Represented", "build", "fit_method", "training_stream", "validation_dataset"]


class Represented:
    """A trained method as an evaluation asks for it; see :class:`~cyclegan_neuro.evaluation.decoding.model.TrialModel`.

    Parameters
    ----------
    trainer : TrialsTrainer
    name : str
    """

    def __init__(self, trainer: TrialsTrainer, name: str):
        self.trainer, self.name = trainer, name

    def spaces(self, windows: np.ndarray) -> dict[str, np.ndarray]:
        scaled = self.trainer.activity.scaled(windows)
        parts = [self.trainer.spaces(part) for part in self._parts(scaled)]
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    def reconstruct(self, full: np.ndarray) -> np.ndarray | None:
        parts = [self.trainer.reconstruct(part) for part in self._parts(full)]
        return None if parts[0] is None else self.trainer.activity.in_unit(np.concatenate(parts))

    def _parts(self, rows: np.ndarray) -> list[np.ndarray]:
        """Return as many rows as a call takes, again and again."""
        step = self.trainer.config.evaluation.batch_size
        return [rows[at : at + step] for at in range(0, len(rows), step)]


def build(config: Config, prepared: PreparedTrials) -> TrialsTrainer:
    """Build and compile the trainer of ``objective.method``."""
    from cyclegan_neuro.systems.swap_vae.methods import trainer_of

    trainer = trainer_of(config, prepared)
    passes = config.training.epochs * config.training.passes_per_epoch
    training = config.training.model_copy(update={"learning_rate": trainer.learning_rate})
    trainer.compile_for(training, steps=passes * _updates(config, prepared))
    return trainer


def training_stream(config: Config, prepared: PreparedTrials, *, start_step: int) -> tf.data.Dataset:
    """Return endless epochs of training bins, int64, shape (update * batch,), shuffled pass by pass."""
    from cyclegan_neuro.windows.streams import delivered, shuffled_starts

    batch_size = config.training.bins_per_update(len(prepared.train))
    n_bins = config.training.passes_per_epoch * _updates(config, prepared) * batch_size
    return delivered(
        shuffled_starts(
            [prepared.train], batch_size=n_bins, n_steps_per_epoch=1, seed=config.training.seed, start_step=start_step
        )
    )


def validation_dataset(config: Config, prepared: PreparedTrials) -> tf.data.Dataset:
    """Return (number of the batch, held-out bins), always the same."""
    import tensorflow as tf

    from cyclegan_neuro.windows.streams import delivered

    batches = tf.data.Dataset.from_tensor_slices(prepared.held_out).batch(config.training.batch_size)
    return delivered(batches.enumerate())


def fit_method(config: Config, method: str, prepared: PreparedTrials, seed: int) -> Represented:
    """Train a method on other trials or with another seed, as the run was trained."""
    objective = config.objective.model_copy(update={"method": method})
    training = config.training.model_copy(update={"seed": seed})
    config = config.model_copy(update={"objective": objective, "training": training})
    with precision(resolve_precision(config.training)):  # another process knows no policy
        trainer = build(config, prepared)
    stream = training_stream(config, prepared, start_step=0)
    trainer.fit(stream, epochs=config.training.epochs, steps_per_epoch=1, shuffle=False, verbose=0)
    trainer.use_average_weights()
    keras.backend.clear_session(free_memory=False)  # many are trained in a process
    return Represented(trainer, LABELS[method])


def _updates(config: Config, prepared: PreparedTrials) -> int:
    """Updates of a pass; what does not fill a batch waits for the next one."""
    n_bins = len(prepared.train)
    return n_bins // config.training.bins_per_update(n_bins)
