"""What the report says of where the networks look, and of whether that is true."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from cyclegan_neuro.evaluation.days.interpretation import pictures
from cyclegan_neuro.evaluation.days.interpretation.score import ScoredMap
from cyclegan_neuro.evaluation.days.measurements import measure
from cyclegan_neuro.evaluation.days.story import attended, interpretation, interpretation_truth
from cyclegan_neuro.evaluation.days.story.inputs import inputs_block
from cyclegan_neuro.evaluation.days.story.interpretation import interpretation_block
from cyclegan_neuro.evaluation.days.story.interpretation_tables import leading_table
from cyclegan_neuro.evaluation.days.story.interpretation_truth import truth_block
from cyclegan_neuro.evaluation.days.story.learning import learning_block
from cyclegan_neuro.interpret.scores import MapScore
from cyclegan_neuro.recordings.recording import Behaviour
from cyclegan_neuro.systems.cyclegan.config import Config

pytestmark = pytest.mark.usefixtures("undrawn")
LEARNING = {"truth": True, "position": True}
KINDS = {"learning": LEARNING, "phi": {"phi": True}, "position": {"position": True}, "nothing": {}}


@pytest.fixture
def undrawn(monkeypatch):
    """Empty figures: what is drawn is tested with the pictures."""
    for name in ("masks_of", "positional_figure", "window_figure", "corner_figure", "truth_figure"):
        monkeypatch.setattr(pictures, name, lambda *_: Figure())
    monkeypatch.setattr(attended, "attended_figure", lambda *_: Figure())
    monkeypatch.setattr(interpretation, "grad_cam_of_a_window", lambda *_: Figure())
    monkeypatch.setattr(interpretation_truth, "scores_figure", lambda *_: Figure())


def score(value, *, high=0.6, low=0.4, ci=0.05):
    return MapScore(value, (value - ci, value + ci), 0.5, low, high, 0.01, 2)


def with_scores(found, values, *, untrained=0.5, contrast=0.7):
    """All maps of a network get its value for ``auroc_neurons``, and nothing else is asked."""
    controls = {"untrained": {"agreement": 0.1, "auroc_neurons": untrained}}
    scores = {
        network: dict.fromkeys(methods, ScoredMap({"auroc_neurons": score(values[network])}, controls))
        for network, methods in found.scores.items() if network != "recorded"
    }  # fmt: skip
    scores["recorded"] = dict.fromkeys(found.scores["recorded"], ScoredMap({"auroc_neurons": score(contrast)}))
    return replace(found, scores=scores)


def paragraph(block, beginning):
    (one,) = (text for text in (*block.paragraphs, *block.how) if text.startswith(beginning))
    return one


def table(block, slug):
    return {one.slug: one for _, one in block.tables}[slug]


def mixed(prepared):
    days = {day: replace(prepared[day], recording=replace(prepared[day].recording, days_mixed=True))
            for day in "xy"}  # fmt: skip
    return replace(prepared, **days)


@pytest.mark.parametrize("kind", KINDS)
def test_there_are_two_blocks_for_every_kind_of_data(make_pair, make_interpretation, kind):
    prepared = make_pair(**KINDS[kind])
    look, truth = interpretation_block(prepared, make_interpretation(prepared))
    assert (look.title, truth.title) == ("Where do the networks look?", "Are the maps true?")
    slugs = [picture.slug for block in (look, truth) for picture in block.pictures]
    along = ["positional_attention", "positional_grad_cam", "positional_change"]
    middle = {"learning": along, "position": along, "phi": ["window_attention", "window_grad_cam"], "nothing": []}
    checked = ["maps_and_truth", "map_scores"] if kind in ("learning", "phi") else []
    first = ["attention_masks_g", "attention_masks_f", "grad_cam_window"]
    assert slugs == [*first, *middle[kind], "attended_neurons_d_x", "attended_neurons_d_y", *checked]
    assert not any("nan" in text for block in (look, truth) for text in (*block.paragraphs, *block.how))
    assert all(sum(len(text.split()) for text in block.paragraphs) < 120 for block in (look, truth))


def test_pictures_name_their_counterparts(make_pair, make_interpretation):
    known = {}
    for kind in ("learning", "phi"):
        prepared = make_pair(**KINDS[kind])
        look, _ = interpretation_block(prepared, make_interpretation(prepared))
        known[kind] = {picture.slug: picture.counterpart for picture in look.pictures}
    learning, phi = known["learning"], known["phi"]
    assert (learning["attention_masks_g"], learning["attention_masks_f"]) == ("Figure 5", "Figure G.3")
    assert (phi["attention_masks_g"], phi["attention_masks_f"]) == ("Figure 3", "Figure F.3")
    assert (learning["grad_cam_window"], phi["grad_cam_window"]) == ("Figures 5 and G.3", "Figures 3 and F.3")
    assert learning["positional_attention"] == learning["positional_grad_cam"] == "Figure 6"
    assert (learning["attended_neurons_d_x"], learning["attended_neurons_d_y"]) == ("Figure G.5", "Figure G.6")
    assert learning["positional_change"] == ""


def rewarded(prepared, behaviour):
    """The pair with other behaviour on both days."""
    days = {day: replace(prepared[day], recording=replace(prepared[day].recording, **behaviour))
            for day in "xy"}  # fmt: skip
    return replace(prepared, **days)


def test_reward_zones_are_explained_where_there_are_any(make_pair, make_interpretation):
    prepared = make_pair(**LEARNING)
    position = prepared.x.recording.behaviour.position_cm
    with_zone = rewarded(prepared, {"behaviour": Behaviour(position_cm=position, rewards=np.uint8(position == 60))})
    for pair, told in ((prepared, False), (with_zone, True)):
        look, _ = interpretation_block(pair, make_interpretation(pair))
        (caption,) = (picture.caption for picture in look.pictures if picture.slug == "grad_cam_window")
        assert ("enters the reward zone" in caption) == told


def test_the_lists_of_both_discriminators_stand_apart(make_pair, make_interpretation, monkeypatch):
    monkeypatch.setattr(attended, "_MOST", 3)
    prepared = make_pair(**LEARNING)
    found = make_interpretation(prepared)
    found.maps["D_X"]["saliency"].neurons[:] = [1.0, 5.0, 2.0, 3.0, 4.0]
    found.maps["D_Y"]["saliency"].neurons[:] = [8.0, 0.0, 2.0, 6.0, 4.0]
    look, _ = interpretation_block(prepared, found)
    apart = table(look, "attended_by_discriminators")
    assert [(row[1], row[4]) for row in apart.rows] == [("n1", "n0"), ("n4", "n3"), ("n3", "n4")]
    assert apart.rows[0] == (1, "n1", pytest.approx(5 / 3), "yes", "n0", pytest.approx(2.0), "yes")
    text = paragraph(look, "Of the 3 most attended")
    assert "of those of D_X alone 1 and of D_Y alone 1; of 3 drawn at random it would be 1.2." in text


def test_what_is_explained_is_said(make_pair, make_interpretation):
    prepared = make_pair(**LEARNING)
    look, _ = interpretation_block(prepared, make_interpretation(prepared))
    assert "3 test windows of X for D_X and G, and 3 of Y" in look.how[0]
    assert "mean absolute change" in look.how[0]
    assert "Shown first: saliency of D_X, D_Y, G, F." in look.how[1]
    assert "cannot tell them apart" not in look.how[1]
    found = make_interpretation(prepared, resolved=False, generator_score="output", smooth_samples=7)
    look, _ = interpretation_block(prepared, found)
    assert "mean absolute output" in look.how[0]
    assert "7 noisy copies" in look.how[1]
    assert "In D_X, D_Y, G, F neurons are channels" in look.how[1]


def test_where_attention_peaks_by_hand(make_pair, make_interpretation):
    """All maps get one bright bin: the seventh of width 10 cm, centred on 65 cm."""
    prepared = make_pair(**LEARNING)
    found = make_interpretation(prepared)
    found = replace(found, coordinate=replace(found.coordinate, zone=(61.0, 72.0)))
    for network in ("D_X", "D_Y", "G", "F"):
        values = found.maps[network]["saliency"].positional
        values[:] = np.where(np.isnan(values), np.nan, 1.0)
        values[6] = 4.0
    look, _ = interpretation_block(prepared, found)
    text = paragraph(look, "The position with the most attention")
    assert text.count("65 cm") == 4
    assert text.endswith("Rewards were given from 61.0 to 72.0 cm.")


def test_the_ranking_holds_all_neurons_and_the_truth(make_pair, make_interpretation):
    prepared = make_pair(**LEARNING)
    look, _ = interpretation_block(prepared, make_interpretation(prepared, boost=3))
    ranking = table(look, "attention_ranking")
    assert [row[0] for row in ranking.rows] == [1, 2, 3, 4, 5]
    assert ranking.rows[0][1:4] == ("n3", 3, 1.0)
    assert {row[1]: row[ranking.columns.index("changed by learning")] for row in ranking.rows} == {
        "n0": "yes",
        "n1": "yes",
        "n2": "no",
        "n3": "no",
        "n4": "no",
    }
    said = "Of the 5 most attended neurons learning changed 2, of those of D_X alone 2 and of D_Y alone 2; of 5 drawn"
    assert f"{said} at random it would be 2.0." in paragraph(look, "Of the 5 most attended")
    assert "attended_neurons" not in [one.slug for _, one in look.tables]  # five neurons need one table


def test_without_roi_ids_or_truth_the_columns_say_who_is_meant(make_pair, make_interpretation):
    prepared = make_pair()
    prepared = replace(prepared, x=replace(prepared.x, recording=replace(prepared.x.recording, roi_ids=None)))
    look, _ = interpretation_block(prepared, make_interpretation(prepared))
    ranking = table(look, "attention_ranking")
    assert ranking.rows[0][1:3] == (None, 1)
    assert "changed by learning" not in ranking.columns
    assert any(text.startswith("Neither the position nor events are known") for text in look.paragraphs)


def test_verdicts_by_hand(make_pair, make_interpretation):
    prepared = make_pair(**LEARNING)
    values = {"D_X": 0.9, "D_Y": 0.55, "G": 0.2, "F": 0.75}
    block = truth_block(prepared, with_scores(make_interpretation(prepared), values))
    text = paragraph(block, "Which neurons learning changed.")
    assert "D_X 0.90, F 0.75 pointing at it; D_Y 0.55 at chance; G 0.20 pointing away from it." in text
    assert text.endswith("The recorded days alone give up to 0.70.")
    every = paragraph(block, "Which neurons learning changed:")
    assert "of all 24 maps that can be asked, 12 point at it." in every
    assert "tuning difference, all frames 0.70 (12 of them above)" in every


def test_what_untrained_networks_give_as_well_explains_nothing(make_pair, make_interpretation):
    prepared = make_pair(**LEARNING)
    values = dict.fromkeys(("D_X", "D_Y", "G", "F"), 0.8)
    block = truth_block(prepared, with_scores(make_interpretation(prepared), values, untrained=0.78))
    text = paragraph(block, "Which neurons learning changed.")
    assert "D_X 0.80, D_Y 0.80, G 0.80, F 0.80 above chance, but no more than untrained networks." in text
    assert "0 point at it" in paragraph(block, "Which neurons learning changed:")
    assert "explains nothing that was learned" in " ".join(block.how)


def test_a_contrast_that_does_better_is_named(make_pair, make_interpretation):
    prepared = make_pair(**LEARNING)
    found = make_interpretation(prepared)
    values = dict.fromkeys(("D_X", "D_Y", "G", "F"), 0.8)
    better = truth_block(prepared, with_scores(found, values, contrast=0.95))
    text = paragraph(better, "Which neurons learning changed.")
    assert text.endswith("The recorded days alone give up to 0.95: for this question no network was needed.")
    assert "0.95 (none of them above)" in paragraph(better, "Which neurons learning changed:")
    chance = truth_block(prepared, with_scores(found, values, contrast=0.5))
    assert "0.50, which is chance (24 of them above)" in paragraph(chance, "Which neurons learning changed:")
    assert "no network was needed" not in " ".join(chance.paragraphs)


def test_scores_that_are_not_defined_are_left_out(make_pair, make_interpretation):
    prepared = make_pair(**LEARNING)
    values = dict.fromkeys(("D_X", "D_Y", "G", "F"), float("nan"))
    block = truth_block(prepared, with_scores(make_interpretation(prepared), values, contrast=float("nan")))
    assert "D_X –, D_Y –, G –, F – not defined." in paragraph(block, "Which neurons learning changed.")
    assert table(block, "map_verdicts").rows[0][2:4] == (None, None)


def test_tables_say_value_interval_and_verdict(make_pair, make_interpretation):
    values = {"D_X": 0.9, "D_Y": 0.55, "G": 0.2, "F": 0.75}
    found = with_scores(make_interpretation(make_pair(**LEARNING)), values)
    _, verdicts = leading_table(found)
    assert verdicts.rows[0][:4] == ("D_X", "saliency", "0.900 [0.85,\u00a00.95]", "points at it")
    assert verdicts.rows[4][:2] == ("G", "own change |G(x) − x|")
    assert verdicts.rows[-3][:4] == (
        "recorded days", "tuning difference, same windows", "0.700 [0.65,\u00a00.75]", "above chance",
    )  # fmt: skip
    assert len(set(verdicts.columns)) == len(verdicts.columns)


def test_every_score_has_a_line_with_its_controls(make_pair, make_interpretation):
    prepared = make_pair(**LEARNING)
    found = make_interpretation(prepared, control=True)
    scores = table(truth_block(prepared, found), "map_scores")
    asked = sum(len(one.scores) for methods in found.scores.values() for one in methods.values())
    assert len(scores.rows) == asked
    assert "networks trained on mixed days: score" in scores.columns
    first = dict(zip(scores.columns, scores.rows[0], strict=True))
    assert first["score"] == found.scores["D_X"]["grad_cam"].scores["auroc_neurons"].value
    assert first["untrained networks: score"] == found.scores["D_X"]["grad_cam"].controls["untrained"]["auroc_neurons"]


def test_the_papers_reading_of_phi_is_put_to_the_test(make_pair, make_interpretation):
    prepared = make_pair(phi=True)
    block = truth_block(prepared, make_interpretation(prepared))
    text = paragraph(block, "The paper's reading")
    assert "D_Y at the edge of the corner (Grad-CAM 0." in text
    assert "the masks of G away from its inside (mask AG1 0." in text
    without = truth_block(prepared, make_interpretation(prepared, resolved=False))
    assert "Grad-CAM not resolved" in paragraph(without, "The paper's reading")


@pytest.mark.parametrize("kind", ["position", "nothing"])
def test_without_truth_only_the_controls_speak(make_pair, make_interpretation, kind):
    prepared = make_pair(**KINDS[kind])
    found = make_interpretation(prepared)
    for methods in found.scores.values():
        methods.update(dict.fromkeys(methods, ScoredMap({}, {"untrained": {"agreement": 0.4}})))
    block = truth_block(prepared, found)
    assert block.paragraphs[0].endswith("They are compared only with maps that must not agree with them.")
    assert "cannot be checked here" in block.paragraphs[0]
    assert block.paragraphs[1].startswith("Of 24 maps, 24 differ from those of untrained networks")
    assert {row[-1] for row in table(block, "map_agreement").rows} == {"differs"}
    alike = ScoredMap({}, {"untrained": {"agreement": 0.9}})
    found.scores["D_X"]["saliency"] = alike
    block = truth_block(prepared, found)
    assert block.paragraphs[1].startswith("Of 24 maps, 23 differ")
    assert "no explanation of anything learned: D_X saliency." in block.paragraphs[1]
    assert [row[-1] for row in table(block, "map_agreement").rows].count("alike") == 1


def test_a_missing_control_comes_with_its_commands(make_pair, make_interpretation):
    prepared = make_pair(**LEARNING)
    block = truth_block(prepared, make_interpretation(prepared))
    assert block.paragraphs[-1].endswith("has not been run.")
    commands = block.how[-1]
    assert "--set data.shuffle_days=true" in commands
    assert "--set evaluation.interpretation.control=CONTROL" in commands
    with_control = truth_block(prepared, make_interpretation(prepared, control=True))
    assert not any("shuffle_days" in text for text in (*with_control.paragraphs, *with_control.how))
    assert "untrained networks and networks trained on mixed days" in with_control.how[-1]


def test_the_control_says_that_it_is_one(make_pair, make_interpretation):
    prepared = mixed(make_pair(**LEARNING))
    block = truth_block(prepared, make_interpretation(prepared))
    assert block.paragraphs[0].startswith("These days are mixed")
    assert not any("has not been run" in text for text in block.paragraphs)


def test_mixed_days_are_neither_before_nor_after_learning(make_pair):
    days = {kind: table(inputs_block(Config(), prepared), "days").columns
            for kind, prepared in (("plain", make_pair()), ("mixed", mixed(make_pair())))}  # fmt: skip
    assert days["plain"] == ("", "x (before learning)", "y (after learning)")
    assert days["mixed"] == ("", "x (mixed)", "y (mixed)")


def test_the_small_table_is_the_top_of_the_large_one(make_pair, make_interpretation, monkeypatch):
    monkeypatch.setattr(attended, "_MOST", 3)
    prepared = make_pair(**LEARNING)
    look, _ = interpretation_block(prepared, make_interpretation(prepared))
    most, every = table(look, "attended_neurons"), table(look, "attention_ranking")
    assert len(most.rows) == 3
    assert most.columns == every.columns[: len(most.columns)]
    assert most.columns[-1] == "changed by learning"
    assert [row[: len(most.columns)] for row in every.rows[:3]] == list(most.rows)


def test_on_mixed_days_identity_is_right(make_pair, make_trainer, model_of):
    prepared = make_pair(**LEARNING)
    section, trainer = Config().evaluation, make_trainer()
    told = {name: learning_block(days, measure(section, days, model_of(trainer, days)))
            for name, days in (("plain", prepared), ("mixed", mixed(prepared)))}  # fmt: skip
    assert "the expert brain would have answered them" in told["plain"].how[0]
    first = told["mixed"].paragraphs[0]
    assert first.startswith("The days are mixed (control): neither x nor y is before or after learning.")
    assert "a model that leaves windows alone is right" in first
    assert "expert brain" not in " ".join(told["mixed"].how)
