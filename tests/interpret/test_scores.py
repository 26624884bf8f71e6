"""Scores against pairs counted by hand, and their chance and intervals against brute force."""

import warnings
from itertools import product

import numpy as np
import pytest
from scipy.stats import kstest

from cyclegan_neuro.interpret import scores
from cyclegan_neuro.interpret.scores import auroc, neuron_score, place_score, position_overlap, region_score

OPTIONS = {"n_shuffles": 200, "seed": 4}
MATRIX_SCORES = {"place": place_score, "region": region_score, "overlap": scores.position_overlap_score}


def auroc_by_pairs(values, truth):
    pairs = [np.sign(a - b) / 2 + 0.5 for a, b in product(values[truth], values[~truth])]
    return np.mean(pairs)


@pytest.fixture
def maps():
    """A map (7, 5) with ties, one row of it never visited, and a truth."""
    rng = np.random.default_rng(0)
    values = rng.integers(0, 6, (7, 5)).astype(float)
    return values, rng.uniform(size=(7, 5)) < 0.4


# -- values ----------------------------------------------------------------------------------------


def test_auroc_by_hand():
    """True 0.9 and 0.3 against false 0.8 and 0.3: wins 1, 1, 0 and a tie, so 2.5 of 4."""
    assert auroc(np.array([0.9, 0.8, 0.3, 0.3]), np.array([True, False, True, False])) == 0.625


def test_auroc_leaves_out_rows_with_nan(maps):
    values, truth = maps
    values[2, 1] = np.nan
    visited = np.arange(7) != 2
    assert auroc(values, truth) == pytest.approx(auroc_by_pairs(values[visited], truth[visited]), abs=1e-12)
    assert auroc(np.array([3.0, np.nan, 1.0]), np.array([True, False, False])) == 1.0


def test_overlap_by_hand():
    """Two true positions each: of the two highest of the first neuron one is true, of the second both."""
    values = np.array([[9.0, 1.0], [8.0, 2.0], [1.0, 8.0], [2.0, 9.0]])
    truth = np.array([[True, False], [False, False], [True, True], [False, True]])
    assert position_overlap(values, truth) == 0.75


def test_positions_that_share_the_last_rank_share_the_place():
    """One is highest; two of the three at 5 are true and only one place is left: 1 + 2/3 of 2."""
    values = np.array([[9.0], [5.0], [5.0], [5.0], [1.0]])
    assert position_overlap(values, np.array([[True], [False], [True], [False], [False]])) == pytest.approx(
        (1 + 1 / 3) / 2
    )
    assert position_overlap(values, np.array([[False], [True], [True], [False], [False]])) == pytest.approx((2 / 3) / 2)


def test_overlap_leaves_out_neurons_that_cannot_be_missed_and_unvisited_rows():
    values = np.array([[1.0, 5.0, 1.0], [2.0, 1.0, 1.0], [np.nan, 9.0, 1.0]])
    truth = np.array([[True, True, False], [True, False, False], [False, False, False]])
    assert position_overlap(values, truth) == 1.0  # the second neuron alone: the first is true everywhere
    assert scores.position_overlap_score(values, truth, **OPTIONS).n == 1


def test_scores_hold_the_values(maps):
    values, truth = maps
    for name, score in MATRIX_SCORES.items():
        expected = position_overlap(values, truth) if name == "overlap" else auroc_by_pairs(values, truth)
        assert score(values, truth, **OPTIONS).value == pytest.approx(expected, abs=1e-12)
    found = neuron_score(values[0], truth[0], **OPTIONS)
    assert found.value == pytest.approx(auroc_by_pairs(values[0], truth[0]))
    assert found.n == truth[0].sum()


def test_a_neuron_without_a_value_is_left_out():
    values, truth = np.array([3.0, np.nan, 1.0, 2.0]), np.array([True, True, False, False])
    found = neuron_score(values, truth, **OPTIONS)
    assert (found.value, found.n) == (1.0, 1)
    assert found == neuron_score(values[[0, 2, 3]], truth[[0, 2, 3]], **OPTIONS)


# -- chance and intervals --------------------------------------------------------------------------


def test_every_circular_shift_is_that_of_brute_force(maps):
    values, truth = maps
    found = scores._auroc_of_all_shifts(values, truth)
    for shift in np.ndindex(values.shape):
        assert found[shift] == pytest.approx(auroc_by_pairs(np.roll(values, shift, (0, 1)), truth), abs=1e-12)


def test_shifts_of_equal_score_tie_exactly():
    """A Fourier transform leaves 1e-16 behind, which would make p of a tie a matter of luck."""
    rng = np.random.default_rng(0)
    values, truth = rng.integers(0, 6, (13, 11)), rng.uniform(size=(13, 11)) < 0.4
    found = scores._auroc_of_all_shifts(values, truth)
    for shift in np.ndindex(13, 11):
        assert found[shift] == auroc(np.roll(values, shift, (0, 1)), truth)


def test_chance_of_a_place_is_drawn_from_all_shifts(maps):
    values, truth = maps
    found = place_score(values, truth, n_shuffles=20_000, seed=0)
    shifts = [auroc_by_pairs(np.roll(values, shift, (0, 1)), truth) for shift in np.ndindex(values.shape)]
    assert found.chance_mean == pytest.approx(np.mean(shifts), abs=0.005)
    assert min(shifts) <= found.chance_low < np.mean(shifts) < found.chance_high <= max(shifts)
    as_far = np.abs(np.array(shifts) - np.mean(shifts)) >= abs(found.value - np.mean(shifts)) - 0.002
    assert found.p == pytest.approx(as_far.mean(), abs=0.05)


def test_resampled_neurons_are_those_of_brute_force(maps):
    values, truth = maps
    found = scores._resample_neurons(values, truth, 50, np.random.default_rng(1))
    for value, drawn in zip(found, np.random.default_rng(1).multinomial(5, np.full(5, 0.2), 50), strict=True):
        columns = np.repeat(np.arange(5), drawn)
        assert value == pytest.approx(auroc_by_pairs(values[:, columns], truth[:, columns]), abs=1e-12)


def test_a_draw_without_pairs_has_no_auroc():
    values, truth = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[True, False], [True, False]])
    found = scores._resample_neurons(values, truth, 200, np.random.default_rng(0))
    assert set(found[np.isfinite(found)]) == {auroc(values, truth)}
    assert 50 < np.isnan(found).sum() < 150  # the same neuron twice, half of the time


def test_exchanged_neurons_are_those_of_brute_force(maps):
    values, truth = maps
    found = scores._auroc_of_exchanged_neurons(values, truth, 50, np.random.default_rng(1))
    rng = np.random.default_rng(1)
    shifts, others = rng.integers(0, 7, (50, 5)), rng.permuted(np.tile(np.arange(5), (50, 1)), axis=1)
    for value, shift, other in zip(found, shifts, others, strict=True):
        moved = np.stack([np.roll(values[:, o], s) for o, s in zip(other, shift, strict=True)], axis=1)
        assert value == pytest.approx(auroc_by_pairs(moved, truth), abs=1e-12)
    assert len({tuple(row) for row in shifts}) > 40
    assert len({tuple(row) for row in others}) > 25


def test_chance_and_interval_of_an_overlap_are_those_of_brute_force(maps):
    values, truth = maps
    found = scores.position_overlap_score(values, truth, n_shuffles=60, seed=2)
    rng = np.random.default_rng(2)
    kept = truth.any(axis=0) & ~truth.all(axis=0)
    values, truth = values[:, kept], truth[:, kept]
    n = values.shape[1]
    null = [
        position_overlap(np.stack([np.roll(values[:, i], s) for i, s in enumerate(shift)], axis=1), truth)
        for shift in rng.integers(0, 7, (60, n))
    ]
    own = np.array([position_overlap(values[:, [i]], truth[:, [i]]) for i in range(n)])
    spread = [own[draw].mean() for draw in rng.integers(0, n, (60, n))]
    assert (found.chance_low, found.chance_high) == pytest.approx(tuple(np.percentile(null, (2.5, 97.5))))
    assert found.chance_mean == pytest.approx(np.mean(null))
    assert found.ci95 == pytest.approx(tuple(np.percentile(spread, (2.5, 97.5))))


def test_chance_and_interval_of_neurons_are_those_of_brute_force(maps):
    values, truth = maps[0].ravel(), maps[1].ravel()
    found = neuron_score(values, truth, n_shuffles=60, seed=2)
    rng = np.random.default_rng(2)
    null = [auroc_by_pairs(values, row) for row in rng.permuted(np.tile(truth, (60, 1)), axis=1)]
    spread = []
    true, false = values[truth], values[~truth]
    draws = [rng.multinomial(len(side), np.full(len(side), 1 / len(side)), 60) for side in (true, false)]
    for of_true, of_false in zip(*draws, strict=True):
        drawn = np.concatenate([np.repeat(true, of_true), np.repeat(false, of_false)])
        spread.append(auroc_by_pairs(drawn, np.arange(len(drawn)) < len(true)))
    assert (found.chance_low, found.chance_high) == pytest.approx(tuple(np.percentile(null, (2.5, 97.5))))
    assert found.ci95 == pytest.approx(tuple(np.percentile(spread, (2.5, 97.5))))


def test_p_counts_shuffles_that_are_as_far_either_way():
    """Chance 0, 0.5, 0.5, 1 around 0.5: 0.9 is passed by two; at 0.5 none is nearer; (k + 1) / (n + 1)."""
    null, spread = np.array([0.0, 0.5, 0.5, 1.0]), np.array([0.2, 0.4, np.nan])
    assert scores._score(0.9, null, spread, n=3).p == 0.6
    assert scores._score(0.0, null, spread, n=3).p == 0.6
    assert scores._score(0.5, null, spread, n=3).p == 1.0
    assert scores._score(1.5, null, spread, n=3).p == 0.2
    found = scores._score(0.9, null, spread, n=3)
    assert found.ci95 == pytest.approx((0.205, 0.395))
    assert found.chance_json() == {"mean": 0.5, "ci95": [pytest.approx(0.0375), pytest.approx(0.9625)], "p": 0.6}
    assert not found.beats_chance
    assert scores._score(0.97, null, spread, n=3).beats_chance


def test_a_perfect_map_is_far_from_chance():
    truth = np.zeros((20, 8), bool)
    truth[3:9, 2:5] = True
    for score in MATRIX_SCORES.values():
        found = score(truth + np.arange(20)[:, None] / 100, truth, **OPTIONS)
        assert found.value == 1.0
        assert found.p < 0.05
        assert found.beats_chance
        assert found.ci95 == (1.0, 1.0)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_where_nothing_or_everything_is_true_there_is_no_score_and_no_warning(share):
    values, truth = np.random.default_rng(0).uniform(size=(6, 4)), np.full((6, 4), bool(share))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = [score(values, truth, **OPTIONS) for score in MATRIX_SCORES.values()]
        found.append(neuron_score(values[0], truth[0], **OPTIONS))
        assert np.isnan(auroc(values, truth))
        assert np.isnan(position_overlap(values, truth))
    for one in found:
        assert np.isnan([one.value, one.p, *one.ci95, one.chance_low, one.chance_mean, one.chance_high]).all()
        assert not one.beats_chance


def test_a_constant_map_is_at_chance_exactly():
    truth = np.random.default_rng(0).uniform(size=(9, 5)) < 0.3
    for name, score in MATRIX_SCORES.items():
        found = score(np.full((9, 5), 0.1), truth, **OPTIONS)
        assert found.value == pytest.approx(truth.mean(axis=0)[truth.any(axis=0)].mean() if name == "overlap" else 0.5)
        assert (found.p, found.chance_low, found.chance_high) == (1.0, found.value, found.value)
    assert neuron_score(np.zeros(6), np.arange(6) < 2, **OPTIONS).value == 0.5


def test_a_seed_repeats():
    rng = np.random.default_rng(0)
    values, truth = rng.uniform(size=(12, 6)), rng.uniform(size=(12, 6)) < 0.4
    for score in MATRIX_SCORES.values():
        assert score(values, truth, **OPTIONS) == score(values, truth, **OPTIONS)
        other = score(values, truth, n_shuffles=200, seed=5)
        assert other.value == score(values, truth, **OPTIONS).value
        assert other != score(values, truth, **OPTIONS)
    line, known = values[:, 0], truth[:, 0]
    assert neuron_score(line, known, **OPTIONS) == neuron_score(line, known, **OPTIONS)
    assert neuron_score(line, known, **OPTIONS) != neuron_score(line, known, n_shuffles=200, seed=5)


@pytest.mark.parametrize("name", ["neuron", *MATRIX_SCORES])
def test_under_a_random_map_p_is_uniform(name):
    """Kolmogorov-Smirnov against the uniform distribution, over 100 random maps of one truth."""
    rng = np.random.default_rng(8)
    truth = np.zeros((20, 12), bool)
    truth[4:11, :5] = True
    found = []
    for seed in range(100):
        values = rng.uniform(size=truth.shape)
        options = {"n_shuffles": 59, "seed": seed}
        if name == "neuron":
            found.append(neuron_score(values.ravel()[:40], truth.ravel()[60:100], **options).p)
        else:
            found.append(MATRIX_SCORES[name](values, truth, **options).p)
    found = np.array(found)
    if name == "overlap":  # few values are possible, and a tie with chance counts as far: p may be large, not small
        assert (found <= 0.1).mean() < 0.15
        assert 0.4 < found.mean() < 0.65
    else:
        assert kstest(found, "uniform").pvalue > 0.01


def test_a_single_curve_has_no_interval():
    found = scores.position_overlap_score(
        np.array([[3.0], [2.0], [1.0], [0.0]]), np.array([[True], [False], [False], [False]]), n_shuffles=20, seed=0
    )
    assert found.value == 1.0
    assert np.isnan(found.ci95).all()
