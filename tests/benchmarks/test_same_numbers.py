"""The comparison of two versions sees what differs, and no clocks."""

import importlib
import json
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture
def same_numbers(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    yield importlib.import_module("same_numbers")
    for name in ("same_numbers", "_common"):
        sys.modules.pop(name, None)


def made(folder, *, loss=0.5, seconds=1.0, metric=0.25, words="It worked."):
    (folder / "report" / "tables").mkdir(parents=True)
    (folder / "history.csv").write_text(f"epoch,loss,seconds\n1,{loss},{seconds}\n")
    metrics = {"signals": {"cycle_x": metric}, "timing": {"training_s": seconds}}
    (folder / "report" / "metrics.json").write_text(json.dumps(metrics))
    (folder / "report" / "tables" / "signals.csv").write_text(f"a\n{metric}\n")
    page = f"<script>var t = {seconds};</script><p>{words}</p><p>Training took {seconds} s.</p>"
    (folder / "report" / "index.html").write_text(page)
    return folder


def test_clocks_do_not_count(same_numbers, tmp_path):
    one, two = (same_numbers.contents(made(tmp_path / str(s), seconds=s)) for s in (1.5, 2.5))
    assert same_numbers.differences(one, two) == {}
    assert set(one) == {"history.csv", "metrics.json", "tables/signals.csv", "words of the report"}


@pytest.mark.parametrize(
    ("change", "files"),
    [
        ({"loss": 0.50000001}, {"history.csv"}),
        ({"metric": 0.250001}, {"metrics.json", "tables/signals.csv"}),
        ({"words": "It failed."}, {"words of the report"}),
    ],
)
def test_everything_else_does(same_numbers, tmp_path, change, files):
    one, two = same_numbers.contents(made(tmp_path / "a")), same_numbers.contents(made(tmp_path / "b", **change))
    assert same_numbers.differences(one, two).keys() == files
