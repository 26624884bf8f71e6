"""Intervals of mean rates: quantiles by hand, and how often they hold the truth."""

import numpy as np
import pytest

from cyclegan_neuro.spikes.inference.calibration import calibration_of, covered_share, log_ratio, rate_intervals

HELD_OUT = {"": {"log_ratio": [-1.0, 0.1, 0.7]}, "gcamp8": {"log_ratio": [-0.2, 0.0, 0.2]}}


def population(rng, name, n_cells, *, factor=1.0, spread=0.4):
    """Cells whose inferred rates are the true ones times a factor, log-normal."""
    true = rng.lognormal(0, 1, n_cells)
    return [(name, t, t * factor * np.exp(rng.normal(0, spread))) for t in true]


def test_the_ratio_of_rates_by_hand():
    found = log_ratio(np.array([1.0, 0.0, 2.0, 0.0]), np.array([1.0, 0.0, 0.99, 4.0]))
    np.testing.assert_allclose(found, [0, 0, np.log(2), np.log(0.02 / 4.02)], rtol=1e-9, atol=1e-12)


def at(name, *ratios, n=1):
    """Cells inferred at 1 Hz whose true rates are higher by the exponential of each ratio."""
    return [(name, np.exp(ratio) * 1.02 - 0.02, 1.0) for ratio in ratios for _ in range(n)]


def test_quantiles_by_hand():
    """Ratios of 21 cells at 0, 0.05, ... 1: the middles of their shares lie at (k + 1/2) / 21."""
    ratios = (np.arange(21) / 20)[::-1]
    assert calibration_of(at("DS1-GCaMP6f", *ratios)) == {}  # one data set says nothing about another
    found = calibration_of(at("DS1-GCaMP6f", *ratios) + at("DS2-GCaMP6f", *ratios))
    assert set(found) == {""}  # two data sets are no family
    expected = [(21 * q - 0.5) / 20 for q in (0.05, 0.5, 0.95)]
    np.testing.assert_allclose(found[""]["log_ratio"], expected, atol=0.03)
    assert (found[""]["n_cells"], found[""]["n_data_sets"]) == (42, 2)
    assert (
        calibration_of(at("DS1-GCaMP6f", *ratios[:10]) + at("DS2-GCaMP6f", *ratios[:9])) == {}
    )  # of few cells nothing


def test_data_sets_count_alike_and_small_families_are_left_to_all():
    cells = at("DS1-GCaMP6f", 0.7, n=60)
    cells += [cell for number in (2, 3, 4) for cell in at(f"DS{number}-GCaMP6s", 0.0, n=3)]
    cells += [cell for number in (5, 6, 7) for cell in at(f"DS{number}-GCaMP8m", -0.5, n=9)]
    found = calibration_of(cells)
    assert set(found) == {"", "gcamp6"}
    assert found["gcamp6"]["log_ratio"] == [0.0, 0.0, 0.7]  # a quarter of the weight is that of most of the cells
    assert found[""]["log_ratio"] == [-0.5, 0.0, 0.7]
    assert (found["gcamp6"]["n_cells"], found["gcamp6"]["n_data_sets"]) == (69, 4)


def test_coverage_is_that_of_data_sets_left_out():
    """Four data sets: of the outer two, whose errors no other has, no cell is covered."""
    cells = [cell for name, ratio in zip("ABCD", (-1.0, 0.0, 0.1, 1.0), strict=True) for cell in at(name, ratio, n=5)]
    assert calibration_of(cells)[""]["coverage"] == 0.5
    assert covered_share(cells, calibration_of(cells)) == 1.0  # none is left out


def test_interneurons_are_a_family_of_their_own():
    names = [f"DS{number}-GCaMP6f-m-{cell}-V1" for number, cell in enumerate(("PV", "SST", "VIP", "PV"))]
    found = calibration_of([cell for name in names for cell in population(np.random.default_rng(0), name, 5)])
    assert set(found) == {"", "interneuron"}
    assert found["interneuron"] == found[""]


def test_cells_without_a_valid_frame_are_left_out():
    assert calibration_of([("DS", np.nan, 1.0)] * 30) == {}
    assert calibration_of([]) == {}
    known = [("DS1", 1.0, 1.0)] * 10 + [("DS2", 1.0, 1.0)] * 10
    assert calibration_of(known + [("DS1", 1.0, np.nan)] * 9)[""]["n_cells"] == 20
    assert np.isnan(covered_share([("DS", np.nan, 1.0)], HELD_OUT))


def test_intervals_grow_with_the_rate_and_hold_the_scale():
    rates = np.array([0.0, 0.01, 0.3, 1.0, 12.0])
    found = rate_intervals(rates, HELD_OUT, "gcamp6")  # not measured: all families
    expected = np.stack([(rates + 0.02) * np.exp(bound) - 0.02 for bound in (-1.0, 0.7)], axis=1)
    np.testing.assert_allclose(found, np.maximum(expected, 0))
    assert (np.diff(found, axis=0) >= 0).all()
    assert (np.diff(found[2:], axis=0) > 0).all()
    assert (found[:, 0] <= rates).all()
    assert (found[:, 1] > rates).all()
    narrow = rate_intervals(rates, HELD_OUT, "gcamp8")
    assert (narrow[1:, 1] < found[1:, 1]).all()


def test_a_silent_neuron_has_a_finite_interval():
    low, high = rate_intervals(np.zeros(1), HELD_OUT, "")[0]
    assert low == 0
    assert 0 < high < 0.1


def test_nothing_was_measured():
    assert rate_intervals(np.ones(3), {}, "gcamp6") is None
    assert rate_intervals(np.ones(3), {"gcamp8": HELD_OUT["gcamp8"]}, "gcamp6") is None


def test_intervals_hold_the_true_rate_of_nine_cells_in_ten():
    rng = np.random.default_rng(1)
    calibration = calibration_of(
        [cell for name in "ABCE" for cell in population(rng, f"{name}-GCaMP8m", 400, factor=1.6)]
    )
    assert 0.87 < calibration["gcamp8"]["coverage"] < 0.93
    unseen = population(rng, "D-GCaMP8m", 1000, factor=1.6)
    _, true, inferred = zip(*unseen, strict=True)
    low, high = rate_intervals(np.array(inferred), calibration, "gcamp8").T
    covered = (low <= true) & (true <= high)
    assert 0.87 < covered.mean() < 0.93
    assert covered_share(unseen, calibration) == covered.mean()
    middle = (np.log(low + 0.02) + np.log(high + 0.02)) / 2
    assert np.median(np.exp(middle) / (np.array(inferred) + 0.02)) == pytest.approx(1 / 1.6, rel=0.1)
