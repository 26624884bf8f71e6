"""Two days that cannot be of the same neurons, and two that can."""

from dataclasses import replace

import numpy as np

from cyclegan_neuro.recordings.checks.pairs import check_pair, residual_distances
from cyclegan_neuro.recordings.recording import Recording

PLACES = np.random.default_rng(9).uniform(0, 500, (40, 2)).astype(np.float32)


def day(seed, **fields):
    dff = np.random.default_rng(seed).normal(size=(400, 40)).astype(np.float32)
    return Recording(dff, 20.0, **{"roi_xy_um": PLACES, "subject": "mouse 1", "session": f"day {seed}", **fields})


def codes(x, y):
    return {finding.code: finding for finding in check_pair(x, y)}


def test_two_days_of_one_mouse_pass():
    jitter = np.random.default_rng(0).normal(0, 3, PLACES.shape).astype(np.float32)
    assert codes(day(1), day(2, roi_xy_um=PLACES + jitter, subject="Mouse_1 ")) == {}


def test_a_field_of_view_that_was_moved_turned_and_mirrored_passes():
    turned = (PLACES @ np.array([[0, 1.2], [1.2, 0]]) + [60, -20]).astype(np.float32)
    assert codes(day(1), day(2, roi_xy_um=turned)) == {}


def test_another_animal():
    found = codes(day(1), day(2, subject="mouse 2"))
    assert (found["subjects"].severity, found["subjects"].got) == ("warning", "'mouse 1' and 'mouse 2'")
    assert codes(day(1), day(2, subject="")) == {}


def test_two_indicators_or_cell_types():
    found = codes(day(1, indicator="GCaMP6f"), day(2, indicator="jGCaMP8m"))
    assert (found["indicators"].severity, found["indicators"].got) == ("warning", "'GCaMP6f' and 'jGCaMP8m'")
    assert "field cell_type" in codes(day(1, cell_type="PV"), day(2, cell_type="pyramidal"))["indicators"].where
    assert codes(day(1, indicator="AAV-GCaMP6f"), day(2, indicator="gcamp6f")) == {}  # the same in other words
    assert codes(day(1, indicator="GCaMP6f"), day(2)) == {}


def test_the_same_day_and_copied_traces():
    assert list(codes(day(1), day(1))) == ["one_day_twice"]
    y = day(2)
    y.dff[:, [3, 8]] = day(1).dff[:, [20, 5]]
    shorter = replace(y, dff=y.dff[:350])
    for other in (y, shorter):
        found = codes(day(1), other)["same_traces"]
        assert found.where == "mouse 1 day 1 and mouse 1 day 2, neurons 5, 20"
        assert found.got.startswith("2 traces of mouse 1 day 1 that are on mouse 1 day 2 too")
    y.dff[399, [3, 8]] += 1  # begins alike, goes on otherwise
    assert codes(day(1), y) == {}


def test_dead_neurons_are_no_copies():
    x, y = day(1), day(2)
    x.dff[:, 4], y.dff[:, 4] = 0, 0
    assert codes(x, y) == {}


def test_coordinates_of_another_order_are_critical():
    found = codes(day(1), day(2, roi_xy_um=PLACES[::-1].copy()))["coordinates"]
    assert found.severity == "critical"
    assert "µm apart (median)" in found.got


def test_single_neurons_that_lie_elsewhere_are_named():
    moved = PLACES + np.float32([30, 10])
    moved[[4, 9]] = moved[[9, 4]]
    found = codes(day(1), day(2, roi_xy_um=moved))["far_apart"]
    apart = np.linalg.norm(PLACES[4] - PLACES[9])
    assert (found.severity, found.where.rpartition(", neurons ")[2]) == ("warning", "4, 9")
    assert f"2 of 40 matched neurons that lie {apart:.0f}, {apart:.0f} µm" in found.got


def test_half_of_the_pairs_may_be_wrong():
    wrong = PLACES.copy()
    wrong[:18] = wrong[:18][::-1]
    assert np.median(residual_distances(PLACES, wrong)[18:]) < 1e-3
