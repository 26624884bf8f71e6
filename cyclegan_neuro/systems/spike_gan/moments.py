"""How far generated activity is from recorded activity during training: first and second moments."""

from __future__ import annotations

import keras
import tensorflow as tf

__all__ = ["MomentError"]


class MomentError(keras.metrics.Metric):
    """Relative distance of means, covariances and covariances with the next bin, averaged over the three.

    Each is the Frobenius norm of the difference over that of the recorded value. Probabilities stand for spikes: what
    they give on average; only the variances, which spikes have and probabilities have not, are left out.

    Parameters
    ----------
    n_neurons : int
    """

    def __init__(self, n_neurons: int, name: str = "moment_error"):
        super().__init__(name=name, dtype="float32")
        shapes = {"count": (), "mean": (n_neurons,), "same": (n_neurons, n_neurons), "next": (n_neurons, n_neurons)}
        self._sums = [
            {key: self.add_variable(shape, initializer="zeros", name=f"{side}_{key}") for key, shape in shapes.items()}
            for side in ("recorded", "generated")
        ]

    def update_state(self, recorded, generated):
        for sums, samples in zip(self._sums, (recorded, generated), strict=True):
            samples = tf.cast(samples, tf.float32)
            n_bins = samples.shape[1]
            sums["count"].assign_add(tf.cast(tf.shape(samples)[0], tf.float32))
            sums["mean"].assign_add(tf.einsum("sbi->i", samples) / n_bins)
            sums["same"].assign_add(tf.einsum("sbi,sbj->ij", samples, samples) / n_bins)
            sums["next"].assign_add(tf.einsum("sbi,sbj->ij", samples[:, :-1], samples[:, 1:]) / (n_bins - 1))

    def result(self):
        recorded, generated = (_moments(sums) for sums in self._sums)
        errors = [
            tf.norm(one - other) / tf.maximum(tf.norm(one), 1e-12)
            for one, other in zip(recorded, generated, strict=True)
        ]
        return tf.add_n(errors) / len(errors)


def _moments(sums):
    count = tf.maximum(tf.convert_to_tensor(sums["count"]), 1.0)
    mean = tf.convert_to_tensor(sums["mean"]) / count
    outer = mean[:, None] * mean[None]
    same = tf.convert_to_tensor(sums["same"]) / count - outer
    return mean, tf.linalg.set_diag(same, tf.zeros_like(mean)), tf.convert_to_tensor(sums["next"]) / count - outer
