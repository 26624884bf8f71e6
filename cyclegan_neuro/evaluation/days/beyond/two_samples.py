"""Can residuals of a translated day be told from those recorded: a classifier and an energy distance, given the place.

References
----------
Lopez-Paz & Oquab 2017, Revisiting classifier two-sample tests. Székely & Rizzo 2013, Energy statistics.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cyclegan_neuro.evaluation.days.beyond.parts import N_BLOCKS, Part, Signal
from cyclegan_neuro.windows.segmentation import spaced

__all__ = ["SNIPPET_S", "energy_distances", "matched_rows", "two_sample_auc"]

SNIPPET_S = (0.0, 0.25, 0.5)
"""How long before a frame the frames of its snippet are."""
_LEAST_ROWS, _MOST_ROWS = 200, 1500  # of each signal
_COMPONENTS = 50  # of the snippets, for the classifiers
_FOLDS = 4  # of two blocks each


def matched_rows(made: Part, goal: Part, frame_rate_hz: float) -> tuple[np.ndarray, np.ndarray]:
    """Return as many rows of one part as of the other at each place, evenly spread in time, at most about 1,500.

    So a different time spent at a place is no difference of activity. Rows have a whole snippet behind them.
    """
    longest = _delays(frame_rate_hz)[-1]
    rows = made.delayed(longest), goal.delayed(longest)
    counts = np.minimum(*(np.bincount(part.at[own], minlength=_n_places(made, goal))
                          for part, own in zip((made, goal), rows, strict=True)))  # fmt: skip
    wanted = np.ceil(counts * min(1.0, _MOST_ROWS / max(counts.sum(), 1))).astype(int)
    chosen = []
    for part, own in zip((made, goal), rows, strict=True):
        at = part.at[own]
        chosen.append(np.sort(np.concatenate([spaced(own[at == place], n) for place, n in enumerate(wanted)])))
    return chosen[0], chosen[1]


def _n_places(*parts: Part) -> int:
    return max(int(part.at.max()) for part in parts) + 1


def _delays(frame_rate_hz: float) -> list[int]:
    return [round(delay * frame_rate_hz) for delay in SNIPPET_S]


def energy_distances(made: Signal, goal: Signal, rows: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Return 2 E|a − b| − E|a − a'| − E|b − b'| of frames a and b, different frames a and a': (replicate,).

    Unbiased: 0 on average where both are drawn from the same distribution, whatever the number of frames. NaN with
    fewer than 200 rows of each.
    """
    if len(rows[0]) < _LEAST_ROWS:
        return np.full(1 + N_BLOCKS, np.nan)
    values = [signal.values[own].astype(np.float64) for signal, own in zip((made, goal), rows, strict=True)]
    blocks = [signal.part.block[own] for signal, own in zip((made, goal), rows, strict=True)]
    terms = [
        _mean_distances(values[i], values[j], blocks[i], blocks[j], same=i == j) for i, j in ((0, 1), (0, 0), (1, 1))
    ]
    return 2 * terms[0] - terms[1] - terms[2]


def _mean_distances(a, b, block_a, block_b, *, same: bool) -> np.ndarray:
    """Mean Euclidean distance of pairs, and without the pairs that touch a block."""
    squared = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T
    member_a, member_b = ((blocks == np.arange(N_BLOCKS)[:, None]).astype(np.float64) for blocks in (block_a, block_b))
    distances = np.sqrt(np.clip(squared, 0.0, None))
    sums = member_a @ distances @ member_b.T
    pairs = np.outer(member_a.sum(axis=1), member_b.sum(axis=1))
    if same:
        sums -= np.diag(member_a @ distances.diagonal())  # of a frame with itself, 0 but for rounding
        pairs -= np.diag(member_a.sum(axis=1))
    kept = [np.ones(N_BLOCKS), *(np.arange(N_BLOCKS) != block for block in range(N_BLOCKS))]
    return np.array([(keep @ sums @ keep) / (keep @ pairs @ keep) for keep in kept])


def two_sample_auc(made: Signal, goal: Signal, rows: tuple[np.ndarray, np.ndarray], frame_rate_hz: float) -> np.ndarray:
    """Return how well a classifier tells snippets of one from those of the other, 0.5 is not at all: (replicate,).

    Four folds of continuous time. In each, logistic regression or quadratic discriminant analysis of the first 50
    principal components, whichever is better on a third of its training folds; the area under the ROC curve of each
    held-out block, averaged. NaN with fewer than 200 rows of each.
    """
    if len(rows[0]) < _LEAST_ROWS:
        return np.full(1 + N_BLOCKS, np.nan)
    delays = _delays(frame_rate_hz)
    both = [_snippets(signal, own, delays) for signal, own in zip((made, goal), rows, strict=True)]
    values, label = np.concatenate(both), np.repeat((1, 0), [len(each) for each in both])
    block = np.concatenate([signal.part.block[own] for signal, own in zip((made, goal), rows, strict=True)])
    fold, areas = block * _FOLDS // N_BLOCKS, np.full(N_BLOCKS, 0.5)
    for held_out in range(_FOLDS):
        inner = fold == (held_out + 1) % _FOLDS
        train = fold != held_out
        features = _reduced(values, train)
        best = max(_classifiers(), key=lambda make: _areas(make, features, label, train & ~inner, [inner])[0])
        blocks = np.unique(block[fold == held_out])
        areas[blocks] = _areas(best, features, label, train, [block == each for each in blocks])
    return np.array([areas.mean(), *(np.delete(areas, each).mean() for each in range(N_BLOCKS))])


def _areas(make: Callable, features, label, train, tests: list) -> list[float]:
    """Areas under the ROC curves of ``tests``; 0.5 where there is one signal alone, and so nothing to tell apart."""
    from sklearn.metrics import roc_auc_score

    if np.unique(label[train]).size < 2:
        return [0.5] * len(tests)
    seen = make().fit(features[train], label[train]).decision_function(features)
    return [roc_auc_score(label[own], seen[own]) if np.unique(label[own]).size == 2 else 0.5 for own in tests]


def _snippets(signal: Signal, rows: np.ndarray, delays: list[int]) -> np.ndarray:
    return np.concatenate([signal.values[rows - delay] for delay in delays], axis=1).astype(np.float64)


def _reduced(values: np.ndarray, train: np.ndarray) -> np.ndarray:
    """Scores on the principal components of the training rows, with unit variance there."""
    centred = values - values[train].mean(axis=0)
    variances, axes = np.linalg.eigh(centred[train].T @ centred[train] / train.sum())
    kept = np.flatnonzero(variances > 1e-9 * variances[-1])[-min(_COMPONENTS, int(train.sum()) // 10) :]
    return centred @ axes[:, kept] / np.sqrt(variances[kept])


def _classifiers() -> tuple[Callable, ...]:
    from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression, lambda: QuadraticDiscriminantAnalysis(reg_param=0.1)
