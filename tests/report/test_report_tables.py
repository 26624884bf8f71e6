import csv
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyclegan_neuro.report.tables import format_cell, json_ready, write_csv, write_json
from cyclegan_neuro.systems.evaluation import Table, significant


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0123456, "0.0123"), (-0.0123456, "-0.0123"), (894.61, "895"), (21471.4, "21,471"), (0.99996, "1.00"),
        (1.0, "1.00"), (9.999, "10.0"), (2e-7, "2.00e-07"), (0.0, "0"), (float("nan"), "–"), (float("inf"), "–"),
        (np.float32(0.5), "0.500"), (None, "–"), (12345, "12,345"), (True, "yes"), (np.int64(7), "7"), ("=1+1", "=1+1"),
    ],
)  # fmt: skip
def test_cells_for_the_eye(value, text):
    assert format_cell(value) == text


@given(st.floats(1e-4, 1e5))
def test_three_digits_are_kept(value):
    assert float(significant(value).replace(",", "")) == pytest.approx(value, rel=5.1e-3)


def test_csv_for_programs(tmp_path):
    rows = (("a,b", 0.1 + 0.2), ("c", None), ("d", float("nan")), ("e", np.float32(0.5)))
    table = Table("t", ("name", "value (ΔF/F)"), rows)
    write_csv(table, tmp_path / "t.csv")
    with open(tmp_path / "t.csv", newline="", encoding="utf-8") as stream:
        rows = list(csv.reader(stream))
    assert rows == [["name", "value (ΔF/F)"], ["a,b", "0.30000000000000004"], ["c", ""], ["d", ""], ["e", "0.5"]]


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+1", "-2+3", "@SUM(A1)", "\tx"])
def test_spreadsheets_run_no_formula(tmp_path, name):
    write_csv(Table("t", ("n",), ((name,), (-0.5,))), tmp_path / "t.csv")
    with open(tmp_path / "t.csv", newline="", encoding="utf-8") as stream:
        assert [row[0] for row in csv.reader(stream)] == ["n", f"'{name}", "-0.5"]


def test_json_holds_no_nan(tmp_path):
    content = {"a": [np.nan, np.float32(0.5)], "b": {"c": np.inf, 1: np.arange(2)}, "d": (True, None, "é")}
    write_json(content, tmp_path / "m.json")
    text = (tmp_path / "m.json").read_text(encoding="utf-8")
    assert json.loads(text) == {"a": [None, 0.5], "b": {"c": None, "1": [0, 1]}, "d": [True, None, "é"]}
    assert "NaN" not in text
    assert json_ready(np.float64(2)) == 2.0
