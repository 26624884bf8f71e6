"""A run that was stopped ends where one that was not stopped ends, bit for bit."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import training_fakes
from training_fakes import SYSTEM, differing, make_config, stop_at

from cyclegan_neuro.training.callbacks import Save
from cyclegan_neuro.training.interruption import TrainingInterrupted
from cyclegan_neuro.training.logs import History
from cyclegan_neuro.training.run import load_run, train

CLOCKS = ("seconds", "windows_per_second")


def history(run):
    rows = History(run.directory.history_file, epochs=99).rows
    return [{name: value for name, value in row.items() if name not in CLOCKS} for row in rows]


def interrupt_and_resume(output_dir, step, **training):
    with pytest.MonkeyPatch.context() as patch:
        stop_at(step, signal.SIGTERM, patch)
        with pytest.raises(TrainingInterrupted):
            train(SYSTEM, make_config(**training), output_dir=output_dir)
    return train(SYSTEM, make_config(**training), output_dir=output_dir, resume=True)


@pytest.mark.parametrize(
    ("step", "training"),
    [
        pytest.param(3, {}, id="first epoch, before any checkpoint"),
        pytest.param(7, {}, id="mid-epoch"),
        pytest.param(10, {}, id="last batch of an epoch"),
        pytest.param(8, {"weight_averaging": 0.9}, id="averaged weights"),
        pytest.param(8, {"precision": "mixed_float16"}, id="loss scales"),
        pytest.param(8, {"validate_every_epochs": 2, "checkpoint_every_epochs": 2}, id="sparse"),
    ],
)
def test_sigterm_then_resume_is_exact(trained, tmp_path, step, training):
    resumed = interrupt_and_resume(tmp_path / "run", step, **training)
    whole = trained(**training)
    assert differing(resumed, whole) == []
    assert history(resumed) == history(whole)
    assert resumed.status.state == "finished"
    assert resumed.trainer.traces == 1  # the rest of the epoch and the other epochs share one graph


def test_the_comparison_can_fail(trained):
    assert differing(trained(), trained(seed=5)) != []


def test_kill_9_in_mid_epoch_then_resume_is_exact(trained, tmp_path):
    script = str(Path(training_fakes.__file__))
    root = str(Path(script).parents[2])
    done = subprocess.run(
        [sys.executable, script, str(tmp_path / "run"), json.dumps({"kill_at_step": 8})],
        env=os.environ | {"PYTHONPATH": root},
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    assert (tmp_path / "run" / "lock").exists()
    resumed = train(SYSTEM, make_config(), output_dir=tmp_path / "run", resume=True)
    assert differing(resumed, trained()) == []
    assert history(resumed) == history(trained())


def test_stopped_again_at_once_and_elsewhere(trained, tmp_path):
    with pytest.MonkeyPatch.context() as patch:
        stop_at(7, signal.SIGTERM, patch)
        stop_at(8, signal.SIGINT, patch)
        with pytest.raises(TrainingInterrupted):
            train(SYSTEM, make_config(), output_dir=tmp_path / "run")
        moved = (tmp_path / "run").rename(tmp_path / "moved")
        with pytest.raises(TrainingInterrupted, match=f"{moved} --resume"):
            train(SYSTEM, make_config(), output_dir=moved, resume=True)
    resumed = train(SYSTEM, make_config(), output_dir=moved, resume=True)
    assert differing(resumed, trained()) == []


def test_lost_checkpoints_are_said_and_everything_begins_anew(trained, tmp_path, caplog):
    shutil.copytree(trained().directory.path, tmp_path / "run")
    shutil.rmtree(tmp_path / "run" / "checkpoints")
    resumed = train(SYSTEM, make_config(), output_dir=tmp_path / "run", resume=True)
    assert "its checkpoints are gone (it had reached step 15); beginning at step 0" in caplog.text
    assert differing(resumed, trained()) == []


def test_curves_and_rows_do_not_turn_back(trained, tmp_path, monkeypatch):
    """Killed after an epoch's row and events, before its checkpoint."""
    with monkeypatch.context() as patch:
        patch.setattr(Save, "on_epoch_end", fail_at_epoch(1, Save.on_epoch_end))
        with pytest.raises(ZeroDivisionError):
            train(SYSTEM, make_config(figures_every_epochs=2), output_dir=tmp_path / "run")
    assert read_events(tmp_path / "run", "train")["loss/loss_a"] == [5, 10]
    resumed = train(SYSTEM, make_config(figures_every_epochs=2), output_dir=tmp_path / "run", resume=True)
    assert [row["epoch"] for row in history(resumed)] == ["1", "2", "3"]
    events = read_events(tmp_path / "run", "train")
    assert events.keys() == {
        "gradient_norm", "loss/loss_a", "loss/loss_b", "learning_rate/a", "learning_rate/b", "speed/seconds",
        "speed/windows_per_second", "traces/a",
    }  # fmt: skip
    assert events.pop("traces/a") == [10]
    assert list(events.values()) == [[5, 10, 15]] * 7
    assert read_events(tmp_path / "run", "validation") == {"loss/loss_a": [5, 10, 15]}


def fail_at_epoch(epoch, original):
    def on_epoch_end(self, current, logs=None):
        if current == epoch:
            raise ZeroDivisionError
        original(self, current, logs)

    return on_epoch_end


def read_events(run, name):
    found = {}
    for file in sorted((run / "tensorboard" / name).iterdir()):
        for event in tf.compat.v1.train.summary_iterator(str(file)):
            for value in event.summary.value:
                found.setdefault(value.tag, []).append(event.step)
    return found


def test_more_epochs_continue_a_finished_run(trained, finished):
    longer = train(SYSTEM, make_config(epochs=3), output_dir=finished, resume=True)
    assert differing(longer, trained()) == []
    assert history(longer) == history(trained())
    assert longer.status.epochs == 3


def test_resuming_a_finished_run_changes_nothing(trained, finished):
    files = sorted(path.name for path in (finished / "checkpoints").iterdir())
    again = train(SYSTEM, make_config(epochs=2), output_dir=finished, resume=True)
    assert differing(again, trained(epochs=2)) == []
    assert sorted(path.name for path in again.directory.checkpoints.iterdir()) == files
    assert again.status.state == "finished"


def test_loads_best_and_last(trained):
    run = trained(learning_rate_generator=0.3)  # the best epoch is not the last
    best = load_run(run.directory.path, weights="best", system=SYSTEM)
    last = load_run(run.directory.path, weights="last", system=SYSTEM)
    values = [float(row["val_loss_a"]) for row in history(run)]
    assert best.checkpoint.manifest.value == min(values) != values[-1]
    assert best.checkpoint.manifest.epoch == 1 + int(np.argmin(values))
    assert last.checkpoint.manifest.step == 15
    wanted = SYSTEM.evaluate(run.config, run.prepared, run.trainer)
    np.testing.assert_array_equal(SYSTEM.evaluate(last.config, last.prepared, last.trainer), wanted)
    assert not np.array_equal(SYSTEM.evaluate(best.config, best.prepared, best.trainer), wanted)


def test_loads_averaged_weights(trained):
    run = trained(weight_averaging=0.9)
    loaded = load_run(run.directory.path, weights="last", system=SYSTEM)
    averages = [np.array(v) for v in run.trainer.optimizer.variables if "average" in v.path]
    assert len(averages) == 4
    for variable, average, trained in zip(
        loaded.trainer.a.trainable_variables, averages, run.trainer.a.trainable_variables, strict=True
    ):
        np.testing.assert_array_equal(variable, average)
        assert not np.array_equal(trained, average)
