"""Traces within the band of samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from cyclegan_neuro.figures.curves import Curve
from cyclegan_neuro.figures.style import new_figure, styled

__all__ = ["BandRow", "band_rows"]


@dataclass(frozen=True, eq=False)
class BandRow:
    """A neuron: the ends of a band, (time,), and the curves over it."""

    title: str
    low: np.ndarray
    high: np.ndarray
    curves: Sequence[Curve]


def band_rows(rows: Sequence[BandRow], *, time_s: np.ndarray, label: str, colour: str) -> Figure:
    """Draw one row per neuron; the first row's labels make the legend.

    Parameters
    ----------
    rows : sequence of BandRow
    time_s : ndarray, shape (time,)
    label, colour : str
        Of the bands.
    """
    with styled():
        figure = new_figure(10.0, 1.9 * len(rows) + 0.7)
        panels = figure.subplots(len(rows), 1, sharex=True, squeeze=False)[:, 0]
        for row, panel in zip(rows, panels, strict=True):
            panel.fill_between(time_s, row.low, row.high, color=colour, alpha=0.3, linewidth=0, label=label)
            for curve in row.curves:
                panel.plot(time_s, curve.values, curve.linestyle, color=curve.colour, label=curve.label)
            panel.set(title=row.title, ylabel="ΔF/F")
            panel.margins(x=0)
        panels[-1].set_xlabel("time (s)")
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=len(labels))
    return figure
