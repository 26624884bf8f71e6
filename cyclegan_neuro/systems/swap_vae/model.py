"""Swap-VAE, and the VAE that it is without content (Liu et al. 2021, section 3)."""

from __future__ import annotations

import tensorflow as tf

from cyclegan_neuro.populations.trials.trials import PreparedTrials
from cyclegan_neuro.systems.swap_vae.config import Config
from cyclegan_neuro.systems.swap_vae.networks import build_decoder, build_encoder
from cyclegan_neuro.systems.swap_vae.trainer import TrialsTrainer, negative_log_likelihood

__all__ = ["VAE", "SwapVAE", "cosine", "drawn", "kl_divergence"]


class SwapVAE(TrialsTrainer):
    """A variational autoencoder whose content is swapped between two views of a bin.

    Attributes
    ----------
    encoder : keras.Model
        Windows to ``content``, which is deterministic, and ``mean`` and ``log_variance`` of ``style``.
    decoder : keras.Model
        Content and style, side by side, to windows.

    Notes
    -----
    Each view passes the encoder by itself, so that batch normalisation sees one view at a time; all four combinations
    pass the decoder together.
    """

    def __init__(self, config: Config, prepared: PreparedTrials):
        super().__init__(config, prepared, name="swap_vae")
        model, seed, size = config.model, config.training.seed, self.windows.shape[1]
        hidden, sizes = (self.n_neurons, model.hidden), self.parts()
        self.encoder = build_encoder(size, hidden=hidden, **sizes, seed=seed)
        self.decoder = build_decoder(
            size,
            hidden=hidden[::-1],
            latent_size=sum(sizes.values()),
            seed=seed + 1,
            positive=self.activity.likelihood == "poisson",
            mean=self.windows.numpy()[prepared.train].mean(axis=0) if model.output_bias_at_mean else None,
        )

    def parts(self) -> dict[str, int]:
        """Return how many dimensions content and style have."""
        model = self.config.model
        return {"content_size": model.content_size, "style_size": model.style_size}

    @property
    def learned(self):
        return {"model": self.encoder.trainable_variables + self.decoder.trainable_variables}

    @property
    def logs(self):
        return ("loss", "original", "swapped", "kl", "alignment", "gradient_norm")

    def terms(self, bins, seed, *, training):
        views, seeds = self.views(bins, seed, training=training), tf.random.split(self.own_seed(seed), 2)
        codes = [self.encoder(seen, training=training) for seen in views.seen]
        (c1, c2), (s1, s2) = (code["content"] for code in codes), map(drawn, codes, tf.unstack(seeds))
        means = self.decoded([(c1, s1), (c2, s2), (c2, s1), (c1, s2)], training)
        return {
            "original": self.misfit(views.meant, means[:2]),  # Eq. 2
            "swapped": self.misfit(views.meant, means[2:]),  # Eq. 3
            "kl": sum(map(kl_divergence, codes)) / 2,
            "alignment": tf.reduce_mean(2.0 - 2.0 * cosine(c1, c2)),  # normalised L2 distance
        }

    def total(self, terms):
        """Eqs. 2 and 3; means over the views of each term."""
        weights = self.config.objective
        reconstruction = weights.original * terms["original"] + weights.swapped * terms["swapped"]
        return reconstruction + weights.beta * terms["kl"] + weights.alignment * terms["alignment"]

    def decoded(self, latents, training: bool):
        """Return the windows that pairs of content and style give, in one pass."""
        together = tf.concat([tf.concat(pair, axis=1) for pair in latents], axis=0)
        return tf.split(self.decoder(together, training=training), len(latents))

    def misfit(self, windows, means):
        """Return the negative log-likelihood, averaged over the views."""
        likelihood = self.activity.likelihood
        each = [negative_log_likelihood(*pair, likelihood) for pair in zip(windows, means, strict=True)]
        return tf.add_n(each) / len(each)

    def spaces(self, windows):
        """``content``, ``style`` (its mean), and ``full``, both side by side; without style nothing is parted."""
        code = self.encoder(windows, training=False)
        content, style = code["content"], code.get("mean")
        if style is None:
            return {"full": content}
        return {"full": tf.concat([content, style], axis=1), "content": content, "style": style}

    def reconstruct(self, full):
        return self.decoder(full, training=False)


class VAE(SwapVAE):
    """A VAE with the same networks and as many latents; β-VAE where ``beta`` is above 1 (Eq. 1).

    It sees one view and reconstructs it.
    """

    def __init__(self, config: Config, prepared: PreparedTrials, *, beta: float):
        super().__init__(config, prepared)
        self.beta = beta

    def parts(self):
        return {"content_size": 0, "style_size": sum(super().parts().values())}

    @property
    def logs(self):
        return ("loss", "original", "kl", "gradient_norm")

    def terms(self, bins, seed, *, training):
        views = self.views(bins, seed, training=training)
        code = self.encoder(views.seen[0], training=training)
        mean = self.decoder(drawn(code, self.own_seed(seed)), training=training)
        return {
            "original": negative_log_likelihood(views.meant[0], mean, self.activity.likelihood),
            "kl": kl_divergence(code),
        }

    def total(self, terms):
        return terms["original"] + self.beta * terms["kl"]

    def spaces(self, windows):
        return {"full": self.encoder(windows, training=False)["mean"]}


def drawn(code: dict, seed):
    """Return style drawn from its posterior, shape (batch, style); reparameterised (Kingma & Welling 2013)."""
    if "mean" not in code:
        return code["content"][:, :0]
    noise = tf.random.stateless_normal(tf.shape(code["mean"]), seed)
    return code["mean"] + tf.exp(0.5 * code["log_variance"]) * noise


def kl_divergence(code: dict, prior: dict | None = None):
    """Return KL(q(style) || p(style)), summed over dimensions, averaged over the batch; p is N(0, 1) when absent."""
    if "mean" not in code:
        return tf.zeros(())
    mean, log_variance = code["mean"], code["log_variance"]
    if prior is not None:
        mean = (mean - prior["mean"]) * tf.exp(-0.5 * prior["log_variance"])
        log_variance = log_variance - prior["log_variance"]
    each = 1.0 + log_variance - tf.square(mean) - tf.exp(log_variance)
    return tf.reduce_mean(-0.5 * tf.reduce_sum(each, axis=1))


def cosine(a, b):
    """Return the cosine between rows, shape (batch,)."""
    return tf.reduce_sum(tf.math.l2_normalize(a, axis=1) * tf.math.l2_normalize(b, axis=1), axis=1)
