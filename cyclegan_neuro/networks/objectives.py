"""The four GAN objectives (Li et al., Table C.2), each in the sense in which it converges.

Notes
-----
The printed table has slips of sign: L_G of LSGAN pulls D(G(x)) to 1 (Mao et al. 2017, Eq. 9), and the
fake term of L_D is added in GAN and LSGAN, where both terms are costs. GAN's generator uses the
non-saturating loss (Goodfellow et al. 2014, section 3).
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import tensorflow as tf

from cyclegan_neuro.errors import ConfigurationError
from cyclegan_neuro.networks.penalties import dragan_points, gradient_penalty, wgan_points

__all__ = ["DRAGAN", "GAN", "LSGAN", "WGANGP", "Objective", "get"]


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
        """Return the weighted gradient penalty, or None where the objective has none."""
        return None


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
    """Return the objective called ``name`` (gan, lsgan, wgangp or dragan)."""
    makers = {
        "gan": GAN,
        "lsgan": lambda: LSGAN(sigmoid=lsgan_sigmoid),
        "wgangp": lambda: WGANGP(lambda_gp=lambda_gp),
        "dragan": lambda: DRAGAN(lambda_gp=lambda_gp, c=dragan_c),
    }
    if name not in makers:
        raise ConfigurationError(
            "objective.name", got=repr(name), expected=f"one of {', '.join(makers)}", fix="choose one of these names"
        )
    return makers[name]()
