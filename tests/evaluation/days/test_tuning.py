from dataclasses import replace

import numpy as np
import pytest

from cyclegan_neuro.evaluation.days.baselines.alignments import Identity
from cyclegan_neuro.evaluation.days.translation import translate
from cyclegan_neuro.evaluation.days.tuning import (
    TuningCurves,
    compare_curves,
    lap_halves,
    training_curves,
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
    assert np.isfinite(curves["y_odd"]).any()
    first = prepared.x.recording.dff[64:80]  # 8 Hz: stretches of 80 frames
    at_start = np.isin(np.arange(64, 80) % 12, (0, 1))  # 0 and 10 cm share the first bin
    np.testing.assert_allclose(curves["x_even"][0], first[at_start].mean(axis=0), rtol=1e-5)


def test_comparison_by_hand():
    """Neuron 0 is doubled (r = 1, |difference| 0, 1, 2); neuron 1 reversed (r = -1, 2, 0, 2)."""
    a = np.array([[0.0, 0.0], [2.0, 1.0], [4.0, 2.0]])
    b = np.array([[0.0, 2.0], [1.0, 1.0], [2.0, 0.0]])
    both = np.array([True, True])
    found = compare_curves(a, b, both)
    numbers = {name: found[name] for name in ("correlation", "mae", "n", "n_correlation")}
    assert numbers == pytest.approx({"correlation": 0.0, "mae": 7 / 6, "n": 2, "n_correlation": 2})
    assert found["correlation_ci95"] == pytest.approx([-1.0, 1.0])  # a quarter of resamplings holds one neuron twice
    assert found["mae_ci95"] == pytest.approx([1.0, 4 / 3])
    assert compare_curves(a, b, np.array([True, False]))["mae_ci95"] is None
    assert compare_curves(a, b, np.array([True, False]))["correlation"] == pytest.approx(1.0)


def test_unvisited_bins_and_flat_curves_are_left_out_and_counted():
    a = np.array([[0.0, 1.0], [np.nan, np.nan], [2.0, 1.0]])
    b = np.array([[0.0, 3.0], [5.0, 5.0], [2.0, 5.0]])
    found = compare_curves(a, b, np.array([True, True]))
    assert (found["correlation"], found["mae"]) == pytest.approx((1.0, 1.5))
    assert (found["n"], found["n_correlation"], found["correlation_ci95"]) == (2, 1, None)


def test_nothing_to_compare_is_nan_and_not_zero():
    found = compare_curves(np.zeros((3, 2)), np.zeros((3, 2)), np.array([False, False]))
    assert np.isnan(found["correlation"])
    assert np.isnan(found["mae"])
    assert found["n"] == 0


def collected(prepared, translator, **kwargs):
    tuned = TuningCurves(prepared, bin_cm=20.0, **kwargs)
    for translation in translate(translator, prepared):
        tuned.add(translation)
    return tuned.curves() | training_curves(prepared, tuned.edges_cm)


def test_training_curves_are_those_of_training_frames(make_pair):
    """Training windows cover frames 0 to 47; positions 0, 10, ..., 110 in turn, bins of 20 cm."""
    prepared = make_pair(position=True)
    curves = training_curves(prepared, np.arange(0.0, 121.0, 20.0))
    at_start = np.isin(np.arange(48) % 12, (0, 1))
    expected = prepared.y.recording.dff[:48][at_start].mean(axis=0)
    np.testing.assert_allclose(curves["y_train"][0], expected, rtol=1e-5)


def test_identity_misses_the_change_and_nothing_else(make_pair):
    """The truth lifts neurons 0 and 1 by 0.5 ΔF/F: identity's curves keep their shape, 0.5 too low."""
    prepared = make_pair(truth=True, position=True)
    reference = collected(prepared, Identity())
    translated = {"model": reference, "identity": {"g_x": reference["x"], "f_y": reference["y"]}}
    found = tuning_metrics(reference, translated, prepared.x.recording.truth.changed)
    assert set(found) == {"changed_y", "changed_x", "unchanged_y", "unchanged_x"}
    for direction in "xy":
        changed = found[f"changed_{direction}"]["identity"]
        assert (changed["correlation"], changed["mae"]) == pytest.approx((1.0, 0.5), abs=1e-5)
        assert changed["model_closer"] == 0  # the model is identity too
        unchanged = found[f"unchanged_{direction}"]
        assert unchanged["identity"]["mae"] == pytest.approx(0.0, abs=1e-6)
        assert unchanged["noise"]["mae"] > 0
        assert "noise" not in found[f"changed_{direction}"]


def test_only_the_asked_fields_are_collected(make_pair):
    found = collected(make_pair(truth=True, position=True), Identity(), fields=("g_x", "f_y"))
    assert set(found) == {"g_x", "f_y", "x_train", "y_train"}


def test_without_truth_the_other_day_is_the_target(make_pair):
    prepared = make_pair(position=True)
    reference = collected(prepared, Identity())
    oracle = {"g_x": reference["y"], "f_y": reference["x"]}
    identity = {"g_x": reference["x"], "f_y": reference["y"]}
    found = tuning_metrics(reference, {"model": oracle, "identity": identity}, None)
    assert set(found) == {"all_y", "all_x"}
    assert found["all_y"]["model"]["mae"] == 0.0
    assert found["all_y"]["identity"]["model_closer"] == 5


def test_what_copying_the_other_days_training_laps_reaches(make_pair):
    """Training laps of day y are 0.25 above its test laps in every bin, so copying them is 0.25 off for G(X)."""
    prepared = make_pair(position=True)
    prepared.y.recording.dff[:] = (prepared.y.recording.behaviour.position_cm / 100)[:, None]
    prepared.y.recording.dff[:48] += 0.25
    reference = collected(prepared, Identity())
    found = tuning_metrics(reference, {"model": {"g_x": reference["x"], "f_y": reference["y"]}}, None)
    assert found["all_y"]["training_laps"]["mae"] == pytest.approx(0.25, abs=1e-5)
    assert found["all_y"]["training_laps"]["correlation"] > 0.99
    assert found["all_x"]["training_laps"]["correlation"] < 0.9  # that of noise


def test_tuning_needs_positions_on_days_that_were_recorded(make_pair):
    assert tuning_is_known(make_pair(position=True))
    assert not tuning_is_known(make_pair())
    assert not tuning_is_known(make_pair(position=True, phi=True))


def test_positions_outside_the_test_windows_do_not_count(make_pair):
    prepared = make_pair(position=True)
    prepared.y.recording.behaviour.position_cm[64:] = np.nan
    assert not tuning_is_known(prepared)
