import warnings

import numpy as np
import pytest

from cyclegan_neuro.interpret.scores import rank_agreement
from cyclegan_neuro.interpret.views import untrained


@pytest.mark.parametrize("rank", [1, 2])
def test_an_untrained_network_has_the_initial_weights(build_network, windows, rank):
    trained, fresh = build_network(rank, seed=5), build_network(rank, seed=5)
    trained.set_weights([weights + 1 for weights in trained.get_weights()])
    found = untrained(trained)
    assert found is not trained
    for ours, theirs in zip(found.get_weights(), fresh.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_array_equal(found(windows[..., None]), fresh(windows[..., None]))
    assert [layer.name for layer in found.layers] == [layer.name for layer in trained.layers]


def test_the_trained_network_keeps_its_weights(build_network):
    trained = build_network()
    trained.set_weights([weights + 1 for weights in trained.get_weights()])
    before = trained.get_weights()
    fresh = untrained(trained)
    fresh.set_weights([0 * weights for weights in fresh.get_weights()])
    for now, then in zip(trained.get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, then)


def test_agreement_is_that_of_ranks_by_hand():
    """Ranks 1 2 3 4 against 2 1 4 3: 1 - 6 * 4 / (4 * 15)."""
    a, b = np.array([[1.0, 2.0], [3.0, 40.0]]), np.array([[0.2, 0.1], [9.0, 0.3]])
    assert rank_agreement(a, b) == pytest.approx(0.6)
    assert rank_agreement(a, -b) == pytest.approx(-0.6)


def test_cells_that_one_map_lacks_do_not_count():
    a, b = np.array([1.0, np.nan, 2.0, 3.0]), np.array([1.0, 0.0, 2.0, 3.0])
    assert rank_agreement(a, b) == pytest.approx(1.0)
    assert np.isnan(rank_agreement(a[:3], b[:3]))  # two cells are left


def test_a_constant_map_agrees_with_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isnan(rank_agreement(np.zeros(5), np.arange(5.0)))
        assert np.isnan(rank_agreement(np.arange(5.0), np.zeros(5)))
