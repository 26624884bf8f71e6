"""Attention along the corridor (or around an event): maps with their profiles over positions and over neurons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from cyclegan_neuro.figures.attention import (
    MapPanel,
    draw_map,
    draw_neuron_bars,
    map_height_inch,
    mark_zone,
    relative_to_mean,
)
from cyclegan_neuro.figures.style import MUTED, TRUTH, new_figure, styled

__all__ = ["PositionalPanel", "positional_grid"]

_COLUMNS = 2
_RELATIVE = "× mean"
_PROFILE_INCH, _OCCUPANCY_INCH = 1.0, 0.4
_ALONE_INCH = 1.6  # of a profile that has no map under it


@dataclass(frozen=True, eq=False)
class PositionalPanel:
    """A map along a coordinate.

    Attributes
    ----------
    title : str
    values : ndarray, shape (bin, neuron)
        NaN where never visited; one column where neurons have no values of their own.
    occupancy_s : ndarray, shape (bin,)
        Time spent in each bin.
    colour : str
        Of the profiles.
    """

    title: str
    values: np.ndarray
    occupancy_s: np.ndarray
    colour: str


def positional_grid(
    panels: Sequence[PositionalPanel],
    *,
    edges: np.ndarray,
    xlabel: str,
    ylabel: str,
    zone: tuple[float, float] | None = None,
) -> Figure:
    """Draw each map with its profile above, its neurons beside it and the occupancy below, two to a row.

    All values are drawn as multiples of the mean of their map.

    Parameters
    ----------
    panels : sequence of PositionalPanel
    edges : ndarray, shape (bin + 1,)
    xlabel, ylabel : str
        With units; ``ylabel`` says how neurons are sorted.
    zone : tuple of float, optional
        First and last position of the reward zone.
    """
    n_rows = -(-len(panels) // _COLUMNS)
    resolved = [panel.values.shape[1] > 1 for panel in panels]
    n_neurons = max(panel.values.shape[1] for panel in panels)
    drawn_inch = map_height_inch(n_neurons) + _PROFILE_INCH if any(resolved) else _ALONE_INCH
    with styled():
        figure = new_figure(13.0, n_rows * (drawn_inch + _OCCUPANCY_INCH + 1.3))
        parts = figure.subfigures(n_rows, _COLUMNS, squeeze=False)
        for panel, part in zip(panels, parts.flat, strict=False):
            part.suptitle(panel.title, x=0.02, ha="left", fontweight="bold")
            draw = _draw_map_with_profiles if panel.values.shape[1] > 1 else _draw_profile_alone
            lowest = draw(part, panel, edges, ylabel, zone)
            lowest.set_xlabel(xlabel)
    return figure


def _draw_map_with_profiles(part, panel: PositionalPanel, edges, ylabel: str, zone) -> Axes:
    relative = relative_to_mean(panel.values)
    n_neurons = relative.shape[1]
    heights = (_PROFILE_INCH, map_height_inch(n_neurons), _OCCUPANCY_INCH)
    grid = part.add_gridspec(3, 2, width_ratios=(4.2, 1), height_ratios=heights)
    image_axis = part.add_subplot(grid[1, 0])
    profile, occupancy = (part.add_subplot(grid[row, 0], sharex=image_axis) for row in (0, 2))
    neurons = part.add_subplot(grid[1, 1], sharey=image_axis)
    _draw_profile(profile, relative.mean(axis=1), edges, panel.colour, zone)
    shown = MapPanel("", relative)
    image = draw_map(image_axis, shown, (float(edges[0]), float(edges[-1])), n_neurons=n_neurons)
    image_axis.set_ylabel(ylabel)
    mark_zone(image_axis, zone)
    draw_neuron_bars(neurons, np.nanmean(relative, axis=0), colour=panel.colour)
    neurons.set_xlabel(_RELATIVE)
    neurons.locator_params(axis="x", nbins=3)
    neurons.tick_params(labelleft=False)
    corner = part.add_subplot(grid[0, 1])
    corner.set_axis_off()
    part.colorbar(
        image, cax=corner.inset_axes((0.0, 0.3, 1.0, 0.2)), orientation="horizontal", label=_RELATIVE, extend="max",
        ticks=MaxNLocator(2),
    )  # fmt: skip
    _draw_occupancy(occupancy, panel.occupancy_s, edges, zone)
    for axis in (profile, image_axis):
        axis.tick_params(labelbottom=False)
    return occupancy


def _draw_profile_alone(part, panel: PositionalPanel, edges, ylabel: str, zone) -> Axes:
    grid = part.add_gridspec(2, 1, height_ratios=(_ALONE_INCH, _OCCUPANCY_INCH))
    profile = part.add_subplot(grid[0])
    occupancy = part.add_subplot(grid[1], sharex=profile)
    _draw_profile(profile, relative_to_mean(panel.values)[:, 0], edges, panel.colour, zone)
    profile.tick_params(labelbottom=False)
    _draw_occupancy(occupancy, panel.occupancy_s, edges, zone)
    return occupancy


def _draw_profile(axis: Axes, values: np.ndarray, edges: np.ndarray, colour: str, zone) -> None:
    axis.stairs(values, edges, baseline=None, color=colour, linewidth=1.6)
    axis.axhline(1.0, color=MUTED, linewidth=0.9, linestyle=":")
    axis.set_xlim(float(edges[0]), float(edges[-1]))
    axis.set_ylabel(_RELATIVE)
    axis.locator_params(axis="y", nbins=3)
    mark_zone(axis, zone)


def _draw_occupancy(axis: Axes, seconds: np.ndarray, edges: np.ndarray, zone) -> None:
    axis.stairs(seconds, edges, fill=True, color=TRUTH, alpha=0.5)
    axis.set_ylabel("s per\nbin")
    axis.set_ylim(bottom=0)
    axis.locator_params(axis="y", nbins=2)
    mark_zone(axis, zone)
