import json

import pytest
from compare_fakes import write_run

from cyclegan_neuro.compare.checks import warnings_of
from cyclegan_neuro.compare.grouping import group
from cyclegan_neuro.compare.runs import find_runs


def warned(tmp_path, *changes, **how):
    """Warnings on a run and others that differ from it in keywords of write_run."""
    base = {"g_x": 0.3, "settings": {"objective.name": "gan"}}
    folders = [write_run(tmp_path / f"run_{n}", **(base | change)) for n, change in enumerate(({}, *changes))]
    return " ".join(warnings_of(group(find_runs(folders), **how)))


OTHER = {"objective.name": "lsgan"}


def test_runs_that_are_alike_give_no_warning(runs):
    assert warnings_of(group(find_runs([runs]))) == ()


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({"inputs": "other day"}, "run_0 and run_1: their scores are those of different tests"),
        ({"commit": "f" * 40}, "different commits of the package: 0123456789 (1), ffffffffff (1)"),
        ({"state": "training"}, "run_1 had not finished training"),
        ({"settings": OTHER | {"windows.n_test": 9}}, "differ in windows.n_test"),
        ({"settings": OTHER | {"evaluation.weights": "best"}}, "different settings: evaluation.weights"),
        ({"settings": OTHER | {"training.seed": 2}}, "do not have the same seeds and animals"),
        ({"metrics": {"versions": {"cyclegan_neuro": "0.1.0"}}}, "versions of numpy: 2.4 (1), not known (1)"),
        ({"metrics": {"weights": {"asked_for": "best", "epoch": 3}}}, "different weights: last (1), best (1)"),
        ({"metrics": {"weights": {"asked_for": "last", "epoch": 2}}}, "run_1 went on training after the evaluation"),
    ],
)
def test_what_should_be_alike_and_is_not(tmp_path, change, wanted):
    assert wanted in warned(tmp_path, {"settings": OTHER} | change)


def test_runs_with_the_same_settings_are_named(tmp_path):
    assert "run_0, run_1 have the same settings, seeds and animal" in warned(tmp_path, {})


def test_a_lost_environment_is_not_known(tmp_path):
    (write_run(tmp_path / "a", g_x=0.3) / "environment.json").unlink()
    write_run(tmp_path / "b", g_x=0.3, settings=OTHER)
    assert "not known (1)" in " ".join(warnings_of(group(find_runs([tmp_path]))))
    assert json.loads((tmp_path / "b" / "environment.json").read_text())
