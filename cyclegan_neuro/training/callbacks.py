"""What happens beside ``train_step`` so that a run goes on where it stood: one small callback per concern."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import keras

from cyclegan_neuro.errors import TrainingError
from cyclegan_neuro.training.checkpoints import CheckpointStore
from cyclegan_neuro.training.interruption import Interruption, TrainingInterrupted
from cyclegan_neuro.training.logs import History
from cyclegan_neuro.training.state import State, first_non_finite, read_state, write_metrics
from cyclegan_neuro.training.status import StatusFile

__all__ = ["Measure", "Position", "Save", "StopOnNonFinite"]

_GRADIENT = "gradient_norm"


@dataclass(eq=False)
class Position(keras.callbacks.Callback):
    """How far a run has come: the counter that all callbacks share, and the first of them.

    Attributes
    ----------
    step : int
        Updates done.
    steps_per_epoch, epochs : int
    state : State, optional
        Of a checkpoint at ``step``: the metrics are reset where an epoch begins, also where the rest of one does, and
        this puts their values back.
    """

    step: int
    steps_per_epoch: int
    epochs: int
    state: State | None = None

    def __post_init__(self):
        super().__init__()

    @property
    def epoch(self) -> int:
        """Completed epochs."""
        return self.step // self.steps_per_epoch

    @property
    def step_in_epoch(self) -> int:
        return self.step % self.steps_per_epoch

    @property
    def total_steps(self) -> int:
        return self.steps_per_epoch * self.epochs

    def on_epoch_begin(self, epoch, logs=None):
        if self.state is not None and self.step_in_epoch:
            write_metrics(self.model, self.state)
        self.state = None

    def on_train_batch_end(self, batch, logs=None):
        self.step += 1


class StopOnNonFinite(keras.callbacks.Callback):
    """Stop at the first log that is not finite, before anything of that state is saved.

    Parameters
    ----------
    position : Position
    store : CheckpointStore
        Says what is left.

    Notes
    -----
    Under loss scaling a gradient may overflow: the optimizer skips that update and lowers its scale. The logs
    ``gradient_norm*`` are then left out.
    """

    def __init__(self, position: Position, store: CheckpointStore):
        super().__init__()
        self.position, self.store = position, store

    def on_train_begin(self, logs=None):
        optimizers = self.model.named_optimizers.values()
        self._scaled = any(isinstance(optimizer, keras.optimizers.LossScaleOptimizer) for optimizer in optimizers)

    def on_train_batch_end(self, batch, logs=None):
        broken = {name: value for name, value in (logs or {}).items() if not math.isfinite(value)}
        if self._scaled:
            broken = {name: value for name, value in broken.items() if not name.startswith(_GRADIENT)}
        if broken:
            self._stop(broken)

    on_epoch_end = on_train_batch_end

    def _stop(self, broken: dict[str, float]):
        losses_first = sorted(broken, key=lambda name: name.startswith(_GRADIENT))
        spoilt = first_non_finite(read_state(self.model))
        epoch = (self.position.step - 1) // self.position.steps_per_epoch + 1
        values = ", ".join(dict.fromkeys(map(str, broken.values())))
        raise TrainingError(
            f"step {self.position.step} (epoch {epoch}), {', '.join(losses_first)}",
            got=values + (f" (and in variable {spoilt})" if spoilt else ""),
            expected="finite numbers",
            fix="lower the learning rates, warm them up, or use training.precision=float32; " + self.store.told_kept(),
        )


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
