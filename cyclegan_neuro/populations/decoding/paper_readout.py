"""The published readout of direction, for the columns that compare with the paper."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cyclegan_neuro.populations.decoding.readouts import Decoded, decoded_bins, unit_circle
from cyclegan_neuro.populations.trials.trials import PreparedTrials

__all__ = ["ReadoutTrace", "follow_readout"]

LEARNING_RATE, WEIGHT_DECAY, BATCH_SIZE, N_EPOCHS = 0.01, 1e-5, 256, 300


@dataclass(frozen=True, eq=False)
class ReadoutTrace:
    """How a readout fares on the held-out trials while it is trained.

    Attributes
    ----------
    accuracy, near_accuracy : ndarray of float64, shape (epoch,)
        acc and delta-acc after each epoch: shares of held-out bins within π / n and 1.5 π / n of the true angle.
    """

    accuracy: np.ndarray
    near_accuracy: np.ndarray

    @property
    def last(self) -> tuple[float, float]:
        """acc and delta-acc after the last epoch."""
        return float(self.accuracy[-1]), float(self.near_accuracy[-1])

    @property
    def best(self) -> tuple[float, float]:
        """The greatest acc and the greatest delta-acc of all epochs, each chosen on the test set, as published."""
        return float(self.accuracy.max()), float(self.near_accuracy.max())


def follow_readout(features: np.ndarray, prepared: PreparedTrials, *, seed: int) -> ReadoutTrace:
    """Train a linear layer to (cos, sin) of the direction by Adam and test it after every epoch.

    Parameters
    ----------
    features : ndarray of float, shape (bin, dimension)
        Of all bins of ``prepared``, taken as they are: the published readout scales nothing.
    seed : int
        Draws initial weights and batches.

    Returns
    -------
    ReadoutTrace

    Raises
    ------
    RecordingError
        As ``decode``.

    Notes
    -----
    Squared error, Adam at 0.01 with weight decay 1e-5, batches of 256, 300 epochs, initial weights within
    1/√dimension. (Those of scikit-learn's MLPRegressor are 2.4 times larger, which lowers the best epoch of raw
    activity by one to two points.) Adam does not settle at this rate on features as large as rates in spikes/s, and
    the last epoch is then a matter of luck; spike counts per bin are smaller.

    References
    ----------
    Liu et al. 2021, section 3.4, and the published code (``neural_tasks.train_angle_classifier``).
    """
    train, held_out = decoded_bins(prepared, "direction")
    labels, n_labels = prepared.labels("direction"), prepared.n_labels("direction")
    x, asked = (np.c_[features[rows], np.ones(len(rows))].astype(np.float32) for rows in (train, held_out))
    targets = unit_circle(labels[train], n_labels).astype(np.float32)
    true, trial = labels[held_out], prepared.trials.trial[held_out]
    trace = np.empty((2, N_EPOCHS))
    for epoch, weights in enumerate(_epochs(x, targets, np.random.default_rng(seed))):
        cos, sin = (asked @ weights).T
        decoded = Decoded("direction", n_labels, held_out, trial, np.arctan2(sin, cos), true)
        trace[:, epoch] = decoded.accuracy, decoded.near_accuracy
    return ReadoutTrace(*trace)


def _epochs(x: np.ndarray, targets: np.ndarray, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Weights of a linear layer, the last row its bias, after each epoch of Adam."""
    bound = 1 / np.sqrt(x.shape[1] - 1)
    weights = rng.uniform(-bound, bound, (x.shape[1], 2)).astype(np.float32)
    mean, square, step = np.zeros_like(weights), np.zeros_like(weights), 0
    for _ in range(N_EPOCHS):
        order = rng.permutation(len(x))
        for start in range(0, len(x), BATCH_SIZE):
            rows, step = order[start : start + BATCH_SIZE], step + 1
            gradient = x[rows].T @ (x[rows] @ weights - targets[rows]) / len(rows) + WEIGHT_DECAY * weights
            mean = 0.9 * mean + 0.1 * gradient
            square = 0.999 * square + 0.001 * gradient**2
            scale = np.sqrt(square / (1 - 0.999**step)) + 1e-8
            weights = weights - LEARNING_RATE / (1 - 0.9**step) * mean / scale
        yield weights
