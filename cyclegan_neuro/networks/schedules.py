"""Learning rates over a run."""

from __future__ import annotations

import math

import keras
import tensorflow as tf

__all__ = ["WarmupDecay"]


@keras.saving.register_keras_serializable("cyclegan_neuro")
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

    def get_config(self):
        return {
            "peak": self.peak, "total_steps": self.total_steps, "warmup_steps": self.warmup_steps,
            "decay": self.decay, "decay_start": self.decay_start,
        }  # fmt: skip
