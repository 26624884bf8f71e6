"""What decides how networks are trained."""

from __future__ import annotations

from dataclasses import dataclass, field

from cyclegan_neuro.spikes.inference.rate_models import Architecture

__all__ = ["TrainingSettings"]


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """Settings of the networks of one frame rate.

    Attributes
    ----------
    frame_rate_hz : float
    noise_levels : tuple of int
        In % per sqrt(Hz), ascending.
    ensemble_size : int
        Networks per noise level.
    epochs : int
        Passes over the ground truth.
    batch_size, stretch_frames : int
        Stretches per update, and frames of a stretch for which a rate is learned: an update sees 16 x 256
        windows.
    learning_rate : float
        Adam's highest; it rises over the first twentieth of the updates and falls as a cosine.
    smoothing_s : float
        Standard deviation of the Gaussian that smooths the true spikes.
    causal : bool
        Keep only the half of the Gaussian after the spike.
    seed : int
    architecture : Architecture
    """

    frame_rate_hz: float
    noise_levels: tuple[int, ...] = (1, 2, 3, 4, 5, 6, 7, 8)
    ensemble_size: int = 5
    epochs: int = 12
    batch_size: int = 16
    stretch_frames: int = 256
    learning_rate: float = 2e-3
    smoothing_s: float = 0.05
    causal: bool = False
    seed: int = 0
    architecture: Architecture = field(default_factory=Architecture)

    def noise_interval(self, level: int) -> tuple[float, float]:
        """Return the noise that the networks of ``level`` are trained for: half a level around it, or all below."""
        return (0.0 if level == min(self.noise_levels) else level - 0.5), level + 0.5
