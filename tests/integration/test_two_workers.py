"""Two processes that train one run together, beside one process with the whole batch."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from training_fakes import SYSTEM, make_config

from cyclegan_neuro.training.checkpoints import CheckpointStore
from cyclegan_neuro.training.run import train

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 300  # seconds, of a loaded machine


def free_ports(number):
    sockets = [socket.create_server(("", 0)) for _ in range(number)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def start(output_dir, *, ports, task, **options):
    """Start a worker of the tiny system."""
    cluster = {"worker": [f"localhost:{port}" for port in ports]}
    told = {"cluster": cluster, "task": {"type": "worker", "index": task}}
    return subprocess.Popen(
        [sys.executable, str(ROOT / "tests" / "training" / "training_fakes.py"), str(output_dir), json.dumps(options)],
        env={**os.environ, "PYTHONPATH": str(ROOT), "TF_CONFIG": json.dumps(told)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(*processes):
    """Return exit codes and what was said; nothing goes on running if a worker hangs."""
    try:
        said = [process.communicate(timeout=LIMIT)[1] for process in processes]
    finally:
        for process in processes:
            process.kill()
    return [process.returncode for process in processes], said


def pair(output_dir, **options):
    return [start(output_dir, ports=PORTS[output_dir.name], task=task, **options) for task in range(2)]


PORTS = dict(zip(("whole", "stopped"), zip(*[iter(free_ports(4))] * 2, strict=True), strict=True))


def newest(output_dir):
    return CheckpointStore(output_dir / "checkpoints").newest()


def test_two_workers_equal_one_process_and_resume_bit_for_bit(tmp_path):
    """One pair trains, another is told to stop, by a signal to its second worker, and goes on."""
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    first = pair(whole, model={"chance": False}, epochs=2)
    second = [
        start(stopped, ports=PORTS["stopped"], task=task, model={"chance": False}, epochs=2, stop_at_step=7 * task)
        for task in range(2)
    ]
    alone = train(SYSTEM, make_config(model={"chance": False}, epochs=2), output_dir=tmp_path / "alone")
    codes, said = ended(*first, *second)
    assert codes == [0, 0, 128 + signal.SIGTERM, 128 + signal.SIGTERM], said
    at = newest(stopped).manifest.step
    assert at in (7, 8)  # the signal comes while step 7 ends, and all have heard of it after the next one
    codes, said = ended(*pair(stopped, model={"chance": False}, epochs=2, resume=True))
    assert codes == [0, 0], said

    together, resumed, expected = newest(whole), newest(stopped), newest(alone.directory.path)
    assert together.manifest.step == resumed.manifest.step == expected.manifest.step == 10
    for group, entries in expected.state.items():
        for (path, value), (_, two), (_, again) in zip(
            entries, together.state[group], resumed.state[group], strict=True
        ):
            np.testing.assert_array_equal(two, again, err_msg=path)
            np.testing.assert_allclose(two, value, rtol=0, atol=1e-6, err_msg=path)
    rows = [rows_of(path) for path in (whole, stopped, alone.directory.path)]
    assert rows[0] == rows[1]
    for one, other in zip(rows[0], rows[2], strict=True):
        assert one.keys() == other.keys()
        assert one == pytest.approx(other, abs=1e-6)
    told = json.loads((whole / "environment.json").read_text())["numerics"]
    assert told == [{"from_step": 0, "precision": "float32", "jit_compile": False, "replicas": 2}]


def rows_of(output_dir):
    """Return the history without what differs by nature: times, and the norms of what a replica has of a batch."""
    head, *rows = [line.split(",") for line in (output_dir / "history.csv").read_text().splitlines()]
    left_out = ("seconds", "windows_per_second", "gradient_norm")
    return [{n: float(v) for n, v in zip(head, row, strict=True) if n not in left_out} for row in rows]


@pytest.mark.slow
def test_the_end_of_a_worker_ends_the_other(tmp_path):
    """The other hears of it when the heartbeat of the first has been missed for 10 s."""
    ports = free_ports(2)
    lost = [start(tmp_path / "run", ports=ports, task=0), start(tmp_path / "run", ports=ports, task=1, kill_at_step=7)]
    codes, said = ended(*lost)
    assert codes == [1, -signal.SIGKILL], said
    assert "worker 0 of 2: got the end of another worker" in said[0]
    assert json.loads((tmp_path / "run" / "status.json").read_text())["state"] == "failed"
