"""The training loop: ``keras.Model.fit`` in at most two calls, and what may go wrong in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from typing import TYPE_CHECKING

import keras
import tensorflow as tf

from cyclegan_neuro.configuration.sections import OptimisationSection
from cyclegan_neuro.errors import TrainingError
from cyclegan_neuro.training.callbacks import Measure, Position, Save, StopOnNonFinite
from cyclegan_neuro.training.checkpoints import CheckpointStore
from cyclegan_neuro.training.devices import peak_device_memory
from cyclegan_neuro.training.interruption import Interruption
from cyclegan_neuro.training.logs import (
    TENSORBOARD_FOLDERS,
    History,
    ShowProgress,
    WriteTensorBoard,
    drop_events_after,
)
from cyclegan_neuro.training.status import StatusFile

if TYPE_CHECKING:
    from cyclegan_neuro.training.run import Run

__all__ = ["fit", "memory_errors"]


def fit(run: Run, status: StatusFile) -> None:
    """Train until ``training.epochs`` are complete.

    An epoch that was interrupted is finished by one call of ``fit``, all others by a second.

    Parameters
    ----------
    run : Run
        Its trainer has the values of its checkpoint, if there is one: there it goes on.
    status : StatusFile

    Raises
    ------
    TrainingInterrupted
        After SIGTERM, SIGHUP, SIGUSR1 or Ctrl-C, when everything is saved.
    TrainingError
        If a log is not finite, or memory runs out.
    CheckpointError, RunDirectoryError
        If the disk is full, or the lock was lost.
    """
    position = Position(
        step=run.checkpoint.manifest.step if run.checkpoint else 0,
        steps_per_epoch=run.system.steps_per_epoch(run.config, run.prepared),
        epochs=run.config.training.epochs,
        state=run.checkpoint.state if run.checkpoint else None,
    )
    history = History(run.directory.history_file, epochs=position.epoch)
    for name in TENSORBOARD_FOLDERS:
        drop_events_after(run.directory.tensorboard / name, position.step)
    with Interruption() as interruption, ExitStack() as stack:
        callbacks = _callbacks(run, status, position, history, interruption)
        for callback in callbacks:  # progress line and event files are closed however the block ends
            stack.callback(getattr(callback, "close", nullcontext))
        while position.step < position.total_steps:
            _fit_once(run, position, callbacks)


def _fit_once(run: Run, position: Position, callbacks: list[keras.callbacks.Callback]) -> None:
    every = run.config.training.validate_every_epochs  # and at the end
    left_in_epoch = position.steps_per_epoch - position.step_in_epoch
    whole = left_in_epoch == position.steps_per_epoch
    last = position.epochs if whole else position.epoch + 1
    # fit's last act is to put averaged weights in place of the trained ones: leave it before that
    try:
        run.trainer.fit(
            run.system.training_stream(run.config, run.prepared, start_step=position.step),
            initial_epoch=position.epoch,
            epochs=last,
            steps_per_epoch=left_in_epoch,
            validation_data=run.system.validation_dataset(run.config, run.prepared),
            validation_freq=sorted({*range(every, position.epochs + 1, every), position.epochs}),
            shuffle=False,
            callbacks=[*callbacks, _Leave(last)],
            verbose=0,
        )
    except _EndOfFit:
        return


def _callbacks(
    run: Run, status: StatusFile, position: Position, history: History, interruption: Interruption
) -> list[keras.callbacks.Callback]:
    section: OptimisationSection = run.config.training
    windows_per_step = _windows_per_step(run)
    return [
        keras.callbacks.LambdaCallback(  # before any other one writes
            on_train_batch_end=lambda batch, logs: run.directory.require_lock(),
            on_epoch_end=lambda epoch, logs: run.directory.require_lock(),
        ),
        position,
        StopOnNonFinite(position),
        Measure(windows_per_step),
        ShowProgress(position, windows_per_step=windows_per_step),
        history,
        WriteTensorBoard(
            run.directory.tensorboard,
            position=position,
            draw=lambda: run.system.training_figures(run.config, run.prepared, run.trainer),
            figures_every_epochs=section.figures_every_epochs,
        ),
        Save(
            CheckpointStore(run.directory.checkpoints),
            status=status,
            history=history,
            position=position,
            interruption=interruption,
            every_epochs=section.checkpoint_every_epochs,
        ),
    ]


def _windows_per_step(run: Run) -> int:
    stream = run.system.training_stream(run.config, run.prepared, start_step=0)
    windows = tf.nest.flatten(stream.element_spec)[0].shape[0]
    return windows or run.config.training.batch_size


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
def memory_errors(section: OptimisationSection) -> Iterator[None]:
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
