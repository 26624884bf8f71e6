import json

import pytest
from compare_fakes import write_grid, write_run

from cyclegan_neuro.compare.runs import find_runs
from cyclegan_neuro.configuration.loading import load_config
from cyclegan_neuro.errors import ConfigurationError, RunDirectoryError
from cyclegan_neuro.grid.cells import Cell
from cyclegan_neuro.grid.record import Record
from cyclegan_neuro.systems.cyclegan.config import Config


def test_a_run_is_read_whole(tmp_path):
    found = find_runs([write_run(tmp_path / "one", g_x=0.3)])
    (run,) = found.runs
    assert (run.name, run.system, run.settings["objective.name"]) == ("one", "cyclegan", "gan")
    assert run.history["val_loss"] == pytest.approx([0.3, 0.15, 0.1])
    assert run.metrics["signals"]["direct_y"]["model"]["mean"] == 0.3
    assert found.missing == ()


def test_a_folder_stands_for_the_runs_in_it(runs):
    assert [run.name for run in find_runs([runs]).runs] == ["gan-1", "gan-2", "gan-3", "lsgan-1", "lsgan-2", "lsgan-3"]


def test_a_run_that_is_named_twice_counts_once(runs):
    assert len(find_runs([runs, runs / "gan-1"]).runs) == 6


def test_runs_that_are_called_alike_are_told_apart(tmp_path):
    for folder in "ab":
        write_run(tmp_path / folder / "seed_1", g_x=0.3)
    assert [run.name for run in find_runs([tmp_path / "a", tmp_path / "b"]).runs] == ["a/seed_1", "b/seed_1"]


def test_a_grid_says_what_is_missing_and_in_which_order(runs):
    cells = {
        f"{objective}-{seed}": ({"objective.name": objective, "training.seed": seed}, "done", [])
        for objective in ("lsgan", "gan") for seed in (1, 2, 3)
    }  # fmt: skip
    cells["wgangp-1"] = ({"objective.name": "wgangp", "training.seed": 1}, "failed", ["Traceback", "out of memory"])
    write_grid(runs, cells)
    found = find_runs([runs])
    assert len(found.runs) == 6
    assert found.axes["objective.name"] == ("lsgan", "gan", "wgangp")
    (missing,) = found.missing
    assert (missing.name, missing.state, missing.log) == ("wgangp-1", "failed", "Traceback\nout of memory")


def test_the_folder_of_a_grid_is_known(tmp_path):
    run = write_run(tmp_path / "gan_seed-1", g_x=0.3)
    config = load_config("configs/cyclegan/quickstart.yaml", Config)
    cell = Cell("gan_seed-1", {"objective.name": "gan"}, {"objective.name": "gan"}, config)
    Record(tmp_path, {"axes": {"objective.name": ["gan"]}}, [cell]).write()
    found = find_runs([tmp_path])
    assert [one.path for one in found.runs] == [run]
    assert found.axes == {"objective.name": ("gan",)}


def test_runs_without_a_report_are_named_with_the_command(runs):
    (runs / "gan-2" / "report" / "metrics.json").unlink()
    with pytest.raises(RunDirectoryError, match=r"gan-2: got no report/metrics.json.*evaluate.* --output_dir .*gan-2"):
        find_runs([runs])
    found = find_runs([runs], allow_missing=True)
    assert [(one.name, one.state) for one in found.missing] == [("gan-2", "not evaluated")]
    assert len(found.runs) == 5


def test_inputs_are_the_same_wherever_they_lay(tmp_path):
    folders = [write_run(tmp_path / name, g_x=0.3, inputs=day) for name, day in (("a", "1"), ("b", "1"), ("c", "2"))]
    first, second, third = (run.inputs for run in find_runs(folders).runs)
    assert first == second != third


@pytest.mark.parametrize("lost", ["history.csv", "status.json", "environment.json", "inputs.json"])
def test_what_only_adds_may_be_lost(tmp_path, lost):
    run = write_run(tmp_path / "one", g_x=0.3)
    (run / lost).write_text("{")
    assert len(find_runs([run]).runs) == 1


@pytest.mark.parametrize("text", ["{", "[]", '{"signals": {}}'])
def test_damaged_metrics_are_named(tmp_path, text):
    run = write_run(tmp_path / "one", g_x=0.3)
    (run / "report" / "metrics.json").write_text(text)
    with pytest.raises(RunDirectoryError, match=r"metrics\.json.*Fix: .*evaluate.* --output_dir .*one"):
        find_runs([run])


def test_a_folder_without_runs_is_refused(tmp_path):
    with pytest.raises(RunDirectoryError, match="got no run"):
        find_runs([tmp_path])
    with pytest.raises(RunDirectoryError, match="got no such directory"):
        find_runs([tmp_path / "nothing"])


@pytest.mark.parametrize("content", [{"format": "another", "cells": []}, {"format": "cyclegan_neuro grid 1"}, [], 3])
def test_another_grid_file_is_refused(tmp_path, content):
    (tmp_path / "grid.json").write_text(json.dumps(content))
    with pytest.raises(RunDirectoryError, match=r"grid\.json: got another content"):
        find_runs([tmp_path])


def test_a_grid_of_which_nothing_is_done_has_nothing_to_compare(tmp_path):
    write_grid(tmp_path, {"a": ({"training.seed": 1}, "waiting", [])})
    with pytest.raises(RunDirectoryError, match="got no evaluated run"):
        find_runs([tmp_path])


def test_two_systems_are_refused(tmp_path):
    folders = [write_run(tmp_path / name, g_x=0.3, system=name) for name in ("cyclegan", "spike_gan")]
    with pytest.raises(ConfigurationError, match=r"runs of cyclegan \(cyclegan\) and spike_gan \(spike_gan\)"):
        find_runs(folders)


def test_the_run_says_how_far_a_cell_came_whose_grid_was_stopped(tmp_path):
    states = ("finished", "interrupted", "training", "finished")
    for seed, state in enumerate(states):
        folder = write_run(tmp_path / f"a-{seed}", g_x=0.1, state=state, settings={"training.seed": seed})
        if seed:
            (folder / "report" / "metrics.json").unlink()
    cells = {f"a-{seed}": ({"training.seed": seed}, "waiting", []) for seed in range(5)}
    write_grid(tmp_path, cells)
    missing = [(one.state, one.attempts) for one in find_runs([tmp_path]).missing]
    assert missing == [("interrupted", 1), ("training", 1), ("not evaluated", 1), ("waiting", None)]
