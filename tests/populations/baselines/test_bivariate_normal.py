"""Threshold events against orthant probabilities and scipy's integral."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

from cyclegan_neuro.populations.baselines.bivariate_normal import (
    event_covariance,
    event_covariance_slope,
    latent_correlation,
)

CORRELATIONS = np.array([-0.999, -0.9, -0.3, 0.0, 0.4, 0.95, 0.9999])


def test_orthant_probability():
    """Thresholds 0: P(both) = 1/4 + asin(rho) / (2 pi)."""
    found = event_covariance(CORRELATIONS, 0.5, 0.5)
    np.testing.assert_allclose(found, np.arcsin(CORRELATIONS) / (2 * np.pi), atol=1e-14)


@pytest.mark.parametrize(("p", "q"), [(0.04, 0.3), (0.002, 0.01), (0.7, 0.9), (0.5, 0.03)])
@pytest.mark.parametrize("correlation", CORRELATIONS[:-1])
def test_against_scipy(correlation, p, q):
    """P(Z > a, Z' > b) is the distribution function at (-a, -b)."""
    thresholds, matrix = [-norm.isf(p), -norm.isf(q)], [[1, correlation], [correlation, 1]]
    joint = multivariate_normal.cdf(thresholds, cov=matrix, abseps=1e-10, releps=1e-10)
    assert event_covariance(correlation, p, q) == pytest.approx(joint - p * q, abs=2e-8)


def test_full_correlation_reaches_the_bounds():
    p, q = np.array([0.1, 0.02, 0.8]), np.array([0.3, 0.02, 0.6])
    np.testing.assert_allclose(event_covariance(1.0, p, q), np.minimum(p, q) - p * q, atol=1e-6)
    np.testing.assert_allclose(event_covariance(-1.0, p, q), np.maximum(0, p + q - 1) - p * q, atol=1e-6)


def test_slope_is_the_derivative():
    p, q, step = np.array([0.1, 0.02, 0.8]), np.array([0.3, 0.02, 0.6]), 1e-5
    for correlation in (-0.7, 0.0, 0.5):
        by_difference = event_covariance(correlation + step, p, q) - event_covariance(correlation - step, p, q)
        np.testing.assert_allclose(event_covariance_slope(correlation, p, q), by_difference / (2 * step), rtol=1e-6)


def test_inverse():
    rng = np.random.default_rng(0)
    p, q = rng.uniform(0.005, 0.6, (2, 400))
    correlation = rng.uniform(-0.95, 0.99, 400)
    wanted = event_covariance(correlation, p, q)
    found = latent_correlation(wanted, p, q)
    np.testing.assert_allclose(event_covariance(found, p, q), wanted, atol=1e-10)
    plain = wanted + p * q - np.maximum(0, p + q - 1) > 1e-5  # close to the bound the correlation hardly matters
    np.testing.assert_allclose(found[plain], correlation[plain], atol=1e-4)


def test_beyond_what_is_possible():
    assert latent_correlation(np.array([-1.0, 1.0]), 0.1, 0.2).tolist() == [-1.0, 1.0]


def test_constant_neurons_have_no_correlation():
    p = np.array([0.0, 1.0])
    for function in (event_covariance, event_covariance_slope, latent_correlation):
        assert function(0.3, p, 0.2).tolist() == [0.0, 0.0]
