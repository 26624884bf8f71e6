"""From ground truth to a file of networks and tables; the trainings themselves are replaced by random networks."""

import csv
import json
from dataclasses import asdict, replace

import numpy as np
import pytest
from inference_fakes import SMALL, random_members, simulated_cell, write_ground_truth, write_network

from cyclegan_neuro.errors import UserError
from cyclegan_neuro.spikes.ground_truth.cells import GroundTruthCell, GroundTruthSegment
from cyclegan_neuro.spikes.inference import calibration
from cyclegan_neuro.spikes.inference.calibration import log_ratio
from cyclegan_neuro.spikes.inference.models import load_models
from cyclegan_neuro.spikes.inference.training import workflow
from cyclegan_neuro.spikes.inference.training.folds import CELLS, DATA_SETS
from cyclegan_neuro.spikes.inference.training.jobs import Job
from cyclegan_neuro.spikes.inference.training.settings import TrainingSettings
from cyclegan_neuro.spikes.inference.training.workflow import train_models

SETTINGS = TrainingSettings(frame_rates_hz=(15.0, 30.0), ensemble_size=2, updates=1, architecture=SMALL)
MASKED = 2 * 12  # of a recording: what the small networks reach at 30 Hz


@pytest.fixture
def jobs(monkeypatch):
    """The jobs that were asked for; each leaves a random network behind."""
    asked = []

    def write(jobs, settings, *, ground_truth, output_dir, processes):
        asked.extend(jobs)
        for number, job in enumerate(jobs):
            write_network(output_dir, job, random_members(1, seed=number)[0])

    monkeypatch.setattr(workflow, "train_networks", write)
    return asked


@pytest.fixture
def truth(tmp_path):
    """Two data sets in two files."""
    one = [
        simulated_cell("DS01-GCaMP6f", "one", seed=1, duration_s=20.0, spikes_hz=0.3),
        simulated_cell("DS01-GCaMP6f", "two", seed=2, duration_s=20.0, spikes_hz=0.3, n_segments=2),
    ]
    two = [simulated_cell("DS30-GCaMP8f", "one", seed=3, duration_s=20.0, spikes_hz=0.3)]
    return [write_ground_truth(tmp_path / "1.h5", one), write_ground_truth(tmp_path / "2.h5", two)]


def run(truth, output_dir, settings=SETTINGS, **how):
    return train_models(settings, ground_truth=truth, output_dir=output_dir, processes=1, **how)


def rows_of(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def test_every_cell_is_measured_by_networks_that_did_not_see_it(truth, jobs, tmp_path, monkeypatch):
    monkeypatch.setattr(calibration, "_FEWEST_CELLS", 3)
    out = tmp_path / "new" / "out"
    path, results = run(truth, out, kinds=(DATA_SETS, CELLS))
    folds = ("cells_1", "cells_2", "data_sets_1", "data_sets_2")
    assert jobs == [Job("", 0), Job("", 1), *(Job(fold, 0) for fold in folds)]
    networks = load_models(path)
    assert path == out / "spike_networks.h5"
    assert (len(networks.members), networks.architecture, networks.causal) == (2, SMALL, False)
    assert networks.provenance["ground_truth"] == ["DS01-GCaMP6f", "DS30-GCaMP8f"]
    assert networks.provenance["title"] == "Spike rates from dF/F at 15 to 30 Hz"
    assert networks.frame_rates_hz == (15.0, 30.0)
    assert networks.provenance["training"] == json.loads(json.dumps(asdict(SETTINGS)))
    (second,) = random_members(1, seed=1)
    np.testing.assert_allclose(networks.members[1]["first_kernel"], second["first_kernel"], rtol=1e-3, atol=1e-7)
    saw = {fold: load_models(out / "networks" / fold).provenance["ground_truth"] for fold in folds}
    assert saw == {
        "cells_1": ["DS01-GCaMP6f"], "cells_2": ["DS01-GCaMP6f", "DS30-GCaMP8f"],
        "data_sets_1": ["DS30-GCaMP8f"], "data_sets_2": ["DS01-GCaMP6f"],
    }  # fmt: skip
    assert [(kind, rate, r.dataset, r.cell) for kind, rate, r in results] == [
        ("cells", 30.0, "DS01-GCaMP6f", "one"), ("cells", 30.0, "DS30-GCaMP8f", "one"),
        ("cells", 30.0, "DS01-GCaMP6f", "two"),
        ("data_sets", 30.0, "DS01-GCaMP6f", "one"), ("data_sets", 30.0, "DS01-GCaMP6f", "two"),
        ("data_sets", 30.0, "DS30-GCaMP8f", "one"),
    ]  # fmt: skip
    # what users are told of errors is that of data sets that were held out
    unseen = [log_ratio(r.true_hz, r.inferred_hz) for kind, _, r in results if kind == DATA_SETS]
    assert set(networks.calibration) == {""}
    assert networks.calibration[""]["n_cells"] == 3
    low, _, high = networks.calibration[""]["log_ratio"]
    assert min(unseen) - 1e-3 <= low < high <= max(unseen) + 1e-3


def test_tables_say_what_was_measured(truth, jobs, tmp_path):
    _, results = run(truth, tmp_path, kinds=(DATA_SETS,), measured_rates_hz=(30.0, 15.0))
    rows = rows_of(tmp_path / "accuracy_cells.csv")
    assert [(r["held_out"], r["frame_rate_hz"], r["cell"], r["sigma_s"]) for r in rows[:2]] == [
        ("data_sets", "30.0", "one", "0.05"), ("data_sets", "30.0", "one", "0.2"),
    ]  # fmt: skip
    first = results[0][2]
    assert float(rows[1]["correlation"]) == pytest.approx(first.by_sigma[0.2][0].correlation, abs=1e-4)
    assert float(rows[0]["noise_level"]) == pytest.approx(0.5, abs=0.1)
    assert float(rows[0]["inferred_hz"]) == pytest.approx(first.inferred_hz, abs=1e-4)
    # one or two segments of 600 frames, each without those at its ends, at each rate
    frames = [int(row["n_frames"]) for row in rows[::2] if row["frame_rate_hz"] == "30.0"]
    assert frames == [600 - MASKED, 2 * (600 - MASKED), 600 - MASKED]
    summary = rows_of(tmp_path / "accuracy.csv")
    assert [row["data_set"] for row in summary] == ["DS01-GCaMP6f", "DS30-GCaMP8f", "all"] * 4
    assert [row["frame_rate_hz"] for row in summary] == ["30.0"] * 6 + ["15.0"] * 6
    correlations = [r.by_sigma[0.05][0].correlation for _, rate, r in results if rate == 30.0]
    assert float(summary[2]["correlation"]) == pytest.approx(np.median(correlations), abs=1e-3)


def test_without_accuracy_one_data_set_is_enough(jobs, tmp_path):
    cell = simulated_cell("DS01-GCaMP6f", "one", seed=1, duration_s=9.0)
    truth = [write_ground_truth(tmp_path / "truth.h5", [cell])]
    path, results = run(truth, tmp_path / "out")
    assert load_models(path).calibration == {}
    assert results == []
    assert jobs == [Job("", 0), Job("", 1)]
    assert not (tmp_path / "out" / "accuracy.csv").exists()
    with pytest.raises(UserError, match=r"truth.h5: got one data set, DS01-GCaMP6f, expected at least two"):
        run(truth, tmp_path / "measured", kinds=(DATA_SETS,))
    assert not (tmp_path / "measured").exists()


@pytest.mark.parametrize("rate", [2.0, 14.0, 60.0])
def test_rates_that_the_networks_will_not_serve_are_refused_before_the_training(rate, truth, jobs, tmp_path):
    with pytest.raises(UserError, match=rf"measured: got {rate:g} Hz, expected 15 to 30 Hz, which the networks are"):
        run(truth, tmp_path / "out", kinds=(CELLS,), measured_rates_hz=(30.0, rate))
    assert not jobs
    run(truth, tmp_path / "out", measured_rates_hz=(rate,))  # nothing is measured
    assert len(jobs) == SETTINGS.ensemble_size


def test_a_segment_shorter_than_what_networks_read_is_not_measured(jobs, tmp_path):
    cells = [simulated_cell(name, "one", seed=1, duration_s=9.0) for name in ("DS01-GCaMP6f", "DS02-GCaMP6f")]
    short = GroundTruthSegment(np.arange(MASKED) / 30, np.zeros(MASKED, np.float32), np.array([0.1]))
    cells[0] = GroundTruthCell("DS01-GCaMP6f", "one", (*cells[0].segments, short))
    _, results = run([write_ground_truth(tmp_path / "truth.h5", cells)], tmp_path, kinds=(DATA_SETS,))
    assert [r.by_sigma[0.05][0].n_frames for *_, r in results] == [270 - MASKED, 270 - MASKED]


def test_another_training_in_the_same_directory_is_refused(truth, jobs, tmp_path):
    out = tmp_path / "out"
    run(truth, out)
    run(truth, out)  # the same goes on
    with pytest.raises(UserError) as caught:
        run(truth, out, replace(SETTINGS, updates=5, seed=2))
    message = str(caught.value)
    assert "settings.json: got a training with seed 0, updates 1, expected seed 2, updates 5" in message
    assert "another --output_dir" in message
    with pytest.raises(UserError, match=r"got a training with n_cells 3, n_spikes \d+, expected n_cells 2"):
        run(truth[:1], out)
    assert len(jobs) == 4


def test_an_output_directory_that_is_a_file(truth, jobs, tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(UserError, match="expected a directory that can be made and written to"):
        run(truth, tmp_path / "out")
