"""History, event files, comparison, precision, devices, determinism, signals, progress."""

import io
import json
import logging
from types import SimpleNamespace

import keras
import pytest
import tensorflow as tf
from rich.console import Console
from training_fakes import make_config

from cyclegan_neuro.errors import ConfigurationError, RecordingError, RunDirectoryError
from cyclegan_neuro.systems import base
from cyclegan_neuro.training import devices, environment
from cyclegan_neuro.training.callbacks import Position, StopOnNonFinite
from cyclegan_neuro.training.checkpoints import CheckpointStore
from cyclegan_neuro.training.devices import deterministic_ops
from cyclegan_neuro.training.environment import describe_environment, peak_memory_bytes
from cyclegan_neuro.training.logs import History, ShowProgress, _tag, drop_events_after, told_lost_rows
from cyclegan_neuro.training.manifest import refuse_changed_config, refuse_changed_inputs

# -- history ---------------------------------------------------------------------------------------


def test_history_gains_columns_and_loses_later_epochs(tmp_path):
    path = tmp_path / "history.csv"
    history = History(path, epochs=0)
    history.append({"epoch": 1, "loss": 0.1})
    history.append({"epoch": 2, "loss": 0.30000000000000004, "val_loss": 2.0})
    assert path.read_text() == "epoch,loss,val_loss\n1,0.1,\n2,0.30000000000000004,2.0\n"
    again = History(path, epochs=1)
    again.append({"epoch": 2, "loss": 5.0})
    assert path.read_text() == "epoch,loss\n1,0.1\n2,5.0\n"
    assert again.median("loss") == 2.55
    assert again.median("absent") is None


def test_rows_that_were_cut_off_are_lost(tmp_path):
    path = tmp_path / "history.csv"
    path.write_text("epoch,loss,val_loss\n1,0.1,0.2\n2,0.3,\n3,0.5\n4,0.5,0.6\n5,0.7,0.")
    history = History(path, epochs=6)
    assert [row["epoch"] for row in history.rows] == ["1", "2", "4"]
    assert history.lost(6) == [3, 5, 6]
    assert told_lost_rows(path, epochs=2) == ""
    told = "history.csv lacks the row of 3 epochs between 3 and 6: its curves have a gap there; the weights are not"
    assert told_lost_rows(path, epochs=6) == f"{told} concerned."
    path.write_text("a,b\n1,2\n")
    assert "got 'epoch', expected the table that training wrote" in told_lost_rows(path, epochs=1)


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "epoch\nx\n", "epoch,loss\n1,2,3\n"])
def test_history_that_is_none(tmp_path, text):
    path = tmp_path / "history.csv"
    path.write_text(text)
    with pytest.raises(RunDirectoryError, match=r"history.csv: got"):
        History(path, epochs=3)


# -- event files -----------------------------------------------------------------------------------


def write_events(folder, steps):
    with tf.summary.create_file_writer(str(folder)).as_default():
        for step in steps:
            tf.summary.scalar("loss", float(step), step=step)


def read_steps(folder):
    steps = []
    for file in folder.glob("events*"):
        for event in tf.compat.v1.train.summary_iterator(str(file)):
            steps += [event.step for _ in event.summary.value]
    return sorted(steps)


def test_events_of_later_steps_are_dropped(tmp_path):
    write_events(tmp_path, [1, 2, 3])
    write_events(tmp_path, [4, 5])
    drop_events_after(tmp_path, 3)
    assert read_steps(tmp_path) == [1, 2, 3]
    drop_events_after(tmp_path, 2)
    assert read_steps(tmp_path) == [1, 2]
    write_events(tmp_path, [3])
    assert read_steps(tmp_path) == [1, 2, 3]


def test_half_written_event_is_dropped(tmp_path):
    write_events(tmp_path, [1, 2])
    (file,) = tmp_path.glob("events*")
    file.write_bytes(file.read_bytes()[:-3])
    drop_events_after(tmp_path, 9)
    assert read_steps(tmp_path) == [1]


def test_no_event_files(tmp_path):
    drop_events_after(tmp_path / "absent", 3)


def test_tags_group_curves():
    names = ["cycle_x", "generator_g", "gradient_norm_generators", "learning_rate_a", "mean_fake_x", "seconds"]
    assert [_tag(name) for name in names] == [
        "cycle/x", "loss/generator_g", "gradient_norm/generators", "learning_rate/a", "mean/fake_x", "speed/seconds",
    ]  # fmt: skip


# -- comparison ------------------------------------------------------------------------------------


def test_changed_configuration_is_listed():
    stored = make_config(batch_size=2)
    given = make_config(batch_size=4, epochs=9, model={"units": 7}, data={"path": "elsewhere"})
    with pytest.raises(ConfigurationError) as caught:
        refuse_changed_config(stored, given, where="run/config.yaml")
    assert str(caught.value) == (
        "run/config.yaml: got another configuration than the run was made with: data.path: somewhere -> elsewhere; "
        "model.units: 5 -> 7; training.batch_size: 2 -> 4, expected the same, but for training.epochs, intervals, "
        "devices, evaluation and report. Fix: undo these changes, or start another run with --overwrite or another "
        "--output_dir"
    )


@pytest.mark.parametrize(
    "changed",
    [{"epochs": 9}, {"figures_every_epochs": 2}, {"checkpoint_every_epochs": 2}, {"validate_every_epochs": 3}],
)
def test_safe_fields(changed, caplog):
    refuse_changed_config(make_config(), make_config(**changed), where="run")
    assert caplog.text == ""


@pytest.mark.parametrize(
    ("system", "stored", "given"),
    [
        ("spike_gan", {"path": "/a.h5"}, {"path": "/b.h5"}),
        ("cyclegan", {day: {"path": f"/old/{day}.h5"} for day in "xy"}, {day: {"path": f"/{day}.h5"} for day in "xy"}),
    ],
)
def test_files_may_lie_elsewhere(system, stored, given):
    data = {"spike_gan": {"source": "samples", "field": "x", "bin_s": 0.02}, "cyclegan": {"source": "files"}}[system]
    configs = [base.get(system).Config.model_validate({"data": {**data, **files}}) for files in (stored, given)]
    refuse_changed_config(*configs, where="run")


def test_fields_of_the_machine_are_allowed_and_said(caplog):
    changed = make_config(precision="mixed_bfloat16", jit_compile=True, devices="cpu")
    refuse_changed_config(make_config(), changed, where="run")
    assert "training.devices: auto -> cpu: the run goes on, but no longer bit for bit" in caplog.text
    assert "precision" not in caplog.text  # said when the networks are built, if it is another one then


def test_more_epochs_move_the_decay(caplog):
    refuse_changed_config(make_config(decay="linear"), make_config(decay="linear", epochs=9), where="run")
    assert "decay of the learning rates now ends with the new last epoch" in caplog.text


def test_changed_inputs_are_listed(tmp_path):
    stored = {"x": {"path": "a.h5", "sha256": "1", "shape": [9, 2], "roi_ids": list("abcdefgh")}, "y": {"sha256": "7"}}
    given = {"x": {"path": "b.h5", "sha256": "2", "shape": (9, 3), "roi_ids": list("bcdefghi")}, "y": {"sha256": "7"}}
    with pytest.raises(RecordingError) as caught:
        refuse_changed_inputs(stored, given, tmp_path / "inputs.json")
    assert 'x.sha256: "1" -> "2"; x.shape: [9, 2] -> [9, 3]; ' in str(caught.value)
    assert "x.roi_ids: 8 values beginning with a, b, c -> 8 values beginning with b, c, d" in str(caught.value)
    assert "path" not in caught.value.got


def test_moved_files_with_the_same_content_are_the_same(tmp_path):
    stored = {"x": {"path": "a.h5", "source": "a.h5", "shape": [9, 2]}}
    refuse_changed_inputs(stored, {"x": {"path": "b.h5", "source": "b.h5", "shape": (9, 2)}}, tmp_path)


def test_the_file_that_changed_is_named_not_its_hash(tmp_path):
    stored = {"x": {"source": "day 1", "sha256": "0" * 64, "behaviour_sha256": {"licks": "1" * 64}}}
    given = {"x": {"source": "day 1", "sha256": "2" * 64, "behaviour_sha256": {"licks": "3" * 64}}}
    with pytest.raises(RecordingError, match=r": x: other values in day1.h5; x.behaviour.licks: other values in day"):
        refuse_changed_inputs(stored, given, tmp_path / "inputs.json", read_from={"x": "day1.h5"})
    with pytest.raises(RecordingError, match=r"x: other values in day 1; x.behaviour.licks: other values in day 1,"):
        refuse_changed_inputs(stored, given, tmp_path / "inputs.json")


# -- precision, devices, determinism ---------------------------------------------------------------


def test_determinism_is_put_back():
    from tensorflow.python.framework.config import is_op_determinism_enabled

    assert not is_op_determinism_enabled()
    with deterministic_ops(True):
        assert is_op_determinism_enabled()
        with deterministic_ops(True):
            pass
        assert is_op_determinism_enabled()
        with pytest.raises(RuntimeError, match=r"[Rr]andom ops"):
            tf.random.uniform([1])
    assert not is_op_determinism_enabled()
    with deterministic_ops(False):
        assert not is_op_determinism_enabled()


def test_no_gpu(monkeypatch, caplog):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind=None: [])
    with caplog.at_level(logging.INFO):
        assert devices.training_strategy(make_config(batch_size=3).training).num_replicas_in_sync == 1
    assert "no GPU: running on CPU" in caplog.text
    with pytest.raises(ConfigurationError, match=r"'all_gpus', but TensorFlow sees no GPU.*set training.devices=cpu"):
        devices.training_strategy(make_config(batch_size=3, devices="all_gpus").training)


def test_batch_must_divide_over_gpus(monkeypatch):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind=None: ["0", "1"])
    monkeypatch.setattr(devices, "grow_memory", lambda gpus: None)
    with pytest.raises(ConfigurationError, match=r"got 3 for 2 GPUs, .*set training.batch_size=4"):
        devices.training_strategy(make_config(batch_size=3).training)


def test_environment_is_json():
    content = json.loads(json.dumps(describe_environment()))
    assert content["versions"]["tensorflow"] == tf.__version__
    assert content["devices"][0]["name"].startswith("/physical_device:CPU")
    assert 1 <= content["usable_cores"] <= content["cpu_count"]
    assert peak_memory_bytes() > 50e6  # TensorFlow alone takes more


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        ({"usable_cores": 3, "threads": {"intra_op": 0}}, "3 threads -> 2: the run goes on, but no longer bit for bit"),
        ({"usable_cores": 2, "threads": {"intra_op": 0}}, ""),
        ({"usable_cores": 8, "threads": {"intra_op": 2}}, ""),
        ({"threads": {"intra_op": 0}}, ""),  # before the cores were written down
        ({}, ""),
    ],
)
def test_another_number_of_threads_is_said(stored, said, monkeypatch, caplog):
    monkeypatch.setattr(environment, "_usable_cores", lambda: 2)
    monkeypatch.delenv("TF_NUM_INTRAOP_THREADS", raising=False)
    environment.note_other_threads(stored)
    assert "".join(caplog.messages) == said
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", "3")
    assert environment.describe_environment()["threads"]["intra_op"] == 3


def test_threads_are_restored_but_where_others_are_asked_for(monkeypatch, caplog):
    caplog.set_level(logging.INFO)
    chosen = {}
    threading = SimpleNamespace(
        get_intra_op_parallelism_threads=lambda: chosen.get("intra", 0), get_inter_op_parallelism_threads=lambda: 0,
        set_intra_op_parallelism_threads=lambda number: chosen.update(intra=number),
        set_inter_op_parallelism_threads=lambda number: chosen.update(inter=number),
    )  # fmt: skip
    monkeypatch.setattr(tf.config, "threading", threading)
    monkeypatch.setattr(environment, "_usable_cores", lambda: 1)
    stored = {"usable_cores": 2, "threads": {"intra_op": 4, "inter_op": 3}}
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", "2")
    environment.restore_threads(stored)
    assert chosen == {}
    monkeypatch.delenv("TF_NUM_INTRAOP_THREADS")
    for damaged in ({}, {"threads": 3}, [], {"threads": {"intra_op": "many"}}):
        environment.restore_threads(damaged)
        assert chosen == {}
    environment.restore_threads(stored)
    assert chosen == {"intra": 4, "inter": 3}
    assert "computing with 4 threads, as the run began, on 1 core: TF_NUM_INTRAOP_THREADS takes" in caplog.text
    assert environment.describe_environment()["threads"] == {"intra_op": 4, "inter_op": 1}


# -- callbacks -------------------------------------------------------------------------------------


class Model:
    monitor = "val_loss"
    progress_keys = ("loss", "absent")

    def __init__(self, optimizer=None):
        self.named_optimizers = {"a": optimizer}


def watch_an_epoch(console):
    position = Position(step=2, steps_per_epoch=4, epochs=3)
    progress = ShowProgress(position, windows_per_step=8, console=console)
    progress.set_model(Model())
    progress.on_epoch_begin(0)
    for _ in range(2):
        position.step += 1
        progress.on_train_batch_end(0, {"loss": 0.5})
    progress.on_epoch_end(0, {"loss": 0.25, "val_loss": 1 / 3, "other": 1.0})


def test_progress_on_a_terminal():
    screen = io.StringIO()
    watch_an_epoch(Console(file=screen, force_terminal=True, width=160, color_system=None))
    last = screen.getvalue().split("\r")[-1]
    assert "epoch 1/3" in last
    assert "4/4" in last
    assert "loss 0.25  val_loss 0.3333" in last
    assert "windows/s" in last
    assert "left" in last


def test_progress_elsewhere(caplog):
    screen = io.StringIO()
    with caplog.at_level(logging.INFO):
        watch_an_epoch(Console(file=screen))
    assert screen.getvalue() == ""
    assert len(caplog.messages) == 1
    assert caplog.messages[0].startswith("epoch 1/3  step 4  loss 0.25  val_loss 0.3333  ")


def test_gradients_may_overflow_under_loss_scaling_only(tmp_path):
    scaled = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD())
    for optimizer, allowed in ((scaled, True), (keras.optimizers.SGD(), False)):
        callback = StopOnNonFinite(Position(step=1, steps_per_epoch=4, epochs=3), CheckpointStore(tmp_path))
        callback.set_model(Model(optimizer))
        callback.on_train_begin()
        stopped = []
        callback._stop = stopped.extend
        callback.on_train_batch_end(0, {"gradient_norm_a": float("inf"), "loss": 1.0})
        assert stopped == ([] if allowed else ["gradient_norm_a"])
        callback.on_train_batch_end(0, {"loss": float("nan"), "other": 1.0})
        assert stopped[-1] == "loss"
