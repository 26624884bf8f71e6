"""What networks minimise: the four GAN objectives with their gradient penalties (Li et al., Table C.2), and distances.

Notes
-----
Each objective is in the sense in which it converges. The printed table has slips of sign: L_G of LSGAN pulls D(G(x)) to
1 (Mao et al. 2017, Eq. 9), and the fake term of L_D is added in GAN and LSGAN, where both terms are costs. GAN's
generator uses the non-saturating loss (Goodfellow et al. 2014, section 3).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import NamedTuple

import tensorflow as tf

__all__ = ["DISTANCES", "DRAGAN", "GAN", "LSGAN", "WGANGP", "Critique", "Objective", "get", "mae", "mse"]


class Critique(NamedTuple):
    """What a discriminator says of windows; scalars in float32.

    Attributes
    ----------
    loss : tensor
        How badly it tells them apart, without ``penalty``.
    penalty : tensor or float
        Weighted gradient penalty; 0.0 where the objective has none.
    mean_real, mean_fake : tensor
        Mean score of recorded and of generated windows.
    """

    loss: tf.Tensor
    penalty: tf.Tensor | float
    mean_real: tf.Tensor
    mean_fake: tf.Tensor


class Objective(ABC):
    """What a discriminator and a generator minimise; scores are the discriminator's linear outputs in float32.

    Attributes
    ----------
    has_penalty : bool
        Whether :meth:`penalty` adds to the loss of the discriminator.
    """

    has_penalty = False

    @abstractmethod
    def discriminator_loss(self, real_scores, fake_scores):
        """Return the loss of a discriminator, a scalar."""

    @abstractmethod
    def generator_loss(self, fake_scores):
        """Return the adversarial loss of a generator, a scalar."""

    def penalty(self, discriminator, real, fake, seed_generator):
        """Return the weighted gradient penalty, 0.0 where the objective has none."""
        return 0.0

    def critique(self, discriminator, real, fake, seed_generator) -> Critique:
        """Return what a discriminator says of recorded and generated windows, which pass it in one call.

        Parameters
        ----------
        discriminator : callable
            Maps windows to scores, shape (batch, ...).
        real, fake : tensors, shape (batch, ...)
        seed_generator : keras.random.SeedGenerator
            Of the points of the penalty.
        """
        on_real, on_fake = tf.split(discriminator(tf.concat([real, tf.cast(fake, real.dtype)], 0)), 2)
        loss, means = self.discriminator_loss(on_real, on_fake), (tf.reduce_mean(on_real), tf.reduce_mean(on_fake))
        return Critique(loss, self.penalty(discriminator, real, fake, seed_generator), *means)


class GAN(Objective):
    """Goodfellow et al. 2014: cross-entropy of logits."""

    def discriminator_loss(self, real_scores, fake_scores):
        # -log σ(s) = softplus(-s) and -log(1 - σ(s)) = softplus(s)
        return tf.reduce_mean(tf.nn.softplus(-real_scores)) + tf.reduce_mean(tf.nn.softplus(fake_scores))

    def generator_loss(self, fake_scores):
        return tf.reduce_mean(tf.nn.softplus(-fake_scores))


class LSGAN(Objective):
    """Mao et al. 2017, Eq. 9: least squares to the labels 1 (real) and 0 (generated).

    With ``sigmoid``, scores are squashed to [0, 1] first (Li et al., sections 2.2 and D: D maps to [0, 1]).
    """

    def __init__(self, *, sigmoid: bool = False):
        self.squash = tf.sigmoid if sigmoid else tf.identity

    def discriminator_loss(self, real_scores, fake_scores):
        real, fake = self.squash(real_scores), self.squash(fake_scores)
        return tf.reduce_mean(tf.square(real - 1.0)) + tf.reduce_mean(tf.square(fake))

    def generator_loss(self, fake_scores):
        return tf.reduce_mean(tf.square(self.squash(fake_scores) - 1.0))


class WGANGP(Objective):
    """Gulrajani et al. 2017: Wasserstein critic with a gradient penalty between real and generated windows."""

    has_penalty = True

    def __init__(self, *, lambda_gp: float = 10.0):
        self.lambda_gp = lambda_gp

    def discriminator_loss(self, real_scores, fake_scores):
        return tf.reduce_mean(fake_scores) - tf.reduce_mean(real_scores)

    def generator_loss(self, fake_scores):
        return -tf.reduce_mean(fake_scores)

    def penalty(self, discriminator, real, fake, seed_generator):
        one_per_window = [tf.shape(real)[0]] + [1] * (real.shape.rank - 1)
        uniform = tf.random.stateless_uniform(one_per_window, seed_generator.next(), dtype=real.dtype)
        return self.lambda_gp * gradient_penalty(discriminator, wgan_points(real, fake, uniform))


class DRAGAN(GAN):
    """Kodali et al. 2017: GAN with a gradient penalty around the real windows."""

    has_penalty = True

    def __init__(self, *, lambda_gp: float = 10.0, c: float = 10.0):
        self.lambda_gp, self.c = lambda_gp, c

    def penalty(self, discriminator, real, fake, seed_generator):
        normal = tf.random.stateless_normal(tf.shape(real), seed_generator.next(), dtype=real.dtype)
        return self.lambda_gp * gradient_penalty(discriminator, dragan_points(real, normal, self.c))


def get(name: str, *, lambda_gp: float = 10.0, dragan_c: float = 10.0, lsgan_sigmoid: bool = False) -> Objective:
    """Return the objective called ``name``: gan, lsgan, wgangp or dragan."""
    return {
        "gan": GAN,
        "lsgan": lambda: LSGAN(sigmoid=lsgan_sigmoid),
        "wgangp": lambda: WGANGP(lambda_gp=lambda_gp),
        "dragan": lambda: DRAGAN(lambda_gp=lambda_gp, c=dragan_c),
    }[name]()


def wgan_points(real, fake, unit_uniform):
    """Points between real and generated windows, by one draw from U(0, 1) each (Gulrajani et al. 2017, Algorithm 1)."""
    return real + unit_uniform * (tf.cast(fake, real.dtype) - real)


def dragan_points(real, unit_normal, c):
    """Real windows with noise of variance ``c``, by draws from N(0, 1) (Kodali et al. 2017, Algorithm 1)."""
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


def mae(a, b):
    """Mean absolute error of two tensors of any floating type, a scalar in float32."""
    return tf.reduce_mean(tf.abs(tf.cast(a, tf.float32) - tf.cast(b, tf.float32)))


def mse(a, b):
    """Mean squared error of two tensors of any floating type, a scalar in float32."""
    return tf.reduce_mean(tf.math.squared_difference(tf.cast(a, tf.float32), tf.cast(b, tf.float32)))


DISTANCES = {"mae": mae, "mse": mse}
