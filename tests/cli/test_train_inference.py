"""``python -m cyclegan_neuro.cli.train_inference``."""

import subprocess
import sys

import pytest
from inference_fakes import random_members, simulated_cell, write_ground_truth, write_network

from cyclegan_neuro.cli.train_inference import main
from cyclegan_neuro.spikes.inference.models import load_models
from cyclegan_neuro.spikes.inference.spike_network import Architecture
from cyclegan_neuro.spikes.inference.training import workflow


@pytest.fixture
def trained(monkeypatch):
    """Settings and processes of trainings, which leave random networks behind."""
    calls = []

    def write(jobs, settings, *, ground_truth, output_dir, processes):
        calls.append((settings, processes, jobs))
        for job in jobs:
            write_network(output_dir, job, random_members(1, settings.architecture)[0])

    monkeypatch.setattr(workflow, "train_networks", write)
    return calls


@pytest.fixture
def truth(tmp_path):
    return [
        str(write_ground_truth(tmp_path / f"{name}.h5", [simulated_cell(name, "c", seed=1, duration_s=9.0)]))
        for name in ("DS01-GCaMP6f", "DS15-GCaMP6s")
    ]


def test_it_prints_accuracy_and_where_the_networks_are(truth, trained, tmp_path, capsys):
    out = tmp_path / "out"
    options = ["--ground_truth", *truth, "--frame_rates", "30", "15", "30", "--output_dir", str(out)]
    options += ["--ensemble_size", "2", "--processes", "3", "--updates", "4", "--causal", "--measure_at", "15"]
    assert main([*options, "--hold_out", "data_sets"]) == 0
    settings, processes, jobs = trained[0]
    assert (settings.frame_rates_hz, settings.ensemble_size, settings.updates) == ((15.0, 30.0), 2, 4)
    assert (settings.held_out_size, settings.causal, settings.seed, processes) == (1, True, 0, 3)
    assert settings.architecture == Architecture()
    assert [(job.held_out, job.member) for job in jobs] == [
        ("", 0), ("", 1), ("data_sets_1", 0), ("data_sets_2", 0),
    ]  # fmt: skip
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "each data set inferred by networks that did not see it, 15 Hz; medians over cells"
    names = [line[:36].strip() for line in lines[2:-1]]
    assert names == ["DS01-GCaMP6f", "DS15-GCaMP6s", "all", "without DS15, DS16"] * 2
    assert lines[-1] == str(out / "spike_networks.h5")
    assert load_models(out).causal is True


def test_without_accuracy_only_the_file_is_named(truth, trained, tmp_path, capsys):
    options = ["--ground_truth", truth[0], "--output_dir", str(tmp_path / "out")]
    assert main([*options, "--no_accuracy", "--ensemble_size", "1"]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'out' / 'spike_networks.h5'}\n"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--frame_rates", "30", "1.9"], "--frame_rates: got '1.9', expected a number from 2 on"),
        (["--frame_rates", "nan"], "--frame_rates: got 'nan', expected a number from 2 on"),
        (["--measure_at", "inf"], "--measure_at: got 'inf', expected a number from 2 on"),
        (["--updates", "0"], "--updates: got '0', expected a whole number from 1 on"),
        (["--ensemble_size", "1.5"], "--ensemble_size: got '1.5', expected a whole number from 1 on"),
        (["--hold_out", "mice"], "--hold_out: invalid choice: 'mice'"),
        (["--hold_out", "cells", "--no_accuracy"], "--no_accuracy: not allowed with argument --hold_out"),
    ],
)
def test_options_that_cannot_be_used(options, message, tmp_path, capsys):
    with pytest.raises(SystemExit) as caught:
        main(["--ground_truth", str(tmp_path), "--output_dir", str(tmp_path), *options])
    assert caught.value.code == 2
    assert message in capsys.readouterr().err


def test_ground_truth_that_is_not_there(tmp_path, capsys):
    with pytest.raises(SystemExit) as caught:
        main(["--ground_truth", str(tmp_path / "no"), "--output_dir", str(tmp_path)])
    assert caught.value.code == 2
    assert "no: got no such file or folder" in capsys.readouterr().err


def test_help_imports_neither_tensorflow_nor_scipy():
    code = (
        "import sys\nfrom cyclegan_neuro.cli.train_inference import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "print([m for m in ('tensorflow', 'keras', 'scipy', 'h5py') if m in sys.modules])"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "to which the ground truth is brought for training" in " ".join(output.split())
    assert output.splitlines()[-1] == "[]"
