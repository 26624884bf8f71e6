import numpy as np

from cyclegan_neuro.figures.comparison import MOST_IN_ONE_PANEL, CurveSet, ScorePanel, learning_curves, score_points


def test_a_point_per_run_and_a_line_per_rival():
    values = {"gan": {"": [0.1, 0.3]}, "lsgan": {"": []}}
    figure = score_points([ScorePanel("error", values, {"identity": 0.6})])
    (axis,) = figure.axes
    points, mean = axis.lines[:2]
    np.testing.assert_array_equal(points.get_xdata(), [0.1, 0.3])
    np.testing.assert_allclose(mean.get_xdata(), [0.2, 0.2])
    assert [label.get_text() for label in axis.get_yticklabels()] == ["gan", "lsgan"]
    assert [text.get_text() for text in figure.legends[0].texts] == ["a run", "mean of the configuration", "identity"]


def test_animals_have_marks_of_their_own():
    figure = score_points([ScorePanel("error", {"gan": {"mouse_1": [0.1], "mouse_2": [0.3]}}, {})])
    assert [line.get_marker() for line in figure.axes[0].lines[:2]] == ["o", "s"]
    assert [text.get_text() for text in figure.legends[0].texts][:2] == ["a run in mouse_1", "a run in mouse_2"]


def test_curves_of_unlike_length_are_averaged_as_far_as_all_go_and_gaps_are_left_out():
    curves = {"gan": [np.array([1.0, np.nan, 3.0, 4.0]), np.array([3.0, 5.0, 5.0])], "none": []}
    (axis,) = learning_curves([CurveSet("loss", curves)]).axes
    (mean,) = (line for line in axis.lines if line.get_label() == "gan")
    np.testing.assert_array_equal(mean.get_xdata(), [1, 3])
    np.testing.assert_array_equal(mean.get_ydata(), [2.0, 4.0])


def test_many_configurations_have_a_panel_each():
    names = [f"c{number}" for number in range(MOST_IN_ONE_PANEL + 1)]
    figure = learning_curves([CurveSet("loss", {name: [np.ones(3)] for name in names})])
    assert [axis.get_title(loc="left") for axis in figure.axes if axis.axison] == names


def test_losses_over_decades_have_a_logarithmic_axis():
    (axis,) = learning_curves([CurveSet("loss", {"gan": [np.array([100.0, 1.0])]})]).axes
    assert axis.get_yscale() == "log"
