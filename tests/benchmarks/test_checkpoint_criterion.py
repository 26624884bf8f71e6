"""The benchmark that chose the criterion: what it compares is what training computes, and it runs."""

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

from cyclegan_neuro.networks.moment_distance import MomentDistance

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"
SMALL = (
    "data.simulation.preset=mouse_2", "windows.n_train=16", "windows.n_validation=8", "windows.n_test=8",
    "windows.window_frames=64", "model.filters=2", "training.epochs=2", "training.batch_size=8",
)  # fmt: skip


@pytest.fixture
def benchmark(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    yield importlib.import_module("checkpoint_criterion")
    for name in ("checkpoint_criterion", "_criteria", "_common"):
        sys.modules.pop(name, None)


def test_the_candidate_that_was_chosen_is_the_log_of_training(benchmark):
    x, y, g_x, f_y = np.random.default_rng(1).normal(size=(4, 12, 22, 5)).cumsum(axis=3).astype(np.float32)
    metric = MomentDistance(*x.shape[1:])
    metric.update_state(*(side[..., None] for side in (x, y, g_x, f_y)))
    chosen, target = benchmark.CANDIDATES["moments_place"], lambda day: benchmark.Target(day, day)
    relative = [chosen(target(y), g_x) / chosen(target(y), x), chosen(target(x), f_y) / chosen(target(x), y)]
    assert float(metric.result()) == pytest.approx(np.mean(relative), rel=1e-4)  # the candidate is in float32


@pytest.mark.slow
@pytest.mark.usefixtures("eager")
def test_a_training_is_recorded_and_criteria_of_it_are_compared(benchmark, tmp_path, monkeypatch):
    few = {name: benchmark.CANDIDATES[name] for name in ("moments_place", "decoder")}
    monkeypatch.setattr(benchmark, "CANDIDATES", few)
    benchmark.record(tmp_path / "days_small", benchmark.Case("test", "activity_alone", SMALL), None)
    rows = {row["criterion"]: row for row in benchmark.compare(tmp_path, ["days_small"])}
    assert rows.keys() == {"last", "cycle_identity"} | {f"{name}{end}" for name in few for end in ("", " + cycle")}
    assert all(row["mean"] >= 0 for row in rows.values())
