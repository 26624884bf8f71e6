"""The base of all methods: an epoch over index tensors in one compiled step, two views of a bin."""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from cyclegan_neuro.populations.trials.trials import PreparedTrials
from cyclegan_neuro.systems.swap_vae.config import Config
from cyclegan_neuro.systems.trainer import Trainer, table

__all__ = ["Activity", "TrialsTrainer", "Views", "negative_log_likelihood"]

_VIEWS, _DROPOUT, _OWN = range(3)  # what random numbers are for


@dataclass(frozen=True, eq=False)
class Activity:
    """Windows as networks see them, and what belongs to them.

    Attributes
    ----------
    likelihood : {"poisson", "gaussian"}
    mean, std : ndarray of float32, shape (window,)
        Subtracted and divided by: those of the training bins under a Gaussian likelihood, else 0 and 1.
    """

    likelihood: str
    mean: np.ndarray
    std: np.ndarray

    @classmethod
    def of(cls, windows: np.ndarray, unit: str, likelihood: str) -> Activity:
        """Choose the likelihood by the unit, and the scaling by windows of training bins."""
        if likelihood == "auto":
            likelihood = "poisson" if unit == "spikes/s" else "gaussian"
        if likelihood == "poisson":
            return cls(likelihood, np.zeros(windows.shape[1], np.float32), np.ones(windows.shape[1], np.float32))
        return cls(likelihood, windows.mean(axis=0), windows.std(axis=0))

    def scaled(self, windows: np.ndarray) -> np.ndarray:
        """Return windows (bin, window) as networks see them, float32."""
        return ((windows - self.mean) / self.std).astype(np.float32)

    def in_unit(self, scaled: np.ndarray) -> np.ndarray:
        """Return what :meth:`scaled` gives in the unit of the windows."""
        return scaled * self.std + self.mean


def negative_log_likelihood(window, mean, likelihood: str):
    """Return -log p(window | mean) without its constant, summed over the window, averaged over the batch.

    Poisson (section 3.2), or Gaussian with variance 1; ``window`` and ``mean`` have shape (batch, window).
    """
    poisson = likelihood == "poisson"
    each = mean - window * tf.math.log(mean + 1e-8) if poisson else 0.5 * tf.square(window - mean)
    return tf.reduce_mean(tf.reduce_sum(each, axis=1))


@dataclass(frozen=True, eq=False)
class Views:
    """Two views of a bin.

    Attributes
    ----------
    seen : tuple of tensor, shape (batch, window)
        What the encoder gets.
    meant : tuple of tensor, shape (batch, window)
        The same with all neurons.
    """

    seen: tuple
    meant: tuple


class TrialsTrainer(Trainer):
    """A network of bins of trials; a subclass writes :meth:`terms` and :meth:`total`.

    Parameters
    ----------
    config : Config
    prepared : PreparedTrials

    Notes
    -----
    Batches are bins; activity, labels and borders of trials are tables on the device that a step gathers from, so an
    epoch is one call: a compiled loop over the batches.
    """

    monitor = "val_loss"
    progress_keys = ("loss",)

    def __init__(self, config: Config, prepared: PreparedTrials, *, name: str):
        super().__init__(name=name)
        self.config, self.dropout = config, config.views.dropout
        self.batch_size = config.training.bins_per_update(len(prepared.train))
        first, last = prepared.trials.borders()
        windows = prepared.windows()
        self.activity = Activity.of(windows[prepared.train], prepared.trials.unit, config.model.likelihood)
        self.windows = table(self.activity.scaled(windows))
        self.first, self.last = table(first.astype(np.int32)), table(last.astype(np.int32))
        self.n_lags = 2 * prepared.context_bins + 1
        self.n_neurons = self.windows.shape[1] // self.n_lags
        self.random = keras.random.SeedGenerator(config.training.seed)

    @property
    def learning_rate(self) -> float:
        """Adam's learning rate."""
        return self.config.training.learning_rate

    def terms(self, bins, seed, *, training: bool) -> dict:
        """Return the terms of the loss, scalars, of a batch of bins; every random number comes from ``seed``."""
        raise NotImplementedError

    def total(self, terms: dict):
        """Return the loss that :meth:`terms` add up to."""
        raise NotImplementedError

    def spaces(self, windows):
        """Return representations, shape (batch, dimension), by space, of scaled windows (batch, window)."""
        raise NotImplementedError

    def reconstruct(self, full):
        """Return scaled windows, shape (batch, window), of representations; None without a decoder."""
        return None

    # -- an epoch ----------------------------------------------------------------------------------

    def train_step(self, data):
        """Update on each batch of an epoch's bins, int64, shape (update * batch,)."""
        (bins,) = data
        batches = tf.reshape(tf.cast(bins, tf.int32), (-1, self.batch_size))
        logs = dict.fromkeys(self.logs, tf.float32)
        each = tf.map_fn(self.update, batches, fn_output_signature=logs, parallel_iterations=1)
        return self.record({name: tf.reduce_mean(values) for name, values in each.items()})

    def update(self, bins):
        """Update once on a batch of bins; return its logs."""
        with self.minimise("model") as update:
            terms = self.terms(bins, self.random.next(), training=True)
            update.loss = self.total(terms)
        return {**terms, "loss": update.loss, "gradient_norm": update.gradient_norm}

    def test_step(self, data):
        """The same terms of held-out bins, with the same views at every validation."""
        number, bins = data
        seed = tf.stack([tf.constant(self.config.training.seed + 1, tf.int32), tf.cast(number, tf.int32)])
        terms = self.terms(tf.cast(bins, tf.int32), seed, training=False)
        return self.record({**terms, "loss": self.total(terms)}, weight=tf.shape(bins)[0])

    def make_test_function(self, force=False):
        """As Keras has it, never with XLA: compiling it takes longer than all validations of a run."""
        jit_compile, self._jit_compile = self._jit_compile, False
        try:
            return super().make_test_function(force)
        finally:
            self._jit_compile = jit_compile

    # -- views -------------------------------------------------------------------------------------

    def views(self, bins, seed, *, training: bool) -> Views:
        """Return a bin and one of its trial at most ``max_lag_bins`` away, in training without some neurons."""
        section, seeds = self.config.views, tf.random.split(seed, 3)
        lags = tf.random.stateless_uniform(
            tf.shape(bins), seeds[_VIEWS], -section.max_lag_bins, section.max_lag_bins + 1, tf.int32
        )
        other = tf.clip_by_value(bins + lags, tf.gather(self.first, bins), tf.gather(self.last, bins))
        meant = tf.gather(self.windows, bins), tf.gather(self.windows, other)
        if not (training and self.dropout):
            return Views(meant, meant)
        masks = self.masks(tf.shape(bins)[0], seeds[_DROPOUT])
        return Views(tuple(mask * window for mask, window in zip(masks, meant, strict=True)), meant)

    def masks(self, n_bins, seed):
        """Return a mask of neurons for each view, shape (batch, window): 0 where one is left out, in all its bins."""
        n_masks = 1 if self.config.views.dropout_mask == "shared" else 2
        seeds = tf.random.split(seed, 2)
        share = tf.random.stateless_uniform([n_masks, n_bins, 1], seeds[0], 0.0, self.dropout)
        keep = tf.cast(tf.random.stateless_uniform([n_masks, n_bins, self.n_neurons], seeds[1]) >= share, tf.float32)
        keep = tf.tile(keep, (1, 1, self.n_lags))
        return keep[0], keep[n_masks - 1]

    def own_seed(self, seed):
        """Return a seed for what a method draws beside its views."""
        return tf.random.split(seed, 3)[_OWN]
