"""Correlated groups reach the nominal rate and correlation, stay refractory, and repeat with their seeds."""

import numpy as np
import pytest

from cyclegan_neuro.errors import ConfigurationError
from cyclegan_neuro.populations.sections import PairsSection
from cyclegan_neuro.populations.simulate import pairs


def simulate_pairs(*, seed, population_seed=None, **options):
    """Simulate the section's population with some settings changed, also to what a configuration refuses."""
    section = PairsSection(rate=0.25).model_copy(update=options)
    return pairs.simulate_pairs(section, seed=seed, population_seed=population_seed)


def pair_estimates(first, second, rate):
    """Correlation from each sample, (x - r)(y - r) / (r (1 - r)): its mean is unbiased, samples are independent."""
    return ((first - rate) * (second - rate)).mean(axis=1) / (rate * (1 - rate))


def standard_score(values, expected):
    error = values.std() / np.sqrt(len(values))
    return (values.mean() - expected) / error, error


@pytest.fixture(scope="module")
def published():
    return simulate_pairs(n_samples=2000, seed=3)


# -- rate and correlation --------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [0.125, 0.25, 0.375])
@pytest.mark.parametrize("correlation", [0.15, 0.3, 0.45])
def test_samples_reach_rate_and_correlation(rate, correlation):
    simulated = simulate_pairs(n_samples=3000, n_neurons=2, rate=rate, correlation=correlation, spread=0.0, seed=1)
    first, second = np.moveaxis(simulated.samples.astype(float), -1, 0)
    score, error = standard_score(pair_estimates(first, second, rate), correlation)
    assert error < 0.004
    assert abs(score) < 4
    score, error = standard_score(simulated.samples.mean(axis=(1, 2)), rate)
    assert error < 0.001
    assert abs(score) < 4


def test_groups_differ_and_reach_their_own_values(published):
    truth = published.truth
    assert truth.nominal_rate.shape == (8,)
    for nominal, value in ((truth.nominal_rate, 0.25), (truth.nominal_correlation, 0.3)):
        assert np.all((nominal >= 0.5 * value) & (nominal <= 1.5 * value))
        assert np.ptp(nominal) > 0.2 * value
    np.testing.assert_allclose(truth.analytic_rate, truth.nominal_rate, rtol=1e-9)
    np.testing.assert_allclose(truth.analytic_correlation, truth.nominal_correlation, rtol=1e-6)
    np.testing.assert_allclose(truth.reached_rate, truth.nominal_rate, atol=0.003)
    np.testing.assert_allclose(truth.reached_correlation, truth.nominal_correlation, atol=0.012)


@pytest.mark.parametrize(("rate", "correlation", "refractory_bins"), [(0.25, 0.3, 2.0), (0.28, 0.6, 4.0)])
def test_first_bin_is_like_every_other(rate, correlation, refractory_bins):
    """The start is stationary in rate and correlation; the second would miss by 0.044 without warm-up."""
    simulated = simulate_pairs(
        n_samples=60000, n_bins=1, n_neurons=2, rate=rate, correlation=correlation, refractory_bins=refractory_bins,
        spread=0.0, seed=5,
    )  # fmt: skip
    first, second = np.moveaxis(simulated.samples.astype(float), -1, 0)
    score, error = standard_score(pair_estimates(first, second, rate), correlation)
    assert error < 0.008
    assert abs(score) < 4
    assert abs(standard_score(simulated.samples.mean(axis=(1, 2)), rate)[0]) < 4


def test_every_pair_of_a_larger_group_has_the_same_correlation():
    simulated = simulate_pairs(n_samples=2000, n_neurons=8, group_size=4, spread=0.0, seed=2)
    correlation = np.corrcoef(simulated.samples.reshape(-1, 8).T)
    same = np.isin(np.arange(8), simulated.truth.groups[0])
    within = np.equal.outer(same, same) & ~np.eye(8, dtype=bool)
    np.testing.assert_allclose(correlation[within], 0.3, atol=0.012)
    np.testing.assert_allclose(correlation[np.not_equal.outer(same, same)], 0.0, atol=0.01)
    assert simulated.truth.reached_correlation[0] == pytest.approx(correlation[np.ix_(same, same)].sum() / 12 - 1 / 3)


def test_reached_values_are_those_of_the_columns(published):
    """``np.corrcoef`` on the columns that the truth names; other columns are uncorrelated."""
    correlation = np.corrcoef(published.samples.reshape(-1, 16).T)
    first, second = published.truth.groups.T
    np.testing.assert_allclose(published.truth.reached_correlation, correlation[first, second], rtol=1e-9)
    np.testing.assert_allclose(
        published.truth.reached_rate, published.samples.mean(axis=(0, 1))[published.truth.groups].mean(axis=1)
    )
    correlation[first, second] = correlation[second, first] = 0
    assert np.abs(correlation - np.eye(16)).max() < 0.01


def test_neurons_are_refractory(published):
    """A spike right after a spike is less than two thirds as likely as a spike; later it is no less likely."""
    spikes = published.samples.astype(bool)
    rate = spikes.mean(axis=(0, 1))
    following = (spikes[:, 1:] & spikes[:, :-1]).sum(axis=(0, 1)) / spikes[:, :-1].sum(axis=(0, 1))
    later = (spikes[:, 10:] & spikes[:, :-10]).sum(axis=(0, 1)) / spikes[:, :-10].sum(axis=(0, 1))
    assert np.all(following < 0.67 * rate)
    np.testing.assert_allclose(later, rate, rtol=0.05)


def test_neurons_that_never_fire_have_no_correlation():
    truth = simulate_pairs(n_samples=1, n_bins=1, n_neurons=2, rate=1e-6, seed=0).truth
    assert truth.reached_rate[0] == 0
    assert np.isnan(truth.reached_correlation[0])


# -- form, seeds -----------------------------------------------------------------------------------


def test_form(published):
    assert published.samples.shape == (2000, 128, 16)
    assert published.samples.dtype == np.uint8
    assert published.samples.flags.c_contiguous
    assert published.samples.max() == 1
    arrays = published.truth.arrays()
    assert set(arrays) >= {"groups", "permutation", "nominal_correlation", "reached_correlation"}
    assert all(array.dtype.kind in "if" for array in arrays.values())


def test_groups_are_shuffled_but_complete(published):
    truth = published.truth
    np.testing.assert_array_equal(np.sort(truth.groups, axis=None), np.arange(16))
    np.testing.assert_array_equal(truth.permutation[truth.groups], np.arange(16).reshape(8, 2))
    assert np.any(np.abs(np.diff(truth.groups, axis=1)) > 1)


def test_seeds():
    small = {"n_samples": 50, "n_bins": 20, "n_neurons": 8}
    first, again = (simulate_pairs(**small, seed=4) for _ in range(2))
    np.testing.assert_array_equal(first.samples, again.samples)
    fresh = simulate_pairs(**small, seed=5, population_seed=4)
    assert np.any(fresh.samples != first.samples)
    for name in ("groups", "permutation", "nominal_rate", "nominal_correlation", "sharing"):
        np.testing.assert_array_equal(getattr(fresh.truth, name), getattr(first.truth, name))
    assert np.any(simulate_pairs(**small, seed=5).truth.nominal_rate != first.truth.nominal_rate)


# -- what cannot be --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"n_neurons": 7}, r"data.simulation.n_neurons: got 7, expected a multiple of group_size 2. Fix:"),
        ({"rate": 0.4}, r"data.simulation.rate: got 0.4, expected above 0 and below 0.372 .* allows 0.558"),
        ({"rate": 0.0}, r"data.simulation.rate: got 0.0"),
        ({"rate": float("nan")}, r"data.simulation.rate: got nan"),
        ({"correlation": 0.7}, r"data.simulation.correlation: got 0.7, expected 0 to 0.633"),
        ({"correlation": -0.1}, r"data.simulation.correlation: got -0.1"),
        ({"refractory_bins": 5.0}, r"data.simulation.refractory_bins: got 5.0, expected 0 to 4"),
    ],
)
def test_refused(wrong, message):
    with pytest.raises(ConfigurationError, match=message):
        simulate_pairs(**{"n_samples": 2, "seed": 0, **wrong})
