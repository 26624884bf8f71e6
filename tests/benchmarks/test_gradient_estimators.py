"""The benchmark of gradient estimators runs, at a small size."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_it_runs(tmp_path):
    command = [
        sys.executable,
        "benchmarks/gradient_estimators.py",
        "--units",
        "3",
        "--gains",
        "1",
        "--problems",
        "1",
        "--repeats",
        "1",
    ]
    command += ["--draws", "50", "--means", "2", "--steps", "20", "--json", str(tmp_path / "found.json")]
    found = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert found.returncode == 0, found.stderr[-2000:]
    numbers = json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))
    names = ["reinforce", "reinforce_loo", "concrete", "straight_through", "rebar"]
    assert [row["estimator"] for row in numbers["rows"]] == names
    assert [row["temperature"] for row in numbers["weights"]][:3] == [None] * 3
    assert all(name in found.stdout for name in ("mean z²", "rebar, learned"))
