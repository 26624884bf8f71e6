"""Adam as the section ``training`` asks for it."""

from __future__ import annotations

import keras

from cyclegan_neuro.configuration.sections import TrainingSection
from cyclegan_neuro.networks.schedules import WarmupDecay
from cyclegan_neuro.systems.compilation import resolve_precision

__all__ = ["adam"]


def adam(
    section: TrainingSection,
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
    section : TrainingSection
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
