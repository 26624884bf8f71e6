"""Figures as files: pixel by pixel what was drawn, and small."""

import base64
import pickle
import re
from functools import partial
from io import BytesIO

import numpy as np
import pytest
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from cyclegan_neuro.figures import drawing
from cyclegan_neuro.figures.attended import ExplainedWindow, attention_over_field, explained_windows
from cyclegan_neuro.figures.attention import MapPanel, MaskRow, map_grid, mask_figure
from cyclegan_neuro.figures.curves import neuron_orders
from cyclegan_neuro.figures.drawing import _with_palette, draw, png_bytes, svg_bytes
from cyclegan_neuro.figures.heatmaps import colour_scale, heat_maps
from cyclegan_neuro.figures.inferred import rate_figure
from cyclegan_neuro.figures.positional import PositionalPanel, positional_grid

N, RNG = 1000, np.random.default_rng(0)
NOISE = RNG.gamma(1.0, 0.2, (256, N))  # nothing is larger: it repeats nowhere
SCALE = {"extent_x": (0.0, 10.0), "xlabel": "time (s)"}


def image_of(png):
    return np.asarray(Image.open(BytesIO(png)).convert("RGB"))


def encoded(pixels):
    stream = BytesIO()
    Image.fromarray(pixels).save(stream, "png")
    return base64.b64encode(stream.getvalue())


def curve(colour="C0"):
    figure = Figure(figsize=(2, 1))
    figure.subplots().plot([0, 1], [1, 0], color=colour)
    return figure


def test_a_png_holds_the_pixels_that_were_drawn():
    """Edges of curves and letters have more colours than its palette."""
    figure = curve()
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    png = png_bytes(figure)
    pixels = image_of(png)
    assert pixels.shape == (100, 200, 3)
    assert Image.open(BytesIO(png)).info["dpi"] == pytest.approx((figure.dpi,) * 2, abs=0.1)  # as large in a text
    np.testing.assert_allclose(pixels, np.asarray(canvas.buffer_rgba())[..., :3], atol=4)


@pytest.mark.parametrize("opacity", [255, 90])
def test_a_palette_changes_no_pixel_and_is_smaller(opacity):
    pixels = RNG.integers(0, 255, (256, 4)).astype(np.uint8)[RNG.integers(0, 256, (60, 70))]
    pixels[..., 3] = opacity
    before = encoded(pixels)
    after = _with_palette(before)
    smaller = Image.open(BytesIO(base64.b64decode(after)))
    assert smaller.mode == "P"
    np.testing.assert_array_equal(np.asarray(smaller.convert("RGBA")), pixels)
    assert len(after) < 0.6 * len(before)


def test_clip_paths_are_numbered_and_found():
    """Their own names hash the last bit of a layout, in which two processes need not agree."""
    svg = svg_bytes(curve())
    used, defined = re.findall(rb"url\(#(\w+)\)", svg), re.findall(rb'<clipPath id="(\w+)"', svg)
    assert used == defined == [b"clip0"]


def test_an_image_of_many_colours_stays_as_it_is():
    before = encoded(RNG.integers(0, 255, (60, 70, 4)).astype(np.uint8))
    assert _with_palette(before) is before


def test_ticks_are_computed_once_for_each_place_of_their_axes(monkeypatch):
    """Two passes of layout, a bitmap, and vectors; a Matplotlib that computes them otherwise is noticed here."""
    asked = []
    monkeypatch.setattr(
        Axis, "_update_ticks", lambda axis, compute=Axis._update_ticks: asked.append(axis) or compute(axis)
    )
    draw(heat(2))  # three axes with the colours
    assert 0 < len(asked) <= 4 * 3 * 2


@pytest.mark.parametrize("name", ["heat", "positional", "field"])
def test_what_is_remembered_changes_no_byte(name, monkeypatch):
    figure = {"heat": partial(heat, 2), "positional": positional, "field": field}[name]()
    same = pickle.loads(pickle.dumps(figure))
    remembered = svg_bytes(figure)
    monkeypatch.setattr(drawing, "_COMPUTED_ANEW", ())
    assert svg_bytes(same) == remembered
    assert "_update_ticks" not in vars(figure.axes[0].xaxis)  # as it was


def heat(n_panels):
    return heat_maps([[("X", NOISE)] * n_panels], limits=(0.0, 1.0), **SCALE)


@pytest.mark.parametrize(
    ("values", "n_colours"),
    [(NOISE, 64), (NOISE[:, :102], 256), (np.linspace(0, 1, 256 * N).reshape(N, 256).T, 256), (NOISE[:, :1], 256)],
)
def test_fewer_colours_where_no_step_between_them_is_seen(values, n_colours):
    """Not where an image shows every value, nor where it is smooth, and bands would appear."""
    assert len(colour_scale(values).colors) == n_colours


def test_images_of_a_figure_have_palettes():
    found = re.findall(rb"data:image/png;base64,\s*([A-Za-z0-9+/=]+)", svg_bytes(heat(2)))
    assert [Image.open(BytesIO(base64.b64decode(one))).mode for one in found][:2] == ["P", "P"]


def field():
    panels = [(name, RNG.random(N)) for name in ("D_X", "D_Y")]
    return attention_over_field(panels, RNG.uniform(0, 800, (N, 2)), ringed=RNG.random(N) > 0.8)


def order():
    orders = {name: RNG.permutation(N) for name in ("own", "other")}
    return neuron_orders(orders, xy_um=RNG.uniform(0, 800, (N, 2)), score=RNG.random(N), score_label="r")


def grid():
    return map_grid([[MapPanel("a", NOISE)]], ylabel="neuron", n_neurons=N, **SCALE)


def masks():
    row = MaskRow("gate", NOISE, NOISE, RNG.random(N))
    return mask_figure(NOISE, [row], duration_s=10.0, ylabel="neuron", activity_title="a window")


def positional():
    panel = PositionalPanel("D_X", RNG.random((160, N)), RNG.random(160), "C0")
    return positional_grid([panel], edges=np.arange(161.0), xlabel="position (cm)", ylabel="neuron")


def explained():
    return explained_windows([ExplainedWindow("x", NOISE, NOISE)], frame_rate_hz=24.0, ylabel="neuron")


def rates():
    return rate_figure(np.exp(RNG.normal(size=N)), np.sort(RNG.random((N, 2)), axis=1))


@pytest.mark.parametrize(
    ("make", "png_kb", "svg_kb", "webp_kb"),
    [
        (partial(heat, 2), 175, 240, 90), (grid, 165, 220, 90), (masks, 440, 660, 245),
        (explained, 430, 780, 230), (positional, 200, 320, 125), (field, 310, 430, 130), (order, 440, 670, 160),
        (rates, 30, 390, 40),
    ],
)  # fmt: skip
def test_figures_of_a_thousand_neurons_stay_small(make, png_kb, svg_kb, webp_kb):
    drawn = draw(make())
    sizes = {name: len(getattr(drawn, name)) / 1000 for name in ("png", "svg", "webp")}
    assert sizes["png"] < png_kb
    assert sizes["svg"] < svg_kb
    assert sizes["webp"] < webp_kb
