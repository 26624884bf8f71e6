"""Scores of maps beside chance, controls and simple contrasts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from cyclegan_neuro.figures.style import MUTED, TRUTH, new_figure, styled

__all__ = ["ScoreColumn", "ScorePoint", "ScoreRow", "score_figure"]

_ROW_INCH = 0.3
_MARKERS = ("o", "s", "D")
_LINES = ("--", ":", "-.")
_HOLLOW = {"markersize": 7, "markerfacecolor": "none", "markeredgewidth": 1.2}


@dataclass(frozen=True, eq=False)
class ScorePoint:
    """A score with what it has to be seen beside.

    Attributes
    ----------
    value : float
    interval : tuple of float, optional
        95 % confidence interval; absent where there is none.
    chance : tuple of float
        2.5th and 97.5th percentile of the null distribution.
    controls : dict of str to float
        Label → the same score of a map that must not have it.
    """

    value: float
    interval: tuple[float, float] | None
    chance: tuple[float, float]
    controls: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class ScoreRow:
    """One map: its points in the order of the columns, None where a score does not apply."""

    label: str
    colour: str
    points: Sequence[ScorePoint | None]
    emphasised: bool = False


@dataclass(frozen=True, eq=False)
class ScoreColumn:
    """One kind of score.

    Attributes
    ----------
    title, xlabel : str
    contrasts : sequence of (label, value)
        Lines from top to bottom: what needs no network.
    """

    title: str
    xlabel: str
    contrasts: Sequence[tuple[str, float]] = ()


def score_figure(groups: Sequence[tuple[str, Sequence[ScoreRow]]], columns: Sequence[ScoreColumn]) -> Figure:
    """Draw scores from 0 to 1, one line per map, maps of a network under its name.

    Parameters
    ----------
    groups : sequence of (heading, sequence of ScoreRow)
    columns : sequence of ScoreColumn
        As many as every row has points.
    """
    lines: list[Any] = [line for heading, rows in groups for line in (heading, *rows)]
    points = [point for line in lines if isinstance(line, ScoreRow) for point in line.points if point is not None]
    controls = list(dict.fromkeys(name for point in points for name in point.controls))
    with styled():
        figure = new_figure(3.2 + 3.5 * len(columns), _ROW_INCH * len(lines) + 2.2)
        axes = figure.subplots(1, len(columns), sharey=True, squeeze=False)[0]
        for index, (column, axis) in enumerate(zip(columns, axes, strict=True)):
            _draw_column(axis, column, lines, controls, index)
        labels = [line if isinstance(line, str) else line.label for line in lines]
        axes[0].set_yticks(np.arange(len(lines)), labels)
        axes[0].set_ylim(len(lines) - 0.5, -0.5)
        for text, line in zip(axes[0].get_yticklabels(), lines, strict=True):
            text.set_fontweight("bold" if isinstance(line, str) or line.emphasised else "normal")
        for axis in axes:
            axis.tick_params(axis="y", length=0)
        figure.legend(handles=_legend(controls, columns), loc="outside upper center", ncols=2)
    return figure


def _draw_column(axis: Axes, column: ScoreColumn, lines, controls: list[str], index: int) -> None:
    for row, line in enumerate(lines):
        if isinstance(line, str):
            if row:
                axis.axhline(row - 0.5, color=MUTED, linewidth=0.8)
            continue
        point = line.points[index]
        if point is None:
            continue
        low, high = point.chance
        axis.barh(row, high - low, left=low, height=0.8, color=MUTED, alpha=0.35, linewidth=0)
        for name, value in point.controls.items():
            marker = _MARKERS[controls.index(name) % len(_MARKERS)]
            axis.plot(
                value, row, marker, markersize=7, markerfacecolor="none", markeredgecolor=TRUTH, markeredgewidth=1.2
            )
        if point.interval is not None:
            axis.plot(point.interval, (row, row), color=line.colour, linewidth=2.2)
        axis.plot(point.value, row, "o", color=line.colour, markersize=7 if line.emphasised else 5)
    for (_, value), style in zip(column.contrasts, _LINES, strict=False):
        axis.axvline(value, color=TRUTH, linestyle=style, linewidth=1.2)
    axis.set(title=column.title, xlabel=column.xlabel, xlim=(-0.02, 1.02))
    axis.set_xticks((0.0, 0.25, 0.5, 0.75, 1.0), ("0", "", "0.5", "", "1"))


def _legend(controls: list[str], columns: Sequence[ScoreColumn]) -> list:
    handles: list = [
        Line2D([], [], color=TRUTH, marker="o", markersize=6, linewidth=2.2, label="this network, 95 % interval"),
        Patch(color=MUTED, alpha=0.35, label="chance, 95 %"),
    ]
    handles += [
        Line2D([], [], linestyle="none", marker=marker, color=TRUTH, label=name, **_HOLLOW)
        for name, marker in zip(controls, _MARKERS, strict=False)
    ]
    contrasts = dict.fromkeys(label for column in columns for label, _ in column.contrasts)
    return handles + [
        Line2D([], [], color=TRUTH, linestyle=style, linewidth=1.2, label=label)
        for label, style in zip(contrasts, _LINES, strict=False)
    ]
