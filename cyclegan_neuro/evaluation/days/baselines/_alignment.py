"""What all alignments share: both directions, each over x-like and y-like windows."""

from __future__ import annotations

import numpy as np

from cyclegan_neuro.evaluation.days.translation import At, Frames

__all__ = ["Alignment"]


class Alignment:
    """A translator that is fitted to training frames, without networks.

    Attributes
    ----------
    name : str
        Key in ``metrics.json``.
    shrinkage : float, optional
        Of the covariances, where it uses any.
    """

    name: str
    shrinkage: float | None = None

    def forward(self, windows: np.ndarray, frames: Frames | None = None) -> np.ndarray:
        """Translate windows (window, time, neuron) in ΔF/F, recorded at ``frames``, from day x to day y."""
        raise NotImplementedError

    def backward(self, windows: np.ndarray, frames: Frames | None = None) -> np.ndarray:
        """Translate windows (window, time, neuron) in ΔF/F, recorded at ``frames``, from day y to day x."""
        raise NotImplementedError

    def to_y(self, x: np.ndarray, y: np.ndarray, at: At | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return G(x) and G(y); ΔF/F windows (window, time, neuron), float32."""
        of_x, of_y = at or (None, None)
        return self.forward(x, of_x), self.forward(y, of_y)

    def to_x(self, x: np.ndarray, y: np.ndarray, at: At | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return F(x) and F(y); ΔF/F windows (window, time, neuron), float32."""
        of_x, of_y = at or (None, None)
        return self.backward(x, of_x), self.backward(y, of_y)
