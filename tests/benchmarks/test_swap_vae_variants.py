"""The variants of Swap-VAE are trained and compared, at a small size."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SMALL = (
    "data.simulation.n_sequences=8", "data.simulation.n_neurons=6", "model.hidden=4", "model.content_size=2",
    "model.style_size=2", "training.epochs=1", "training.passes_per_epoch=1", "training.jit_compile=false",
)  # fmt: skip


@pytest.mark.slow
def test_it_runs():
    command = [sys.executable, "benchmarks/swap_vae_variants.py", "--config", "configs/swap_vae/quickstart.yaml"]
    command += ["--folds", "2", "--processes", "1", "--only", "no_swap"]
    command += [part for one in SMALL for part in ("--set", one)]
    found = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert found.returncode == 0, found.stderr[-2000:]
    assert all(name in found.stdout for name in ("as configured", "no_swap", "raw activity, context 0"))
