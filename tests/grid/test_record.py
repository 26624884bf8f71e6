"""What a grid remembers: what is done, with which settings, and how long the rest will take."""

import json

import pytest

from cyclegan_neuro.errors import RunDirectoryError
from cyclegan_neuro.grid.cells import expand
from cyclegan_neuro.grid.file import read_grid
from cyclegan_neuro.grid.run import describe_cells, open_record


@pytest.fixture
def record_of(tmp_path):
    def open_(epochs=1):
        (tmp_path / "grid.yaml").write_text(
            f"settings: {{training.epochs: {epochs}}}\naxes: {{objective.name: [gan, lsgan], training.seed: [1, 2]}}\n"
        )
        grid = read_grid(tmp_path / "grid.yaml")
        return open_record(grid, expand(grid), tmp_path / "grid")

    return open_


def finish(record, name, seconds):
    (record.folder / name / "report").mkdir(parents=True)
    (record.folder / name / "report" / "metrics.json").write_text("{}")
    record.write_configuration(name)
    record.note(name, seconds=seconds, state="done", config_sha256=record.cells[name].digest)
    record.write()


def test_files_tell_what_is_done(record_of):
    finish(record_of(), "gan_seed-1", 10.0)
    record = record_of()
    assert record.names("done") == ["gan_seed-1"]
    record.note("lsgan_seed-1", state="failed", attempts=3)
    record.write()
    assert record_of().progress["lsgan_seed-1"].state == "waiting"
    assert record_of().progress["lsgan_seed-1"].attempts == 0


def test_the_time_left_is_that_of_cells_which_differ_in_seeds(record_of):
    record = record_of()
    assert "4 to run, 1 at a time; no estimate before a cell is done" in describe_cells(record, jobs=1)
    finish(record, "gan_seed-1", 100.0)
    assert record.seconds_left(["gan_seed-2"]) == 100.0
    finish(record, "lsgan_seed-1", 300.0)
    assert record.seconds_left(record.names("waiting")) == 400.0
    assert describe_cells(record_of(), jobs=2).endswith("4 cells, 2 to run, 2 at a time: about 3 min")


def test_cells_made_with_other_settings_are_refused(record_of):
    finish(record_of(), "gan_seed-1", 1.0)
    with pytest.raises(RunDirectoryError, match=r"gan_seed-1: got .*training.epochs: 1 -> 2\), expected the settings"):
        record_of(epochs=2)


def test_cells_made_with_other_settings_are_refused_without_the_record(record_of):
    """The message of a damaged one says to delete it; a comparison may lie there too."""
    record = record_of()
    finish(record, "gan_seed-1", 1.0)
    (record.folder / "grid.json").unlink()
    (record.folder / "report").mkdir()
    assert record_of().names("done") == ["gan_seed-1"]
    with pytest.raises(RunDirectoryError, match=r"gan_seed-1: got .*training.epochs: 1 -> 2\)"):
        record_of(epochs=2)


def test_a_setting_that_is_new_in_the_package_changes_nothing(record_of):
    record = record_of()
    finish(record, "gan_seed-1", 1.0)
    record.note("gan_seed-1", config_sha256="of fewer settings")
    record.write()
    assert record_of().names("done") == ["gan_seed-1"]


@pytest.mark.parametrize("content", ["{", "[]", json.dumps({"format": "other", "cells": []})])
def test_a_damaged_file_says_what_to_do(record_of, content):
    record = record_of()
    record.folder.mkdir()
    (record.folder / "grid.json").write_text(content)
    with pytest.raises(RunDirectoryError, match="delete it: cells with a report stay done"):
        record_of()


def test_folders_of_others_are_refused(record_of):
    record = record_of()
    record.folder.mkdir()
    (record.folder / "thesis.doc").write_text("")
    with pytest.raises(RunDirectoryError, match="no grid of ours"):
        record_of()
