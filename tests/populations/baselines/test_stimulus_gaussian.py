"""Signal and noise correlations of known populations; the published retina."""

from pathlib import Path

import h5py
import numpy as np
import pytest
from scipy.stats import norm

from cyclegan_neuro.errors import ConfigurationError
from cyclegan_neuro.populations.baselines.bivariate_normal import event_covariance
from cyclegan_neuro.populations.baselines.dichotomized_gaussian import lagged_covariances
from cyclegan_neuro.populations.baselines.stimulus_gaussian import fit_stimulus_gaussian
from cyclegan_neuro.populations.baselines.threshold_series import (
    series_factors,
    series_slope,
    series_sum,
    solve_series,
)
from cyclegan_neuro.populations.statistics import compare, population_statistics

RETINA = Path(__file__).resolve().parents[4] / "shared" / "data" / "spike_gan_retina.h5"
RATES = np.array([[0.05, 0.5], [0.6, 0.4], [0.2, 0.03], [0.05, 0.2], [0.5, 0.5]])  # (stimulus bin, neuron)
N_BINS = 4


def repeated(n_samples, *, correlation, seed=0):
    """Two neurons whose rates follow a stimulus of five bins, with a noise correlation in the same bin."""
    rng = np.random.default_rng(seed)
    noise = rng.multivariate_normal([0, 0], [[1, correlation], [correlation, 1]], n_samples * N_BINS)
    rates = np.resize(RATES, (n_samples * N_BINS, 2))
    return (noise > norm.isf(rates)).astype(np.uint8).reshape(n_samples, N_BINS, 2)


def fit(samples):
    return fit_stimulus_gaussian(samples, first_bins=N_BINS * np.arange(len(samples)), repeat_bins=5)


@pytest.mark.parametrize("correlation", [-0.6, -0.1, 0.0, 0.3, 0.85])
def test_the_series_is_the_covariance_averaged_over_the_stimulus(correlation):
    factors = series_factors(RATES)
    series = [factor.T @ factor / len(RATES) for factor in factors]
    expected = event_covariance(correlation, RATES[:, :1], RATES[:, 1:]).mean()
    found = series_sum(series, np.full((2, 2), correlation))
    assert found[0, 1] == pytest.approx(expected, abs=1e-5)
    step = 1e-5
    above, below = (series_sum(series, np.full((2, 2), correlation + sign * step)) for sign in (1, -1))
    np.testing.assert_allclose(
        series_slope(series, np.full((2, 2), correlation)), (above - below) / (2 * step), rtol=1e-5
    )
    solved, at_bound = solve_series(series, found, np.full((2, 2), -1.0))
    assert solved[0, 1] == pytest.approx(correlation, abs=1e-9)
    assert not at_bound.any()


def test_noise_correlations_are_found_beside_those_of_the_stimulus():
    model = fit(repeated(50_000, correlation=0.6))
    np.testing.assert_allclose(model.rates, RATES, atol=0.015)
    expected = event_covariance(0.6, RATES[:, :1], RATES[:, 1:]).mean()
    assert model.wanted[0, 1] == pytest.approx(expected, abs=3e-3)
    assert model.reached[0, 1] == pytest.approx(model.wanted[0, 1], abs=1e-4)
    assert not model.at_bound[0].any()


def test_samples_follow_the_stimulus_from_anywhere():
    """Neurons without noise correlations are still correlated, in the same bin and over time, by the stimulus."""
    model = fit(repeated(50_000, correlation=0.0))
    found = lagged_covariances(model.sample(50_000, seed=1), 3)
    around = RATES - RATES.mean(axis=0)
    for lag in range(3):
        expected = around.T @ np.roll(around, -lag, axis=0) / len(RATES)
        if lag == 0:
            expected[np.diag_indices(2)] = RATES.mean(axis=0) * (1 - RATES.mean(axis=0))
        np.testing.assert_allclose(found[lag], expected, atol=4e-3)


def test_direction_of_time_is_kept_beside_the_stimulus():
    samples = repeated(20_000, correlation=0.0)
    flat = samples.reshape(-1, 2)
    flat[1:, 1] |= flat[:-1, 0] & (np.random.default_rng(2).random(len(flat) - 1) < 0.7)  # the second follows the first
    expected = lagged_covariances(samples, 2)[1]
    found = lagged_covariances(fit(samples).sample(20_000, seed=3), 2)[1]
    assert abs(expected[0, 1] - expected[1, 0]) > 0.05
    np.testing.assert_allclose(found, expected, atol=6e-3)


def test_neurons_without_spikes_stay_silent():
    samples = repeated(200, correlation=0.3)
    samples[..., 1] = 0
    drawn = fit(samples).sample(100, seed=0)
    assert drawn[..., 0].any()
    assert not drawn[..., 1].any()


def test_a_stimulus_that_was_not_repeated():
    samples = repeated(4, correlation=0.0)
    with pytest.raises(ConfigurationError, match=r"\.repeat_bins: got 9, of which 2 are in fewer than two of 4 "):
        fit_stimulus_gaussian(samples, first_bins=N_BINS * np.arange(4), repeat_bins=9)


@pytest.mark.slow
@pytest.mark.skipif(not RETINA.exists(), reason="the published retina is not here")
def test_published_retina():
    """As good as the published samples, in the number of active neurons too (R² 0.9999 and RMSE 0.0004)."""
    with h5py.File(RETINA) as file:
        spikes = file["samples/original"][()].transpose(0, 2, 1)
    model = fit_stimulus_gaussian(spikes, first_bins=32 * np.arange(len(spikes)), repeat_bins=953)
    found = population_statistics(model.sample(8192, seed=0), bin_s=0.02)
    errors = compare(found, population_statistics(spikes, bin_s=0.02))
    assert errors["k_statistic"].rmse < 0.001
    limits = {"spike_count": 0.999, "covariance": 0.995, "lag_covariance": 0.99, "autocorrelogram": 0.99}
    for name, least in limits.items():
        assert errors[name].r2 > least, name
