"""Maps of attention: grids of maps over (time or position, neuron), and masks with their neurons beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import SubplotSpec
from matplotlib.image import AxesImage

from cyclegan_neuro.figures.heatmaps import colour_limits, colour_scale
from cyclegan_neuro.figures.style import DAY_Y, HEAT, MUTED, REGION, TRUTH, new_figure, styled

__all__ = [
    "RELATIVE_LABEL",
    "MapPanel",
    "MaskRow",
    "draw_map",
    "draw_neuron_bars",
    "map_grid",
    "map_height_inch",
    "mark_zone",
    "mask_figure",
    "relative_to_mean",
]

RELATIVE_LABEL = "× mean of the map"
_CURVE_INCH = 2.0
_MOST_TURNS = 200  # of a line that is still a line: of more neurons, neighbours are averaged


@dataclass(frozen=True, eq=False)
class MapPanel:
    """A map, or a curve where neurons have no values of their own.

    Attributes
    ----------
    title : str
    values : ndarray, shape (column, neuron')
        NaN is left blank. One column of neurons stands for all of them and is drawn as a curve; booleans
        are drawn in black and white.
    """

    title: str
    values: np.ndarray


@dataclass(frozen=True, eq=False)
class MaskRow:
    """What one layer attends to in one window.

    Attributes
    ----------
    title : str
    latent : ndarray, shape (time', neuron')
        At the resolution of the layer; neuron' is 1 where neurons are channels.
    whole : ndarray, shape (time, neuron)
        The same brought back to the window.
    mean : ndarray, shape (neuron,)
        Mean over time and many windows.
    label : str
        Of the values.
    """

    title: str
    latent: np.ndarray
    whole: np.ndarray
    mean: np.ndarray
    label: str = "attention σ"


def relative_to_mean(values: np.ndarray) -> np.ndarray:
    """Divide by the mean of what is known; unchanged where that is zero.

    Examples
    --------
    >>> relative_to_mean(np.array([1.0, 3.0, np.nan])).tolist()
    [0.5, 1.5, nan]
    """
    mean = np.nanmean(values) if np.isfinite(values).any() else 0.0
    return values / mean if mean else values


def map_height_inch(n_neurons: int) -> float:
    """Return the height of a map in which neurons can be told apart as far as a page allows."""
    return float(np.clip(0.03 * n_neurons, 2.2, 4.2))


def map_grid(
    rows: Sequence[Sequence[MapPanel]],
    *,
    extent_x: tuple[float, float],
    xlabel: str,
    ylabel: str,
    n_neurons: int,
    label: str = RELATIVE_LABEL,
    limits: tuple[float, float] | None = None,
    boundary: np.ndarray | None = None,
    divider: float | None = None,
    zone: tuple[float, float] | None = None,
) -> Figure:
    """Draw maps that share both axes, each on a colour scale of its own.

    Parameters
    ----------
    rows : sequence of sequences of MapPanel
    extent_x : tuple of float
        First and last value of the horizontal axis.
    xlabel, ylabel, label : str
        Of the axes, and of colours and curves; with units.
    n_neurons : int
    limits : tuple of float, optional
        Of all colour scales and curves; from each map when absent.
    boundary : ndarray, shape (neuron,), optional
        Value of the horizontal axis at which a line crosses each neuron.
    divider : float, optional
        Number of neurons above a horizontal line.
    zone : tuple of float, optional
        First and last value of the horizontal axis of a stretch that is marked.
    """
    n_columns = max(len(row) for row in rows)
    heights = [_row_height(row, n_neurons) for row in rows]
    with styled():
        figure = new_figure(4.6 * n_columns + 0.6, sum(heights) + 0.7 * len(rows) + 0.3)
        axes = figure.subplots(len(rows), n_columns, squeeze=False, sharex=True, height_ratios=heights)
        for row, panels in zip(rows, axes, strict=True):
            for axis in panels[len(row) :]:
                axis.set_axis_off()
            coloured = [panel for panel in row if panel.values.dtype != bool]
            for panel, axis in zip(row, panels, strict=False):
                axis.set_title(panel.title)
                if panel.values.shape[1] == 1 < n_neurons:
                    _curve(axis, panel.values[:, 0], extent_x, limits)
                    axis.set_ylabel(label)
                else:
                    image = draw_map(axis, panel, extent_x, n_neurons=n_neurons, limits=limits)
                    _mark_map(axis, boundary, divider)
                    axis.set_ylabel(ylabel if panel is row[0] else "")
                    if panel in coloured:
                        text = label if panel is coloured[-1] else None
                        figure.colorbar(image, ax=axis, label=text, extend="max", pad=0.02)
                mark_zone(axis, zone)
        for column in range(n_columns):
            last = max(i for i, row in enumerate(rows) if len(row) > column)
            axes[last, column].set_xlabel(xlabel)
            axes[last, column].tick_params(labelbottom=True)
    return figure


def mask_figure(
    activity: np.ndarray, rows: Sequence[MaskRow], *, duration_s: float, ylabel: str, activity_title: str
) -> Figure:
    """Draw a window, and under it each mask: at its own resolution, brought back to the window, and per neuron.

    Parameters
    ----------
    activity : ndarray, shape (time, neuron)
        In ΔF/F; neurons in the order of the masks.
    rows : sequence of MaskRow
    duration_s : float
        Of the window.
    ylabel, activity_title : str
    """
    n_neurons, extent = activity.shape[1], (0.0, duration_s)
    image_inch = 0.8 * map_height_inch(n_neurons)
    heights = [image_inch, *(image_inch if row.latent.shape[1] > 1 else _CURVE_INCH for row in rows)]
    with styled():
        figure = new_figure(12.0, sum(heights) + 0.6 * len(heights) + 0.4)
        grid = figure.add_gridspec(len(heights), 3, width_ratios=(5, 5, 1.6), height_ratios=heights)
        axis = figure.add_subplot(grid[0, :2])
        axis.set_title(activity_title)
        image = draw_map(axis, MapPanel("", activity), extent, n_neurons=n_neurons)
        axis.set_ylabel(ylabel)
        figure.colorbar(image, ax=axis, label="ΔF/F", extend="both", pad=0.01)
        _neuron_bars(figure, grid[0, 2], axis, activity.mean(axis=0), None, "mean ΔF/F")
        for index, row in enumerate(rows, start=1):
            if row.latent.shape[1] > 1 or n_neurons == 1:
                _draw_mask(figure, grid[index, :], row, extent, ylabel)
            else:
                _draw_mask_curve(figure.add_subplot(grid[index, :]), row, extent)
        for axis in figure.axes:
            place = axis.get_subplotspec()
            if place is not None and place.is_last_row() and not axis.get_xlabel():
                axis.set_xlabel("time in the window (s)")
    return figure


def _draw_mask_curve(axis: Axes, row: MaskRow, extent: tuple[float, float]) -> None:
    """The same for all neurons: one curve says it all."""
    n_values, n_frames = len(row.latent), len(row.whole)
    axis.set_title(f"{row.title}: {n_values} values for {n_frames} frames, the same for all neurons")
    _curve(axis, row.latent[:, 0], extent, (0.0, 1.0))
    axis.set_ylabel(row.label)


def _draw_mask(figure: Figure, cell: SubplotSpec, row: MaskRow, extent: tuple[float, float], ylabel: str) -> None:
    n_frames, n_neurons = row.whole.shape
    limits = (0.0, 1.0) if row.whole.max() > 0.5 else (0.0, max(float(row.whole.max()), 1e-6))
    options = {"n_neurons": n_neurons, "limits": limits}
    grid = cell.get_gridspec()
    line = cell.rowspan.start
    coarse = row.latent.shape != row.whole.shape
    main = figure.add_subplot(grid[line, 1] if coarse else grid[line, :2])
    if coarse:
        left = figure.add_subplot(grid[line, 0])
        left.set_title(f"{row.title}: {row.latent.shape[0]} × {row.latent.shape[1]} values")
        draw_map(left, MapPanel("", row.latent), extent, **options)
        left.set_ylabel(ylabel)
    else:
        main.set_ylabel(ylabel)
    main.set_title(f"brought back to {n_frames} frames × {n_neurons} neurons" if coarse else row.title)
    image = draw_map(main, MapPanel("", row.whole), extent, **options)
    figure.colorbar(image, ax=main, label=row.label, pad=0.02 if coarse else 0.01)
    shown = row.label.removeprefix("attention ")
    _neuron_bars(figure, grid[line, 2], main, row.whole.mean(axis=0), row.mean, f"mean {shown}")


def _neuron_bars(figure: Figure, cell: SubplotSpec, beside: Axes, values, line, label: str) -> None:
    axis = figure.add_subplot(cell, sharey=beside)
    draw_neuron_bars(axis, values, colour=MUTED, label="this window")
    if line is not None:
        step = -(-len(line) // _MOST_TURNS)
        firsts = np.arange(0, len(line), step)
        sizes = np.diff(firsts, append=len(line))
        shown = "all windows" if step == 1 else f"all, means of {step}"
        axis.plot(np.add.reduceat(line, firsts) / sizes, firsts + (sizes + 1) / 2, color=DAY_Y, lw=1.2, label=shown)
        axis.legend(loc="lower left", bbox_to_anchor=(0, 1), borderpad=0, handlelength=1.0)
    axis.set_xlabel(label)
    axis.tick_params(labelleft=False)
    axis.locator_params(axis="x", nbins=3)


def draw_neuron_bars(axis: Axes, values: np.ndarray, *, colour: str, label: str | None = None) -> None:
    """Draw one bar per neuron to the right, beside a map; one shape for all, since there may be a thousand."""
    edges = np.arange(len(values) + 1) + 0.5
    axis.stairs(values, edges, orientation="horizontal", fill=True, color=colour, label=label)


def draw_map(
    axis: Axes,
    panel: MapPanel,
    extent_x: tuple[float, float],
    *,
    n_neurons: int,
    limits: tuple[float, float] | None = None,
) -> AxesImage:
    """Draw one map, neurons downward and counted from 1."""
    binary = panel.values.dtype == bool
    low, high = (0.0, 1.0) if binary else limits or colour_limits(panel.values)
    values = panel.values if binary else np.clip(panel.values, low, high)  # what lies beyond must not bleed into means
    extent, colours = (*extent_x, n_neurons + 0.5, 0.5), "Greys" if binary else colour_scale(values)
    image = axis.imshow(
        values.T, aspect="auto", cmap=colours, vmin=low, vmax=high, extent=extent,
        interpolation="antialiased",  # more neurons than pixels: average them instead of dropping some
        interpolation_stage="data",  # before they get a colour
    )  # fmt: skip
    locator: Any = axis.yaxis.get_major_locator()
    locator.set_params(integer=True)
    return image


def mark_zone(axis: Axes, zone: tuple[float, float] | None) -> None:
    """Mark a stretch of the horizontal axis: shaded behind curves, between dashed lines on maps."""
    if zone is None:
        return
    if axis.images:
        light = axis.images[0].get_cmap().name != HEAT
        for end in zone:
            axis.axvline(end, color=MUTED if light else REGION, linestyle="--", linewidth=1.2)
    else:
        axis.axvspan(*zone, color=REGION, alpha=0.35, linewidth=0, zorder=0)


def _mark_map(axis: Axes, boundary: np.ndarray | None, divider: float | None) -> None:
    if boundary is not None:
        neuron = np.arange(1, len(boundary) + 1)
        axis.plot(boundary, neuron, color="white", linewidth=2.4)
        axis.plot(boundary, neuron, color=TRUTH, linewidth=1.2)
    if divider is not None:
        axis.axhline(divider + 0.5, color="white", linewidth=2.4)
        axis.axhline(divider + 0.5, color=TRUTH, linewidth=1.2)


def _curve(axis: Axes, values: np.ndarray, extent_x: tuple[float, float], limits) -> None:
    edges = np.linspace(*extent_x, len(values) + 1)
    axis.stairs(values, edges, baseline=None, color=TRUTH, linewidth=1.4)
    axis.set_xlim(*extent_x)
    if limits is not None:
        axis.set_ylim(*limits)


def _row_height(row: Sequence[MapPanel], n_neurons: int) -> float:
    resolved = any(panel.values.shape[1] > 1 or n_neurons == 1 for panel in row)
    return map_height_inch(n_neurons) if resolved else _CURVE_INCH
