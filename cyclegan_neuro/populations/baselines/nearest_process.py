"""The stationary Gaussian process nearest to correlations that no process has."""

from __future__ import annotations

import numpy as np

__all__ = ["block_toeplitz", "nearest_process"]

_CIRCLE = 4  # bins of the circle per bin of a sample: lags beyond the sample are free to make the process possible
_STEPS = 200
_PULL = 10.0
_CLOSE = 1e-7
_WEIGHTS = (1e-2, 1e4)


def nearest_process(
    correlations: np.ndarray, *, slopes: np.ndarray, scale: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Find the process whose thresholded events have covariances nearest to those asked for.

    Parameters
    ----------
    correlations : ndarray of float64, shape (bin, neuron, neuron)
        Asked for between neuron i and neuron j that many bins later; 1 for a neuron with itself in the same bin.
    slopes : ndarray of float64, shape (bin, neuron, neuron)
        How much the covariance of the events changes with each correlation.
    scale : ndarray of float64, shape (neuron,)
        Of each neuron: without correlation the slopes are about products of these (densities at the thresholds).

    Returns
    -------
    spectrum : ndarray of complex128, shape (frequency, neuron, neuron)
        Fourier transform of the correlations of the process over the lags of a circle of bins: positive semidefinite.
    found : ndarray of float64, shape (bin, neuron, neuron)
        Its correlations; as those asked for where these are possible.

    Notes
    -----
    Least squares of the covariances of events: an error of a correlation counts as much as it changes them (squared
    slope); errors in the same and the next bin, and of a neuron with itself, count more. The alternating direction
    method of multipliers goes between the correlations asked for and the processes that are possible (no negative
    eigenvalue at any frequency), in coordinates where each neuron is scaled, so that most weights are near 1.

    References
    ----------
    Boyd et al. 2011, "Distributed optimization and statistical learning via the alternating direction method of
    multipliers", section 3.1.1.

    Examples
    --------
    >>> asked = np.array([[[1.0]], [[-0.9]], [[-0.9]]])  # three bins cannot all exclude each other
    >>> spectrum, found = nearest_process(asked, slopes=np.ones((3, 1, 1)), scale=np.ones(1))
    >>> bool(np.linalg.eigvalsh(spectrum).min() > -1e-9), found[0].tolist()
    (True, [[1.0]])
    """
    n_bins, n_neurons, _ = correlations.shape
    length = _CIRCLE * n_bins
    flat = np.outer(scale, scale)
    share = _around(_weights(slopes / flat), length)
    share = share / (share + _PULL)
    share[0][np.diag_indices(n_neurons)] = 1
    flat = flat / np.mean(scale**2)
    asked = _around(correlations * flat, length)
    possible, aim, excess = asked, asked, np.zeros_like(asked)
    for _ in range(_STEPS):
        possible = _without_negative_eigenvalues(aim - excess)
        aim = share * asked + (1 - share) * (possible + excess)
        excess += possible - aim
        if np.abs(possible - aim).max() < _CLOSE:
            break
    possible = possible / flat
    spread = np.sqrt(np.diagonal(possible[0]))
    possible = possible / np.outer(spread, spread)
    possible[0][np.diag_indices(n_neurons)] = 1  # without the last digit of rounding
    return np.fft.rfft(possible, axis=0), possible[:n_bins]


def block_toeplitz(correlations: np.ndarray) -> np.ndarray:
    """Return the covariance matrix of a sample, rows and columns in the order (bin, neuron), of correlations by lag.

    Examples
    --------
    >>> block_toeplitz(np.array([[[1.0]], [[0.5]]])).tolist()
    [[1.0, 0.5], [0.5, 1.0]]
    """
    n_bins, n_neurons, _ = correlations.shape
    matrix = np.zeros((n_bins, n_neurons, n_bins, n_neurons))
    for lag, block in enumerate(correlations):
        for first in range(n_bins - lag):
            matrix[first, :, first + lag] = block
            matrix[first + lag, :, first] = block.T
    return matrix.reshape(n_bins * n_neurons, -1)


def _around(by_lag: np.ndarray, length: int) -> np.ndarray:
    """Lags 0 to length - 1 of a circle, of which the last ones are the negative lags; 0 where nothing is given."""
    circle = np.zeros((length, *by_lag.shape[1:]))
    circle[: len(by_lag)] = by_lag
    circle[length - len(by_lag) + 1 :] = by_lag[:0:-1].transpose(0, 2, 1)
    return circle


def _weights(relative: np.ndarray) -> np.ndarray:
    """What an error of each correlation counts, relative to one of a pair without correlation; shape (lag, i, j)."""
    near = 1 + 99 * np.exp(-2.0 * np.arange(len(relative)))[:, None, None]
    own = 1 + 9 * np.eye(relative.shape[1])  # few against the pairs, but what a neuron's spike train looks like
    return np.clip(relative**2, *_WEIGHTS) * near * own


def _without_negative_eigenvalues(by_lag: np.ndarray) -> np.ndarray:
    """Nearest correlations around the circle whose spectrum has none."""
    values, vectors = np.linalg.eigh(np.fft.rfft(by_lag, axis=0))
    spectrum = (vectors * np.maximum(values, 0)[:, None]) @ vectors.conj().transpose(0, 2, 1)
    return np.fft.irfft(spectrum, n=len(by_lag), axis=0)
