"""A figure as files: PNG, SVG, and the smaller bitmap that a page carries; the same bytes for the same figure."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from PIL import Image

from cyclegan_neuro.figures import png
from cyclegan_neuro.figures.style import styled

__all__ = ["DrawnFigure", "draw", "png_bytes", "release", "svg_bytes"]

_EMBEDDED = re.compile(rb"(?<=data:image/png;base64,)\s*([A-Za-z0-9+/=\s]+)")
_CLIP = re.compile(rb'(id="|url\(#)(p[0-9a-f]{10})(?=[")])')
_WEBP = {"quality": 80, "method": 2}  # as small as with method 4, in half the time
_COMPUTED_ANEW = ("_update_ticks", "_get_ticklabel_bboxes")  # of an axis: ten times per figure


@dataclass(frozen=True)
class DrawnFigure:
    """The files of a figure.

    Attributes
    ----------
    png, webp : bytes
        Bitmaps at the figure's own resolution; a page of twenty figures carries WebP, PNG goes into a text.
    svg : bytes
        Text and curves as vectors, images and what is marked as rasterised at the figure's own resolution.
    """

    png: bytes
    svg: bytes
    webp: bytes


def draw(figure: Figure) -> DrawnFigure:
    """Lay ``figure`` out once, draw it once as a bitmap and once as vectors, and release its memory."""
    bitmap = _bitmap(figure)
    webp = _encoded(Image.fromarray(bitmap).convert("RGB"), "webp", **_WEBP)
    drawn = DrawnFigure(png.encoded(bitmap, figure.dpi), svg_bytes(figure), webp)
    release(figure)
    return drawn


def release(figure: Figure) -> None:
    """Empty ``figure``: its axes are taken out first, because ``Figure.clear`` would build each of them anew."""
    for axes in figure.axes:
        axes.remove()
    figure.clear()


def png_bytes(figure: Figure) -> bytes:
    """Return ``figure`` as a PNG file at its own resolution."""
    return png.encoded(_bitmap(figure), figure.dpi)


def svg_bytes(figure: Figure) -> bytes:
    """Return ``figure`` as an SVG file; images of few colours have a palette, a third of the size."""
    stream = BytesIO()
    _print(figure, lambda: FigureCanvasSVG(figure).print_svg(stream, metadata={"Date": None}))
    return _EMBEDDED.sub(lambda found: b"\n" + _with_palette(found[1]), _with_numbers(stream.getvalue()))


def _bitmap(figure: Figure) -> np.ndarray:
    """Red, green, blue and opacity, (row, column, 4); nothing shines through a figure."""
    canvas = FigureCanvasAgg(figure)
    _print(figure, canvas.draw)
    return np.asarray(canvas.buffer_rgba()).copy()


def _print(figure: Figure, draw_to: Callable[[], object]) -> None:
    """Draw once: ``Figure.savefig`` draws once more, for a layout that is made here."""
    dpi, engine = figure.dpi, figure.get_layout_engine()
    with styled(), _remembered(figure):
        if engine is not None:  # lay out once: a second pass would move things by a rounding
            engine.execute(figure)
            figure.set_layout_engine("none")  # whose execute does nothing
        draw_to()
    figure.dpi = dpi  # 72 in SVG


@contextmanager
def _remembered(figure: Figure) -> Iterator[None]:
    """Within the block, ticks and the boxes of their labels are computed once for each place that their axes take.

    Layout, titles, labels and spines each ask for them again, while nothing but that place (pixels) changes. What a
    version of Matplotlib calls otherwise is computed each time, as without this.
    """
    every = [one for axes in figure.axes for one in (axes, *axes.child_axes)]
    kept = [(axis, name) for axes in every for axis in (axes.xaxis, axes.yaxis) for name in _COMPUTED_ANEW]
    kept = [(axis, name) for axis, name in kept if hasattr(axis, name)]
    for axis, name in kept:
        setattr(axis, name, _once_per_place(axis, getattr(axis, name)))
    try:
        yield
    finally:
        for axis, name in kept:
            delattr(axis, name)


def _once_per_place(axis: Axis, compute: Callable) -> Callable:
    """``compute``, which is not called again until ``axis`` has moved."""
    place, result = None, None

    def remembered(*args: Any, **named: Any) -> Any:
        nonlocal place, result
        now = axis.axes.bbox.bounds
        if now != place:
            place, result = now, compute(*args, **named)
        return result

    return remembered


def _encoded(image: Image.Image, kind: str, **options: int) -> bytes:
    stream = BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def _with_numbers(svg: bytes) -> bytes:
    """Number the clip paths, whose names are hashes of the last bit of a layout, which differs between processes."""
    names: dict[bytes, bytes] = {}
    return _CLIP.sub(lambda found: found[1] + names.setdefault(found[2], b"clip%d" % len(names)), svg)


def _with_palette(encoded: bytes) -> bytes:
    """Return a base64 PNG with a palette, pixel by pixel the same; as it is where it has too many colours."""
    image = Image.open(BytesIO(base64.b64decode(encoded))).convert("RGBA")
    found = image.getcolors(png.MOST_COLOURS)
    if found is None:
        return encoded
    colours = np.sort(np.array([colour for _, colour in found], np.uint8).view(np.uint32).ravel())
    pixels = np.searchsorted(colours, np.asarray(image).view(np.uint32)[..., 0]).astype(np.uint8)
    smaller = Image.fromarray(pixels)
    smaller.putpalette(colours.view(np.uint8).tobytes(), "RGBA")
    return base64.b64encode(_encoded(smaller, "png"))
