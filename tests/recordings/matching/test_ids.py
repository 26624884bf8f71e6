"""Ids that are none, that count columns, that are spelt otherwise; ids that are what they seem pass without remark."""

from dataclasses import replace

import numpy as np
import pytest

from cyclegan_neuro.configuration.sections import RecordingSection
from cyclegan_neuro.errors import UserError
from cyclegan_neuro.recordings.matching.ids import match_ids, normalised
from cyclegan_neuro.recordings.pairing import read_pair
from cyclegan_neuro.recordings.recording import Recording


def day(*ids, session="day 1"):
    return Recording(np.zeros((5, len(ids)), np.float32), 20.0, roi_ids=tuple(map(str, ids)), session=session)


def both(x, y):
    columns_x, columns_y, findings, _ = match_ids(day(*x), day(*y, session="day 2"))
    return list(columns_x), list(columns_y), {finding.code: finding for finding in findings}


def test_registered_numbers_pass():
    assert both([3, 7, 12, 15], [7, 3, 15, 20]) == ([0, 1, 3], [1, 0, 2], {})
    assert both(["a1", "b2"], ["b2", "a1"])[2] == {}
    assert both([0, 4, 9], [0, 9, 4])[2] == {}  # 0 as the first number of both
    assert both(range(1, 6), [4, 1, 2, 3, 9])[2] == {}  # CellReg numbers the cells of the first session 1, 2, 3, ...


@pytest.mark.parametrize("marker", ["-1", "", "nan", "None", " NA "])
def test_markers_of_not_registered_match_nothing(marker):
    columns_x, columns_y, findings = both(["c1", marker, "c3"], [marker, "c3", "c1"])
    assert (columns_x, columns_y) == ([0, 2], [2, 1])
    found = findings["unregistered"]
    assert (found.severity, found.got) == (
        "warning",
        f"ids that mean 'not registered' (day 1: '{marker}' 1 times; day 2: '{marker}' 1 times)",
    )


def test_many_markers_are_no_repeated_ids():
    assert both([-1, 2, -1, 4], [4, -1, 2, -1])[:2] == ([1, 3], [2, 0])
    assert both([0, 2, 0, 4], [4, 0, 2, 1])[:2] == ([1, 3], [2, 0])  # 0 repeats on one day: CellReg's own
    with pytest.raises(UserError, match="'4' in columns"):
        both([4, 2, 4], [4, 2, 1])


def test_zero_once_per_day_is_told():
    _, _, findings = both([5, 0, 7], [0, 7, 5])
    assert findings["id_zero"].got == "the id 0 once on each day, in columns 1 and 0"


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (["c1 ", "c2 "], ["c1", "c2"]),
        (["C1", "C2"], ["c1", "c2"]),
        (["001", "012"], ["1", "12"]),
        (["cell_007", "cell_010"], ["cell_7", "cell_10"]),
        (["\u00e91", "\u00e92"], ["e\u03011", "e\u03012"]),
        (["7.0", "8.0"], ["7", "8"]),
    ],
)
def test_ids_that_are_spelt_otherwise_are_matched_and_told(x, y):
    columns_x, columns_y, findings = both([*x, "same"], [*y, "same"])
    assert (columns_x, columns_y) == ([0, 1, 2], [0, 1, 2])
    found = findings["spelling_of_ids"]
    assert found.severity == "warning"
    assert found.got.startswith("2 ids that are equal but for padding, case or Unicode form (")
    assert repr(x[0]) in found.got


def test_no_two_neurons_of_a_day_become_one():
    assert both(["a1", "A1", "b"], ["A1", "B", "d"])[:2] == ([1], [0])
    assert normalised("1.05") != normalised("1.5")


@pytest.mark.parametrize(
    ("x", "y", "severity", "says"),
    [
        (range(5), range(5), "critical", "day 1: 0 to 4; day 2: 0 to 4"),
        (range(1, 6), range(1, 6), "critical", "day 1: 1 to 5; day 2: 1 to 5"),
        (range(5), range(1, 6), "critical", "day 1: 0 to 4; day 2: 1 to 5"),
        (range(5), range(9), "critical", "day 1: 0 to 4; day 2: 0 to 8"),
        ([f"{i:03}" for i in range(5)], range(5), "critical", "day 1: 0 to 4; day 2: 0 to 4"),
        (["C00", "C01", "C02"], ["C00", "C01", "C02", "C03"], "warning", "day 1: c0 to c2; day 2: c0 to c3"),
    ],
)
def test_ids_that_count_columns(x, y, severity, says):
    found = both(x, y)[2]["ids_are_positions"]
    assert (found.severity, found.got) == (severity, f"ids that count through the columns ({says})")
    assert "id_zero" not in both(x, y)[2]
    assert ("neighbour" in found.fix) == (says == "day 1: 0 to 4; day 2: 1 to 5")


@pytest.mark.parametrize("names", [["roi_0000", "roi_0001", "roi_0002"], ["c1", "c2", "c3"]])
def test_names_that_count_pass(names):
    assert both(names, names)[2] == {}


def test_ids_that_count_columns_pass_where_that_is_stated():
    *_, findings, _ = match_ids(day(*range(9)), day(*range(9)), same_order=True)
    assert [(f.code, f.severity) for f in findings] == [("ids_are_positions", "warning")]
    *_, findings, _ = match_ids(day(*range(5)), day(*range(1, 6)), same_order=True)
    assert findings[0].severity == "critical"  # ids are matched, not columns: neighbours would meet


def test_centres_say_whether_ids_that_count_columns_are_neurons():
    places = np.random.default_rng(3).uniform(0, 500, (12, 2)).astype(np.float32)
    x, same, other = (
        replace(day(*range(12)), roi_xy_um=xy) for xy in (places, places - 30, np.roll(places, 3, axis=0))
    )
    *_, findings, _ = match_ids(x, same)
    assert (findings[0].severity, "median 0.0 µm apart" in findings[0].got) == ("info", True)
    assert match_ids(x, other)[2][0].severity == "critical"


def test_critical_ids_stop_before_training(tmp_path):
    for name, first in (("x", 0), ("y", 1)):
        dff = np.random.default_rng(first).normal(size=(200, 5))
        np.savez(tmp_path / f"{name}.npz", dff=dff, frame_rate_hz=20.0, roi_ids=np.arange(first, first + 5))
    with pytest.raises(UserError, match="every neuron would meet its neighbour"):
        read_pair(*(RecordingSection(path=f"{name}.npz") for name in "xy"), base_directory=tmp_path)
