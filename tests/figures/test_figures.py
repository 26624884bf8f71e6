import sys
from subprocess import run

import matplotlib as mpl
import numpy as np
import pytest

from cyclegan_neuro.figures.curves import Curve, curve_panels, neuron_orders
from cyclegan_neuro.figures.drawing import png_bytes, svg_bytes
from cyclegan_neuro.figures.heatmaps import colour_limits, heat_maps
from cyclegan_neuro.figures.style import styled
from cyclegan_neuro.figures.traces import DayExtract, TraceColumn, TraceRow, day_overview, trace_grid

RNG = np.random.default_rng(0)
HOSTILE = r"<b>$\frac{1}$</b> & %s _^"  # an even number of dollars, and no formula


def labels(figure):
    return [text for axes in figure.axes for text in (axes.get_xlabel(), axes.get_ylabel()) if text]


def traces(name="n1"):
    rows = [TraceRow("X", RNG.normal(size=20), "C0", behind=np.zeros(20), truth=np.ones(20))]
    return trace_grid([[TraceColumn(name, rows, [(2, 5)])]], frame_rate_hz=10.0)


def maps(values=None, **kwargs):
    values = RNG.normal(size=(6, 3)) if values is None else values
    return heat_maps([[(HOSTILE, values)]], limits=(0, 1), extent_x=(0, 2), xlabel="time (s)", **kwargs)


def curves(n=4):
    panels = [(f"n{i}", [Curve("x", RNG.normal(size=5), "C0"), Curve("y", np.full(5, np.nan), "C1")]) for i in range(n)]
    return curve_panels(panels, x=np.arange(5), xlabel="position (cm)", ylabel="ΔF/F")


def overview():
    known = DayExtract("x", RNG.normal(size=(9, 2)), 3.0, 10.0, "C0", position_cm=np.arange(9))
    unknown = DayExtract("y", np.zeros((9, 2)), 0.0, 10.0, "C1")
    return day_overview([known, unknown], names=["a", HOSTILE])


def order():
    orders, xy_um = {"own": np.array([1, 0]), "other": np.array([0, 1])}, np.array([[1.0, 2], [3, 4]])
    return neuron_orders(orders, xy_um=xy_um, score=np.array([0.1, 0.2]), score_label="r")


@pytest.mark.parametrize("draw", [traces, maps, curves, overview, order])
def test_figures_repeat_byte_for_byte(draw):
    first = draw()
    assert png_bytes(first).startswith(b"\x89PNG")
    assert svg_bytes(first) == svg_bytes(first)
    assert b"<svg" in svg_bytes(first)


def test_names_are_drawn_as_they_are():
    """A name with dollar signs is no formula, and a broken formula no error."""
    assert png_bytes(traces(name=HOSTILE))


def test_matplotlib_keeps_its_own_settings():
    before = dict(mpl.rcParams)
    png_bytes(traces())
    with pytest.raises(RuntimeError), styled():
        raise RuntimeError
    assert dict(mpl.rcParams) == before


def test_settings_of_the_user_change_no_figure():
    drawn = png_bytes(order())
    users = {"text.usetex": True, "figure.facecolor": "black", "lines.marker": "o", "savefig.bbox": "tight"}
    with mpl.rc_context(users):
        assert png_bytes(order()) == drawn


def test_figures_are_not_kept_alive_by_pyplot():
    """Nothing here imports pyplot, whose registry would hold every figure."""
    code = (
        "import sys, cyclegan_neuro.figures.traces, cyclegan_neuro.figures.curves as c; "
        "print('matplotlib.pyplot' in sys.modules)"
    )
    done = run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_axes_have_units():
    assert "time (s)" in labels(traces())
    assert "time (s)" in labels(maps())
    assert {"position (cm)", "ΔF/F"} <= set(labels(curves()))
    assert {"x (µm)", "y (µm)"} <= set(labels(order()))


def test_neurons_point_downward_and_count_from_one():
    axes = maps(values=np.zeros((6, 3))).axes[0]
    assert axes.get_ylim() == (3.5, 0.5)
    assert axes.get_xlim() == (0, 2)


def test_marked_regions_are_in_seconds():
    region = traces().axes[0].patches[0]
    assert region.get_x() == pytest.approx(0.2)
    assert region.get_width() == pytest.approx(0.3)


def test_colour_limits_leave_outliers_out():
    low, high = colour_limits(np.arange(101.0), np.full(1, 1e9))
    assert low == pytest.approx(1.01)
    assert high < 1e9
    assert colour_limits(np.zeros(4)) == (-0.5, 0.5)


def test_the_order_is_drawn_only_where_something_is_known():
    one = {"own": np.arange(3)}
    assert neuron_orders(one, xy_um=None, score=None, score_label="") is None
    assert len(neuron_orders(one, xy_um=None, score=np.arange(3.0), score_label="s").axes) == 1


def test_ranks_are_those_of_the_user_columns():
    """By the first order column 1 stands in the first row, so its point has rank 1."""
    own, other = order().axes[:2]
    np.testing.assert_array_equal(own.collections[0].get_array(), [2, 1])
    np.testing.assert_array_equal(other.collections[0].get_array(), [1, 2])
    assert [own.get_title(loc="left"), other.get_title(loc="left")] == ["own", "other"]


def test_overview_without_position_is_as_tall_as_its_traces():
    traces = np.zeros((10, 6), np.float32)
    names = [f"roi_{i}" for i in range(6)]
    known = DayExtract("x", traces, start_s=0.0, frame_rate_hz=10.0, colour="C0", position_cm=np.arange(10.0))
    unknown = DayExtract("x", traces, start_s=0.0, frame_rate_hz=10.0, colour="C0")
    with_position, without = (day_overview([day], names=names).get_figheight() for day in (known, unknown))
    assert without == pytest.approx(with_position - 0.75)
