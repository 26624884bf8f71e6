"""Refractory neurons against renewal theory by hand, and their samples against both."""

import numpy as np
import pytest

from cyclegan_neuro.populations.simulate.refractory import (
    age_distribution,
    hazards,
    max_rate,
    refractory_spikes,
    solve_hazard_scale,
)


def simulate(rates, *, refractory_bins=2.0, n_samples=4000, n_bins=30, seed=0):
    rng = np.random.default_rng(seed)
    scale = np.array([solve_hazard_scale(rate, refractory_bins=refractory_bins) for rate in rates])
    return refractory_spikes(
        scale,
        refractory_bins=refractory_bins,
        n_bins=n_bins,
        draw=lambda: rng.random((n_samples, len(scale)), np.float32),
    )


def test_hazard_by_hand():
    """refractory 3 bins: sigma 2, so one bin after a spike 1 - exp(-1/4), four bins after it 1 - exp(-1)."""
    hazard = hazards(0.5, refractory_bins=3.0)
    np.testing.assert_allclose(hazard[[0, 3]], [0.5 * 0.2211992169, 0.5 * 0.6321205588], rtol=1e-9)
    assert 0.5 * (1 - 1e-4) <= hazard[-1] < 0.5
    assert np.all(np.diff(hazard) > 0)


def test_no_refractoriness_has_one_age():
    np.testing.assert_array_equal(hazards(0.3, refractory_bins=0.0), [0.3])
    assert max_rate(0.0) == 1.0


def test_ages_by_hand():
    """Never after one bin, then every other time: intervals 2 + geometric, mean 3; age 1 is one third of the bins."""
    distribution, rate = age_distribution(np.array([0.0, 0.5]))
    np.testing.assert_allclose(distribution, [1 / 3, 2 / 3], rtol=1e-14)
    assert rate == pytest.approx(1 / 3, rel=1e-14)


def test_ages_are_the_eigenvector_of_their_chain():
    hazard = hazards(0.4, refractory_bins=2.0)
    chain = np.diag(1 - hazard[:-1], -1)
    chain[-1, -1] = 1 - hazard[-1]
    chain[0] += hazard
    distribution, rate = age_distribution(hazard)
    np.testing.assert_allclose(chain @ distribution, distribution, atol=1e-15)
    assert distribution.sum() == pytest.approx(1.0, rel=1e-12)
    assert rate == pytest.approx(distribution @ hazard, rel=1e-12)


@pytest.mark.parametrize("refractory_bins", [0.0, 1.0, 2.0, 4.0])
@pytest.mark.parametrize("share_of_highest", [0.01, 0.5, 0.99])
def test_scale_solves_for_the_rate(refractory_bins, share_of_highest):
    rate = share_of_highest * max_rate(refractory_bins)
    scale = solve_hazard_scale(rate, refractory_bins=refractory_bins)
    assert 0 < scale <= 1
    assert age_distribution(hazards(scale, refractory_bins=refractory_bins))[1] == pytest.approx(rate, rel=1e-9)


def test_samples_have_the_rates_in_every_bin_from_the_first():
    """Standard errors of binomial means; 4.5 of them for the extreme of 90 bins and neurons."""
    rates = np.array([0.1, 0.25, 0.4])
    spikes = simulate(rates)
    assert spikes.dtype == np.uint8
    assert spikes.shape == (4000, 30, 3)
    error = np.sqrt(rates * (1 - rates) / 4000)
    assert np.abs((spikes.mean(axis=0) - rates) / error).max() < 4.5


def test_samples_have_the_hazard():
    """Among bins whose last spike is a bins ago, the share with a spike; also before bin a, where ages came from the
    start: neurons would be over- or under-recovered there if the ages at the start were wrong."""
    spikes = simulate([0.25], n_samples=20000, n_bins=20)[:, :, 0].astype(bool)
    hazard = hazards(solve_hazard_scale(0.25, refractory_bins=2.0), refractory_bins=2.0)
    for age in (1, 2, 3):
        at_age = spikes[:, :-age] & ~np.any([spikes[:, k : k - age or None] for k in range(1, age)], axis=0)
        n, k = at_age.sum(), (at_age & spikes[:, age:]).sum()
        error = np.sqrt(hazard[age - 1] * (1 - hazard[age - 1]) / n)
        assert abs(k / n - hazard[age - 1]) < 4 * error


def test_neurons_are_independent_without_shared_numbers():
    spikes = simulate([0.3, 0.3])
    assert abs(np.corrcoef(spikes.reshape(-1, 2).T)[0, 1]) < 4 / np.sqrt(120000)
