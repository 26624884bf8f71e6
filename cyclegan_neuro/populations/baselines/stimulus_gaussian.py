"""A dichotomized Gaussian whose rates follow a stimulus that was shown again and again (Lyamzin et al. 2010).

What neurons share through the stimulus is in the rates; the process beneath has only the correlations that are left
from one repeat to the next ("noise correlations").
"""

from __future__ import annotations

from functools import partial

import numpy as np

from cyclegan_neuro.errors import ConfigurationError
from cyclegan_neuro.populations.baselines._model import check_samples
from cyclegan_neuro.populations.baselines.dichotomized_gaussian import (
    LEAST_COUNT,
    DichotomizedGaussian,
    lagged_coincidences,
    nearest_gaussian,
)
from cyclegan_neuro.populations.baselines.threshold_series import (
    series_factors,
    series_slope,
    series_sum,
    solve_series,
)

__all__ = ["fit_stimulus_gaussian", "stimulus_bins"]


def fit_stimulus_gaussian(samples: np.ndarray, *, first_bins: np.ndarray, repeat_bins: int) -> DichotomizedGaussian:
    """Fit rates that follow the stimulus, and the covariances around them of all pairs at all time lags.

    Parameters
    ----------
    samples : ndarray, shape (sample, bin, neuron)
        Spikes, 0 or 1.
    first_bins : ndarray of int, shape (sample,)
        Where samples begin, counted from the beginning of a repeat.
    repeat_bins : int
        Bins of a repeat; the next one follows at once.

    Returns
    -------
    DichotomizedGaussian
        Its samples begin anywhere in the stimulus. Covariances lie within the range that correlations of the process
        from -0.95 to 0.95 give.

    Raises
    ------
    RecordingError
        Samples of another shape or with other values.
    ConfigurationError
        See :func:`stimulus_bins`.

    References
    ----------
    Lyamzin et al. 2010, "Modeling population spike trains with specified time-varying spike rates, trial-to-trial
    variability, and pairwise signal and noise correlations".

    Notes
    -----
    The probability that two correlated normal variables exceed their thresholds is a power series of their correlation
    (Pearson 1900), whose coefficients are averaged over the stimulus here: one equation per pair and lag.
    """
    check_samples(samples)
    n_bins = samples.shape[1]
    stimulus = stimulus_bins(first_bins, n_bins, repeat_bins)
    rates = _stimulus_rates(samples, stimulus, repeat_bins)
    coincidences = lagged_coincidences(samples, n_bins)
    factors = series_factors(rates)
    asked, slopes = np.empty_like(coincidences), np.empty_like(coincidences)
    at_bound = np.empty(asked.shape, bool)
    for lag in range(n_bins):
        share = np.bincount(stimulus[:, : n_bins - lag].ravel(), minlength=repeat_bins) / stimulus[:, lag:].size
        by_chance = (rates * share[:, None]).T @ np.roll(rates, -lag, axis=0)
        series = [(early * share[:, None]).T @ np.roll(early, -lag, axis=0) for early in factors]
        least = LEAST_COUNT / stimulus[:, lag:].size - by_chance
        wanted = coincidences[lag] - by_chance
        asked[lag], at_bound[lag] = solve_series(series, wanted, np.minimum(least, 0))
        slopes[lag] = series_slope(series, asked[lag])
        if lag == 0:
            within_bin = series, wanted
    same = np.diag_indices(rates.shape[1])
    asked[0][same], at_bound[0][same] = 1, False
    scale = np.sqrt(within_bin[0][0][same])
    scale = np.where(scale > 0, scale, 1)
    slopes = np.where(slopes > 0, slopes, np.outer(scale, scale))
    return nearest_gaussian(
        asked,
        slopes=slopes,
        scale=scale,
        covariance=partial(series_sum, within_bin[0]),
        rates=rates,
        wanted=within_bin[1],
        at_bound=at_bound,
    )


def stimulus_bins(first_bins: np.ndarray, n_bins: int, repeat_bins: int) -> np.ndarray:
    """Return the bin of the stimulus at each bin of samples, shape (sample, bin).

    Parameters
    ----------
    first_bins : ndarray of int, shape (sample,)
        Where samples begin, counted from the beginning of a repeat.
    n_bins, repeat_bins : int
        Bins of a sample, and of a repeat.

    Raises
    ------
    ConfigurationError
        A repeat of which the samples do not show every bin at least twice.

    Examples
    --------
    >>> stimulus_bins(np.array([0, 2, 4, 6]), 2, 4).tolist()
    [[0, 1], [2, 3], [0, 1], [2, 3]]
    """
    stimulus = (np.asarray(first_bins)[:, None] + np.arange(n_bins)) % repeat_bins
    rare = int((np.bincount(stimulus.ravel(), minlength=repeat_bins) < 2).sum())
    if rare:
        raise ConfigurationError(
            "evaluation.baselines.repeat_bins",
            got=f"{repeat_bins:,}, of which {rare:,} are in fewer than two of {len(stimulus):,} training samples",
            expected="bins after which a stimulus began again while the recording was made",
            fix="check the length of a repeat in bins, or remove it",
        )
    return stimulus


def _stimulus_rates(samples: np.ndarray, stimulus: np.ndarray, repeat_bins: int) -> np.ndarray:
    """Return the share of repeats in which each neuron spikes, shape (stimulus bin, neuron)."""
    places = stimulus.ravel()
    columns = samples.reshape(len(places), -1).T
    spikes = np.stack([np.bincount(places, column, repeat_bins) for column in columns], axis=1)
    return spikes / np.bincount(places, minlength=repeat_bins)[:, None]
