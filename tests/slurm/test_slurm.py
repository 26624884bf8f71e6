"""The script of docs/cluster.md on a real Slurm."""

import json
import re
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONFIG = """\
system: spike_gan
data: {simulation: {pairs: {n_samples: 200, n_bins: 12, n_neurons: 4}}}
model: {features: 4, noise_size: 8}
objective: {critic_updates: 2}
training: {epochs: 40, batch_size: 16, jit_compile: false, figures_every_epochs: 0, validate_every_epochs: 20}
report: {dpi: 50}
evaluation:
  {n_samples: 100, whole_distribution_samples: 2000, importance: {n_samples: 10, window_bins: 4, coordination_steps: 3}}
"""


def script_of_the_page():
    """Without a GPU, on one core, and with this Python."""
    page = (ROOT / "docs" / "cluster.md").read_text(encoding="utf-8")
    script = re.search(r"```bash\n(#!/bin/bash\n.*?)```", page, re.DOTALL)[1]
    for wanted, here in (
        (" --gpus=1", ""),
        ("--cpus-per-task=8", "--cpus-per-task=1"),
        ("cyclegan-neuro ", f"{sys.executable} -m cyclegan_neuro.cli.main "),
    ):
        assert wanted in script
        script = script.replace(wanted, here)
    return script


def wait_for(condition, log, seconds=200):
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, log.read_text() if log.exists() else "no log"
        time.sleep(0.5)
    return found


@pytest.mark.slow
def test_a_job_that_is_signalled_and_started_again_goes_on_and_finishes(slurm, tmp_path):
    (tmp_path / "mine.yaml").write_text(CONFIG)
    (tmp_path / "job.sh").write_text(script_of_the_page())
    job = slurm("sbatch", "--parsable", f"--export=ALL,PYTHONPATH={ROOT}", "job.sh", cwd=tmp_path)
    run, log = tmp_path / "runs" / "mine", tmp_path / f"mine-{job}.log"

    def trained(step):
        def condition():
            status = json.loads((run / "status.json").read_text()) if (run / "status.json").exists() else {}
            return status.get("state") == "training" and status["step"] > step and status["step"]

        return condition

    def job_is(state):
        told = slurm("scontrol", "show", "job", job, check=False)
        if "Reason=BeginTime" in told:  # Slurm would wait for two minutes before it starts a job again
            slurm("scontrol", "update", f"JobId={job}", "StartTime=now", check=False)
        return f"JobState={state}" in told

    begun = wait_for(trained(0), log)
    slurm("scancel", "--signal=USR1", job)  # what --signal sends when the time is nearly up
    wait_for(lambda: "SIGUSR1 in epoch" in log.read_text(), log)
    first = int(re.search(r"SIGUSR1 in epoch \d+, after step (\d+)", log.read_text())[1])
    assert first >= begun
    wait_for(lambda: job_is("RUNNING") and trained(first)(), log)
    slurm("scontrol", "requeue", job)
    wait_for(lambda: "SIGTERM in epoch" in log.read_text(), log)
    wait_for(lambda: job_is("COMPLETED"), log)
    told = log.read_text()
    stops = re.findall(r"SIG\w+ in epoch \d+, after step (\d+)", told)
    assert re.findall(r"continuing after step (\d+)", told) == stops
    assert len(stops) == 2
    assert "Restarts=2" in slurm("scontrol", "show", "job", job)
    status = json.loads((run / "status.json").read_text())
    assert (status["state"], status["epoch"]) == ("finished", 40)
    assert (run / "report" / "metrics.json").exists()
    assert not list(run.glob("*lock*"))
