"""What needs no network: activity itself, and its principal components."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cyclegan_neuro.populations.trials.trials import PreparedTrials

__all__ = ["PrincipalComponents", "RawActivity", "fit_components"]


@dataclass(frozen=True)
class RawActivity:
    """The very windows that networks get."""

    name: str = "raw activity"

    def spaces(self, windows: np.ndarray) -> dict[str, np.ndarray]:
        """Return the windows as ``full``, shape (bin, window)."""
        return {"full": windows}

    def reconstruct(self, full: np.ndarray) -> None:
        """Return None: there is nothing to reconstruct."""


@dataclass(frozen=True, eq=False)
class PrincipalComponents:
    """Projections on the directions of largest variance.

    Attributes
    ----------
    mean : ndarray, shape (window,)
    components : ndarray, shape (component, window)
        Orthonormal, the largest variance first.
    """

    mean: np.ndarray
    components: np.ndarray

    @property
    def name(self) -> str:
        return f"PCA ({len(self.components)})"

    def spaces(self, windows: np.ndarray) -> dict[str, np.ndarray]:
        """Return the projections as ``full``, shape (bin, component)."""
        return {"full": (windows - self.mean) @ self.components.T}

    def reconstruct(self, full: np.ndarray) -> np.ndarray:
        """Return the windows with these projections, and nothing in all other directions."""
        return full @ self.components + self.mean


def fit_components(prepared: PreparedTrials, n_components: int) -> PrincipalComponents:
    """Fit principal components to windows of the training trials; there are no more than a window has entries."""
    windows = prepared.windows()[prepared.train].astype(np.float64)
    mean = windows.mean(axis=0)
    centred = windows - mean
    directions = np.linalg.eigh(centred.T @ centred)[1]  # rising variance
    return PrincipalComponents(mean, directions.T[::-1][:n_components])
