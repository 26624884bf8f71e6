"""Trainings in processes: each network once, whole or not at all."""

import numpy as np
import pytest
from inference_fakes import SMALL, random_weights, simulated_cell, write_ground_truth, write_network

from cyclegan_neuro.errors import UserError
from cyclegan_neuro.spikes.inference.training import jobs as module
from cyclegan_neuro.spikes.inference.training.jobs import Job, load_network, train_networks
from cyclegan_neuro.spikes.inference.training.settings import TrainingSettings

SETTINGS = TrainingSettings(
    frame_rate_hz=30.0, noise_levels=(1,), ensemble_size=2, epochs=1, batch_size=2, stretch_frames=64,
    architecture=SMALL,
)  # fmt: skip


def test_files_of_networks():
    assert Job("", 3, 0).file == "networks/all/level_3_member_0.npz"
    assert Job("DS09-a", 1, 4).file == "networks/DS09-a/level_1_member_4.npz"


def test_a_network_reads_back(tmp_path):
    weights = random_weights(seed=5)
    write_network(tmp_path, Job("", 1, 0), weights)
    read = load_network(tmp_path, Job("", 1, 0))
    for new, old in zip((*read.kernels, *read.biases), (*weights.kernels, *weights.biases), strict=True):
        np.testing.assert_array_equal(new, old)


def test_an_interrupted_training_goes_on_with_what_is_missing(tmp_path, caplog):
    truth = write_ground_truth(
        tmp_path / "truth.h5", [simulated_cell(name, "c", seed=i, duration_s=20.0) for i, name in enumerate(("A", "B"))]
    )
    jobs = [Job("", 1, 0), Job("A", 1, 1)]
    write_network(tmp_path, jobs[0], random_weights())
    there = (tmp_path / jobs[0].file).read_bytes()
    with caplog.at_level("INFO"):
        train_networks(jobs, SETTINGS, ground_truth=truth, output_dir=tmp_path, processes=2)
    assert (tmp_path / jobs[0].file).read_bytes() == there
    assert load_network(tmp_path, jobs[1]).problem(SMALL.window_frames) is None
    assert "1 of 2 networks are there already" in caplog.text
    assert "1/1  level 1, network 2 without A: loss" in caplog.text
    assert list((tmp_path / "tensorboard/A/level_1_member_1/train").iterdir())
    assert {path.name for path in (tmp_path / "networks" / "A").iterdir()} == {"level_1_member_1.npz"}


def test_nothing_is_started_when_nothing_is_missing(tmp_path, monkeypatch):
    write_network(tmp_path, Job("", 1, 0), random_weights())
    monkeypatch.setattr(module, "ProcessPoolExecutor", None)
    train_networks([Job("", 1, 0)], SETTINGS, ground_truth=tmp_path, output_dir=tmp_path, processes=2)


def test_a_network_is_trained_without_the_data_set_that_it_must_not_see(tmp_path, monkeypatch):
    truth = write_ground_truth(tmp_path / "t.h5", [simulated_cell(name, "c", seed=1, duration_s=9.0) for name in "AB"])
    seen = []

    def stop(cells, settings, level):
        seen.append([cell.dataset for cell in cells])
        raise UserError("here", got="enough", expected="no more", fix="none")

    monkeypatch.setattr("cyclegan_neuro.spikes.inference.training.stretches.cut_stretches", stop)
    for left_out in ("B", ""):
        with pytest.raises(UserError):
            module._train(Job(left_out, 1, 0), SETTINGS, truth, tmp_path)
    assert seen == [["A"], ["A", "B"]]
    assert not (tmp_path / "networks").exists()
