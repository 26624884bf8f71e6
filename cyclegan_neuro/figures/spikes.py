"""Spikes: ΔF/F and the rate inferred from it, distributions over each other, distances, and how a number is spread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cyclegan_neuro.figures.heatmaps import colour_limits
from cyclegan_neuro.figures.style import HEAT, MUTED, TRUTH, new_figure, styled

__all__ = ["InferencePanel", "StatisticRow", "distribution_grid", "heat_grid", "inference_grid"]

_BINS = 24
_APART_INCH = 0.08  # around panels: the label of the colours stays off the next one


@dataclass(frozen=True, eq=False)
class InferencePanel:
    """One neuron of one signal.

    Attributes
    ----------
    title : str
    dff, rate_hz : ndarray, shape (frame,)
    spikes, true_spikes : ndarray of int, shape (frame,)
        Spikes per frame; the true ones are optional.
    colour : str
    """

    title: str
    dff: np.ndarray
    rate_hz: np.ndarray
    spikes: np.ndarray
    colour: str
    true_spikes: np.ndarray | None = None


def inference_grid(rows: Sequence[Sequence[InferencePanel]], *, frame_rate_hz: float) -> Figure:
    """Draw, per panel, ΔF/F above, below it the inferred rate with its spikes, and the true spikes where known.

    Parameters
    ----------
    rows : sequence of sequences of InferencePanel
        One row per signal, one column per neuron.
    frame_rate_hz : float
    """
    with styled():
        figure = new_figure(4.4 * len(rows[0]), 2.9 * len(rows))
        axes = figure.subplots(
            2 * len(rows), len(rows[0]), sharex=True, squeeze=False, gridspec_kw={"height_ratios": [1, 1] * len(rows)}
        )
        for index, panels in enumerate(rows):
            for column, panel in enumerate(panels):
                upper, lower = axes[2 * index : 2 * index + 2, column]
                time_s = np.arange(panel.dff.size) / frame_rate_hz
                upper.plot(time_s, panel.dff, color=panel.colour)
                upper.set_title(panel.title)
                lower.plot(time_s, panel.rate_hz, color=panel.colour, label="inferred rate")
                top = max(float(panel.rate_hz.max()), 1.0)
                _ticks(lower, time_s, panel.spikes, -0.12 * top, panel.colour, "inferred spikes")
                if panel.true_spikes is not None:
                    _ticks(lower, time_s, panel.true_spikes, -0.3 * top, TRUTH, "true spikes")
                lower.axhline(0.0, color=MUTED, linewidth=0.6)
                lower.margins(x=0)
            axes[2 * index, 0].set_ylabel("ΔF/F")
            axes[2 * index + 1, 0].set_ylabel("rate (Hz)")
        for panel in axes[-1]:
            panel.set_xlabel("time (s)")
        handles, labels = axes[1, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=len(labels))
    return figure


def _ticks(axes, time_s: np.ndarray, spikes: np.ndarray, height: float, colour: str, label: str) -> None:
    at = time_s[np.flatnonzero(spikes)]
    axes.plot(at, np.full(at.size, height), linestyle="", marker="|", markersize=6, color=colour, label=label)


@dataclass(frozen=True, eq=False)
class StatisticRow:
    """One row of a grid: examples, then the spread of a number.

    Attributes
    ----------
    label : str
        Of the row, for example ``X | F(Y)``.
    examples : sequence of (title, recorded values, generated values), or of (title, matrix)
        Arrays of shape (value,), of which NaN are left out; or (recorded, generated) for heat maps.
    spread : ndarray, shape (unit,)
        Shown in the last panel; NaN are left out.
    floor : float
        Mean of the same between parts of the recording, a line in the last panel; NaN without any.
    floor_interval : (float, float)
        In which another pair of parts would lie, a band in the last panel; NaN where there is none.
    colour : str
        Of the day that the row is about.
    """

    label: str
    examples: Sequence[tuple]
    spread: np.ndarray
    floor: float
    floor_interval: tuple[float, float]
    colour: str


def distribution_grid(rows: Sequence[StatisticRow], *, value_label: str, spread_label: str, units: str) -> Figure:
    """Draw, per row, histograms of recorded and generated values, and a histogram of ``spread``.

    Parameters
    ----------
    rows : sequence of StatisticRow
    value_label, spread_label : str
        Of the horizontal axes, with units.
    units : str
        What the last panel counts, for example ``neurons``.
    """
    with styled():
        figure, axes = _grid([row.label for row in rows], len(rows[0].examples))
        for row, panels in zip(rows, axes, strict=True):
            for panel, (title, recorded, generated) in zip(panels[:-1], row.examples, strict=True):
                recorded, generated = (values[np.isfinite(values)] for values in (recorded, generated))
                edges = _common_edges(recorded, generated)
                _steps(panel, recorded, edges, row.colour, "recorded", filled=True)
                _steps(panel, generated, edges, row.colour, "generated", filled=False)
                panel.set_title(title)
                panel.set_xlabel(value_label)
            panels[0].legend(loc="best", handlelength=1.2)
            _spread(panels[-1], row, spread_label, units)
    return figure


def heat_grid(
    rows: Sequence[StatisticRow], *, colour_label: str, xlabel: str, ylabel: str, spread_label: str, units: str
) -> Figure:
    """Draw, per row, heat maps and a histogram of ``spread``; the maps of a row share their colours."""
    with styled():
        figure, axes = _grid([row.label for row in rows], len(rows[0].examples))
        figure.set_layout_engine("constrained", w_pad=_APART_INCH)
        for row, panels in zip(rows, axes, strict=True):
            low, high = colour_limits(*(matrix for _, matrix in row.examples))
            for panel, (title, matrix) in zip(panels[:-1], row.examples, strict=True):
                image = panel.imshow(matrix, cmap=HEAT, vmin=low, vmax=high, aspect="auto", origin="lower")
                panel.set(title=title, xlabel=xlabel)
                panel.tick_params(labelleft=panel is panels[0])  # the windows are the same
            panels[0].set_ylabel(ylabel)
            figure.colorbar(image, ax=panels[:-1].tolist(), label=colour_label, pad=0.01)
            _spread(panels[-1], row, spread_label, units)
    return figure


def _grid(labels: Sequence[str], n_examples: int) -> tuple[Figure, list[np.ndarray]]:
    """Return a figure with one subfigure per row, so that each has a heading of its own."""
    figure = new_figure(3.3 * (n_examples + 1), 2.9 * len(labels))
    parts = np.atleast_1d(figure.subfigures(len(labels), 1, squeeze=False)[:, 0])
    axes = []
    for part, label in zip(parts, labels, strict=True):
        part.suptitle(label, x=0.01, ha="left", fontweight="bold")
        axes.append(part.subplots(1, n_examples + 1, squeeze=False)[0])
    return figure, axes


def _spread(panel: Axes, row: StatisticRow, label: str, units: str) -> None:
    known = row.spread[np.isfinite(row.spread)]
    if known.size:
        panel.hist(known, bins=min(_BINS, max(5, known.size // 4)), color=row.colour, alpha=0.6)
        panel.axvline(known.mean(), color=row.colour, label=f"mean {known.mean():.2g}")
    if np.isfinite(row.floor):
        if np.isfinite(row.floor_interval).all():
            panel.axvspan(*row.floor_interval, color=MUTED, alpha=0.3, linewidth=0)
        panel.axvline(row.floor, color=TRUTH, linestyle=":", label=f"floor {row.floor:.2g}")
    panel.set(xlabel=label, ylabel=units)
    if panel.get_legend_handles_labels()[0]:
        panel.legend(loc="best", handlelength=1.2)


def _common_edges(recorded: np.ndarray, generated: np.ndarray) -> np.ndarray:
    """Bins of Freedman and Diaconis over both samples: rates are multiples of one spike per window."""
    both = np.concatenate([recorded, generated])
    if not both.size or both.min() == both.max():
        middle = float(both[0]) if both.size else 0.0
        return np.array([middle - 0.5, middle + 0.5])
    low, high = np.percentile(both, (25, 75))
    width = 2.0 * (high - low) / np.cbrt(both.size)
    # Bounded before edges are made: of values that are equal but for rounding, NumPy would make 1e16.
    n_bins = min(np.ceil(np.ptp(both) / width), _BINS) if width else 1
    return np.linspace(both.min(), both.max(), int(n_bins) + 1)


def _steps(panel: Axes, values: np.ndarray, edges: np.ndarray, colour: str, label: str, *, filled: bool) -> None:
    if not values.size:
        panel.plot([], [], color=MUTED, label=f"{label} (none)")
        return
    share = np.histogram(values, edges)[0] / values.size
    panel.stairs(share, edges, color=colour, fill=filled, alpha=0.35 if filled else 1.0, linewidth=1.6, label=label)
    panel.set_ylabel("share")
