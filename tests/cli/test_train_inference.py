"""``python -m cyclegan_neuro.cli.train_inference``."""

import subprocess
import sys

import pytest
from inference_fakes import SMALL, random_weights, simulated_cell, write_ground_truth, write_network

from cyclegan_neuro.cli.train_inference import main
from cyclegan_neuro.spikes.inference.models import load_models
from cyclegan_neuro.spikes.inference.rate_models import Architecture
from cyclegan_neuro.spikes.inference.training import workflow


@pytest.fixture
def trained(monkeypatch):
    """Settings and processes of trainings, which leave random networks behind."""
    calls = []

    def write(jobs, settings, *, ground_truth, output_dir, processes):
        calls.append((settings, processes))
        for job in jobs:
            write_network(output_dir, job, random_weights(settings.architecture))

    monkeypatch.setattr(workflow, "train_networks", write)
    return calls


@pytest.fixture
def truth(tmp_path):
    cells = [simulated_cell(name, "c", seed=1, duration_s=9.0) for name in ("DS01-a", "DS15-b")]
    return write_ground_truth(tmp_path / "truth.h5", cells)


def test_it_prints_accuracy_and_where_the_networks_are(truth, trained, tmp_path, capsys):
    out = tmp_path / "out"
    options = ["--ground_truth", str(truth), "--frame_rate", "30", "--output_dir", str(out), "--ensemble_size", "1"]
    assert main([*options, "--noise_levels", "2", "1", "2", "--processes", "3", "--epochs", "4", "--causal"]) == 0
    settings, processes = trained[0]
    assert (settings.noise_levels, settings.ensemble_size, settings.epochs) == ((1, 2), 1, 4)
    assert (settings.frame_rate_hz, settings.causal, settings.seed, processes) == (30.0, True, 0, 3)
    assert settings.architecture == Architecture() != SMALL
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "each data set inferred by networks that did not see it; medians over cells"
    names = [line[:36].strip() for line in lines[2:-1]]
    assert names == ["DS01-a", "DS15-b", "all", "without DS15, DS16"] * 2
    assert lines[-1] == str(out / "rate_models_30hz.h5")
    assert list(load_models(out).noise_levels) == [1, 2]


def test_without_accuracy_only_the_file_is_named(truth, trained, tmp_path, capsys):
    options = ["--ground_truth", str(truth), "--frame_rate", "7.5", "--output_dir", str(tmp_path / "out")]
    assert main([*options, "--no_accuracy", "--ensemble_size", "1"]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'out' / 'rate_models_7.5hz.h5'}\n"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--frame_rate", "0"], "--frame_rate: got '0', expected a number from 0.1 on"),
        (["--frame_rate", "nan"], "--frame_rate: got 'nan', expected a number from 0.1 on"),
        (["--frame_rate", "30", "--smoothing_s", "-1"], "--smoothing_s: got '-1', expected a number from 0 on"),
        (["--frame_rate", "30", "--epochs", "0"], "--epochs: got '0', expected a whole number from 1 on"),
        (
            ["--frame_rate", "30", "--noise_levels", "0", "1"],
            "--noise_levels: got '0', expected a whole number from 1 on",
        ),
    ],
)
def test_options_that_cannot_be_used(options, message, tmp_path, capsys):
    with pytest.raises(SystemExit) as caught:
        main(["--ground_truth", str(tmp_path), "--output_dir", str(tmp_path), *options])
    assert caught.value.code == 2
    assert message in capsys.readouterr().err


def test_ground_truth_that_is_not_there(tmp_path, capsys):
    with pytest.raises(SystemExit) as caught:
        main(["--ground_truth", str(tmp_path / "no"), "--output_dir", str(tmp_path), "--frame_rate", "30"])
    assert caught.value.code == 2
    assert "no: got no such file or folder" in capsys.readouterr().err


def test_help_imports_neither_tensorflow_nor_scipy():
    code = (
        "import sys\nfrom cyclegan_neuro.cli.train_inference import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "print([m for m in ('tensorflow', 'keras', 'scipy', 'h5py') if m in sys.modules])"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "in % per sqrt(Hz)" in output
    assert output.splitlines()[-1] == "[]"
