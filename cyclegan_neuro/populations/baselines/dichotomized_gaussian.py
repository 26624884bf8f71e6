"""Spikes where a stationary Gaussian process exceeds a threshold: rates and correlations over all time lags."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import fft
from scipy.linalg import eigvalsh
from scipy.stats import norm

from cyclegan_neuro.populations.baselines._model import SpikeModel, check_samples
from cyclegan_neuro.populations.baselines.bivariate_normal import (
    event_covariance,
    event_covariance_slope,
    latent_correlation,
)
from cyclegan_neuro.populations.baselines.nearest_process import block_toeplitz, nearest_process

__all__ = [
    "DichotomizedGaussian",
    "fit_dichotomized_gaussian",
    "lagged_coincidences",
    "lagged_covariances",
    "nearest_gaussian",
]

_CHUNK = 512
LEAST_COUNT = 0.5
_MOST_SLOPE_AT = 0.9995  # correlation beyond which the slope has a pole


@dataclass(frozen=True, eq=False)
class DichotomizedGaussian(SpikeModel):
    """A thresholded Gaussian process, and how far it is from what was asked of it.

    Correlations that are right for every pair need not go together: no process may have all of them, and the nearest
    one is taken. This is how the model fails for strong negative correlations; the attributes from ``wanted`` on say
    by how much.

    Attributes
    ----------
    rates : ndarray of float64, shape (stimulus bin, neuron)
        Probability of a spike per bin; one row where rates do not follow a stimulus.
    n_bins : int
        Bins of a sample.
    filters : ndarray of complex64, shape (frequency, neuron, neuron)
        What turns the Fourier transform of white noise into that of the process, which goes around a circle of bins
        several times as long as a sample.
    wanted, reached : ndarray of float64, shape (neuron, neuron)
        Covariance of spikes in the same bin: of the training samples, and of the model. Without what neurons share
        through the stimulus, where rates follow one.
    at_bound : ndarray of bool, shape (lag, neuron, neuron)
        Where fewer than half a coincidence was asked for (or all that the rates allow).
    smallest_eigenvalue : float
        Of the covariance matrix of the process, over all bins and neurons of a sample, as the pairs ask for it;
        where it is negative there is no such process.
    largest_change : float
        Of a correlation of the process, from what the pair asks for to the nearest process.
    """

    rates: np.ndarray
    n_bins: int
    filters: np.ndarray
    wanted: np.ndarray
    reached: np.ndarray
    at_bound: np.ndarray
    smallest_eigenvalue: float
    largest_change: float

    def _draw(self, n_samples: int, rng: np.random.Generator) -> np.ndarray:
        length, (n_stimulus_bins, n_neurons) = 2 * (len(self.filters) - 1), self.rates.shape
        thresholds = norm.isf(self.rates).astype(np.float32)
        first = rng.integers(n_stimulus_bins, size=n_samples) if n_stimulus_bins > 1 else np.zeros(n_samples, int)
        stimulus = (first[:, None] + np.arange(self.n_bins)) % n_stimulus_bins
        spikes = np.empty((n_samples, self.n_bins, n_neurons), np.uint8)
        for start in range(0, n_samples, _CHUNK):
            part = spikes[start : start + _CHUNK]
            noise = fft.rfft(rng.standard_normal((length, len(part), n_neurons), dtype=np.float32), axis=0)
            process = fft.irfft(noise @ self.filters, n=length, axis=0)[: self.n_bins]
            part[:] = process.transpose(1, 0, 2) > thresholds[stimulus[start : start + _CHUNK]]
        return spikes


def fit_dichotomized_gaussian(samples: np.ndarray) -> DichotomizedGaussian:
    """Fit rates, and covariances of all pairs of neurons at all time lags.

    Parameters
    ----------
    samples : ndarray, shape (sample, bin, neuron)
        Spikes, 0 or 1. A neuron that never (or always) spikes stays so.

    Returns
    -------
    DichotomizedGaussian

    Raises
    ------
    RecordingError
        Samples of another shape or with other values.

    Notes
    -----
    Nothing is asked of more than two neurons at a time: how many are active in a bin follows from the pairs, and may
    differ from the training samples.

    Pairs that never coincide would ask for a correlation of -1, although by chance some do not. They get the
    correlation that lets half a coincidence be expected in as many bins (see ``at_bound``).

    Setting negative eigenvalues to 0, as Macke et al. do for a few neurons in one bin, loses far more than it must
    where correlations over many lags are estimated from rare spikes: their errors alone make large negative
    eigenvalues. Instead see :func:`~cyclegan_neuro.populations.baselines.nearest_process.nearest_process`.

    References
    ----------
    Macke et al. 2009, "Generating spike trains with specified correlation coefficients".
    Lyamzin et al. 2010, "Modeling population spike trains with specified time-varying spike rates, trial-to-trial
    variability, and pairwise signal and noise correlations".

    Examples
    --------
    >>> spikes = np.random.default_rng(0).integers(0, 2, (500, 3, 2))
    >>> model = fit_dichotomized_gaussian(spikes)
    >>> model.sample(4, seed=1).shape
    (4, 3, 2)
    """
    check_samples(samples)
    n_samples, n_bins, _ = samples.shape
    rates = samples.mean(axis=(0, 1), dtype=np.float64)
    wanted = lagged_covariances(samples, n_bins)
    asked, at_bound = _latent_correlations(wanted, rates, n_samples * (n_bins - np.arange(n_bins)))
    slopes, scale = _slopes(asked, rates)
    return nearest_gaussian(
        asked,
        slopes=slopes,
        scale=scale,
        covariance=lambda correlations: event_covariance(correlations, rates[:, None], rates),
        rates=rates[None],
        wanted=wanted[0],
        at_bound=at_bound,
    )


def nearest_gaussian(
    asked: np.ndarray, *, slopes: np.ndarray, scale: np.ndarray, covariance: Callable[[np.ndarray], np.ndarray], **known
) -> DichotomizedGaussian:
    """Return the model whose process is nearest to the correlations that its pairs ask for.

    Parameters
    ----------
    asked, slopes, scale
        See :func:`~cyclegan_neuro.populations.baselines.nearest_process.nearest_process`; all lags of a sample.
    covariance : callable
        Correlations of the process within a bin, shape (neuron, neuron), to covariances of spikes.
    **known
        Attributes of the model that do not depend on the process: ``rates``, ``wanted``, ``at_bound``.
    """
    spectrum, found = nearest_process(asked, slopes=slopes, scale=scale)
    return DichotomizedGaussian(
        n_bins=len(asked),
        filters=_square_roots(spectrum).astype(np.complex64),
        reached=covariance(found[0]),
        smallest_eigenvalue=float(eigvalsh(block_toeplitz(asked), subset_by_index=(0, 0))[0]),
        largest_change=float(np.abs(found - asked).max()),
        **known,
    )


def lagged_covariances(samples: np.ndarray, n_lags: int) -> np.ndarray:
    """Return the covariances of every neuron with every neuron some bins later, within samples.

    Parameters
    ----------
    samples : ndarray, shape (sample, bin, neuron)
        Spikes, 0 or 1.
    n_lags : int
        Lags from 0 on, at most as many as a sample has bins.

    Returns
    -------
    ndarray of float64, shape (lag, neuron, neuron)
        Element (l, i, j): neuron i with neuron j that many bins after it; over all bins that have one.

    Examples
    --------
    >>> spikes = np.array([[[1, 0], [0, 1]], [[0, 0], [0, 0]]])  # the second neuron follows the first
    >>> lagged_covariances(spikes, 2)[1].tolist()
    [[0.0, 0.25], [0.0, 0.0]]
    """
    n_bins = samples.shape[1]
    covariances = lagged_coincidences(samples, n_lags)
    course = samples.mean(axis=0, dtype=np.float64)
    for lag in range(n_lags):
        covariances[lag] -= np.outer(course[: n_bins - lag].mean(axis=0), course[lag:].mean(axis=0))
    return covariances


def lagged_coincidences(samples: np.ndarray, n_lags: int) -> np.ndarray:
    """Return the probability that a neuron spikes and another one some bins later; as :func:`lagged_covariances`."""
    n_samples, n_bins, n_neurons = samples.shape
    coincidences = np.zeros((n_lags, n_neurons, n_neurons))
    for start in range(0, n_samples, _CHUNK):  # sums of 0 and 1 are exact in float32 as long as they are below 2²⁴
        part = samples[start : start + _CHUNK].astype(np.float32).transpose(1, 0, 2).copy()  # then slices are whole
        for lag in range(n_lags):
            early, late = (p.reshape(-1, n_neurons) for p in (part[: n_bins - lag], part[lag:]))
            coincidences[lag] += early.T @ late
    return coincidences / (n_samples * (n_bins - np.arange(n_lags)))[:, None, None]


def _latent_correlations(wanted: np.ndarray, rates: np.ndarray, n_pairs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Correlations of the process by lag, and where they lie at a bound."""
    p, q = rates[:, None], rates
    independent = p * q
    least = np.maximum(0, p + q - 1) - independent
    floor = np.minimum(least + LEAST_COUNT / n_pairs[:, None, None], 0)
    at_bound = ((wanted < floor) | (wanted >= np.minimum(p, q) - independent)) & (p * (1 - p) * q * (1 - q) > 0)
    at_bound[0][np.diag_indices(rates.size)] = False
    correlations = latent_correlation(np.maximum(wanted, floor), p, q)
    np.fill_diagonal(correlations[0], 1)
    return correlations, at_bound


def _slopes(correlations: np.ndarray, rates: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How much covariances of spikes change with correlations, and the densities at the thresholds."""
    varies = (rates > 0) & (rates < 1)
    density = norm.pdf(norm.isf(np.where(varies, rates, 0.5)))
    slopes = event_covariance_slope(np.clip(correlations, -_MOST_SLOPE_AT, _MOST_SLOPE_AT), rates[:, None], rates)
    return np.where(np.outer(varies, varies), slopes, np.outer(density, density)), density


def _square_roots(spectrum: np.ndarray) -> np.ndarray:
    """Hermitian square roots of the matrices, which are real where the matrix is."""
    values, vectors = np.linalg.eigh(spectrum)
    return (vectors * np.sqrt(np.maximum(values, 0))[:, None]) @ vectors.conj().transpose(0, 2, 1)
