"""Train, interrupt, resume, evaluate and sample a small Spike-GAN, as a user would."""

import importlib
import json
import re
import signal

import h5py
import numpy as np
import pytest
from training_fakes import differing, stop_at

from cyclegan_neuro.systems import base
from cyclegan_neuro.training.interruption import TrainingInterrupted
from cyclegan_neuro.training.run import load_run, train
from cyclegan_neuro.training.run_directory import RunDirectory

SYSTEM = base.get("spike_gan")
SMALL = """\
system: spike_gan
data: {simulation: {pairs: {n_samples: 200, n_bins: 12, n_neurons: 4}}}
model: {features: 4, noise_size: 8}
objective: {critic_updates: 2}
training: {epochs: 2, batch_size: 16, jit_compile: false, figures_every_epochs: 2}
report: {dpi: 50}
evaluation:
  {n_samples: 100, whole_distribution_samples: 2000, importance: {n_samples: 10, window_bins: 4, coordination_steps: 3}}
"""
STATISTICS = {"spike_count", "time_course_hz", "covariance", "lag_covariance", "k_statistic", "autocorrelogram"}
MODELS = {"model", "independent", "dichotomized_gaussian", "k_pairwise", "floor"}


@pytest.fixture
def run(monkeypatch, capsys):
    """Return a function that runs a command of the package and returns what it prints."""

    def run(command, *arguments):
        module = importlib.import_module(f"cyclegan_neuro.cli.{command}")
        monkeypatch.setattr(module, "prepare_console", lambda: None)
        capsys.readouterr()
        assert module.main([str(argument) for argument in arguments]) == 0
        return capsys.readouterr().out

    return run


def make_config(*, data=None, model=None, training=None, evaluation=None):
    quiet = {"epochs": 2, "batch_size": 16, "jit_compile": False, "figures_every_epochs": 0}
    quick = {"n_samples": 40, "importance": {"n_samples": 6, "window_bins": 4, "coordination_steps": 2}}
    return SYSTEM.Config.model_validate(
        {
            "data": {"simulation": {"pairs": {"n_samples": 200, "n_bins": 12, "n_neurons": 4}}, **(data or {})},
            "model": {"features": 4, "noise_size": 8, "mlp_units": 8, **(model or {})},
            "objective": {"critic_updates": 2},
            "training": quiet | (training or {}),
            "evaluation": quick | (evaluation or {}),
        }
    )


def titles(evaluation):
    return [block.title for block in evaluation.blocks]


def finite(values):
    """Return whether all numbers of nested dictionaries are finite; R² may be missing."""
    if isinstance(values, dict):
        return all(finite(value) for key, value in values.items() if key != "r2")
    return all(map(finite, values)) if isinstance(values, list) else bool(np.isfinite(values))


# -- from the command line -------------------------------------------------------------------------


def test_train_evaluate_and_sample_from_the_command_line(tmp_path, run):
    (tmp_path / "small.yaml").write_text(SMALL, encoding="utf-8")
    out = tmp_path / "run"
    run("train", "--config", tmp_path / "small.yaml", "--output_dir", out)
    rows = (out / "history.csv").read_text().splitlines()
    assert len(rows) == 3
    assert {"wasserstein", "penalty", "generator", "val_moment_error"} <= set(rows[0].split(","))
    assert json.loads((out / "status.json").read_text())["state"] == "finished"
    assert json.loads((out / "inputs.json").read_text())["activity"]["shape"] == [2400, 4]

    report = out / "report" / "index.html"
    assert run("evaluate", "--output_dir", out).splitlines()[-1].startswith(f"{report}  (weights ")
    assert RunDirectory(out).foreign_files() == []
    page = report.read_text(encoding="utf-8")
    for title in (
        "What went in", "Do generated samples have the statistics of recorded ones?", "Are they copies?",
        "Is the whole distribution right?", "What does the critic look at?", "The models beside it",
        "How sure is this?",
    ):  # fmt: skip
        assert title in page
    assert "Simulated activity, not recorded in an animal" in page
    assert "Software: cyclegan_neuro" in page
    metrics = json.loads((out / "report" / "metrics.json").read_text())
    assert metrics["system"] == "spike_gan"
    assert set(metrics["statistics"]) == MODELS
    assert all(set(errors) == STATISTICS for errors in metrics["statistics"].values())
    assert metrics["statistics"]["model"]["spike_count"]["rmse"] > metrics["statistics"]["floor"]["spike_count"]["rmse"]
    groups = {"generated", "held_out", "training"} | MODELS - {"model", "floor"}
    assert set(metrics["memorisation"]["median_distance"]) == set(metrics["memorisation"]["copies"]) == groups
    assert metrics["whole_distribution"]["entropy_bits"]["surrogate"]["n_samples"] == 2000
    assert metrics["importance"]["n_samples"] == 10
    figures = {path.stem for path in (out / "report" / "figures").glob("*.png")}
    assert {
        "statistics", "examples", "nearest", "nearest_samples", "importance", "importance_time", "importance_neurons",
        "filters", "whole_distribution",
    } <= figures  # fmt: skip
    tables = {path.stem for path in (out / "report").rglob("*.csv")}
    assert {"statistics", "standing", "activity", "groups", "nearest"} <= tables
    assert re.search(r"Of 6 statistics Spike-GAN is nearer to the recording than .* in \d.*Gaussian model in \d", page)

    run("sample", "--output_dir", out, "--n_samples", 7, tmp_path / "samples.h5")
    with h5py.File(tmp_path / "samples.h5") as file:
        assert file["samples"].shape == (7, 4, 12)


# -- a stopped run ---------------------------------------------------------------------------------


def untimed_history(found):
    lines = [line.split(",") for line in found.directory.history_file.read_text().splitlines()]
    timed = {i for i, name in enumerate(lines[0]) if name.startswith(("seconds", "windows_per_second"))}
    return [[cell for i, cell in enumerate(line) if i not in timed] for line in lines]


def test_an_interrupted_run_ends_where_an_uninterrupted_one_ends(tmp_path):
    config = make_config(training={"weight_averaging": 0.9, "decay": "linear", "epochs": 3})
    whole = train(SYSTEM, config, output_dir=tmp_path / "whole")
    with pytest.MonkeyPatch.context() as patch:
        stop_at(7, signal.SIGTERM, patch)  # an epoch has 5 steps
        with pytest.raises(TrainingInterrupted):
            train(SYSTEM, config, output_dir=tmp_path / "stopped")
    stopped = load_run(tmp_path / "stopped", weights="last", system=SYSTEM)
    assert stopped.checkpoint.manifest.step == 7
    assert len(differing(stopped, whole)) > 10
    resumed = train(SYSTEM, config, output_dir=tmp_path / "stopped", resume=True)
    assert resumed.status.step == whole.status.step == 15
    assert differing(resumed, whole) == []
    assert untimed_history(resumed) == untimed_history(whole)


# -- other data and networks -----------------------------------------------------------------------


@pytest.fixture
def evaluate(tmp_path, eager):
    """Return a function that trains, loads and evaluates a configuration."""

    def evaluate(config):
        train(SYSTEM, config, output_dir=tmp_path / "run")
        loaded = load_run(tmp_path / "run", weights=config.evaluation.weights, system=SYSTEM)
        return SYSTEM.evaluate(loaded.config, loaded.prepared, loaded.trainer)

    return evaluate


@pytest.mark.parametrize("kind", ["packets", "stimuli"])
def test_packets_are_scored(evaluate, kind):
    more = {"importance": {"n_samples": 20, "window_bins": 4, "coordination_steps": 2}}
    options = {"n_samples": 80, "n_bins": 24, "n_neurons": 8, "packet_neurons": 4}
    config = make_config(
        data={"simulation": {"kind": kind, kind: options}},
        training={"epochs": 1},
        evaluation=more,
    )
    found = evaluate(config)
    scores = found.metrics["importance"]
    assert list(scores["critics"]) == ["adversary", "coordination", "untrained"]
    assert len(scores["neuron_auroc_of_activity"]) == 2
    for name, critic in scores["critics"].items():
        assert len(critic["packets"]) == 2
        for packet in critic["packets"]:
            assert 0 <= packet["neuron_auroc"] <= 1
            assert -1 <= packet["template_correlation"] <= 1
        assert 0 <= critic["recall"] <= 1
        assert found.arrays[f"importance/maps/{name}"].shape == (20, 24, 8)
    assert {"truth/groups", "truth/onsets", "importance/samples", "generated/samples"} <= set(found.arrays)
    slugs = {table.slug for block in found.blocks for _, table in block.tables}
    assert {"packets", "detection", "whole_packets"} <= slugs
    whole = found.metrics["whole_packets"]
    assert set(whole["share_of_recorded"]) == MODELS
    assert {len(shares) for shares in whole["share_of_recorded"].values()} == {3}  # two packets, and both
    pictures = {picture.slug for block in found.blocks for picture in block.pictures}
    assert {"place_roc", "packet_templates", "importance_time", "filters"} <= pictures
    assert any("Packets with all 4 spikes in place" in sentence.told for sentence in found.summary)
    assert [sentence.asked for sentence in found.summary] == [
        "What went in?", "Did it work?", "Is it new?", "More than simple models?", "How sure?", "What does it find?",
    ]  # fmt: skip
    assert {sentence.section for sentence in found.summary} <= set(titles(found))
    assert all(sum(len(text.split()) for text in block.paragraphs) < 120 for block in found.blocks)
    assert found.opening.slug == "statistics"
    assert any("Importance finds the neurons of each packet" in sentence.told for sentence in found.summary)


def test_traces_are_evaluated_without_spikes(evaluate, tmp_path):
    random = np.random.default_rng(0)
    with h5py.File(tmp_path / "traces.h5", "w") as file:
        file["dff"] = random.normal(0.2, 0.1, (480, 3)).astype(np.float32)
        file["roi_ids"] = np.array(["a", "b", "c"], dtype=h5py.string_dtype())
        file.attrs["frame_rate_hz"] = 10.0
    data = {"source": "recording", "recording": {"path": str(tmp_path / "traces.h5")}, "window_bins": 12}
    found = evaluate(make_config(data={"simulation": {}} | data))
    assert set(found.metrics) == {"statistics"}
    assert set(found.metrics["statistics"]) == {"model", "independent", "floor"}
    assert set(found.metrics["statistics"]["model"]) == STATISTICS - {"k_statistic"}
    assert finite(found.metrics)
    assert titles(found) == [
        "What went in", "Do generated samples have the statistics of recorded ones?", "How sure is this?"
    ]  # fmt: skip
    low, high = np.percentile(found.arrays["generated/samples"], [0, 100])
    assert -0.3 < low < high < 0.7  # ΔF/F


def test_fully_connected_networks(evaluate):
    found = evaluate(make_config(model={"architecture": "mlp"}, training={"epochs": 1}))
    assert finite(found.metrics)
    assert any("fully connected, with 4 hidden layers of 8 units" in paragraph for paragraph in found.methods)
    assert titles(found)[-2:] == ["The models beside it", "How sure is this?"]


def test_a_stimulus_that_was_repeated(evaluate, tmp_path):
    course = np.random.default_rng(1).random((20, 3)) * 0.6
    with h5py.File(tmp_path / "day.h5", "w") as file:
        file["spikes"] = (np.random.default_rng(2).random((600, 3)) < np.tile(course, (30, 1))).astype(np.uint8)
    data = {"source": "continuous", "path": str(tmp_path / "day.h5"), "field": "spikes", "bin_s": 0.01}
    more = {"baselines": {"repeat_bins": 20}}
    found = evaluate(make_config(data={"simulation": {}, **data, "window_bins": 12}, evaluation=more))
    assert set(found.metrics["statistics"]) == {*MODELS, "stimulus_gaussian"}
    covariance = {name: errors["covariance"]["rmse"] for name, errors in found.metrics["statistics"].items()}
    assert covariance["stimulus_gaussian"] < 0.5 * covariance["independent"]
    assert any("whose rates follow the repeated stimulus" in paragraph for paragraph in found.methods)
    assert "stimulus_gaussian" in {table.slug for block in found.blocks for _, table in block.tables}


def test_as_little_as_can_be_asked_for(evaluate):
    off = {"independent": False, "dichotomized_gaussian": False, "k_pairwise": False}
    evaluation = {"n_samples": 2, "baselines": off, "importance": {"enabled": False}}
    found = evaluate(make_config(training={"epochs": 1}, evaluation=evaluation))
    assert set(found.metrics) == {"statistics", "memorisation"}
    assert set(found.metrics["statistics"]) == {"model", "floor"}


@pytest.mark.usefixtures("eager")
def test_bfloat16_trains_samples_and_draws(tmp_path):
    config = make_config(training={"precision": "mixed_bfloat16", "epochs": 1, "generator_updates": 2})
    found = train(SYSTEM, config, output_dir=tmp_path / "run")
    assert found.status.step == 2
    samples = SYSTEM.sample(config, found.prepared, found.trainer, n_samples=5, seed=1)
    assert samples.values.shape == (5, 12, 4)
    figures = SYSTEM.training_figures(config, found.prepared, found.trainer)
    assert set(figures) == {"samples/examples", "samples/statistics"}
    assert len(figures["samples/examples"].axes) == 8
    titles = [axis.get_title(loc) for axis in figures["samples/statistics"].axes[:2] for loc in ("left", "center")]
    assert {"spike count", "covariance"} <= set(titles)
