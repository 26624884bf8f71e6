"""Files that appear whole: what a killed process leaves of them, and what a failure says."""

import errno
import os
import subprocess
import sys

import pytest

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings import atomic
from cyclegan_neuro.recordings.atomic import mend, remove_left_overs, replacing

KILLED = """
import os, sys
from cyclegan_neuro.recordings.atomic import replacing
with replacing(sys.argv[1]) as temporary:
    temporary.write_text("half")
    os.kill(os.getpid(), 9)
"""


def test_what_a_killed_process_left_goes_with_the_next_file(tmp_path):
    target = tmp_path / "spikes.h5"
    subprocess.run([sys.executable, "-c", KILLED, target], check=False)
    (left_over,) = tmp_path.iterdir()
    assert left_over.name.startswith(".spikes.")
    with replacing(tmp_path / "other.h5") as temporary:
        temporary.write_text("whole")
    assert [path.name for path in tmp_path.iterdir()] == ["other.h5"]


def test_files_of_living_processes_other_machines_and_users_stay(tmp_path):
    here, gone = atomic._MACHINE, 2**22 + 1  # beyond the largest number of Linux
    elsewhere = f"{int(here, 16) ^ 1:08x}"
    names = [f".a.{os.getpid()}-{here}.tmp.h5", f".a.{gone}-{elsewhere}.tmp.h5", ".a.tmp.h5", f"a.{gone}-{here}.tmp.h5"]
    for name in [*names, f".a.b.{gone}-{here}.tmp.h5", f".a.{gone}-{here}.tmp"]:
        (tmp_path / name).write_text("half")
    remove_left_overs(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == set(names)
    remove_left_overs(tmp_path / "absent")


@pytest.mark.parametrize(
    ("number", "told"),
    [(errno.ENOSPC, "make room"), (errno.ENOENT, "make the directory"), (errno.EROFS, "change the permissions")],
)
def test_errors_say_what_to_do(number, told):
    assert mend(OSError(number, os.strerror(number))) == told


def test_no_such_directory(tmp_path):
    told = r"Fix: make the directory, or choose another path; an existing file was left as it was"
    with pytest.raises(RecordingError, match=told), replacing(tmp_path / "absent" / "a.h5") as temporary:
        temporary.write_text("whole")
