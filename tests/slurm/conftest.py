"""A Slurm of one node on this machine, where Slurm is installed."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def slurm(tmp_path_factory):
    """Start it, and stop it after the last test; return a function that runs one of its commands.

    With ``check=False`` a command may fail: on a busy machine munge takes longer than Slurm waits.
    """
    if os.geteuid() or not all(map(shutil.which, ("munged", "slurmctld", "slurmd", "sbatch"))):
        pytest.skip("needs root and Debian's slurmctld slurmd slurm-client munge")
    folder = tmp_path_factory.mktemp("slurm")
    environment = os.environ | {"SLURM_CONF": str(folder / "slurm.conf")}

    def slurm(*command, check=True, **options):
        done = subprocess.run(
            list(map(str, command)), env=environment, capture_output=True, text=True, check=False, **options
        )
        assert not (check and done.returncode), f"{command}: {done.stdout}{done.stderr}"
        return done.stdout.strip()

    slurm.configuration = environment["SLURM_CONF"]
    try:
        slurm(HERE / "start_slurm.sh", folder)
        yield slurm
    finally:
        slurm(HERE / "stop_slurm.sh", folder)
