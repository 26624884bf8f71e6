"""The benchmarks of Spike-GAN run, at small sizes."""

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("benchmark", "sizes", "said"),
    [
        ("spike_gan_step.py", ["--features", "4", "--bins", "8", "--neurons", "3", "--batch", "4"], "separate"),
        ("importance_maps.py", ["--features", "4", "--samples", "2", "--whole", "2", "--looped", "1"], "a loop:"),
    ],
)
def test_it_runs(benchmark, sizes, said):
    command = [sys.executable, str(BENCHMARKS / benchmark), "--repeats", "1", *sizes]
    found = subprocess.run(command, capture_output=True, text=True, check=False, cwd=BENCHMARKS)
    assert found.returncode == 0, found.stderr[-2000:]
    assert said in found.stdout
