"""Spaces in two dimensions: t-SNE, principal components, averages over trials."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cyclegan_neuro.populations.trials.trials import PreparedTrials
from cyclegan_neuro.spikes.cache import ResultCache, content_key

__all__ = ["Views", "measure_views"]

_MOST_SHOWN = 1000  # bins; t-SNE then takes seconds
_PERPLEXITY = 30.0  # scikit-learn's default


@dataclass(frozen=True, eq=False)
class Views:
    """What spaces look like.

    Attributes
    ----------
    shown : ndarray of int64, shape (point,)
        Bins that are embedded, of training and of held-out trials.
    condition, time, day : ndarray of int64, shape (point,), optional
    tsne, components : dict of str to ndarray, shape (point, 2)
        t-SNE, and the first two principal components, of each space.
    trajectories : dict of str to ndarray, shape (condition, time, 2)
        Averages over trials in their own first two principal components; NaN where no trial has a bin. Empty where
        condition or time is unknown.
    """

    shown: np.ndarray
    condition: np.ndarray | None
    time: np.ndarray | None
    day: np.ndarray | None
    tsne: dict[str, np.ndarray]
    components: dict[str, np.ndarray]
    trajectories: dict[str, np.ndarray]


def measure_views(
    prepared: PreparedTrials, spaces: Mapping[str, np.ndarray], *, seed: int, cache: ResultCache | None
) -> Views:
    """Embed spaces.

    Parameters
    ----------
    prepared : PreparedTrials
    spaces : mapping of str to ndarray, shape (bin, dimension)
    seed : int
        Draws the bins that are shown, where there are more than 1,000, and t-SNE.
    cache : ResultCache or None
        Without one there is no t-SNE, which takes seconds.
    """
    trials = prepared.trials
    shown = np.arange(trials.n_bins)
    if trials.n_bins > _MOST_SHOWN:
        shown = np.sort(np.random.default_rng(seed).choice(trials.n_bins, _MOST_SHOWN, replace=False))
    known = trials.condition is not None and trials.time is not None
    labels = (trials.condition, trials.time, trials.day)
    condition, time, day = (None if values is None else values[shown] for values in labels)
    return Views(
        shown=shown,
        condition=condition,
        time=time,
        day=day,
        tsne={} if cache is None else {name: _tsne(space[shown], seed, cache) for name, space in spaces.items()},
        components={name: _two_components(space[shown]) for name, space in spaces.items()},
        trajectories={name: _trajectories(space, prepared) for name, space in spaces.items()} if known else {},
    )


def _tsne(points: np.ndarray, seed: int, cache: ResultCache) -> np.ndarray:
    def compute() -> dict[str, np.ndarray]:
        from sklearn.manifold import TSNE  # a second that --help need not wait

        perplexity, init = min(_PERPLEXITY, (len(points) - 1) / 3), "pca" if points.shape[1] > 1 else "random"
        tsne = TSNE(perplexity=perplexity, init=init, random_state=seed, n_jobs=1)
        return {"points": tsne.fit_transform(points)}

    return cache.get("tsne", content_key(points, seed), compute)["points"]


def _two_components(points: np.ndarray) -> np.ndarray:
    """Return projections on the two directions of largest variance; zeros where there are fewer."""
    centred = points - points.mean(axis=0)
    u, s, _ = np.linalg.svd(centred, full_matrices=False)
    found = np.zeros((len(points), 2))
    n = min(2, len(s))
    found[:, :n] = u[:, :n] * s[:n]
    return found


def _trajectories(space: np.ndarray, prepared: PreparedTrials) -> np.ndarray:
    trials, n_times = prepared.trials, prepared.n_times
    means = np.full((trials.n_conditions, n_times, space.shape[1]), np.nan)
    for condition in range(trials.n_conditions):
        for time in range(n_times):
            members = (trials.condition == condition) & (trials.time == time)
            if members.any():
                means[condition, time] = space[members].mean(axis=0)
    there = np.isfinite(means[:, :, 0])
    found = np.full((*means.shape[:2], 2), np.nan)
    if there.any():
        found[there] = _two_components(means[there])
    return found
