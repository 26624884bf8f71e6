"""The training step: supervised first, then generator against discriminator (Ramesh et al. 2019, Eqs. 1 to 5)."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

from cyclegan_neuro.networks import estimators
from cyclegan_neuro.networks.objectives import get as get_objective
from cyclegan_neuro.populations.responses.responses import PreparedResponses
from cyclegan_neuro.systems.encoding_gan.config import Config
from cyclegan_neuro.systems.encoding_gan.networks import Generator, build_discriminator, build_generator
from cyclegan_neuro.systems.trainer import Trainer, table

__all__ = ["EncodingGAN", "counts_of", "noise_covariance"]

_TRIALS, _NOISE, _SPIKES, _MASK = range(4)  # what random numbers are for


class EncodingGAN(Trainer):
    """A generator of responses, a discriminator, and the supervised network of the same architecture without noise.

    Parameters
    ----------
    config : Config
    prepared : PreparedResponses

    Notes
    -----
    An epoch is one call: stimuli and responses are tables on the device, a compiled loop gathers batches from them.
    A batch is some stimuli with some trials each. What networks compute of a stimulus is computed once: the first
    layer of the generator, and the embedding of the discriminator, which serves recorded and generated counts alike.
    """

    monitor = "val_noise_covariance"
    progress_keys = ("likelihood", "discriminator", "generator")

    def __init__(self, config: Config, prepared: PreparedResponses):
        super().__init__(name="encoding_gan")
        training, seed = config.training, config.training.seed
        self.config, self.levels = config, prepared.most_count
        self.critic_updates = training.discriminator_updates
        self.generator = build_generator(config.model, prepared, noisy=True, seed=seed, name="generator")
        self.supervised = build_generator(config.model, prepared, noisy=False, seed=seed + 1, name="supervised")
        self.embedding, self.judge = build_discriminator(config.model, prepared, seed=seed + 2)
        # Keras tracks layers that are attributes
        self.networks = [n for g in (self.generator, self.supervised) for n in (g.early, g.late)]
        section = config.objective
        self.objective, self.minimax = get_objective("gan"), section.loss == "minimax"
        self.estimator = estimators.get(
            section.estimator,
            temperature=section.temperature,
            eta=section.eta,
            n_tensors=len(self.generator.variables) if section.learn_control else 0,
        )
        self.random = keras.random.SeedGenerator(seed)
        self._bring(prepared)
        shape = prepared.responses.n_stimuli, prepared.responses.n_neurons * self.levels
        self.expected = self.add_weight(
            shape=shape, initializer="zeros", trainable=False, dtype="float32", name="expected"
        )

    def _bring(self, prepared: PreparedResponses) -> None:
        """Bring stimuli and training responses to the device."""
        responses, rows = prepared.responses, prepared.train
        if prepared.condition == "movie":
            self.frames, self.seen = table(prepared.movie_frames()), table(prepared.frame_index().astype(np.int32))
        else:
            self.frames = None
        day = np.zeros(responses.n_stimuli) if responses.day is None else responses.day
        self.day, self.stimulus = table(day.astype(np.int32)), table(responses.stimulus.astype(np.int32))
        self.counts, self.mean = table(responses.counts), table(responses.counts[rows].mean(axis=0, dtype=np.float32))
        order = rows[np.argsort(responses.stimulus[rows], kind="stable")]
        n_trials = np.bincount(responses.stimulus[rows], minlength=responses.n_stimuli)
        self.order, self.n_trials = table(order.astype(np.int32)), table(n_trials.astype(np.int32))
        self.first = table((np.cumsum(n_trials) - n_trials).astype(np.int32))
        shape = responses.n_stimuli, responses.n_neurons, self.levels + 1
        reached = np.zeros(shape, np.float32)
        for level in range(self.levels + 1):
            np.add.at(reached[..., level], responses.stimulus[rows], responses.counts[rows] >= level)
        self.reached = table((reached / np.maximum(n_trials, 1)[:, None, None]).astype(np.float32))

    # -- what is learned ---------------------------------------------------------------------------

    @property
    def learned(self):
        return {
            "generator": self.generator.variables,
            "discriminator": self.judge.trainable_variables
            + (self.embedding.trainable_variables if self.embedding else []),
            "supervised": self.supervised.variables,
        }

    @property
    def logs(self):
        return ("likelihood", "discriminator", "real", "fake", "generator", "gradient_norm", "noise_covariance")

    @property
    def supervised_updates(self) -> int:
        """Updates of the supervised network, before the first of the generator."""
        return self.config.training.supervised_epochs * self.config.training.updates_per_epoch

    def train_step(self, data):
        """An epoch of training responses, int64, shape (update * discriminator update * stimulus,)."""
        (rows,) = data
        training = self.config.training
        batches = tf.reshape(tf.cast(rows, tf.int32), (-1, self.critic_updates, training.stimuli_per_update))
        alone = self.named_optimizers["supervised"].iterations < self.supervised_updates
        means = tf.cond(alone, lambda: self.each(self.supervised_step, batches), lambda: self.adversarial(batches))
        return self.record(means)

    def each(self, step, batches):
        """Return the mean logs of a step on each batch; those that it does not give are 0."""
        names = [name for name in self.logs if name != "noise_covariance"]

        def filled(batch):
            return {**dict.fromkeys(names, tf.zeros(())), **step(batch)}

        signature = dict.fromkeys(names, tf.float32)
        logs = tf.map_fn(filled, batches, fn_output_signature=signature, parallel_iterations=1)
        return {name: tf.reduce_mean(values) for name, values in logs.items()}

    def adversarial(self, batches):
        """Take over, once, what the supervised network has learned; then update both on every batch."""
        begin = tf.equal(self.named_optimizers["discriminator"].iterations, 0)
        if self.config.training.warm_start:
            pairs = zip(self.generator.signal_variables, self.supervised.signal_variables, strict=True)
            for own, learned in pairs:
                own.assign(tf.where(begin, learned, own))
        if self.embedding is None:
            self.expected.assign(tf.cond(begin, self.expected_logits, lambda: tf.convert_to_tensor(self.expected)))
        return self.each(self.adversarial_step, batches)

    def expected_logits(self):
        """Return the supervised network's logits of every stimulus, with mean 0 and standard deviation 1 each."""
        n_stimuli = self.expected.shape[0]
        parts = [
            self.logits(self.supervised, tf.range(at, min(at + 256, n_stimuli)), None)
            for at in range(0, n_stimuli, 256)
        ]
        logits = tf.concat(parts, axis=0)
        return (logits - tf.reduce_mean(logits, axis=0)) / (tf.math.reduce_std(logits, axis=0) + 1e-3)

    def embedded(self, stimuli, *, training: bool = False):
        """Return what the discriminator sees of stimuli, shape (stimulus, unit)."""
        if self.embedding is None:
            return tf.gather(tf.convert_to_tensor(self.expected), stimuli)
        return self.embedding(self.shown(stimuli), training=training)

    # -- steps -------------------------------------------------------------------------------------

    def supervised_step(self, rows):
        """Maximise the likelihood of all trials of some stimuli."""
        stimuli = tf.gather(self.stimulus, tf.reshape(rows, (-1,)))
        with self.minimise("supervised") as update:
            logits = self.logits(self.supervised, stimuli, None, training=True)
            update.loss = self.likelihood(logits, tf.gather(self.reached, stimuli))
        return {"likelihood": update.loss, "gradient_norm": update.gradient_norm}

    def adversarial_step(self, rows):
        """Some updates of the discriminator, one of the generator."""
        for batch in tf.unstack(rows):
            told = self.discriminator_step(batch, self.random.next())
        return {**told, **self.generator_step(tf.gather(self.stimulus, rows[-1]), self.random.next())}

    def discriminator_step(self, rows, seed):
        """Eq. 3, maximised by D."""
        seeds = tf.random.split(seed, 4)
        stimuli, real = tf.gather(self.stimulus, rows), self.recorded(rows, seeds[_TRIALS])
        logits = self.logits(self.generator, stimuli, seeds[_NOISE])
        uniform = tf.random.stateless_uniform(tf.shape(logits), seeds[_SPIKES])
        fake = counts_of(tf.cast(uniform < tf.sigmoid(logits), tf.float32), self.levels)
        with self.minimise("discriminator") as update:
            embedded = self.embedded(stimuli, training=True)
            mask = self.mask(stimuli, seeds[_MASK])
            judged = self.judged(embedded, tf.concat([real, fake], axis=0), mask, training=True)
            on_real, on_fake = tf.split(judged, 2)
            update.loss = self.objective.discriminator_loss(on_real, on_fake)
        told = {"real": tf.reduce_mean(tf.sigmoid(on_real)), "fake": tf.reduce_mean(tf.sigmoid(on_fake))}
        targets = tf.cast(real[..., None] >= tf.range(self.levels + 1, dtype=tf.float32), tf.float32)
        return {"discriminator": update.loss, "likelihood": self.likelihood(logits, targets), **told}

    def generator_step(self, stimuli, seed):
        """Eq. 3, minimised by G, with an estimate of its gradient (Eqs. 4 and 5)."""
        seeds = tf.random.split(seed, 4)
        embedded, mask = self.embedded(stimuli), self.mask(stimuli, seeds[_MASK])

        def cost(bits):
            logit = self.judged(embedded, counts_of(bits, self.levels), mask, training=False)
            return -tf.nn.softplus(logit) if self.minimax else tf.nn.softplus(-logit)

        with self.minimise("generator") as update:
            logits = self.logits(self.generator, stimuli, seeds[_NOISE], training=True)
            estimate = self.estimator(cost, logits, seeds[_SPIKES])
            update.loss, update.combine = estimate.surrogate, self.estimator.combine
        return {"generator": estimate.cost, "gradient_norm": update.gradient_norm}

    def test_step(self, data):
        """Mean squared difference of the noise covariances of recorded and generated counts, over pairs of neurons.

        Before the generator's first update it is larger than any, so that no such checkpoint is the best.
        """
        number, rows = data
        seed = tf.stack([tf.constant(self.config.training.seed + 1, tf.int32), tf.cast(number, tf.int32)])
        seeds = tf.random.split(seed, 3)
        rows = tf.cast(rows, tf.int32)
        stimuli = tf.gather(self.stimulus, rows)
        fake = self.drawn(self.generator, stimuli, seeds[_NOISE], seeds[_SPIKES])
        n_trials = self.config.training.trials_per_stimulus
        real, fake = (noise_covariance(y, n_trials) for y in (self.recorded(rows, seeds[_TRIALS]), fake))
        pairs = 1.0 - tf.eye(real.shape[0])
        distance = tf.reduce_sum(pairs * tf.square(real - fake)) / tf.reduce_sum(pairs)
        untrained = tf.equal(self.named_optimizers["generator"].iterations, 0)
        distance = tf.where(untrained, float(self.levels**4), distance)  # of variances of at most levels² / 4
        return self.record({"noise_covariance": distance}, weight=tf.shape(rows)[0])

    # -- networks ----------------------------------------------------------------------------------

    def shown(self, stimuli):
        """Return what networks see of stimuli: frames (stimulus, height, width, frame), or which ones they are."""
        if self.frames is None:
            return stimuli
        return tf.transpose(tf.gather(self.frames, tf.gather(self.seen, stimuli)), (0, 2, 3, 1))

    def logits(self, generator: Generator, stimuli, seed, *, training: bool = False):
        """Return logits, shape (stimulus * trial, neuron * level), those of a stimulus side by side.

        With ``seed``, ``trials_per_stimulus`` rows of each stimulus, with noise; without, one.
        """
        first, day = generator.early(self.shown(stimuli), training=training), tf.gather(self.day, stimuli)
        if seed is not None:
            n_trials = self.config.training.trials_per_stimulus
            first, day = tf.repeat(first, n_trials, axis=0), tf.repeat(day, n_trials, axis=0)
        noise = tf.zeros((tf.shape(day)[0], generator.n_sources))
        if generator.n_sources:
            noise = tf.random.stateless_normal(tf.shape(noise), seed)
        return generator.late([first, noise, day], training=training)

    def drawn(self, generator: Generator, stimuli, noise_seed, spike_seed):
        """Return generated counts, shape (stimulus * trial, neuron)."""
        logits = self.logits(generator, stimuli, noise_seed)
        uniform = tf.random.stateless_uniform(tf.shape(logits), spike_seed)
        return counts_of(tf.cast(uniform < tf.sigmoid(logits), tf.float32), self.levels)

    def mask(self, stimuli, seed):
        """Return which neurons the discriminator sees in each response: 1 or 0, shape (stimulus * trial, neuron)."""
        shape = tf.shape(stimuli)[0] * self.config.training.trials_per_stimulus, self.mean.shape[0]
        hidden = self.config.model.hidden_neurons
        return tf.cast(tf.random.stateless_uniform(shape, seed) >= hidden, tf.float32) if hidden else tf.ones(shape)

    def judged(self, embedded, counts, mask, *, training: bool):
        """Return logits of counts that go through the stimuli with all their trials, as often as it takes.

        Neurons that are not seen have their mean count.
        """
        repeated = tf.repeat(embedded, self.config.training.trials_per_stimulus, axis=0)
        times = tf.shape(counts)[0] // tf.shape(repeated)[0]
        seen = self.mean + tf.tile(mask, (times, 1)) * (counts - self.mean)
        return self.judge([tf.tile(repeated, (times, 1)), seen], training=training)

    def recorded(self, rows, seed):
        """Return counts of rows and of other trials of their stimuli, float32, shape (stimulus * trial, neuron)."""
        n_others = self.config.training.trials_per_stimulus - 1
        stimuli = tf.gather(self.stimulus, rows)
        n_trials = tf.gather(self.n_trials, stimuli)[:, None]
        uniform = tf.random.stateless_uniform((tf.shape(rows)[0], n_others), seed)
        place = tf.cast(uniform * tf.cast(n_trials, tf.float32), tf.int32)
        others = tf.gather(self.order, tf.gather(self.first, stimuli)[:, None] + tf.minimum(place, n_trials - 1))
        chosen = tf.reshape(tf.concat([rows[:, None], others], axis=1), (-1,))
        return tf.cast(tf.gather(self.counts, chosen), tf.float32)

    def likelihood(self, logits, reached):
        """Return the negative log-likelihood per neuron and response.

        ``reached`` is the share of responses with at least 0, 1, ... spikes, shape (batch, neuron, level + 1): a level
        is drawn only where the one below it was reached.
        """
        logits = tf.reshape(logits, (-1, reached.shape[1], self.levels))
        each = reached[..., :-1] * tf.nn.softplus(logits) - reached[..., 1:] * logits
        return tf.reduce_mean(tf.reduce_sum(each, axis=2))


def counts_of(bits, levels: int):
    """Return counts, shape (batch, neuron), of Bernoulli variables (batch, neuron * level).

    A count is the number of ones before the first zero, so that any distribution up to ``levels`` can be learned;
    relaxed variables give relaxed counts. Binary where ``levels`` is 1.
    """
    if levels == 1:
        return bits
    return tf.reduce_sum(tf.math.cumprod(tf.reshape(bits, (tf.shape(bits)[0], -1, levels)), axis=2), axis=2)


def noise_covariance(counts, n_trials: int):
    """Return the covariance around the mean of each stimulus, shape (neuron, neuron), unbiased.

    ``counts`` (stimulus * trial, neuron), the trials of a stimulus side by side; 0 where there is one trial.
    """
    each = tf.reshape(counts, (-1, n_trials, counts.shape[-1]))
    residuals = tf.reshape(each - tf.reduce_mean(each, axis=1, keepdims=True), (-1, counts.shape[-1]))
    free = tf.cast(tf.shape(each)[0] * max(1, n_trials - 1), tf.float32)
    return tf.matmul(residuals, residuals, transpose_a=True) / free
