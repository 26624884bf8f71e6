"""What networks attend to: a window under its map, the neurons that come first, and where all of them lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.figure import Figure

from cyclegan_neuro.figures.attention import (
    RELATIVE_LABEL,
    MapPanel,
    draw_map,
    map_height_inch,
    mark_zone,
    relative_to_mean,
)
from cyclegan_neuro.figures.heatmaps import averaged, colour_limits, colour_scale
from cyclegan_neuro.figures.style import DAY_X, DAY_Y, HEAT, REGION, TRUTH, new_figure, point_area, styled

__all__ = ["AttendedNeuron", "ExplainedWindow", "attended_neurons", "attention_over_field", "explained_windows"]

_MAX_POINT = 70  # area in square points
_FEW_STRETCHES = 6  # whose borders are drawn wide
_OPAQUE = 0.7  # where the map is largest; the activity shines through elsewhere
_SHINING = ListedColormap(
    np.column_stack([mpl.colormaps[HEAT](np.arange(256))[:, :3], np.linspace(0, _OPAQUE, 256)]), f"{HEAT}, shining"
)


@dataclass(frozen=True, eq=False)
class AttendedNeuron:
    """One neuron on both days.

    Attributes
    ----------
    name : str
    x, y : ndarray, shape (time,)
        ΔF/F in a window of each day.
    x_attended, y_attended : sequence of (first, stop)
        Frames that are shaded; ``stop`` is one past the last.
    tuning_x, tuning_y : ndarray, shape (bin,), optional
        Mean ΔF/F per bin; NaN where never visited.
    """

    name: str
    x: np.ndarray
    y: np.ndarray
    x_attended: Sequence[tuple[int, int]]
    y_attended: Sequence[tuple[int, int]]
    tuning_x: np.ndarray | None = None
    tuning_y: np.ndarray | None = None


def attended_neurons(
    neurons: Sequence[AttendedNeuron],
    *,
    frame_rate_hz: float,
    edges: np.ndarray | None = None,
    xlabel: str = "",
    zone: tuple[float, float] | None = None,
) -> Figure:
    """Draw one row per neuron: a window of x, one of y, and tuning on both days where it is known.

    Parameters
    ----------
    neurons : sequence of AttendedNeuron
    frame_rate_hz : float
    edges : ndarray, shape (bin + 1,), optional
        Of the tuning curves.
    xlabel : str
        Of the tuning curves, with unit.
    zone : tuple of float, optional
        Stretch of the tuning curves that is marked.
    """
    widths = (3, 3) if edges is None else (3, 3, 2)
    with styled():
        figure = new_figure(1.5 * sum(widths), 1.0 * len(neurons) + 1.2)
        axes = figure.subplots(
            len(neurons), len(widths), sharex="col", sharey="row", squeeze=False, width_ratios=widths
        )
        for neuron, panels in zip(neurons, axes, strict=True):
            _draw_trace(panels[0], neuron.x, neuron.x_attended, DAY_X, frame_rate_hz)
            _draw_trace(panels[1], neuron.y, neuron.y_attended, DAY_Y, frame_rate_hz)
            if edges is not None:
                for values, colour in ((neuron.tuning_x, DAY_X), (neuron.tuning_y, DAY_Y)):
                    panels[2].stairs(values, edges, baseline=None, color=colour, linewidth=1.4)
                mark_zone(panels[2], zone)
            panels[0].set_title(neuron.name)
            panels[0].locator_params(axis="y", nbins=3)
        axes[0, 1].set_title("day y")
        axes[0, 0].set_title(f"{neurons[0].name}, day x")
        if edges is not None:
            axes[0, 2].set_title("tuning (x blue, y orange)")
            axes[-1, 2].set_xlabel(xlabel)
        for panel in axes[-1, :2]:
            panel.set_xlabel("time in the window (s)")
        figure.supylabel("ΔF/F", fontsize=13)
    return figure


def attention_over_field(
    panels: Sequence[tuple[str, np.ndarray]], xy_um: np.ndarray, *, ringed: np.ndarray | None = None
) -> Figure:
    """Draw the attention of each neuron at its place in the field of view.

    Parameters
    ----------
    panels : sequence of (title, ndarray of shape (neuron,))
    xy_um : ndarray, shape (neuron, 2)
        Centres of the regions of interest.
    ringed : ndarray of bool, shape (neuron,), optional
        Neurons with a black ring.
    """
    n_columns = min(2, len(panels))
    n_rows = -(-len(panels) // n_columns)
    size = point_area(len(xy_um), most=_MAX_POINT)
    with styled():
        figure = new_figure(5.6 * n_columns, 4.6 * n_rows)
        axes = figure.subplots(n_rows, n_columns, sharex=True, sharey=True, squeeze=False)
        for axis in axes.flat[len(panels) :]:
            axis.set_axis_off()
        for (title, values), axis in zip(panels, axes.flat, strict=False):
            relative = relative_to_mean(values)
            low, high = colour_limits(relative)
            order = np.argsort(relative, kind="stable")  # the most attended on top
            edge = np.full(len(values), "none", object)
            if ringed is not None:
                edge[ringed] = TRUTH
            points = axis.scatter(
                *xy_um[order].T, c=relative[order], cmap=HEAT, vmin=low, vmax=high, s=size, linewidths=1.2,
                edgecolors=list(edge[order]),
            )  # fmt: skip
            axis.set(title=title, aspect="equal")
            figure.colorbar(points, ax=axis, label=RELATIVE_LABEL, extend="max")
        for axis in axes[:, 0]:
            axis.set_ylabel("y (µm)")
        for axis in axes[-1]:
            axis.set_xlabel("x (µm)")
        axes[0, 0].invert_yaxis()  # as in the image
    return figure


def _draw_trace(axis: Axes, values: np.ndarray, attended, colour: str, frame_rate_hz: float) -> None:
    for first, stop in attended:
        axis.axvspan(first / frame_rate_hz, stop / frame_rate_hz, color=REGION, alpha=0.5, linewidth=0)
    axis.plot(np.arange(len(values)) / frame_rate_hz, values, color=colour, linewidth=1.2)
    axis.margins(x=0)


@dataclass(frozen=True, eq=False)
class ExplainedWindow:
    """One window and a map of it.

    Attributes
    ----------
    title : str
    activity : ndarray, shape (time, neuron)
        In ΔF/F.
    attention : ndarray, shape (time, neuron)
        Not negative; neurons in the same order.
    stretches : sequence of (first, stop)
        Frames that are marked; ``stop`` is one past the last.
    """

    title: str
    activity: np.ndarray
    attention: np.ndarray
    stretches: Sequence[tuple[int, int]] = ()


def explained_windows(windows: Sequence[ExplainedWindow], *, frame_rate_hz: float, ylabel: str) -> Figure:
    """Draw each window above itself with the map over it, one column per window.

    Parameters
    ----------
    windows : sequence of ExplainedWindow
    frame_rate_hz : float
    ylabel : str
    """
    n_neurons = windows[0].activity.shape[1]
    with styled():
        figure = new_figure(5.6 * len(windows) + 0.8, 2 * map_height_inch(n_neurons) + 1.4)
        axes = figure.subplots(2, len(windows), sharex=True, sharey=True, squeeze=False)
        for window, (above, below) in zip(windows, axes.T, strict=True):
            extent = (0.0, len(window.activity) / frame_rate_hz)
            image = draw_map(above, MapPanel("", window.activity), extent, n_neurons=n_neurons)
            figure.colorbar(image, ax=above, label="ΔF/F", extend="both", pad=0.01)
            figure.colorbar(_draw_over(below, window, extent), ax=below, label="attention", extend="max", pad=0.01)
            above.set_title(window.title)
            below.set_xlabel("time in the window (s)")
            for axis in (above, below):
                _mark(axis, window, frame_rate_hz)
        for axis in axes[:, 0]:
            axis.set_ylabel(ylabel)
    return figure


def _draw_over(axis: Axes, window: ExplainedWindow, extent: tuple[float, float]) -> ScalarMappable:
    """Return the colours of the map, for its colour bar."""
    n_neurons = window.activity.shape[1]
    place = {"aspect": "auto", "extent": (*extent, n_neurons + 0.5, 0.5)}
    place |= averaged(window.activity)
    low, high = colour_limits(window.activity)
    activity = np.clip(window.activity, low, high)
    axis.imshow(activity.T, cmap=colour_scale(activity, "Greys"), vmin=low, vmax=high, **place)
    _, most = colour_limits(window.attention)
    scale = Normalize(0.0, max(most, 1e-12))
    attention = np.clip(window.attention, 0.0, scale.vmax)
    axis.imshow(attention.T, cmap=colour_scale(attention, _SHINING), norm=scale, **place)
    return ScalarMappable(scale, HEAT)


def _mark(axis: Axes, window: ExplainedWindow, frame_rate_hz: float) -> None:
    """Draw where stretches begin and end; borders of the window are neither."""
    width = 1.8 if len(window.stretches) <= _FEW_STRETCHES else 0.7  # many must not hide what lies below
    for first, stop in window.stretches:
        for frame, colour, style in ((first, REGION, "--"), (stop, DAY_Y, ":")):
            if 0 < frame < len(window.activity):
                axis.axvline(frame / frame_rate_hz, color="white", linewidth=1.7 * width)
                axis.axvline(frame / frame_rate_hz, color=colour, linestyle=style, linewidth=width)
