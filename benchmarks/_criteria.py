"""Distances of translated from recorded windows, without truth and without pairs: the candidates for ``best``.

All take ``target``, the recorded held-out windows of a day, and ``moved``, windows translated to that day; smaller is
better. docs/appendix/checkpoint_criterion.md defines them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.spatial.distance import cdist
from scipy.stats import rankdata

__all__ = ["CANDIDATES", "Target"]

DIRECTIONS, FEATURES, PATCH_FRAMES, MOST_POINTS = 256, 256, 16, 1500
LAGS = (0, 1, 8)
RIDGE = 1e-2


@dataclass(frozen=True, eq=False)
class Target:
    """A recorded day.

    Attributes
    ----------
    windows, training_windows : ndarray of float32, shape (window, time, neuron)
        Held-out windows, and windows of the training part.
    training_position_cm : ndarray, shape (window, time), optional
    """

    windows: np.ndarray
    training_windows: np.ndarray
    training_position_cm: np.ndarray | None = None

    def standardised(self, windows: np.ndarray) -> np.ndarray:
        """Neurons in standard deviations of the held-out windows, around their means."""
        return (windows - self.windows.mean((0, 1))) / np.maximum(self.windows.std((0, 1)), 1e-6)


def covariance(target: Target, moved: np.ndarray) -> float:
    return _relative(_lagged(target.windows, 0), _lagged(moved, 0))


def covariance_z(target: Target, moved: np.ndarray) -> float:
    return _relative(_lagged(target.standardised(target.windows), 0), _lagged(target.standardised(moved), 0))


def moments(target: Target, moved: np.ndarray) -> float:
    return _relative(*(_moments(target.standardised(part), LAGS) for part in (target.windows, moved)))


def moments_place(target: Target, moved: np.ndarray) -> float:
    """Moments of each quarter of the window."""
    wanted, found = (target.standardised(part) for part in (target.windows, moved))
    quarters = zip(np.array_split(wanted, 4, axis=1), np.array_split(found, 4, axis=1), strict=True)
    return float(np.mean([_relative(_moments(a, (0,)), _moments(b, (0,))) for a, b in quarters]))


def _moments(windows: np.ndarray, lags: tuple[int, ...]) -> np.ndarray:
    means = windows.mean((0, 1))
    return np.concatenate([means, *(_lagged(windows, lag).ravel() for lag in lags)])


def _lagged(windows: np.ndarray, lag: int) -> np.ndarray:
    """Covariance of every neuron with every other one ``lag`` frames later, within windows."""
    centred = (windows - windows.mean((0, 1))).astype(np.float64)
    early, late = centred[:, : centred.shape[1] - lag], centred[:, lag:]
    return np.einsum("wti,wtj->ij", early, late, optimize=True) / (early.shape[0] * early.shape[1])


def _relative(wanted: np.ndarray, found: np.ndarray) -> float:
    return float(np.linalg.norm(found - wanted) / np.linalg.norm(wanted))


def energy_frames(target: Target, moved: np.ndarray) -> float:
    return _energy(*(_spread(_frames(target.standardised(part))) for part in (target.windows, moved)))


def energy_windows(target: Target, moved: np.ndarray) -> float:
    return _energy(*(target.standardised(part).reshape(len(part), -1) for part in (target.windows, moved)))


def _energy(a: np.ndarray, b: np.ndarray) -> float:
    """Energy distance 2 E|A - B| - E|A - A'| - E|B - B'| (Székely and Rizzo 2013), without the zero diagonals."""
    within = sum(cdist(part, part).sum() / (len(part) * (len(part) - 1)) for part in (a, b))
    return float(2 * cdist(a, b).mean() - within)


def _frames(windows: np.ndarray) -> np.ndarray:
    return windows.reshape(-1, windows.shape[-1])


def _spread(points: np.ndarray) -> np.ndarray:
    return points[np.linspace(0, len(points) - 1, min(len(points), MOST_POINTS)).astype(int)]


def sliced_frames(target: Target, moved: np.ndarray) -> float:
    return _sliced(*(_frames(target.standardised(part)) for part in (target.windows, moved)))


def sliced_patches(target: Target, moved: np.ndarray) -> float:
    return _sliced(*(_patches(target.standardised(part)) for part in (target.windows, moved)))


def _sliced(a: np.ndarray, b: np.ndarray) -> float:
    directions = np.random.default_rng(0).standard_normal((a.shape[1], DIRECTIONS))
    directions /= np.linalg.norm(directions, axis=0)
    return float(np.abs(np.sort(a @ directions, axis=0) - np.sort(b @ directions, axis=0)).mean())


def _patches(windows: np.ndarray) -> np.ndarray:
    """Stretches of 16 frames, half of each shared with the next: (patch, 16 x neuron)."""
    first = range(0, windows.shape[1] - PATCH_FRAMES + 1, PATCH_FRAMES // 2)
    return np.concatenate([windows[:, t : t + PATCH_FRAMES].reshape(len(windows), -1) for t in first])


def classifier_frames(target: Target, moved: np.ndarray) -> float:
    return _told_apart(*(target.standardised(part) for part in (target.windows, moved)), _frames)


def critic(target: Target, moved: np.ndarray) -> float:
    rng = np.random.default_rng(0)
    n_inputs = PATCH_FRAMES * moved.shape[-1]
    weights = rng.standard_normal((n_inputs, FEATURES)) / np.sqrt(n_inputs)
    shifts = rng.standard_normal(FEATURES)
    read = lambda windows: np.maximum(_patches(windows) @ weights + shifts, 0.0)  # noqa: E731
    return _told_apart(*(target.standardised(part) for part in (target.windows, moved)), read)


def _told_apart(wanted: np.ndarray, found: np.ndarray, read: Callable) -> float:
    """Two-fold area under the ROC curve of a ridge discriminant; halves in time; 0 where nothing separates."""
    middle = len(wanted) // 2
    halves = [(read(part[:middle]), read(part[middle:])) for part in (wanted, found)]
    areas = []
    for fit, test in ((0, 1), (1, 0)):
        a, b = halves[0][fit], halves[1][fit]
        difference = b.mean(0) - a.mean(0)
        within = (np.cov(a.T) + np.cov(b.T)) / 2
        within += RIDGE * np.trace(within) / len(within) * np.eye(len(within))
        direction = np.linalg.solve(within, difference)
        areas.append(_area(halves[1][test] @ direction, halves[0][test] @ direction))
    return max(0.0, 2 * float(np.mean(areas)) - 1)


def _area(positive: np.ndarray, negative: np.ndarray) -> float:
    ranks = rankdata(np.concatenate([positive, negative]))[: len(positive)]
    return (ranks.mean() - (len(positive) + 1) / 2) / len(negative)


def decoder(target: Target, moved: np.ndarray) -> float | None:
    if target.training_position_cm is None:
        return None
    position = target.training_position_cm.ravel()
    known = np.isfinite(position)
    angle = 2 * np.pi * position[known] / np.nanmax(position)
    activity = _frames(target.standardised(target.training_windows))[known].astype(np.float64)
    gram = activity.T @ activity
    gram += RIDGE * np.trace(gram) / len(gram) * np.eye(len(gram))
    weights = np.linalg.solve(gram, activity.T @ np.column_stack([np.cos(angle), np.sin(angle)]))
    return _energy(*(_spread(_frames(target.standardised(part)) @ weights) for part in (target.windows, moved)))


CANDIDATES: dict[str, Callable[[Target, np.ndarray], float | None]] = {
    fn.__name__: fn
    for fn in (
        covariance, covariance_z, moments, moments_place, energy_frames, energy_windows, sliced_frames, sliced_patches,
        classifier_frames, critic, decoder,
    )
}  # fmt: skip
