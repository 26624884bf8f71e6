"""From the configuration's sources to prepared days."""

from __future__ import annotations

from pathlib import Path

from cyclegan_neuro.systems.cyclegan.config import Config
from cyclegan_neuro.windows.prepared import PreparedPair

__all__ = ["critic_updates", "prepare", "windows_per_step"]

_CRITIC_UPDATES = {"gan": 1, "lsgan": 1, "wgangp": 5, "dragan": 1}  # Table C.2


def critic_updates(config: Config) -> int:
    """Return the discriminator updates per generator update."""
    return config.objective.critic_updates or _CRITIC_UPDATES[config.objective.name]


def windows_per_step(config: Config) -> int:
    """Return the windows of each day that one ``train_step`` consumes."""
    return config.training.batch_size * critic_updates(config)
