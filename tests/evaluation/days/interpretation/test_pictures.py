"""Figures of where the networks look, from random maps of a small pair."""

from dataclasses import replace

import numpy as np
import pytest

from cyclegan_neuro.evaluation.days.interpretation import pictures
from cyclegan_neuro.evaluation.days.interpretation.findings import attended_stretches, rank_neurons
from cyclegan_neuro.evaluation.days.interpretation.pictures import grad_cam_of_a_window, scores_figure, zones_passed
from cyclegan_neuro.evaluation.days.interpretation.score import ScoredMap
from cyclegan_neuro.figures.drawing import png_bytes
from cyclegan_neuro.interpret.resolution import to_window
from cyclegan_neuro.interpret.scores import MapScore
from cyclegan_neuro.recordings.recording import Behaviour

LEARNING = {"truth": True, "position": True}


def titles(figure):
    return [axes.get_title(loc="left") for axes in figure.axes if axes.get_title(loc="left")]


def require_drawn(image, values):
    """Within the colours' limits: what lies beyond looks the same."""
    np.testing.assert_array_equal(image.get_array(), np.clip(values, *image.get_clim()))


def test_the_most_attended_neuron_comes_first(make_pair, make_interpretation):
    ranking = rank_neurons(make_interpretation(make_pair(**LEARNING), boost=3))
    assert ranking.order[0] == 3
    assert ranking.mean_rank[3] == 1.0
    assert all(ranks[3] == 1.0 for ranks in ranking.ranks.values())
    assert ranking.ranks.keys() == {"D_X", "D_Y", "G", "F"}


def test_ranks_are_averaged_over_networks_by_hand(make_pair, make_interpretation):
    """Two networks of four agree, the others see all neurons alike and give them the mean rank, 3."""
    found = make_interpretation(make_pair(**LEARNING))
    for network in ("D_X", "G"):
        found.maps[network]["saliency"].neurons[:] = [1.0, 5.0, 2.0, 3.0, 4.0]
    for network in ("D_Y", "F"):
        found.maps[network]["saliency"].neurons[:] = 7.0
    ranking = rank_neurons(found)
    np.testing.assert_array_equal(ranking.mean_rank, [4.0, 2.0, 3.5, 3.0, 2.5])
    np.testing.assert_array_equal(ranking.order, [1, 4, 3, 2, 0])


def test_attended_stretches_are_those_of_the_neuron_asked_for(make_pair, make_interpretation):
    """User column 2 is network row 2 of columns (3, 0, 4, 2, 1)'s inverse, which is row 3."""
    prepared = make_pair(**LEARNING)
    found = make_interpretation(prepared).maps["D_X"]["saliency"]
    example = np.zeros((16, 5), np.float32)
    example[8:12, 3] = 1.0
    found = replace(found, example=example)
    (stretch,) = attended_stretches(found, prepared, 2)
    assert 8 <= stretch[0] < stretch[1] <= 12
    assert sum(stop - first for first, stop in attended_stretches(found, prepared, 0)) == 2  # a tenth of 16


def test_the_example_is_the_middle_window_of_those_explained(make_pair, make_interpretation):
    prepared = make_pair(**LEARNING)
    assert make_interpretation(prepared).example_start("x") == 72
    assert make_interpretation(prepared, max_windows=2).example_start("x") == 80


def test_masks_are_drawn_in_the_order_of_the_networks(make_pair, make_interpretation):
    prepared = make_pair(**LEARNING)
    found = make_interpretation(prepared)
    figure = pictures.masks_of(found, "F")
    assert titles(figure)[0] == "a test window of Y, which F translates"
    window = prepared.windows_of("y", np.array([71]))[0]
    require_drawn(figure.axes[0].images[0], window[:, prepared.order.columns].T)
    (line,) = (axes.lines[0].get_xdata() for axes in figure.axes if axes.get_xlabel() == "mean 1 − σ")
    np.testing.assert_allclose(line, found.maps["F"]["input_gate"].neurons[prepared.order.columns])


def test_networks_without_masks_have_no_such_figure(make_pair, make_interpretation):
    prepared = make_pair(**LEARNING)
    found = make_interpretation(prepared, gates=False)
    assert pictures.masks_of(found, "D_X") is None


def test_rows_are_sorted_by_the_recorded_days_alone(make_pair, make_interpretation):
    prepared = make_pair(**LEARNING)
    found = make_interpretation(prepared)
    difference = np.zeros((11, 5))
    difference[[9, 2, 5, 0, 7], np.arange(5)] = 1.0
    found.maps["recorded"]["tuning_difference"].positional[:] = difference
    np.testing.assert_array_equal(pictures.rows_by_contrast(found), [3, 1, 2, 4, 0])
    other = make_interpretation(prepared, boost=4)
    other.maps["recorded"]["tuning_difference"].positional[:] = difference
    np.testing.assert_array_equal(pictures.rows_by_contrast(other), pictures.rows_by_contrast(found))


@pytest.mark.parametrize("resolved", [True, False])
def test_positional_figures(make_pair, make_interpretation, resolved):
    prepared = make_pair(**LEARNING)
    found = make_interpretation(prepared, resolved=resolved)
    chosen = pictures.choose_maps(found, "grad_cam")
    assert [network for network, *_ in chosen] == ["D_X", "D_Y", "G", "F"]
    figure = pictures.positional_figure(found, chosen)
    assert bool(figure.subfigs[0].axes[0].images) == resolved
    assert figure.subfigs[1].get_suptitle() == "D_Y on Y: Grad-CAM"
    strip = figure.subfigs[0].axes[2 if resolved else 1].patches[0].get_data().values
    np.testing.assert_allclose(strip, found.occupancy["x"] / 8.0)
    assert png_bytes(figure)


def test_events_take_the_place_of_positions(make_pair, make_interpretation):
    prepared = make_pair()
    events = np.zeros(96, np.uint8)
    events[[66, 82]] = 1
    days = (replace(day, recording=replace(day.recording, behaviour=Behaviour(events=events)))
            for day in (prepared.x, prepared.y))  # fmt: skip
    prepared = replace(prepared, **dict(zip("xy", days, strict=True)))
    found = make_interpretation(prepared, before_event_s=0.5, after_event_s=1.0, event_bin_s=0.25)
    figure = pictures.positional_figure(found, pictures.choose_maps(found))
    assert figure.subfigs[0].axes[2].get_xlabel() == "time since the event (s)"


def test_changed_neurons_stand_above_the_line(make_pair, make_interpretation):
    found = make_interpretation(make_pair(**LEARNING))
    figure = pictures.truth_figure(found)
    assert titles(figure)[:2] == ["truth: where neurons changed", "recorded tuning difference"]
    assert titles(figure)[-1] == "F on Y: own change |F(y) − y|"
    truth = figure.axes[0]
    assert not truth.images[0].get_array()[2:].any()  # neurons 0 and 1 changed
    assert any(np.array_equal(line.get_ydata(), [2.5, 2.5]) for line in truth.lines)


def test_the_edge_of_the_corner_is_drawn_on_every_map(make_pair, make_interpretation):
    prepared = make_pair(phi=True)
    found = make_interpretation(prepared)
    expected = found.corner.masked[:, prepared.order.columns].sum(axis=0) / 8.0
    assert (np.diff(expected) > 0).all()  # one corner, as the networks see it
    for figure in (pictures.window_figure(found, pictures.choose_maps(found)),
                   pictures.corner_figure(found)):  # fmt: skip
        for axes in figure.axes:
            if axes.get_title(loc="left"):
                np.testing.assert_allclose(axes.lines[0].get_xdata(), expected)


def test_phi_shows_the_truth_the_contrast_and_the_masks_of_g(make_pair, make_interpretation):
    prepared = make_pair(phi=True)
    found = make_interpretation(prepared)
    drawn = titles(pictures.corner_figure(found))
    assert drawn[:4] == [
        "truth: what Φ removes", "truth: its edge", "difference of variability", "D_Y on Y: saliency",
    ]  # fmt: skip
    assert "G on X: mask AG1" in drawn
    assert png_bytes(pictures.corner_figure(make_interpretation(prepared, gates=False)))


def test_the_animal_is_followed_through_the_reward_zone(make_pair):
    """Positions 0, 10, ..., 110 cm over and over: 40, 50, ... from frame 64 on. Rewards were given from 50 to 70 cm."""
    prepared = make_pair(position=True)
    assert zones_passed(prepared, "x", 64) == []  # no rewards known
    position = prepared.x.recording.behaviour.position_cm
    behaviour = Behaviour(position_cm=position, rewards=np.uint8((position >= 50) & (position <= 70)))
    day = replace(prepared.x, recording=replace(prepared.x.recording, behaviour=behaviour))
    known = replace(prepared, x=day)
    assert zones_passed(known, "x", 64) == [(1, 4), (13, 16)]
    assert zones_passed(known, "y", 65) == [(0, 3), (12, 15)]
    assert zones_passed(make_pair(), "x", 64) == []  # no position known


@pytest.mark.parametrize("resolved", [True, False])
def test_grad_cam_of_a_window_lies_over_its_activity(make_pair, make_interpretation, resolved):
    prepared = make_pair(position=True)
    found = make_interpretation(prepared, resolved=resolved)
    figure = grad_cam_of_a_window(found)
    assert titles(figure) == ["D_X on a test window of X", "D_Y on a test window of Y"]
    above, below = (figure.axes[i] for i in (1, 3))
    window = prepared.windows_of("y", np.array([71]))[0][:, prepared.order.columns]
    require_drawn(above.images[0], window.T)
    require_drawn(below.images[0], window.T)
    drawn = below.images[1].get_array()
    whole = to_window(found.maps["D_Y"]["grad_cam"].example[None], window_frames=16, n_neurons=5)[0]
    np.testing.assert_array_equal(drawn, whole.T)


@pytest.mark.parametrize(("kind", "panels"), [(LEARNING, 3), ({}, 2)])
def test_attended_neurons_have_tuning_where_it_is_known(make_pair, make_interpretation, kind, panels):
    prepared = make_pair(**kind)
    found = make_interpretation(prepared)
    figure = pictures.attended_figure(found, rank_neurons(found).order[:4])
    assert len(figure.axes) == 4 * panels
    changed = ", changed by learning" if kind else ""
    assert titles(figure)[0] == f"n1{changed}, day x"
    trace = figure.axes[0].lines[0].get_ydata()
    np.testing.assert_array_equal(trace, prepared.windows_of("x", np.array([72]))[0][:, 1])


def test_the_field_of_view_is_drawn_where_it_is_known(make_pair, make_interpretation):
    prepared = make_pair(**LEARNING)
    found = make_interpretation(prepared)
    assert pictures.field_figure(found) is None
    recording = replace(prepared.x.recording, roi_xy_um=np.arange(10.0).reshape(5, 2))
    figure = pictures.field_figure(replace(found, pair=replace(prepared, x=replace(prepared.x, recording=recording))))
    assert "D_X on X: saliency" in titles(figure)


@pytest.mark.parametrize(("kind", "columns"), [(LEARNING, 3), ({"phi": True}, 2)])
def test_every_map_is_in_the_figure_of_scores(make_pair, make_interpretation, kind, columns):
    found = make_interpretation(make_pair(**kind), control=True)
    figure = scores_figure(found)
    assert len(figure.axes) == columns
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert len(labels) == 4 + sum(len(methods) for name, methods in found.scores.items() if name != "recorded")
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert {"untrained networks", "networks trained on mixed days"} <= set(legend)


def test_a_single_curve_has_no_interval(make_pair, make_interpretation):
    found = make_interpretation(make_pair(**LEARNING), resolved=False)
    curve = MapScore(0.5, (0.5, 0.5), 0.4, 0.2, 0.6, 0.5, 1)
    controls = {"untrained": {"agreement": 0.0, "position_overlap": 0.3}}
    found.scores["D_X"]["grad_cam"] = ScoredMap({"position_overlap": curve}, controls)
    figure = scores_figure(found)
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    row = labels.index("Grad-CAM")
    by_column = [[line for line in axes.lines if set(line.get_ydata()) == {row}] for axes in figure.axes]
    assert [len(lines) for lines in by_column] == [0, 0, 2]  # the value and its control, and no interval
    assert all(len(line.get_xdata()) == 1 for line in by_column[2])
