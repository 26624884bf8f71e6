"""Maps of attention, their profiles, the attended neurons and the scores."""

import numpy as np
import pytest

from cyclegan_neuro.figures.attended import (
    AttendedNeuron,
    ExplainedWindow,
    attended_neurons,
    attention_over_field,
    explained_windows,
)
from cyclegan_neuro.figures.attention import (
    MapPanel,
    MaskRow,
    map_grid,
    map_height_inch,
    mask_figure,
    relative_to_mean,
)
from cyclegan_neuro.figures.drawing import png_bytes, svg_bytes
from cyclegan_neuro.figures.map_scores import ScoreColumn, ScorePoint, ScoreRow, score_figure
from cyclegan_neuro.figures.positional import PositionalPanel, positional_grid

RNG = np.random.default_rng(0)
HOSTILE = r"<b>$\frac{1}$</b>"
EDGES = np.arange(7.0)


def grid(values=None, **options):
    values = RNG.random((6, 4)) if values is None else values
    shared = {"extent_x": (0.0, 3.0), "xlabel": "time (s)", "ylabel": "neuron", "n_neurons": 4}
    return map_grid([[MapPanel(HOSTILE, values), MapPanel("b", RNG.random((6, 4)) > 0.5)]], **shared | options)


def masks(latent=(3, 2)):
    row = MaskRow("AG1", RNG.random(latent), RNG.random((12, 4)), RNG.random(4))
    return mask_figure(RNG.random((12, 4)), [row], duration_s=6.0, ylabel="neuron", activity_title="a window")


def positional(values=None, n=3):
    values = RNG.random((6, 4)) if values is None else values
    panels = [PositionalPanel(f"D{i}", values, np.arange(6.0), "C0") for i in range(n)]
    return positional_grid(panels, edges=EDGES, xlabel="position (cm)", ylabel="neuron", zone=(2.0, 3.5))


def neurons(tuning=True, n=3):
    curves = {"tuning_x": np.arange(6.0), "tuning_y": np.full(6, np.nan)} if tuning else {}
    rows = [AttendedNeuron(f"n{i}", np.arange(20.0), np.ones(20), [(2, 5)], [], **curves) for i in range(n)]
    return attended_neurons(rows, frame_rate_hz=10.0, edges=EDGES if tuning else None, xlabel="position (cm)")


def field(ringed=None):
    xy_um = np.array([[0.0, 0], [10, 5], [20, 30]])
    return attention_over_field([("a", np.array([3.0, 1, 2])), (HOSTILE, np.ones(3))], xy_um, ringed=ringed)


def explained(attention=None):
    attention = RNG.random((20, 4)) if attention is None else attention
    window = ExplainedWindow(HOSTILE, RNG.random((20, 4)), attention, [(0, 5), (8, 20)])
    return explained_windows([window, window], frame_rate_hz=10.0, ylabel="neuron")


def scores():
    point = ScorePoint(0.8, (0.7, 0.9), (0.4, 0.6), {"untrained networks": 0.55, "mixed days": 0.5})
    rows = [
        ScoreRow("saliency", "C0", [point, None], emphasised=True),
        ScoreRow("mask", "C0", [None, ScorePoint(0.1, None, (0, 0.5))]),
    ]
    columns = [ScoreColumn("neurons", "AUROC", [("recorded", 0.95)]), ScoreColumn("places", "share found")]
    return score_figure([("D_X", rows), ("G", rows[:1])], columns)


def axis_labels(figure):
    every = [axes for part in [figure, *figure.subfigs] for axes in part.axes]
    return {text for axes in every for text in (axes.get_xlabel(), axes.get_ylabel()) if text}


def titled(figure, title):
    (axes,) = (axes for axes in figure.axes if axes.get_title(loc="left") == title)
    return axes


@pytest.mark.parametrize("draw", [grid, masks, positional, neurons, field, scores, explained])
def test_figures_repeat_byte_for_byte(draw):
    figure = draw()
    assert png_bytes(figure).startswith(b"\x89PNG")
    assert svg_bytes(figure) == svg_bytes(figure)


def test_units_stand_on_the_axes():
    assert {"time (s)", "neuron", "× mean of the map"} <= axis_labels(grid())
    assert {"time in the window (s)", "attention σ", "ΔF/F", "mean ΔF/F", "mean σ"} <= axis_labels(masks())
    assert {"position (cm)", "neuron", "× mean", "s per\nbin"} <= axis_labels(positional())
    assert {"time in the window (s)", "position (cm)"} <= axis_labels(neurons())
    assert {"x (µm)", "y (µm)"} <= axis_labels(field())
    assert {"AUROC", "share found"} <= axis_labels(scores())
    assert {"time in the window (s)", "neuron", "ΔF/F", "attention"} <= axis_labels(explained())


def test_stretches_are_marked_within_the_window():
    """Frames 5 and 8 at 10 Hz; the borders of the window are no ends of a stretch."""
    figure = explained()
    for axes in figure.axes[:4]:
        assert {float(line.get_xdata()[0]) for line in axes.lines} == {0.5, 0.8}


def test_the_activity_shines_through_where_a_map_is_low():
    attention = np.zeros((20, 4))
    attention[10:] = 1.0
    opacity = opacity_of(explained(attention).axes[2].images[1])
    assert opacity[:, :10].max() == 0
    assert opacity[:, 10:].min() > 0.5
    nothing = explained(np.zeros((20, 4))).axes[2].images[1]  # nothing attended to, nothing drawn
    assert not opacity_of(nothing).any()


def test_the_line_of_many_neurons_is_one_of_means():
    """More than 200 neurons: neighbours are averaged, at the middle of their rows; few are drawn each."""
    for n_neurons, means, places in ((4, [1, 2, 3, 4], [1, 2, 3, 4]), (401, [2, 5], [2, 5])):
        row = MaskRow("gate", np.ones((12, n_neurons)), np.ones((12, n_neurons)), np.arange(1.0, n_neurons + 1))
        figure = mask_figure(np.ones((12, n_neurons)), [row], duration_s=6.0, ylabel="n", activity_title="a")
        (line,) = (line for axes in figure.axes for line in axes.lines)
        assert line.get_xdata()[: len(means)].tolist() == means
        assert line.get_ydata()[: len(places)].tolist() == places
        assert line.get_xdata()[-1] == (n_neurons - 0.5 if n_neurons > 200 else n_neurons)


def opacity_of(image):
    return image.to_rgba(image.get_array())[..., 3]


def test_values_relative_to_their_mean_by_hand():
    np.testing.assert_array_equal(relative_to_mean(np.array([1.0, 3.0, np.nan])), [0.5, 1.5, np.nan])
    np.testing.assert_array_equal(relative_to_mean(np.zeros(2)), [0, 0])
    assert np.isnan(relative_to_mean(np.full(2, np.nan))).all()


@pytest.mark.parametrize(("n_neurons", "height"), [(5, 2.2), (102, 3.06), (1000, 4.2)])
def test_maps_grow_with_the_population_within_a_page(n_neurons, height):
    assert map_height_inch(n_neurons) == pytest.approx(height)


def test_neurons_point_downward_and_unvisited_bins_stay_blank():
    values = RNG.random((6, 4))
    values[2] = np.nan
    image = titled(grid(values=values), HOSTILE).images[0]
    assert image.get_extent() == [0.0, 3.0, 4.5, 0.5]
    np.testing.assert_array_equal(image.get_array().mask, np.isnan(values.T))


def test_truth_is_black_and_white_and_has_no_colour_bar():
    figure = grid()
    assert titled(figure, "b").images[0].get_cmap().name == "Greys"
    assert len(figure.axes) == 3  # two maps, one colour bar


def test_what_does_not_tell_neurons_apart_is_a_curve():
    values = np.arange(6.0)[:, None]
    axes = titled(grid(values=values), HOSTILE)
    assert not axes.images
    np.testing.assert_array_equal(axes.patches[0].get_data().values, values[:, 0])
    np.testing.assert_allclose(axes.patches[0].get_data().edges, np.linspace(0, 3, 7))


def test_a_single_neuron_is_not_taken_for_an_unresolved_map():
    figure = map_grid([[MapPanel("a", np.ones((6, 1)))]], extent_x=(0, 1), xlabel="t", ylabel="n", n_neurons=1)
    assert figure.axes[0].images


def test_divider_boundary_and_zone_lie_where_they_are_told():
    lines = titled(grid(divider=2, boundary=np.array([0.0, 1, 2, 3]), zone=(0.5, 1.0)), HOSTILE).lines
    data = [(line.get_xdata(), line.get_ydata()) for line in lines]
    assert any(np.array_equal(x, [0, 1, 2, 3]) and np.array_equal(y, [1, 2, 3, 4]) for x, y in data)
    assert any(np.array_equal(y, [2.5, 2.5]) for _, y in data)
    assert {x[0] for x, _ in data if len(x) == 2 and x[0] == x[1]} == {0.5, 1.0}


def test_limits_hold_for_maps_and_curves():
    figure = grid(values=np.full((6, 1), 0.3), limits=(0.0, 1.0))
    assert titled(figure, HOSTILE).get_ylim() == (0.0, 1.0)


def test_masks_are_drawn_at_both_resolutions_beside_their_neurons():
    figure = masks()
    latent, whole = (titled(figure, t) for t in ("AG1: 3 × 2 values", "brought back to 12 frames × 4 neurons"))
    assert latent.images[0].get_array().shape == (2, 3)
    assert whole.images[0].get_array().shape == (4, 12)
    (bars,) = (axes for axes in figure.axes if axes.get_xlabel() == "mean σ")
    np.testing.assert_allclose(bars.patches[0].get_data().values, whole.images[0].get_array().mean(axis=1))
    assert len(bars.lines[0].get_xdata()) == 4


def test_masks_without_neurons_are_curves_and_fine_ones_are_drawn_once():
    figure = masks(latent=(3, 1))
    curve = titled(figure, "AG1: 3 values for 12 frames, the same for all neurons")
    assert curve.get_ylim() == (0.0, 1.0)
    assert sum(bool(axes.images) for axes in masks(latent=(12, 4)).axes) == 2  # the window and the mask


def test_positional_maps_have_their_profiles_by_hand():
    values = np.array([[1.0, 3.0], [np.nan, np.nan], [2.0, 2.0]])
    panel = PositionalPanel("a", values, np.array([1.0, 0.0, 2.0]), "C0")
    figure = positional_grid([panel], edges=np.arange(4.0), xlabel="p", ylabel="n")
    image, profile, occupancy, bars = figure.subfigs[0].axes[:4]
    shown = np.clip((values / 2).T, *image.images[0].get_clim())  # an end of the scale stands for all beyond it
    np.testing.assert_array_equal(image.images[0].get_array().filled(np.nan), shown)
    np.testing.assert_array_equal(profile.patches[0].get_data().values, [1.0, np.nan, 1.0])
    np.testing.assert_array_equal(occupancy.patches[0].get_data().values, [1.0, 0.0, 2.0])
    np.testing.assert_array_equal(bars.patches[0].get_data().values, [0.75, 1.25])


def test_positions_without_neurons_are_profiles_alone():
    figure = positional(values=RNG.random((6, 1)), n=2)
    assert not any(axes.images for part in figure.subfigs for axes in part.axes)
    assert figure.get_figheight() < positional(n=2).get_figheight()


def test_attended_stretches_are_shaded_in_seconds():
    figure = neurons(n=2)
    region = titled(figure, "n0, day x").patches[0]
    assert (region.get_x(), region.get_width()) == (pytest.approx(0.2), pytest.approx(0.3))
    assert len(figure.axes) == 6
    assert len(neurons(tuning=False, n=2).axes) == 4


def test_the_most_attended_neuron_lies_on_top_with_its_ring():
    points = field(ringed=np.array([True, False, False])).axes[0].collections[0]
    np.testing.assert_allclose(points.get_array(), [0.5, 1.0, 1.5])
    np.testing.assert_array_equal(points.get_offsets()[-1], [0, 0])
    assert [colour[3] for colour in points.get_edgecolors()] == [0, 0, 1]


def test_scores_stand_beside_chance_controls_and_contrasts():
    figure = scores()
    first, second = figure.axes
    assert [label.get_text() for label in first.get_yticklabels()] == ["D_X", "saliency", "mask", "G", "saliency"]
    assert [label.get_fontweight() for label in first.get_yticklabels()] == ["bold", "bold", "normal", "bold", "bold"]
    band = first.patches[0]
    assert (band.get_x(), band.get_width()) == (pytest.approx(0.4), pytest.approx(0.2))
    hollow = [line for line in first.lines if line.get_markerfacecolor() == "none"]
    assert [line.get_xdata()[0] for line in hollow] == [0.55, 0.5, 0.55, 0.5]
    assert hollow[0].get_marker() != hollow[1].get_marker()
    assert any(np.array_equal(line.get_xdata(), [0.95, 0.95]) for line in first.lines)
    assert any(np.array_equal(line.get_xdata(), [0.7, 0.9]) for line in first.lines)
    assert len(second.patches) == 1  # one map has this score
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "this network, 95 % interval", "chance, 95 %", "untrained networks", "mixed days", "recorded",
    ]  # fmt: skip
