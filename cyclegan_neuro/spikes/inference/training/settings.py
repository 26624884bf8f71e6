"""What decides how networks are trained."""

from __future__ import annotations

from dataclasses import dataclass, field

from cyclegan_neuro.spikes.inference.spike_network import Architecture

__all__ = ["TrainingSettings"]


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """Settings of a training.

    Attributes
    ----------
    frame_rates_hz : tuple of float
        To which the ground truth is brought; every update draws one of them.
    ensemble_size, held_out_size : int
        Networks that are kept, and of each ensemble that is measured on what it did not see.
    updates : int
    frames_per_update : int
        Frames, of all stretches together, for which an update learns a rate at 30 Hz; fewer at lower rates, where they
        last longer.
    learning_rate : float
        Adam's highest; it rises over the first twentieth of the updates and falls as a cosine.
    forget_all, forget_variant : float
        Shares of the stretches of which the network is told neither indicator nor cell type, or only the generation of
        the indicator, so that it serves recordings of which no more is known.
    causal : bool
        Keep only the half of the Gaussian after the spike.
    seed : int
    architecture : Architecture
    """

    frame_rates_hz: tuple[float, ...] = (3.0, 5.0, 7.5, 15.0, 30.0, 60.0, 100.0)
    ensemble_size: int = 1
    held_out_size: int = 1
    updates: int = 6000
    frames_per_update: int = 12288
    learning_rate: float = 2e-3
    forget_all: float = 0.2
    forget_variant: float = 0.2
    causal: bool = False
    seed: int = 0
    architecture: Architecture = field(default_factory=Architecture)
