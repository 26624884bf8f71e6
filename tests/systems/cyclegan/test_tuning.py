from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cyclegan_neuro.systems.cyclegan.baselines import Identity
from cyclegan_neuro.systems.cyclegan.translation import translate
from cyclegan_neuro.systems.cyclegan.tuning import (
    CurveAccumulator,
    TuningCurves,
    compare_curves,
    lap_halves,
    position_edges,
    tuning_is_known,
    tuning_metrics,
)


def curves_of(position, starts, windows, edges, **kwargs):
    accumulator = CurveAccumulator(position, starts, window_frames=windows.shape[1], edges=edges, **kwargs)
    accumulator.add(starts, windows)
    return accumulator.curves()


def test_edges_are_multiples_of_the_bin_over_the_range_of_both_days():
    edges = position_edges(np.array([3.0, np.nan, 5.0]), np.array([1.0, 8.5]), bin_cm=4.0)
    np.testing.assert_array_equal(edges, [0, 4, 8, 12])


def test_a_curve_by_hand():
    """Frames 0, 1 at 1 cm with 2 and 4; frame 2 at 5 cm with 6; nobody was at 8 to 12 cm."""
    position = np.array([1.0, 1.0, 5.0, 13.0])
    windows = np.array([[[2.0], [4.0], [6.0], [8.0]]])
    curve = curves_of(position, np.array([0]), windows, np.arange(0, 17, 4))
    np.testing.assert_array_equal(curve[:, 0], [3.0, 6.0, np.nan, 8.0])


def test_the_last_bin_holds_its_right_edge():
    curve = curves_of(np.array([0.0, 8.0]), np.array([0]), np.array([[[1.0], [3.0]]]), np.array([0.0, 4.0, 8.0]))
    np.testing.assert_array_equal(curve[:, 0], [1.0, 3.0])


def test_overlapping_predictions_of_a_frame_are_averaged_before_binning():
    """Frame 1 is predicted 2 and 6: it counts once, as 4. So the bin is (1 + 4 + 10) / 3."""
    starts = np.array([0, 1])
    windows = np.array([[[1.0], [2.0]], [[6.0], [10.0]]])
    curve = curves_of(np.zeros(3), starts, windows, np.array([0.0, 4.0]))
    assert curve[0, 0] == pytest.approx(5.0)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_accumulating_windows_equals_averaging_frames_first(seed):
    rng = np.random.default_rng(seed)
    position = rng.uniform(0, 20, 40)
    position[rng.uniform(size=40) < 0.1] = np.nan
    starts = np.sort(rng.choice(31, 6, replace=False))
    windows = rng.normal(size=(6, 10, 3))
    edges = np.arange(0, 21, 5)
    sums, counts = np.zeros((40, 3)), np.zeros(40)
    for start, window in zip(starts, windows, strict=True):
        sums[start : start + 10] += window
        counts[start : start + 10] += 1
    expected = np.full((4, 3), np.nan)
    for b in range(4):
        inside = (position >= edges[b]) & (position < edges[b + 1]) & (counts > 0)
        if inside.any():
            expected[b] = (sums[inside] / counts[inside, None]).mean(axis=0)
    accumulator = CurveAccumulator(position, starts, window_frames=10, edges=edges)
    accumulator.add(starts[:2], windows[:2])
    accumulator.add(starts[2:], windows[2:])
    np.testing.assert_allclose(accumulator.curves(), expected)


def test_chosen_frames_only():
    windows = np.array([[[1.0], [5.0]]])
    frames = np.array([False, True])
    assert curves_of(np.zeros(2), np.array([0]), windows, np.array([0.0, 4.0]), frames=frames)[0, 0] == 5.0


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
