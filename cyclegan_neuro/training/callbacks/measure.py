"""Learning rates, loss scales, speed."""

from __future__ import annotations

import time

import keras

__all__ = ["Measure"]


class Measure(keras.callbacks.Callback):
    """Add to the logs of an epoch what ``train_step`` does not return.

    Adds ``learning_rate_<optimizer>``, under mixed_float16 ``loss_scale_<optimizer>``, ``seconds`` (of the
    epoch with its validation) and ``windows_per_second`` (of training alone).

    Parameters
    ----------
    windows_per_step : int
        Windows of each day that one ``train_step`` consumes.
    """

    def __init__(self, windows_per_step: int):
        super().__init__()
        self.windows_per_step = windows_per_step

    def on_epoch_begin(self, epoch, logs=None):
        self._began = self._last = time.monotonic()
        self._steps = 0

    def on_train_batch_end(self, batch, logs=None):
        self._last = time.monotonic()
        self._steps += 1

    def on_epoch_end(self, epoch, logs=None):
        for name, optimizer in self.model.named_optimizers.items():
            logs[f"learning_rate_{name}"] = float(keras.ops.convert_to_numpy(optimizer.learning_rate))
            if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
                logs[f"loss_scale_{name}"] = float(keras.ops.convert_to_numpy(optimizer.dynamic_scale))
        logs["seconds"] = time.monotonic() - self._began
        logs["windows_per_second"] = self._steps * self.windows_per_step / max(self._last - self._began, 1e-9)
