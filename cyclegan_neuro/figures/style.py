"""Size, fonts and colours of all figures: colour-blind safe, readable at half size."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO

import matplotlib as mpl
import matplotlib.style
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter
from PIL import Image

__all__ = [
    "DAY_COLOURS", "DAY_X", "DAY_Y", "HEAT", "MUTED", "REGION", "TRUTH", "new_figure", "plain_logarithms", "png_bytes",
    "styled", "svg_bytes", "webp_bytes",
]  # fmt: skip

#: Okabe and Ito's colours. What looks like the novice day is blue, like the expert day vermilion.
DAY_X, DAY_Y, TRUTH, MUTED, REGION = "#0072B2", "#D55E00", "#000000", "#9A9A9A", "#F0E442"
DAY_COLOURS = {"x": DAY_X, "y": DAY_Y}
#: Of heat maps: even steps in lightness, so that it also reads in grey.
HEAT = "viridis"

_STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 13,  # at half size a page's smallest print: 6.5 points, ticks and legends 6
    "axes.titlesize": 14,
    "axes.labelsize": 13,
    "figure.labelsize": 13,
    "xtick.labelsize": 12,
    "ytick.labelsize": 12,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "lines.linewidth": 1.4,
    "legend.frameon": False,
    "legend.fontsize": 12,
    "image.interpolation": "nearest",
    "text.parse_math": False,  # names of neurons and sessions may hold dollar signs
    "svg.hashsalt": "cyclegan_neuro",  # the same figure is the same file
}


@contextmanager
def styled() -> Iterator[None]:
    """Draw and save in the package's style, whatever matplotlibrc says; leaves the settings as they were."""
    with mpl.style.context(["default", _STYLE]):
        yield


def new_figure(width_inch: float, height_inch: float) -> Figure:
    """Return an empty figure that no global registry keeps alive."""
    return Figure(figsize=(width_inch, height_inch), dpi=120, layout="constrained")


def plain_logarithms(axis: Axis) -> None:
    """Label powers of ten of a logarithmic axis as plain numbers: text is never parsed as mathematics."""
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def png_bytes(figure: Figure) -> bytes:
    """Return ``figure`` as a PNG file at its own resolution, the same bytes for the same figure."""
    return _printed(figure, FigureCanvasAgg(figure).print_png, {"Software": None})


def svg_bytes(figure: Figure) -> bytes:
    """Return ``figure`` as an SVG file, the same bytes for the same figure."""
    return _printed(figure, FigureCanvasSVG(figure).print_svg, {"Date": None})


def webp_bytes(png: bytes) -> bytes:
    """Return a PNG file as WebP, a third of the size: what a page of twenty figures can carry."""
    stream = BytesIO()
    Image.open(BytesIO(png)).convert("RGB").save(stream, "webp", quality=80)
    return stream.getvalue()


def _printed(figure: Figure, print_to: Callable, metadata: dict) -> bytes:
    """Draw once: ``Figure.savefig`` draws once more, for a layout that is made here."""
    stream, dpi, engine = BytesIO(), figure.dpi, figure.get_layout_engine()
    with styled():
        if engine is not None:  # lay out once: a second pass would move things by a rounding
            engine.execute(figure)
            figure.set_layout_engine("none")  # whose execute does nothing
        print_to(stream, metadata=metadata)
    figure.dpi = dpi  # 72 in SVG
    return stream.getvalue()
