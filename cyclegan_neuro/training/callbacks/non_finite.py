"""NaN and infinity."""

from __future__ import annotations

import math

import keras

from cyclegan_neuro.errors import TrainingError
from cyclegan_neuro.training.position import Position
from cyclegan_neuro.training.state import first_non_finite, read_state

__all__ = ["StopOnNonFinite"]

_GRADIENT = "gradient_norm"


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
        broken = {name: value for name, value in logs.items() if not math.isfinite(value)}
        if self._scaled:
            broken = {name: value for name, value in broken.items() if not name.startswith(_GRADIENT)}
        if broken:
            self._stop(broken)

    def _stop(self, broken: dict[str, float]):
        losses_first = sorted(broken, key=lambda name: name.startswith(_GRADIENT))
        spoilt = first_non_finite(read_state(self.model))
        epoch = (self.position.step - 1) // self.position.steps_per_epoch + 1
        values = ", ".join(dict.fromkeys(map(str, broken.values())))
        raise TrainingError(
            f"step {self.position.step} (epoch {epoch}), {', '.join(losses_first)}",
            got=values + (f" (and in variable {spoilt})" if spoilt else ""),
            expected="finite numbers",
            fix="lower the learning rates, warm them up, or use training.precision=float32; "
            "the last good checkpoint was kept",
        )
