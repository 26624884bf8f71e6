"""From ground truth to files of networks and tables; the trainings themselves are replaced by random networks."""

import csv
import json
from dataclasses import asdict, replace

import numpy as np
import pytest
from inference_fakes import SMALL, random_weights, simulated_cell, write_ground_truth, write_network

from cyclegan_neuro.errors import UserError
from cyclegan_neuro.spikes.ground_truth.cells import GroundTruthCell, GroundTruthSegment
from cyclegan_neuro.spikes.inference.models import load_models
from cyclegan_neuro.spikes.inference.training import workflow
from cyclegan_neuro.spikes.inference.training.jobs import Job
from cyclegan_neuro.spikes.inference.training.settings import TrainingSettings
from cyclegan_neuro.spikes.inference.training.workflow import file_name, train_models

SETTINGS = TrainingSettings(frame_rate_hz=30.0, noise_levels=(1, 2), ensemble_size=2, epochs=1, architecture=SMALL)


@pytest.fixture
def jobs(monkeypatch):
    """The jobs that were asked for; each leaves a random network behind."""
    asked = []

    def write(jobs, settings, *, ground_truth, output_dir, processes):
        asked.extend(jobs)
        for number, job in enumerate(jobs):
            write_network(output_dir, job, random_weights(seed=number))

    monkeypatch.setattr(workflow, "train_networks", write)
    return asked


@pytest.fixture
def truth(tmp_path):
    cells = [
        simulated_cell("DS01-a", "one", seed=1, duration_s=20.0, spikes_hz=0.3),
        simulated_cell("DS01-a", "two", seed=2, duration_s=20.0, spikes_hz=0.3, n_segments=2),
        simulated_cell("DS02-b", "one", seed=3, duration_s=20.0, spikes_hz=0.3, level=1.8),
    ]
    return write_ground_truth(tmp_path / "truth.h5", cells)


def run(truth, output_dir, settings=SETTINGS, *, accuracy=True):
    return train_models(settings, ground_truth=truth, output_dir=output_dir, processes=1, accuracy=accuracy)


def test_networks_and_tables(truth, jobs, tmp_path):
    path, results = run(truth, tmp_path / "new" / "out")
    out = tmp_path / "new" / "out"
    everything = [Job("", level, member) for level in (1, 2) for member in (0, 1)]
    # of each data set only the levels that its own recordings have are trained without it
    assert jobs == [*everything, *(Job("DS01-a", 1, m) for m in (0, 1)), *(Job("DS02-b", 2, m) for m in (0, 1))]
    models = load_models(path)
    assert path == out / "rate_models_30hz.h5"
    assert {level: len(members) for level, members in models.noise_levels.items()} == {1: 2, 2: 2}
    assert (models.window_frames, models.before_frames) == (SMALL.window_frames, SMALL.before_frames)
    assert models.provenance["ground_truth"] == ["DS01-a", "DS02-b"]
    assert models.provenance["training"] == json.loads(json.dumps(asdict(SETTINGS)))
    np.testing.assert_allclose(  # the third network of the list, as far as float16 goes
        models.noise_levels[2][0].kernels[0], random_weights(seed=2).kernels[0], rtol=1e-3
    )
    held_out = load_models(out / "networks" / "DS01-a" / "rate_models_30hz.h5")
    assert list(held_out.noise_levels) == [1]
    assert held_out.provenance["ground_truth"] == ["DS02-b"]
    assert [(r.dataset, r.cell) for r in results] == [("DS01-a", "one"), ("DS01-a", "two"), ("DS02-b", "one")]


def test_tables_say_what_was_measured(truth, jobs, tmp_path):
    _, results = run(truth, tmp_path)
    with open(tmp_path / "accuracy_cells.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["cell"], row["sigma_s"]) for row in rows[:2]] == [("one", "0.05"), ("one", "0.2")]
    assert float(rows[1]["correlation"]) == pytest.approx(results[0].by_sigma[0.2][0].correlation, abs=1e-4)
    assert float(rows[0]["noise_level"]) == pytest.approx(0.5, abs=0.1)
    # two segments of 600 frames, each without the 19 frames that no window reaches
    assert [int(row["n_frames"]) for row in rows[::2]] == [581, 2 * 581, 581]
    with open(tmp_path / "accuracy.csv", newline="") as file:
        summary = list(csv.DictReader(file))
    assert [row["data_set"] for row in summary] == ["DS01-a", "DS02-b", "all"] * 2
    correlations = [r.by_sigma[0.05][0].correlation for r in results]
    assert float(summary[2]["correlation"]) == pytest.approx(np.median(correlations), abs=1e-3)


def test_without_accuracy_one_data_set_is_enough(jobs, tmp_path):
    truth = write_ground_truth(tmp_path / "truth.h5", [simulated_cell("DS01-a", "one", seed=1, duration_s=9.0)])
    path, results = run(truth, tmp_path / "out", accuracy=False)
    assert path.is_file()
    assert results == []
    assert len(jobs) == 4
    with pytest.raises(UserError, match=r"truth.h5: got one data set, DS01-a, expected at least two.*--no_accuracy"):
        run(truth, tmp_path / "measured")
    assert not (tmp_path / "measured").exists()


def test_a_segment_shorter_than_a_window_is_not_measured(jobs, tmp_path):
    cells = [simulated_cell(name, "one", seed=1, duration_s=9.0) for name in ("DS01-a", "DS02-b")]
    short = GroundTruthSegment(np.arange(15) / 30, np.zeros(15, np.float32), np.array([0.1]))
    cells[0] = GroundTruthCell("DS01-a", "one", (*cells[0].segments, short))
    _, results = run(write_ground_truth(tmp_path / "truth.h5", cells), tmp_path)
    assert [r.by_sigma[0.05][0].n_frames for r in results] == [270 - 19, 270 - 19]


def test_another_training_in_the_same_directory_is_refused(truth, jobs, tmp_path):
    out = tmp_path / "out"
    run(truth, out, accuracy=False)
    n_asked = len(jobs)
    run(truth, out, accuracy=False)  # the same goes on
    with pytest.raises(UserError) as caught:
        run(truth, out, replace(SETTINGS, epochs=5, seed=2), accuracy=False)
    message = str(caught.value)
    assert "settings.json: got a training with epochs 1, seed 0, expected epochs 5, seed 2" in message
    assert "another --output_dir" in message
    more = write_ground_truth(tmp_path / "more.h5", [simulated_cell("DS03-c", "one", seed=1, duration_s=9.0)])
    with pytest.raises(UserError, match=r"got a training with n_cells 3, n_spikes \d+, expected n_cells 1"):
        run(more, out, accuracy=False)
    assert len(jobs) == 2 * n_asked


def test_an_output_directory_that_is_a_file(truth, jobs, tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(UserError, match="expected a directory that can be made and written to"):
        run(truth, tmp_path / "out", accuracy=False)


def test_file_names():
    assert [file_name(rate) for rate in (24.0, 7.5, 30)] == [
        "rate_models_24hz.h5", "rate_models_7.5hz.h5", "rate_models_30hz.h5",
    ]  # fmt: skip
