"""How well a map points at a known truth, beside what chance does and with confidence intervals.

Nulls shuffle 1,000 times by default: neurons where neurons are scored, circular shifts where
places are scored, because neighbouring places of a map are alike and independent shuffles of
them would make chance look narrower than it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata, spearmanr

__all__ = [
    "MapScore", "auroc", "neuron_score", "place_score", "position_overlap", "position_overlap_score", "rank_agreement",
    "region_score",
]  # fmt: skip


@dataclass(frozen=True)
class MapScore:
    """A score, its 95 % confidence interval and its null distribution.

    Attributes
    ----------
    value : float
    ci95 : tuple of float
        From resampling neurons (or map rows) with replacement; NaN where that is not defined.
    chance_mean, chance_high : float
        Mean and 97.5th percentile of the null distribution.
    chance_low : float
        Its 2.5th percentile.
    p : float
        Share of shuffles (plus one) that lie at least as far from the mean of chance, either way; NaN where
        there is no score.
    n : int
        Neurons, or cells, that are in the truth.
    """

    value: float
    ci95: tuple[float, float]
    chance_mean: float
    chance_low: float
    chance_high: float
    p: float
    n: int

    @property
    def beats_chance(self) -> bool:
        return self.value > self.chance_high

    def chance_json(self) -> dict:
        return {"mean": self.chance_mean, "ci95": [self.chance_low, self.chance_high], "p": self.p}


def auroc(values: np.ndarray, truth: np.ndarray) -> float:
    """Return the probability that a true element has the larger value (ties count half).

    Parameters
    ----------
    values : ndarray of float
        Rows with a NaN (never visited) are left out.
    truth : ndarray of bool, same shape

    Returns
    -------
    float
        NaN where all or none are true.

    References
    ----------
    Hanley & McNeil 1982, "The meaning and use of the area under a ROC curve".

    Examples
    --------
    >>> auroc(np.array([3.0, 1.0, 2.0]), np.array([True, False, True]))
    1.0
    """
    values, truth = _visited(values, truth)
    return float(_auroc_of_rank_sums(rankdata(values)[truth.ravel()].sum(), truth))


def _auroc_of_rank_sums(rank_sums, truth: np.ndarray):
    """AUROC from the sum of the ranks at true elements (a number or an array); NaN where all or none are true."""
    n_true = int(truth.sum())
    n_false = truth.size - n_true
    if not n_true or not n_false:
        return np.full(np.shape(rank_sums), np.nan)
    return (rank_sums - n_true * (n_true + 1) / 2) / (n_true * n_false)


def neuron_score(values: np.ndarray, truth: np.ndarray, *, n_shuffles: int, seed: int) -> MapScore:
    """Score neuron-level attention: AUROC for the neurons that are true.

    Parameters
    ----------
    values : ndarray, shape (neuron,)
        Neurons with NaN are left out.
    truth : ndarray of bool, shape (neuron,)
    n_shuffles : int
        Permutations of the null and resamplings of the interval.
    seed : int
    """
    values, truth = _visited(values, truth)
    rng = np.random.default_rng(seed)
    shuffled = rng.permuted(np.tile(truth, (n_shuffles, 1)), axis=1)
    null = _auroc_of_rank_sums(shuffled @ rankdata(values), truth)
    spread = _resample_both_sides(values[truth], values[~truth], n_shuffles, rng)
    return _score(auroc(values, truth), null, spread, n=truth.sum())


def place_score(values: np.ndarray, truth: np.ndarray, *, n_shuffles: int, seed: int) -> MapScore:
    """Score a map over (time, neuron): AUROC of its values for a region, against shifted maps.

    The null shifts the map around both axes; the interval resamples neurons.

    Parameters
    ----------
    values, truth : ndarray, shape (time, neuron)
    """
    rng = np.random.default_rng(seed)
    every_shift = _auroc_of_all_shifts(values, truth)
    null = every_shift[tuple(rng.integers(0, size, n_shuffles) for size in values.shape)]
    return _score(auroc(values, truth), null, _resample_neurons(values, truth, n_shuffles, rng), truth.sum())


def region_score(values: np.ndarray, truth: np.ndarray, *, n_shuffles: int, seed: int) -> MapScore:
    """Score a map over (position, neuron): AUROC of its cells for the cells that are true.

    The null gives each neuron the map of another one, shifted around the corridor; the interval resamples neurons.

    Parameters
    ----------
    values, truth : ndarray, shape (position, neuron)
        Rows with a NaN (never visited) are left out.
    """
    values, truth = _visited(values, truth)
    rng = np.random.default_rng(seed)
    null = _auroc_of_exchanged_neurons(values, truth, n_shuffles, rng)
    return _score(auroc(values, truth), null, _resample_neurons(values, truth, n_shuffles, rng), truth.sum())


def position_overlap_score(values: np.ndarray, truth: np.ndarray, *, n_shuffles: int, seed: int) -> MapScore:
    """Score where a map points within the neurons that changed, whichever neurons it prefers.

    For each neuron with ``k`` true positions: the share of its ``k`` highest map values that are true (places
    that share the k-th value share what is left of ``k``), averaged over neurons. The null shifts each neuron's
    map around the corridor; the interval resamples neurons, of which a single one has none (NaN).

    Parameters
    ----------
    values, truth : ndarray, shape (position, neuron)
        Rows with a NaN (never visited) are left out.
    """
    values, truth = _scored_neurons(values, truth)
    if not values.size:
        return _score(float("nan"), np.array([np.nan]), np.array([np.nan]), n=0)
    rng = np.random.default_rng(seed)
    every_shift = _top_hits(values, truth, n_shifts=len(values))
    hits, draws = every_shift[0], (n_shuffles, len(every_shift[0]))
    null = np.take_along_axis(every_shift, rng.integers(0, len(values), draws), axis=0).mean(axis=1)
    spread = hits[rng.integers(0, hits.size, draws)].mean(axis=1) if hits.size > 1 else np.array([np.nan])
    return _score(float(hits.mean()), null, spread, n=hits.size)


def position_overlap(values: np.ndarray, truth: np.ndarray) -> float:
    """Return the overlap that :func:`position_overlap_score` scores; NaN where no neuron has a truth."""
    values, truth = _scored_neurons(values, truth)
    return float(_top_hits(values, truth, n_shifts=1).mean()) if values.size else float("nan")


def _scored_neurons(values: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Visited rows of the neurons with some true positions and some that are not."""
    values, truth = _visited(values, truth)
    scored = truth.any(axis=0) & ~truth.all(axis=0)
    return values[:, scored], truth[:, scored]


def _top_hits(values: np.ndarray, truth: np.ndarray, *, n_shifts: int) -> np.ndarray:
    """Share of true positions among each neuron's highest values, as many as there are true ones, (shift, neuron).

    The map is shifted around by 0, 1, ... rows.
    """
    count = truth.sum(axis=0)
    least = np.take_along_axis(np.sort(values, axis=0), len(values) - count[None], axis=0)
    above, tied = values > least, values == least
    share = (count - above.sum(axis=0)) / tied.sum(axis=0)
    hits = np.empty((n_shifts, values.shape[1]))
    for shift in range(n_shifts):
        of_above, of_tied = ((truth & np.roll(one, shift, axis=0)).sum(axis=0) for one in (above, tied))
        hits[shift] = (of_above + share * of_tied) / count
    return hits


def _visited(values: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    rows = np.isfinite(values.reshape(len(values), -1)).all(axis=1)
    return values[rows], truth[rows]


def _auroc_of_all_shifts(values: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """AUROC of every circular shift of the map, shape of the map: one circular correlation of ranks with truth."""
    ranks = rankdata(values).reshape(values.shape)
    spectrum = np.fft.rfft2(truth) * np.conj(np.fft.rfft2(ranks))
    return _auroc_of_rank_sums(_to_halves(np.fft.irfft2(spectrum, s=values.shape)), truth)


def _auroc_of_exchanged_neurons(values: np.ndarray, truth: np.ndarray, n_samples: int, rng) -> np.ndarray:
    """AUROC where each column got another one's map, shifted around by its own number of rows.

    Ranks are summed over runs of true rows: cumulative sums where runs end less those where they begin.
    """
    n_rows, n_columns = values.shape
    shifts = rng.integers(0, n_rows, (n_samples, n_columns))
    maps = rng.permuted(np.tile(np.arange(n_columns), (n_samples, 1)), axis=1)
    twice = np.tile(rankdata(values).reshape(values.shape).T, 2)  # a map behind itself: a shift is where it begins
    below = np.pad(np.cumsum(twice, axis=1), ((0, 0), (1, 0)))
    begins = (maps * below.shape[1] + n_rows - shifts).T
    steps = np.diff(truth.astype(np.int8), axis=0, prepend=0, append=0)
    rank_sums = np.zeros(n_samples)
    for row, column in np.argwhere(steps):
        rank_sums -= steps[row, column] * below.ravel()[begins[column] + row]
    return _auroc_of_rank_sums(rank_sums, truth)


def _to_halves(rank_sums: np.ndarray) -> np.ndarray:
    """Round what a Fourier transform made of sums of ranks, which are multiples of 1/2, so that ties stay ties."""
    return np.round(2 * rank_sums) / 2


def _resample_both_sides(true: np.ndarray, false: np.ndarray, n_samples: int, rng) -> np.ndarray:
    """AUROC with true and false elements drawn with replacement, each as many as there are."""
    if not true.size or not false.size:
        return np.full(n_samples, np.nan)
    wins = (true[:, None] > false) + 0.5 * (true[:, None] == false)
    of_true, of_false = (rng.multinomial(n, np.full(n, 1 / n), n_samples) for n in wins.shape)
    return ((of_true @ wins) * of_false).sum(axis=1) / wins.size


def _resample_neurons(values: np.ndarray, truth: np.ndarray, n_samples: int, rng: np.random.Generator) -> np.ndarray:
    """AUROC with columns drawn with replacement, without ranking anew.

    The AUROC counts pairs of a true and a false cell, so it is a sum over pairs of columns.
    """
    wins = _wins(values, truth)
    share = np.full(values.shape[1], 1 / values.shape[1])
    drawn = rng.multinomial(values.shape[1], share, n_samples).astype(np.float64)
    pairs = (drawn @ truth.sum(axis=0)) * (drawn @ (~truth).sum(axis=0))
    won = ((drawn @ wins) * drawn).sum(axis=1)
    return np.divide(won, pairs, out=np.full(n_samples, np.nan), where=pairs > 0)


def _wins(values: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """How often true cells of a column (first axis) exceed false cells of another (second); ties count half."""
    columns = np.nonzero(truth)[1]
    ascending = np.argsort(values[truth])  # what is looked for in order is found in memory that is at hand
    true, columns = values[truth][ascending], columns[ascending]
    wins = np.empty((values.shape[1], values.shape[1]))
    for other in range(values.shape[1]):
        false = np.sort(values[~truth[:, other], other])
        below = np.searchsorted(false, true, "left") + np.searchsorted(false, true, "right")
        wins[:, other] = np.bincount(columns, below / 2, minlength=len(wins))
    return wins


def _score(value: float, null: np.ndarray, spread: np.ndarray, n: int | np.integer) -> MapScore:
    spread = spread[np.isfinite(spread)]
    low, high = np.percentile(spread, (2.5, 97.5)) if spread.size else (np.nan, np.nan)
    chance = np.percentile(null, (2.5, 97.5))
    as_far = (np.abs(null - null.mean()) >= abs(value - null.mean())).sum()
    p = float((1 + as_far) / (1 + null.size)) if np.isfinite(value) else float("nan")
    of_chance = {"chance_mean": float(null.mean()), "chance_low": float(chance[0]), "chance_high": float(chance[1])}
    return MapScore(value=value, ci95=(float(low), float(high)), **of_chance, p=p, n=int(n))


def rank_agreement(a: np.ndarray, b: np.ndarray) -> float:
    """Return Spearman's rank correlation of two maps over the cells that both have.

    Parameters
    ----------
    a, b : ndarray of float, equal shape
        NaN cells are left out.

    Returns
    -------
    float
        NaN where a map is constant or fewer than three cells remain.

    Examples
    --------
    >>> rank_agreement(np.array([1.0, 2.0, 3.0, np.nan]), np.array([10.0, 20.0, 90.0, 0.0]))
    1.0
    """
    known = np.isfinite(a) & np.isfinite(b)
    a, b = a[known], b[known]
    if a.size < 3 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return float("nan")
    return float(spearmanr(a, b).statistic)
