"""Figures of the report: what is decoded, what spaces look like, what is reconstructed and generated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import hsv_to_rgb, to_rgb
from matplotlib.figure import Figure

from cyclegan_neuro.evaluation.decoding.across_days import AcrossDays
from cyclegan_neuro.evaluation.decoding.across_days_block import draw_bars
from cyclegan_neuro.evaluation.decoding.reconstruction import AVERAGE, MEAN, PCA_FULL, Reconstruction
from cyclegan_neuro.evaluation.decoding.scores import Decoding
from cyclegan_neuro.evaluation.decoding.swapping import Generation
from cyclegan_neuro.evaluation.decoding.views import Views
from cyclegan_neuro.figures.style import DAY_X, DAY_Y, HEAT, MUTED, TRUTH, new_figure, styled
from cyclegan_neuro.populations.trials.trials import Label

__all__ = ["direction_colours", "example_neurons", "generation", "opening", "reconstruction_errors", "spaces"]

_OTHERS = (DAY_X, "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
_FLOORS = {AVERAGE: TRUTH, MEAN: MUTED, PCA_FULL: "#7A5195"}
_TITLES: dict[Label, str] = {"direction": "direction", "time": "time in the trial"}
_MARK = 5  # points


def direction_colours(n: int) -> np.ndarray:
    """Return a colour per place on a circle, shape (condition, 3), light and dark ones by turns."""
    hues = np.arange(n) / n
    return hsv_to_rgb(np.stack([hues, np.full(n, 0.85), np.where(np.arange(n) % 2, 0.55, 0.9)], axis=1))


def opening(found: Decoding, views: Views, across: AcrossDays | None, *, n_conditions: int, n_times: int) -> Figure:
    """Draw what is decoded, or decoded across days, beside the two spaces that should carry one label each."""
    labels = list(found.scores)
    n_left = len(labels) or int(across is not None)
    first, second = ("content", "style") if "content" in views.tsne else ("full", "full")
    panels = [("direction", first, views.condition, n_conditions), ("time", second, views.time, n_times)]
    panels = [panel for panel in panels if panel[2] is not None] or [("day", first, views.day, 2)]
    if panels[0][2] is None:
        panels = [("", first, None, 0)]
    with styled():
        figure = new_figure(13.0, 5.2)
        ratios = ([1.0] * n_left if labels else [1.6] * n_left) + [1.15] * len(panels)
        grid = figure.add_gridspec(1, len(ratios), width_ratios=ratios)
        left = None
        for column, label in enumerate(labels):
            left = figure.add_subplot(grid[0, column], sharey=left)
            _dots(left, found, label, named=column == 0)
        if n_left and not labels:
            axis = figure.add_subplot(grid[0, 0])
            draw_bars(axis, across)
            axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=2)
        for column, (shown, space, values, n) in enumerate(panels, start=n_left):
            axis = figure.add_subplot(grid[0, column])
            _points(axis, views.tsne[space], values, shown, n)
            axis.set_title(space + (f", coloured by {shown}" if shown else ""))
            _key(axis, shown, n)
    return figure


def _dots(axis: Axes, found: Decoding, label: Label, *, named: bool) -> None:
    """Accuracies as dots with intervals, the published tolerance as rings, chance as a line."""
    rows = list(found.scores[label])
    for height, row in enumerate(rows):
        score = found.scores[label][row]
        colour = DAY_Y if row[0] == found.method else TRUTH
        value, low, high = (100 * number for number in score.accuracy)
        axis.plot([low, high], [height, height], color=colour)
        axis.plot(value, height, "o", color=colour, markersize=_MARK + 1)
        axis.plot(100 * score.near[0], height, "o", color=colour, markersize=_MARK, fillstyle="none")
    axis.axvline(100 * found.chance[label], color=MUTED, linestyle="--", linewidth=1.0)
    axis.set(title=_TITLES[label], xlabel="decoded (%)", xlim=(0, 100), ylim=(len(rows) - 0.4, -0.6))
    axis.set_yticks(range(len(rows)), [_wrapped(found.labels[row]) for row in rows])
    axis.tick_params(axis="y", length=0, labelleft=named)


def _wrapped(text: str) -> str:
    return text.replace(": ", ":\n") if len(text) > 18 else text


def _points(axis: Axes, points: np.ndarray, values: np.ndarray | None, label: str, n: int) -> None:
    """Draw points by label; grey where they have none."""
    colours = np.tile([0.8, 0.8, 0.8], (len(points), 1))
    if values is not None:
        known = (values >= 0) & (values < n)
        colours[known] = _palette(label, n)[values[known]]
    axis.scatter(points[:, 0], points[:, 1], c=colours, s=6 if len(points) > 500 else 14, linewidths=0, rasterized=True)
    axis.set(xticks=[], yticks=[])
    axis.spines[:].set_visible(False)


def _palette(label: str, n: int) -> np.ndarray:
    """Return a colour per value of a label, shape (value, 3)."""
    if label == "day":
        return np.array([to_rgb(colour) for colour in (DAY_X, DAY_Y)])
    return direction_colours(n) if label == "direction" else mpl.colormaps[HEAT](np.linspace(0, 1, n))[:, :3]


def _key(axis: Axes, label: str, n: int) -> None:
    """Say below what the colours are."""
    if not n:
        return
    colours = _palette(label, n)
    names = [f"{360 * number / n:.0f}°" if label == "direction" else str(number) for number in range(n)]
    shown = range(n) if n <= 12 else range(0, n, -(-n // 12))
    handles = [axis.plot([], [], "o", color=colours[one], markersize=_MARK, label=names[one])[0] for one in shown]
    axis.legend(
        handles=handles,
        title="bin of the trial" if label == "time" else label,
        loc="upper center",
        bbox_to_anchor=(0.5, 0.0),
        ncols=5,
        columnspacing=0.8,
        handletextpad=0.1,
    )


def spaces(views: Views, *, labels: Mapping[str, str], n_conditions: int, n_times: int) -> Figure:
    """Draw every space by t-SNE, where there is one, and principal components, and its averages (Figure 3 A to C)."""
    known = [("direction", views.condition, n_conditions), ("time", views.time, n_times), ("day", views.day, 2)]
    coloured = [one for one in known if one[1] is not None] or [("", None, 0)]
    columns = [("t-SNE", views.tsne, *one) for one in coloured if views.tsne]
    columns += [("PCA", views.components, *one) for one in (coloured[-1:] if views.tsne else coloured)]
    n_columns = len(columns) + bool(views.trajectories)
    with styled():
        figure = new_figure(13.0, 3.3 * len(views.components) + 0.6)
        axes = figure.subplots(len(views.components), n_columns, squeeze=False)
        for row, name in zip(axes, views.components, strict=True):
            for axis, (kind, embedded, label, values, n) in zip(row, columns, strict=False):
                _points(axis, embedded[name], values, label, n)
                axis.set_title(f"{kind}, by {label}" if label else kind)
            row[0].set_ylabel(labels[name])
            if views.trajectories:
                _trajectories(row[-1], views.trajectories[name])
        for axis, (_, _, label, _, n) in zip(axes[-1], columns[: len(coloured)], strict=False):
            _key(axis, label, n)
    return figure


def _trajectories(axis: Axes, averages: np.ndarray) -> None:
    for path, colour in zip(averages, direction_colours(len(averages)), strict=True):
        axis.plot(*path.T, color=colour, linewidth=1.2)
        there = path[np.isfinite(path[:, 0])]
        if len(there):
            axis.plot(*there[0], "o", color=colour, markersize=_MARK)
    axis.set(xticks=[], yticks=[], title="averages over trials")
    axis.spines[:].set_visible(False)


def _colours_of(keys: Sequence[str], own: str) -> dict[str, str]:
    others = [key for key in keys if key != own and key not in _FLOORS]
    return {own: DAY_Y, **_FLOORS, **{key: _OTHERS[number % len(_OTHERS)] for number, key in enumerate(others)}}


def reconstruction_errors(found: Reconstruction, *, own: str, unit: str) -> Figure:
    """Draw errors of reconstructed held-out bins by direction and by time (Figure 4 C and D)."""
    panels = [("direction (°)", found.by_condition), ("bin of the trial", found.by_time)]
    panels = [(title, errors) for title, errors in panels if len(errors[own])]
    colours = _colours_of(list(found.labels), own)
    with styled():
        figure = new_figure(13.0, 4.2)
        axes = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
        for axis, (title, errors) in zip(axes, panels, strict=True):
            n = len(errors[own])
            ticks = np.arange(n) * (360 / n if title.startswith("direction") else 1)
            for key, label in found.labels.items():
                axis.plot(ticks, errors[key], "o-", color=colours[key], markersize=_MARK, label=label)
            axis.set(xlabel=title, xticks=ticks if n <= 12 else ticks[:: -(-n // 12)])
        axes[0].set_ylabel(f"RMSE ({unit})")
        axes[0].set_ylim(bottom=0.0)
        figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=5)
    return figure


def example_neurons(
    found: Reconstruction, *, shown: Sequence[str], neurons: np.ndarray, n_conditions: int, n_times: int, bin_s: float,
    unit: str,
) -> Figure:  # fmt: skip
    """Draw averages over held-out trials of example neurons, over time and over directions (Figure 4 A and B).

    Parameters
    ----------
    found : Reconstruction
    shown : sequence of str
        Keys, the run's own first.
    neurons : ndarray of int64, shape (neuron,)
        What the neurons of ``found`` are called.
    n_conditions, n_times : int
    bin_s : float
    unit : str
    """
    rows = [("time in the trial (s)", found.time, n_times, np.arange(n_times) * bin_s)]
    rows += [("direction (°)", found.condition, n_conditions, np.arange(n_conditions) * 360 / max(n_conditions, 1))]
    rows = [row for row in rows if row[1] is not None]
    colours = _colours_of(list(found.labels), shown[0])
    with styled():
        figure = new_figure(13.0, 3.2 * len(rows) + 0.5)
        axes = figure.subplots(len(rows), len(found.examples), squeeze=False)
        for line, (title, label, n, ticks) in zip(axes, rows, strict=True):
            for axis, column in zip(line, found.examples, strict=True):
                axis.plot(ticks, _averages(found.recorded[:, column], label, n), "o", color=TRUTH, label="recorded")
                for key in shown:
                    values = _averages(found.made[key][:, column], label, n)
                    axis.plot(ticks, values, color=colours[key], label=found.labels[key])
                axis.set(xlabel=title)
                axis.set_ylim(bottom=0.0 if unit == "spikes/s" else None)
                axis.locator_params(axis="x", nbins=5)
            line[0].set_ylabel(unit)
        for axis, column in zip(axes[0], found.examples, strict=True):
            axis.set_title(f"neuron {neurons[column]}")
        figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return figure


def _averages(values: np.ndarray, label: np.ndarray, n: int) -> np.ndarray:
    members = [values[label == number] for number in range(n)]
    return np.array([one.mean() if len(one) else np.nan for one in members])


def generation(found: Generation) -> Figure:
    """Draw accuracies with additional training bins (Figure 4 F)."""
    colours = dict(zip(found.labels, (DAY_Y, DAY_X, TRUTH, MUTED), strict=False))
    with styled():
        figure = new_figure(9.0, 4.2)
        axis = figure.subplots()
        for number, (kind, scores) in enumerate(found.scores.items()):
            shares = 100 * np.array(list(scores)) + 4 * (number - 1.5)  # beside each other
            value, low, high = (100 * np.array(part) for part in zip(*scores.values(), strict=True))
            axis.errorbar(
                shares, value, (value - low, high - value), fmt="o-", color=colours[kind], markersize=_MARK,
                label=found.labels[kind],
            )  # fmt: skip
        axis.axhline(100 * found.alone.value, color=MUTED, linestyle="--", linewidth=1.0)
        ticks = [100 * share for share in next(iter(found.scores.values()))]
        axis.set(xlabel="additional training bins (% of the recorded)", ylabel="direction decoded (%)", xticks=ticks)
        figure.legend(*axis.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure
