"""Covariances by hand and by known processes; impossible correlations; the published retina."""

from pathlib import Path

import h5py
import numpy as np
import pytest
from scipy.signal import lfilter
from scipy.stats import norm

from cyclegan_neuro.populations.baselines.bivariate_normal import event_covariance
from cyclegan_neuro.populations.baselines.dichotomized_gaussian import fit_dichotomized_gaussian, lagged_covariances
from cyclegan_neuro.populations.baselines.nearest_process import block_toeplitz, nearest_process
from cyclegan_neuro.populations.statistics import population_statistics

RETINA = Path(__file__).resolve().parents[4] / "shared" / "data" / "spike_gan_retina.h5"


def autoregressive_spikes(n_samples, *, rates, memory, shared):
    """Spikes of a thresholded process with correlation ``shared`` between neurons and ``memory ** lag`` over time."""
    noise = np.random.default_rng(3).standard_normal((n_samples, 60, len(rates)))
    noise = noise @ np.linalg.cholesky((1 - shared) * np.eye(len(rates)) + shared).T
    process = lfilter([np.sqrt(1 - memory**2)], [1, -memory], noise, axis=1)[:, 50:]
    return (process > norm.isf(rates)).astype(np.uint8)


# -- values ----------------------------------------------------------------------------------------


def test_lagged_covariance_is_that_of_pairs_within_samples():
    spikes = (np.random.default_rng(0).random((700, 4, 3)) < 0.4).astype(np.uint8)
    found = lagged_covariances(spikes, 3)
    for lag in range(3):
        early, late = spikes[:, : 4 - lag, 0].ravel(), spikes[:, lag:, 2].ravel()
        assert found[lag, 0, 2] == pytest.approx(np.cov(early, late, ddof=0)[0, 1], abs=1e-12)


def test_two_neurons_with_a_known_covariance():
    """Of 10 bins 3 have both spikes, 2 only the first's, 1 only the second's: covariance 0.3 - 0.5 * 0.4 = 0.1."""
    words = np.array([[1, 1]] * 3 + [[1, 0]] * 2 + [[0, 1]] + [[0, 0]] * 4, np.uint8)
    spikes = np.tile(words[:, None], (1000, 1, 1))
    model = fit_dichotomized_gaussian(spikes)
    assert model.wanted[0, 1] == pytest.approx(0.1)
    assert model.reached[0, 1] == pytest.approx(0.1, abs=1e-6)
    assert np.cov(model.sample(60_000, seed=0)[:, 0].T)[0, 1] == pytest.approx(0.1, abs=5e-3)


def test_a_thresholded_process_is_found_again():
    """All lags: covariances of samples are those of the process behind the training samples, in both directions."""
    rates, memory, shared = np.array([0.3, 0.1]), 0.8, 0.5
    spikes = autoregressive_spikes(20_000, rates=rates, memory=memory, shared=shared)
    drawn = fit_dichotomized_gaussian(spikes).sample(20_000, seed=0)
    found = lagged_covariances(drawn, 6)
    for lag in range(6):
        latent = memory**lag * np.array([[1, shared], [shared, 1]])
        expected = event_covariance(latent, rates[:, None], rates)
        np.testing.assert_allclose(found[lag], expected, atol=4e-3)


def test_direction_of_time_is_kept():
    first = (np.random.default_rng(0).random((4000, 8)) < 0.3).astype(np.uint8)
    spikes = np.stack([first, np.roll(first, 2, axis=1)], axis=2)[:, 2:]  # the second neuron repeats the first
    found = lagged_covariances(fit_dichotomized_gaussian(spikes).sample(8000, seed=0), 3)
    assert found[2, 0, 1] > 0.15
    assert abs(found[2, 1, 0]) < 0.02


def test_possible_correlations_are_kept():
    asked = 0.6 ** np.arange(5.0)[:, None, None] * np.array([[1, 0.4], [0.4, 1]])
    spectrum, found = nearest_process(asked, slopes=np.ones_like(asked), scale=np.ones(2))
    np.testing.assert_allclose(found, asked, atol=2e-3)
    assert np.linalg.eigvalsh(spectrum).min() > -1e-9


def test_block_toeplitz_by_hand():
    matrix = block_toeplitz(np.array([[[1.0, 0.1], [0.1, 1.0]], [[0.2, 0.3], [0.4, 0.5]]]))
    assert matrix.tolist() == [[1, 0.1, 0.2, 0.3], [0.1, 1, 0.4, 0.5], [0.2, 0.4, 1, 0.1], [0.3, 0.5, 0.1, 1]]


# -- what cannot be reached ------------------------------------------------------------------------


def test_neurons_that_exclude_each_other():
    """One of three spikes: latent correlations of -1 between all three do not go together, the least is -1/2."""
    which = np.random.default_rng(0).integers(0, 3, (3000, 2))
    model = fit_dichotomized_gaussian(np.eye(3, dtype=np.uint8)[which])
    pairs = np.triu_indices(3, 1)
    assert model.at_bound[0][pairs].all()
    assert model.smallest_eigenvalue < -0.9
    assert model.largest_change > 0.4
    assert (model.wanted[pairs] < -0.1).all()
    np.testing.assert_allclose(model.reached[pairs], event_covariance(-0.5, 1 / 3, 1 / 3), atol=3e-3)
    drawn = model.sample(20_000, seed=0).reshape(-1, 3)
    np.testing.assert_allclose(np.cov(drawn.T)[pairs], model.reached[pairs], atol=6e-3)
    np.testing.assert_allclose(drawn.mean(axis=0), model.rates[0], atol=8e-3)


@pytest.mark.slow
@pytest.mark.skipif(not RETINA.exists(), reason="the published retina is not here")
def test_published_retina():
    """As good over time as the published samples (lag-covariance 0.952, autocorrelogram 0.958)."""
    with h5py.File(RETINA) as file:
        spikes = file["samples/original"][()].transpose(0, 2, 1)
    found = population_statistics(fit_dichotomized_gaussian(spikes).sample(8192, seed=0), bin_s=0.02)
    real = population_statistics(spikes, bin_s=0.02)
    for name, least in {"covariance": 0.995, "lag_covariance": 0.985, "autocorrelogram": 0.99}.items():
        difference = getattr(found, name) - getattr(real, name)
        assert 1 - np.mean(difference**2) / getattr(real, name).var() > least, name
