"""A grid whose cells run as jobs of a real Slurm."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("dask_jobqueue")
ROOT = Path(__file__).resolve().parents[2]
GRID = """\
config: spike_gan/quickstart.yaml
settings:
  data: {simulation: {pairs: {n_samples: 200, n_bins: 12, n_neurons: 4}}}
  model: {features: 4, noise_size: 8}
  objective: {critic_updates: 2}
  training: {epochs: 40, batch_size: 16, jit_compile: false, figures_every_epochs: 0, validate_every_epochs: 20}
  evaluation:
    n_samples: 100
    whole_distribution_samples: 2000
    importance: {n_samples: 10, window_bins: 4, coordination_steps: 3}
axes: {training.seed: [1]}
cluster: {jobs: 1, cores: 1, memory: 4GB, walltime: "01:00:00", interface: lo}
"""


def wait_for(condition, log, seconds=300):
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.5)
    return found


@pytest.mark.slow
def test_a_job_that_is_requeued_in_mid_training_goes_on_with_its_cell(slurm, tmp_path):
    (tmp_path / "grid.yaml").write_text(GRID)
    folder, log = tmp_path / "grid", tmp_path / "grid.log"
    environment = os.environ | {"PYTHONPATH": str(ROOT), "SLURM_CONF": slurm.configuration}
    command = [sys.executable, "-m", "cyclegan_neuro.cli.grid", "grid.yaml", "--output_dir", str(folder)]
    with open(log, "w") as stream:
        grid = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=stream, stderr=stream)
    try:

        def training():
            for status in folder.glob("seed-*/status.json"):
                now = json.loads(status.read_text())
                if now["state"] == "training" and 0 < now["epoch"] < 30:
                    return status.parent.name
            return None

        cell = wait_for(training, log)
        (job,) = set(slurm("squeue", "--noheader", "--format=%i").split())
        slurm("scontrol", "requeue", job)

        def ended():
            if "Reason=BeginTime" in slurm("scontrol", "show", "job", job, check=False):
                slurm("scontrol", "update", f"JobId={job}", "StartTime=now", check=False)
            return grid.poll() is not None

        wait_for(ended, log, seconds=600)
        assert grid.returncode == 0, log.read_text()
    finally:
        grid.kill()
    told = json.loads((folder / "grid.json").read_text())["cells"]
    assert [one["state"] for one in told] == ["done"]
    text = (folder / "logs" / f"{cell}.log").read_text()
    assert "continuing after step" in text
    assert text.count(" evaluate --output_dir") == 1
    assert slurm("squeue", "--noheader") == ""
