"""Do nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cyclegan_neuro.evaluation.days.baselines._alignment import Alignment
from cyclegan_neuro.evaluation.days.translation import Frames

__all__ = ["Identity"]


@dataclass(frozen=True)
class Identity(Alignment):
    """G(x) = x and F(y) = y: what is reached without any mapping."""

    name: str = "identity"

    def forward(self, windows: np.ndarray, frames: Frames | None = None) -> np.ndarray:
        """Return the windows as they are."""
        return windows

    backward = forward
