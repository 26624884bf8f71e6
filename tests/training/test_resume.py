"""A run that was stopped ends where one that was not stopped ends, bit for bit."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import training_fakes
from training_fakes import SYSTEM, make_config, stop_at

from cyclegan_neuro.training.history import History
from cyclegan_neuro.training.interruption import TrainingInterrupted
from cyclegan_neuro.training.run import load_run, train
from cyclegan_neuro.training.state import read_state

CLOCKS = ("seconds", "windows_per_second")


def differing(run, other):
    """Return the paths of the variables that are not equal bit for bit."""
    state, wanted = read_state(run.trainer), read_state(other.trainer)
    assert state.keys() == wanted.keys()
    assert sum(map(len, state.values())) > 30
    return [
        path
        for group in state
        for (path, value), (_, other_value) in zip(state[group], wanted[group], strict=True)
        if value.tobytes() != other_value.tobytes()
    ]


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
def test_sigterm_then_resume_is_exact(uninterrupted, tmp_path, step, training):
    resumed = interrupt_and_resume(tmp_path / "run", step, **training)
    whole = uninterrupted(**training)
    assert differing(resumed, whole) == []
    assert history(resumed) == history(whole)
    assert resumed.status.state == "finished"
    assert resumed.trainer.traces == 1  # the rest of the epoch and the other epochs share one graph


def test_the_comparison_can_fail(uninterrupted):
    assert differing(uninterrupted(), uninterrupted(seed=5)) != []


def test_kill_9_in_mid_epoch_then_resume_is_exact(uninterrupted, tmp_path):
    script = str(Path(training_fakes.__file__))
    root = str(Path(script).parents[2])
    done = subprocess.run(
        [sys.executable, script, str(tmp_path / "run"), "8", str(int(signal.SIGKILL))],
        env=os.environ | {"PYTHONPATH": root},
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    assert (tmp_path / "run" / "lock").exists()
    resumed = train(SYSTEM, make_config(), output_dir=tmp_path / "run", resume=True)
    assert differing(resumed, uninterrupted()) == []
    assert history(resumed) == history(uninterrupted())


def test_stopped_again_at_once(uninterrupted, tmp_path):
    with pytest.MonkeyPatch.context() as patch:
        stop_at(7, signal.SIGTERM, patch)
        stop_at(8, signal.SIGINT, patch)
        for resume in (False, True):
            with pytest.raises(TrainingInterrupted):
                train(SYSTEM, make_config(), output_dir=tmp_path / "run", resume=resume)
    resumed = train(SYSTEM, make_config(), output_dir=tmp_path / "run", resume=True)
    assert differing(resumed, uninterrupted()) == []


def test_more_epochs_continue_a_finished_run(uninterrupted, tmp_path):
    train(SYSTEM, make_config(epochs=2), output_dir=tmp_path / "run")
    longer = train(SYSTEM, make_config(epochs=3), output_dir=tmp_path / "run", resume=True)
    assert differing(longer, uninterrupted()) == []
    assert history(longer) == history(uninterrupted())
    assert longer.status.epochs == 3


def test_resuming_a_finished_run_changes_nothing(tmp_path):
    before = train(SYSTEM, make_config(epochs=1), output_dir=tmp_path / "run")
    files = sorted(path.name for path in before.directory.checkpoints.iterdir())
    again = train(SYSTEM, make_config(epochs=1), output_dir=tmp_path / "run", resume=True)
    assert differing(again, before) == []
    assert sorted(path.name for path in again.directory.checkpoints.iterdir()) == files
    assert again.status.state == "finished"


def test_loads_best_and_last(uninterrupted):
    run = uninterrupted(learning_rate_generator=0.3)  # the best epoch is not the last
    best = load_run(run.directory.path, weights="best", system=SYSTEM)
    last = load_run(run.directory.path, weights="last", system=SYSTEM)
    values = [float(row["val_loss_a"]) for row in history(run)]
    assert best.checkpoint.manifest.value == min(values) != values[-1]
    assert best.checkpoint.manifest.epoch == 1 + int(np.argmin(values))
    assert last.checkpoint.manifest.step == 15
    wanted = SYSTEM.evaluate(run.config, run.prepared, run.trainer)
    np.testing.assert_array_equal(SYSTEM.evaluate(last.config, last.prepared, last.trainer), wanted)
    assert not np.array_equal(SYSTEM.evaluate(best.config, best.prepared, best.trainer), wanted)


def test_loads_averaged_weights(uninterrupted):
    run = uninterrupted(weight_averaging=0.9)
    loaded = load_run(run.directory.path, weights="last", system=SYSTEM)
    averages = [np.array(v) for v in run.trainer.optimizer.variables if "average" in v.path]
    assert len(averages) == 4
    for variable, average, trained in zip(
        loaded.trainer.a.trainable_variables, averages, run.trainer.a.trainable_variables, strict=True
    ):
        np.testing.assert_array_equal(variable, average)
        assert not np.array_equal(trained, average)
