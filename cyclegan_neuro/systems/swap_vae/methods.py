"""Which trainer a method has."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from cyclegan_neuro.populations.trials.trials import PreparedTrials
from cyclegan_neuro.systems.swap_vae.config import Config
from cyclegan_neuro.systems.swap_vae.model import VAE, SwapVAE
from cyclegan_neuro.systems.swap_vae.rivals import BYOL, MYOW, PiVAE, Supervised
from cyclegan_neuro.systems.swap_vae.trainer import TrialsTrainer

__all__ = ["trainer_of"]


def trainer_of(config: Config, prepared: PreparedTrials) -> TrialsTrainer:
    """Return the trainer of ``objective.method``, not compiled."""
    builders: dict[str, Callable[..., TrialsTrainer]] = {
        "swap_vae": SwapVAE,
        "vae": partial(VAE, beta=1.0),
        "beta_vae": partial(VAE, beta=config.objective.beta),
        "supervised_direction": partial(Supervised, label="direction"),
        "supervised_time": partial(Supervised, label="time"),
        "byol": BYOL,
        "myow": MYOW,
        "pi_vae": PiVAE,
    }
    return builders[config.objective.method](config, prepared)
