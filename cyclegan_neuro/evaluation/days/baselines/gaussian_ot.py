"""Transport one Gaussian to another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cyclegan_neuro.evaluation.days.baselines._alignment import Alignment
from cyclegan_neuro.evaluation.days.baselines.training_frames import Moments
from cyclegan_neuro.evaluation.days.translation import Frames

__all__ = ["SHRINKAGES", "GaussianOT", "choose_shrinkage", "transport"]

SHRINKAGES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
"""Those that are chosen from."""


@dataclass(frozen=True, eq=False)
class GaussianOT(Alignment):
    """The optimal transport map between two Gaussians with the moments of the two days.

    ``T(x) = m_y + A (x - m_x)`` with
    ``A = Σx^{-1/2} (Σx^{1/2} Σy Σx^{1/2})^{1/2} Σx^{-1/2}``: of all maps that give x the mean
    and covariance of y, the one that moves frames least (mean squared distance).

    Attributes
    ----------
    to_day_y, to_day_x : tuple of ndarray of float32, shapes (neuron, neuron) and (neuron,)
        A, which is symmetric, and the shift.
    shrinkage : float

    References
    ----------
    Peyré & Cuturi, Computational Optimal Transport (2019), Remark 2.31.
    """

    to_day_y: tuple[np.ndarray, np.ndarray]
    to_day_x: tuple[np.ndarray, np.ndarray]
    shrinkage: float
    name: str = "gaussian_ot"

    @classmethod
    def fit(cls, x: Moments, y: Moments, *, shrinkage: float) -> GaussianOT:
        """Fit from the moments of both days.

        Parameters
        ----------
        x, y : Moments
        shrinkage : float
            Share of the mean variance that is added to the diagonal of each covariance.
        """
        return cls(transport(x, y, shrinkage=shrinkage), transport(y, x, shrinkage=shrinkage), shrinkage)

    def forward(self, windows: np.ndarray, frames: Frames | None = None) -> np.ndarray:
        """Translate from day x to day y."""
        matrix, shift = self.to_day_y
        return windows @ matrix + shift

    def backward(self, windows: np.ndarray, frames: Frames | None = None) -> np.ndarray:
        """Translate from day y to day x."""
        matrix, shift = self.to_day_x
        return windows @ matrix + shift


def transport(source: Moments, target: Moments, *, shrinkage: float) -> tuple[np.ndarray, np.ndarray]:
    """Return A and the shift, float32; directions in which the source does not vary are mapped to the mean."""
    sigma_source, sigma_target = (_shrunk(moments.covariance, shrinkage) for moments in (source, target))
    values, vectors = np.linalg.eigh(sigma_source)
    values = np.clip(values, 0.0, None)
    alive = values > values.max() * 1e-12
    root = (vectors * np.sqrt(values)) @ vectors.T
    inverse_root = (vectors * np.divide(1.0, np.sqrt(values), out=np.zeros_like(values), where=alive)) @ vectors.T
    inner, basis = np.linalg.eigh(root @ sigma_target @ root)
    matrix = inverse_root @ ((basis * np.sqrt(np.clip(inner, 0.0, None))) @ basis.T) @ inverse_root
    return matrix.astype(np.float32), (target.mean - matrix @ source.mean).astype(np.float32)


def _shrunk(covariance: np.ndarray, shrinkage: float) -> np.ndarray:
    return covariance + shrinkage * np.mean(np.diag(covariance)) * np.eye(len(covariance))


def choose_shrinkage(fitted: tuple[Moments, Moments], held_out: tuple[Moments, Moments]) -> float:
    """Return the shrinkage under which held-out frames of both days are most likely, summed over the days.

    Neither pairs nor truth are needed: each day's Gaussian, with the shrunk covariance of the training frames, is
    asked for the likelihood of that day's validation frames.

    Parameters
    ----------
    fitted, held_out : tuple of Moments
        Of training and validation frames, of day x and day y.
    """
    losses = sum(_negative_log_likelihoods(*both) for both in zip(fitted, held_out, strict=True))
    return SHRINKAGES[int(np.argmin(losses))]


def _negative_log_likelihoods(fitted: Moments, held_out: Moments) -> np.ndarray:
    """Per shrinkage, per frame, without the constant; one eigendecomposition serves all."""
    values, vectors = np.linalg.eigh(fitted.covariance)
    away = held_out.mean - fitted.mean
    spread = np.einsum("in,ij,jn->n", vectors, held_out.covariance + np.outer(away, away), vectors, optimize=True)
    size = np.mean(np.diag(fitted.covariance))
    variances = np.clip(values, 0.0, None) + np.array(SHRINKAGES)[:, None] * size
    return 0.5 * (np.log(variances) + spread / variances).sum(axis=1)
