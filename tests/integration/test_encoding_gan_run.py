"""Train, interrupt, resume and evaluate a small encoding model, as a user would."""

import json
import signal

import pytest
from training_fakes import differing, stop_at

from cyclegan_neuro.cli import evaluate as evaluate_command
from cyclegan_neuro.cli import train as train_command
from cyclegan_neuro.systems import base
from cyclegan_neuro.training.interruption import TrainingInterrupted
from cyclegan_neuro.training.run import load_run, train
from cyclegan_neuro.training.run_directory import RunDirectory

SYSTEM = base.get("encoding_gan")
SMALL = """\
system: encoding_gan
data:
  {condition: identity, most_count: 2, simulation: {n_neurons: 8, n_bins: 30, n_trials: 8, frame_pixels: 9}}
model: {hidden: [6, 5], discriminator_layers: 2, discriminator_units: 8}
training:
  {epochs: 3, supervised_epochs: 1, updates_per_epoch: 2, batch_size: 40, jit_compile: false, validate_every_epochs: 1}
evaluation: {n_resamples: 20}
report: {dpi: 50}
"""


@pytest.fixture
def run(monkeypatch, capsys):
    """Return a function that runs a command of the package and returns what it prints."""

    def run(module, *arguments):
        monkeypatch.setattr(module, "prepare_console", lambda: None)
        assert module.main([str(argument) for argument in arguments]) == 0
        return capsys.readouterr().out

    return run


def test_train_and_evaluate_from_the_command_line(tmp_path, run, eager):
    (tmp_path / "small.yaml").write_text(SMALL, encoding="utf-8")
    out = tmp_path / "run"
    run(train_command, "--config", tmp_path / "small.yaml", "--output_dir", out)
    head, *rows = (out / "history.csv").read_text().splitlines()
    names = {"likelihood", "discriminator", "real", "fake", "generator", "gradient_norm", "val_noise_covariance"}
    assert names <= set(head.split(","))
    assert len(rows) == 3
    history = [dict(zip(head.split(","), row.split(","), strict=True)) for row in rows]
    assert [float(row["generator"]) > 0 for row in history] == [False, True, True]  # supervised first
    assert float(history[0]["val_noise_covariance"]) > float(history[1]["val_noise_covariance"])
    assert json.loads((out / "status.json").read_text())["state"] == "finished"
    assert (out / "inputs.json").exists()

    run(evaluate_command, "--output_dir", out)
    assert RunDirectory(out).foreign_files() == []
    metrics = json.loads((out / "report" / "metrics.json").read_text())
    assert metrics["system"] == "encoding_gan"
    for part in ("train", "held_out"):
        assert {"model", "supervised", "copula", "independent"} <= set(metrics["encoding"][part]["models"])
    page = (out / "report" / "index.html").read_text(encoding="utf-8")
    assert "Responses were modelled by a generator trained adversarially" in page
    assert "a table of stimuli and a dense layer (6 and 5 units), each followed by leaky ReLUs" in page
    assert "4 updates of the generator with 2 of the discriminator each" in page


@pytest.mark.parametrize(("condition", "supervised", "stopped_at"), [("movie", 2, 1), ("identity", 1, 2)])
def test_an_interrupted_run_ends_where_an_uninterrupted_one_ends(tmp_path, eager, condition, supervised, stopped_at):
    """Interrupted while the supervised network learns, and while generator and discriminator do."""
    config = SYSTEM.Config.model_validate(
        {
            "data": {
                "condition": condition,
                "n_frames": 2,
                "simulation": {"n_neurons": 5, "n_bins": 20, "n_trials": 4, "frame_pixels": 9},
            },
            "model": {"hidden": [4, 3]}
            | ({"filters": [2, 2], "kernel_size": 3} if condition == "movie" else {})
            | {"discriminator_layers": 1, "discriminator_units": 4},
            "objective": {"learn_control": True},
            "training": {"epochs": 3, "supervised_epochs": supervised, "updates_per_epoch": 2, "batch_size": 8}
            | {"trials_per_stimulus": 2, "jit_compile": False, "weight_averaging": 0.9, "decay": "linear"}
            | {"learning_rate_generator": 0.01, "validate_every_epochs": 2},
        }
    )
    whole = train(SYSTEM, config, output_dir=tmp_path / "whole")
    with pytest.MonkeyPatch.context() as patch:
        stop_at(stopped_at, signal.SIGTERM, patch)
        with pytest.raises(TrainingInterrupted):
            train(SYSTEM, config, output_dir=tmp_path / "stopped")
    stopped = load_run(tmp_path / "stopped", weights="last", system=SYSTEM)
    assert stopped.checkpoint.manifest.step == stopped_at
    assert int(stopped.trainer.named_optimizers["discriminator"].iterations) == 4 * (stopped_at - 1)
    assert len(differing(stopped, whole)) > 10
    resumed = train(SYSTEM, config, output_dir=tmp_path / "stopped", resume=True)
    assert resumed.status.step == whole.status.step == 3
    assert differing(resumed, whole) == []
