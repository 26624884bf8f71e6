"""In which numbers a training step computes, and whether XLA compiles it: what ``auto`` means on this machine."""

from __future__ import annotations

import tensorflow as tf

from cyclegan_neuro.configuration.sections import TrainingSection

__all__ = ["resolve_jit", "resolve_precision"]

_BFLOAT16_CAPABILITY = (8, 0)  # NVIDIA's Ampere (A100) and later


def resolve_precision(training: TrainingSection) -> str:
    """Return what ``training.precision`` means on this machine.

    Parameters
    ----------
    training : TrainingSection
        ``precision`` is obeyed where it names one. ``auto`` is ``mixed_bfloat16`` on GPUs that have it (compute
        capability 8.0 or higher, all that are used), which needs no loss scale, ``mixed_float16`` with loss scaling
        on older ones, and ``float32`` on a CPU, which computes the other two more slowly, and on a GPU that does not
        tell its capability.

    Returns
    -------
    str
        Name of a Keras dtype policy.
    """
    if training.precision != "auto":
        return training.precision
    capabilities = [tf.config.experimental.get_device_details(gpu).get("compute_capability") for gpu in _gpus(training)]
    if not capabilities or None in capabilities:
        return "float32"
    return "mixed_bfloat16" if min(capabilities) >= _BFLOAT16_CAPABILITY else "mixed_float16"


def resolve_jit(training: TrainingSection) -> bool:
    """Return what ``training.jit_compile`` means on this machine.

    Parameters
    ----------
    training : TrainingSection
        ``jit_compile`` is obeyed when it is true or false. ``auto`` compiles on one GPU: XLA often costs more than it
        gains on a CPU, and does not combine with mirrored replicas. A GPU repeats a run within rounding and not bit
        for bit, with XLA or without, whatever ``deterministic`` says.

    Returns
    -------
    bool
        For ``keras.Model.compile(jit_compile=...)``. Call inside the strategy's scope.
    """
    if training.jit_compile != "auto":
        return training.jit_compile
    one_replica = tf.distribute.get_strategy().num_replicas_in_sync == 1
    return bool(_gpus(training)) and one_replica


def _gpus(training: TrainingSection) -> list[tf.config.PhysicalDevice]:
    """The GPUs that a run with these settings uses, as :mod:`cyclegan_neuro.training.devices` chooses them."""
    if training.devices == "cpu":
        return []
    gpus = tf.config.get_visible_devices("GPU")
    return gpus[:1] if training.devices == "one_gpu" else gpus
