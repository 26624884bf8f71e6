"""How far translated windows are from recorded ones, without truth and without pairs: what ``best`` is chosen by."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

__all__ = ["PARTS", "MomentDistance"]

#: Parts of a window whose moments are compared apart, as far as it has frames: Φ differs from part to part.
PARTS = 4
_SIDES = ("x", "y", "g_x", "f_y")
_SMALLEST = 1e-12


class MomentDistance(keras.metrics.Metric):
    """Distance of the moments of G(x) from those of y, and of F(y) from those of x; doing nothing has 1.

    Moments are the means of all neurons and their covariances in each quarter of the window, in standard deviations
    of the recorded day. The distance of a quarter is the Frobenius norm of the difference over that of the recorded
    moments; the mean over quarters is divided by what x has from y, and both directions are averaged.

    Parameters
    ----------
    n_frames, n_neurons : int
        Of a window.

    Notes
    -----
    Only sums over windows are kept, a few covariance matrices; so the distance does not depend on how windows are
    batched, beyond rounding; of mirrored replicas the log is the mean of their distances, each of its own windows.
    docs/appendix/checkpoint_criterion.md compares it with other distances.
    """

    def __init__(self, n_frames: int, n_neurons: int, *, name: str = "moment_distance"):
        super().__init__(name=name, dtype="float64")  # differences of sums of squares
        self.part_frames = [len(part) for part in np.array_split(range(n_frames), min(PARTS, n_frames))]
        shape = (len(_SIDES), len(self.part_frames), n_neurons)
        self._count, self._sums, self._products = (
            self.add_variable(of, initializer="zeros", dtype="float64", name=name)
            for name, of in (("count", ()), ("sums", shape), ("products", (*shape, n_neurons)))
        )

    def update_state(self, x, y, g_x, f_y):
        """Take in windows, shape (batch, time, neuron, 1): as many recorded ones of x as of y."""
        windows = tf.stack([tf.cast(side, tf.float64)[..., 0] for side in (x, y, g_x, f_y)])
        parts = list(zip(tf.split(windows, self.part_frames, axis=2), self.part_frames, strict=True))
        self._count.assign_add(tf.cast(tf.shape(x)[0], tf.float64))
        self._sums.assign_add(tf.stack([tf.reduce_sum(part, axis=(1, 2)) / n for part, n in parts], 1))
        self._products.assign_add(tf.stack([tf.einsum("swti,swtj->sij", part, part) / n for part, n in parts], 1))

    @property
    def n_windows(self):
        """How many windows of a day were taken in; a scalar of float64."""
        return tf.convert_to_tensor(self._count)

    def result(self):
        count = tf.maximum(tf.convert_to_tensor(self._count), 1.0)
        means, seconds = tf.convert_to_tensor(self._sums) / count, tf.convert_to_tensor(self._products) / count
        side = {name: (means[i], seconds[i]) for i, name in enumerate(_SIDES)}
        relative = [
            self._distance(side[recorded], side[moved])
            / tf.maximum(self._distance(side[recorded], side[other]), _SMALLEST)
            for recorded, moved, other in (("y", "g_x", "x"), ("x", "f_y", "y"))
        ]
        return tf.add_n(relative) / 2

    def _distance(self, recorded, moved):
        """Distance of means (part, neuron) and second moments (part, neuron, neuron), both standardised."""
        weights = tf.constant(self.part_frames, tf.float64)[:, None] / sum(self.part_frames)
        mean = tf.reduce_sum(weights * recorded[0], axis=0)
        square = tf.reduce_sum(weights * tf.linalg.diag_part(recorded[1]), axis=0)
        variance = square - mean**2
        varies = variance > _SMALLEST * square
        gain = tf.where(varies, tf.math.rsqrt(variance), 0.0)  # a constant neuron has no unit: it does not count
        (wanted, wanted_covariance), (found, found_covariance) = (
            ((means - mean) * gain, (products - means[:, :, None] * means[:, None, :]) * gain[:, None] * gain)
            for means, products in (recorded, moved)
        )
        difference = _norm(found - wanted, found_covariance - wanted_covariance)
        return tf.reduce_mean(difference / tf.maximum(_norm(wanted, wanted_covariance), _SMALLEST))


def _norm(means, covariances):
    return tf.sqrt(tf.reduce_sum(means**2, axis=1) + tf.reduce_sum(covariances**2, axis=(1, 2)))
