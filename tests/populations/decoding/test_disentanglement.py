"""Scores of small tables by hand; a pure code scores 1, noise no more than its null."""

from dataclasses import replace

import numpy as np
import pytest

from cyclegan_neuro.populations.decoding.disentanglement import READINGS, disentanglement
from cyclegan_neuro.populations.trials.trials import PreparedTrials, Trials


def cells(table, n_bins=1, held_out=(0, 1, 2, 3, 4, 5, 6, 7)):
    """Trials whose bins hold the values of a table (direction, time, dimension), a trial per direction and repeat."""
    table = np.asarray(table, float)
    n_directions, n_times = table.shape[:2]
    values = np.tile(table.reshape(n_directions * n_times, -1), (n_bins, 1))
    trial = np.repeat(np.arange(n_directions * n_bins), n_times)
    trials = Trials(
        values, "spikes/s", 0.1, trial, condition=trial % n_directions, n_conditions=n_directions,
        time=np.tile(np.arange(n_times), n_directions * n_bins),
    )  # fmt: skip
    return PreparedTrials(trials, np.asarray(held_out), n_times=n_times)


TWO_BY_TWO = [[[0.0, 0.0, 5.0], [1.0, 0.0, 5.0]], [[4.0, 2.0, 5.0], [7.0, 2.0, 5.0]]]
"""First dimension: a = (8 + 18) / 2 = 13, b = (0.5 + 4.5) / 2 = 2.5; second: a = 2, b = 0; third: constant."""


def test_by_hand():
    prepared = cells(TWO_BY_TWO)
    found = disentanglement(prepared.trials.values, prepared, seed=0)
    np.testing.assert_allclose(found.over_directions, [13, 2])
    np.testing.assert_allclose(found.over_times, [2.5, 0])
    assert found.n_constant == 1
    total = np.array([0, 1, 4, 7]).var(ddof=1), np.array([0, 0, 2, 2]).var(ddof=1)
    expected = (10.5 / 15.5 + 1) / 2, 12.5 / 17.5, (10.5 / total[0] + 2 / total[1]) / 2, 12.5 / sum(total), 6.25 / 10.5
    assert list(found.scores) == list(found.null) == list(READINGS)
    np.testing.assert_allclose(list(found.scores.values()), expected)


def test_cells_hold_the_mean_of_their_bins():
    """The same table from three trials per direction, with deviations that cancel."""
    prepared = cells(TWO_BY_TWO, n_bins=3)
    deviations = np.repeat([-1.0, 0.0, 1.0], 4)[:, None]
    plain, noisy = (disentanglement(prepared.trials.values + d, prepared, seed=0) for d in (0, deviations))
    np.testing.assert_allclose(noisy.over_directions[:2], plain.over_directions)
    assert noisy.scores["total"] < plain.scores["total"]


def test_rescaled_dimensions_score_the_same():
    table = np.random.default_rng(0).normal(size=(4, 5, 6))
    prepared = cells(table)
    scales = np.array([1, 10, 0.1, 3, 1e-4, 1e4])
    one, other = (disentanglement(prepared.trials.values * s, prepared, seed=0) for s in (1.0, scales))
    for reading in ("sum", "total"):
        assert one.scores[reading] == pytest.approx(other.scores[reading])
    assert one.scores["sum, weighted"] != pytest.approx(other.scores["sum, weighted"])


def test_a_pure_code_scores_one_and_noise_its_null():
    direction, time = np.meshgrid([0.0, 3.0, 1.0, 7.0], [2.0, 0.0, 5.0, 1.0, 1.0], indexing="ij")
    prepared = cells(np.stack([direction, time], axis=2))
    pure = disentanglement(prepared.trials.values, prepared, seed=0)
    assert pure.scores["sum"] == pure.scores["sum, weighted"] == 1
    assert pure.null["sum"].max() < 1
    noise = np.random.default_rng(1).normal(size=(20, 200))
    found = disentanglement(noise, prepared, seed=0)
    low, high = np.percentile(found.null["sum"], [0.5, 99.5])
    assert low < found.scores["sum"] < high
    assert abs(np.mean(found.over_directions - found.over_times)) < 0.1  # unbiased for 4 directions and 5 times


def test_empty_cells_are_left_out():
    """Without direction 1 at time 1: a of time 0 alone (8), b of direction 0 alone (0.5)."""
    prepared = cells(TWO_BY_TWO)
    trials = replace(prepared.trials, condition=np.array([0, 0, 1, -1]))
    found = disentanglement(trials.values, replace(prepared, trials=trials), seed=0)
    np.testing.assert_allclose(found.over_directions, [8, 2])
    np.testing.assert_allclose(found.over_times, [0.5, 0])


def test_held_out_bins_unless_others_are_asked_for():
    prepared = cells(np.stack([TWO_BY_TWO, TWO_BY_TWO]).reshape(4, 2, 3), held_out=[0, 1])
    trials = replace(prepared.trials, values=prepared.trials.values * np.where(prepared.is_held_out, 1, 9)[:, None])
    found = disentanglement(trials.values, prepared, seed=0)
    np.testing.assert_allclose(found.over_directions, [13, 2])
    others = disentanglement(trials.values, prepared, seed=0, bins=prepared.train)
    np.testing.assert_allclose(others.over_directions, [13 * 81, 2 * 81])


def test_nothing_to_score():
    prepared = cells(TWO_BY_TWO)
    assert disentanglement(np.ones((4, 3)), prepared, seed=0) is None
    assert disentanglement(prepared.trials.values, cells(TWO_BY_TWO, held_out=[0]), seed=0) is None
    once = replace(prepared, n_times=1)
    assert disentanglement(prepared.trials.values, once, seed=0) is None
