"""What is compared between responses to repeated stimuli: rates, PSTHs, total and noise correlations, counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

__all__ = [
    "PairErrors", "ResponseErrors", "ResponseStatistics", "compare_pairs", "compare_responses", "measure",
    "psth_correlations", "split_halves", "total_variation",
]  # fmt: skip

_CHUNK = 1 << 16  # sums of products of counts are exact in float32 as long as they are below 2²⁴
_CONSTANT = 1e-12  # variance over mean square, below which it is rounding


@dataclass(frozen=True, eq=False)
class ResponseStatistics:
    """Statistics of the responses of a population.

    Attributes
    ----------
    stimuli : ndarray of int64, shape (stimulus,)
        Those shown, rising.
    rates : ndarray of float64, shape (neuron,)
        Mean count per response.
    psth : ndarray of float64, shape (stimulus, neuron)
        Mean count per response to each of ``stimuli``.
    total_correlation : ndarray of float64, shape (neuron, neuron)
        Pearson correlation of counts over all responses; NaN for neurons whose counts are all equal.
    noise_correlation : ndarray of float64, shape (neuron, neuron)
        Pearson correlation of counts around the PSTH, pooled over the stimuli; NaN for neurons that always do as the
        PSTH says.
    count_histogram : ndarray of float64, shape (count,)
        Share of responses with 0, 1, ... spikes of the population.
    """

    stimuli: np.ndarray
    rates: np.ndarray
    psth: np.ndarray
    total_correlation: np.ndarray
    noise_correlation: np.ndarray
    count_histogram: np.ndarray


@dataclass(frozen=True)
class PairErrors:
    """How near values of pairs of neurons come to those of a reference.

    Attributes
    ----------
    r : float
        Pearson correlation; NaN where either has no spread.
    slope : float
        Of the regression on the reference; NaN where that has no spread.
    rmse : float
    n_pairs : int
        Pairs that are not NaN in either.
    """

    r: float
    slope: float
    rmse: float
    n_pairs: int


@dataclass(frozen=True)
class ResponseErrors:
    """How near the statistics of a model come to those of a reference.

    Attributes
    ----------
    total_correlation, noise_correlation : PairErrors
    rate_rmse : float
        Spikes per bin, over neurons.
    psth_r : float
        Mean of :func:`psth_correlations` over neurons.
    count_distance : float
        Total variation between the histograms of the population's count.
    """

    total_correlation: PairErrors
    noise_correlation: PairErrors
    rate_rmse: float
    psth_r: float
    count_distance: float


def measure(counts: np.ndarray, stimulus: np.ndarray) -> ResponseStatistics:
    """Measure responses.

    Parameters
    ----------
    counts : ndarray of uint8, shape (response, neuron)
    stimulus : ndarray of int, shape (response,)

    Notes
    -----
    Residuals around the PSTH of n responses are too small by sqrt((n - 1) / n) and are scaled back, which matters
    where stimuli are shown unequally often. Stimuli shown once say nothing about noise.

    Examples
    --------
    >>> found = measure(np.array([[0, 0], [1, 1], [1, 0], [1, 0]], np.uint8), np.array([0, 0, 1, 1]))
    >>> found.psth.tolist(), found.noise_correlation.tolist(), found.count_histogram.tolist()
    ([[0.5, 0.5], [1.0, 0.0]], [[1.0, 1.0], [1.0, 1.0]], [0.25, 0.5, 0.25])
    """
    stimuli, row, shown = np.unique(stimulus, return_inverse=True, return_counts=True)
    weight = np.where(shown > 1, shown / np.maximum(shown - 1, 1), 0.0)
    equal = (shown == shown[0]).all()
    sums = np.zeros((len(stimuli), counts.shape[1]))
    products, weighted = np.zeros((2, counts.shape[1], counts.shape[1]))
    histogram = np.zeros(1, np.int64)
    for start in range(0, len(counts), _CHUNK):
        part, rows = counts[start : start + _CHUNK].astype(np.float32), row[start : start + _CHUNK]
        sums += csr_array((np.ones(len(rows)), (rows, np.arange(len(rows)))), shape=(len(stimuli), len(rows))) @ part
        products += part.T @ part
        if not equal:
            weighted += (part * weight[rows][:, None]).T @ part
        histogram = _added(histogram, np.bincount(part.sum(axis=1).astype(np.int64)))
    if equal:
        weighted = products * weight[0]
    psth, rates = sums / shown[:, None], sums.sum(axis=0) / len(counts)
    return ResponseStatistics(
        stimuli=stimuli,
        rates=rates,
        psth=psth,
        total_correlation=_correlation(products / len(counts), np.outer(rates, rates)),
        noise_correlation=_correlation(weighted, (psth * (weight * shown)[:, None]).T @ psth),
        count_histogram=histogram / len(counts),
    )


def compare_responses(model: ResponseStatistics, reference: ResponseStatistics) -> ResponseErrors:
    """Compare statistics of the same neurons; PSTHs over the stimuli that both have."""
    _, own, other = np.intersect1d(model.stimuli, reference.stimuli, assume_unique=True, return_indices=True)
    correlations = psth_correlations(model.psth[own], reference.psth[other])
    defined = np.isfinite(correlations)
    return ResponseErrors(
        compare_pairs(model.total_correlation, reference.total_correlation),
        compare_pairs(model.noise_correlation, reference.noise_correlation),
        rate_rmse=float(np.sqrt(((model.rates - reference.rates) ** 2).mean())),
        psth_r=float(correlations[defined].mean()) if defined.any() else np.nan,
        count_distance=total_variation(model.count_histogram, reference.count_histogram),
    )


def compare_pairs(model: np.ndarray, reference: np.ndarray) -> PairErrors:
    """Compare the upper triangles of two matrices of neurons, shape (neuron, neuron).

    Examples
    --------
    >>> reference = np.array([[1, 0.1, 0.2], [0.1, 1, 0.3], [0.2, 0.3, 1]])
    >>> errors = compare_pairs(2 * reference, reference)
    >>> round(errors.r, 6), round(errors.slope, 6), round(errors.rmse**2, 6), errors.n_pairs
    (1.0, 2.0, 0.046667, 3)
    """
    pairs = np.triu_indices(len(reference), 1)
    y, x = model[pairs], reference[pairs]
    known = np.isfinite(x) & np.isfinite(y)
    y, x = y[known], x[known]
    if not x.size:
        return PairErrors(np.nan, np.nan, np.nan, 0)
    dx, dy = x - x.mean(), y - y.mean()
    slope = float(dx @ dy / (dx @ dx)) if np.ptp(x) else np.nan
    r = float(dx @ dy / np.sqrt((dx @ dx) * (dy @ dy))) if np.ptp(x) and np.ptp(y) else np.nan
    return PairErrors(r, slope, float(np.sqrt(((y - x) ** 2).mean())), x.size)


def psth_correlations(model: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Return the Pearson correlation over stimuli of two PSTHs, for every neuron.

    Parameters
    ----------
    model, reference : ndarray, shape (stimulus, neuron)

    Returns
    -------
    ndarray of float64, shape (neuron,)
        NaN where the reference is constant, 0 where only the model is.

    Examples
    --------
    >>> psth_correlations(np.array([[0.1, 0.5], [0.2, 0.5]]), np.array([[0.3, 0.1], [0.4, 0.2]])).round(6).tolist()
    [1.0, 0.0]
    """
    dx, dy = (psth - psth.mean(axis=0) for psth in (reference, model))
    varies, follows = (np.ptp(psth, axis=0) > 0 for psth in (reference, model))
    spreads = np.sqrt((dx**2).sum(axis=0) * (dy**2).sum(axis=0))
    r = np.where(varies & follows, (dx * dy).sum(axis=0) / np.where(spreads > 0, spreads, 1), 0.0)
    return np.where(varies, r, np.nan)


def total_variation(first: np.ndarray, second: np.ndarray) -> float:
    """Return half the sum of absolute differences of two histograms of shares, the shorter one continued by 0.

    Examples
    --------
    >>> total_variation(np.array([0.5, 0.5]), np.array([0.5, 0.25, 0.25]))
    0.25
    """
    return float(np.abs(_added(first, -second)).sum() / 2)


def split_halves(stimulus: np.ndarray, trial: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Part the responses to every stimulus into halves by chance; of an odd number the second half gets one more.

    Parameters
    ----------
    stimulus, trial : ndarray of int, shape (response,)
    rng : numpy.random.Generator

    Returns
    -------
    tuple of two ndarrays of int64
        Rows, rising. Trials stay whole where all show the same stimuli.

    Examples
    --------
    >>> halves = split_halves(np.array([0, 1, 0, 1]), np.array([5, 5, 6, 6]), np.random.default_rng(0))
    >>> sorted(half.tolist() for half in halves)
    [[0, 1], [2, 3]]
    """
    _, index = np.unique(trial, return_inverse=True)
    rank = rng.permutation(index.max() + 1)[index]
    order = np.lexsort((rank, stimulus))
    first, last = (np.searchsorted(stimulus[order], stimulus[order], side=side) for side in ("left", "right"))
    early = np.arange(len(order)) - first < (last - first) // 2
    return np.sort(order[early]), np.sort(order[~early])


def _correlation(squares: np.ndarray, by_means: np.ndarray) -> np.ndarray:
    """Return correlations from sums of products, and what of these the means explain."""
    covariance = squares - by_means
    variance = np.diagonal(covariance)
    spread = np.sqrt(np.where(variance > _CONSTANT * np.diagonal(squares), variance, np.nan))
    correlation = covariance / np.outer(spread, spread)
    np.fill_diagonal(correlation, np.where(np.isfinite(spread), 1.0, np.nan))
    return correlation


def _added(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    size = max(len(first), len(second))
    return np.pad(first, (0, size - len(first))) + np.pad(second, (0, size - len(second)))
