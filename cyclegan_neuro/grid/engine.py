"""Where cells run: workers of Dask on this machine, as jobs of a queue, or wherever the user started them."""

from __future__ import annotations

import json
import logging
import os
import re
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cyclegan_neuro.errors import ConfigurationError
from cyclegan_neuro.grid.file import ClusterSection

if TYPE_CHECKING:
    from dask.distributed import Client

__all__ = ["Engine", "local_plan", "started"]

_DASHBOARD = "127.0.0.1:0"
_CELL = "cell"
"""Every worker of ours has one of this resource, so that it runs one cell at a time whatever its threads."""
_LAST_MINUTES = 5
_THREADS = (
    "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"
)  # fmt: skip


@dataclass(frozen=True)
class LocalPlan:
    """How the cells share this machine.

    Attributes
    ----------
    workers : int
        Cells side by side.
    threads : int or None
        Of each cell; None leaves it to TensorFlow, one per core.
    gpus : tuple of str
        Those that TensorFlow may see, one per worker; none where there is no GPU.
    """

    workers: int
    threads: int | None
    gpus: tuple[str, ...] = ()

    def environment(self, worker: int) -> dict[str, str]:
        """Return the variables of the processes of a worker, counted from 0."""
        found = {}
        if self.threads is not None:
            found = dict.fromkeys(_THREADS, str(self.threads))
        if self.gpus:
            found["CUDA_VISIBLE_DEVICES"] = self.gpus[worker % len(self.gpus)]
        return found


def local_plan(*, workers: int | None, threads: int | None) -> LocalPlan:
    """Share this machine: a worker per GPU, else one per ``threads`` cores, else one with all cores."""
    gpus = _gpus()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if workers is None:
        workers = len(gpus) or (max(1, cores // threads) if threads else 1)
    if threads is None and workers > 1:
        threads = max(1, cores // workers)
    return LocalPlan(workers, threads, gpus)


def _gpus() -> tuple[str, ...]:
    """Return the GPUs that CUDA_VISIBLE_DEVICES allows, else those that the driver lists."""
    allowed = os.environ.get("CUDA_VISIBLE_DEVICES")
    if allowed is not None:
        return tuple(one.strip() for one in allowed.split(",") if one.strip() not in ("", "-1"))
    try:
        told = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, timeout=20, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return ()
    return tuple(str(number) for number, line in enumerate(told.splitlines()) if line.startswith("GPU"))


@dataclass(frozen=True)
class Engine:
    """Workers that cells can be handed to.

    Attributes
    ----------
    client : dask.distributed.Client
    cluster : object or None
        What starts workers; None where the user started them.
    jobs : int
        Workers that should be there.
    resources : dict
        What a cell asks of a worker.
    told : str
        One line for people.
    """

    client: Client
    cluster: Any
    jobs: int
    resources: dict[str, int]
    told: str

    def replace_lost_workers(self, needed: int) -> None:
        """Ask for as many workers as there are cells for: a queue's jobs end with their walltime.

        Workers that are not needed any more go, but none that has a cell; ``scale`` would take any, and only log what
        goes wrong.

        Raises
        ------
        ConfigurationError
            If the queue refuses a job.
        """
        if self.cluster is None:
            return
        asked, wanted, busy = self.cluster.worker_spec, min(self.jobs, needed), self.client.processing()
        workers = self.cluster.scheduler_info["workers"].items()
        needed_names = {worker["name"] for address, worker in workers if busy.get(address)}
        for name in [name for name in asked if name not in needed_names][: max(0, len(asked) - wanted)]:
            del asked[name]
        while len(asked) < wanted:
            asked.update(self.cluster.new_worker_spec())
        try:
            self.cluster.sync(self.cluster._correct_state)
        except (RuntimeError, OSError) as error:
            raise ConfigurationError(
                "cluster", got=_last_line(error), expected="a job that the queue takes",
                fix="mend the section cluster of the grid file",
            ) from error  # fmt: skip


def _last_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__


@contextmanager
def started(
    folder: Path, *, plan: LocalPlan, cluster: ClusterSection | None, scheduler_file: Path | None
) -> Iterator[Engine]:
    """Start what runs the cells, and end it.

    Parameters
    ----------
    folder : Path
        Of the grid; logs of jobs go to ``logs/jobs``.
    plan : LocalPlan
        Used where there is neither ``cluster`` nor ``scheduler_file``.
    cluster : ClusterSection, optional
    scheduler_file : Path, optional
        Of a scheduler that the user started.

    Raises
    ------
    ConfigurationError
        If the extra [grid] is not installed, or the scheduler does not answer.
    """
    try:
        import dask
        from dask.distributed import Client

        kinds = _kinds_of_clusters()
    except ImportError as error:
        raise ConfigurationError(
            "grid", got=f"no module {error.name}", expected="Dask", fix="pip install 'cyclegan_neuro[grid]'"
        ) from error
    # a worker that dies takes its cell with it as often as this; a preempted queue does that
    settings = {
        "distributed.scheduler.allowed-failures": 20, "distributed.scheduler.work-stealing": False,
        "distributed.nanny.pre-spawn-environ": {},  # would give the libraries in our processes one thread
    }  # fmt: skip
    with dask.config.set(settings):
        if scheduler_file is not None:
            with _connected(Client, scheduler_file) as client:
                yield Engine(client, None, 0, {}, f"the workers of {scheduler_file}")
            return
        if cluster is None:
            made, jobs, told = _local(plan), plan.workers, _told(plan)
        else:
            made, jobs = _queue(kinds[cluster.engine], cluster, folder), cluster.jobs
            told = f"{cluster.jobs} jobs of {cluster.engine}, {cluster.cores} cores each"
        with _closing(made), Client(made) as client:
            yield Engine(client, made if cluster is not None else None, jobs, {_CELL: 1}, told)


@contextmanager
def _closing(cluster: Any) -> Iterator[None]:
    try:
        yield
    finally:
        with suppress(AssertionError):  # that every job was taken
            cluster.close()


def _told(plan: LocalPlan) -> str:
    each = "" if plan.threads is None else f", {plan.threads} threads each"
    gpus = f" on {len(plan.gpus)} GPUs" if plan.gpus else ""
    return f"{plan.workers} at a time on this machine{gpus}{each}"


def _local(plan: LocalPlan) -> Any:
    from dask.distributed import LocalCluster

    return LocalCluster(
        n_workers=plan.workers, threads_per_worker=1, processes=True, memory_limit=None,
        dashboard_address=_DASHBOARD, resources={_CELL: 1}, silence_logs=logging.CRITICAL, security=True,
    )  # fmt: skip


def _kinds_of_clusters() -> dict[str, Any]:
    """Import dask-jobqueue, which ends the process on Ctrl-C as if all were well: Python's handler is put back."""
    before = signal.getsignal(signal.SIGINT)
    import dask_jobqueue

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, before)
    return {"slurm": dask_jobqueue.SLURMCluster, "sge": dask_jobqueue.SGECluster, "pbs": dask_jobqueue.PBSCluster}


def _queue(kind: Any, cluster: ClusterSection, folder: Path) -> Any:
    """Return a cluster of dask-jobqueue whose jobs have one worker each.

    Scheduler and workers know each other by certificates that are made for this grid and lie beside the jobs' logs,
    readable by their owner alone: whoever can talk to a scheduler can run code as its user.
    """
    account = "project" if cluster.engine == "sge" else "account"
    logs = folder.resolve() / "logs" / "jobs"
    if re.search(r"[^\w./+=@:,-]", str(logs)):
        raise ConfigurationError(
            f"--output_dir {folder}", got=f"the folder {folder.resolve()}",
            expected="no space and no sign of the shell in it, since job scripts name it", fix="choose another",
        )  # fmt: skip
    logs.mkdir(parents=True, exist_ok=True)
    return kind(
        queue=cluster.queue, cores=cluster.cores, processes=1, memory=cluster.memory, walltime=cluster.walltime,
        interface=cluster.interface, scheduler_options={"dashboard_address": _DASHBOARD}, log_directory=str(logs),
        security=True, shared_temp_directory=str(logs),
        job_script_prologue=cluster.prologue,
        worker_extra_args=["--resources", f"{_CELL}=1", *_lifetime(cluster.walltime)],
        job_extra_directives=[*_gpu_directives(cluster), *cluster.directives], **{account: cluster.account},
    )  # fmt: skip


def _gpu_directives(cluster: ClusterSection) -> list[str]:
    if not cluster.gpus:
        return []
    return {
        "slurm": [f"--gres=gpu:{cluster.gpus}"], "sge": [f"-l gpu={cluster.gpus}"], "pbs": [f"-l ngpus={cluster.gpus}"]
    }[cluster.engine]  # fmt: skip


def _lifetime(walltime: str) -> list[str]:
    """Let a worker end before its job does, so that its training saves in peace; short jobs are left to their end."""
    parts = [int(part) for part in walltime.replace("-", ":").split(":")]
    minutes = sum(value * unit for value, unit in zip(reversed(parts), (1 / 60, 1, 60, 1440), strict=False))
    return ["--lifetime", f"{minutes - _LAST_MINUTES:.0f}m"] if minutes > 4 * _LAST_MINUTES else []


@contextmanager
def _connected(client_type: Any, scheduler_file: Path) -> Iterator[Client]:
    try:
        client = client_type(json.loads(scheduler_file.read_text(encoding="utf-8"))["address"], timeout=20)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(
            f"--scheduler_file {scheduler_file}", got=str(error) or type(error).__name__,
            expected="the file of a Dask scheduler that runs", fix="start one: dask scheduler --scheduler-file FILE",
        ) from error  # fmt: skip
    with client:
        yield client
