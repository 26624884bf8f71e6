"""Neurons that an autoencoder of both days reconstructs well come first."""

from __future__ import annotations

import logging

import keras
import numpy as np
import tensorflow as tf

from cyclegan_neuro.configuration.sections import AutoencoderSection
from cyclegan_neuro.windows.cutting import windows_of
from cyclegan_neuro.windows.ordering._base import OrderingTask, apart, ranked
from cyclegan_neuro.windows.pipeline import steps_per_epoch, training_stream
from cyclegan_neuro.windows.prepared import Day, NeuronOrder, PreparedPair

__all__ = ["build_autoencoder", "order", "reconstruction_error"]

_LOG = logging.getLogger(__name__)
_HALVINGS = 3  # strided convolutions, each halving time
_KERNEL = 5
_SCORED_TOGETHER = 8  # windows per call


def order(task: OrderingTask) -> NeuronOrder:
    """Sort by ``0.5 [MSE(X, AE(X)) + MSE(Y, AE(Y))]`` per neuron, ascending.

    One autoencoder learns the training windows of both days (mean squared error, Adam). Progress is
    logged; loss curves go to TensorBoard where a log directory is given. One seed gives one order,
    on a CPU bit for bit.

    Notes
    -----
    The paper does not print the architecture, see :func:`build_autoencoder` for this one. Errors are those
    of scaled values, over training windows that share no frame.

    References
    ----------
    Li et al., "Neuronal learning analysis using cycle-consistent adversarial networks" (2021), section 2.3.1.
    """
    prepared, section = task.prepared, task.section.autoencoder
    model = build_autoencoder(prepared, section, seed=task.seed)
    _train(model, task)
    errors = [reconstruction_error(model, day, prepared.window_frames) for day in (prepared.x, prepared.y)]
    return ranked("autoencoder", 0.5 * (errors[0] + errors[1]), descending=False)


def build_autoencoder(prepared: PreparedPair, section: AutoencoderSection, *, seed: int) -> keras.Model:
    """Build the autoencoder: (batch, time, neuron) to the same shape, in [0, 1].

    Three convolutions over time (stride 2, ``filters`` channels, LeakyReLU), three transposed ones
    back, and a linear read-out of all neurons with a sigmoid whose bias starts at the neuron's mean.

    Notes
    -----
    Neurons are channels, so that no neuron has neighbours before neurons have an order. An eighth of the frames with
    ``filters`` channels is all that is kept: what many neurons share, or what is slow, comes back. All layers
    are named, so that the automatic names of later models do not depend on whether an order was learned or read.
    """
    initializers = [keras.initializers.GlorotUniform(seed=int(word)) for word in _words(seed, 2 * _HALVINGS + 1)]
    inputs = keras.Input((prepared.window_frames, prepared.n_neurons), name="windows")
    hidden = inputs
    for i, initializer in enumerate(initializers[:-1]):
        layer, name = (
            (keras.layers.Conv1D, f"encode_{i}") if i < _HALVINGS else (keras.layers.Conv1DTranspose, f"decode_{i}")
        )
        hidden = layer(
            section.filters, _KERNEL, strides=2, padding="same", kernel_initializer=initializer, name=name
        )(hidden)
        hidden = keras.layers.LeakyReLU(0.2, name=f"{name}_activation")(hidden)
    surplus = -prepared.window_frames % 2**_HALVINGS
    hidden = keras.layers.Cropping1D((0, surplus), name="crop")(hidden)
    outputs = keras.layers.Conv1D(
        prepared.n_neurons,
        1,
        activation="sigmoid",
        kernel_initializer=initializers[-1],
        bias_initializer=keras.initializers.Constant(_logit(_mean_per_neuron(prepared))),
        name="read_out",
    )(hidden)
    model = keras.Model(inputs, outputs, name="ordering_autoencoder")
    model.compile(keras.optimizers.Adam(section.learning_rate, name="ordering_adam"), loss="mse", jit_compile=False)
    return model


def _words(seed: int, n: int) -> np.ndarray:
    """Independent seeds of ``n`` layers."""
    return np.random.SeedSequence(seed).generate_state(n)


def _mean_per_neuron(prepared: PreparedPair) -> np.ndarray:
    both = [
        windows_of(day, apart(day.starts.train, prepared.window_frames), prepared.window_frames).mean(axis=(0, 1))
        for day in (prepared.x, prepared.y)
    ]
    return np.mean(both, axis=0)


def _logit(mean: np.ndarray) -> np.ndarray:
    mean = np.clip(mean, 1e-3, 1.0 - 1e-3)
    return np.log(mean / (1.0 - mean)).astype(np.float32)


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
    model.fit(
        stream.map(_both_days),
        epochs=section.epochs,
        steps_per_epoch=n_steps,
        shuffle=False,
        verbose=0,
        callbacks=callbacks,
    )


def _both_days(x: tf.Tensor, y: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    windows = tf.concat([x, y], axis=0)[..., 0]
    return windows, windows


def reconstruction_error(model: keras.Model, day: Day, window_frames: int) -> np.ndarray:
    """Return the mean squared error of each neuron over training windows that share no frame.

    Returns
    -------
    ndarray of float64, shape (neuron,)
        Of scaled values.
    """
    starts = apart(day.starts.train, window_frames)
    total = np.zeros(day.values.shape[1])
    for first in range(0, len(starts), _SCORED_TOGETHER):
        windows = windows_of(day, starts[first : first + _SCORED_TOGETHER], window_frames)
        total += np.square(windows - model(windows, training=False).numpy()).sum(axis=(0, 1), dtype=np.float64)
    return total / (len(starts) * window_frames)


class _Progress(keras.callbacks.Callback):
    """Logs the loss of every epoch."""

    def on_epoch_end(self, epoch, logs=None):
        _LOG.info("ordering: epoch %d of %d, loss %.5f", epoch + 1, self.params["epochs"], logs["loss"])
