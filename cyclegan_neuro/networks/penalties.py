"""Gradient penalties on discriminators (Li et al., Table C.2)."""

from __future__ import annotations

import tensorflow as tf

__all__ = ["dragan_points", "gradient_penalty", "wgan_points"]


def wgan_points(real, fake, unit_uniform):
    """Points on the lines between real and generated windows (Gulrajani et al. 2017, Algorithm 1).

    Parameters
    ----------
    real, fake : tensors, shape (batch, ...)
    unit_uniform : tensor, shape (batch, 1, ...)
        One draw from U(0, 1) per window.
    """
    return real + unit_uniform * (tf.cast(fake, real.dtype) - real)


def dragan_points(real, unit_normal, c):
    """Real windows with noise N(0, c) around them (Kodali et al. 2017, Algorithm 1).

    Parameters
    ----------
    real : tensor, shape (batch, ...)
    unit_normal : tensor, shape of ``real``
        Draws from N(0, 1).
    c : float
        Variance of the noise.
    """
    return real + unit_normal * tf.sqrt(tf.cast(c, real.dtype))


def gradient_penalty(discriminator, points):
    """Mean over windows of (‖∇D(points)‖ - 1)², a scalar in float32.

    Parameters
    ----------
    discriminator : callable
        Maps windows to patch scores, shape (batch, ...).
    points : tensor, shape (batch, ...)

    Notes
    -----
    A PatchGAN gives P scores per window. The gradient taken is that of their sum over sqrt(P): the
    root-mean-square gradient of one patch, if patches were independent. With the sum the bound on
    one patch would shrink with the size of the window, with the mean it would grow, and the
    balance of adversarial and cycle terms with it. For P = 1 it is the published penalty.

    References
    ----------
    Gulrajani et al. 2017, "Improved training of Wasserstein GANs", Eq. 3.
    """
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(points)
        scores = tf.cast(discriminator(points), tf.float32)
        patches = tf.cast(tf.size(scores) // tf.shape(scores)[0], tf.float32)
        total = tf.reduce_sum(scores) * tf.math.rsqrt(patches)
    gradient = tf.cast(tape.gradient(total, points), tf.float32)
    squared_norm = tf.reduce_sum(tf.square(gradient), axis=list(range(1, gradient.shape.rank)))
    return tf.reduce_mean(tf.square(tf.sqrt(squared_norm + 1e-12) - 1.0))
