"""Which processes train a run together, as ``TF_CONFIG`` or Slurm says, and whether all of them are there."""

from __future__ import annotations

import json
import os
import socket
import time
from dataclasses import dataclass

from cyclegan_neuro.configuration.sections import OptimisationSection
from cyclegan_neuro.errors import ConfigurationError, TrainingError

__all__ = ["Cluster", "cluster_of", "wait_for_all"]

_SECONDS_TO_COME = 300  # tasks of one step start together, but a cold file system delays imports by minutes
_FIRST_PORT, _PORTS_PER_JOB, _JOBS = 20000, 16, 768  # below 32768, where ports of outgoing connections begin
_EXAMPLE = '{"cluster": {"worker": ["node1:20000", "node2:20000"]}, "task": {"type": "worker", "index": 0}}'


@dataclass(frozen=True)
class Cluster:
    """The processes of a run.

    Attributes
    ----------
    addresses : tuple of str
        ``host:port`` of each; the first one is the chief.
    index : int
        Which of them this process is.
    """

    addresses: tuple[str, ...]
    index: int

    @property
    def port(self) -> int:
        return int(self.addresses[self.index].rpartition(":")[2])

    @property
    def others(self) -> tuple[str, ...]:
        return self.addresses[: self.index] + self.addresses[self.index + 1 :]


def cluster_of(training: OptimisationSection) -> Cluster | None:
    """Return the processes that train together; None where this one trains alone.

    Parameters
    ----------
    training : OptimisationSection
        ``devices: all_workers`` reads ``TF_CONFIG`` or, without it, the variables of the Slurm step; ``auto`` reads
        ``TF_CONFIG`` alone, because tasks of a step may as well be runs of their own.

    Raises
    ------
    ConfigurationError
        If ``TF_CONFIG`` is damaged, or several workers are asked for and there is one.
    """
    if training.devices not in ("auto", "all_workers"):
        return None
    cluster = None
    if os.environ.get("TF_CONFIG"):
        cluster = _from_tf_config(os.environ["TF_CONFIG"])
    elif training.devices == "all_workers" and "SLURM_STEP_NUM_TASKS" in os.environ:
        cluster = _from_slurm()
    if cluster is not None and len(cluster.addresses) > 1:
        return cluster
    if training.devices == "all_workers":
        raise ConfigurationError(
            "training.devices",
            got="'all_workers', but " + ("one worker" if cluster else "neither TF_CONFIG nor a step of Slurm"),
            expected="two workers or more",
            fix="start it by srun with --ntasks=2 or more, set TF_CONFIG for each worker, or set training.devices=auto",
        )
    return None


def _from_tf_config(text: str) -> Cluster | None:
    def refuse(got: str) -> ConfigurationError:
        fix = "correct it, or unset it to train on this machine alone"
        return ConfigurationError("TF_CONFIG", got=got, expected=f"for example {_EXAMPLE}", fix=fix)

    try:
        content = json.loads(text)
    except ValueError as error:
        raise refuse(f"no JSON ({error})") from error
    if not isinstance(content, dict):
        raise refuse(text)
    jobs, task = content.get("cluster", {}), content.get("task", {})
    if not jobs:
        return None  # of this machine alone
    if not isinstance(jobs, dict) or not isinstance(task, dict) or not all(isinstance(j, list) for j in jobs.values()):
        raise refuse(text)
    if other := sorted(set(jobs) - {"chief", "worker"}):
        raise refuse(f"tasks of the kind {', '.join(other)}")
    addresses = [*jobs.get("chief", ()), *jobs.get("worker", ())]
    if bad := [address for address in addresses if not _is_address(address)]:
        raise refuse(f"the address {bad[0]!r}")
    if len(set(addresses)) < len(addresses):
        raise refuse("an address twice")
    kind, index = task.get("type"), task.get("index")
    if kind not in jobs or not isinstance(index, int) or not 0 <= index < len(jobs[kind]):
        raise refuse(f"the task {json.dumps(task)} of {', '.join(f'{len(j)} {name}' for name, j in jobs.items())}")
    return Cluster(tuple(addresses), index + (len(jobs.get("chief", ())) if kind == "worker" else 0))


def _is_address(address: object) -> bool:
    host, _, port = address.rpartition(":") if isinstance(address, str) else ("", "", "")
    return bool(host) and port.isdecimal() and 0 < int(port) < 65536


def _from_slurm() -> Cluster:
    import tensorflow as tf

    try:
        # GPUs are Slurm's business: the resolver would look for nvidia-smi and hide all but those that it counts out
        n_tasks = int(os.environ["SLURM_STEP_NUM_TASKS"])
        resolver = tf.distribute.cluster_resolver.SlurmClusterResolver(
            port_base=_FIRST_PORT + _PORTS_PER_JOB * (int(os.environ["SLURM_JOB_ID"]) % _JOBS),
            gpus_per_node=n_tasks,
            gpus_per_task=1,
            auto_set_gpu=False,
        )
        addresses = resolver.cluster_spec().as_dict()["worker"]
        index = int(os.environ["SLURM_PROCID"])
    except (KeyError, ValueError, RuntimeError) as error:
        raise ConfigurationError(
            "training.devices", got=f"'all_workers' in a step of Slurm that does not name its tasks ({error})",
            expected="the variables that srun sets", fix="start it by srun, or set TF_CONFIG for each worker",
        ) from error  # fmt: skip
    here, host = os.environ.get("SLURMD_NODENAME"), addresses[index].rpartition(":")[0]
    if here and here != host:
        raise ConfigurationError(
            "training.devices", got=f"'all_workers', and task {index} on {here} instead of {host}",
            expected="tasks that are counted node by node", fix="start it by srun --distribution=block",
        )  # fmt: skip
    return Cluster(tuple(addresses), index)


def wait_for_all(cluster: Cluster, *, seconds: float = _SECONDS_TO_COME) -> None:
    """Return when every other worker answers; TensorFlow itself would wait for ever.

    Parameters
    ----------
    cluster : Cluster
    seconds : float
        How long to wait.

    Raises
    ------
    ConfigurationError
        If this worker's port is taken.
    TrainingError
        If a worker does not come.
    """
    try:
        own = socket.create_server(("", cluster.port), backlog=128)
    except OSError as error:
        raise ConfigurationError(
            f"worker {cluster.index}",
            got=f"port {cluster.port}, which cannot be used ({error.strerror})",
            expected="a free port",
            fix="end the program that uses it, or name another port in TF_CONFIG",
        ) from error
    missing, deadline = list(cluster.others), time.monotonic() + seconds
    with own:  # others see it until TensorFlow listens here in its place
        while missing := [address for address in missing if not _answers(address)]:
            if time.monotonic() > deadline:
                raise TrainingError(
                    f"worker {cluster.index}",
                    got=f"no answer from {', '.join(missing)} in {seconds:g} s",
                    expected=f"{len(cluster.addresses)} workers",
                    fix="start all of them, see the log of the one that is missing, and let no firewall between them",
                )
            time.sleep(0.1)


def _answers(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=5).close()
    except OSError:
        return False
    return True
