"""The training loop, the same for one worker and for several, and what may go wrong in it."""

from __future__ import annotations

import logging
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
    told_lost_rows,
)
from cyclegan_neuro.training.status import StatusFile
from cyclegan_neuro.training.workers import OneWorker

if TYPE_CHECKING:
    from cyclegan_neuro.training.run import Run

__all__ = ["fit", "memory_errors"]

_log = logging.getLogger(__name__)


def fit(run: Run, status: StatusFile, worker: OneWorker) -> None:
    """Train until ``training.epochs`` are complete.

    Parameters
    ----------
    run : Run
        Its trainer has the values of its checkpoint, if there is one: there it goes on.
    status : StatusFile
    worker : OneWorker

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
    if worker.is_chief and (told := told_lost_rows(history.path, epochs=position.epoch)):
        _log.warning("%s", told)
    store = CheckpointStore(run.directory.checkpoints, read_only=not worker.is_chief)
    with Interruption() as own, ExitStack() as stack:
        save = Save(
            store,
            status=status,
            history=history,
            position=position,
            interruption=worker.agreed(own),
            every_epochs=run.config.training.checkpoint_every_epochs,
        )
        windows_per_step = _windows_per_step(run)
        of_chief = _of_chief(run, position, history, windows_per_step) if worker.is_chief else []
        callbacks = [position, StopOnNonFinite(position, store), Measure(windows_per_step), *of_chief, save]
        for callback in callbacks:  # progress line and event files are closed however the block ends
            stack.callback(getattr(callback, "close", nullcontext))
        _run_epochs(run, position, keras.callbacks.CallbackList(callbacks, model=run.trainer), worker)


def _run_epochs(run: Run, position: Position, callbacks: keras.callbacks.CallbackList, worker: OneWorker) -> None:
    """As ``keras.Model.fit``, which has no way to go on inside an epoch and fails with several workers."""
    step = worker.training_step(run.trainer)
    validate = worker.validation(run.trainer, run.system.validation_dataset(run.config, run.prepared))
    batches = worker.batches(run.system.training_stream(run.config, run.prepared, start_step=position.step))
    every = run.config.training.validate_every_epochs  # and at the end
    callbacks.on_train_begin()
    for epoch in range(position.epoch, position.epochs):
        run.trainer.reset_metrics()
        callbacks.on_epoch_begin(epoch)
        for number in range(position.step_in_epoch, position.steps_per_epoch):
            callbacks.on_train_batch_begin(number)
            logs = step(batches)
            callbacks.on_train_batch_end(number, logs)
        logs = dict(logs)
        if (epoch + 1) % every == 0 or epoch + 1 == position.epochs:
            logs |= {f"val_{name}": value for name, value in validate().items()}
        callbacks.on_epoch_end(epoch, logs)


def _of_chief(run: Run, position: Position, history: History, windows_per_step: int) -> list[keras.callbacks.Callback]:
    for name in TENSORBOARD_FOLDERS:
        drop_events_after(run.directory.tensorboard / name, position.step)
    return [
        keras.callbacks.LambdaCallback(  # before any other one writes
            on_train_batch_end=lambda batch, logs: run.directory.require_lock(),
            on_epoch_end=lambda epoch, logs: run.directory.require_lock(),
        ),
        ShowProgress(position, windows_per_step=windows_per_step),
        history,
        WriteTensorBoard(
            run.directory.tensorboard,
            position=position,
            draw=lambda: run.system.training_figures(run.config, run.prepared, run.trainer),
            figures_every_epochs=run.config.training.figures_every_epochs,
        ),
    ]


def _windows_per_step(run: Run) -> int:
    stream = run.system.training_stream(run.config, run.prepared, start_step=0)
    windows = tf.nest.flatten(stream.element_spec)[0].shape[0]
    return windows or run.config.training.batch_size


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
