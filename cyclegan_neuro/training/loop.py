"""The training loop: ``keras.Model.fit`` in at most two calls, and what may go wrong in it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from cyclegan_neuro.configuration.sections import TrainingSection
from cyclegan_neuro.errors import TrainingError
from cyclegan_neuro.systems.base import System
from cyclegan_neuro.systems.trainer import Trainer
from cyclegan_neuro.training.callbacks.measure import Measure
from cyclegan_neuro.training.callbacks.non_finite import StopOnNonFinite
from cyclegan_neuro.training.callbacks.progress import ShowProgress
from cyclegan_neuro.training.callbacks.save import Save
from cyclegan_neuro.training.callbacks.tensorboard import TENSORBOARD_FOLDERS, WriteTensorBoard
from cyclegan_neuro.training.callbacks.track import Track
from cyclegan_neuro.training.callbacks.write_history import WriteHistory
from cyclegan_neuro.training.checkpoints import Checkpoint, CheckpointStore
from cyclegan_neuro.training.devices import peak_device_memory
from cyclegan_neuro.training.event_files import drop_events_after
from cyclegan_neuro.training.history import History
from cyclegan_neuro.training.interruption import Interruption
from cyclegan_neuro.training.position import Position
from cyclegan_neuro.training.run_directory import RunDirectory
from cyclegan_neuro.training.status_file import StatusFile

__all__ = ["Setup", "fit", "memory_errors"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Setup:
    """What the loop works on.

    Attributes
    ----------
    system : System
    config : Section
        With the section ``training``.
    prepared : object
        From ``system.prepare``.
    trainer : Trainer
        Built; with the values of ``checkpoint``, if there is one.
    directory : RunDirectory
    store : CheckpointStore
    status : StatusFile
    checkpoint : Checkpoint, optional
        Where the run goes on.
    """

    system: System
    config: Any
    prepared: Any
    trainer: Trainer
    directory: RunDirectory
    store: CheckpointStore
    status: StatusFile
    checkpoint: Checkpoint | None = None


def fit(setup: Setup) -> None:
    """Train until ``training.epochs`` are complete.

    An epoch that was interrupted is finished by one call of ``fit``, all others by a second.

    Raises
    ------
    TrainingInterrupted
        After SIGTERM or Ctrl-C, when everything is saved.
    TrainingError
        If a log is not finite, or memory runs out.
    CheckpointError, RunDirectoryError
        If the disk is full.
    """
    position = Position(
        step=setup.checkpoint.manifest.step if setup.checkpoint else 0,
        steps_per_epoch=setup.system.steps_per_epoch(setup.config, setup.prepared),
        epochs=setup.config.training.epochs,
    )
    history = History(setup.directory.history_file, epochs=position.epoch)
    for name in TENSORBOARD_FOLDERS:
        drop_events_after(setup.directory.tensorboard / name, position.step)
    with Interruption() as interruption, _closing(_callbacks(setup, position, history, interruption)) as callbacks:
        while position.step < position.total_steps:
            _fit_once(setup, position, callbacks)


def _fit_once(setup: Setup, position: Position, callbacks: list[keras.callbacks.Callback]) -> None:
    section: TrainingSection = setup.config.training
    left_in_epoch = position.steps_per_epoch - position.step_in_epoch
    whole = left_in_epoch == position.steps_per_epoch
    last = position.epochs if whole else position.epoch + 1
    # fit's last act is to put averaged weights in place of the trained ones: leave it before that
    try:
        setup.trainer.fit(
            setup.system.training_stream(setup.config, setup.prepared, start_step=position.step),
            initial_epoch=position.epoch,
            epochs=last,
            steps_per_epoch=left_in_epoch,
            validation_data=setup.system.validation_dataset(setup.config, setup.prepared),
            validation_freq=_validated_epochs(position.epochs, section.validate_every_epochs),
            shuffle=False,
            callbacks=[*callbacks, _Leave(last)],
            verbose=0,
        )
    except _EndOfFit:
        return


def _validated_epochs(epochs: int, every: int) -> list[int]:
    """Return the epochs, counted from 1, that end with a validation; the last one always does."""
    return sorted({*range(every, epochs + 1, every), epochs})


def _callbacks(
    setup: Setup, position: Position, history: History, interruption: Interruption
) -> list[keras.callbacks.Callback]:
    section: TrainingSection = setup.config.training
    windows_per_step = _windows_per_step(setup)
    inside_epoch = setup.checkpoint is not None and position.step_in_epoch > 0
    return [
        Track(position, setup.checkpoint.state if inside_epoch else None),
        StopOnNonFinite(position),
        Measure(windows_per_step),
        ShowProgress(position, windows_per_step=windows_per_step),
        WriteHistory(history),
        WriteTensorBoard(
            setup.directory.tensorboard,
            position=position,
            draw=lambda: setup.system.training_figures(setup.config, setup.prepared, setup.trainer),
            figures_every_epochs=section.figures_every_epochs,
        ),
        Save(
            setup.store,
            status=setup.status,
            history=history,
            position=position,
            interruption=interruption,
            every_epochs=section.checkpoint_every_epochs,
        ),
    ]


def _windows_per_step(setup: Setup) -> int:
    stream = setup.system.training_stream(setup.config, setup.prepared, start_step=0)
    windows = tf.nest.flatten(stream.element_spec)[0].shape[0]
    return windows or setup.config.training.batch_size


@contextmanager
def _closing(callbacks: list[keras.callbacks.Callback]) -> Iterator[list[keras.callbacks.Callback]]:
    """Close progress line and event files however the block ends."""
    try:
        yield callbacks
    finally:
        for callback in callbacks:
            if hasattr(callback, "close"):
                callback.close()


class _EndOfFit(Exception):
    """The epochs of one call of ``fit`` are complete."""


class _Leave(keras.callbacks.Callback):
    def __init__(self, last_epoch: int):
        super().__init__()
        self.last_epoch = last_epoch

    def on_epoch_end(self, epoch, logs=None):
        if epoch + 1 >= self.last_epoch:
            raise _EndOfFit


@contextmanager
def memory_errors(section: TrainingSection) -> Iterator[None]:
    """Turn TensorFlow's out-of-memory error into one that says what to change.

    Raises
    ------
    TrainingError
        With a batch size that should fit, and an estimate of what a window takes.
    """
    try:
        yield
    except tf.errors.ResourceExhaustedError as error:
        peak = peak_device_memory()
        per_window = f", about {peak / section.batch_size / 2**30:.2f} GiB per window" if peak else ""
        smaller = section.batch_size // 2
        fix = (
            f"set training.batch_size={smaller} (about half of that memory)"
            if smaller
            else "shorten windows.window_frames, use fewer filters, or training.precision=mixed_bfloat16"
        )
        raise TrainingError(
            f"training.batch_size={section.batch_size}",
            got=f"no memory left on the device{per_window} ({_first_line(error.message)})",
            expected="a step that fits the memory",
            fix=f"{fix}, and continue with --resume or start again with --overwrite",
        ) from error


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0][:200] if text.strip() else "no details"
