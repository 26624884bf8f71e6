"""Translators that a sceptic would try first: do nothing, match moments, transport a Gaussian.

All are fitted on the training part only, work on ΔF/F windows in the user's neuron
order, and take the same way through :func:`..translation.translate` as the model does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cyclegan_neuro.windows.cutting import raw_windows
from cyclegan_neuro.windows.prepared import PreparedPair
from cyclegan_neuro.windows.segmentation import coverage, spaced

__all__ = ["GaussianOT", "Identity", "MomentMatching", "Moments", "training_moments"]

_MAX_TRANSFORMED_WINDOWS = 256  # windows of Φ(X) that moments are taken from, evenly spread
_CHUNK_FRAMES = 8192


@dataclass(frozen=True, eq=False)
class Moments:
    """First two moments of a day over its training frames.

    Attributes
    ----------
    mean : ndarray of float64, shape (neuron,)
        In ΔF/F.
    covariance : ndarray of float64, shape (neuron, neuron)
        Divided by the number of frames.
    """

    mean: np.ndarray
    covariance: np.ndarray

    @property
    def std(self) -> np.ndarray:
        return np.sqrt(np.diag(self.covariance))


def training_moments(prepared: PreparedPair) -> tuple[Moments, Moments]:
    """Return the moments of both days over the frames of their training windows.

    Every frame counts once, however many windows share it. Where the y day is
    Φ(X), whose values depend on the place within a window, at most 256 evenly
    spread training windows are taken as they are.
    """
    return _day_moments(prepared, "x"), _day_moments(prepared, "y")


def _day_moments(prepared: PreparedPair, name: str) -> Moments:
    """Moments of one day, in chunks; float64 sums around a pivot so that small variances survive."""
    day = getattr(prepared, name)
    pivot = day.recording.dff[day.starts.train[0]].astype(np.float64)
    count, total, outer = 0, np.zeros_like(pivot), np.zeros((pivot.size, pivot.size))
    for frames in _training_frames(prepared, name):
        centred = frames - pivot
        count += len(centred)
        total += centred.sum(axis=0)
        outer += centred.T @ centred
    mean = total / count
    return Moments(mean=mean + pivot, covariance=outer / count - np.outer(mean, mean))


def _training_frames(prepared: PreparedPair, name: str) -> Iterator[np.ndarray]:
    """Yield chunks (time, neuron) of the training part in ΔF/F."""
    day, height = getattr(prepared, name), prepared.window_frames
    if day.transform is not None:
        picked = spaced(day.starts.train, _MAX_TRANSFORMED_WINDOWS)
        per_chunk = max(1, _CHUNK_FRAMES // height)
        for first in range(0, len(picked), per_chunk):
            windows = raw_windows(prepared, name, picked[first : first + per_chunk])
            yield windows.reshape(-1, windows.shape[-1])
        return
    covered = np.flatnonzero(coverage(day.starts.train, window_frames=height, n_frames=day.recording.n_frames))
    for first in range(0, len(covered), _CHUNK_FRAMES):
        yield day.recording.dff[covered[first : first + _CHUNK_FRAMES]]


@dataclass(frozen=True)
class Identity:
    """G(x) = x and F(y) = y: what is reached without any mapping."""

    name: str = "identity"

    def to_y(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return both as they are."""
        return x, y

    to_x = to_y


@dataclass(frozen=True, eq=False)
class _Affine:
    """Maps ``w ↦ w A + b`` over neurons in both directions.

    ``A`` is a matrix (neuron, neuron), or a vector (neuron,) where it is diagonal.
    """

    forward: tuple[np.ndarray, np.ndarray]
    backward: tuple[np.ndarray, np.ndarray]

    def to_y(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return G(x) and G(y); ΔF/F windows (window, time, neuron), float32."""
        return _apply(self.forward, x), _apply(self.forward, y)

    def to_x(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return F(x) and F(y); ΔF/F windows (window, time, neuron), float32."""
        return _apply(self.backward, x), _apply(self.backward, y)


def _apply(affine: tuple[np.ndarray, np.ndarray], windows: np.ndarray) -> np.ndarray:
    matrix, shift = (part.astype(np.float32) for part in affine)
    return (windows * matrix if matrix.ndim == 1 else windows @ matrix) + shift


@dataclass(frozen=True, eq=False)
class MomentMatching(_Affine):
    """Give every neuron the mean and standard deviation that it has on the other day."""

    name: str = "moment_matching"

    @classmethod
    def fit(cls, x: Moments, y: Moments) -> MomentMatching:
        """Fit from the moments of both days; a constant neuron takes the other day's mean."""
        return cls(forward=_match(x, y), backward=_match(y, x))


def _match(source: Moments, target: Moments) -> tuple[np.ndarray, np.ndarray]:
    alive = source.std > 1e-9
    gain = np.divide(target.std, source.std, out=np.zeros_like(target.std), where=alive)
    return gain, target.mean - source.mean * gain


@dataclass(frozen=True, eq=False)
class GaussianOT(_Affine):
    """The optimal transport map between two Gaussians with the moments of the two days.

    ``T(x) = m_y + A (x - m_x)`` with
    ``A = Σx^{-1/2} (Σx^{1/2} Σy Σx^{1/2})^{1/2} Σx^{-1/2}``: of all maps that give x the mean
    and covariance of y, the one that moves frames least (mean squared distance).

    References
    ----------
    Peyré & Cuturi, Computational Optimal Transport (2019), Remark 2.31.
    """

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
        sigma_x, sigma_y = (_shrunk(moments.covariance, shrinkage) for moments in (x, y))
        return cls(
            forward=_transport(x.mean, sigma_x, y.mean, sigma_y),
            backward=_transport(y.mean, sigma_y, x.mean, sigma_x),
        )


def _shrunk(covariance: np.ndarray, shrinkage: float) -> np.ndarray:
    return covariance + shrinkage * np.mean(np.diag(covariance)) * np.eye(len(covariance))


def _transport(mean_x, sigma_x, mean_y, sigma_y) -> tuple[np.ndarray, np.ndarray]:
    """A and the shift; directions in which x does not vary are mapped to the mean."""
    values, vectors = np.linalg.eigh(sigma_x)
    values = np.clip(values, 0.0, None)
    alive = values > values.max() * 1e-12
    root = (vectors * np.sqrt(values)) @ vectors.T
    inverse_root = (vectors * np.divide(1.0, np.sqrt(values), out=np.zeros_like(values), where=alive)) @ vectors.T
    inner, basis = np.linalg.eigh(root @ sigma_y @ root)
    matrix = inverse_root @ ((basis * np.sqrt(np.clip(inner, 0.0, None))) @ basis.T) @ inverse_root
    return matrix, mean_y - matrix @ mean_x
