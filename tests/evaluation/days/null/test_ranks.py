import numpy as np
import pytest
from scipy import stats

from cyclegan_neuro.evaluation.days.null.ranks import discoveries, p_values, share_above


def test_p_values_pool_all_neurons_of_the_null():
    """Nulls 0, 1, 2, 4 and a neuron without an effect: of 5 the null has none as large, of 2 two, of -1 all."""
    null = np.array([[0.0, 1.0], [2.0, np.nan], [4.0, np.nan]])
    assert p_values(np.array([5.0, 2.0, -1.0, np.nan]), null).tolist()[:3] == [1 / 5, 3 / 5, 1.0]
    assert np.isnan(p_values(np.array([np.nan]), null))


def test_p_values_of_its_own_compare_a_neuron_with_itself():
    null = np.array([[0.0, 9.0], [1.0, 9.0], [2.0, np.nan]])
    assert p_values(np.array([3.0, 3.0]), null, own=True).tolist() == [1 / 4, 1.0]


def test_discoveries_are_benjamini_and_hochbergs():
    """0.01 * 4 / 1, 0.02 * 4 / 2, 0.03 * 4 / 3, 0.5 * 4 / 4; a neuron without a p-value is no test."""
    adjusted = discoveries(np.array([[0.5, 0.01, np.nan], [0.03, 0.02, np.nan]]))
    np.testing.assert_allclose(adjusted, [[0.5, 0.04, np.nan], [0.04, 0.04, np.nan]])


def test_share_above_the_null():
    """The 95th percentile of 0 ... 99, rounded up, is 95: two of four neurons lie above it."""
    found = share_above(np.array([95.0, 95.5, 200.0, np.nan, 0.0]), [np.arange(100.0)], n_kinds=1)
    assert found.share == 0.5
    assert found.ci95 == pytest.approx((0.15, 0.85), abs=0.005)  # Wilson
    assert (found.null, found.bound, found.beyond) == ((), None, None)


def test_the_bound_predicts_another_null_pair():
    """Three pairs, of which two have no neuron above the others' 95th percentile and one has half of them."""
    nulls = [np.zeros(40), np.zeros(40), np.repeat([0.0, 1.0], 20)]
    found = share_above(np.repeat([0.0, 2.0], 20), nulls, n_kinds=2)
    assert found.null == (0.0, 0.0, 0.5)
    spread = np.std([0, 0, 0.5], ddof=1)
    assert found.bound == pytest.approx(1 / 6 + stats.t.ppf(0.975, 2) * spread * np.sqrt(4 / 3))
    assert found.beyond is False


def test_exchangeable_pairs_are_rarely_called_changed():
    """Of 300 x 60 neurons as the null's, 5 % may have p <= 0.05; of 300 pairs, a few may seem beyond it."""
    rng = np.random.default_rng(0)
    low, beyond, found = 0, 0, 0
    for _ in range(300):
        asked, *nulls = rng.gamma(2.0, size=(5, 60))
        p = p_values(asked, np.stack(nulls))
        low += (p <= 0.05).sum()
        found += (discoveries(p) <= 0.05).any()
        beyond += share_above(asked, nulls, n_kinds=1).beyond
    assert stats.binom.cdf(low, 300 * 60, 0.05) < 0.999
    assert low > 0.03 * 300 * 60  # and the test is not empty
    assert found <= stats.binom.ppf(0.999, 300, 0.05)
    assert beyond <= stats.binom.ppf(0.999, 300, 0.05)
