"""The table of kinds of learning, and the runs behind it."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))

import beyond_tuning  # noqa: E402

sys.path.pop(0)


def metrics(model, moments, identity=0.1):
    correlations = {"model": model, "position_moments": moments, "gaussian_ot": 0.2, "identity": identity}
    return {
        "tuning": {"changed_y": {name: {"correlation": value} for name, value in correlations.items()}},
        "beyond_tuning": {
            "y": {
                "two_sample_auc": {"model": 0.7, "position_moments": 0.4, "identity": 0.9, "truth": 0.5, "floor": 0.5}
            }
        },
        "signals": {"direct_changed_y": {"model": {"mean": 0.3}, "identity": {"mean": 0.2}}},
    }


def test_a_row_tells_how_much_nearer_to_the_ideal_the_model_is_than_the_best_alignment():
    """Means 0.85 and 0.7; the model is nearer by 0.1 and 0.2: 0.15 ± t(0.975, 1 df) 0.05 = 12.706 * 0.05."""
    found = beyond_tuning.row("tuning", beyond_tuning.SCORES["tuning"][0], [metrics(0.8, 0.7), metrics(0.9, 0.7)])
    assert (found["model"], found["identity"]) == (pytest.approx(0.85), pytest.approx(0.1))
    assert (found["best alignment"], found["reaches"]) == ("position_moments", pytest.approx(0.7))
    assert (found["model nearer by"], found["nearer in"]) == (pytest.approx(0.15), 2)
    assert (found["low"], found["high"]) == (
        pytest.approx(0.15 - 0.6353, abs=1e-4),
        pytest.approx(0.7853, abs=1e-4),
    )


def test_half_is_ideal_for_two_samples_and_doing_nothing_is_no_rival():
    """0.4 is nearer to 0.5 than 0.7 is, whatever the sign; truth and floor are no translators."""
    found = beyond_tuning.row("tuning", ("beyond_tuning", "two_sample_auc", 0.5), [metrics(0.8, 0.7)])
    assert (found["best alignment"], found["nearer in"]) == ("position_moments", 0)
    assert found["model nearer by"] == pytest.approx(-0.1)


def test_a_score_that_runs_do_not_have_has_no_row():
    assert beyond_tuning.row("timing", ("beyond_tuning", "state_slope_truth", 1.0), [metrics(0.8, 0.7)]) is None


@pytest.mark.slow
def test_a_run_is_made_once(tmp_path):
    small = ["data.simulation.n_neurons=12", "training.epochs=1", "windows.n_train=8", "model.filters=4"]
    config = ROOT / "configs" / "cyclegan" / "best_simulated.yaml"
    found = [beyond_tuning.run(tmp_path, config, "gain", 0.4, "mouse_1", 1, small) for _ in range(2)]
    assert found[0] == found[1]
    assert "model" in beyond_tuning.scores(found[0], beyond_tuning.SCORES["gain"][0])
