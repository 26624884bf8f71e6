"""Where the run is, and running means that survive an interruption."""

from __future__ import annotations

import keras

from cyclegan_neuro.training.position import Position
from cyclegan_neuro.training.state import State, write_metrics

__all__ = ["Track"]


class Track(keras.callbacks.Callback):
    """Count steps; must come first.

    Parameters
    ----------
    position : Position
    state : State, optional
        Of a checkpoint inside an epoch: ``fit`` resets the metrics when it begins the rest of that epoch,
        and this puts their values back.
    """

    def __init__(self, position: Position, state: State | None):
        super().__init__()
        self.position = position
        self._state = state

    def on_epoch_begin(self, epoch, logs=None):
        if self._state is not None:
            write_metrics(self.model, self._state)
            self._state = None

    def on_train_batch_end(self, batch, logs=None):
        self.position.step += 1
