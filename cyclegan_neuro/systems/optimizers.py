"""Adam as the section ``training`` asks for it, and what its ``auto`` means on this machine."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

import keras
import tensorflow as tf

from cyclegan_neuro.configuration.sections import OptimisationSection

__all__ = ["WarmupDecay", "adam", "precision", "resolve_jit", "resolve_precision"]

_BFLOAT16_CAPABILITY = (8, 0)  # NVIDIA's Ampere (A100) and later


def adam(
    section: OptimisationSection,
    learning_rate: float,
    *,
    steps: int,
    updates_per_step: int = 1,
    name: str,
    averaging: float = 0.0,
) -> keras.optimizers.Optimizer:
    """Return an optimizer with warm-up, decay and loss scale as ``section`` says.

    Parameters
    ----------
    section : OptimisationSection
    learning_rate : float
        Between warm-up and decay.
    steps : int
        Of the whole training, where decay ends.
    updates_per_step : int
        Updates in one step; warm-up and decay take the same steps whatever it is.
    name : str
    averaging : float
        Decay of the exponential average of its variables; 0 keeps none.
    """
    optimizer = keras.optimizers.Adam(
        WarmupDecay(
            learning_rate,
            total_steps=steps * updates_per_step,
            warmup_steps=section.warmup_steps * updates_per_step,
            decay=section.decay,
            decay_start=section.decay_start,
        ),
        beta_1=section.adam_beta_1,
        beta_2=section.adam_beta_2,
        use_ema=averaging > 0,
        ema_momentum=averaging or 0.99,
        ema_overwrite_frequency=None,
        name=name,
    )
    scaled = resolve_precision(section) == "mixed_float16"
    return keras.optimizers.LossScaleOptimizer(optimizer) if scaled else optimizer


class WarmupDecay(keras.optimizers.schedules.LearningRateSchedule):
    """Rise linearly from 0, stay, then fall to 0 linearly or along a cosine.

    Parameters
    ----------
    peak : float
        Learning rate between warm-up and decay.
    total_steps : int
        Updates of the whole run.
    warmup_steps : int
        Updates until the peak is reached.
    decay : {"none", "linear", "cosine"}
    decay_start : float
        Share of ``total_steps`` after which decay begins.
    """

    def __init__(self, peak, *, total_steps, warmup_steps=0, decay="none", decay_start=0.5):
        self.peak, self.total_steps, self.warmup_steps = peak, total_steps, warmup_steps
        self.decay, self.decay_start = decay, decay_start

    def __call__(self, step):
        step = tf.cast(step, tf.float32)
        rise = tf.minimum(1.0, (step + 1.0) / max(1, self.warmup_steps))
        if self.decay == "none":
            return self.peak * rise
        first = self.decay_start * self.total_steps
        progress = tf.clip_by_value((step - first) / max(1.0, self.total_steps - first), 0.0, 1.0)
        fall = 1.0 - progress if self.decay == "linear" else 0.5 * (1.0 + tf.cos(math.pi * progress))
        return self.peak * rise * fall


@contextmanager
def precision(name: str) -> Iterator[None]:
    """Build layers under the dtype policy ``name``; the policy of before returns afterwards.

    Parameters
    ----------
    name : {"float32", "mixed_bfloat16", "mixed_float16"}
        Variables are float32 under each of them, so a checkpoint fits all three.
    """
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def resolve_precision(training: OptimisationSection) -> str:
    """Return what ``training.precision`` means on this machine.

    Parameters
    ----------
    training : OptimisationSection
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


def resolve_jit(training: OptimisationSection) -> bool:
    """Return what ``training.jit_compile`` means on this machine.

    Parameters
    ----------
    training : OptimisationSection
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


def _gpus(training: OptimisationSection) -> list[tf.config.PhysicalDevice]:
    """The GPUs that a run with these settings uses, as :mod:`cyclegan_neuro.training.devices` chooses them."""
    if training.devices == "cpu":
        return []
    gpus = tf.config.get_visible_devices("GPU")
    return gpus[:1] if training.devices == "one_gpu" else gpus
