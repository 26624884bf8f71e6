"""Grids of two distributions, heat maps of distances, and the spread of a number beside them."""

import numpy as np
import pytest

from cyclegan_neuro.figures.drawing import png_bytes, svg_bytes
from cyclegan_neuro.figures.spikes import StatisticRow, distribution_grid, heat_grid
from cyclegan_neuro.figures.style import DAY_X, DAY_Y

RNG = np.random.default_rng(0)
NONE = np.full(7, np.nan)
HOSTILE = r"<b>$\frac{1}$ & %s"


def rows(*examples, spread=None, floor=0.1, floor_interval=(0.05, 0.15)):
    spread = RNG.gamma(2, 0.1, 30) if spread is None else spread
    named = [(f"n{i}", *e) for i, e in enumerate(examples)]
    return [StatisticRow("X | F(Y)", named, spread, floor, floor_interval, DAY_X)]


def grid(chosen):
    return distribution_grid(chosen, value_label="firing rate (Hz)", spread_label="KL (nats)", units="neurons")


def heat(*matrices, spread=NONE, floor=0.1, n_rows=1):
    chosen = [
        StatisticRow(f"row {i}", [(f"n{k}", m) for k, m in enumerate(matrices)], spread, floor, (0.05, 0.4), DAY_Y)
        for i in range(n_rows)
    ]
    return heat_grid(
        chosen, colour_label="distance", xlabel="generated window", ylabel="recorded window", spread_label="KL (nats)",
        units="neurons",
    )  # fmt: skip


def panels(figure):
    """Axes without colour bars."""
    return [axes for axes in figure.axes if axes.get_label() != "<colorbar>"]


def legend(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_a_row_has_a_panel_per_example_and_one_for_the_spread():
    sample = RNG.normal(size=50)
    figure = grid(rows((sample, sample + 1), (sample, sample), (sample, sample)) * 4)
    assert len(figure.axes) == 16
    assert len(figure.subfigs) == 4
    for index, axes in enumerate(figure.axes):
        last = index % 4 == 3
        assert axes.get_xlabel() == ("KL (nats)" if last else "firing rate (Hz)")
        assert axes.get_ylabel() == ("neurons" if last else "share")
    assert [axes.get_title(loc="left") for axes in figure.axes[:4]] == ["n0", "n1", "n2", ""]
    assert {text.get_text() for text in figure.subfigs[0].texts} == {"X | F(Y)"}
    assert legend(figure.axes[0]) == ["recorded", "generated"]


def test_shares_add_up_and_share_their_bins():
    recorded, generated = RNG.normal(size=60), np.append(RNG.normal(2, 1, 35), [np.nan] * 5)
    first, second = grid(rows((recorded, generated))).axes[0].patches
    for drawn, sample in ((first, recorded), (second, generated)):
        values, edges, _ = drawn.get_data()
        assert values.sum() == pytest.approx(1)
        assert edges[0] <= np.nanmin(sample)
        assert edges[-1] >= np.nanmax(sample)
    np.testing.assert_array_equal(first.get_data().edges, second.get_data().edges)
    assert first.get_fill()
    assert not second.get_fill()


def test_an_outlier_does_not_make_thousands_of_bins():
    sample = np.append(RNG.normal(size=99), 1e6)
    values, edges, _ = grid(rows((sample, sample))).axes[0].patches[0].get_data()
    assert len(values) <= 24
    assert edges[-1] == 1e6


def test_the_spread_has_its_mean_and_the_floor():
    spread = np.array([0.1, 0.3, np.nan, 0.2])
    axes = grid(rows((NONE, NONE), spread=spread, floor=0.05, floor_interval=(0.02, 0.07))).axes[-1]
    assert [line.get_xdata()[0] for line in axes.lines] == pytest.approx([0.2, 0.05])
    assert legend(axes) == ["mean 0.2", "floor 0.05"]
    *bars, band = axes.patches
    assert sum(patch.get_height() for patch in bars) == 3
    assert (band.get_x(), band.get_x() + band.get_width()) == pytest.approx((0.02, 0.07))


@pytest.mark.parametrize(
    ("recorded", "generated", "said"),
    [
        (NONE, NONE, ["recorded (none)", "generated (none)"]),
        (NONE[:0], NONE[:0], ["recorded (none)", "generated (none)"]),
        (np.zeros(9), NONE, ["recorded", "generated (none)"]),
        (NONE, np.zeros(9), ["recorded (none)", "generated"]),
        (np.zeros(9), np.zeros(4), ["recorded", "generated"]),
        (np.zeros(9), np.ones(9), ["recorded", "generated"]),
        (np.array([3.0]), np.array([3.0]), ["recorded", "generated"]),
    ],
    ids=["both silent", "no pairs", "generated silent", "recorded silent", "constant", "two constants", "one window"],
)  # fmt: skip
def test_what_is_not_there_is_said(recorded, generated, said):
    figure = grid(rows((recorded, generated), spread=np.array([0.5]), floor=float("nan")))
    assert legend(figure.axes[0]) == said
    for patch in figure.axes[0].patches:
        assert patch.get_data().values.sum() == pytest.approx(1)
    assert png_bytes(figure)


@pytest.mark.parametrize("n_examples", [1, 2])
def test_fewer_than_three_neurons(n_examples):
    sample = RNG.normal(size=20)
    assert len(grid(rows(*[(sample, sample)] * n_examples)).axes) == n_examples + 1
    assert len(panels(heat(*[RNG.random((4, 3))] * n_examples))) == n_examples + 1


def test_names_are_drawn_as_they_are_and_figures_repeat():
    sample = RNG.normal(size=20)
    chosen = [StatisticRow(HOSTILE, [(HOSTILE, sample, sample)], sample, 0.1, (0.1, 0.1), DAY_X)]
    assert png_bytes(grid(chosen))
    assert svg_bytes(grid(chosen)) == svg_bytes(grid(chosen))


def test_heat_maps_of_a_row_share_their_colours_and_name_them():
    low, high = RNG.uniform(0, 1, (6, 4)), RNG.uniform(2, 3, (6, 4))
    figure = heat(low, high, n_rows=2)
    assert len(panels(figure)) == 6
    for first, second, spread in (panels(figure)[:3], panels(figure)[3:]):
        limits = [axes.images[0].get_clim() for axes in (first, second)]
        assert limits[0] == limits[1]
        assert limits[0][0] < 1 < 2 < limits[0][1]
        assert (first.get_xlabel(), first.get_ylabel()) == ("generated window", "recorded window")
        assert (spread.get_xlabel(), spread.get_ylabel()) == ("KL (nats)", "neurons")
        assert not spread.images
    bars = [axes for axes in figure.axes if axes not in panels(figure)]
    assert [axes.get_ylabel() for axes in bars] == ["distance"] * 2


def test_a_row_of_a_heat_map_is_a_recorded_window():
    """Recorded window 0 lies at the bottom, generated ones run to the right."""
    image = panels(heat(np.arange(6.0).reshape(2, 3)))[0].images[0]
    np.testing.assert_array_equal(image.get_array(), [[0, 1, 2], [3, 4, 5]])
    assert image.origin == "lower"
    assert image.get_extent() == [-0.5, 2.5, -0.5, 1.5]


@pytest.mark.parametrize("matrix", [np.zeros((4, 3)), np.full((4, 3), 2.0), np.ones((1, 1))])
def test_heat_maps_of_equal_distances(matrix):
    figure = heat(matrix, spread=NONE, floor=0.3)
    assert legend(panels(figure)[-1]) == ["floor 0.3"]
    assert png_bytes(figure)
