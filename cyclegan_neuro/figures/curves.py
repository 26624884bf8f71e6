"""Small multiples of curves, and points per neuron."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from cyclegan_neuro.figures.style import DAY_X, HEAT, MUTED, new_figure, point_area, styled

__all__ = ["Curve", "curve_panels", "neuron_orders"]

_PER_ROW = 3


@dataclass(frozen=True, eq=False)
class Curve:
    """A curve with the place it takes in the legend.

    Attributes
    ----------
    label : str
    values : ndarray, shape (point,)
    colour, linestyle : str
    """

    label: str
    values: np.ndarray
    colour: str
    linestyle: str = "-"


def curve_panels(panels: Sequence[tuple[str, Sequence[Curve]]], *, x: np.ndarray, xlabel: str, ylabel: str) -> Figure:
    """Draw one panel of curves per neuron; the first panel's labels make the legend.

    Parameters
    ----------
    panels : sequence of (title, sequence of Curve)
    x : ndarray, shape (point,)
    xlabel, ylabel : str
        With units.
    """
    columns = min(_PER_ROW, len(panels))
    n_rows = -(-len(panels) // columns)
    with styled():
        figure = new_figure(3.7 * columns, 2.5 * n_rows + 0.5)
        axes = figure.subplots(n_rows, columns, sharex=True, squeeze=False)
        for (title, curves), panel in zip(panels, axes.flat, strict=False):
            for curve in curves:
                panel.plot(x, curve.values, color=curve.colour, linestyle=curve.linestyle, label=curve.label)
            panel.set_title(title)
            panel.margins(x=0)
        for panel in axes.flat[len(panels) :]:
            panel.set_axis_off()
        for panel in axes[:, 0]:
            panel.set_ylabel(ylabel)
        for index in range(len(panels) - columns, len(panels)):  # the lowest panel of each column
            axes.flat[index].set_xlabel(xlabel)
            axes.flat[index].tick_params(labelbottom=True)
        handles, labels = axes.flat[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=len(labels))
    return figure


def neuron_orders(
    orders: Mapping[str, np.ndarray], *, xy_um: np.ndarray | None, score: np.ndarray | None, score_label: str
) -> Figure | None:
    """Draw where in the field of view the neurons of each rank lie by every order, and what the first one sorted.

    Parameters
    ----------
    orders : mapping of str to ndarray of int, shape (neuron,)
        Title of a panel to the neuron of each rank.
    xy_um : ndarray, shape (neuron, 2), optional
        Centres of the regions of interest.
    score : ndarray, shape (neuron,), optional
        What was sorted, from the first rank to the last.
    score_label : str
        With unit.

    Returns
    -------
    Figure or None
        None where neither is known.
    """
    titles = list(orders) if xy_um is not None else []
    n_panels = len(titles) + (score is not None)
    if n_panels == 0:
        return None
    n_columns = min(n_panels, _PER_ROW)
    n_rows = -(-n_panels // n_columns)
    area = point_area(len(xy_um), most=45) if titles else 0.0
    with styled():
        figure = new_figure(4.6 * n_columns, 4.2 * n_rows)
        panels = figure.subplots(n_rows, n_columns, squeeze=False).ravel()
        fields = panels[: len(titles)]
        for panel, title in zip(fields, titles, strict=True):
            rank = np.argsort(orders[title]) + 1
            points = panel.scatter(*xy_um.T, c=rank, cmap=HEAT, s=area, edgecolor=MUTED, linewidth=0.5)
            panel.set(xlabel="x (µm)", ylabel="y (µm)", title=title, aspect="equal")
            panel.invert_yaxis()  # as in the image
        if titles:
            figure.colorbar(points, ax=list(fields), label="rank (1 is the top row)", shrink=0.6)
        if score is not None:
            panel = panels[len(titles)]
            panel.plot(np.arange(1, len(score) + 1), score, color=DAY_X, marker=".", linewidth=0.8)
            panel.set(xlabel="rank (1 is the top row)", ylabel=score_label, title="what was sorted")
        for panel in panels[n_panels:]:
            panel.set_axis_off()
    return figure
