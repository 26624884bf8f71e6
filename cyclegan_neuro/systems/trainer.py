"""The base of all trainers: an update per loss, running means of logs, averaged weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from operator import itemgetter
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from cyclegan_neuro.configuration.sections import OptimisationSection
from cyclegan_neuro.networks.objectives import Critique, Objective
from cyclegan_neuro.systems.optimizers import adam, resolve_jit

__all__ = ["AdversarialTrainer", "ReplicaSeeds", "Trainer", "Update", "table"]


class Update:
    """One update of :meth:`Trainer.minimise`: the block sets ``loss``, a scalar, and finds ``gradient_norm`` after it.

    The norm is that of all gradients together, without the loss scale, and of several replicas that of each one's rows.
    A block may set several losses, a tuple, and ``combine``, which makes one list of gradients from theirs, all of one
    loss scale (:mod:`networks.estimators`).
    """

    loss: Any = None
    gradient_norm = None
    combine = staticmethod(itemgetter(0))


class Trainer(keras.Model):
    """A ``keras.Model`` whose ``train_step`` states the equations of a paper.

    A subclass takes its networks in ``__init__`` and writes :attr:`learned`, :attr:`logs`, ``train_step`` and
    ``test_step``. Tape, loss scale, replicas and gradient norm are in :meth:`minimise`, everything around a step
    (resume, checkpoints, averages, TensorBoard) in :mod:`cyclegan_neuro.training`.

    Attributes
    ----------
    monitor : str
        Validation log whose minimum defines checkpoint ``best``, for example ``"val_moment_distance"``.
    progress_keys : tuple of str
        Logs shown on the progress line.
    critic_updates : int
        Updates of ``critic`` or ``discriminator`` in one ``train_step``.
    named_optimizers : dict of str to keras.optimizers.Optimizer
        Those of :attr:`learned`, built; set by :meth:`compile`.

    Examples
    --------
    ::

        def train_step(self, x):
            with self.minimise("autoencoder") as update:
                update.loss = mae(x, self.decoder(self.encoder(x, training=True), training=True))
            return self.record({"error": update.loss, "gradient_norm": update.gradient_norm})
    """

    monitor: str = "val_loss"
    progress_keys: tuple[str, ...] = ()
    critic_updates: int = 1

    @property
    def learned(self) -> dict[str, list[keras.Variable]]:
        """The variables that each optimizer updates, by its name; averages are kept of the first one's."""
        raise NotImplementedError

    @property
    def logs(self) -> tuple[str, ...]:
        """Names that ``train_step`` and ``test_step`` record; a checkpoint holds their running means."""
        raise NotImplementedError

    def compile(self, optimizers: Mapping[str, keras.optimizers.Optimizer], *, jit_compile: bool = False, **kwargs):
        """As ``keras.Model.compile``, with an optimizer for each name in :attr:`learned`.

        ``jit_compile`` holds under op determinism too. Keras then takes it back with a warning, because some operations
        have no deterministic kernel in XLA. Such an operation is an error when the step is compiled, so what runs is
        deterministic.
        """
        super().compile(optimizer=next(iter(optimizers.values())), auto_scale_loss=False, jit_compile=False, **kwargs)
        self._jit_compile = jit_compile
        self.named_optimizers = dict(optimizers)
        self.built = True
        for name, variables in self.learned.items():
            optimizers[name].build(variables)
        self._means = {name: keras.metrics.Mean(name=name) for name in self.logs}

    def compile_for(self, training: OptimisationSection, *, steps: int) -> None:
        """Compile with one :func:`adam` per name in :attr:`learned`, as the section asks; ``steps`` of a whole run.

        ``critic`` and ``discriminator`` take ``critic_updates`` updates a step; averages may be kept of all others.
        """
        optimizers = {}
        for name in self.learned:
            tells = name in ("critic", "discriminator")
            optimizers[name] = adam(
                training,
                training.learning_rate_of(name),
                steps=steps,
                updates_per_step=self.critic_updates if tells else 1,
                averaging=0.0 if tells else training.weight_averaging,
                name=f"{name}_optimizer",
            )
        self.compile(optimizers, jit_compile=resolve_jit(training))

    # -- updates -----------------------------------------------------------------------------------

    @contextmanager
    def minimise(self, name: str) -> Iterator[Update]:
        """Update the variables ``learned[name]`` once, down the gradient of the loss that the block sets.

        Forward passes belong inside the block. Replicas sum gradients, so the loss is divided by their number; under
        mixed_float16 it is scaled, and an overflow skips the update.

        Yields
        ------
        Update
        """
        update, variables, optimizer = Update(), self.learned[name], self.named_optimizers[name]
        with tf.GradientTape(watch_accessed_variables=False, persistent=True) as tape:
            tape.watch([v.value for v in variables])
            yield update
            losses = update.loss if isinstance(update.loss, tuple) else (update.loss,)
            scaled = [optimizer.scale_loss(loss / self.distribute_strategy.num_replicas_in_sync) for loss in losses]
        if not variables:  # the identity generator has nothing to learn
            update.gradient_norm = tf.zeros(())
            return
        gradients = update.combine([tape.gradient(loss, [v.value for v in variables]) for loss in scaled])
        # of an embedding, rows that a batch has twice are one gradient, in norms and clipping too
        gradients = [tf.convert_to_tensor(g) if isinstance(g, tf.IndexedSlices) else g for g in gradients]
        scale = tf.convert_to_tensor(getattr(optimizer, "dynamic_scale", 1.0))
        n_replicas, is_scaled = _n_replicas(), isinstance(optimizer, keras.optimizers.LossScaleOptimizer)
        if n_replicas > 1 and is_scaled:
            # an overflow on one replica must be seen by all: Keras asks each for its own gradients (3.15)
            gradients = tf.distribute.get_replica_context().all_reduce("MEAN", gradients)
        optimizer.apply(gradients, variables)
        # each replica's loss was divided by their number
        update.gradient_norm = tf.linalg.global_norm(gradients) * n_replicas
        if is_scaled:
            # an overflow skips the update and lowers the scale: its norm is no news and would stay in the mean
            norm = update.gradient_norm / scale
            update.gradient_norm = tf.where(tf.math.is_finite(norm), norm, 0.0)

    # -- logs --------------------------------------------------------------------------------------

    def record(self, logs, weight=None):
        """Add to the running means of ``logs``, which every epoch begins anew, and return them.

        Without ``weight``, replicas add the mean over all of them, so that each holds what a checkpoint keeps.
        """
        if weight is None and _n_replicas() > 1:
            values = tf.stack([tf.cast(value, tf.float32) for value in logs.values()])
            means = tf.distribute.get_replica_context().all_reduce("MEAN", values)
            logs = dict(zip(logs, tf.unstack(means), strict=True))
        for name, value in logs.items():
            self._means[name].update_state(value, sample_weight=weight)
        return {name: self._means[name].result() for name in logs}

    @property
    def metrics(self):
        return list(getattr(self, "_means", {}).values())

    @property
    def kept_metrics(self) -> list[keras.metrics.Metric]:
        """The metrics that a checkpoint holds: what an interrupted epoch has gathered so far."""
        return self.metrics

    # -- averaged weights --------------------------------------------------------------------------

    @property
    def _averaged(self) -> list[keras.Variable]:
        return next(iter(self.learned.values()))

    def use_average_weights(self) -> None:
        """Put the exponential average of the first optimizer's variables in their place, if it is kept."""
        optimizer = getattr(self.optimizer, "inner_optimizer", self.optimizer)
        if self._averaged and optimizer.use_ema:
            optimizer.finalize_variable_values(self._averaged)

    @contextmanager
    def average_weights(self) -> Iterator[None]:
        """Use averaged weights inside the context and the trained ones again after it."""
        trained = [v.numpy() for v in self._averaged]
        self.use_average_weights()
        try:
            yield
        finally:
            for variable, value in zip(self._averaged, trained, strict=True):
                variable.assign(value)

    def evaluate(self, *args, **kwargs):
        """As ``keras.Model.evaluate``, with averaged weights where they are kept."""
        with self.average_weights():
            return super().evaluate(*args, **kwargs)


class AdversarialTrainer(Trainer):
    """Networks that make windows, against networks that tell them from recorded ones.

    Attributes
    ----------
    objective : Objective
        In which sense they do.
    penalty_seed : keras.random.SeedGenerator
        Of the points of the gradient penalties.
    """

    objective: Objective
    penalty_seed: keras.random.SeedGenerator

    def critique(self, discriminator: keras.Model, real, fake) -> Critique:
        """Return what a discriminator in training says of recorded and generated windows, shape (batch, ...)."""
        return self.objective.critique(partial(discriminator, training=True), real, fake, self.penalty_seed)


class ReplicaSeeds(keras.random.SeedGenerator):
    """Seeds that differ between the replicas of a step, whose rows would else get the same noise."""

    def next(self, ordered=True):
        seed = super().next(ordered)
        if _n_replicas() == 1:
            return seed
        return tf.random.fold_in(seed, tf.distribute.get_replica_context().replica_id_in_sync_group, alg="philox")


def _n_replicas() -> int:
    """Return how many replicas this step runs on; 1 outside of a distributed step."""
    context = tf.distribute.get_replica_context()
    return 1 if context is None else context.num_replicas_in_sync


def table(values: np.ndarray) -> tf.Variable:
    """Return a table that is not trained and in no checkpoint: the run's ``inputs.json`` says what went in."""
    return tf.Variable(values, trainable=False)
