import json
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from cyclegan_neuro.evaluation.days.measurements import measure
from cyclegan_neuro.evaluation.days.pictures import choose_neurons
from cyclegan_neuro.evaluation.days.story.inputs import inputs_block, origin_sentence
from cyclegan_neuro.evaluation.days.story.wording import mean_sd
from cyclegan_neuro.evaluation.verdicts import Verdict
from cyclegan_neuro.recordings.findings import Finding
from cyclegan_neuro.report.tables import json_ready
from cyclegan_neuro.systems.cyclegan import SYSTEM
from cyclegan_neuro.systems.cyclegan.config import Config
from cyclegan_neuro.systems.cyclegan.model import build_cyclegan

WITHOUT_MAPS = {"position_bin_cm": 20.0, "batch_size": 2, "interpretation": {"enabled": False}}
CONFIG = Config(evaluation=WITHOUT_MAPS, report={"n_traces": 2, "dpi": 60})
KINDS = {
    "simulated": {"truth": True, "position": True},
    "phi": {"phi": True},
    "recorded with position": {"position": True},
    "recorded": {},
}


def text_of(evaluation):
    told = (text for block in evaluation.blocks for text in (*block.paragraphs, *block.how))
    return " ".join([*map(str, evaluation.summary), *told])


@pytest.fixture(scope="module")
def evaluated(make_pair, make_trainer):
    """Return a function that evaluates a model that does nothing, once for each kind of days."""
    return cache(lambda kind: SYSTEM.evaluate(CONFIG, make_pair(**KINDS[kind]), make_trainer()))


@pytest.mark.parametrize("kind", KINDS)
def test_metrics_have_what_applies_and_nothing_else(evaluated, kind):
    evaluation = evaluated(kind)
    signals = evaluation.metrics["signals"]
    direct = {"direct_x", "direct_y"} if kind in ("simulated", "phi") else set()
    direct |= {"direct_changed_x", "direct_changed_y"} if kind == "simulated" else set()
    assert signals.keys() == {"cycle_x", "cycle_y", "identity_x", "identity_y", "x_minus_y"} | direct
    translators = {"model", "identity", "moment_matching", "quantile_matching", "gaussian_ot", "lagged_ot"}
    places = {"simulated": "position", "recorded with position": "position", "phi": "window"}
    translators |= {f"{places[kind]}_{what}" for what in ("shift", "moments", "moments_ot") if kind in places}
    translators |= {"position_filter", "position_moments_state"} if places.get(kind) == "position" else set()
    assert evaluation.metrics["ot_shrinkage"].keys() == {name for name in translators if name.endswith("ot")}
    assert signals["cycle_x"].keys() == translators
    for metric in direct:
        assert signals[metric].keys() == translators | ({"best_possible"} if kind == "phi" else set())
        assert signals[metric]["model"].keys() >= {"mean", "std", "n"}
    groups = {
        "simulated": {"changed_y", "changed_x", "unchanged_y", "unchanged_x"},
        "recorded with position": {"all_y", "all_x"},
    }
    assert evaluation.metrics.get("tuning", {}).keys() == groups.get(kind, set())
    for entry in evaluation.metrics.get("tuning", {}).values():
        assert entry.keys() >= translators | {"training_laps"}
    assert ("turned_maps" in evaluation.metrics) == ("tuning" in evaluation.metrics)
    json.dumps(json_ready(evaluation.metrics), allow_nan=False)


@pytest.mark.parametrize("kind", KINDS)
def test_the_story_is_told_in_order(evaluated, kind):
    evaluation = evaluated(kind)
    titles = [block.title for block in evaluation.blocks]
    learning = ["What changed?"] if "tuning" in evaluation.metrics else []
    beyond = [] if kind == "phi" else ["Beyond mean tuning"]
    sure = [] if kind == "phi" else ["How sure is the mapping?"]
    assert titles == [
        "What went in", "Did the mapping work?", *learning, *beyond, "Spikes", *sure, "How sure?",
        "Order of the neurons",
    ]  # fmt: skip
    if kind == "simulated":  # what a reader came for stands before the cycles: wide tables are cut at the right
        (errors,) = (table for block in evaluation.blocks for _, table in block.tables if table.slug == "signals")
        assert [column[:10] for column in errors.columns[1:5]] == ["|Y − G(X)|", "|X − F(Y)|"] * 2
    assert any("one-dimensional" in p or "two-dimensional" in p for p in evaluation.methods)
    assert "li2021" in {reference.key for reference in evaluation.references}
    assert [sentence.asked for sentence in evaluation.summary] == [
        "What went in?", "Did it work?", "What changed?", "More than simple alignments?", "How sure?",
    ]  # fmt: skip
    assert {sentence.section for sentence in evaluation.summary} <= set(titles)
    assert all(len(sentence.told.split()) < 80 for sentence in evaluation.summary)
    assert all(sum(len(text.split()) for text in block.paragraphs) < 120 for block in evaluation.blocks)
    assert "nan" not in text_of(evaluation)
    assert all(picture.figure.get_dpi() == 60 for block in evaluation.blocks for picture in block.pictures)


@pytest.mark.parametrize("kind", KINDS)
def test_one_figure_shows_what_changed_beside_the_best_alignments(evaluated, kind):
    """Day x, the model, the best alignment of activity and, where places are known, of places, and the goal."""
    opening = evaluated(kind).opening
    titles = [" ".join(title.split()) for axes in opening.figure.axes if (title := axes.get_title(loc="left"))]
    assert titles[0].startswith("X")
    assert titles[1].startswith("G(X): CycleGAN")
    assert len(titles) == (4 if kind == "recorded" else 5)
    known = kind in ("simulated", "phi")
    assert titles[-1].startswith("truth" if known else "Y")
    assert opening.slug == ("tuning_maps" if "position" in KINDS[kind] else "translated")


def test_missing_positions_in_the_test_windows_are_explained(make_pair, make_trainer):
    prepared = make_pair(position=True)
    prepared.x.recording.behaviour.position_cm[64:] = np.nan
    evaluation = SYSTEM.evaluate(CONFIG, prepared, make_trainer())
    assert "tuning" not in evaluation.metrics
    assert "windows.exclude_x" in evaluation.blocks[2].paragraphs[0]


def test_simulated_data_are_called_simulated(evaluated):
    assert evaluated("simulated").summary[0].told.startswith("Simulated data, not measured in an animal")


def test_without_truth_the_summary_claims_nothing(evaluated):
    evaluation = evaluated("recorded")
    assert "is not known here" in evaluation.summary[1].told
    assert not any("better" in sentence.told for sentence in evaluation.summary)


def test_a_model_that_does_nothing_is_no_better_than_identity(make_pair, make_trainer):
    """Scaling differs between the days, so the stand-in undoes it to be the identity in ΔF/F."""
    prepared = make_pair(truth=True)
    prepared = replace(prepared, y=replace(prepared.y, scaling=prepared.x.scaling))
    summary = SYSTEM.evaluate(CONFIG, prepared, make_trainer()).summary
    assert "no better than doing nothing" in summary[1].told


def test_a_model_that_knows_the_answer_is_better(make_pair, make_trainer, model_of):
    """Φ's noise is the only error that is left when G applies the mask and adds the mean noise."""
    prepared = make_pair(phi=True)
    mask = prepared.y.transform.mask[None, ..., None]
    gain = (prepared.x.scaling.maximum - prepared.x.scaling.minimum) / (
        prepared.y.scaling.maximum - prepared.y.scaling.minimum
    )
    gain, shift = (
        values[prepared.order.columns][None, None, :, None]
        for values in (gain, prepared.x.scaling.minimum / (prepared.x.scaling.maximum - prepared.x.scaling.minimum))
    )
    middle = np.median(prepared.y.transform.offset, axis=0)[None, None, :, None]

    def g(windows, training):
        return mask * (windows + shift) * gain + middle

    found = measure(CONFIG.evaluation, prepared, model_of(make_trainer(g=g), prepared))
    direct = found.signals["direct_y"]
    assert direct["model"]["mean"] == pytest.approx(direct["best_possible"]["mean"], rel=1e-4)
    assert direct["model"]["gap_closed"] == pytest.approx(1.0, abs=1e-3)
    summary = SYSTEM.evaluate(CONFIG, prepared, make_trainer(g=g)).summary
    assert "100 % of the gap closed" in summary[1].told


def test_shared_frames_are_said_at_the_top(make_pair, make_trainer):
    prepared = make_pair(truth=True)
    starts = replace(prepared.x.starts, test=prepared.x.starts.train[:3])
    evaluation = SYSTEM.evaluate(CONFIG, replace(prepared, x=replace(prepared.x, starts=starts)), make_trainer())
    assert "100 % of the test frames were seen in training" in evaluation.summary[0].told


def test_findings_stand_in_the_report_the_most_serious_first(make_pair, make_trainer):
    findings = tuple(Finding(s, s, "dff", "this", "that", "nothing") for s in ("info", "critical", "warning"))
    evaluation = SYSTEM.evaluate(CONFIG, replace(make_pair(), findings=findings, notes=("A note.",)), make_trainer())
    table = dict((t.slug, t) for _, t in evaluation.blocks[0].tables)["findings"]
    assert [row[0] for row in table.rows] == ["critical", "warning", "info"]
    assert "A note." in evaluation.blocks[0].how


def test_the_gap_between_days_is_that_of_recorded_windows(make_pair, make_trainer, model_of):
    prepared = make_pair()
    found = measure(CONFIG.evaluation, prepared, model_of(make_trainer(g=lambda w, training: w * 0), prepared))
    x, y = (getattr(found.example, day)[0] for day in "xy")
    assert found.example.x_starts == 72  # the middle one of three
    assert found.signals["x_minus_y"]["recorded"]["n"] == 3
    assert np.abs(x - y).mean() == pytest.approx(found.signals["x_minus_y"]["recorded"]["mean"], rel=0.3)


def test_traces_are_chosen_without_looking_at_the_model(make_pair, make_trainer, model_of):
    prepared = make_pair(truth=True)
    found = measure(CONFIG.evaluation, prepared, model_of(make_trainer(g=lambda w, training: w + 1.0), prepared))
    assert set(choose_neurons(prepared, found.example, 2)) == {0, 1}  # what the simulator changed
    assert prepared.neuron_names[1] == "n1"


def with_days(prepared, *, x=None, y=None):
    """The pair with changed fields of its recordings."""
    changed = {"x": x or {}, "y": y or {}}
    days = {d: replace(prepared[d], recording=replace(prepared[d].recording, **changed[d]))
            for d in "xy"}  # fmt: skip
    return replace(prepared, **days)


@pytest.mark.parametrize(
    ("x", "y", "beginning"),
    [
        ("recorded", "recorded", "Recorded data: x is"),
        ("simulated", "simulated", "Simulated data, not measured in an animal: x is"),
        ("semi-synthetic", "semi-synthetic", "Semi-synthetic data, part of which was not measured in an animal: x is"),
        ("translated", "translated", "Translated data, made by a network and not measured in an animal: x is"),
        ("recorded", "simulated", "Data of two kinds, x recorded and y simulated: x is"),
    ],
)
def test_what_kind_of_data_it_is_stands_in_a_field_and_not_in_the_words_of_a_source(make_pair, x, y, beginning):
    words = {"source": "/data/simulated, semi-synthetic/day.h5", "subject": "simulated", "session": "semi-synthetic"}
    prepared = with_days(make_pair(), x=words | {"data_origin": x}, y=words | {"data_origin": y})
    assert origin_sentence(prepared).startswith(beginning)
    assert inputs_block(CONFIG, prepared).tables[0][1].rows[0] == ("origin", x, y)


def test_the_transformation_of_recorded_data_is_not_called_recorded(make_pair):
    prepared = make_pair(phi=True)
    assert origin_sentence(prepared).startswith("Recorded data: x is")
    assert inputs_block(CONFIG, prepared).tables[0][1].rows[0] == ("origin", "recorded", "semi-synthetic")


def test_words_for_numbers():
    assert [Verdict.of(error, 1.0) for error in (0.98, 0.991, 1.02, float("nan"))] == list(Verdict)
    assert Verdict.of(1.0, float("nan")) is Verdict.UNKNOWN
    assert mean_sd({"mean": 0.012345, "std": 0.00123}) == "0.0123\u00a0±\u00a00.0012"
    assert mean_sd({"mean": 3e-9, "std": 1e-9}) == "0"
    assert mean_sd(None) is None


def test_where_the_networks_look_is_part_of_the_story(make_pair):
    """Networks that exist only in name have no maps; these are small, untrained ones."""
    interpretation = {"n_shuffles": 20, "max_windows": 2, "position_bin_cm": 20.0}
    config = Config(
        model={"filters": 4, "residual_blocks": 1}, training={"jit_compile": False},
        evaluation={**WITHOUT_MAPS, "interpretation": interpretation}, report={"n_traces": 2, "dpi": 60},
    )  # fmt: skip
    prepared = make_pair(truth=True, position=True)
    evaluation = SYSTEM.evaluate(config, prepared, build_cyclegan(config, prepared))
    titles = [block.title for block in evaluation.blocks]
    assert titles[2:5] == ["What changed?", "Where do the networks look?", "Are the maps true?"]
    assert evaluation.metrics["interpretation"]["G"]["saliency"].keys() >= {"auroc_neurons", "chance", "untrained"}
    assert evaluation.arrays["maps/D_X/grad_cam/positional"].shape == (6, 5)
    assert all(picture.figure.get_dpi() == 60 for block in evaluation.blocks for picture in block.pictures)
    assert "nan" not in text_of(evaluation)
    json.dumps(json_ready(evaluation.metrics), allow_nan=False)


def test_days_without_a_changed_neuron_are_told_as_such(make_pair, make_trainer):
    """As with data.simulation.learning.kind behaviour: no score, picture or sentence stumbles over an empty group."""
    pair = make_pair(**KINDS["simulated"])

    def unchanged(day):
        truth = replace(day.recording.truth, changed=np.zeros(pair.n_neurons, bool))
        return replace(day, recording=replace(day.recording, truth=truth))

    evaluation = SYSTEM.evaluate(CONFIG, replace(pair, x=unchanged(pair.x), y=unchanged(pair.y)), make_trainer())
    assert "No neuron changed." in str(evaluation.summary)
    assert evaluation.metrics["tuning"]["changed_y"]["model"]["n"] == 0
    assert "direct_changed_y" not in evaluation.metrics["signals"]
    assert " nan" not in text_of(evaluation)
