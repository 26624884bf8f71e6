"""Grids on workers of Dask, with stand-ins for training and evaluation."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from cyclegan_neuro.cli.grid import main
from cyclegan_neuro.errors import ConfigurationError, TrainingError
from cyclegan_neuro.grid import run as module
from cyclegan_neuro.grid.cells import expand
from cyclegan_neuro.grid.engine import LocalPlan, _kinds_of_clusters, local_plan, started
from cyclegan_neuro.grid.file import read_grid
from cyclegan_neuro.grid.run import open_record, run_grid
from cyclegan_neuro.grid.task import Task, run_cell

pytest.importorskip("dask_jobqueue")
STAND_IN = (sys.executable, str(Path(__file__).with_name("stand_in.py")))


@pytest.fixture(autouse=True)
def _no_threads_are_asked_for(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)


@pytest.fixture
def grid_of(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "PROGRAM", STAND_IN)

    def make(seeds, tries=2):
        (tmp_path / "grid.yaml").write_text(f"axes: {{training.seed: {seeds}}}\ntries: {tries}\n")
        grid = read_grid(tmp_path / "grid.yaml")
        return grid, open_record(grid, expand(grid), tmp_path / "grid")

    return make


def test_cells_are_tried_again_and_failures_listed(grid_of):
    grid, record = grid_of([1, 13, 98, 99])
    with pytest.raises(TrainingError) as error:
        run_grid(grid, record, plan=LocalPlan(2, 1))
    states = {name: (one.state, one.attempts) for name, one in record.progress.items()}
    assert states == {"seed-1": ("done", 1), "seed-13": ("done", 2), "seed-98": ("failed", 1), "seed-99": ("failed", 2)}
    assert "2 cells of 4 that failed" in str(error.value)
    assert "error: broken" in str(error.value)
    assert record.progress["seed-98"].log_tail[-1] == "error: refused"

    made = record.folder / "seed-1" / "report" / "metrics.json"
    before = made.stat().st_mtime_ns
    grid, record = grid_of([1, 2])
    assert record.names("done") == ["seed-1"]
    run_grid(grid, record, plan=LocalPlan(1, None))
    assert record.names("done") == ["seed-1", "seed-2"]
    assert "threads: None" in (record.folder / "logs" / "seed-2.log").read_text()  # all cores, not one
    assert made.stat().st_mtime_ns == before


def test_a_worker_that_is_killed_loses_nothing(grid_of):
    grid, record = grid_of([50])
    runner = threading.Thread(target=run_grid, args=(grid, record), kwargs={"plan": LocalPlan(1, 1)}, daemon=True)
    runner.start()
    status = record.folder / "seed-50" / "status.json"
    _wait_for(status.exists)
    for child in _grandparents_of("stand_in.py"):
        os.kill(child, signal.SIGKILL)
    _wait_for(lambda: record.names("done") == ["seed-50"])
    runner.join(30)
    log = (record.folder / "logs" / "seed-50.log").read_text()
    assert log.count(" train ") == 2
    assert log.count(" evaluate ") == 1


def test_training_stops_saved_when_its_worker_is_gone(tmp_path):
    config = tmp_path / "config.yaml"
    config.write_text("training:\n  seed: 50\n")
    task = Task("a", str(tmp_path / "a"), str(config), str(tmp_path / "a.log"), STAND_IN)
    code = f"from cyclegan_neuro.grid.task import *; run_cell({task!r})"
    worker = subprocess.Popen([sys.executable, "-c", code])
    status = tmp_path / "a" / "status.json"
    _wait_for(status.exists)
    worker.kill()
    worker.wait()
    _wait_for(lambda: "interrupted" in status.read_text(), 20)
    assert run_cell(task).exit_code == 0


def test_cells_share_the_machine(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,7")
    plan = local_plan(workers=None, threads=3)
    assert (plan.workers, plan.gpus) == (2, ("4", "7"))
    found = plan.environment(3)
    assert found.pop("CUDA_VISIBLE_DEVICES") == "7"
    assert {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"} <= set(found)
    assert set(found.values()) == {"3"}
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(8)), raising=False)
    assert local_plan(workers=None, threads=3) == LocalPlan(2, 3)
    assert local_plan(workers=4, threads=None) == LocalPlan(4, 2)
    assert local_plan(workers=None, threads=None) == LocalPlan(1, None)


def _wait_for(happened, seconds=60):
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _grandparents_of(program):
    """The processes that started a process of ours whose command line names ``program``."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command, stat = (entry / "cmdline").read_bytes().decode(), (entry / "stat").read_text()
            except OSError:
                continue
            if program in command and "grid" in command:
                found.append(int(stat.rpartition(")")[2].split()[1]))
    return found


def test_ctrl_c_stays_an_interruption(monkeypatch):
    """dask-jobqueue replaces the handler when it is imported."""
    before = signal.getsignal(signal.SIGINT)
    for name in [name for name in sys.modules if name.startswith("dask_jobqueue")]:
        monkeypatch.delitem(sys.modules, name)
    kinds = _kinds_of_clusters()
    assert set(kinds) == {"slurm", "sge", "pbs"}
    assert signal.getsignal(signal.SIGINT) is before


@pytest.fixture
def queued(grid_of, tmp_path, monkeypatch):
    """Return a function: what sbatch does, to a grid of one cell whose jobs it gets, and its record."""

    def make(sbatch, folder="grid"):
        programs = tmp_path / "bin"
        programs.mkdir()
        for name, text in (("sbatch", sbatch), ("scancel", "true")):
            (programs / name).write_text(f"#!/bin/sh\n{text}\n")
            (programs / name).chmod(0o755)
        monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
        (tmp_path / "grid.yaml").write_text(
            "axes: {training.seed: [1]}\ncluster: {queue: gpu, interface: lo, jobs: 1, cores: 3}\n"
        )
        grid = read_grid(tmp_path / "grid.yaml")
        return grid, open_record(grid, expand(grid), tmp_path / folder)

    return make


def test_jobs_have_their_cores_and_a_key_that_nobody_else_can_read(queued, tmp_path):
    grid, record = queued(
        f"cp $1 {tmp_path}/script; stat -c %a {tmp_path}/grid/logs/jobs/.dask-* > {tmp_path}/modes\n"
        f"bash {tmp_path}/script > /dev/null 2>&1 &\necho Submitted batch job 7"
    )
    run_grid(grid, record, plan=LocalPlan(2, 1, ("5",)))
    assert record.names("done") == ["seed-1"]
    assert "threads: 3" in (record.folder / "logs" / "seed-1.log").read_text()
    script = (tmp_path / "script").read_text()
    key = Path(script.split("--tls-key ")[1].split()[0])
    assert " tls://" in script
    assert key.parent == record.folder / "logs" / "jobs"
    assert set((tmp_path / "modes").read_text().split()) == {"600"}


def test_nobody_else_on_this_machine_reaches_the_scheduler(tmp_path):
    with started(tmp_path, plan=LocalPlan(0, None), cluster=None, scheduler_file=None) as engine:
        assert engine.client.scheduler.address.startswith("tls://127.0.0.1:")


def test_folders_that_job_scripts_cannot_name_are_refused(queued):
    grid, record = queued("exit 1", folder="my grid")
    with pytest.raises(ConfigurationError, match="expected no space"):
        run_grid(grid, record, plan=LocalPlan(1, 1))


def test_a_queue_that_takes_no_jobs_is_an_error_and_no_endless_wait(queued):
    grid, record = queued("echo 'sbatch: error: invalid partition specified: gpu' >&2\nexit 1")
    with pytest.raises(ConfigurationError, match="cluster: got sbatch: error: invalid partition specified: gpu"):
        run_grid(grid, record, plan=LocalPlan(1, 1))


def test_a_limit_runs_so_many_cells_and_says_what_is_left(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(module, "PROGRAM", STAND_IN)
    (tmp_path / "grid.yaml").write_text("axes: {training.seed: [1, 2]}\n")
    command = [str(tmp_path / "grid.yaml"), "--output_dir", str(tmp_path / "grid")]
    main([*command, "--limit", "1"])
    assert "1 of 2 cells are left" in capsys.readouterr().out
    main(command)
    assert "now: cyclegan-neuro compare" in capsys.readouterr().out
