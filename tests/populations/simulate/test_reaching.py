"""Points lie in their clusters, go clockwise, and give spikes through one invertible map."""

import numpy as np
import pytest

from cyclegan_neuro.populations.simulate.reaching import log_rates, simulate_reaching
from cyclegan_neuro.populations.trials.sections import ReachingSection


@pytest.fixture(scope="module", params=["paper", "code"])
def spread(request):
    return request.param


@pytest.fixture(scope="module")
def trials(spread):
    return simulate_reaching(ReachingSection(n_sequences=1500, spread=spread, n_neurons=20))


def test_trials_are_sequences(trials):
    assert trials.values.shape == (4 * 1500 * 4, 20)
    assert np.array_equal(trials.trial, np.repeat(np.arange(6000), 4))
    assert np.array_equal(trials.time, np.tile(np.arange(4), 6000))
    by_trial = trials.condition.reshape(-1, 4)
    assert (by_trial == by_trial[:, :1]).all()
    assert np.bincount(by_trial[:, 0]).tolist() == [1500] * 4
    assert len(set(by_trial[:50, 0])) == 4  # shuffled
    assert (trials.data_origin, trials.n_conditions, trials.unit, trials.bin_s) == ("simulated", 4, "spikes/s", 1.0)


def test_angles_fill_their_arc_in_clockwise_order(trials, spread):
    within = (trials.truth.angle - trials.condition * np.pi / 2).reshape(-1, 4)
    assert (np.diff(within) > 0).all()
    arc = {"paper": np.pi / 2, "code": np.pi / 4}[spread]
    np.testing.assert_allclose(within.mean(axis=0), arc * np.arange(1, 5) / 5, rtol=0.02)  # uniform order statistics
    # first cluster: from (0, 5) to the right
    first = trials.truth.latent[trials.condition == 0]
    assert first.mean(axis=0).min() > 0


def test_variance_is_the_printed_one(trials):
    angle, latent = trials.truth.angle, trials.truth.latent
    away = latent - 5 * np.stack([np.sin(angle), np.cos(angle)], axis=1)
    size = 0.3 * np.abs(np.sin(angle))
    standard = away / np.sqrt(np.stack([0.6 - size, size], axis=1))
    np.testing.assert_allclose(standard.mean(axis=0), 0, atol=0.03)
    np.testing.assert_allclose(np.cov(standard.T), np.eye(2), atol=0.04)


def test_counts_are_poisson_of_the_rates(trials):
    rates = trials.truth.rates
    assert np.exp(-2.2) < rates.min()
    assert rates.max() < np.exp(2.2)
    standard = (trials.values - rates) / np.sqrt(rates)
    np.testing.assert_allclose(standard.mean(axis=0), 0, atol=0.03)
    np.testing.assert_allclose(standard.var(axis=0), 1, atol=0.05)


def test_one_map_for_all_clusters_and_seeds_of_their_own():
    section = ReachingSection(n_sequences=5)
    first, again = simulate_reaching(section), simulate_reaching(section)
    assert np.array_equal(first.values, again.values)
    assert not np.array_equal(first.values, simulate_reaching(section.model_copy(update={"seed": 2})).values)
    longer = simulate_reaching(section.model_copy(update={"n_sequences": 6}))
    network = np.random.default_rng(1).spawn(3)[1]
    mapped = np.exp(2.2 * np.tanh(log_rates(longer.truth.latent, n_neurons=100, rng=network)))
    np.testing.assert_allclose(mapped, longer.truth.rates)


@pytest.mark.parametrize("n_neurons", [2, 5, 100])
def test_the_map_is_invertible(n_neurons):
    """The Jacobian determinant of a RealNVP has |log| at most 0.1 per scaled dimension."""
    point = np.random.default_rng(3).normal(size=n_neurons)
    steps = np.concatenate([point + 1e-6 * np.eye(n_neurons), point - 1e-6 * np.eye(n_neurons)])
    mapped = log_rates(steps, n_neurons=n_neurons, rng=np.random.default_rng(0))
    jacobian = (mapped[:n_neurons] - mapped[n_neurons:]) / 2e-6
    log_determinant = np.linalg.slogdet(jacobian)[1]
    assert abs(log_determinant) < 0.1 * 8 * (n_neurons - n_neurons // 2) + 1e-6


def test_the_origin_stays():
    """Networks without bias move no zeros."""
    mapped = log_rates(np.zeros((3, 2)), n_neurons=8, rng=np.random.default_rng(0))
    np.testing.assert_array_equal(mapped, 0)
