"""``evaluate.py``: which settings it takes, and how it joins run, system and report."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from cyclegan_neuro.cli.evaluate import main
from cyclegan_neuro.configuration.loading import dump_config
from cyclegan_neuro.systems import base
from cyclegan_neuro.systems.cyclegan.system import CycleGANSystem
from cyclegan_neuro.systems.evaluation import Block, Evaluation


@pytest.fixture(autouse=True)
def _console_as_it_is(monkeypatch):
    """Leave this process's logging alone."""
    monkeypatch.setattr("cyclegan_neuro.cli.evaluate.prepare_console", lambda: None)


def refused(capsys, *arguments):
    with pytest.raises(SystemExit) as caught:
        main([str(argument) for argument in arguments])
    assert caught.value.code == 2
    return capsys.readouterr().err


@pytest.fixture
def run_directory(tmp_path):
    config = base.get("cyclegan").Config.model_validate({"training": {"epochs": 7}})
    (tmp_path / "config.yaml").write_text(dump_config(config), encoding="utf-8")
    return tmp_path


def test_no_run(capsys, tmp_path):
    message = refused(capsys, "--output_dir", tmp_path / "absent")
    assert message.startswith(f"error: {tmp_path / 'absent'}: got no config.yaml, expected the directory of a run.")


@pytest.mark.parametrize("override", ["training.epochs=3", "model.filters=8", "data.source=phi"])
def test_what_was_learned_cannot_be_set(capsys, run_directory, override):
    key = override.split("=")[0]
    message = refused(capsys, "--output_dir", run_directory, "--set", override)
    assert f"error: --set {override}: got the key '{key}', which is part of how the run was trained" in message
    assert "expected evaluation.*, report.*, or one of data.x.path, data.y.path, training.devices" in message


def test_an_unknown_section_is_named_with_the_nearest(capsys, run_directory):
    message = refused(capsys, "--output_dir", run_directory, "--set", "evaluations.x=y")
    assert "got the unknown key 'evaluations'" in message
    assert "did you mean 'evaluation'?" in message


def test_overrides_are_checked(capsys, run_directory):
    message = refused(capsys, "--output_dir", run_directory, "--set", "evaluation.weights=bst")
    assert "got text 'bst', expected one of best, last. Fix: did you mean 'best'?" in message


def test_no_run_of_ours(capsys, run_directory):
    assert "got no run of ours" in refused(capsys, "--output_dir", run_directory)


def test_the_last_line_is_the_path_of_the_report(capsys, run_directory, monkeypatch):
    asked = {}
    environment = {"versions": {"python": "2.7"}}

    def load_run(output_dir, *, weights, config, system):
        asked.update(output_dir=output_dir, weights=weights)
        directory = SimpleNamespace(
            path=output_dir,
            inputs_file="inputs",
            environment_file="environment",
            read_json={"inputs": {"x": {"rate": 24}}, "environment": environment}.get,
        )
        status = SimpleNamespace(seconds_trained=12.5, windows_per_second=3.0, as_dict=lambda: {"state": "finished"})
        return SimpleNamespace(directory=directory, status=status, prepared="data", trainer="network")

    def evaluate(self, config, prepared, trainer, *, cache_directory=None):
        asked.update(n_traces=config.report.n_traces, given=(prepared, trainer))
        return Evaluation(summary=("It worked.",), blocks=(Block("What went in"),), metrics={"signals": {"n": 1}})

    monkeypatch.setattr("cyclegan_neuro.training.run.load_run", load_run)
    monkeypatch.setattr(CycleGANSystem, "evaluate", evaluate)
    overrides = ["--set", "evaluation.weights=last", "--set", "report.n_traces=5"]
    assert main(["--output_dir", str(run_directory), *overrides]) == 0
    report = Path(capsys.readouterr().out.splitlines()[-1])
    assert report == run_directory / "report" / "index.html"
    page = report.read_text(encoding="utf-8")
    assert "It worked." in page
    assert "weights: last" in page
    assert "evaluated_with.python" in page  # other versions than the run was trained with
    assert asked == {
        "output_dir": run_directory, "weights": "last", "n_traces": 5, "given": ("data", "network")
    }  # fmt: skip
    assert '"training_s": 12.5' in (report.parent / "metrics.json").read_text(encoding="utf-8")
