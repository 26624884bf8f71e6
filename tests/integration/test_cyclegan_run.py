"""Train, interrupt, resume, evaluate a small CycleGAN from the command line, as a user would."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from cyclegan_neuro.training.run_directory import RunDirectory

ROOT = Path(__file__).resolve().parents[2]
SMALL = [
    "data.simulation.preset=mouse_3", "data.simulation.duration_s=120.0", "windows.window_frames=96",
    "windows.n_train=48", "windows.n_validation=4", "windows.n_test=8", "model.filters=8", "model.residual_blocks=1",
    "model.dropout=0.25", "objective.history_windows=8", "training.epochs=2", "training.figures_every_epochs=2",
    "evaluation.weights=last", "evaluation.spikes.van_rossum=fast", "evaluation.spikes.max_windows=6",
    "evaluation.spikes.processes=1", "evaluation.interpretation.n_shuffles=20", "report.dpi=60",
]  # fmt: skip


def run(script, *arguments, wait=True):
    command = [sys.executable, str(ROOT / script), *map(str, arguments)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ))
    if not wait:
        return process
    out, err = process.communicate(timeout=600)
    assert process.returncode == 0, err
    return out


def overrides(*more):
    settings = [item for value in (*SMALL, *more) for item in ("--set", value)]
    return ["--config", "cyclegan/activity_alone.yaml", *settings]


def weights(run_directory):
    """Load the newest checkpoint as evaluation does and return every variable, optimizers included."""
    from cyclegan_neuro.training.run import load_run

    run = load_run(run_directory, weights="last")
    variables = [*run.trainer.variables, *(v for o in run.trainer.named_optimizers.values() for v in o.variables)]
    return [(v.path, np.array(v.value)) for v in variables]  # seed generators number themselves per process


def rows(run_directory):
    lines = (run_directory / "history.csv").read_text().splitlines()
    head = lines[0].split(",")
    timed = {head.index(name) for name in head if name.startswith(("seconds", "windows_per_second"))}
    return [[cell for i, cell in enumerate(line.split(",")) if i not in timed] for line in lines]


def test_killed_run_resumes_to_the_same_weights_and_evaluates(tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    run("train.py", "--output_dir", whole, *overrides("training.figures_every_epochs=0"))
    process = run("train.py", "--output_dir", killed, *overrides(), wait=False)
    deadline = time.monotonic() + 400
    history = killed / "history.csv"
    while not (history.exists() and len(history.read_text().splitlines()) >= 2):
        assert time.monotonic() < deadline, "no epoch finished"
        assert process.poll() is None, "ended before it could be killed"
        time.sleep(0.02)
    time.sleep(0.1)  # into the next epoch
    process.send_signal(signal.SIGKILL)
    process.communicate()
    run("train.py", "--output_dir", killed, "--resume")
    expected, found = weights(whole), weights(killed)
    pairs = zip(expected, found, strict=True)
    different = [name for (name, value), (_, again) in pairs if not np.array_equal(value, again)]
    assert different == []
    assert rows(whole) == rows(killed)

    out = run("evaluate.py", "--output_dir", killed)
    report = killed / "report" / "index.html"
    assert out.splitlines()[-1].startswith(f"{report}  (weights 'last': epoch 2, step ")
    page = report.read_text(encoding="utf-8")
    assert "Simulated data" in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    metrics = json.loads((killed / "report" / "metrics.json").read_text())
    assert metrics["system"] == "cyclegan"
    assert metrics["weights"]["epoch"] == 2
    assert RunDirectory(killed).foreign_files() == []
    assert {"cycle_x", "cycle_y", "identity_x", "identity_y", "direct_x", "direct_y"} <= set(metrics["signals"])
    assert {"changed_y", "changed_x", "unchanged_y", "unchanged_x"} <= set(metrics["tuning"])
    assert metrics["signals"]["direct_y"]["model"]["n"] == 8
    assert metrics["inference"]["windows"] == {"x": 6, "y": 6}
    assert 0 < metrics["inference"]["accuracy"]["x"]["sigma_0.2_s"]["correlation"] < 1
    for statistic in ("firing_rate", "correlation", "van_rossum"):
        entry = metrics["spikes"][statistic]
        assert set(entry) == {"x_from_y", "x_cycle", "y_from_x", "y_cycle"}
        alignments = {"moment_matching", "quantile_matching", "gaussian_ot", "lagged_ot"}
        alignments |= {
            "position_shift",
            "position_moments",
            "position_moments_ot",
            "position_moments_state",
            "position_filter",
        }
        assert set(entry["y_from_x"]) == {"model", "identity", "noise_floor"} | alignments
        assert entry["y_from_x"]["model"]["kl"]["mean"] > 0
    assert set(metrics["interpretation"]) == {"D_X", "D_Y", "G", "F", "recorded"}
    saliency = metrics["interpretation"]["G"]["saliency"]
    assert {"auroc_neurons", "auroc_region", "position_overlap", "chance", "untrained"} <= set(saliency)
    assert 0 <= saliency["auroc_neurons"] <= 1
    assert (killed / "report" / "maps.h5").exists()
    figures = {path.stem for path in (killed / "report" / "figures").glob("*.png")}
    assert {"spikes_firing_rate", "spikes_correlation", "spikes_van_rossum", "spike_inference"} <= figures
    assert {path.suffix for path in (killed / "evaluation_cache").iterdir()} == {".npz"}


@pytest.mark.parametrize("objective", ["gan", "wgangp", "dragan"])
@pytest.mark.slow
def test_every_objective_trains_and_evaluates_on_phi(tmp_path, objective):
    out = tmp_path / objective
    phi = ("data.source=phi", f"objective.name={objective}", "model.generator=agresnet", "windows.n_train=20")
    run("train.py", "--output_dir", out, *overrides(*phi))
    run("evaluate.py", "--output_dir", out)
    signals = json.loads((out / "report" / "metrics.json").read_text())["signals"]
    best, identity = (signals["direct_y"][row]["mean"] for row in ("best_possible", "identity"))
    assert 0 < best < identity
