"""Who trains together: what TF_CONFIG and Slurm say, and whether everybody comes."""

import json
import os
import socket

import pytest
from training_fakes import make_config

from cyclegan_neuro.errors import ConfigurationError, TrainingError
from cyclegan_neuro.training.cluster import Cluster, cluster_of, wait_for_all

TWO = {"cluster": {"worker": ["a:2000", "b:2001"]}, "task": {"type": "worker", "index": 1}}
STEP = {
    "SLURM_JOB_ID": "1537", "SLURM_PROCID": "2", "SLURM_STEP_NUM_TASKS": "3", "SLURM_STEP_NODELIST": "n[07-08]",
    "SLURM_STEP_TASKS_PER_NODE": "2,1", "SLURMD_NODENAME": "n08",
}  # fmt: skip


def found(devices="auto", content=None, **variables):
    if content is not None:
        variables["TF_CONFIG"] = content if isinstance(content, str) else json.dumps(content)
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("SLURM", "TF_CONFIG"))]:
            patch.delenv(name)
        for name, value in variables.items():
            patch.setenv(name, value)
        return cluster_of(make_config(devices=devices).training)


def test_tf_config():
    assert found("auto", TWO) == found("all_workers", TWO) == Cluster(("a:2000", "b:2001"), 1)
    with_chief = {"cluster": {"chief": ["c:1"], **TWO["cluster"]}, "task": TWO["task"]}
    assert found("auto", with_chief) == Cluster(("c:1", "a:2000", "b:2001"), 2)
    assert found("auto", with_chief | {"task": {"type": "chief", "index": 0}}).index == 0


def test_one_worker_is_none():
    alone = {"cluster": {"worker": ["a:2000"]}, "task": {"type": "worker", "index": 0}}
    assert [found(), found("cpu", TWO), found("auto", alone), found("auto", {}), found("auto", **STEP)] == [None] * 5
    with pytest.raises(ConfigurationError, match="got 'all_workers', but one worker, expected two workers or more"):
        found("all_workers", alone)
    with pytest.raises(ConfigurationError, match="neither TF_CONFIG nor a step of Slurm"):
        found("all_workers")


@pytest.mark.parametrize(
    ("content", "got"),
    [
        ("{worker", "no JSON"),
        ("[1]", r"\[1\]"),
        ({**TWO, "cluster": {"worker": "a:2000"}}, "worker"),
        ({**TWO, "cluster": {"ps": ["a:1"], "worker": ["b:1", "c:1"]}}, "tasks of the kind ps"),
        ({**TWO, "cluster": {"worker": ["a", "b:1"]}}, "the address 'a'"),
        ({**TWO, "cluster": {"worker": ["a:1", "a:1"]}}, "an address twice"),
        ({**TWO, "task": {"type": "worker", "index": 2}}, 'the task {"type": "worker", "index": 2} of 2 worker'),
        ({"cluster": TWO["cluster"]}, "the task {} of 2 worker"),
    ],
)
def test_a_damaged_tf_config_is_refused(content, got):
    with pytest.raises(ConfigurationError, match=f"TF_CONFIG: got .*{got}.*expected for example .*node1:20000"):
        found("auto", content)


def test_a_step_of_slurm():
    port = 20000 + 16 * (1537 % 768)
    cluster = found("all_workers", **STEP)
    assert cluster == Cluster((f"n07:{port}", f"n07:{port + 1}", f"n08:{port}"), 2)
    assert (cluster.port, cluster.others) == (port, (f"n07:{port}", f"n07:{port + 1}"))
    with pytest.raises(ConfigurationError, match=r"task 2 on n07 instead of n08, .* srun --distribution=block"):
        found("all_workers", **STEP | {"SLURMD_NODENAME": "n07"})
    with pytest.raises(ConfigurationError, match="a step of Slurm that does not name its tasks"):
        found("all_workers", SLURM_STEP_NUM_TASKS="2")


def test_everybody_has_to_come():
    with socket.create_server(("", 0)) as other, socket.create_server(("", 0)) as free:
        there, port = other.getsockname()[1], free.getsockname()[1]
        free.close()
        pair = f"localhost:{there}", f"localhost:{port}"
        wait_for_all(Cluster(pair, 1), seconds=0)
        with pytest.raises(ConfigurationError, match=rf"worker 0: got port {there}, which cannot be used"):
            wait_for_all(Cluster(pair, 0), seconds=0)
        other.close()
        with pytest.raises(TrainingError, match=rf"worker 1: got no answer from localhost:{there} in 0 s, expected 2"):
            wait_for_all(Cluster(pair, 1), seconds=0)
