"""Checkpoints and the status of the run."""

from __future__ import annotations

import keras

from cyclegan_neuro.training.checkpoints import CheckpointStore
from cyclegan_neuro.training.history import History
from cyclegan_neuro.training.interruption import Interruption, TrainingInterrupted
from cyclegan_neuro.training.position import Position
from cyclegan_neuro.training.state import read_state
from cyclegan_neuro.training.status_file import StatusFile

__all__ = ["Save"]


class Save(keras.callbacks.Callback):
    """Save ``best`` and ``last`` at the end of epochs, and ``last`` at the next batch after a signal.

    Parameters
    ----------
    store : CheckpointStore
    status : StatusFile
    history : History
    position : Position
    interruption : Interruption
    every_epochs : int
        Epochs between checkpoints ``last``; the end of training is always saved.

    Raises
    ------
    TrainingInterrupted
        After a signal, once the state is saved.
    """

    def __init__(
        self,
        store: CheckpointStore,
        *,
        status: StatusFile,
        history: History,
        position: Position,
        interruption: Interruption,
        every_epochs: int,
    ):
        super().__init__()
        self.store, self.status, self.history = store, status, history
        self.position, self.interruption, self.every_epochs = position, interruption, every_epochs
        self._best = store.best_value()

    def on_train_batch_end(self, batch, logs=None):
        # The last batch of an epoch is followed by its validation and row: on_epoch_end saves them together.
        if self.interruption.number is not None and self.position.step_in_epoch != 0:
            self._save("last", read_state(self.model))
            self._stop()

    def on_epoch_end(self, epoch, logs=None):
        done = self.position.step >= self.position.total_steps
        state = read_state(self.model)
        value = logs.get(self.model.monitor)
        if value is not None and value < self._best:
            self._save("best", state, value)
            self._best = value
        if done or (epoch + 1) % self.every_epochs == 0 or self.interruption.number is not None:
            self._save("last", state, value)
        self.status.update(
            epoch=self.position.epoch,
            step=self.position.step,
            windows_per_second=self.history.median("windows_per_second"),
        )
        if self.interruption.number is not None and not done:
            self._stop()

    def _save(self, kind: str, state, value: float | None = None) -> None:
        self.store.save(
            kind,
            state,
            epoch=self.position.epoch,
            step=self.position.step,
            monitor=self.model.monitor,
            value=value,
        )

    def _stop(self) -> None:
        number = self.interruption.number
        status = self.status.update(state="interrupted", epoch=self.position.epoch, step=self.position.step)
        raise TrainingInterrupted(
            str(self.status.directory.path),
            number=number,
            at=f"in epoch {self.position.epoch + 1}, after step {self.position.step}",
            expected=f"{self.position.epochs} epochs",
            resume=f"continue with `{status.resume}`",
        )
