"""Transport one Gaussian to another: of frames, or of a few frames around each."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np

from cyclegan_neuro.evaluation.days.baselines.alignments import Alignment, Table, Which
from cyclegan_neuro.evaluation.days.baselines.training_frames import Moments, moments_of_days
from cyclegan_neuro.windows.prepared import PreparedPair

__all__ = ["MOST_NEURONS", "SHRINKAGES", "GaussianOT", "LaggedOT", "choose_shrinkage", "shrunk_moments", "transport"]

_log = logging.getLogger(__name__)

SHRINKAGES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
"""Those that are chosen from."""
_LAGS = (-2, -1, 0, 1, 2)
_STEP_S = 0.25  # between lags: together as long as a calcium transient
MOST_NEURONS = 512
"""With five lags a covariance of 2,560 variables, which is decomposed in seconds."""


@dataclass(frozen=True, eq=False)
class GaussianOT(Alignment):
    """The optimal transport map between two Gaussians with the moments of the two days.

    ``T(x) = m_y + A (x - m_x)`` with
    ``A = Σx^{-1/2} (Σx^{1/2} Σy Σx^{1/2})^{1/2} Σx^{-1/2}``: of all maps that give x the mean
    and covariance of y, the one that moves frames least (mean squared distance).

    Attributes
    ----------
    to : dict of str to tuple of ndarray of float32, shapes (neuron, neuron) and (neuron,)
        Day that is made → A, which is symmetric, and the shift.
    shrinkage : float

    References
    ----------
    Peyré & Cuturi, Computational Optimal Transport (2019), Remark 2.31.
    """

    to: dict[Which, Table]
    shrinkage: float
    name = "gaussian_ot"

    @classmethod
    def fit(cls, x: Moments, y: Moments, *, shrinkage: float) -> GaussianOT:
        """Fit from the moments of both days.

        Parameters
        ----------
        x, y : Moments
        shrinkage : float
            Share of the mean variance that is added to the diagonal of each covariance.
        """
        return cls({"y": transport(x, y, shrinkage=shrinkage), "x": transport(y, x, shrinkage=shrinkage)}, shrinkage)

    def move(self, windows, to, frames):
        matrix, shift = self.to[to]
        return windows @ matrix + shift


def transport(source: Moments, target: Moments, *, shrinkage: float) -> Table:
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


def shrunk_moments(prepared: PreparedPair, shrinkage: float | None, **how) -> tuple[Moments, Moments, float]:
    """Return the moments of training frames of both days and their shrinkage, chosen on validation frames if absent.

    ``how`` goes to :func:`~cyclegan_neuro.evaluation.days.baselines.training_frames.moments_of_days`.
    """
    fitted = moments_of_days(prepared, "train", **how)
    if shrinkage is None:
        shrinkage = choose_shrinkage(fitted, moments_of_days(prepared, "validation", **how))
    return *fitted, shrinkage


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


@dataclass(frozen=True, eq=False)
class LaggedOT(Alignment):
    """Gaussian optimal transport of each frame together with those 0.25 and 0.5 s before and after it.

    The five frames become one vector of 5 x neurons; of the transported vector the middle frame is kept. At the ends of
    a window the first and last frame stand for what lies outside.

    Attributes
    ----------
    to : dict of str to tuple of ndarray of float32, shapes (lag, neuron, neuron) and (neuron,)
        Day that is made → what each of the five frames contributes, and the shift.
    step_frames : int
        Between them.
    shrinkage : float
    """

    to: dict[Which, Table]
    step_frames: int
    shrinkage: float
    name = "lagged_ot"

    @classmethod
    def fit(cls, prepared: PreparedPair, *, shrinkage: float | None = None) -> LaggedOT | None:
        """Fit to the training frames; None with more than 512 neurons, whose covariances take minutes.

        Parameters
        ----------
        prepared : PreparedPair
        shrinkage : float, optional
            Chosen on validation frames when absent.
        """
        if prepared.n_neurons > MOST_NEURONS:
            _log.warning("%d neurons: Gaussian OT over lags is left out above %d", prepared.n_neurons, MOST_NEURONS)
            return None
        step = max(1, round(_STEP_S * prepared.frame_rate_hz))
        seen = lambda dff, _: np.concatenate(_seen(dff, step), axis=-1)  # noqa: E731
        x, y, chosen = shrunk_moments(prepared, shrinkage, seen=seen)
        return cls({"y": _middle(x, y, chosen), "x": _middle(y, x, chosen)}, step, chosen)

    def move(self, windows, to, frames):
        matrices, shift = self.to[to]
        moved = np.broadcast_to(shift, windows.shape).astype(np.float32)
        for seen, matrix in zip(_seen(windows, self.step_frames), matrices, strict=True):
            moved += seen @ matrix
        return moved


def _seen(windows: np.ndarray, step: int) -> list[np.ndarray]:
    """Return the windows as seen at each lag, all of the same shape."""
    reach, n_frames = max(_LAGS) * step, windows.shape[1]
    padded = np.pad(windows, ((0, 0), (reach, reach), (0, 0)), mode="edge")
    return [padded[:, reach + lag * step : reach + lag * step + n_frames] for lag in _LAGS]


def _middle(source: Moments, target: Moments, shrinkage: float) -> Table:
    """The rows of the transport that make the middle frame."""
    matrix, shift = transport(source, target, shrinkage=shrinkage)
    n = len(shift) // len(_LAGS)
    middle = slice(_LAGS.index(0) * n, (_LAGS.index(0) + 1) * n)
    return np.ascontiguousarray(matrix[:, middle]).reshape(len(_LAGS), n, n), shift[middle]
