"""Whether a training step is compiled with XLA."""

from __future__ import annotations

import tensorflow as tf

from cyclegan_neuro.configuration.sections import TrainingSection

__all__ = ["resolve_jit"]


def resolve_jit(training: TrainingSection) -> bool:
    """Return what ``training.jit_compile`` means on this machine.

    Parameters
    ----------
    training : TrainingSection
        ``jit_compile`` is obeyed when it is true or false. ``auto`` compiles on one GPU and only
        when ``deterministic`` is off: XLA may choose other kernels from run to run, costs more than it gains
        on a CPU, and does not combine with mirrored replicas.

    Returns
    -------
    bool
        For ``keras.Model.compile(jit_compile=...)``. Call inside the strategy's scope.
    """
    if training.jit_compile != "auto":
        return training.jit_compile
    one_replica = tf.distribute.get_strategy().num_replicas_in_sync == 1
    on_gpu = training.devices != "cpu" and bool(tf.config.get_visible_devices("GPU"))
    return on_gpu and one_replica and not training.deterministic
