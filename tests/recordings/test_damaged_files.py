"""Damaged and hostile files: read or refused, in seconds and little memory, and nothing else."""

import re
import subprocess
import sys
from pathlib import Path

import damaging
import pytest

from cyclegan_neuro.recordings import readers

HERE = Path(damaging.__file__)


def read_damaged(folder, *, seed, per_sample):
    """Read damaged files of every format in a process of its own; return (read, refused, trouble), and what it said."""
    paths = [*map(str, (HERE.parent, HERE.parents[1] / "spikes" / "inference")), *sys.path]
    run = f"import sys; sys.path[:] = {paths!r}; import damaging; damaging.main(*sys.argv[1:])"
    command = [sys.executable, "-c", run, str(folder), seed, str(per_sample)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=600)
    counts = re.search(r"(\d+) read, (\d+) refused, (\d+) trouble", ended.stdout)
    assert counts, f"ended with {ended.returncode} at {ended.stderr[-2000:]}"
    return tuple(map(int, counts.groups())), ended.stdout


def test_every_format_is_damaged():
    assert {name.split()[0] for name in damaging.SAMPLES} >= set(readers.names())


def test_damaged_files_of_every_format(tmp_path):
    pytest.importorskip("openpyxl")
    (read, refused, trouble), said = read_damaged(tmp_path, seed="suite", per_sample=10)
    assert trouble == 0, said
    assert read + refused == 10 * len(damaging.SAMPLES)
    assert min(read, refused) > len(damaging.SAMPLES)


@pytest.mark.slow
def test_thousands_of_damaged_files(tmp_path):
    pytest.importorskip("openpyxl")
    (_, _, trouble), said = read_damaged(tmp_path, seed="slow", per_sample=150)
    assert trouble == 0, said


def test_trouble_is_seen(tmp_path):
    assert damaging.outcome(lambda path: {}["x"], tmp_path) == "KeyError: 'x'"
    assert damaging.outcome(lambda path: None, tmp_path) == "read"
    assert damaging.outcome(lambda path: damaging.look(path), tmp_path / "none.h5") == "refused"
