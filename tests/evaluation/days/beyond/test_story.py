"""The block of the report: what it says of a model that is right, of one that does nothing, and of days too short."""

from dataclasses import replace

import numpy as np
import pytest

from cyclegan_neuro.evaluation.days.beyond.scores import SCORES
from cyclegan_neuro.evaluation.days.methods import methods_of_days
from cyclegan_neuro.evaluation.days.story.beyond_tuning import beyond_tuning_block, beyond_tuning_sentence
from cyclegan_neuro.evaluation.methods import Paragraph
from cyclegan_neuro.systems.cyclegan.config import Config


def test_a_right_model_is_said_to_be_right(measured, state_pair):
    block = beyond_tuning_block(state_pair, measured)
    removed, to_y, to_x = block.paragraphs
    assert removed == "What is left when the mean at each position is removed:"
    assert to_y.startswith("G(X) is nearer to day y than doing nothing and every alignment in ")
    assert "(noise correlations, " in to_y
    assert to_x.startswith("F(Y) is nearer to day x")
    assert "parts of the recorded day 0." in to_y
    assert sum(len(text.split()) for text in block.paragraphs) < 120
    assert "nan" not in " ".join((*block.paragraphs, *block.how))
    assert beyond_tuning_sentence(measured).startswith(
        "Beyond tuning, a classifier tells G(X) from day y less well than any of"
    )


def test_one_table_per_direction_marks_the_best(measured, state_pair):
    (caption, to_y), (_, to_x) = beyond_tuning_block(state_pair, measured).tables
    assert caption.startswith("G(X) against day y")
    assert (to_y.slug, to_x.slug) == ("beyond_tuning_y", "beyond_tuning_x")
    assert len(to_y.columns) == 1 + len(SCORES)
    names = [row[0] for row in to_y.rows]
    assert names[:2] == ["network", "identity (does nothing)"]
    assert names[-2:] == ["floor: parts of the recorded day", "the right translation"]
    auc = to_y.columns.index("classifier: AUC (ideal 0.5)")
    assert [row[0] for row in to_y.rows if row[auc].endswith("*")] == ["network"]
    slope = to_y.columns.index("hidden state: slope, changed neurons (ideal 1)")
    assert to_y.rows[0][slope] == "1.00\u00a0*"
    assert to_y.rows[-2][slope] is None


def test_figure_shows_pairs_and_time_courses(measured, state_pair):
    (picture,) = beyond_tuning_block(state_pair, measured).pictures
    panels = [axes for part in picture.figure.subfigs for axes in part.axes]
    assert len(panels) == 6
    (points,) = (line for line in panels[0].lines if line.get_marker() == ".")
    np.testing.assert_allclose(points.get_xdata(), measured.beyond.correlations["y"]["recorded"])
    np.testing.assert_allclose(points.get_ydata(), measured.beyond.correlations["y"]["model"])
    assert [line.get_label() for line in panels[2].lines] == ["Y, recorded", "G(X)", "best baseline", "truth"]
    assert panels[2].lines[0].get_ydata()[0] == pytest.approx(1.0)


def test_nothing_is_claimed_where_nothing_is_decided(measured):
    undecided = {
        day: {score: replace(one, beats_all=False) for score, one in own.items()}
        for day, own in measured.beyond.comparisons.items()
    }
    some = replace(measured, beyond=replace(measured.beyond, comparisons=undecided))
    assert beyond_tuning_sentence(some) == ""
    assert "by more than chance in none." in beyond_tuning_block(measured.pair, some).paragraphs[1]


def test_short_days_are_told_why(measured, make_pair):
    absent = replace(measured, beyond=None)
    block = beyond_tuning_block(make_pair(), absent)
    assert block.paragraphs == ("Not computed: the test part of a day is shorter than 32 s, or has too many gaps.",)
    assert beyond_tuning_block(make_pair(phi=True), absent) is None
    assert beyond_tuning_sentence(absent) == ""


def test_methods_tell_of_it_where_it_was_done(state_pair, make_pair, tmp_path):
    (tmp_path / "training.j2").write_text("Trained.")
    told = {
        kind: methods_of_days(Config(), prepared, Paragraph(tmp_path / "training.j2", {}))
        for kind, prepared in (("long", state_pair), ("short", make_pair()))
    }
    assert "ΔF/F less the mean at each position" in " ".join(told["long"][0])
    assert {"lopezpaz2017", "szekely2013"} <= {reference.key for reference in told["long"][1]}
    assert not {"lopezpaz2017", "szekely2013"} & {reference.key for reference in told["short"][1]}
