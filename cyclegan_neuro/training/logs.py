"""What a run tells while it trains: ``history.csv``, the line on the terminal, TensorBoard."""

from __future__ import annotations

import csv
import io
import logging
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import keras
import tensorflow as tf
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from cyclegan_neuro.errors import RunDirectoryError
from cyclegan_neuro.recordings.atomic import replacing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from cyclegan_neuro.training.callbacks import Position

__all__ = ["TENSORBOARD_FOLDERS", "History", "ShowProgress", "WriteTensorBoard", "drop_events_after", "told_lost_rows"]

_log = logging.getLogger(__name__)

TENSORBOARD_FOLDERS = ("train", "validation")

_GROUPS = ("gradient_norm", "learning_rate", "loss_scale", "mean", "penalty", "cycle", "identity")
_SPEED = ("seconds", "windows_per_second")


class History(keras.callbacks.Callback):
    """``history.csv``, a row per epoch with all its logs; it is replaced as a whole, so never cut in a row.

    As a callback it comes before the checkpoint, so that no restored epoch lacks its row.

    Parameters
    ----------
    path : Path
    epochs : int
        Rows of later epochs are dropped: the run goes on before them.

    Raises
    ------
    RunDirectoryError
        If the file is there and is no history.
    """

    def __init__(self, path: Path, *, epochs: int):
        super().__init__()
        self.path = path
        self.rows = [row for row in _read(path) if int(row["epoch"]) <= epochs]

    def lost(self, epochs: int) -> list[int]:
        """Return the epochs from 1 to ``epochs`` that have no row."""
        there = {int(row["epoch"]) for row in self.rows}
        return [epoch for epoch in range(1, epochs + 1) if epoch not in there]

    def append(self, row: dict[str, float | int]) -> None:
        """Add a row (``epoch`` counts from 1) and write the file.

        A column that comes up later, as validation logs do, is empty in the rows before.
        """
        self.rows.append({name: str(value) for name, value in row.items()})
        columns = list(dict.fromkeys(name for known in self.rows for name in known))
        text = io.StringIO()
        writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows)
        with replacing(self.path, error_type=RunDirectoryError) as temporary:
            temporary.write_text(text.getvalue(), encoding="utf-8")

    def on_epoch_end(self, epoch, logs=None):
        self.append({"epoch": epoch + 1, **logs})

    def median(self, column: str) -> float | None:
        """Return the median of a column; None if no row has it."""
        values = [float(row[column]) for row in self.rows if row.get(column)]
        return median(values) if values else None


def _read(path: Path) -> list[dict[str, str]]:
    """Return the rows, in the order of their epochs; one that was cut off is left out."""
    if not path.exists():
        return []
    try:
        text = path.read_text(encoding="utf-8")
        rows = {}
        for row in csv.DictReader(io.StringIO(text[: text.rfind("\n") + 1])):
            if None in row:
                raise ValueError(f"more values than columns in epoch {row['epoch']}")
            if None not in row.values():
                rows[int(row["epoch"])] = {name: value for name, value in row.items() if value}
    except (OSError, ValueError, KeyError, AttributeError, csv.Error) as error:
        raise RunDirectoryError(
            str(path), got=f"{error}", expected="the table that training wrote", fix="delete it and resume again"
        ) from error
    return [rows[epoch] for epoch in sorted(rows)]


def told_lost_rows(path: Path, *, epochs: int) -> str:
    """Return a sentence on rows of the history that are not there; empty where all are.

    Parameters
    ----------
    path : Path
    epochs : int
        Complete epochs of the weights.
    """
    try:
        lost = History(path, epochs=epochs).lost(epochs)
    except RunDirectoryError as error:
        return f"{error}."
    if not lost:
        return ""
    which = f"epoch {lost[0]}" if len(lost) == 1 else f"{len(lost)} epochs between {lost[0]} and {lost[-1]}"
    return f"{path.name} lacks the row of {which}: its curves have a gap there; the weights are not concerned."


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


class WriteTensorBoard(keras.callbacks.Callback):
    """Write the logs of each epoch, and every few epochs figures, at the global step.

    Parameters
    ----------
    folder : Path
        Gets ``train`` and ``validation``, with the same tags, so that both curves share a chart.
    position : Position
    draw : callable
        Returns figures by tag.
    figures_every_epochs : int
        0 is never.
    """

    def __init__(
        self, folder: Path, *, position: Position, draw: Callable[[], dict[str, Figure]], figures_every_epochs: int
    ):
        super().__init__()
        self.position = position
        self.draw = draw
        self.figures_every_epochs = figures_every_epochs
        self._train, self._validation = (
            tf.summary.create_file_writer(str(folder / name)) for name in TENSORBOARD_FOLDERS
        )

    def on_epoch_end(self, epoch, logs=None):
        train = {name: value for name, value in logs.items() if not name.startswith("val_")}
        validation = {name[4:]: value for name, value in logs.items() if name.startswith("val_")}
        self._write_scalars(self._train, train)
        self._write_scalars(self._validation, validation)
        if self.figures_every_epochs and (epoch + 1) % self.figures_every_epochs == 0:
            self._write_figures()

    def close(self) -> None:
        self._train.close()
        self._validation.close()

    def _write_scalars(self, writer, values: dict[str, float]) -> None:
        with writer.as_default(step=self.position.step):
            for name, value in values.items():
                tf.summary.scalar(_tag(name), value)
        writer.flush()

    def _write_figures(self) -> None:
        from cyclegan_neuro.figures.drawing import png_bytes  # Matplotlib, for those who want figures

        with self._train.as_default(step=self.position.step):
            for tag, figure in self.draw().items():
                tf.summary.image(tag, tf.image.decode_png(png_bytes(figure), channels=4)[tf.newaxis])
        self._train.flush()


def _tag(name: str) -> str:
    if name in _SPEED:
        return f"speed/{name}"
    if name in _GROUPS:
        return name
    group = next((prefix for prefix in _GROUPS if name.startswith(f"{prefix}_")), None)
    return f"{group}/{name.removeprefix(f'{group}_')}" if group else f"loss/{name}"


def drop_events_after(folder: Path, step: int) -> None:
    """Delete the events of later steps, so that curves do not turn back on themselves.

    Parameters
    ----------
    folder : Path
        Of one writer. An event that a killed process left half written is dropped too.
    step : int
        Last step that stays.
    """
    for file in sorted(folder.glob("events.out.tfevents.*")):
        records, whole = _events(file)
        kept = [record for record in records if tf.compat.v1.Event.FromString(record).step <= step]
        if whole and len(kept) == len(records):
            continue
        if len(kept) <= 1:  # nothing but the file's version
            file.unlink()
            continue
        temporary = file.with_name(f".{file.name}.tmp")
        with tf.io.TFRecordWriter(str(temporary)) as writer:
            for record in kept:
                writer.write(record)
        temporary.replace(file)


def _events(file: Path) -> tuple[list[bytes], bool]:
    records = []
    try:
        for record in tf.data.TFRecordDataset(str(file)).as_numpy_iterator():
            records.append(record)
    except tf.errors.DataLossError:
        _log.info("%s ends in a half-written event; dropped", file)
        return records, False
    return records, True
