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
    "lagged_scores",
    "mean_autocorrelation",
    "noise_correlations",
    "paired_correlation",
    "pearson_rows",
    "rmse",
    "state_difference",
]

_BIN_S = 0.5  # of noise correlations
_SMOOTHED_S = 1.0  # before a state is inferred
_LAG_BIN_S, LONGEST_LAG_S = 0.25, 2.0


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
    n_neurons = signal.values.shape[1]
    products = np.zeros((N_BLOCKS, n_neurons, n_neurons))
    for block, bins in _binned(signal, _frames(_BIN_S, frame_rate_hz)):
        products[block] += bins.T @ bins
    products = leave_one_out(products)
    std = np.sqrt(products.diagonal(axis1=1, axis2=2))
    first, second = np.triu_indices(n_neurons, 1)
    return _ratio(products[:, first, second], std[:, first] * std[:, second])


def _binned(signal: Signal, n_frames: int) -> list[tuple[int, np.ndarray]]:
    """Return means over ``n_frames``, piece by piece: the block of each, and its bins (bin, neuron)."""
    pieces, n_neurons = signal.part.pieces, signal.values.shape[1]
    whole = [signal.values[start : stop - (stop - start) % n_frames] for start, stop in pieces]
    blocks = [int(signal.part.block[start]) for start, _ in pieces]
    return list(zip(blocks, (rows.reshape(-1, n_frames, n_neurons).mean(axis=1) for rows in whole), strict=True))


def _frames(duration_s: float, frame_rate_hz: float) -> int:
    return max(1, round(duration_s * frame_rate_hz))


def lagged_covariance(bins: list[tuple[int, np.ndarray]], lag: int) -> np.ndarray:
    """Return mean products of each neuron with each ``lag`` bins later, within pieces: (replicate, first, later).

    Parameters
    ----------
    bins : list of (block, ndarray)
        Pieces of continuous time, (bin, neuron).
    lag : int
    """
    n_neurons = bins[0][1].shape[1]
    products, count = np.zeros((N_BLOCKS, n_neurons, n_neurons), np.float32), np.zeros(N_BLOCKS)
    for block, rows in bins:
        if len(rows) > lag:
            products[block] += rows[: len(rows) - lag].T @ rows[lag:]
            count[block] += len(rows) - lag
    return leave_one_out(products) / np.maximum(leave_one_out(count), 1)[:, None, None]


def lagged_scores(made: Signal, goal: Signal, frame_rate_hz: float) -> tuple[np.ndarray, np.ndarray]:
    """Compare covariances of residuals in bins of 0.25 s, which average the noise of frames, over lags of up to 2 s.

    Bins are whole frames, one where frames are longer. Lag 0 counts in variances alone.

    Returns
    -------
    covariances : ndarray, shape (replicate,)
        Frobenius norm of the difference over neurons, neurons and lags, divided by that of the goal.
    autocorrelations : ndarray, shape (replicate,)
        Root mean squared difference of autocorrelations over neurons and lags.
    """
    apart, size, squares = np.zeros((3, 1 + N_BLOCKS))
    n_frames = _frames(_LAG_BIN_S, frame_rate_hz)
    n_lags = max(1, _frames(LONGEST_LAG_S, frame_rate_hz) // n_frames)
    bins = [_binned(signal, n_frames) for signal in (made, goal)]
    variances = [lagged_covariance(each, 0).diagonal(axis1=1, axis2=2) for each in bins]
    for lag in range(1, n_lags + 1):
        both = [lagged_covariance(each, lag) for each in bins]
        own = [_ratio(each.diagonal(axis1=1, axis2=2), var) for each, var in zip(both, variances, strict=True)]
        apart += ((both[0] - both[1]) ** 2).sum(axis=(1, 2))
        size += (both[1] ** 2).sum(axis=(1, 2))
        squares += rmse(*own) ** 2
    return np.sqrt(apart / size), np.sqrt(squares / n_lags)


def inferred_state(signal: Signal, frame_rate_hz: float) -> np.ndarray:
    """Return in which of two states the population is: bool, (row,).

    The first principal component of its z-scored residuals, smoothed over 1 s, above its median or below. Which state
    is called the first is arbitrary.
    """
    length = _frames(_SMOOTHED_S, frame_rate_hz)
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


def mean_autocorrelation(signal: Signal, frame_rate_hz: float) -> tuple[np.ndarray, np.ndarray]:
    """Return lags from 0 to 2 s (in s), and the mean over neurons of the autocorrelation at each: (lag,)."""
    lags = np.arange(round(LONGEST_LAG_S * frame_rate_hz) + 1)
    totals = np.zeros((len(lags), signal.values.shape[1]))
    for lag in lags:
        rows = signal.part.delayed(lag)
        totals[lag] = (signal.values[rows] * signal.values[rows - lag]).sum(axis=0) / max(len(rows), 1)
    return lags / frame_rate_hz, _ratio(totals, np.broadcast_to(totals[0], totals.shape)).mean(axis=1)
