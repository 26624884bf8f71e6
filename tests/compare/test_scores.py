import math

import pytest

from cyclegan_neuro.compare.scores import Score, asked_group, nearness, rival_label, score_groups
from cyclegan_neuro.errors import ConfigurationError

SPIKES = {
    "spikes": {"firing_rate": {"y_from_x": {"model": {"kl": {"mean": 1.5}}, "noise_floor": {"kl": {"mean": 0.5}}}}}
}
DECODING = {
    "decoding": {
        "direction": {
            "chance": 0.25,
            "swap_vae/full": {"label": "Swap-VAE", "accuracy": {"value": 0.9}},
            "swap_vae/style": {"label": "Swap-VAE: style", "accuracy": {"value": 0.95}},
            "raw/full": {"label": "raw activity", "accuracy": {"value": 0.8}},
        }
    }
}


def test_a_star_stands_for_the_model_and_its_rivals():
    metrics = {
        "signals": {"direct_y": {"model": {"mean": 0.1}, "identity": {"mean": 0.2}, "lagged_ot": {"mean": None}}}
    }
    assert Score("signals.direct_y.*.mean", "").values(metrics) == {"model": 0.1, "identity": 0.2}
    assert Score("signals.cycle_x.*.mean", "").values(metrics) == {}
    assert Score("signals.direct_y.model.mean", "").values(metrics) == {"model": 0.1}


def test_keys_may_hold_dots():
    assert Score("x.sigma_0.1_s.r", "").values({"x": {"sigma_0.1_s": {"r": 2}}}) == {"model": 2.0}


@pytest.mark.parametrize("value", [None, True, "0.3", math.nan, math.inf, [1.0]])
def test_what_is_no_finite_number_is_no_score(value):
    assert Score("a", "").values({"a": value}) == {}


def test_only_the_same_part_of_others_is_a_rival():
    (group,) = score_groups([DECODING])
    (score,) = group.scores
    assert score.values(DECODING) == {"model": 0.9, "chance": 0.25, "raw/full": 0.8}
    assert score.ideal == math.inf
    assert rival_label("raw/full", DECODING) == "raw activity"


def test_groups_hold_what_any_run_has():
    groups = score_groups([SPIKES, {"validation_distance": {"model": 1.1}}])
    assert [(group.slug, len(group.scores)) for group in groups] == [("kl_firing_rate", 1), ("validation", 1)]
    assert groups[0].scores[0].label == "KL(Y | G(X))"
    assert [score.path for score in groups[0].leading] == ["spikes.firing_rate.y_from_x.*.kl.mean"]


def test_of_an_unknown_evaluation_the_first_numbers_are_told_and_none_is_better():
    metrics = {"system": "toy", "depth": {"error": 0.5, "text": "no"}, "n": 3, "timing": {"training_s": 1.0}}
    (group,) = score_groups([metrics])
    assert [(score.path, score.ideal) for score in group.scores] == [("depth.error", None), ("n", None)]


def test_scores_that_are_asked_for():
    group = asked_group(
        ["spikes.firing_rate.y_from_x.model.kl.mean:high", "spikes.firing_rate.y_from_x.*.kl.mean"], [SPIKES]
    )
    assert [score.ideal for score in group.scores] == [math.inf, -math.inf]  # that of the second is known
    assert group.scores[1].label == "KL(Y | G(X))"
    assert [score.path for score in group.leading] == [
        "spikes.firing_rate.y_from_x.model.kl.mean", "spikes.firing_rate.y_from_x.*.kl.mean",
    ]  # fmt: skip


def test_scores_that_are_asked_for_know_the_own_row():
    metrics = {"decoding": {"direction": {"a/full": {"accuracy": 0.5}}}}
    (score,) = asked_group(["decoding.direction.*.accuracy:high"], [metrics]).scores
    assert score.values(metrics) == {"model": 0.5}
    with pytest.raises(ConfigurationError, match="got no number of that name"):
        asked_group(["decoding.direction.*.accuracy"], [{"decoding": {"direction": {"chance": 0.25}}}])


def test_scores_that_cannot_be():
    with pytest.raises(
        ConfigurationError, match=r"--scores spikes\.rate:.*such as spikes\.firing_rate\.y_from_x\.model"
    ):
        asked_group(["spikes.rate"], [SPIKES])
    with pytest.raises(ConfigurationError, match="got 'less' as what is better, expected low, high or a number"):
        asked_group(["spikes.firing_rate:less"], [SPIKES])


@pytest.mark.parametrize(("ideal", "best"), [(-math.inf, 0.1), (math.inf, 0.9), (0.5, 0.6)])
def test_nearness_is_least_for_the_best(ideal, best):
    assert min((0.1, 0.6, 0.9), key=lambda value: nearness(value, ideal)) == best
    assert math.isnan(nearness(0.5, None))


@pytest.mark.parametrize("better", ["nan", "inf"])
def test_only_numbers_can_be_aimed_at(better):
    with pytest.raises(ConfigurationError, match="expected low, high or a number"):
        asked_group([f"validation_distance.model:{better}"], [{"validation_distance": {"model": 1.0}}])


def test_runs_without_any_number_are_refused():
    with pytest.raises(ConfigurationError, match="got no number"):
        score_groups([{"system": "toy"}])
