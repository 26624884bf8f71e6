"""Covariances of residuals: between neurons, over lags, and between states of the population.

Every function returns one value per replicate, the first of all blocks of time, the others without one of them.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import uniform_filter1d

from cyclegan_neuro.evaluation.days.beyond.parts import N_BLOCKS, Signal, leave_one_out

__all__ = [
    "LONGEST_LAG_S",
    "inferred_state",
    "lag_frames",
    "lagged_scores",
    "noise_correlations",
    "paired_correlation",
    "pearson_rows",
    "rmse",
    "state_difference",
]

_BIN_S = 0.5  # of noise correlations
_SMOOTHED_S = 1.0  # before a state is inferred
LAG_STEP_S, LONGEST_LAG_S = 0.25, 2.0


def rmse(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the root mean squared difference of each row of (replicate, value)."""
    return np.sqrt(((a - b) ** 2).mean(axis=1))


def pearson_rows(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the correlation of each row of (replicate, value); NaN where one is constant."""
    a, b = (values - values.mean(axis=1, keepdims=True) for values in (a, b))
    return _ratio((a * b).sum(axis=1), np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1)), otherwise=np.nan)


def _ratio(a: np.ndarray, b: np.ndarray, *, otherwise: float = 0.0) -> np.ndarray:
    return np.divide(a, b, out=np.full(b.shape, otherwise), where=b > 0)


def noise_correlations(signal: Signal, frame_rate_hz: float) -> np.ndarray:
    """Return the correlations of residuals in bins of 0.5 s, of all pairs: (replicate, pair).

    Those of a constant neuron are 0.
    """
    length = max(1, round(_BIN_S * frame_rate_hz))
    n_neurons = signal.values.shape[1]
    products = np.zeros((N_BLOCKS, n_neurons, n_neurons))
    for start, stop in signal.part.pieces:
        n_bins = (stop - start) // length
        bins = signal.values[start : start + n_bins * length].reshape(n_bins, length, n_neurons).mean(axis=1)
        products[signal.part.block[start]] += bins.T @ bins
    products = leave_one_out(products)
    std = np.sqrt(products.diagonal(axis1=1, axis2=2))
    first, second = np.triu_indices(n_neurons, 1)
    return _ratio(products[:, first, second], std[:, first] * std[:, second])


def lag_frames(frame_rate_hz: float) -> np.ndarray:
    """Return lags of 0.25 to 2 s in steps of 0.25 s, in whole frames, without those that round to the same.

    Examples
    --------
    >>> lag_frames(8.0)
    array([ 2,  4,  6,  8, 10, 12, 14, 16])
    """
    lags = np.arange(LAG_STEP_S, LONGEST_LAG_S + LAG_STEP_S / 2, LAG_STEP_S)
    return np.unique(np.maximum(1, np.round(lags * frame_rate_hz)).astype(int))


def lagged_covariance(signal: Signal, lag: int) -> np.ndarray:
    """Return mean products of each neuron with each ``lag`` frames later, within pieces: (replicate, first, later)."""
    n_neurons = signal.values.shape[1]
    products, count = np.zeros((N_BLOCKS, n_neurons, n_neurons), np.float32), np.zeros(N_BLOCKS)
    for start, stop in signal.part.pieces:
        if stop - start > lag:
            block, rows = signal.part.block[start], signal.values[start:stop]
            products[block] += rows[: len(rows) - lag].T @ rows[lag:]
            count[block] += len(rows) - lag
    return leave_one_out(products) / np.maximum(leave_one_out(count), 1)[:, None, None]


def lagged_scores(made: Signal, goal: Signal, lags: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Compare covariances over lags.

    Returns
    -------
    covariances : ndarray, shape (replicate,)
        Frobenius norm of the difference over neurons, neurons and lags, divided by that of the goal.
    autocorrelations : ndarray, shape (replicate,)
        Root mean squared difference of autocorrelations over neurons and lags.
    """
    apart, size, squares = np.zeros((3, 1 + N_BLOCKS))
    variances = [lagged_covariance(signal, 0).diagonal(axis1=1, axis2=2) for signal in (made, goal)]
    for lag in lags:
        both = [lagged_covariance(signal, int(lag)) for signal in (made, goal)]
        own = [_ratio(each.diagonal(axis1=1, axis2=2), var) for each, var in zip(both, variances, strict=True)]
        apart += ((both[0] - both[1]) ** 2).sum(axis=(1, 2))
        size += (both[1] ** 2).sum(axis=(1, 2))
        squares += rmse(*own) ** 2
    return np.sqrt(apart / size), np.sqrt(squares / len(lags))


def inferred_state(signal: Signal, frame_rate_hz: float) -> np.ndarray:
    """Return in which of two states the population is: bool, (row,).

    The first principal component of its z-scored residuals, smoothed over 1 s, above its median or below. Which state
    is called the first is arbitrary.
    """
    length = max(1, round(_SMOOTHED_S * frame_rate_hz))
    rows = [uniform_filter1d(signal.values[slice(*piece)], length, axis=0) for piece in signal.part.pieces]
    smooth = np.concatenate(rows).astype(np.float64)
    smooth -= smooth.mean(axis=0)
    std = smooth.std(axis=0)
    smooth /= np.where(std > 0, std, 1.0)
    component = smooth @ np.linalg.eigh(smooth.T @ smooth)[1][:, -1]
    return component > np.median(component)


def state_difference(signal: Signal, state: np.ndarray) -> np.ndarray:
    """Return the mean residual of each neuron in one state less that in the other: (replicate, neuron).

    NaN where one of them never occurs.
    """
    means = []
    for rows in (state, ~state):
        member = (signal.part.block[rows] == np.arange(N_BLOCKS)[:, None]).astype(np.float64)
        count = leave_one_out(member.sum(axis=1))[:, None]
        means.append(leave_one_out(member @ signal.values[rows]) / np.where(count > 0, count, np.nan))
    return means[0] - means[1]


def paired_correlation(made: Signal, truth: Signal) -> np.ndarray:
    """Return the mean over neurons of the correlation over frames with the same frames of the truth.

    That of a constant neuron is 0.
    """
    member = (made.part.block == np.arange(N_BLOCKS)[:, None]).astype(np.float64)
    a, b = (signal.values.astype(np.float64) for signal in (made, truth))
    ab, aa, bb, sum_a, sum_b = (leave_one_out(member @ each) for each in (a * b, a * a, b * b, a, b))
    n = leave_one_out(member.sum(axis=1))[:, None]
    scale = np.sqrt(np.clip(aa - sum_a**2 / n, 0.0, None) * np.clip(bb - sum_b**2 / n, 0.0, None))
    return _ratio(ab - sum_a * sum_b / n, scale).mean(axis=1)
