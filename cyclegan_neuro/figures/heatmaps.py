"""A whole population as an image: time to the right, neurons downward."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.colors import Colormap
from matplotlib.figure import Figure

from cyclegan_neuro.figures.style import HEAT, new_figure, styled

__all__ = ["averaged", "colour_limits", "colour_scale", "heat_maps"]

_PANEL_PX = 300
"""What a panel has room for in either direction, more or less."""
_FEWER = 64  # colours, which take two thirds of the bytes


def colour_limits(*arrays: np.ndarray) -> tuple[float, float]:
    """Return the 1st and 99.5th percentile of all values together; never two equal numbers."""
    values = np.concatenate([np.ravel(array) for array in arrays])
    low, high = np.nanpercentile(values, [1.0, 99.5])
    return (float(low), float(high)) if high > low else (float(low) - 0.5, float(low) + 0.5)


def averaged(values: np.ndarray) -> dict[str, Any]:
    """Return how ``imshow`` is to draw an image: one with more values than pixels by their means, none is dropped.

    Values are averaged, not colours: no colour is drawn that is not on the scale, and the image stays small.
    """
    return {"interpolation": "antialiased" if _many(values) else "nearest", "interpolation_stage": "data"}


def colour_scale(values: np.ndarray, colours: str | Colormap = HEAT) -> Colormap:
    """Return ``colours`` for an image (time, neuron), or fewer of them where nobody sees a step from one to the next.

    That is where an image has more values than pixels, and neighbouring neurons differ by more than such a step.
    """
    scale = mpl.colormaps[colours] if isinstance(colours, str) else colours
    if not _many(values) or values.shape[1] < 2:
        return scale
    span = np.nanmax(values) - np.nanmin(values)
    return scale.resampled(_FEWER) if np.nanmean(np.abs(np.diff(values, axis=1))) * _FEWER > span else scale


def _many(values: np.ndarray) -> bool:
    return max(values.shape) > _PANEL_PX


def heat_maps(
    rows: Sequence[Sequence[tuple[str, np.ndarray]]],
    *,
    limits: tuple[float, float],
    extent_x: tuple[float, float],
    xlabel: str,
    ylabel: str = "neuron (network order)",
    colour_label: str = "ΔF/F",
) -> Figure:
    """Draw images of equal shape in a grid that shares one colour scale.

    Parameters
    ----------
    rows : sequence of sequences of (title, ndarray)
        Images (time or position, neuron).
    limits : tuple of float
        Values at the ends of the colour scale; see :func:`colour_limits`.
    extent_x : tuple of float
        First and last value of the horizontal axis.
    xlabel, ylabel, colour_label : str

    Returns
    -------
    Figure
    """
    n_columns = max(len(row) for row in rows)
    with styled():
        figure = new_figure(min(3.6 * n_columns, 10.6) + 0.8, 3.0 * len(rows) + 0.5)
        axes = figure.subplots(len(rows), n_columns, sharex=True, sharey=True, squeeze=False)
        image = None
        for row, panels in zip(rows, axes, strict=True):
            for panel in panels[len(row) :]:
                panel.set_axis_off()
            for (title, values), panel in zip(row, panels, strict=False):
                # neurons are centred on whole numbers, counted from 1
                extent = (*extent_x, values.shape[1] + 0.5, 0.5)
                shown = np.clip(values, *limits)
                image = panel.imshow(
                    shown.T, aspect="auto", cmap=colour_scale(shown), extent=extent,
                    vmin=limits[0], vmax=limits[1], **averaged(values),
                )  # fmt: skip
                panel.yaxis.get_major_locator().set_params(integer=True)
                panel.set_title(title)
            panels[0].set_ylabel(ylabel)
        for panel in axes[-1]:
            panel.set_xlabel(xlabel)
        figure.colorbar(image, ax=axes, label=colour_label, extend="both", fraction=0.03, pad=0.01)
    return figure
