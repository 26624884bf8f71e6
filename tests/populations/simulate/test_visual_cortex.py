"""Simulated V1: what the truth says is what its spikes do."""

from itertools import product

import numpy as np
import pytest
from numpy.polynomial.hermite_e import hermegauss
from scipy.special import expit

from cyclegan_neuro.errors import ConfigurationError
from cyclegan_neuro.populations.responses.sections import VisualCortexSection
from cyclegan_neuro.populations.simulate.visual_cortex import simulate_visual_cortex

SMALL = VisualCortexSection(n_neurons=8, n_bins=60, n_trials=5)


@pytest.fixture(scope="module")
def responses():
    return simulate_visual_cortex(SMALL)


@pytest.fixture(scope="module")
def paper_sized():
    return simulate_visual_cortex(VisualCortexSection(n_trials=4))


def test_responses_come_trial_by_trial(responses):
    assert responses.counts.shape == (300, 8)
    assert responses.counts.dtype == np.uint8
    assert set(np.unique(responses.counts)) == {0, 1}
    assert responses.stimulus.reshape(5, 60).tolist() == [list(range(60))] * 5
    assert responses.trial.reshape(5, 60)[:, 0].tolist() == list(range(5))
    assert (responses.trial.reshape(5, 60).std(axis=1) == 0).all()
    assert (responses.n_stimuli, responses.bin_s, responses.in_time) == (60, 0.04, True)
    assert responses.movie.shape == (60, 27, 27)
    assert responses.movie.dtype == np.float32


def test_seed_decides(responses):
    again, other = simulate_visual_cortex(SMALL), simulate_visual_cortex(SMALL.model_copy(update={"seed": 2}))
    assert np.array_equal(again.counts, responses.counts)
    assert np.array_equal(again.movie, responses.movie)
    assert not np.array_equal(other.movie, responses.movie)
    longer = simulate_visual_cortex(SMALL.model_copy(update={"n_trials": 9}))
    assert np.array_equal(longer.truth.noise_correlation, responses.truth.noise_correlation)


def test_samples_have_the_rates_and_correlations_of_the_truth(responses):
    """2,000 trials of 60 bins: standard error of a correlation 0.003, of a rate at most 0.011."""
    truth = responses.truth
    spikes = truth.sample(np.tile(np.arange(60), 2000), seed=7).reshape(2000, 60, 8)
    rates = spikes.mean(axis=0)
    np.testing.assert_allclose(rates, truth.exceedance(np.arange(60))[0], atol=0.055)
    np.testing.assert_allclose(rates.mean(axis=0), truth.rates.mean(axis=0), atol=0.006)
    noise = np.corrcoef((spikes - rates).reshape(-1, 8).T)
    np.testing.assert_allclose(noise, truth.noise_correlation, atol=0.015)
    assert np.ptp(truth.noise_correlation[np.triu_indices(8, 1)]) > 0.06


def test_noise_correlation_is_the_integral_over_the_latents(responses):
    """A pair of neurons by a product of quadratures over both latents, without the series."""
    truth = responses.truth
    nodes, weights = hermegauss(30)
    both, each = np.zeros(60), np.zeros((60, 2))
    for (z1, w1), (z2, w2) in product(zip(nodes, weights, strict=True), repeat=2):
        p = expit(truth.log_odds[:, :2] + truth.loadings[:2] @ [z1, z2])
        both += w1 * w2 / (2 * np.pi) * p.prod(axis=1)
        each += w1 * w2 / (2 * np.pi) * p
    covariance = (both - each.prod(axis=1)).mean()
    expected = covariance / np.sqrt((each * (1 - each)).mean(axis=0).prod())
    assert truth.noise_correlation[0, 1] == pytest.approx(expected, abs=1e-7)
    np.testing.assert_allclose(truth.rates[:, :2], each, atol=1e-7)


@pytest.mark.parametrize(("n_latents", "wanted"), [(1, 0.1), (2, 0.03), (4, 0.07), (2, 0.0), (0, 0.0)])
def test_mean_noise_correlation_is_the_one_asked_for(n_latents, wanted):
    section = SMALL.model_copy(update={"n_latents": n_latents, "noise_correlation": wanted})
    noise = simulate_visual_cortex(section).truth.noise_correlation
    assert noise[np.triu_indices(8, 1)].mean() == pytest.approx(wanted, abs=1e-8)
    assert np.array_equal(np.diag(noise), np.ones(8))


def test_a_noise_correlation_out_of_reach():
    with pytest.raises(ConfigurationError, match=r"noise_correlation: got 0.07, expected at most 0, which 0 shared"):
        simulate_visual_cortex(SMALL.model_copy(update={"n_latents": 0}))
    with pytest.raises(ConfigurationError, match=r"got 0\.49, expected at most 0\.[123]"):
        simulate_visual_cortex(SMALL.model_copy(update={"noise_correlation": 0.49}))


def test_rates_are_spread_and_follow_the_movie(paper_sized):
    rates = paper_sized.truth.rates
    mean = rates.mean(axis=0)
    assert mean.min() > 0.04
    assert 0.1 < np.median(mean) < 0.2
    assert mean.max() < 0.4
    assert np.median(rates.max(axis=0)) > 3 * np.median(mean)


def test_movie_is_smooth_and_long(paper_sized):
    """Neighbouring frames are alike, those ten frames apart are not."""
    movie = paper_sized.movie.reshape(750, -1)
    alike = [np.corrcoef(movie[lag:].ravel(), movie[: 750 - lag].ravel())[0, 1] for lag in (1, 10)]
    assert alike[0] > 0.7
    assert abs(alike[1]) < 0.1


def test_arrays_of_the_truth(responses):
    arrays = responses.truth.arrays()
    assert {name: values.shape for name, values in arrays.items()} == {
        "rates": (60, 8), "noise_correlation": (8, 8), "loadings": (8, 2)
    }  # fmt: skip
