"""Who may touch which directory."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from cyclegan_neuro.errors import RunDirectoryError
from cyclegan_neuro.training.run_directory import RunDirectory, claim
from cyclegan_neuro.training.status import Status


@pytest.fixture
def run(tmp_path):
    """A directory with everything that a run of ours writes."""
    directory = RunDirectory(tmp_path / "run")
    for name in (
        "config.yaml", "environment.json", "inputs.json", "history.csv", "scaling.json", "neuron_order.json",
        "checkpoints/last-000000005.h5", "checkpoints/.last-000000010.7.tmp.h5",
        "tensorboard/train/events.out.tfevents.1.host", "tensorboard/ordering/events.out.tfevents.1.host",
        "report/index.html", "report/metrics.json", "report/figures/a.png", "report/tables/a.csv",
        ".report.0f.new/figures/a.png", ".report.old/maps.h5", "evaluation_cache/.a.7.tmp.npz",
        ".config.7.tmp.yaml", ".preparing/tensorboard/ordering/events.out.tfevents.1.host", "manifest.json",
    ):  # fmt: skip
        file = directory.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x")
    directory.write_status(Status(system="fake", state="finished", epoch=3, epochs=3))
    return directory


def entries(directory):
    return sorted(path.name for path in directory.path.iterdir())


def test_new_directory_is_made_and_removed_if_nothing_came_of_it(tmp_path):
    with claim(tmp_path / "deep" / "run") as directory:
        assert entries(directory) == ["lock"]
    assert not (tmp_path / "deep" / "run").exists()


def test_existing_run_is_refused(run):
    with pytest.raises(RunDirectoryError, match=r"already .finished, 3 of 3 epochs.*--resume, replace it with --over"):
        claim(run.path).__enter__()
    assert "lock" not in entries(run)


def test_what_is_of_locks_is_neither_a_run_nor_foreign_nor_deleted(tmp_path):
    names = {".lock.7f.tmp", ".evaluation.lock.takeover.7f.tmp", "lock.takeover", ".nfs000000000a"}
    for name in names:
        (tmp_path / name).write_text("x")
    directory = RunDirectory(tmp_path)
    assert not directory.has_run()
    assert directory.foreign_files() == []
    directory.clear()
    assert set(entries(directory)) == names


def test_overwrite_deletes_only_when_told_to_clear(run):
    with claim(run.path, overwrite=True) as directory:
        assert "history.csv" in entries(directory)
        directory.clear()
        assert entries(directory) == [".preparing", "evaluation.lock", "lock", "status.json"]


@pytest.mark.parametrize("name", ["notes.txt", "report/paper.docx", "checkpoints/mine.txt", "tensorboard/readme.md"])
def test_overwrite_refuses_files_of_the_user(run, name):
    (run.path / name).write_text("mine")
    before = sorted(run.path.rglob("*"))
    with pytest.raises(RunDirectoryError, match=f"files that no run of ours writes .{name}.*nothing was deleted"):
        claim(run.path, overwrite=True).__enter__()
    assert sorted(run.path.rglob("*")) == before


@pytest.mark.parametrize("content", ["{}", '{"state": "finished"}', "[1]", "no json"])
def test_overwrite_knows_runs_of_ours_by_their_mark(tmp_path, content):
    (tmp_path / "status.json").write_text(content)
    (tmp_path / "config.yaml").write_text("mine: true")
    with pytest.raises(RunDirectoryError, match=r"no run of ours .config.yaml, status.json"):
        claim(tmp_path, overwrite=True).__enter__()
    assert (tmp_path / "config.yaml").exists()


def test_overwrite_does_not_follow_links(run, tmp_path):
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "thesis.png").write_text("x")
    os.rename(run.path / "report", tmp_path / "report")
    (run.path / "report").symlink_to(precious)
    with pytest.raises(RunDirectoryError, match=r"files that no run of ours writes .report"):
        claim(run.path, overwrite=True).__enter__()
    assert (precious / "thesis.png").exists()


def test_file_in_place_of_a_directory(tmp_path):
    (tmp_path / "run").write_text("x")
    with pytest.raises(RunDirectoryError, match=r"File exists, expected a directory"):
        claim(tmp_path / "run").__enter__()


@pytest.mark.parametrize("missing", ["status.json", "config.yaml"])
def test_resume_needs_a_run(run, missing):
    (run.path / missing).unlink()
    with pytest.raises(RunDirectoryError, match=r"no run that could go on.*leave out --resume"):
        claim(run.path, resume=True).__enter__()


def test_resume_does_not_make_a_directory(tmp_path):
    with pytest.raises(RunDirectoryError, match=r"no run that could go on"):
        claim(tmp_path / "typo", resume=True).__enter__()
    assert not (tmp_path / "typo").exists()


def test_resume_and_overwrite_exclude_each_other(run):
    with pytest.raises(RunDirectoryError, match=r"both --resume and --overwrite"):
        claim(run.path, resume=True, overwrite=True).__enter__()


def test_a_killed_preparation_counts_as_nothing(tmp_path):
    directory = RunDirectory(tmp_path)
    directory.write_status(Status(system="fake", state="preparing"))
    directory.begin_staging().joinpath("scaling.json").write_text("old")
    with claim(tmp_path) as again:
        assert list(again.begin_staging().iterdir()) == []


def test_two_runs_in_one_directory(run):
    with claim(run.path, resume=True):
        with pytest.raises(RunDirectoryError, match=f"process {os.getpid()} on {socket.gethostname()} since 20"):
            claim(run.path, resume=True).__enter__()
        assert "lock" in entries(run)
    assert "lock" not in entries(run)


HOLD = """
import sys
from pathlib import Path
from cyclegan_neuro.training.lock import locked
with locked(Path(sys.argv[1]), sys.argv[2]):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def hold():
    """Return a function that holds a lock of a directory in another process; kill it to see what it leaves."""
    processes = []

    def hold(path, name):
        command = [sys.executable, "-c", HOLD, str(path), name]
        root = str(Path(__file__).parents[2])
        environment = os.environ | {"PYTHONPATH": root}
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )  # fmt: skip
        processes.append(process)
        assert process.stdout.readline() == "held\n"
        return process

    yield hold
    for process in processes:
        process.kill()
        process.wait()


def test_lock_of_another_living_process(run, hold):
    process = hold(run.path, "lock")
    match = f"process {process.pid} on {socket.gethostname()} since 20.*delete {run.path / 'lock'}"
    with pytest.raises(RunDirectoryError, match=match):
        claim(run.path, resume=True).__enter__()
    process.kill()
    process.wait()
    assert "lock" in entries(run)
    with claim(run.path, resume=True):
        assert json.loads((run.path / "lock").read_text())["pid"] == os.getpid()
    assert "lock" not in entries(run)


def test_a_run_under_evaluation_may_train_but_not_be_replaced(run, hold):
    process = hold(run.path, "evaluation.lock")
    with claim(run.path, resume=True):
        pass
    match = (
        f"process {process.pid} on .* is evaluating .*, expected one evaluation of a run at a time. Fix: wait for it"
    )
    with pytest.raises(RunDirectoryError, match=match):
        claim(run.path, overwrite=True).__enter__()
    process.kill()
    process.wait()
    with claim(run.path, overwrite=True):
        pass


def test_lock_of_another_host_is_respected(run):
    (run.path / "lock").write_text('{"pid": 1, "host": "elsewhere"}')
    with pytest.raises(RunDirectoryError, match=r"process 1 on elsewhere .*one run in one directory"):
        claim(run.path, resume=True).__enter__()


def test_lock_of_an_earlier_process_with_our_number(run):
    (run.path / "lock").write_text(json.dumps({"pid": os.getpid(), "host": socket.gethostname()}))
    with claim(run.path, resume=True):
        pass


def test_status_survives_fields_of_other_versions():
    status = Status.from_dict(Status(system="fake", state="training").as_dict() | {"from_the_future": 1})
    assert status.state == "training"


def test_damaged_json_is_named(run):
    run.inputs_file.write_text("{")
    with pytest.raises(RunDirectoryError, match=r"inputs.json"):
        run.read_json(run.inputs_file)
