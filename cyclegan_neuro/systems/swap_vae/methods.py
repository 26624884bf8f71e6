"""Which trainer a method has."""

from __future__ import annotations

from cyclegan_neuro.populations.trials.trials import PreparedTrials
from cyclegan_neuro.systems.swap_vae.config import Config
from cyclegan_neuro.systems.swap_vae.model import VAE, SwapVAE
from cyclegan_neuro.systems.swap_vae.trainer import TrialsTrainer

__all__ = ["trainer_of"]


def trainer_of(config: Config, prepared: PreparedTrials) -> TrialsTrainer:
    """Return the trainer of ``objective.method``, not compiled."""
    method = config.objective.method
    if method == "swap_vae":
        return SwapVAE(config, prepared)
    return VAE(config, prepared, beta=1.0 if method == "vae" else config.objective.beta)
