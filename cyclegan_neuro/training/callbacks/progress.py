"""What a user watches."""

from __future__ import annotations

import logging
import time
from datetime import timedelta

import keras
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from cyclegan_neuro.training.position import Position

__all__ = ["ShowProgress"]

_log = logging.getLogger(__name__)


class ShowProgress(keras.callbacks.Callback):
    """One updating line per epoch on a terminal, one logged line per epoch elsewhere.

    Parameters
    ----------
    position : Position
    windows_per_step : int
    console : rich.console.Console, optional
        Standard error when absent.
    """

    def __init__(self, position: Position, *, windows_per_step: int, console: Console | None = None):
        super().__init__()
        self.position = position
        self.windows_per_step = windows_per_step
        self.console = console or Console(stderr=True)
        self._line: Progress | None = None
        self._began: float | None = None

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch
        if self.console.is_terminal:
            text = TextColumn("{task.fields[text]}")
            self._line = Progress(
                TextColumn("{task.description}"), BarColumn(20), MofNCompleteColumn(), text, console=self.console
            )
            self._task = self._line.add_task(
                self._title(), total=self.position.steps_per_epoch, completed=self.position.step_in_epoch, text=""
            )
            self._line.start()

    def on_train_batch_end(self, batch, logs=None):
        if self._began is None:  # the first step was traced and compiled: it says nothing about the others
            self._began, self._first_step = time.monotonic(), self.position.step
        if self._line is not None:
            done = self.position.step - self._epoch * self.position.steps_per_epoch
            self._line.update(self._task, completed=done, text=self._describe(logs))

    def on_epoch_end(self, epoch, logs=None):
        if self._line is None:
            _log.info("%s  step %d  %s", self._title(), self.position.step, self._describe(logs))
        else:
            self._line.update(self._task, text=self._describe(logs))
        self.close()

    def close(self) -> None:
        """Leave the line as it is; a later message then starts on its own line."""
        if self._line is not None:
            self._line.stop()
            self._line = None

    def _title(self) -> str:
        return f"epoch {self._epoch + 1}/{self.position.epochs}"

    def _describe(self, logs) -> str:
        names = [*self.model.progress_keys, self.model.monitor]
        values = [f"{name} {logs[name]:.4g}" for name in dict.fromkeys(names) if name in logs]
        steps = self.position.step - self._first_step
        if steps:
            seconds_per_step = (time.monotonic() - self._began) / steps
            left = timedelta(seconds=round(seconds_per_step * (self.position.total_steps - self.position.step)))
            values += [f"{self.windows_per_step / seconds_per_step:.1f} windows/s", f"{left} left"]
        return "  ".join(values)
