"""Comparisons: what is compared with what, who is left out, and what reaches metrics.json."""

import json

import numpy as np
import pytest

from cyclegan_neuro.spikes import comparison
from cyclegan_neuro.spikes.divergence import bootstrap_ci, kl_divergence, wasserstein
from cyclegan_neuro.spikes.statistics.van_rossum import VanRossum


def van_rossum(n_neurons=2, n_recorded=6, n_generated=4, seed=1):
    rng = np.random.default_rng(seed)
    upper = np.triu(rng.random((n_neurons, n_recorded, n_recorded)), 1)
    silent = np.zeros(n_neurons, bool)
    return VanRossum(rng.random((n_neurons, n_recorded, n_generated)), upper + upper.transpose(0, 2, 1), silent, silent)


def test_firing_rates_are_compared_neuron_by_neuron():
    rng = np.random.default_rng(1)
    recorded, generated = rng.gamma(2.0, 1.0, (30, 3)), rng.gamma(3.0, 1.0, (20, 3))
    got = comparison.compare_firing_rates(recorded, generated)
    assert (got.statistic, got.unit) == ("firing_rate", "neuron")
    for neuron in range(3):
        assert got.kl[neuron] == kl_divergence(recorded[:, neuron], generated[:, neuron])
        assert got.wasserstein[neuron] == wasserstein(recorded[:, neuron], generated[:, neuron])


def test_silence_of_the_recording_is_left_out_and_silence_of_the_generator_is_not():
    recorded, generated = np.ones((5, 3)), np.ones((5, 3))
    recorded[:, 0] = generated[:, 2] = 0.0
    recorded[:, 1:] += np.arange(5.0)[:, np.newaxis]
    got = comparison.compare_firing_rates(recorded, generated)
    assert got.silent_recorded == (0,)
    assert got.silent_generated == (2,)
    assert np.isnan(got.kl).tolist() == [True, False, False]
    assert got.to_json()["wasserstein"] == {
        "mean": pytest.approx(2.5), "std": pytest.approx(0.5), "n": 2, "ci95": [pytest.approx(2.0), pytest.approx(3.0)]
    }  # fmt: skip


def test_correlations_are_compared_window_by_window_on_the_same_pairs():
    recorded = np.array([[0.1, 0.2, np.nan, 0.4], [0.0, 0.1, 0.2, 0.3], [0.5, 0.5, 0.5, 0.5]])
    generated = np.array([[0.3, np.nan, 0.9, 0.4], [0.2, 0.3, 0.4, 0.5]])
    got = comparison.compare_correlations(recorded, generated)
    assert (got.statistic, got.unit) == ("correlation", "window")
    np.testing.assert_allclose(got.wasserstein, [0.1, 0.2])  # 0.1, 0.4 against 0.3, 0.4; the surplus window is out
    assert got.undefined_pairs == pytest.approx(2 / 8)


def test_a_window_without_a_pair_has_no_value():
    recorded = np.array([[np.nan, 0.2], [0.1, 0.2]])
    generated = np.array([[0.1, np.nan], [0.1, 0.2]])
    got = comparison.compare_correlations(recorded, generated)
    assert np.isnan(got.kl).tolist() == [True, False]
    assert got.to_json()["kl"] == {"mean": 0.0, "std": 0.0, "n": 1, "ci95": None}


def test_van_rossum_compares_pairs_within_with_the_whole_cross_block():
    distances = van_rossum()
    got = comparison.compare_van_rossum(distances)
    for neuron in range(2):
        pairs = [distances.within[neuron, i, j] for i in range(6) for j in range(i + 1, 6)]
        assert len(pairs) == 15
        assert got.kl[neuron] == kl_divergence(np.array(pairs), distances.cross[neuron].ravel())
        assert got.wasserstein[neuron] == wasserstein(np.array(pairs), distances.cross[neuron].ravel())


def test_van_rossum_leaves_neurons_out_that_the_recording_does_not_hear():
    distances = van_rossum()
    silent = VanRossum(distances.cross, distances.within, np.array([True, False]), np.array([True, True]))
    got = comparison.compare_van_rossum(silent)
    assert np.isnan(got.wasserstein).tolist() == [True, False]
    assert (got.silent_recorded, got.silent_generated) == ((0,), (0, 1))


def test_a_floor_has_the_mean_of_its_parts_and_the_interval_of_another():
    nan = np.nan
    parts = [np.array([0.1, 0.3, nan]), np.array([0.4, 0.4, 0.4]), np.array([nan, nan, nan]), np.array([0.3, 0.3, 0.3])]
    floor = comparison.Floor(tuple(comparison.Comparison("firing_rate", "neuron", kl, 10 * kl) for kl in parts))
    entry = json.loads(json.dumps(floor.to_json(), allow_nan=False))
    deviation, half = np.std([0.2, 0.4, 0.3]), 4.302653 * 0.1 * np.sqrt(4 / 3)  # t of two degrees of freedom
    assert entry["kl"]["interval95"] == [0.0, pytest.approx(0.3 + half)]  # 0.3 - half is below 0
    assert (entry["kl"]["mean"], entry["kl"]["std"]) == pytest.approx((0.3, deviation))
    assert entry["kl"]["n"] == 3
    assert entry["wasserstein"]["interval95"] == [0.0, pytest.approx(3.0 + 10 * half)]
    assert (floor.mean_kl, floor.interval_kl) == (pytest.approx(0.3), (0.0, pytest.approx(0.3 + half)))


def test_the_interval_of_a_floor_holds_another_part_as_often_as_it_says():
    rng = np.random.default_rng(8)
    inside = 0
    for _ in range(400):
        *parts, another = rng.normal(1.0, 0.1, (6, 1))
        floor = comparison.Floor(tuple(comparison.Comparison("firing_rate", "neuron", kl, kl) for kl in parts))
        low, high = floor.interval_kl
        inside += low <= another[0] <= high
    assert 0.92 <= inside / 400 <= 0.98


def test_one_pair_of_parts_has_no_interval():
    floor = comparison.Floor((comparison.Comparison("firing_rate", "neuron", np.array([0.2]), np.array([1.0])),))
    assert (floor.mean_kl, floor.to_json()["kl"]["interval95"]) == (0.2, None)
    assert np.isnan(floor.interval_kl).all()


def test_a_day_too_short_for_two_parts_has_no_floor():
    floor = comparison.Floor(())
    nothing = {"mean": None, "std": None, "n": 0, "interval95": None}
    assert floor.to_json() == {"kl": nothing, "wasserstein": nothing}
    assert np.isnan([floor.mean_kl, *floor.interval_kl]).all()


def test_pair_distances_are_compared_like_correlations():
    got = comparison.compare_pair_distances(np.array([[1.0, 2.0]]), np.array([[2.0, 4.0]]))
    assert (got.statistic, got.unit, got.wasserstein.tolist()) == ("van_rossum_pairs", "window", [1.5])


def test_json_holds_what_metrics_json_promises():
    rng = np.random.default_rng(1)
    got = comparison.compare_firing_rates(rng.gamma(2.0, 1.0, (30, 8)), rng.gamma(2.0, 1.0, (30, 8)))
    entry = json.loads(json.dumps(got.to_json(), allow_nan=False))
    assert entry.keys() == {"kl", "wasserstein"}
    assert entry["kl"] == {
        "mean": got.kl.mean(), "std": got.kl.std(), "n": 8, "ci95": list(bootstrap_ci(got.kl))
    }  # fmt: skip


def test_nothing_to_compare_is_none_in_json():
    entry = comparison.compare_firing_rates(np.zeros((4, 2)), np.ones((4, 2))).to_json()
    assert entry["kl"] == {"mean": None, "std": None, "n": 0, "ci95": None}
    json.dumps(entry, allow_nan=False)


@pytest.mark.parametrize("statistic", comparison.DESCRIPTIONS)
def test_every_statistic_says_in_one_sentence_what_it_compares(statistic):
    sentence = comparison.DESCRIPTIONS[statistic]
    assert "against" in sentence
    assert sentence.endswith(".")
    assert sentence.count(".") == 1
