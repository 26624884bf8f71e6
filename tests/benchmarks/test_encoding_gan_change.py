"""The change of noise correlations is measured, at a small size."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SMALL = ("training.epochs=2", "training.updates_per_epoch=2", "training.supervised_epochs=1", "model.hidden=[4,4]")


@pytest.mark.slow
def test_it_runs():
    command = [sys.executable, "benchmarks/encoding_gan_change.py", "--neurons", "5", "--stimuli", "20"]
    command += ["--trials", "8", "--seeds", "1", *(part for one in SMALL for part in ("--set", one))]
    found = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert found.returncode == 0, found.stderr[-2000:]
    assert all(name in found.stdout for name in ("data", "model", "copula_psth", "rmse"))
