"""What a network looks at in one window: the map lies over the activity that it explains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cyclegan_neuro.figures.attention import MapPanel, draw_map, map_height_inch
from cyclegan_neuro.figures.heatmaps import colour_limits
from cyclegan_neuro.figures.style import DAY_Y, HEAT, REGION, new_figure, styled

__all__ = ["ExplainedWindow", "explained_windows"]

_OPAQUE = 0.7  # where the map is largest; the activity shines through elsewhere


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


def _draw_over(axis: Axes, window: ExplainedWindow, extent: tuple[float, float]):
    n_neurons = window.activity.shape[1]
    place = {"aspect": "auto", "extent": (*extent, n_neurons + 0.5, 0.5)}
    low, high = colour_limits(window.activity)
    axis.imshow(window.activity.T, cmap="Greys", vmin=low, vmax=high, **place)
    _, most = colour_limits(window.attention)
    share = np.clip(window.attention.T / most, 0, 1) if most > 0 else np.zeros_like(window.attention.T)
    return axis.imshow(window.attention.T, cmap=HEAT, vmin=0.0, vmax=max(most, 1e-12), alpha=_OPAQUE * share, **place)


def _mark(axis: Axes, window: ExplainedWindow, frame_rate_hz: float) -> None:
    """Draw where stretches begin and end; borders of the window are neither."""
    for first, stop in window.stretches:
        for frame, colour, style in ((first, REGION, "--"), (stop, DAY_Y, ":")):
            if 0 < frame < len(window.activity):
                axis.axvline(frame / frame_rate_hz, color="white", linewidth=3.0)
                axis.axvline(frame / frame_rate_hz, color=colour, linestyle=style, linewidth=1.8)
