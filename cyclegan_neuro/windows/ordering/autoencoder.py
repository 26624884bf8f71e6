"""Neurons that an autoencoder of both days reconstructs well come first."""

from __future__ import annotations

import logging
import math

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from cyclegan_neuro.configuration.sections import AutoencoderSection
from cyclegan_neuro.networks.blocks import LEAK, Convolutions, down_sample, up_sample
from cyclegan_neuro.networks.layers import InstanceNormalization
from cyclegan_neuro.windows.ordering._base import OrderingTask, apart, ranked
from cyclegan_neuro.windows.pipeline import steps_per_epoch, training_stream
from cyclegan_neuro.windows.prepared import Day, NeuronOrder, PreparedPair

__all__ = ["build_autoencoder", "order", "reconstruction_error"]

_LOG = logging.getLogger(__name__)
_BLOCKS = 3
_KERNEL, _DROPOUT, _INITIALIZER_STD = 4, 0.25, 0.02  # Table C.1
_NARROWING = 4  # of the bottleneck
_SCORED_TOGETHER = 8  # windows per call


def order(task: OrderingTask) -> NeuronOrder:
    """Sort by ``0.5 [MSE(X, AE(X)) + MSE(Y, AE(Y))]`` per neuron, ascending.

    One autoencoder learns the training windows of both days (mean squared error, Adam); of x alone where y will
    be Φ(X). Progress is logged; loss curves go to TensorBoard where a log directory is given. One seed gives one
    order, on a CPU bit for bit.

    Notes
    -----
    Errors are those of scaled values over the validation windows. The paper takes its test set, which
    here stays unseen until the evaluation: an order that was chosen on test windows would leak into everything
    that is measured on them.

    References
    ----------
    Li et al., "Neuronal learning analysis using cycle-consistent adversarial networks" (2021), section 2.3.1.
    """
    prepared = task.prepared
    model = build_autoencoder(prepared, task.section.autoencoder, seed=task.seed)
    _train(model, task)
    days = (prepared.x,) if _one_day(prepared) else (prepared.x, prepared.y)
    errors = [reconstruction_error(model, day, prepared.window_frames) for day in days]
    return ranked("autoencoder", np.mean(errors, axis=0), descending=False)


def _one_day(prepared: PreparedPair) -> bool:
    return prepared.y is prepared.x


def build_autoencoder(prepared: PreparedPair, section: AutoencoderSection, *, seed: int) -> keras.Model:
    """Build the autoencoder: (batch, time, neuron, 1) to the same shape, in [0, 1].

    Three down-sampling blocks (convolution of stride 2, instance normalisation, LeakyReLU, spatial dropout), a
    bottleneck layer, three up-sampling blocks with transposed convolutions, and a 1x1 convolution with a sigmoid
    whose bias starts at the mean of the training windows.

    Notes
    -----
    The paper gives the blocks and no sizes. Kernel, dropout and initialisation are those of Table C.1; every
    block has ``filters`` channels, the bottleneck a quarter of them, so that with 32 filters an eighth of
    a window's values pass it. Convolutions run over time and neurons as in the generators, and so over neurons that are
    neighbours in the recording's order. All layers are named, so that the automatic names of later models
    do not depend on whether an order was learned or read.
    """
    make = Convolutions(
        rank=2, kernel_size=_KERNEL, dropout=_DROPOUT, initializer_std=_INITIALIZER_STD, seed=seed
    )  # fmt: skip
    levels = [keras.Input((prepared.window_frames, prepared.n_neurons, 1), name="windows")]
    for block in range(_BLOCKS):
        levels.append(down_sample(levels[-1], section.filters, make, name=f"encode_{block + 1}"))
    narrow = max(1, section.filters // _NARROWING)
    hidden = make.convolution(narrow, name="bottleneck_convolution", use_bias=False)(levels[-1])
    hidden = layers.LeakyReLU(LEAK, name="bottleneck")(InstanceNormalization(name="bottleneck_norm")(hidden))
    for block in reversed(range(_BLOCKS)):
        hidden = up_sample(hidden, section.filters, make, like=levels[block], name=f"decode_{block + 1}")
    bias = keras.initializers.Constant(_logit(_mean(prepared)))
    read_out = make.convolution(1, name="read_out", kernel_size=1, bias_initializer=bias)(hidden)
    outputs = layers.Activation("sigmoid", dtype="float32", name="reconstruction")(read_out)
    model = keras.Model(levels[0], outputs, name="ordering_autoencoder")
    model.compile(keras.optimizers.Adam(section.learning_rate, name="ordering_adam"), loss="mse", jit_compile=False)
    return model


def _mean(prepared: PreparedPair) -> float:
    """Mean of training windows of both days that share no frame."""
    height = prepared.window_frames
    days = (prepared.x, prepared.y)
    return float(np.mean([day.windows(apart(day.starts.train, height), height).mean() for day in days]))


def _logit(mean: float) -> float:
    mean = min(max(mean, 1e-3), 1.0 - 1e-3)
    return math.log(mean / (1.0 - mean))


def _train(model: keras.Model, task: OrderingTask) -> None:
    section = task.section.autoencoder
    n_steps = steps_per_epoch(task.prepared, section.batch_size)
    stream = training_stream(
        task.prepared,
        batch_size=section.batch_size,
        n_steps_per_epoch=n_steps,
        seed=task.seed,
        end_step=n_steps * section.epochs,
    )
    callbacks = [_Progress()]
    if task.log_directory is not None:
        callbacks.append(keras.callbacks.TensorBoard(str(task.log_directory), write_graph=False))
    _LOG.info("ordering: training an autoencoder of %d neurons for %d epochs", task.prepared.n_neurons, section.epochs)

    def pairs(x, y):
        windows = x if _one_day(task.prepared) else tf.concat([x, y], axis=0)
        return windows, windows

    model.fit(
        stream.map(pairs),
        epochs=section.epochs,
        steps_per_epoch=n_steps,
        shuffle=False,
        verbose=0,
        callbacks=callbacks,
    )


def reconstruction_error(model: keras.Model, day: Day, window_frames: int) -> np.ndarray:
    """Return the mean squared error of each neuron over the validation windows of a day.

    Returns
    -------
    ndarray of float64, shape (neuron,)
        Of scaled values.
    """
    starts = day.starts.validation
    total = np.zeros(day.values.shape[1])
    for first in range(0, len(starts), _SCORED_TOGETHER):
        windows = day.windows(starts[first : first + _SCORED_TOGETHER], window_frames)
        found = model(windows[..., None], training=False).numpy()[..., 0]
        total += np.square(windows - found).sum(axis=(0, 1), dtype=np.float64)
    return total / (len(starts) * window_frames)


class _Progress(keras.callbacks.Callback):
    """Logs the loss of every epoch."""

    def on_epoch_end(self, epoch, logs=None):
        _LOG.info("ordering: epoch %d of %d, loss %.5f", epoch + 1, self.params["epochs"], logs["loss"])
