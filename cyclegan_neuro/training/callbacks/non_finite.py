"""NaN and infinity."""

from __future__ import annotations

import math

import keras

from cyclegan_neuro.errors import TrainingError
from cyclegan_neuro.training.position import Position
from cyclegan_neuro.training.state import first_non_finite, read_state

__all__ = ["StopOnNonFinite"]


class StopOnNonFinite(keras.callbacks.Callback):
    """Stop at the first log that is not finite, before anything of that state is saved.

    Parameters
    ----------
    position : Position

    Notes
    -----
    Under loss scaling a gradient may overflow: the optimizer skips that update and lowers its scale. The logs
    ``gradient_norm*`` are then left out.
    """

    def __init__(self, position: Position):
        super().__init__()
        self.position = position

    def on_train_begin(self, logs=None):
        optimizers = self.model.named_optimizers.values()
        self._scaled = any(isinstance(optimizer, keras.optimizers.LossScaleOptimizer) for optimizer in optimizers)

    def on_train_batch_end(self, batch, logs=None):
        self._check(logs or {})

    def on_epoch_end(self, epoch, logs=None):
        self._check(logs or {})

    def _check(self, logs):
        for name, value in logs.items():
            may_overflow = self._scaled and name.startswith("gradient_norm")
            if not math.isfinite(value) and not may_overflow:
                self._stop(name, value)

    def _stop(self, name: str, value: float):
        spoilt = first_non_finite(read_state(self.model))
        where = f"step {self.position.step} (epoch {(self.position.step - 1) // self.position.steps_per_epoch + 1})"
        raise TrainingError(
            f"{where}, tensor '{name}'",
            got=f"{value}" + (f" (and in variable {spoilt})" if spoilt else ""),
            expected="a finite number",
            fix="lower the learning rates, warm them up, or use training.precision=float32; "
            "the last good checkpoint was kept",
        )
