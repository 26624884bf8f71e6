"""Faults of the machine and of the user that meet a run."""

import errno
import json
import os
import re
import shutil
import signal
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import training_fakes
from training_fakes import SYSTEM, make_config, stop_at

from cyclegan_neuro.errors import (
    CheckpointError,
    ConfigurationError,
    RecordingError,
    RunDirectoryError,
    TrainingError,
    WindowError,
)
from cyclegan_neuro.training.callbacks import Position
from cyclegan_neuro.training.heartbeat import LockLostError
from cyclegan_neuro.training.interruption import TrainingInterrupted
from cyclegan_neuro.training.run import load_run, train
from cyclegan_neuro.training.run_directory import RunDirectory
from cyclegan_neuro.training.state import read_state
from cyclegan_neuro.training.status import Status


def run(output_dir, *, resume=False, overwrite=False, system=SYSTEM, **config):
    return train(system, make_config(**config), output_dir=output_dir, resume=resume, overwrite=overwrite)


def status_of(output_dir):
    return RunDirectory(output_dir).read_status()


def weights_of(run):
    return b"".join(np.asarray(value).tobytes() for entries in read_state(run.trainer).values() for _, value in entries)


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_disk_full_while_a_checkpoint_is_written(trained, finished, monkeypatch):
    write = Path.write_bytes

    def fill_up(self, data):
        if self.parent.name == "checkpoints":
            write(self, data[:1000])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(self, data)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", fill_up)
        with pytest.raises(CheckpointError) as caught:
            run(finished, resume=True, epochs=3)
    assert re.fullmatch(
        r".*checkpoints/(best|last)-000000015.h5: got No space left on device, expected a writable disk with 1\.\d MB "
        r"free. Fix: make room and continue with --resume; last-000000010.h5 was kept",
        str(caught.value),
    )
    assert caught.value.exit_code == 2
    assert status_of(finished).state == "failed"
    assert "No space left" in status_of(finished).message
    assert not list(finished.glob("checkpoints/.*"))
    assert weights_of(run(finished, resume=True, epochs=3)) == weights_of(trained())


def test_disk_full_for_everything(finished, monkeypatch):
    def no_room(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", no_room)
        with pytest.raises(RunDirectoryError, match=r"environment.json: got No space left on device.*make room"):
            run(finished, resume=True, epochs=3)
    assert status_of(finished).state == "finished"
    assert load_run(finished, system=SYSTEM).checkpoint.manifest.step == 10


def test_sigterm_in_mid_epoch(tmp_path, caplog):
    with pytest.MonkeyPatch.context() as patch:
        stop_at(7, signal.SIGTERM, patch)
        with pytest.raises(TrainingInterrupted) as caught:
            run(tmp_path / "my run")
    command = f"cyclegan-neuro train --output_dir '{tmp_path / 'my run'}' --resume"
    assert str(caught.value) == (
        f"{tmp_path / 'my run'}: got SIGTERM in epoch 2, after step 7; everything is saved, "
        f"expected 3 epochs. Fix: continue with `{command}`"
    )
    assert caught.value.exit_code == 128 + 15
    assert "SIGTERM: saving at the end of this batch; Ctrl-C ends at once, without saving" in caplog.text
    status = status_of(tmp_path / "my run")
    assert (status.state, status.epoch, status.step, status.resume) == ("interrupted", 1, 7, command)
    assert not (tmp_path / "my run" / "lock").exists()
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGUSR1", 75), ("SIGHUP", 129)])
def test_other_signals_save_too(tmp_path, name, code):
    with pytest.MonkeyPatch.context() as patch:
        stop_at(3, getattr(signal, name), patch)
        with pytest.raises(TrainingInterrupted, match=f"{name} in epoch 1, after step 3") as caught:
            run(tmp_path / "run")
    assert caught.value.exit_code == code
    assert load_run(tmp_path / "run", weights="last", system=SYSTEM).checkpoint.manifest.step == 3


def test_resume_auto_goes_on_where_there_is_a_run(trained, finished):
    assert weights_of(run(finished, resume="auto", epochs=3)) == weights_of(trained())


def test_resume_auto_starts_over_a_killed_start_and_refuses_other_files(tmp_path):
    RunDirectory(tmp_path).write_status(Status(system="fake", state="preparing"))
    (tmp_path / "config.yaml").write_text("left over")
    assert run(tmp_path, resume="auto", epochs=1).status.step == 5
    (tmp_path / "status.json").unlink()
    (tmp_path / "manifest.json").unlink()
    for checkpoint in (tmp_path / "checkpoints").iterdir():
        checkpoint.unlink()
    with pytest.raises(RunDirectoryError, match="files that are no run of ours"):
        run(tmp_path, resume="auto")


def test_a_run_that_was_taken_over_while_it_slept_writes_nothing_more(finished, monkeypatch):
    """Another machine took the lock after two minutes without a heartbeat; then this process woke."""
    seen = {}

    def sleep_at_step_12(self, batch, logs=None):
        count(self, batch, logs)
        if self.step == 12:
            signature = json.loads((finished / "lock").read_text()) | {"token": "theirs", "host": "elsewhere"}
            (finished / "lock").write_text(json.dumps(signature))
            seen.update(contents(finished))
            now = time.time()
            monkeypatch.setattr(time, "time", lambda: now + 600)

    count = Position.on_train_batch_end
    monkeypatch.setattr(Position, "on_train_batch_end", sleep_at_step_12)
    with pytest.raises(LockLostError, match=r"a lock that was taken over by process .* on elsewhere"):
        run(finished, resume=True, epochs=3)
    events = {path for path in seen if "tfevents" in path.name}
    assert len(seen) > 10
    assert {path: content for path, content in contents(finished).items() if path not in events} == {
        path: content for path, content in seen.items() if path not in events
    }


def test_damaged_checkpoint(trained, finished, caplog):
    checkpoints = finished / "checkpoints"
    for name in ("last-000000010.h5", "best-000000010.h5"):
        newest = checkpoints / name
        newest.write_bytes(newest.read_bytes()[:-500])
    resumed = run(finished, resume=True, epochs=2)
    assert f"{newest.parent / 'last-000000010.h5'}: got a damaged file of " in caplog.text
    assert "expected a checkpoint that matches its checksum" in caplog.text
    assert f"using {checkpoints / 'last-000000005.h5'} (epoch 1, step 5)" in caplog.text
    assert weights_of(resumed) == weights_of(trained(epochs=2))
    assert load_run(finished, system=SYSTEM).checkpoint.manifest.step == 10


def test_changed_configuration(finished):
    before = contents(finished)
    with pytest.raises(ConfigurationError) as caught:
        run(finished, resume=True, epochs=9, learning_rate_generator=0.5, model={"units": 4})
    assert "model.units: 5 -> 4; training.learning_rate_generator: 0.01 -> 0.5, expected the same" in str(caught.value)
    assert "training.epochs: " not in str(caught.value)
    assert contents(finished) == before


def test_changed_data(finished, monkeypatch):
    before = contents(finished)
    prepare = training_fakes.FakeSystem.prepare

    def recorded_again(self, config, *, run_directory=None):
        return prepare(self, make_config(data={"seed": 7}))

    monkeypatch.setattr(training_fakes.FakeSystem, "prepare", recorded_again)
    for attempt in (lambda: run(finished, resume=True, epochs=2), lambda: load_run(finished, system=SYSTEM)):
        with pytest.raises(
            RecordingError, match=r"inputs.json: got other data .*: x: other values in somewhere, .*restore them"
        ):
            attempt()
    assert contents(finished) == before


def test_changed_neurons(finished, monkeypatch):
    prepare = training_fakes.FakeSystem.prepare

    def more_neurons(self, config, *, run_directory=None):
        if run_directory is not None:
            raise WindowError("scaling.json", got="6 neurons", expected="7", fix="start again")
        prepared = prepare(self, config)
        return replace(prepared, inputs={"x": prepared.inputs["x"] | {"shape": [40, 7]}})

    monkeypatch.setattr(training_fakes.FakeSystem, "prepare", more_neurons)
    with pytest.raises(RecordingError, match=r"other data than the run was made with: x.shape: .40, 6. -> .40, 7."):
        run(finished, resume=True, epochs=2)


def test_evaluation_may_differ_training_may_not(finished):
    config = make_config(epochs=2)
    other = config.model_copy(update={"evaluation": config.evaluation.model_copy(update={"batch_size": 3})})
    assert load_run(finished, system=SYSTEM, config=other).config.evaluation.batch_size == 3
    with pytest.raises(ConfigurationError, match=r"training.seed: 1234 -> 9"):
        load_run(finished, system=SYSTEM, config=make_config(epochs=2, seed=9))


def test_existing_run(finished):
    before = contents(finished)
    with pytest.raises(RunDirectoryError) as caught:
        run(finished, epochs=2)
    assert str(caught.value) == (
        f"{finished}: got a run that is there already (finished, 2 of 2 epochs), expected a new or empty directory. "
        "Fix: continue it with --resume, replace it with --overwrite, or choose another --output_dir"
    )
    assert contents(finished) == before
    other = run(finished, epochs=1, overwrite=True)
    assert other.status.epochs == 1
    assert sorted(path.name for path in other.directory.checkpoints.iterdir()) == [
        "best-000000005.h5", "last-000000005.h5",
    ]  # fmt: skip


def test_directory_of_something_else(tmp_path):
    (tmp_path / "thesis.tex").write_text("x")
    for overwrite in (False, True):
        with pytest.raises(RunDirectoryError, match=r"files that are no run of ours .thesis.tex.*runs of ours only"):
            run(tmp_path, overwrite=overwrite)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_overwrite_keeps_the_run_until_the_new_one_can_begin(finished):
    before = contents(finished)
    with pytest.raises(RecordingError, match=r"day.h5: got noise"):
        run(finished, overwrite=True, data={"broken": True})
    assert contents(finished) == before


def test_nothing_is_left_of_a_run_that_could_not_begin(tmp_path):
    with pytest.raises(RecordingError, match=r"day.h5: got noise"):
        run(tmp_path / "run", data={"broken": True})
    assert not (tmp_path / "run").exists()


def test_non_finite_loss(tmp_path):
    with pytest.raises(TrainingError) as caught:
        run(tmp_path / "run", model={"nan_after_step": 7})
    assert re.fullmatch(
        r"step 8 \(epoch 2\), loss_a, loss_b, gradient_norm: got nan \(and in variable dense.*\), expected finite "
        r"numbers. Fix: lower the learning rates, warm them up, or use training.precision=float32; "
        r"last-000000005.h5 was kept",
        str(caught.value),
    )
    assert caught.value.exit_code == 1
    assert status_of(tmp_path / "run").state == "failed"
    loaded = load_run(tmp_path / "run", weights="last", system=SYSTEM)
    assert loaded.checkpoint.manifest.step == 5
    assert np.isfinite(SYSTEM.evaluate(loaded.config, loaded.prepared, loaded.trainer)).all()


def test_non_finite_loss_of_the_first_step(tmp_path):
    with pytest.raises(TrainingError, match=r"step 1 .epoch 1.*float32; no checkpoint was saved before$"):
        run(tmp_path / "run", model={"nan_after_step": 0})


def test_fewer_epochs_than_it_has(finished):
    before = contents(finished)
    with pytest.raises(ConfigurationError) as caught:
        run(finished, resume=True, epochs=1)
    assert str(caught.value) == (
        "training.epochs: got 1 for a run that has trained for 2 epochs, expected at least 2. "
        "Fix: leave it as it was, raise it, or start another run in another --output_dir"
    )
    assert contents(finished) == before


def test_lost_rows_of_the_history_are_told(trained, finished, caplog):
    history = finished / "history.csv"
    history.write_text("".join(history.read_text().splitlines(keepends=True)[:2]))
    resumed = run(finished, resume=True, epochs=3)
    told = "history.csv lacks the row of epoch 2: its curves have a gap there; the weights are not concerned."
    assert told in caplog.messages
    assert weights_of(resumed) == weights_of(trained())
    assert [line.split(",")[0] for line in history.read_text().splitlines()] == ["epoch", "1", "3"]


def test_left_overs_of_a_killed_process_go_with_the_next_start(finished):
    left_overs = [
        ".status.1234.tmp.json", ".history.99-0123abcd.tmp.csv", "checkpoints/.last-000000010.77.tmp.h5",
        "tensorboard/train/.events.out.tfevents.1.host.tmp",
    ]  # fmt: skip
    for name in left_overs:
        (finished / name).write_text("half")
    run(finished, resume=True, epochs=2)
    assert [name for name in left_overs if (finished / name).exists()] == []


def test_a_directory_that_was_deleted_meanwhile(tmp_path, monkeypatch):
    folder = tmp_path / "run"

    def delete(self, batch, logs=None):
        count(self, batch, logs)
        if self.step == 3:
            shutil.rmtree(folder)

    count = Position.on_train_batch_end
    monkeypatch.setattr(Position, "on_train_batch_end", delete)
    monkeypatch.setattr("cyclegan_neuro.training.logs.History.on_epoch_end", lambda self, epoch, logs: None)
    monkeypatch.setattr("cyclegan_neuro.training.logs.WriteTensorBoard.on_epoch_end", lambda *arguments: None)
    with pytest.raises(CheckpointError, match=r"No such file or directory.*the directory of the run was deleted: put"):
        run(folder)


def test_out_of_memory(tmp_path):
    with pytest.raises(TrainingError) as caught:
        run(tmp_path / "run", model={"out_of_memory": True})
    assert str(caught.value) == (
        "training.batch_size=4: got no memory left on the device (OOM when allocating tensor with shape[9,9]), "
        "expected a step that fits the memory. Fix: set training.batch_size=2 (about half of that memory), "
        "and continue with --resume or start again with --overwrite"
    )


def test_other_precision_and_devices(tmp_path, caplog):
    trained = run(tmp_path / "run", epochs=1, precision="mixed_float16")
    loaded = load_run(tmp_path / "run", system=SYSTEM, config=make_config(epochs=1, precision="float32"))
    for (path, value), (_, wanted) in zip(
        read_state(loaded.trainer)["variables"], read_state(trained.trainer)["variables"], strict=True
    ):
        assert value.tobytes() == wanted.tobytes(), path
    resumed = run(tmp_path / "run", resume=True, epochs=2, precision="float32", devices="cpu")
    assert resumed.status.step == 10
    said = "mixed_float16 without XLA -> float32 without XLA: the run goes on, but no longer bit for bit"
    assert said in caplog.text
    again = run(tmp_path / "run", resume=True, epochs=3, precision="mixed_float16")
    assert again.status.step == 15


def test_another_network_is_refused_not_half_loaded(finished):
    config = finished / "config.yaml"
    config.write_text(config.read_text().replace("units: 5", "units: 6"))
    (finished / "manifest.json").unlink()  # a run of before
    with pytest.raises(CheckpointError, match=r"0\d\d.h5, variables: got .*kernel of shape .6, 5., expected"):
        load_run(finished, system=SYSTEM)


def test_a_checkpoint_is_not_parsed_before_its_checksum(finished):
    for path in (finished / "checkpoints").iterdir():
        path.write_bytes(b"\x80\x05cposix\nsystem\n")  # the beginning of a pickle
    with pytest.raises(CheckpointError, match=r"got a damaged manifest, expected a checkpoint that matches its"):
        load_run(finished, system=SYSTEM)


@pytest.fixture
def read_only_disk(tmp_path):
    """A file system that cannot be written, which root's permissions do not get around."""
    folder = tmp_path / "disk"
    folder.mkdir()
    try:
        options = ["mount", "-t", "tmpfs", "-o", "ro,size=1m", "tmpfs", str(folder)]
        mounted = subprocess.run(options, capture_output=True, check=False).returncode == 0
    except OSError:
        mounted = False
    if mounted:
        yield folder
        subprocess.run(["umount", str(folder)], check=True)
    elif os.geteuid() != 0:
        folder.chmod(0o500)
        yield folder
        folder.chmod(0o700)
    else:
        pytest.skip("neither a read-only mount nor permissions that bind")


def test_read_only_directory(read_only_disk):
    with pytest.raises(RunDirectoryError, match=r"disk: got a directory that cannot be written .*another --output_dir"):
        run(read_only_disk)
    with pytest.raises(RunDirectoryError, match=r"run: got .*, expected a directory that can be made and written"):
        run(read_only_disk / "run")


def test_two_runs_in_one_directory(tmp_path):
    inner = []

    class Impatient(training_fakes.FakeSystem):
        def build(self, config, prepared):
            with pytest.raises(RunDirectoryError) as caught:
                run(tmp_path / "run")
            inner.append(str(caught.value))
            return super().build(config, prepared)

    run(tmp_path / "run", epochs=1, system=Impatient())
    assert re.search(
        rf"got a directory that process {os.getpid()} on .* is using .*, expected one run in one directory. Fix: wait "
        rf"for it, choose another --output_dir, or, if that process is gone, wait .* or delete .*/run/lock",
        inner[0],
    )


def test_one_seed_gives_one_run(trained, tmp_path):
    again = run(tmp_path / "again", epochs=2)
    assert weights_of(trained(epochs=2)) == weights_of(again) != weights_of(trained(seed=99))
