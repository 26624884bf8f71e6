"""``evaluate.py``: which settings it takes, and how it joins run, system and report."""

import json
import os
import signal
import socket
import time
from html import unescape
from pathlib import Path
from types import SimpleNamespace

import pytest

from cyclegan_neuro.cli.evaluate import main
from cyclegan_neuro.configuration.loading import dump_config
from cyclegan_neuro.evaluation.contents import Block, Evaluation
from cyclegan_neuro.evaluation.cost import Cost
from cyclegan_neuro.systems import base
from cyclegan_neuro.systems.cyclegan.system import CycleGANSystem
from cyclegan_neuro.training.checkpoint_file import Checkpoint, Manifest
from cyclegan_neuro.training.lock import EVALUATION_LOCK, locked
from cyclegan_neuro.training.run_directory import RunDirectory


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
    assert (
        "expected evaluation.*, report.*, or one of data.x.path, data.y.path, data.matching.path, training.devices"
        in message
    )


def test_an_unknown_section_is_named_with_the_nearest(capsys, run_directory):
    message = refused(capsys, "--output_dir", run_directory, "--set", "evaluations.x=y")
    assert "got the unknown key 'evaluations'" in message
    assert "did you mean 'evaluation'?" in message


def test_overrides_are_checked(capsys, run_directory):
    message = refused(capsys, "--output_dir", run_directory, "--set", "evaluation.weights=bst")
    assert "got text 'bst', expected one of best, last. Fix: did you mean 'best'?" in message


def test_no_run_of_ours(capsys, run_directory):
    assert "got no run of ours" in refused(capsys, "--output_dir", run_directory)


@pytest.fixture
def evaluate(capsys, run_directory, monkeypatch):
    """Run ``evaluate.py`` on a stand-in for a run; return the last line, the page, metrics.json and what was asked."""
    asked = {}
    environment = {"versions": {"python": "2.7"}}

    def load_run(output_dir, *, weights, config, system):
        asked.update(output_dir=output_dir, weights=weights, null_pairs=config.evaluation.null_pairs)
        directory = SimpleNamespace(
            path=output_dir,
            history_file=output_dir / "history.csv",
            evaluation_cache=output_dir / "evaluation_cache",
            tidy_for_evaluation=RunDirectory(output_dir).tidy_for_evaluation,
            inputs_file="inputs",
            environment_file="environment",
            read_json={"inputs": {"x": {"rate": 24}}, "environment": environment}.get,
        )
        fields = {"state": "finished", "epoch": 12, "step": 60}
        status = SimpleNamespace(seconds_trained=12.5, windows_per_second=3.0, as_dict=lambda: fields)
        return SimpleNamespace(
            system=system, config=config, directory=directory, status=status, prepared="data", trainer="network",
            checkpoint=asked["checkpoint"],
        )  # fmt: skip

    def evaluate_system(self, config, prepared, trainer, *, cache_directory=None, others=()):
        asked.update(others=others)
        asked.update(n_traces=config.report.n_traces, given=(prepared, trainer))
        return Evaluation(summary=("It worked.",), blocks=(Block("What went in"),), metrics={"signals": {"n": 1}})

    monkeypatch.setattr("cyclegan_neuro.training.run.load_run", load_run)
    monkeypatch.setattr(CycleGANSystem, "evaluate", evaluate_system)
    monkeypatch.setattr(CycleGANSystem, "cost", lambda self, *of_run, kept: Cost())

    def evaluate(*damaged, arguments=()):
        manifest = Manifest(epoch=11, step=55, sha256="0123456789abcdef" * 4)
        asked["checkpoint"] = Checkpoint(Path("last-000000055.h5"), manifest, {}, tuple(map(Path, damaged)))
        overrides = ["--set", "evaluation.weights=last", "--set", "report.n_traces=5"]
        assert main(["--output_dir", str(run_directory), *overrides, *arguments]) == 0
        report = run_directory / "report"
        page = unescape((report / "index.html").read_text(encoding="utf-8"))
        metrics = json.loads((report / "metrics.json").read_text(encoding="utf-8"))
        return capsys.readouterr().out.splitlines()[-1], page, metrics, asked

    return evaluate


def test_the_last_line_names_the_report_and_its_weights(evaluate, run_directory):
    line, page, metrics, asked = evaluate()
    weights = "weights 'last': epoch 11, step 55, sha256 0123456789ab"
    assert line == f"{run_directory / 'report' / 'index.html'}  ({weights})"
    assert "It worked." in page
    assert "weights: last" in page
    assert f"Run directory: {run_directory}; weights 'last': epoch 11, step 55" in page
    assert "evaluated_with.python" in page  # other versions than the run was trained with
    assert asked["output_dir"] == run_directory
    assert asked["weights"] == "last"
    assert asked["n_traces"] == 5
    assert asked["given"] == ("data", "network")
    assert metrics["timing"]["training_s"] == 12.5
    assert not (run_directory / "evaluation.lock").exists()


def test_after_a_fallback_the_report_is_about_the_older_checkpoint_and_says_so(evaluate, run_directory):
    line, page, metrics, _ = evaluate("last-000000060.h5")
    assert line.endswith("step 55, sha256 0123456789ab; damaged: last-000000060.h5)")
    weights = metrics["weights"]
    assert (weights["file"], weights["epoch"], weights["step"]) == ("last-000000055.h5", 11, 55)
    assert (weights["sha256"], weights["damaged"]) == ("0123456789abcdef" * 4, ["last-000000060.h5"])
    said = "A newer checkpoint is damaged (last-000000060.h5). This report is about an older one: weights"
    assert page.index(said) < page.index("It worked.")
    assert "epoch 11, step 55" in page
    assert "0123456789abcdef" * 4 in page


def test_a_disk_without_room_is_refused_before_the_work(evaluate, capsys, run_directory, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda folder: SimpleNamespace(free=1_000_000))
    monkeypatch.setattr(CycleGANSystem, "evaluate", lambda *arguments, **options: pytest.fail("computes"))
    with pytest.raises(SystemExit) as caught:
        evaluate()
    assert caught.value.code == 2
    assert (
        f"error: {run_directory}: got 1 MB free, expected about 60 MB for report (60 MB) and" in capsys.readouterr().err
    )


def test_lost_rows_of_the_history_are_told_and_left_overs_go(evaluate, run_directory):
    left_over = run_directory / "evaluation_cache" / ".spikes-1.77.tmp.npz"
    left_over.parent.mkdir()
    left_over.write_bytes(b"half")
    (run_directory / "history.csv").write_text("epoch,loss\n" + "".join(f"{epoch},0.1\n" for epoch in range(1, 11)))
    _, page, _, _ = evaluate()
    assert page.index("history.csv lacks the row of epoch 11: its curves have a gap there") < page.index("It worked.")
    assert not left_over.exists()


def test_other_runs_are_the_null(capsys, evaluate, run_directory):
    """Their days are added to the null pairs; a run on simulated days has none that could be read."""
    control = run_directory / "control"
    control.mkdir()
    text = "system: cyclegan\ndata: {source: files, x: {path: a.h5}, y: {path: b.h5}}\n"
    (control / "config.yaml").write_text(text, encoding="utf-8")
    _, _, _, asked = evaluate(arguments=["--null", str(control)])
    assert [(pair.x.path, pair.y.path) for pair in asked["null_pairs"]] == [(f"{control}/a.h5", f"{control}/b.h5")]
    message = refused(capsys, "--output_dir", run_directory, "--null", run_directory)
    assert f"error: --null {run_directory}: got days that are no files (data.source: simulated), expected" in message


def test_the_null_is_for_runs_on_two_days(capsys, tmp_path):
    config = base.get("spike_gan").Config.model_validate({})
    (tmp_path / "config.yaml").write_text(dump_config(config), encoding="utf-8")
    message = refused(capsys, "--output_dir", tmp_path, "--null", tmp_path)
    assert "error: --null: got a run of spike_gan, expected a run on two days. Fix: leave --null out" in message


def test_runs_with_other_seeds_are_handed_to_the_system(capsys, evaluate, monkeypatch, tmp_path):
    monkeypatch.setattr("cyclegan_neuro.training.other_runs.load_others", lambda run: run.config.evaluation.other_runs)
    *_, asked = evaluate(arguments=["--seeds", "runs/a", "runs/b"])
    assert asked["others"] == ["runs/a", "runs/b"]
    *_, asked = evaluate()
    assert asked["others"] == ()
    config = base.get("spike_gan").Config.model_validate({})
    (tmp_path / "config.yaml").write_text(dump_config(config), encoding="utf-8")
    message = refused(capsys, "--output_dir", tmp_path, "--seeds", tmp_path)
    assert "error: --seeds: got a run of spike_gan, expected a run on two days. Fix: leave --seeds out" in message


def _report_of(run_directory):
    return {path: path.read_bytes() for path in run_directory.rglob("*") if path.is_file()}


@pytest.mark.parametrize(("number", "code"), [("SIGUSR1", 75), ("SIGTERM", 143)])
def test_a_signal_ends_it_and_the_old_report_stays(evaluate, capsys, run_directory, monkeypatch, number, code):
    evaluate()
    before = _report_of(run_directory)

    def stop(*arguments, **options):
        os.kill(os.getpid(), getattr(signal, number))
        pytest.fail("goes on")

    monkeypatch.setattr("cyclegan_neuro.report.write._write_contents", stop)
    with pytest.raises(SystemExit) as caught:
        evaluate()
    assert caught.value.code == code
    assert capsys.readouterr().err.endswith(f"stopped by {number}; the same command starts again\n")
    assert _report_of(run_directory) == before


def test_an_evaluation_whose_lock_was_taken_writes_no_report(evaluate, capsys, run_directory, monkeypatch):
    def lose(self, config, prepared, trainer, **options):
        (run_directory / EVALUATION_LOCK).unlink()
        now = time.time()
        monkeypatch.setattr(time, "time", lambda: now + 600)
        return Evaluation(summary=("It worked.",), blocks=(), metrics={})

    monkeypatch.setattr(CycleGANSystem, "evaluate", lose)
    with pytest.raises(SystemExit):
        evaluate()
    assert "got a lock that was deleted" in capsys.readouterr().err
    assert not (run_directory / "report").exists()


def test_a_second_evaluation_at_the_same_time_is_refused(capsys, run_directory):
    with locked(run_directory, EVALUATION_LOCK):
        message = refused(capsys, "--output_dir", run_directory)
    holder = f"process {os.getpid()} on {socket.gethostname()} since "
    assert message.startswith(f"error: {run_directory}: got a directory that {holder}")
    assert (
        "is evaluating (last heartbeat 0 s ago), expected one evaluation of a run at a time. Fix: wait for" in message
    )
