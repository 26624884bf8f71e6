"""What Swap-VAE is compared with: supervised networks, BYOL, MYOW and pi-VAE (Liu et al. 2021, section 4.2).

Their published settings are in its Appendix A, which the text at hand lacks; sizes are those of the published codes.
"""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

from cyclegan_neuro.populations.trials.trials import Label, PreparedTrials
from cyclegan_neuro.systems.swap_vae.config import Config
from cyclegan_neuro.systems.swap_vae.model import cosine, drawn, kl_divergence
from cyclegan_neuro.systems.swap_vae.networks import build_mlp
from cyclegan_neuro.systems.swap_vae.trainer import TrialsTrainer, negative_log_likelihood
from cyclegan_neuro.systems.trainer import table

__all__ = ["BYOL", "MYOW", "PiVAE", "Supervised"]

_PROJECTION, _PROJECTION_HIDDEN = 32, 256
_CANDIDATES = 512  # among which neighbours are looked for
_PI_VAE_HIDDEN = (60, 60)
_PI_VAE_LEARNING = 10.0
_COUPLINGS = 4  # two GIN blocks of two


class _Discriminative(TrialsTrainer):
    """A network without a decoder: four linear layers, [d, 128, 128, 128], whose output is the representation."""

    def __init__(self, config: Config, prepared: PreparedTrials, *, name: str):
        super().__init__(config, prepared, name=name)
        self.encoder = self._encoder("encoder")

    def _encoder(self, name: str) -> keras.Model:
        size, hidden = self.windows.shape[1], self.config.model.hidden
        seed = self.config.training.seed
        return build_mlp(size, (self.n_neurons, hidden, hidden), {"code": hidden}, seed=seed, name=name)

    def spaces(self, windows):
        return {"full": self.encoder(windows, training=False)["code"]}


class Supervised(_Discriminative):
    """A network that learns to decode directions, as (cos, sin), or times, as classes; from bins that are decoded."""

    def __init__(self, config: Config, prepared: PreparedTrials, label: Label):
        super().__init__(config, prepared, name=f"supervised_{label}")
        labels, self.label = prepared.labels(label), label
        self.dropout = max(self.dropout, config.objective.supervised_dropout)
        self.counts = table(prepared.decoded(label).astype(np.float32))
        if label == "direction":
            angle = 2 * np.pi * labels / prepared.n_labels(label)
            self.goal = table(np.stack([np.cos(angle), np.sin(angle)], axis=1).astype(np.float32))
        else:
            self.goal = table(np.eye(prepared.n_times, dtype=np.float32)[np.minimum(labels, prepared.n_times - 1)])
        outputs = {"label": self.goal.shape[1]}
        self.head = build_mlp(config.model.hidden, (), outputs, seed=config.training.seed + 1, name="head")

    @property
    def learned(self):
        return {"model": self.encoder.trainable_variables + self.head.trainable_variables}

    @property
    def logs(self):
        return ("loss", "error", "gradient_norm")

    def terms(self, bins, seed, *, training):
        seen = self.views(bins, seed, training=training).seen[0]
        told = self.head(self.encoder(seen, training=training)["code"])["label"]
        goal, counts = tf.gather(self.goal, bins), tf.gather(self.counts, bins)
        if self.label == "direction":
            errors = tf.reduce_mean(tf.square(told - goal), axis=1)
        else:
            errors = tf.nn.softmax_cross_entropy_with_logits(goal, told)
        return {"error": tf.reduce_sum(counts * errors) / tf.maximum(tf.reduce_sum(counts), 1.0)}

    def total(self, terms):
        return terms["error"]


class BYOL(_Discriminative):
    """An online network that predicts what a slowly following target network makes of the other view.

    References
    ----------
    Grill et al. 2020, "Bootstrap your own latent", section 3.1.
    """

    def __init__(self, config: Config, prepared: PreparedTrials, *, name: str = "byol"):
        super().__init__(config, prepared, name=name)
        self.projector = self._projector(config.model.hidden, "projector")
        self.predictor = self._projector(_PROJECTION, "predictor")
        self.target_encoder = self._encoder("target_encoder")
        self.target_projector = self._projector(config.model.hidden, "target_projector")
        self.followed = [(self.encoder, self.target_encoder), (self.projector, self.target_projector)]
        for online, target in self.followed:
            target.set_weights(online.get_weights())

    def _projector(self, size: int, name: str) -> keras.Model:
        seed = self.config.training.seed + 1
        return build_mlp(size, (_PROJECTION_HIDDEN,), {"projection": _PROJECTION}, seed=seed, name=name)

    @property
    def learned(self):
        networks = (self.encoder, self.projector, self.predictor)
        return {"model": [v for network in networks for v in network.trainable_variables]}

    @property
    def logs(self):
        return ("loss", "alignment", "gradient_norm")

    def terms(self, bins, seed, *, training):
        seen = self.views(bins, seed, training=training).seen
        return {"alignment": self.alignment(self.online(seen, training), self.target(seen, training), training)}

    def total(self, terms):
        return terms["alignment"]

    def online(self, seen, training: bool) -> list:
        """Return the projections of the online network."""
        codes = [self.encoder(view, training=training)["code"] for view in seen]
        return [self.projector(code, training=training)["projection"] for code in codes]

    def target(self, seen, training: bool) -> list:
        """Return the projections of the target network, which are not learned from."""
        codes = [self.target_encoder(view, training=training)["code"] for view in seen]
        projections = [self.target_projector(code, training=training)["projection"] for code in codes]
        return [tf.stop_gradient(projection) for projection in projections]

    def alignment(self, online, target, training: bool):
        """Return 2 - 2 cos between the prediction from each view and the target of the other, averaged."""
        predicted = [self.predictor(projection, training=training)["projection"] for projection in online]
        return 2.0 - tf.reduce_mean(cosine(predicted[0], target[1]) + cosine(predicted[1], target[0]))

    def update(self, bins):
        logs = super().update(bins)
        momentum = self.config.objective.momentum
        for online, target in self.followed:
            for source, variable in zip(online.trainable_variables, target.trainable_variables, strict=True):
                variable.assign(momentum * variable + (1.0 - momentum) * source)
        return logs


class MYOW(BYOL):
    """BYOL that also predicts a neighbour, mined among other bins, through a second projector.

    References
    ----------
    Azabou et al. 2021, "Mine your own view".
    """

    def __init__(self, config: Config, prepared: PreparedTrials):
        super().__init__(config, prepared, name="myow")
        self.mining = self._projector(_PROJECTION, "mining_projector")
        self.target_mining = self._projector(_PROJECTION, "target_mining_projector")
        self.mining_predictor = self._projector(_PROJECTION, "mining_predictor")
        self.target_mining.set_weights(self.mining.get_weights())
        self.followed.append((self.mining, self.target_mining))
        self.pool = table(prepared.train.astype(np.int32))

    @property
    def learned(self):
        networks = (self.mining, self.mining_predictor)
        return {"model": super().learned["model"] + [v for one in networks for v in one.trainable_variables]}

    @property
    def logs(self):
        return (*super().logs, "mined")

    def terms(self, bins, seed, *, training):
        seen = self.views(bins, seed, training=training).seen
        online, target = self.online(seen, training), self.target(seen, training)
        neighbours = self.mine(seen[0], self.own_seed(seed), training)
        (goal,) = self.target([neighbours], training)
        goal = tf.stop_gradient(self.target_mining(goal, training=training)["projection"])
        predicted = self.mining(online[0], training=training)["projection"]
        predicted = self.mining_predictor(predicted, training=training)["projection"]
        return {
            "alignment": self.alignment(online, target, training),
            "mined": tf.reduce_mean(2.0 - 2.0 * cosine(predicted, goal)),
        }

    def total(self, terms):
        return terms["alignment"] + self.config.objective.mined * terms["mined"]

    def mine(self, seen, seed, training: bool):
        """Return for each view one of its nearest neighbours among random training bins, drawn at random."""
        seeds, n_neighbours = tf.random.split(seed, 2), self.config.objective.neighbours
        picks = tf.random.stateless_uniform([_CANDIDATES], seeds[0], 0, self.pool.shape[0], tf.int32)
        candidates = tf.gather(self.windows, tf.gather(self.pool, picks))
        code = tf.math.l2_normalize(self.encoder(seen, training=training)["code"], axis=1)
        codes = tf.math.l2_normalize(self.target_encoder(candidates, training=training)["code"], axis=1)
        nearest = tf.math.top_k(tf.linalg.matmul(code, codes, transpose_b=True), n_neighbours).indices
        rank = tf.random.stateless_uniform([tf.shape(seen)[0]], seeds[1], 0, n_neighbours, tf.int32)
        return tf.gather(candidates, tf.gather(nearest, rank, batch_dims=1))


class PiVAE(TrialsTrainer):
    """A VAE whose prior depends on the direction, with an injective decoder.

    Directions are used in training only: the representation is the mean of q(z | x). Its encoder sees spike counts per
    bin, as published: rates in spikes/s saturate its tanh. It learns at ten times the learning rate of the others, at
    which their number of updates leaves it far from done.

    References
    ----------
    Zhou & Wei 2020, "Learning identifiable and interpretable latent models of high-dimensional neural activity using
    pi-VAE".
    """

    def __init__(self, config: Config, prepared: PreparedTrials):
        super().__init__(config, prepared, name="pi_vae")
        seed, size, latent = config.training.seed, self.windows.shape[1], config.model.pi_vae_size
        code = {"mean": latent, "log_variance": latent}
        self.encoder = build_mlp(size, _PI_VAE_HIDDEN, code, seed=seed, name="encoder", activation="tanh")
        are_rates = self.activity.likelihood == "poisson" and prepared.trials.unit == "spikes/s"
        self.seen_as = prepared.trials.bin_s if are_rates else 1.0  # else standardised, or ΔF/F
        self.prior = build_mlp(prepared.n_labels("direction"), (), code, seed=seed + 1, name="prior")
        self.decoder = _injective(size, latent, seed=seed + 2, positive=self.activity.likelihood == "poisson")
        labels, classes = prepared.labels("direction"), np.eye(prepared.n_labels("direction"), dtype=np.float32)
        self.directions = table(np.where(labels[:, None] < 0, 0.0, classes[labels]).astype(np.float32))

    @property
    def learning_rate(self):
        return _PI_VAE_LEARNING * super().learning_rate

    @property
    def learned(self):
        networks = (self.encoder, self.prior, self.decoder)
        return {"model": [v for network in networks for v in network.trainable_variables]}

    @property
    def logs(self):
        return ("loss", "original", "kl", "gradient_norm")

    def terms(self, bins, seed, *, training):
        views = self.views(bins, seed, training=training)
        prior = self.prior(tf.gather(self.directions, bins))
        code = _product(self.encoder(self.seen_as * views.seen[0], training=training), prior)
        mean = self.decoder(drawn(code, self.own_seed(seed)), training=training)
        return {
            "original": negative_log_likelihood(views.meant[0], mean, self.activity.likelihood),
            "kl": kl_divergence(code, prior),
        }

    def total(self, terms):
        return terms["original"] + terms["kl"]

    def spaces(self, windows):
        return {"full": self.encoder(self.seen_as * windows, training=False)["mean"]}

    def reconstruct(self, full):
        return self.decoder(full, training=False)


def _product(code: dict, prior: dict) -> dict:
    """Return q(z | x, u), proportional to q(z | x) p(z | u)."""
    log_variance = -tf.reduce_logsumexp(tf.stack([-code["log_variance"], -prior["log_variance"]]), axis=0)
    each = [part["mean"] * tf.exp(log_variance - part["log_variance"]) for part in (code, prior)]
    return {"mean": tf.add_n(each), "log_variance": log_variance}


def _injective(size: int, latent: int, *, seed: int, positive: bool) -> keras.Model:
    """Latents, padded by a network of them, through volume-preserving couplings (GIN; Sorrenson et al. 2020)."""
    given = keras.Input((latent,), name="decoder_input")
    pad = build_mlp(latent, _PI_VAE_HIDDEN, {"pad": size - latent}, seed=seed, name="pad", activation="tanh")
    value = keras.ops.concatenate([given, pad(given)["pad"]], axis=1)
    random, half = np.random.default_rng(seed), size // 2
    for number in range(_COUPLINGS):
        value = keras.ops.take(value, random.permutation(size), axis=1)
        kept, moved = value[:, :half], value[:, half:]
        outputs = {"scale": size - half - 1, "shift": size - half}
        hidden = (max(half // 4, 8),)
        network = build_mlp(half, hidden, outputs, seed=seed + 1 + number, name=f"coupling_{number}", activation="tanh")
        found = network(kept)
        scale = 0.1 * keras.ops.tanh(found["scale"])
        scale = keras.ops.concatenate([scale, -keras.ops.sum(scale, axis=1, keepdims=True)], axis=1)
        value = keras.ops.concatenate([kept, moved * keras.ops.exp(scale) + found["shift"]], axis=1)
    return keras.Model(given, keras.ops.softplus(value) if positive else value, name="decoder")
