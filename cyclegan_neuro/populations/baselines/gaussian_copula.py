"""Noise correlations around any rates: counts of correlated normal variables that exceed thresholds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.populations.baselines.dichotomized_gaussian import LEAST_COUNT
from cyclegan_neuro.populations.baselines.nearest_process import nearest_process
from cyclegan_neuro.populations.baselines.threshold_series import series_factors, series_sum, solve_series
from cyclegan_neuro.populations.responses.statistics import measure

__all__ = ["GaussianCopula", "fit_gaussian_copula", "psth_exceedance"]

_CHUNK = 1 << 16


@dataclass(frozen=True, eq=False)
class GaussianCopula:
    """Counts with given distributions at every stimulus, joined by one normal distribution.

    Attributes
    ----------
    name : str
    probabilities : ndarray of float64, shape (level, stimulus, neuron)
        P(count >= k) for k from 1 on.
    correlation : ndarray of float64, shape (neuron, neuron)
        Of the normal variables.
    wanted, reached : ndarray of float64, shape (neuron, neuron)
        Noise correlation of the training responses (NaN where unknown), and of the model over the same stimuli. They
        differ where the correlations of all pairs do not go together.
    """

    name: str
    probabilities: np.ndarray
    correlation: np.ndarray
    wanted: np.ndarray
    reached: np.ndarray

    def sample(self, stimuli: np.ndarray, *, seed: int) -> np.ndarray:
        """Return counts, uint8, shape (response, neuron), one independent draw for each entry of ``stimuli``."""
        rng = np.random.default_rng(seed)
        values, vectors = np.linalg.eigh(self.correlation)
        root = ((vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T).astype(np.float32)
        thresholds = norm.isf(self.probabilities).astype(np.float32)
        counts = np.zeros((len(stimuli), len(root)), np.uint8)
        for start in range(0, len(stimuli), _CHUNK):
            shown = stimuli[start : start + _CHUNK]
            normal = rng.standard_normal((len(shown), len(root)), dtype=np.float32) @ root
            for threshold in thresholds:
                counts[start : start + _CHUNK] += normal > threshold[shown]
        return counts

    def exceedance(self, stimuli: np.ndarray) -> np.ndarray:
        """Return P(count >= k) for k from 1 on, float64, shape (level, stimulus, neuron)."""
        return self.probabilities[:, stimuli]


def fit_gaussian_copula(
    counts: np.ndarray, stimulus: np.ndarray, exceedance: np.ndarray, *, name: str = "Gaussian copula"
) -> GaussianCopula:
    """Give rates, whoever estimated them, the noise correlations of the training responses.

    Parameters
    ----------
    counts : ndarray of uint8, shape (response, neuron)
    stimulus : ndarray of int, shape (response,)
        Numbers of stimuli, of which some are shown more than once.
    exceedance : ndarray of float64, shape (level, stimulus, neuron)
        P(count >= k) for k from 1 on, at all stimuli that are to be drawn at: of a network, or of
        :func:`psth_exceedance`.
    name : str
        What tables call the model.

    Returns
    -------
    GaussianCopula

    Raises
    ------
    RecordingError
        No stimulus that was shown twice.

    Notes
    -----
    Noise is what is left around the PSTH of the training responses, not around the rates that are given, whose errors
    would pass for noise. The correlation of the residuals is what is asked for, times the model's own standard
    deviations: a PSTH of few trials leaves too little variance, but not too little correlation.

    As in :func:`~cyclegan_neuro.populations.baselines.stimulus_gaussian.fit_stimulus_gaussian`, the covariance of a
    pair is a power series, averaged over the stimuli; a count is the sum of its threshold events, so that a neuron's
    factor is the sum over them.

    References
    ----------
    Macke et al. 2009, "Generating spike trains with specified correlation coefficients".

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> counts, stimulus = rng.integers(0, 2, (100, 3)).astype(np.uint8), np.tile(np.arange(5), 20)
    >>> model = fit_gaussian_copula(counts, stimulus, psth_exceedance(counts, stimulus, n_stimuli=5))
    >>> model.sample(np.array([0, 4]), seed=0).shape
    (2, 3)
    """
    shown = np.bincount(stimulus, minlength=exceedance.shape[1])
    if shown.max() < 2:
        raise RecordingError(
            "training responses", got=f"{len(stimulus):,} stimuli, each shown once",
            expected="stimuli shown at least twice, between which responses differ by noise",
            fix="give responses to repeated stimuli",
        )  # fmt: skip
    wanted = measure(counts, stimulus).noise_correlation
    share = np.where(shown > 1, shown, 0)[:, None] / shown[shown > 1].sum()
    factors = [by_level.sum(axis=0) for by_level in series_factors(exceedance)]
    series = [(factor * share).T @ factor for factor in factors]
    noise = _noise(exceedance, share)
    mean = exceedance.sum(axis=0)
    least = np.minimum(LEAST_COUNT / len(counts) - (mean * share).T @ mean, 0)
    asked, _ = solve_series(series, np.nan_to_num(wanted) * np.outer(noise, noise), least)
    np.fill_diagonal(asked, 1)
    correlation = _nearest(asked, series)
    safe = np.where(noise > 0, noise, np.nan)
    reached = series_sum(series, correlation) / np.outer(safe, safe)
    np.fill_diagonal(reached, np.where(noise > 0, 1.0, np.nan))
    return GaussianCopula(name, exceedance, correlation, wanted, reached)


def psth_exceedance(counts: np.ndarray, stimulus: np.ndarray, *, n_stimuli: int) -> np.ndarray:
    """Return the shares of responses to each stimulus with at least k spikes, float64, shape (level, stimulus, neuron).

    Levels go to the largest count. Stimuli that were not shown have the shares of all responses.

    Examples
    --------
    >>> psth_exceedance(np.array([[0], [2], [1]], np.uint8), np.array([0, 0, 1]), n_stimuli=2).tolist()
    [[[0.5], [1.0]], [[0.5], [0.0]]]
    """
    shown = np.bincount(stimulus, minlength=n_stimuli)[:, None]
    shares = np.empty((max(1, int(counts.max())), n_stimuli, counts.shape[1]))
    for level, share in enumerate(shares, start=1):
        reached = counts >= level
        sums = np.stack([np.bincount(stimulus, neuron, n_stimuli) for neuron in reached.T], axis=1)
        share[:] = np.where(shown > 0, sums / np.maximum(shown, 1), reached.mean(axis=0))
    return shares


def _noise(exceedance: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Return the standard deviation of each neuron's counts at a stimulus, from E[y²] = Σ (2k - 1) P(y >= k)."""
    odd = 2 * np.arange(len(exceedance)) + 1
    variance = np.tensordot(odd, exceedance, 1) - exceedance.sum(axis=0) ** 2
    return np.sqrt(np.maximum((variance * share).sum(axis=0), 0))


def _nearest(asked: np.ndarray, series: list[np.ndarray]) -> np.ndarray:
    """Return the correlation matrix whose covariances of counts are nearest to those that pairs ask for.

    An error of a correlation counts by the slope of the secant: where neurons exclude each other the tangent is flat,
    and correlations of another sign would seem near.
    """
    scale = np.sqrt(np.diagonal(series[0]))
    scale = np.where(scale > 0, scale, 1)
    slopes = np.divide(series_sum(series, asked), asked, out=series[0].copy(), where=asked != 0)
    slopes = np.where(slopes > 0, slopes, np.outer(scale, scale))
    return nearest_process(asked[None], slopes=slopes[None], scale=scale)[1][0]
