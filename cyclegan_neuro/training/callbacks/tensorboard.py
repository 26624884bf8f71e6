"""Curves and figures for TensorBoard."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import keras
import tensorflow as tf

from cyclegan_neuro.training.position import Position

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["TENSORBOARD_FOLDERS", "WriteTensorBoard"]

TENSORBOARD_FOLDERS = ("train", "validation")

_GROUPS = ("gradient_norm", "learning_rate", "loss_scale", "mean", "penalty", "cycle", "identity")
_SPEED = ("seconds", "windows_per_second")


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
        with self._train.as_default(step=self.position.step):
            for tag, figure in self.draw().items():
                png = io.BytesIO()
                figure.savefig(png, format="png")
                tf.summary.image(tag, tf.image.decode_png(png.getvalue(), channels=4)[tf.newaxis])
        self._train.flush()


def _tag(name: str) -> str:
    if name in _SPEED:
        return f"speed/{name}"
    if name in _GROUPS:
        return name
    group = next((prefix for prefix in _GROUPS if name.startswith(f"{prefix}_")), None)
    return f"{group}/{name.removeprefix(f'{group}_')}" if group else f"loss/{name}"
