"""Train, interrupt, resume and evaluate a small Swap-VAE, as a user would."""

import json
import signal

import numpy as np
import pytest
from training_fakes import differing, stop_at

from cyclegan_neuro.cli import evaluate as evaluate_command
from cyclegan_neuro.cli import train as train_command
from cyclegan_neuro.systems import base
from cyclegan_neuro.training.interruption import TrainingInterrupted
from cyclegan_neuro.training.run import load_run, train
from cyclegan_neuro.training.run_directory import RunDirectory

SYSTEM = base.get("swap_vae")
SMALL = """\
system: swap_vae
data: {simulation: {n_sequences: 20, n_neurons: 12}}
model: {hidden: 8, content_size: 4, style_size: 3}
training: {epochs: 2, passes_per_epoch: 1, batch_size: 128, jit_compile: false, figures_every_epochs: 2}
evaluation: {folds: 2, compare: [], n_seeds: 1, n_resamples: 100, processes: 1}
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
    assert {"original", "swapped", "kl", "alignment", "gradient_norm", "val_loss"} <= set(head.split(","))
    assert len(rows) == 2
    assert list((out / "tensorboard").rglob("events*"))

    run(evaluate_command, "--output_dir", out)
    assert RunDirectory(out).foreign_files() == []
    metrics = json.loads((out / "report" / "metrics.json").read_text())
    assert metrics["system"] == "swap_vae"
    rows = {"swap_vae/full", "swap_vae/content", "swap_vae/style", "pca/full", "raw/full"}
    for label in ("direction", "time"):
        assert rows == set(metrics["decoding"][label]) - {"chance"}
        assert metrics["decoding"][label]["raw/full"]["n_trials"] == 80
    assert metrics["decoding"]["published_readout"]["swap_vae/full"]["last_acc"]["n"] == 2
    assert "swap_vae" in metrics["reconstruction"]
    assert "generation" in metrics
    page = (out / "report" / "index.html").read_text(encoding="utf-8")
    assert "Swap-VAE was trained (Liu et al. 2021): an encoder gave each bin a content of 4 dimensions" in page

    kept = list((out / "evaluation_cache").glob("representation-*"))
    assert len(kept) == 3  # two folds, and another seed on the split of the run


def test_an_interrupted_run_ends_where_an_uninterrupted_one_ends(tmp_path):
    config = SYSTEM.Config.model_validate(
        {
            "data": {"simulation": {"n_sequences": 20, "n_neurons": 12}},
            "model": {"hidden": 8, "content_size": 4, "style_size": 3},
            "views": {"dropout": 0.5},
            "training": {"epochs": 4, "passes_per_epoch": 1, "batch_size": 32, "jit_compile": False}
            | {"figures_every_epochs": 0, "weight_averaging": 0.9},
        }
    )
    whole = train(SYSTEM, config, output_dir=tmp_path / "whole")
    with pytest.MonkeyPatch.context() as patch:
        stop_at(2, signal.SIGTERM, patch)
        with pytest.raises(TrainingInterrupted):
            train(SYSTEM, config, output_dir=tmp_path / "stopped")
    assert load_run(tmp_path / "stopped", weights="last", system=SYSTEM).checkpoint.manifest.step == 2
    resumed = train(SYSTEM, config, output_dir=tmp_path / "stopped", resume=True)
    assert resumed.status.step == whole.status.step == 4
    assert differing(resumed, whole) == []
    loaded = load_run(tmp_path / "stopped", weights="last", system=SYSTEM)
    windows = whole.prepared.windows()[:20]
    spaces = (np.asarray(found.trainer.spaces(windows)["full"]) for found in (resumed, loaded))
    assert np.isfinite(next(spaces)).all()
