"""Size, fonts and colours of all figures: colour-blind safe, readable at half size."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import matplotlib as mpl
import matplotlib.style
import numpy as np
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, StrMethodFormatter

__all__ = [
    "DAY_COLOURS", "DAY_X", "DAY_Y", "HEAT", "MUTED", "REGION", "TRUTH", "new_figure", "plain_logarithms", "point_area",
    "styled",
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
    "image.composite_image": False,  # images over each other keep their few colours
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


def point_area(n_points: int, *, most: float) -> float:
    """Return the area (square points) of ``n_points`` over a field of view, up to ``most``, that leaves them apart."""
    return float(np.clip(12_000 / n_points, 12, most))


def plain_logarithms(axis: Axis) -> None:
    """Label powers of ten of a logarithmic axis as plain numbers: text is never parsed as mathematics."""
    axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axis.set_minor_formatter(NullFormatter())
