"""Sizes of a network of spike inference."""

from __future__ import annotations

from dataclasses import dataclass

from cyclegan_neuro.spikes.inference.rate_models import POOL, NetworkWeights

__all__ = ["Architecture"]


@dataclass(frozen=True)
class Architecture:
    """Sizes of a network; the defaults are those of CASCADE.

    Attributes
    ----------
    widths, filters : tuple of int
        Of the three convolutions.
    units : int
        Of the dense layer at each position.
    window_frames, before_frames : int
        Frames of a window, and those of them before the frame whose rate is given.
    """

    widths: tuple[int, int, int] = (31, 19, 5)
    filters: tuple[int, int, int] = (30, 40, 50)
    units: int = 10
    window_frames: int = 64
    before_frames: int = 32

    @classmethod
    def of(cls, weights: NetworkWeights, window_frames: int) -> Architecture:
        """Return the sizes of a trained network."""
        convolutions = weights.kernels[:3]
        return cls(
            widths=tuple(k.shape[0] for k in convolutions),
            filters=tuple(k.shape[2] for k in convolutions),
            units=weights.kernels[3].shape[1],
            window_frames=window_frames,
        )

    @property
    def positions(self) -> int:
        """Positions that the output layer of the windowed network joins."""
        after_second = (self.window_frames - self.widths[0] - self.widths[1] + 2) // POOL
        return (after_second - self.widths[2] + 1) // POOL

    @property
    def reach(self) -> int:
        """Frames that the layers look at for one output; poolings may drop the last frames of a window."""
        first, second, third = self.widths
        return first + second + POOL * (third - 1) + POOL + POOL * POOL * (self.positions - 1)
