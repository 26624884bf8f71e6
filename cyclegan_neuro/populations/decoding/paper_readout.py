"""The published readout of direction, for the columns that compare with the paper."""

from __future__ import annotations

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
    Squared error, learning rate 0.01, weight decay 1e-5, batches of 256, 300 epochs. scikit-learn divides its penalty
    by the bins of a batch, so that it is given the weight decay times as many.

    References
    ----------
    Liu et al. 2021, section 3.4, and the published code (``neural_tasks.train_angle_classifier``).
    """
    from sklearn.neural_network import MLPRegressor  # a second that --help need not wait

    train, held_out = decoded_bins(prepared, "direction")
    labels, n_labels = prepared.labels("direction"), prepared.n_labels("direction")
    x, asked = (np.asarray(features[rows], np.float32) for rows in (train, held_out))
    targets = unit_circle(labels[train], n_labels).astype(np.float32)
    batch_size = min(BATCH_SIZE, len(x))
    layer = MLPRegressor(
        hidden_layer_sizes=(),
        batch_size=batch_size,
        learning_rate_init=LEARNING_RATE,
        alpha=WEIGHT_DECAY * batch_size,
        random_state=seed,
    )
    trace = np.empty((2, N_EPOCHS))
    for epoch in range(N_EPOCHS):
        cos, sin = layer.partial_fit(x, targets).predict(asked).T
        angles = np.arctan2(sin, cos)
        decoded = Decoded("direction", n_labels, held_out, prepared.trials.trial[held_out], angles, labels[held_out])
        trace[:, epoch] = decoded.accuracy, decoded.near_accuracy
    return ReadoutTrace(*trace)
