import csv
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyclegan_neuro.evaluation.contents import Table, significant
from cyclegan_neuro.report.page import table_on_page
from cyclegan_neuro.report.tables import column_order, format_cell, json_ready, sort_number, write_csv, write_json


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


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        (0.012, 0.012), (np.float32(0.5), 0.5), (np.int64(7), 7.0), (True, 1.0), (None, None), (float("nan"), None),
        (float("inf"), None), ("0.0123\u00a0±\u00a00.0012", 0.0123), ("-1,234.5 ± 2 [1,\u00a03]", -1234.5), ("0", 0.0),
        ("2.00e-07 ± 1.0e-08", 2e-7), ("12 Hz", None), ("3-4", None), ("", None), ("roi_12", None), ("1.2.3", None),
    ],
)  # fmt: skip
def test_cells_are_sorted_by_their_value_or_their_mean(cell, number):
    assert sort_number(cell) == number


@pytest.mark.parametrize(
    ("cells", "order"),
    [
        ((3, 1.5, None), "number"), (("0.1 ± 0.2", None, "0"), "number"), (("b", "a", None), "text"),
        ((24.0, "recorded"), None), ((None, float("nan")), None), ((), None), (("12", "roi_3"), "text"),
    ],
)  # fmt: skip
def test_a_column_is_sorted_as_numbers_or_as_text_or_not_at_all(cells, order):
    assert column_order(cells) == order


def test_a_table_on_the_page_keeps_full_precision_for_sorting():
    table = Table("t", ("name", "mean", "error", "either"), (("a", 0.123456, "0.5 ± 0.1", 1), ("b", None, None, "x")))
    drawn = table_on_page(table, number=1, slug="t", caption="c")
    assert [(column.order, column.is_number) for column in drawn.columns] == [
        ("text", False), ("number", True), ("number", False), (None, False),
    ]  # fmt: skip
    assert [[(cell.text, cell.number) for cell in row] for row in drawn.rows] == [
        [("a", None), ("0.123", 0.123456), ("0.5 ± 0.1", 0.5), ("1", None)],
        [("b", None), ("–", None), ("–", None), ("x", None)],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("n_rows", "n_columns", "classes", "folded"),
    [
        (1, 2, "short", False), (2, 6, "sortable short", False), (8, 7, "sortable short many", False),
        (9, 9, "sortable short many", True), (13, 10, "sortable very-many", True), (21, 1, "sortable", True),
    ],
)  # fmt: skip
def test_how_a_table_is_set(n_rows, n_columns, classes, folded):
    drawn = table_on_page(Table("t", ("n",) * n_columns, ((1,) * n_columns,) * n_rows), number=1, slug="t", caption="")
    assert (drawn.classes, drawn.folded) == (classes, folded)


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
