"""The base of all trainers: optimizers, running means of logs, averaged weights."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import keras
import tensorflow as tf

__all__ = ["Trainer"]


class Trainer(keras.Model):
    """A ``keras.Model`` with a custom ``train_step`` and more than one optimizer.

    Attributes
    ----------
    monitor : str
        Validation log whose minimum defines checkpoint ``best``, for example ``"val_moment_distance"``.
    progress_keys : tuple of str
        Logs shown on the progress line.
    """

    monitor: str = "val_loss"
    progress_keys: tuple[str, ...] = ()

    @property
    def named_optimizers(self) -> dict[str, keras.optimizers.Optimizer]:
        """All optimizers by name, built (their slots exist)."""
        raise NotImplementedError

    @property
    def averaged_variables(self) -> list[keras.Variable]:
        """Weights of which ``self.optimizer`` may keep an exponential average."""
        return []

    def compile(self, *args, jit_compile: bool = False, **kwargs):
        """As ``keras.Model.compile``; ``jit_compile`` holds under op determinism too.

        Keras then takes it back with a warning, because some operations have no deterministic kernel in XLA. Such an
        operation is an error when the step is compiled, so what runs is deterministic.
        """
        super().compile(*args, jit_compile=False, **kwargs)
        self._jit_compile = jit_compile

    # -- updates -----------------------------------------------------------------------------------

    def apply_gradients_of(self, tape: tf.GradientTape, loss, variables, optimizer):
        """Apply the gradients of ``loss`` and return their norm, without the loss scale."""
        if not variables:  # the identity generator has nothing to learn
            return tf.zeros(())
        gradients = tape.gradient(loss, [v.value for v in variables])
        scale = tf.convert_to_tensor(getattr(optimizer, "dynamic_scale", 1.0))
        optimizer.apply(gradients, variables)
        if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
            # an overflow skips the update and lowers the scale: its norm is no news and would stay in the mean
            norm = tf.linalg.global_norm(gradients) / scale
            return tf.where(tf.math.is_finite(norm), norm, 0.0)
        return tf.linalg.global_norm(gradients)

    # -- logs --------------------------------------------------------------------------------------

    def track_means(self, names: Iterable[str]) -> None:
        """Keep a running mean per log, which a checkpoint holds and ``fit`` resets every epoch."""
        self._means = {name: keras.metrics.Mean(name=name) for name in names}

    def record(self, logs, weight=None):
        """Add to the running means of ``logs`` and return them."""
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

    def use_average_weights(self) -> None:
        """Put the exponential average of ``averaged_variables`` in their place, if it is kept."""
        optimizer = getattr(self.optimizer, "inner_optimizer", self.optimizer)
        if self.averaged_variables and optimizer.use_ema:
            optimizer.finalize_variable_values(self.averaged_variables)

    @contextmanager
    def average_weights(self) -> Iterator[None]:
        """Use averaged weights inside the context and the trained ones again after it."""
        trained = [v.numpy() for v in self.averaged_variables]
        self.use_average_weights()
        try:
            yield
        finally:
            for variable, value in zip(self.averaged_variables, trained, strict=True):
                variable.assign(value)

    def evaluate(self, *args, **kwargs):
        """As ``keras.Model.evaluate``, with averaged weights where they are kept."""
        with self.average_weights():
            return super().evaluate(*args, **kwargs)
