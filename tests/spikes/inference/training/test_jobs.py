"""Trainings in processes: each network once, whole or not at all."""

import numpy as np
import pytest
from inference_fakes import SMALL, random_members, simulated_cell, write_ground_truth, write_network

from cyclegan_neuro.errors import UserError
from cyclegan_neuro.spikes.inference.training import jobs as module
from cyclegan_neuro.spikes.inference.training.jobs import Job, load_network, train_networks
from cyclegan_neuro.spikes.inference.training.settings import TrainingSettings

SETTINGS = TrainingSettings(frame_rates_hz=(15.0,), updates=2, frames_per_update=512, architecture=SMALL)


def write_truth(path, *names, cells="ab"):
    return write_ground_truth(
        path, [simulated_cell(name, cell, seed=i, duration_s=12.0) for i, name in enumerate(names) for cell in cells]
    )


def same(first, second):
    return first.keys() == second.keys() and all((first[name] == second[name]).all() for name in first)


def test_files_of_networks():
    assert Job("", 3).file == "networks/all/member_3.npz"
    assert Job("cells_2", 0).file == "networks/cells_2/member_0.npz"


def test_a_network_reads_back(tmp_path):
    (weights,) = random_members(1, seed=5)
    write_network(tmp_path, Job("", 1), weights)
    assert same(load_network(tmp_path, Job("", 1)), weights)


def test_an_interrupted_training_goes_on_with_what_is_missing(tmp_path, caplog):
    truth = [write_truth(tmp_path / "1.h5", "A-GCaMP6f"), write_truth(tmp_path / "2.h5", "B-GCaMP8m")]
    jobs = [Job("", 0), Job("data_sets_1", 1)]
    write_network(tmp_path, jobs[0], random_members(1)[0])
    there = (tmp_path / jobs[0].file).read_bytes()
    with caplog.at_level("INFO"):
        train_networks(jobs, SETTINGS, ground_truth=truth, output_dir=tmp_path, processes=2)
    assert (tmp_path / jobs[0].file).read_bytes() == there
    found = load_network(tmp_path, jobs[1])
    assert {name: array.shape for name, array in found.items()} == {
        name: array.shape for name, array in random_members(1)[0].items()
    }
    assert all(np.isfinite(array).all() for array in found.values())
    assert "1 of 2 networks are there already" in caplog.text
    assert "1/1  network 2 without data_sets_1: loss" in caplog.text
    assert (tmp_path / "tensorboard/data_sets_1/member_1").is_dir()
    assert {path.name for path in (tmp_path / "networks" / "data_sets_1").iterdir()} == {"member_1.npz"}


def test_nothing_is_started_when_nothing_is_missing(tmp_path, monkeypatch):
    write_network(tmp_path, Job("", 0), random_members(1)[0])
    monkeypatch.setattr(module, "ProcessPoolExecutor", None)
    train_networks([Job("", 0)], SETTINGS, ground_truth=[tmp_path], output_dir=tmp_path, processes=2)


def test_a_network_is_trained_without_the_cells_that_it_must_not_see(tmp_path, monkeypatch):
    truth = [write_truth(tmp_path / "1.h5", "A-GCaMP6f"), write_truth(tmp_path / "2.h5", "B-GCaMP8m")]
    seen = []

    def stop(cells, settings, *, member, log_dir):
        seen.append([(cell.dataset[0], cell.name) for cell in cells])
        raise UserError("here", got="enough", expected="no more", fix="none")

    monkeypatch.setattr("cyclegan_neuro.spikes.inference.training.fit.fit_network", stop)
    for left_out in ("data_sets_2", "cells_1", ""):
        with pytest.raises(UserError):
            module._train(Job(left_out, 0), SETTINGS, truth, tmp_path)
    assert seen == [
        [("A", "a"), ("A", "b")],
        [("A", "b"), ("B", "b")],
        [("A", "a"), ("A", "b"), ("B", "a"), ("B", "b")],
    ]
    assert not (tmp_path / "networks").exists()


@pytest.mark.parametrize("keep", [0, 100, -30])
def test_a_damaged_network_is_named(keep, tmp_path):
    path = tmp_path / Job("cells_1", 0).file
    path.parent.mkdir(parents=True)
    np.savez(path, bias=np.zeros(50, np.float32))
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(UserError, match=r"member_0\.npz: got a file that cannot be read .* Fix: remove it and give"):
        load_network(tmp_path, Job("cells_1", 0))
