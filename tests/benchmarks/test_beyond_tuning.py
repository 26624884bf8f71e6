"""The table of kinds of learning, and the runs behind it."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))

import beyond_tuning  # noqa: E402

sys.path.pop(0)


def metrics(model, moments):
    return {
        "tuning": {"changed_y": {"model": {"correlation": model}, "position_moments": {"correlation": moments}}},
        "beyond_tuning": {"y": {"two_sample_auc": {"model": 0.7, "position_moments": 0.4}}},
    }


def test_a_row_tells_how_much_nearer_to_the_ideal_the_model_is():
    """Means 0.85 and 0.7; the model is nearer by 0.1 and 0.2: 0.15 ± t(0.975, 1 df) 0.05 = 12.706 * 0.05."""
    runs = [metrics(0.8, 0.7), metrics(0.9, 0.7)]
    model, moments = beyond_tuning.rows("tuning", beyond_tuning.OWN_SCORE["tuning"], runs)
    assert (model["mean"], model["model nearer by"]) == (pytest.approx(0.85), 0)
    assert moments["model nearer by"] == pytest.approx(0.15)
    assert (moments["low"], moments["high"]) == (
        pytest.approx(0.15 - 0.6353, abs=1e-4),
        pytest.approx(0.7853, abs=1e-4),
    )


def test_half_is_ideal_for_two_samples():
    """0.4 is nearer to 0.5 than 0.7 is, whatever the sign."""
    _, moments = beyond_tuning.rows("tuning", ("beyond_tuning", "two_sample_auc", 0.5), [metrics(0.8, 0.7)])
    assert moments["model nearer by"] == pytest.approx(-0.1)


@pytest.mark.slow
def test_a_run_is_made_once(tmp_path):
    small = ["data.simulation.n_neurons=12", "training.epochs=1", "windows.n_train=8", "model.filters=4"]
    config = ROOT / "configs" / "cyclegan" / "best_simulated.yaml"
    found = [beyond_tuning.run(tmp_path, config, "gain", 0.4, "mouse_1", 1, small) for _ in range(2)]
    assert found[0] == found[1]
    assert "model" in beyond_tuning.scores(found[0], "gain", beyond_tuning.OWN_SCORE["gain"])
