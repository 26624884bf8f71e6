"""Processes that share neurons or windows."""

import os
import signal
import subprocess
import sys
import time
from functools import partial

import numpy as np
import pytest

from cyclegan_neuro.errors import ConfigurationError
from cyclegan_neuro.spikes.counts import SpikeCounts
from cyclegan_neuro.spikes.statistics.parallel import Workers, available_cores
from cyclegan_neuro.spikes.statistics.van_rossum import distances


@pytest.fixture(scope="module")
def workers():
    with Workers(2) as two:
        yield two


def test_processes_give_what_one_gives(workers):
    rng = np.random.default_rng(1)
    recorded, generated = (SpikeCounts(rng.poisson(0.05, (4, 200, 5)).astype(np.uint8), 24.0) for _ in range(2))
    alone = distances(recorded, generated)
    seen = []
    shared = distances(recorded, generated, workers=workers, progress=lambda *state: seen.append(state))
    np.testing.assert_array_equal(shared.cross, alone.cross)
    np.testing.assert_array_equal(shared.within, alone.within)
    assert seen == [(done, 5) for done in range(1, 6)]


def test_processes_compute_with_one_thread_and_without_tensorflow(workers):
    expression = "({'tensorflow', 'keras'} & __import__('sys').modules.keys(), __import__('os').environ['{}'])"
    asked = [(expression.replace("{}", name),) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")]
    before = dict(os.environ)
    assert workers.map(eval, asked) == [(set(), "1"), (set(), "1")]
    assert dict(os.environ) == before


def test_what_comes_first_in_every_process():
    first = partial(exec, "import os; os.environ['CAME_FIRST'] = 'yes'")
    with Workers(2, first=first) as two:
        assert two.map(eval, [("__import__('os').environ['CAME_FIRST']",)] * 2) == ["yes", "yes"]
    assert "CAME_FIRST" not in os.environ


def test_results_keep_the_order_of_the_tasks(workers):
    assert workers.map(eval, [("__import__('time').sleep(0.3) or 1",), ("2",), ("3",)]) == [1, 2, 3]


def test_one_process_works_in_place():
    with Workers(1) as one:
        assert one.map(eval, [("__import__('os').getpid()",)] * 2) == [os.getpid()] * 2


def test_the_default_is_all_cores():
    assert Workers().processes == available_cores() >= 1


def test_an_error_in_a_task_reaches_the_caller_and_the_workers_live_on():
    with Workers(2) as two:
        with pytest.raises(ZeroDivisionError):
            two.map(divmod, [(1, 0), (1, 1)])
        assert two.map(divmod, [(7, 2), (1, 1)]) == [(3, 1), (1, 0)]


def test_a_process_that_dies_is_a_message_not_a_hang():
    with Workers(2) as two, pytest.raises(ConfigurationError, match="a process of 2 that ended before its task did"):
        two.map(os._exit, [(9,), (9,)])


@pytest.mark.parametrize("processes", [0, -1])
def test_no_processes_are_refused(processes):
    with pytest.raises(ConfigurationError, match=r"processes: got .*, expected at least 1"):
        Workers(processes)


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="looks for processes in /proc")
def test_processes_end_with_a_parent_that_is_killed():
    code = (
        "import os, multiprocessing as mp\n"
        "from cyclegan_neuro.spikes.statistics.parallel import Workers\n"
        "with Workers(2) as two:\n"
        "    two.map(os.getpid, [(), ()])\n"
        "    print(*[child.pid for child in mp.active_children()], flush=True)\n"
        "    two.map(__import__('time').sleep, [(60,), (60,)])\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        children = parent.stdout.readline().split()
        assert children
        parent.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 10.0
    while any(_runs(pid) for pid in children) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not [pid for pid in children if _runs(pid)]


def _runs(pid: str) -> bool:
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False
