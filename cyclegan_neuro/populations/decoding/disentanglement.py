"""Multi-task disentanglement score of a representation (Liu et al. 2021, section 3.4), in every fair reading of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cyclegan_neuro.populations.trials.trials import PreparedTrials

__all__ = ["READINGS", "Disentanglement", "disentanglement"]

READINGS = {
    "sum": "|a − b| / (a + b) of each dimension, mean over dimensions",
    "sum, weighted": "sum of |a − b| over sum of a + b",
    "total": "|a − b| / total variance over bins of each dimension, mean over dimensions",
    "total, weighted": "sum of |a − b| over sum of total variances",
    "max": "|a − b| / greatest |a − b| of all dimensions, mean over dimensions",
}
"""What the score of a dimension is divided by; the first is the one to give where one is given."""

_LEAST_SPREAD = 1e-6  # √(a + b) of a dimension over its greatest value, where it counts as varying


@dataclass(frozen=True, eq=False)
class Disentanglement:
    """How far each dimension follows direction or time alone.

    Attributes
    ----------
    over_directions, over_times : ndarray of float64, shape (dimension,)
        Variances a and b of the dimensions that vary.
    scores : dict of float
        By ``READINGS``.
    null : dict of ndarray of float64, shape (permutation,)
        The same of cell means dealt anew to the cells: what a representation without order in its cells scores.
    n_constant : int
        Dimensions that do not vary, and are in no score.
    """

    over_directions: np.ndarray
    over_times: np.ndarray
    scores: dict[str, float]
    null: dict[str, np.ndarray]
    n_constant: int


def disentanglement(
    features: np.ndarray, prepared: PreparedTrials, *, seed: int, bins: np.ndarray | None = None,
    n_permutations: int = 200,
) -> Disentanglement | None:  # fmt: skip
    """Score a representation: for each dimension the absolute difference of two variances.

    Parameters
    ----------
    features : ndarray of float, shape (bin, dimension)
        Of all bins of ``prepared``.
    seed : int
        Draws permutations.
    bins : ndarray of int, optional
        Bins that are looked at, of these those with a direction and among the first ``n_times`` of a trial; the
        held-out ones when None.
    n_permutations : int

    Returns
    -------
    Disentanglement or None
        None where no dimension varies, or no direction is seen at two times and no time with two directions.

    Notes
    -----
    The score as printed: (1) a, the variance when changing y_c (direction) with fixed y_s (time), averaged over y_s;
    (2) b, the variance when changing y_s with fixed y_c, averaged over y_c; (3) |a − b|; then the average over
    dimensions "after normalization", of which no more is said. Settled here: variances are those of the mean over the
    bins of a (direction, time) cell, since what varies within a cell is neither label's doing; they are divided by
    n − 1, so that eight directions and nine times that vary alike give a = b; cells without bins are left out.

    "sum" is the default: it scores each dimension by itself, lies in [0, 1] as the published scores do, and does not
    change where a dimension is rescaled, which no readout minds. It counts dimensions that hardly vary as much as the
    others; the weighted readings do not. "total" also falls with what varies within cells.

    |a − b| of noise is not 0: read every score beside its null.

    References
    ----------
    Liu et al. 2021, section 3.4.
    """
    trials = prepared.trials
    bins = prepared.held_out if bins is None else np.asarray(bins)
    bins = bins[prepared.decoded("time")[bins] & (trials.condition[bins] >= 0)]
    z = np.asarray(features[bins], np.float64)
    shape = (trials.n_conditions, prepared.n_times)
    cell = np.ravel_multi_index((trials.condition[bins], trials.time[bins]), shape)
    seen, cell = np.unique(cell, return_inverse=True)
    means = np.eye(len(seen))[cell].T @ z / np.bincount(cell)[:, None]
    crossed = np.zeros(shape, bool)
    crossed.flat[seen] = True
    if crossed.sum(axis=0).max() < 2 or crossed.sum(axis=1).max() < 2:
        return None
    over_directions, over_times = _variances(means, crossed)
    varies = np.sqrt(over_directions + over_times) > _LEAST_SPREAD * np.abs(z).max(axis=0)
    if not varies.any():
        return None
    over_directions, over_times, means = over_directions[varies], over_times[varies], means[:, varies]
    total = z[:, varies].var(axis=0, ddof=1)
    rng = np.random.default_rng(seed)
    dealt = [_scores(*_variances(rng.permutation(means), crossed), total) for _ in range(n_permutations)]
    return Disentanglement(
        over_directions, over_times,
        scores=_scores(over_directions, over_times, total),
        null={reading: np.array([scores[reading] for scores in dealt]) for reading in READINGS},
        n_constant=int((~varies).sum()),
    )  # fmt: skip


def _variances(means: np.ndarray, crossed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Variance over directions at a time, averaged over times; and over times, averaged over directions."""
    table = np.zeros((*crossed.shape, means.shape[1]))
    table[crossed] = means
    found = []
    for axis in (0, 1):
        n = crossed.sum(axis=axis)[:, None]
        centre = table.sum(axis=axis) / np.maximum(n, 1)
        squares = np.where(crossed[..., None], table - np.expand_dims(centre, axis), 0) ** 2
        several = n[:, 0] > 1
        found.append((squares.sum(axis=axis)[several] / (n[several] - 1)).mean(axis=0))
    return found[0], found[1]


def _scores(a: np.ndarray, b: np.ndarray, total: np.ndarray) -> dict[str, float]:
    gap, both = np.abs(a - b), a + b
    scores = (
        (gap / both).mean(), gap.sum() / both.sum(), (gap / total).mean(), gap.sum() / total.sum(),
        gap.mean() / gap.max(),
    )  # fmt: skip
    return dict(zip(READINGS, map(float, scores), strict=True))
