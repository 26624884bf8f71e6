"""Which questions a map is asked, and what ends up in metrics.json."""

import json

import numpy as np
import pytest

from cyclegan_neuro.evaluation.days.interpretation import score
from cyclegan_neuro.evaluation.days.interpretation.score import CornerTruth, LearningTruth, score_maps
from cyclegan_neuro.interpret.averages import AttentionMap
from cyclegan_neuro.interpret.scores import auroc, position_overlap, rank_agreement
from cyclegan_neuro.report.tables import json_ready

RNG = np.random.default_rng(0)
LEARNING = LearningTruth(neurons=np.array([True, True, False, False]), cells=RNG.uniform(size=(8, 4)) < 0.4)
CORNER = CornerTruth(masked=np.tri(8, 4, -1, bool), edge=np.eye(8, 4, dtype=bool))
CORNER_SCORES, LEARNING_SCORES = {"auroc_region", "auroc_edge"}, {"auroc_neurons", "auroc_region", "position_overlap"}


def random_map(seed, **changes):
    rng = np.random.default_rng(seed)
    place = rng.uniform(size=(8, 4))
    return AttentionMap(place.mean(axis=0), **{"place": place, "positional": rng.uniform(size=(8, 4))} | changes)


def scored(found, section, *, controls=None, **truth):
    controls = {name: {"G": {"change": control}} for name, control in (controls or {}).items()}
    return score_maps({"G": {"change": found}}, controls, section=section, **truth)["G"]["change"]


def test_a_map_along_the_corridor_is_asked_for_neurons_and_places(section):
    found = random_map(1)
    scores = scored(found, section, learning=LEARNING).scores
    assert scores.keys() == LEARNING_SCORES
    assert scores["auroc_neurons"].value == auroc(found.neurons, LEARNING.neurons)
    assert scores["auroc_region"].value == auroc(found.positional, LEARNING.cells)
    assert scores["position_overlap"].value == position_overlap(found.positional, LEARNING.cells)


def test_a_map_that_does_not_tell_neurons_apart_is_asked_for_the_places_where_many_changed(section):
    """5, 3, 2 and no neurons changed in the four bins: in the first two at least half as many as in the first."""
    cells = np.arange(6) < np.array([5, 3, 2, 0])[:, None]
    truth = LearningTruth(neurons=np.ones(6, bool), cells=cells)
    profile = np.repeat([[4.0], [1.0], [3.0], [2.0]], 6, axis=1)
    found = AttentionMap(np.ones(6), positional=profile, neurons_resolved=False)
    scores = scored(found, section, learning=truth).scores
    assert scores.keys() == {"position_overlap"}
    assert scores["position_overlap"].value == 0.5  # the two highest are bins 0 and 2
    assert scores["position_overlap"].n == 1


def test_a_map_over_the_window_is_asked_for_the_corner_and_its_edge(section):
    found = random_map(1, positional=None)
    scores = scored(found, section, corner=CORNER).scores
    assert scores.keys() == CORNER_SCORES
    assert scores["auroc_region"].value == auroc(found.place, CORNER.masked)
    assert scores["auroc_edge"].value == auroc(found.place, CORNER.edge)


@pytest.mark.parametrize("truth", [{}, {"corner": CORNER}])
def test_what_cannot_be_asked_has_no_score(section, truth):
    found = scored(random_map(1, neurons_resolved=False), section, **truth)
    assert found.scores == {}
    entry = found.to_json()
    assert entry == {
        "auroc_neurons": None, "auroc_region": None, "position_overlap": None, "ci95": {}, "chance": {},
    }  # fmt: skip


def test_controls_answer_the_same_questions(section):
    found, untrained, mixed = random_map(1), random_map(2), random_map(3)
    controls = scored(
        found, section, controls={"untrained": untrained, "shuffled_days": mixed}, learning=LEARNING
    ).controls
    assert controls.keys() == {"untrained", "shuffled_days"}
    for name, control in (("untrained", untrained), ("shuffled_days", mixed)):
        assert controls[name] == {
            "agreement": rank_agreement(found.positional, control.positional),
            "auroc_neurons": auroc(control.neurons, LEARNING.neurons),
            "auroc_region": auroc(control.positional, LEARNING.cells),
            "position_overlap": position_overlap(control.positional, LEARNING.cells),
        }


def test_agreement_is_over_the_window_where_there_is_no_corridor(section):
    found, untrained = random_map(1, positional=None), random_map(2, positional=None)
    controls = scored(found, section, controls={"untrained": untrained}, corner=CORNER).controls
    assert controls["untrained"].keys() == {"agreement"} | CORNER_SCORES
    assert controls["untrained"]["agreement"] == rank_agreement(found.place, untrained.place)


def test_a_map_that_a_control_lacks_is_not_compared(section):
    maps = {"recorded": {"tuning_difference": random_map(1)}}
    found = score_maps(maps, {"untrained": {"G": {}}}, section=section, learning=LEARNING)
    assert found["recorded"]["tuning_difference"].controls == {}


def test_json_has_what_metrics_promise(section):
    found = scored(random_map(1), section, controls={"untrained": random_map(2)}, learning=LEARNING)
    entry = json.loads(json.dumps(json_ready(found.to_json()), allow_nan=False))
    assert entry.keys() == LEARNING_SCORES | {"ci95", "chance", "untrained"}
    for name in LEARNING_SCORES:
        one = found.scores[name]
        assert entry[name] == one.value
        assert entry["ci95"][name] == list(one.ci95)
        assert entry["chance"][name] == {
            "mean": one.chance_mean, "ci95": [one.chance_low, one.chance_high], "p": one.p,
        }  # fmt: skip
    assert entry["untrained"].keys() == LEARNING_SCORES | {"agreement"}
    assert scored(random_map(1), section, corner=CORNER).to_json().keys() == (
        CORNER_SCORES | LEARNING_SCORES | {"ci95", "chance"}
    )


def test_shuffles_and_seed_are_those_of_the_section(section):
    found = random_map(1)
    other = section.model_copy(update={"seed": 1})
    first, again, different = (scored(found, one, learning=LEARNING).scores for one in (section, section, other))
    assert first == again
    assert first["auroc_neurons"] != different["auroc_neurons"]
    counted = [one.p * (section.n_shuffles + 1) for one in first.values()]
    assert counted == pytest.approx(np.round(counted))


def test_long_windows_are_scored_by_means_of_runs():
    """600 frames make 200 runs of 3; 601 leave one frame over, which is its own run."""
    values = np.arange(601.0)[:, None]
    np.testing.assert_array_equal(score._fewer_rows(values[:600])[:, 0], 3 * np.arange(200) + 1)
    np.testing.assert_array_equal(score._fewer_rows(values)[[0, 199, 200], 0], [1, 598, 600])
    np.testing.assert_array_equal(score._fewer_rows(values[:256]), values[:256])
