"""The neurons that networks attend to most: their traces and tuning, and where all of them lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cyclegan_neuro.figures.attention import RELATIVE_LABEL, mark_zone, relative_to_mean
from cyclegan_neuro.figures.heatmaps import colour_limits
from cyclegan_neuro.figures.style import DAY_X, DAY_Y, HEAT, REGION, TRUTH, new_figure, styled

__all__ = ["AttendedNeuron", "attended_neurons", "attention_over_field"]

_MAX_POINT = 70  # area in square points


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
    size = float(np.clip(12_000 / len(xy_um), 12, _MAX_POINT))
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
