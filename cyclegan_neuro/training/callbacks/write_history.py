"""A row of ``history.csv`` per epoch."""

from __future__ import annotations

import keras

from cyclegan_neuro.training.history import History

__all__ = ["WriteHistory"]


class WriteHistory(keras.callbacks.Callback):
    """Write all logs of an epoch; before the checkpoint, so that no restored epoch lacks its row."""

    def __init__(self, history: History):
        super().__init__()
        self.history = history

    def on_epoch_end(self, epoch, logs=None):
        self.history.append({"epoch": epoch + 1, **logs})
