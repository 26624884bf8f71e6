"""The benchmark of the encoding GAN's step runs, at a small size."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SMALL = ["--neurons", "4", "--bins", "20", "--trials", "4", "--batch", "16", "--updates", "2", "--repeats", "1"]


@pytest.mark.slow
@pytest.mark.parametrize("more", [["--embedding", "learned"], ["--steps", "4"]])
def test_it_runs(tmp_path, more):
    command = [sys.executable, "benchmarks/encoding_gan_step.py", *SMALL, *more, "--json", str(tmp_path / "found.json")]
    found = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert found.returncode == 0, found.stderr[-2000:]
    numbers = json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))
    if "--steps" in more:
        assert numbers["updates"] == 4
        assert "every log and variable was finite" in found.stdout
        return
    assert [row["condition"] for row in numbers["rows"]] == ["identity"] * 3 + ["movie"] * 3
    assert all(row["ms per step"] > 0 for row in numbers["rows"])
    assert "separate, per sample" in found.stdout
