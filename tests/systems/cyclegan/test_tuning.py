from dataclasses import replace

import numpy as np
import pytest

from cyclegan_neuro.systems.cyclegan.baselines import Identity
from cyclegan_neuro.systems.cyclegan.translation import translate
from cyclegan_neuro.systems.cyclegan.tuning import (
    TuningCurves,
    compare_curves,
    lap_halves,
    tuning_is_known,
    tuning_metrics,
)


def test_laps_are_halved_by_trial_number():
    even, odd = lap_halves(np.zeros(4), np.array([-1, 0, 1, 2]))
    np.testing.assert_array_equal(even, [False, True, False, True])
    np.testing.assert_array_equal(odd, [False, False, True, False])


def test_without_trials_a_lap_ends_where_the_position_falls():
    even, odd = lap_halves(np.array([0.0, 80.0, 160.0, 1.0, 90.0, 2.0]), None)
    np.testing.assert_array_equal(even, [True, True, True, False, False, True])
    np.testing.assert_array_equal(odd, ~even)


def in_one_lap(day):
    behaviour = replace(day.recording.behaviour, trial=np.zeros(96, np.int32))
    return replace(day, recording=replace(day.recording, behaviour=behaviour))


def test_a_single_test_lap_is_halved_in_stretches(make_pair):
    """All frames belong to lap 0: alternate stretches of 10 s stand in for even and odd laps."""
    prepared = make_pair(position=True)
    prepared = replace(prepared, x=in_one_lap(prepared.x), y=in_one_lap(prepared.y))
    curves = collected(prepared, Identity())
    noise = tuning_metrics(curves, {}, None)["all_y"]["noise"]
    assert noise["n_correlation"] == 5
    first = prepared.x.recording.dff[64:80]  # 8 Hz: stretches of 80 frames
    at_start = np.isin(np.arange(64, 80) % 12, (0, 1))  # 0 and 10 cm share the first bin
    np.testing.assert_allclose(curves["x_even"][0], first[at_start].mean(axis=0), rtol=1e-5)


def test_comparison_by_hand():
    """Neuron 0 is doubled (r = 1, |difference| 0, 1, 2); neuron 1 reversed (r = -1, 2, 0, 2)."""
    a = np.array([[0.0, 0.0], [2.0, 1.0], [4.0, 2.0]])
    b = np.array([[0.0, 2.0], [1.0, 1.0], [2.0, 0.0]])
    both = np.array([True, True])
    found = compare_curves(a, b, both)
    assert found == pytest.approx({"correlation": 0.0, "mae": 7 / 6, "n": 2, "n_correlation": 2})
    assert compare_curves(a, b, np.array([True, False]))["correlation"] == pytest.approx(1.0)


def test_unvisited_bins_and_flat_curves_are_left_out_and_counted():
    a = np.array([[0.0, 1.0], [np.nan, np.nan], [2.0, 1.0]])
    b = np.array([[0.0, 3.0], [5.0, 5.0], [2.0, 5.0]])
    found = compare_curves(a, b, np.array([True, True]))
    assert found == pytest.approx({"correlation": 1.0, "mae": 1.5, "n": 2, "n_correlation": 1})


def test_nothing_to_compare_is_nan_and_not_zero():
    found = compare_curves(np.zeros((3, 2)), np.zeros((3, 2)), np.array([False, False]))
    assert np.isnan(found["correlation"])
    assert np.isnan(found["mae"])
    assert found["n"] == 0


def collected(prepared, translator, **kwargs):
    tuned = TuningCurves(prepared, bin_cm=20.0, **kwargs)
    for translation in translate(translator, prepared):
        tuned.add(translation)
    return tuned.curves()


def test_identity_misses_the_change_and_nothing_else(make_pair):
    """The truth lifts neurons 0 and 1 by 0.5 ΔF/F: identity's curves keep their shape, 0.5 too low."""
    prepared = make_pair(truth=True, position=True)
    reference = collected(prepared, Identity())
    found = tuning_metrics(
        reference, {"identity": {"g_x": reference["x"], "f_y": reference["y"]}}, prepared.x.recording.truth.changed
    )
    assert set(found) == {"changed_y", "changed_x", "unchanged_y", "unchanged_x"}
    for direction in "xy":
        changed = found[f"changed_{direction}"]["identity"]
        assert changed == pytest.approx({"correlation": 1.0, "mae": 0.5, "n": 2, "n_correlation": 2}, abs=1e-5)
        unchanged = found[f"unchanged_{direction}"]
        assert unchanged["identity"]["mae"] == pytest.approx(0.0, abs=1e-6)
        assert unchanged["noise"]["mae"] > 0
        assert "noise" not in found[f"changed_{direction}"]


def test_only_the_asked_fields_are_collected(make_pair):
    assert set(collected(make_pair(truth=True, position=True), Identity(), fields=("g_x", "f_y"))) == {"g_x", "f_y"}


def test_without_truth_the_other_day_is_the_target(make_pair):
    prepared = make_pair(position=True)
    reference = collected(prepared, Identity())
    found = tuning_metrics(reference, {"oracle": {"g_x": reference["y"], "f_y": reference["x"]}}, None)
    assert set(found) == {"all_y", "all_x"}
    assert found["all_y"]["oracle"]["mae"] == 0.0
    assert found["all_x"]["noise"]["n"] == 5


def test_tuning_needs_positions_on_days_that_were_recorded(make_pair):
    assert tuning_is_known(make_pair(position=True))
    assert not tuning_is_known(make_pair())
    assert not tuning_is_known(make_pair(position=True, phi=True))


def test_positions_outside_the_test_windows_do_not_count(make_pair):
    prepared = make_pair(position=True)
    prepared.y.recording.behaviour.position_cm[64:] = np.nan
    assert not tuning_is_known(prepared)
