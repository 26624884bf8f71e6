"""How far translated windows are from recorded ones, without truth and without pairs: what ``best`` is chosen by."""

from __future__ import annotations

import keras
import tensorflow as tf

__all__ = ["LAGS", "MomentDistance"]

#: Frames between which covariances are compared, as far as a window holds them.
LAGS = (0, 1, 8)
_SIDES = ("x", "y", "g_x", "f_y")
_SMALLEST = 1e-12


class MomentDistance(keras.metrics.Metric):
    """Distance of the moments of G(x) from those of y, and of F(y) from those of x; doing nothing has 1.

    Moments are the means of all neurons and their covariances at several lags, in standard deviations of the recorded
    day. The distance is the Frobenius norm of the difference over that of x from y; the mean of both directions.

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
        self.lags = [lag for lag in LAGS if lag < n_frames]
        shape = (len(_SIDES), len(self.lags), n_neurons)
        self._count, self._early, self._late, self._products = (
            self.add_variable(of, initializer="zeros", dtype="float64", name=name)
            for name, of in (("count", ()), ("early", shape), ("late", shape), ("products", (*shape, n_neurons)))
        )

    def update_state(self, x, y, g_x, f_y):
        """Take in windows, shape (batch, time, neuron, 1): as many recorded ones of x as of y."""
        windows = tf.stack([tf.cast(side, tf.float64)[..., 0] for side in (x, y, g_x, f_y)])
        n_frames = windows.shape[2]
        self._count.assign_add(tf.cast(tf.shape(x)[0], tf.float64))
        pairs = [(windows[:, :, : n_frames - lag], windows[:, :, lag:]) for lag in self.lags]
        self._early.assign_add(tf.stack([tf.einsum("swti->si", early) / early.shape[2] for early, _ in pairs], 1))
        self._late.assign_add(tf.stack([tf.einsum("swti->si", late) / late.shape[2] for _, late in pairs], 1))
        products = [tf.einsum("swti,swtj->sij", early, late) / early.shape[2] for early, late in pairs]
        self._products.assign_add(tf.stack(products, 1))

    def result(self):
        count = tf.maximum(tf.convert_to_tensor(self._count), 1.0)
        sums = (self._early, self._late, self._products)
        early, late, products = (tf.convert_to_tensor(one) / count for one in sums)
        covariances = products - early[..., :, None] * late[..., None, :]
        moments = {side: (early[i, 0], covariances[i]) for i, side in enumerate(_SIDES)}
        relative = [
            _distance(moments[recorded], moments[moved])
            / tf.maximum(_distance(moments[recorded], moments[other]), _SMALLEST)
            for recorded, moved, other in (("y", "g_x", "x"), ("x", "f_y", "y"))
        ]
        return tf.add_n(relative) / 2


def _distance(recorded, moved):
    """Frobenius norm of the difference of means (neuron,) and covariances (lag, neuron, neuron), standardised."""
    (mean, covariance), (other_mean, other_covariance) = recorded, moved
    variance = tf.linalg.diag_part(covariance[0])
    varies = variance > _SMALLEST * (variance + tf.square(mean))
    gain = tf.where(varies, tf.math.rsqrt(variance), 0.0)  # a constant neuron has no unit: it does not count
    difference = (other_covariance - covariance) * gain[:, None] * gain
    return tf.sqrt(tf.reduce_sum(tf.square((other_mean - mean) * gain)) + tf.reduce_sum(tf.square(difference)))
