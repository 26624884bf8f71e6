"""Configurations beside each other: a point per run, and learning curves over each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from cyclegan_neuro.figures.style import MUTED, new_figure, plain_logarithms, styled

__all__ = ["MOST_IN_ONE_PANEL", "CurveSet", "ScorePanel", "learning_curves", "score_points"]

#: Okabe and Ito's colours, then the same with other lines: readable up to a dozen.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_LINES = ("-", "--")
MOST_IN_ONE_PANEL = 12
"""More configurations get a panel each."""
_LINE_STYLES = ("--", ":", "-.", (0, (6, 2, 1, 2, 1, 2)), (0, (1, 3)))
_MARKERS = "os^Dv*PX<>"
_PER_ROW = 3
_DECADES = 30.0  # a spread of values beyond which an axis is logarithmic


@dataclass(frozen=True)
class ScorePanel:
    """One score.

    Attributes
    ----------
    title : str
    values : mapping of str to mapping of str to sequence of float
        Configuration to animal to a value per run; the animal is empty where there is one.
    lines : mapping of str to float
        What is drawn across all configurations: rivals, and what can be reached.
    """

    title: str
    values: Mapping[str, Mapping[str, Sequence[float]]]
    lines: Mapping[str, float]


def score_points(panels: Sequence[ScorePanel]) -> Figure:
    """Draw a point per run and the mean of each configuration, rivals as lines; one panel per score.

    Parameters
    ----------
    panels : sequence of ScorePanel
        With the same configurations.
    """
    names = list(panels[0].values)
    animals = dict.fromkeys(animal for panel in panels for values in panel.values.values() for animal in values)
    markers = dict(zip(animals, cycle(_MARKERS), strict=False))
    styles = dict(zip(dict.fromkeys(name for panel in panels for name in panel.lines), _LINE_STYLES, strict=False))
    with styled():
        figure = new_figure(11.8, 1.7 + 0.36 * len(names) + 0.3 * -(-(1 + len(markers) + len(styles)) // 2))
        axes = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
        for axis, panel in zip(axes, panels, strict=True):
            for row, name in enumerate(names):
                for animal, values in panel.values[name].items():
                    places = row + np.linspace(-0.14, 0.14, len(values))
                    axis.plot(values, places, markers[animal], color=MUTED, markersize=5)
                values = [value for of_animal in panel.values[name].values() for value in of_animal]
                if values:
                    axis.plot([np.mean(values)] * 2, [row - 0.3, row + 0.3], color=_COLOURS[0], linewidth=3)
            for name, value in panel.lines.items():
                axis.axvline(value, color="black", linestyle=styles[name], linewidth=1.2)
            axis.set(title=panel.title, yticks=range(len(names)), yticklabels=names, ylim=(len(names) - 0.5, -0.5))
            axis.locator_params(axis="x", nbins=6)
            axis.grid(axis="y", color="#EEEEEE")
        handles = [
            *(
                axes[0].plot([], [], marker, color=MUTED, label=f"a run in {animal}" if animal else "a run")[0]
                for animal, marker in markers.items()
            ),
            axes[0].plot([], [], color=_COLOURS[0], linewidth=3, label="mean of the configuration")[0],
            *(
                axes[0].plot([], [], color="black", linestyle=style, linewidth=1.2, label=name)[0]
                for name, style in styles.items()
            ),
        ]
        figure.legend(handles=handles, loc="outside lower center", ncols=2)
    return figure


@dataclass(frozen=True)
class CurveSet:
    """One column of the histories.

    Attributes
    ----------
    title : str
    curves : mapping of str to sequence of ndarray
        Configuration to a curve per run, a value per epoch; they may differ in length, and be NaN.
    """

    title: str
    curves: Mapping[str, Sequence[np.ndarray]]


def learning_curves(sets: Sequence[CurveSet]) -> Figure:
    """Draw a thin line per run and a thick one for the mean of each configuration.

    Up to :data:`MOST_IN_ONE_PANEL` configurations lie over each other, a panel per column of the histories; of more,
    each has a panel of its own, of the first column alone, with all others in grey behind it.
    """
    names = list(sets[0].curves)
    with styled():
        if len(names) > MOST_IN_ONE_PANEL:
            return _small_multiples(sets[0], names)
        figure = new_figure(4.1 * len(sets), 3.4 + 0.3 * -(-len(names) // 3))
        axes = figure.subplots(1, len(sets), squeeze=False)[0]
        for axis, each in zip(axes, sets, strict=True):
            for number, name in enumerate(names):
                style = {"color": _COLOURS[number % 7], "linestyle": _LINES[number // 7]}
                _draw(axis, each.curves[name], style, label=name)
            _finish(axis, each)
        handles, labels = axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=3)
    return figure


def _small_multiples(each: CurveSet, names: Sequence[str]) -> Figure:
    n_rows = -(-len(names) // _PER_ROW)
    figure = new_figure(4.0 * _PER_ROW, 2.3 * n_rows + 0.4)
    axes = figure.subplots(n_rows, _PER_ROW, sharex=True, sharey=True, squeeze=False).ravel()
    for index, (axis, name) in enumerate(zip(axes, names, strict=False)):
        for other in names:
            axis.plot(*_mean(each.curves[other]), color="#CCCCCC", linewidth=0.8)
        _draw(axis, each.curves[name], {"color": _COLOURS[0]}, label=name)
        _finish(axis, each)
        axis.set_title(name, fontsize=11)
        if index < len(names) - _PER_ROW:  # another panel is below
            axis.set_xlabel("")
        axis.tick_params(labelbottom=index >= len(names) - _PER_ROW)
    for axis in axes[len(names) :]:
        axis.set_axis_off()
    figure.supylabel(each.title)
    return figure


def _draw(axis: Axes, curves: Sequence[np.ndarray], style: Mapping, *, label: str) -> None:
    for curve in curves:
        known = np.flatnonzero(np.isfinite(curve))
        axis.plot(known + 1, curve[known], linewidth=0.7, alpha=0.55, **style)
    axis.plot(*_mean(curves), linewidth=2.4, label=label, **style)


def _mean(curves: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return the epochs that every run has, and the mean over runs there."""
    length = min(map(len, curves), default=0)
    values = np.array([curve[:length] for curve in curves]).reshape(len(curves), length)
    known = np.flatnonzero(np.isfinite(values).all(axis=0)) if len(curves) else np.zeros(0, int)
    return known + 1, values[:, known].mean(axis=0) if known.size else known.astype(float)


def _finish(axis: Axes, each: CurveSet) -> None:
    axis.set(title=each.title, xlabel="epoch")
    axis.margins(x=0.02)
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    values = np.concatenate([curve[np.isfinite(curve)] for curves in each.curves.values() for curve in curves])
    if values.size and values.min() > 0 and values.max() / values.min() > _DECADES:
        axis.set_yscale("log")
        plain_logarithms(axis.yaxis)
