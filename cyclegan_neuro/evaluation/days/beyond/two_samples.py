"""Can residuals of a translated day be told from those recorded: a classifier and an energy distance, given the place.

References
----------
Lopez-Paz & Oquab 2017, Revisiting classifier two-sample tests. Székely & Rizzo 2013, Energy statistics.
"""

from __future__ import annotations

import numpy as np

from cyclegan_neuro.evaluation.days.beyond.parts import N_BLOCKS, Part, Signal
from cyclegan_neuro.windows.segmentation import spaced

__all__ = ["SNIPPET_S", "energy_distances", "matched_rows", "two_sample_auc"]

SNIPPET_S = (0.0, 0.25, 0.5)
"""How long before a frame the frames of its snippet are."""
_LEAST_ROWS, _MOST_ROWS = 200, 1500  # of each signal
_COMPONENTS = 150  # of the snippets
_RANGES = 6  # of a neuron's residuals, equally many in each
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

    Four folds of continuous time. In each, the better on one of its training folds of quadratic discriminant analysis,
    which sees variances, correlations and lags, and logistic regression on which sixth of its values a neuron's
    residual is in, which sees the shape of distributions; the area under the ROC curve of each held-out block,
    averaged. NaN with fewer than 200 rows of each.

    Each signal's mean is removed in every block. Residuals add up to 0 over a part, so that held-out blocks have less
    of what training blocks have more: a classifier that sees means has an area of 0.1 between two parts of one day.
    """
    if len(rows[0]) < _LEAST_ROWS:
        return np.full(1 + N_BLOCKS, np.nan)
    made_rows, goal_rows = rows
    delays = _delays(frame_rate_hz)
    values = np.concatenate([_snippets(made, made_rows, delays), _snippets(goal, goal_rows, delays)])
    block = np.concatenate([made.part.block[made_rows], goal.part.block[goal_rows]])
    label = np.repeat((1, 0), [len(made_rows), len(goal_rows)])
    fold, areas = block * _FOLDS // N_BLOCKS, np.full(N_BLOCKS, 0.5)
    for held_out in range(_FOLDS):
        train, inner = fold != held_out, fold == (held_out + 1) % _FOLDS
        views = (_reduced(values, train), _ranges(values[:, : made.values.shape[1]], train))
        classifiers = list(zip(_classifiers(), views, strict=True))
        tried = [_areas(*each, label, train & ~inner, [inner])[0] for each in classifiers]
        blocks = np.unique(block[~train])
        best = classifiers[int(np.argmax(tried))]
        areas[blocks] = _areas(*best, label, train, [block == each for each in blocks])
    return np.array([areas.mean(), *(np.delete(areas, each).mean() for each in range(N_BLOCKS))])


def _areas(classifier, features, label, train, tests: list) -> list[float]:
    """Areas under the ROC curves of ``tests``; 0.5 where there is one signal alone, and so nothing to tell apart."""
    from sklearn.metrics import roc_auc_score

    if np.unique(label[train]).size < 2:
        return [0.5] * len(tests)
    seen = classifier.fit(features[train], label[train]).decision_function
    return [roc_auc_score(label[own], seen(features[own])) if np.unique(label[own]).size == 2 else 0.5 for own in tests]


def _snippets(signal: Signal, rows: np.ndarray, delays: list[int]) -> np.ndarray:
    """Frames and those before them, (row, delay x neuron), without the mean of each block."""
    values = np.concatenate([signal.values[rows - delay] for delay in delays], axis=1).astype(np.float64)
    block = signal.part.block[rows]
    for each in np.unique(block):
        values[block == each] -= values[block == each].mean(axis=0)
    return values


def _reduced(values: np.ndarray, train: np.ndarray) -> np.ndarray:
    """Scores on the principal components of the training rows, with unit variance there."""
    centred = values - values[train].mean(axis=0)
    variances, axes = np.linalg.eigh(centred[train].T @ centred[train] / train.sum())
    kept = np.flatnonzero(variances > 1e-9 * variances[-1])[-min(_COMPONENTS, int(train.sum()) // 10) :]
    return centred @ axes[:, kept] / np.sqrt(variances[kept])


def _ranges(values: np.ndarray, train: np.ndarray) -> np.ndarray:
    """Whether each value is above each of the sextiles of its neuron's training rows: (row, 5 x neuron)."""
    edges = np.quantile(values[train], np.arange(1, _RANGES) / _RANGES, axis=0)
    return np.concatenate([values > edge for edge in edges], axis=1).astype(np.float64)


def _classifiers() -> tuple:
    from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis
    from sklearn.linear_model import LogisticRegression

    return QuadraticDiscriminantAnalysis(reg_param=0.5), LogisticRegression(C=0.01, tol=1e-6, max_iter=500)
