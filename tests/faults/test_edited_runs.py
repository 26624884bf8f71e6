"""Files of a run that were changed, damaged or lost after it was trained."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest
from training_fakes import SYSTEM, FakeConfig, make_config

from cyclegan_neuro.configuration.loading import load_config
from cyclegan_neuro.errors import ConfigurationError, RunDirectoryError
from cyclegan_neuro.systems import base
from cyclegan_neuro.training.manifest import RunManifest
from cyclegan_neuro.training.run import load_run, train
from cyclegan_neuro.training.run_directory import RunDirectory, claim

CONFIGS = sorted(
    path for path in (Path(__file__).parents[2] / "configs").glob("*/*.yaml") if path.parent.name != "grids"
)


@pytest.fixture
def run(finished):
    """A finished run of two epochs, ten updates."""
    return RunDirectory(finished)


def edit(file, old, new):
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def load(run):
    return load_run(run.path, weights="last", system=SYSTEM)


def resume(run, **overrides):
    """Go on as ``train.py --resume`` does: with the configuration that is in the run."""
    config = load_config(run.config_file, FakeConfig, overrides=[f"{key}={value}" for key, value in overrides.items()])
    return train(SYSTEM, config, output_dir=run.path, resume=True)


def test_an_edited_configuration_is_not_the_run_s_own(run):
    edit(run.config_file, "learning_rate_generator: 0.01", "learning_rate_generator: 0.05")
    message = (
        f"{run.config_file}: got another configuration than the run was made with: training.learning_rate_generator: "
        "0.01 -> 0.05, expected the same, but for training.epochs, intervals, devices, evaluation and report"
    )
    for attempt in (load, resume):
        with pytest.raises(ConfigurationError) as caught:
            attempt(run)
        assert str(caught.value).startswith(message)


def test_the_right_configuration_mends_an_edited_one(run):
    edit(run.config_file, "learning_rate_generator: 0.01", "learning_rate_generator: 0.05")
    train(SYSTEM, make_config(epochs=2), output_dir=run.path, resume=True)
    assert load_config(run.config_file, FakeConfig) == make_config(epochs=2)


def test_changes_by_the_front_door_are_kept(run, caplog):
    resume(run, **{"training.epochs": 3})
    assert json.loads(run.manifest_file.read_text())["config"]["training"]["epochs"] == 3
    caplog.clear()
    assert load(run).config.training.epochs == 3
    assert caplog.text == ""


def test_an_evaluation_counts_the_epochs_that_were_trained(run, caplog):
    edit(run.config_file, "epochs: 2", "epochs: 200")
    edit(run.config_file, "weights: best", "weights: last")
    found = load(run).config
    assert (found.training.epochs, found.evaluation.weights) == (2, "last")
    assert "training.epochs: 2 -> 200; the run was trained with the former, which counts here" in caplog.text


@pytest.mark.parametrize("name", ["scaling.npz", "inputs.json"])
def test_an_edited_file_is_named(run, name):
    file = run.path / name
    file.write_bytes(file.read_bytes() + b" ")
    for attempt in (load, resume):
        with pytest.raises(RunDirectoryError) as caught:
            attempt(run)
        assert str(caught.value).startswith(f"{file}: got another file than the run was trained with, expected SHA-256")
        assert "Fix: restore it, or start another run" in str(caught.value)


def test_what_is_lost_is_learned_again_and_compared(run, monkeypatch):
    (run.path / "scaling.npz").unlink()
    assert load(run).checkpoint.manifest.step == 10
    prepare = type(SYSTEM).prepare

    def learn_something_else(self, config, *, run_directory=None):
        prepared = prepare(self, config, run_directory=run_directory)
        (run_directory / "scaling.npz").write_text("else")
        return prepared

    (run.path / "scaling.npz").unlink()
    monkeypatch.setattr(type(SYSTEM), "prepare", learn_something_else)
    with pytest.raises(RunDirectoryError, match=r"scaling.npz: got another file than the run was trained with"):
        load(run)


def test_runs_of_before_load_and_get_a_manifest(run, caplog):
    run.manifest_file.unlink()
    assert load(run).checkpoint.manifest.step == 10
    assert "manifest.json: missing, as in earlier runs" in caplog.text
    resume(run)
    assert set(json.loads(run.manifest_file.read_text())["sha256"]) == {"inputs.json", "scaling.npz"}


@pytest.mark.parametrize("text", ["", "{}", '{"format": "else", "config": {}, "sha256": {}}'])
def test_a_damaged_manifest_is_said(run, text):
    run.manifest_file.write_text(text)
    with pytest.raises(RunDirectoryError, match=r"manifest.json: got a damaged file .*restore it, or delete it"):
        load(run)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_manifest_gives_the_configuration_back(path, tmp_path):
    config = load_config(path, base.get(path.parent.name).Config)
    file = tmp_path / "manifest.json"
    RunDirectory(tmp_path).write_json(file, asdict(RunManifest.describe(config, tmp_path, ())))
    assert RunManifest.read(file).config_of(type(config), where="here") == config


def test_a_manifest_of_another_version_is_explained(run):
    edit(run.manifest_file, '"units"', '"unit"')
    with pytest.raises(ConfigurationError, match=r"manifest.json, model.unit: got the unknown key 'unit'"):
        load(run)


LOST = {
    "missing": None, "empty": "", "no JSON": "{", "not ours": "{}",
    "no such state": '{"format": "cyclegan_neuro run 1", "system": "fake", "state": "happy"}',
    "no number": '{"format": "cyclegan_neuro run 1", "system": "fake", "state": "finished", "epoch": "two"}',
}  # fmt: skip


@pytest.mark.parametrize("text", LOST.values(), ids=LOST)
def test_a_lost_status_is_rebuilt(run, text, caplog):
    run.status_file.unlink()
    if text is not None:
        run.status_file.write_text(text)
    status = load(run).status
    assert (status.system, status.state, status.epoch, status.step, status.epochs) == ("fake", "finished", 2, 10, 2)
    assert status.seconds_trained > 0
    assert status.windows_per_second > 0
    assert "status.json: missing or damaged; rebuilt (epoch 2, step 10)" in caplog.text


def test_a_run_without_its_status_goes_on_and_may_be_replaced(run):
    run.status_file.write_text("damaged")
    with pytest.raises(RunDirectoryError, match=r"a run that is there already .finished, 2 of 2 epochs"):
        claim(run.path).__enter__()
    with claim(run.path, overwrite=True):
        pass
    resumed = resume(run, **{"training.epochs": 3})
    assert (resumed.status.state, resumed.status.step) == ("finished", 15)
    assert run.read_status() == resumed.status


def test_a_run_of_before_is_known_by_its_checkpoints(run):
    run.status_file.unlink()
    run.manifest_file.unlink()
    assert load(run).status.step == 10
    for file in run.checkpoints.iterdir():
        file.write_bytes(b"damaged")
    with pytest.raises(RunDirectoryError, match="no run of ours"):
        load(run)
