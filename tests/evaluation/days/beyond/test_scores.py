"""Scores of whole days: the truth comes out best, doing nothing does not, and the floor lies between."""

import math
from dataclasses import replace

import numpy as np
import pytest

from cyclegan_neuro.evaluation.days.baselines import find_places
from cyclegan_neuro.evaluation.days.baselines.alignments import Identity
from cyclegan_neuro.evaluation.days.beyond.comparisons import compare
from cyclegan_neuro.evaluation.days.beyond.scores import SCORES, BeyondTuning, too_short
from cyclegan_neuro.evaluation.days.sections import EvaluationSection
from cyclegan_neuro.evaluation.days.translation import translate


def scored(prepared, *translators):
    scores = BeyondTuning(prepared, find_places(EvaluationSection(), prepared))
    for translator in translators:
        collected = scores.collector()
        for translation in translate(translator, prepared):
            collected.add(translation)
        scores.take(translator.name, collected)
    return scores.result()


@pytest.fixture
def found(measured):
    return measured.beyond


@pytest.mark.parametrize("day", ["y", "x"])
def test_the_truth_scores_best(found, day):
    for score, own in found.scores[day].items():
        apart = {name: abs(value - SCORES[score].ideal) for name, value in own.items()}
        assert apart["model"] == pytest.approx(apart["truth"], abs=1e-6), score
        if not score.endswith("_r"):  # of eight neurons both days' correlations are much alike
            assert apart["model"] < apart["identity"], score
    assert {score for score, one in found.comparisons[day].items() if one.beats_all} >= {
        "noise_correlation_error", "two_sample_auc", "energy_distance", "residual_r_truth",
    }  # fmt: skip


def test_slope_of_a_hidden_state_that_is_known(found):
    """On day x the state does nothing to changed neurons: no slope."""
    to_y = found.scores["y"]
    assert to_y["state_slope_truth"]["model"] == pytest.approx(1.0)
    assert to_y["state_r_truth"]["model"] == pytest.approx(1.0)
    assert to_y["residual_r_truth"]["model"] == pytest.approx(1.0)
    assert abs(to_y["state_slope_truth"]["identity"]) < 0.2
    assert to_y["noise_correlation_error_truth"]["model"] == pytest.approx(0.0, abs=1e-6)


def test_the_floor_is_that_of_a_day_against_itself(found):
    to_y = found.scores["y"]
    assert to_y.keys() == SCORES.keys()
    assert all(("floor" in own) == (not score.endswith("_truth")) for score, own in to_y.items())
    assert to_y["noise_correlation_error"]["floor"] < to_y["noise_correlation_error"]["identity"] / 2
    assert abs(to_y["two_sample_auc"]["floor"] - 0.5) < 0.1
    assert abs(to_y["energy_distance"]["floor"]) < to_y["energy_distance"]["identity"] / 2


def test_metrics_are_regular(found):
    metrics = found.to_json()
    assert metrics.keys() == {"beyond_tuning", "beyond_tuning_comparison"}
    translators = frozenset({"model", "identity", "truth"})
    for day in ("x", "y"):
        rows = {frozenset(own) for own in metrics["beyond_tuning"][day].values()}
        assert rows == {translators | {"floor"}, translators}
        assert all(type(value) is float for own in metrics["beyond_tuning"][day].values() for value in own.values())
        assert metrics["beyond_tuning_comparison"][day].keys() == metrics["beyond_tuning"][day].keys()


def test_without_truth_the_scores_against_it_are_absent(state_pair, monkeypatch):
    monkeypatch.setattr(
        "cyclegan_neuro.evaluation.days.beyond.scores.two_sample_auc", lambda *_: np.full(9, 0.5)
    )  # slow
    days = (replace(day, recording=replace(day.recording, truth=None)) for day in (state_pair.x, state_pair.y))
    found = scored(replace(state_pair, **dict(zip("xy", days, strict=True))), Identity())
    assert found.scores["y"].keys() == {score for score in SCORES if not score.endswith("_truth")}
    assert found.scores["y"]["energy_distance"].keys() == {"floor", "identity"}
    assert found.comparisons == {"y": {}, "x": {}}


def test_why_there_are_no_scores(make_pair, state_pair):
    assert too_short(make_pair(phi=True)) == "y is Φ(X)"
    assert too_short(make_pair()) == "the test part of a day is shorter than 32 s, or has too many gaps"
    assert too_short(state_pair) == ""


def test_comparison_by_jackknife():
    """The model is 0.2 from 1, identity 0.5 and OT 0.3; blocks move the difference to OT by 0.04 or not at all."""
    steady = np.full(9, 0.8)
    other = np.array([0.7, *[0.72, 0.68] * 4])
    one = compare({"model": steady, "identity": np.full(9, 0.5), "gaussian_ot": other, "truth": steady + 0.2}, 1.0)
    assert one.best == "gaussian_ot"
    assert one.difference == pytest.approx(-0.1)
    reach = 2.3646243 * math.sqrt(7 * 0.02**2)  # of Student's t with 7 degrees of freedom
    assert one.ci95 == pytest.approx((-0.1 - reach, -0.1 + reach))
    assert not one.beats_all
    assert compare({"model": steady, "identity": np.full(9, 0.5)}, 1.0).beats_all


def test_a_score_that_is_unknown_decides_nothing():
    one = compare({"model": np.full(9, 0.1), "identity": np.full(9, np.nan), "gaussian_ot": np.full(9, 0.4)}, 0.0)
    assert one.best == "gaussian_ot"
    assert not one.beats_all
