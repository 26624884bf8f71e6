"""The pair chain against a chain solved by hand, brute force on the whole grid, and its own inverse."""

from itertools import product

import numpy as np
import pytest

from cyclegan_neuro.populations.simulate.pairs import pair_correlation, solve_pair
from cyclegan_neuro.populations.simulate.refractory import hazards


def correlation_by_brute_force(hazard, sharing):
    """Propagate the distribution of both ages, state by state, until it stands still."""
    n = len(hazard)
    chain = np.zeros((n, n, n, n))
    for a, b in product(range(n), repeat=2):
        both = sharing * min(hazard[a], hazard[b]) + (1 - sharing) * hazard[a] * hazard[b]
        older_a, older_b = min(a + 1, n - 1), min(b + 1, n - 1)
        chain[0, 0, a, b] += both
        chain[0, older_b, a, b] += hazard[a] - both
        chain[older_a, 0, a, b] += hazard[b] - both
        chain[older_a, older_b, a, b] += 1 - hazard[a] - hazard[b] + both
    chain = chain.reshape(n * n, n * n)
    both = (sharing * np.minimum.outer(hazard, hazard) + (1 - sharing) * np.outer(hazard, hazard)).ravel()
    state = np.linalg.matrix_power(chain, 2000)[:, 0]
    rate = state.reshape(n, n).sum(axis=1) @ hazard
    return (state @ both - rate**2) / (rate * (1 - rate))


def test_correlation_by_hand():
    """Ages 1 (never spikes) and 2 (h = 1/2), half the numbers shared: both at age 2 spike with q = 3/8. Balance gives
    P(2, 2) = 1 / (1 + q + 2 (h - q) / (1 - h)) = 8/15, so P(both) = 1/5, at rate 1/3: (1/5 - 1/9) / (2/9) = 0.4."""
    assert pair_correlation(np.array([0.0, 0.5]), sharing=0.5) == pytest.approx(0.4, rel=1e-12)


def test_nothing_and_everything_shared():
    hazard = hazards(0.4, refractory_bins=2.0)
    assert pair_correlation(hazard, sharing=0.0) == pytest.approx(0.0, abs=1e-12)
    assert pair_correlation(hazard, sharing=1.0) == pytest.approx(1.0, rel=1e-10)


@pytest.mark.parametrize(("scale", "sharing"), [(0.2, 0.3), (0.58, 0.5)])
def test_correlation_against_brute_force(scale, sharing):
    hazard = hazards(scale, refractory_bins=1.5)
    assert pair_correlation(hazard, sharing=sharing) == pytest.approx(
        correlation_by_brute_force(hazard, sharing), rel=1e-9
    )


@pytest.mark.parametrize("rate", [0.05, 0.125, 0.375])
@pytest.mark.parametrize("correlation", [0.0, 0.15, 0.45, 0.9])
def test_pair_has_what_was_asked_for(rate, correlation):
    law = solve_pair(rate, correlation, refractory_bins=2.0)
    assert law.rate == pytest.approx(rate, rel=1e-9)
    assert law.correlation == pytest.approx(correlation, abs=1e-9)
    assert correlation <= law.sharing <= 1


def test_refractoriness_takes_correlation_away_so_more_is_shared():
    shared = [solve_pair(0.25, 0.3, refractory_bins=refractory).sharing for refractory in (0.0, 1.0, 2.0, 3.0)]
    assert shared[0] == pytest.approx(0.3, abs=1e-9)
    assert np.all(np.diff(shared) > 0.005)


def test_no_memory_needs_no_warm_up():
    assert solve_pair(0.25, 0.3, refractory_bins=0.0).warm_up_bins == 0
    assert 5 <= solve_pair(0.25, 0.3, refractory_bins=2.0).warm_up_bins <= 20
