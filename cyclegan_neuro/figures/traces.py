"""Traces of single neurons, stacked under each other: translated ones, and an extract of both days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cyclegan_neuro.figures.style import MUTED, REGION, TRUTH, new_figure, styled

__all__ = ["DayExtract", "TraceColumn", "TraceRow", "day_overview", "trace_grid"]


@dataclass(frozen=True, eq=False)
class TraceRow:
    """One line of a trace figure.

    Attributes
    ----------
    label : str
    values : ndarray, shape (time,)
        In ΔF/F.
    colour : str
    behind : ndarray, shape (time,), optional
        A trace to compare with, drawn thin and grey.
    truth : ndarray, shape (time,), optional
        What ``values`` should be, drawn dotted and black.
    """

    label: str
    values: np.ndarray
    colour: str
    behind: np.ndarray | None = None
    truth: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class TraceColumn:
    """Traces of one neuron that share a time axis and marked regions.

    Attributes
    ----------
    title : str
    rows : sequence of TraceRow
    regions : sequence of (first, stop)
        Frames to compare, shaded; ``stop`` is one past the last.
    """

    title: str
    rows: Sequence[TraceRow]
    regions: Sequence[tuple[int, int]] = ()


def trace_grid(blocks: Sequence[Sequence[TraceColumn]], *, frame_rate_hz: float) -> Figure:
    """Draw blocks of columns of traces.

    Parameters
    ----------
    blocks : sequence of sequences of TraceColumn
        One block per neuron, with one column per cycle; all columns have equally many rows.
        Within a block all rows share the ΔF/F axis.
    frame_rate_hz : float

    Returns
    -------
    Figure
    """
    n_rows, n_columns = len(blocks[0][0].rows), len(blocks[0])
    with styled():
        figure = new_figure(5.6 * n_columns, (0.85 * n_rows + 0.55) * len(blocks))
        parts = figure.subfigures(len(blocks), 1, squeeze=False)[:, 0]
        for part, block in zip(parts, blocks, strict=True):
            axes = part.subplots(n_rows, n_columns, sharex=True, sharey=True, squeeze=False)
            for column, panels in zip(block, axes.T, strict=True):
                _draw_column(column, panels, frame_rate_hz)
            part.supylabel("ΔF/F")
    return figure


def _draw_column(column: TraceColumn, panels: Sequence[Axes], frame_rate_hz: float) -> None:
    panels[0].set_title(column.title)
    for row, axes in zip(column.rows, panels, strict=True):
        time_s = np.arange(len(row.values)) / frame_rate_hz
        for first, stop in column.regions:
            axes.axvspan(first / frame_rate_hz, stop / frame_rate_hz, color=REGION, alpha=0.35, linewidth=0)
        if row.behind is not None:
            axes.plot(time_s, row.behind, color=MUTED, linewidth=0.9)
        axes.plot(time_s, row.values, color=row.colour)
        if row.truth is not None:
            axes.plot(time_s, row.truth, color=TRUTH, linewidth=1.1, linestyle=(0, (1, 1)))
        axes.annotate(
            row.label, (1, 0.5), xytext=(4, 0), xycoords="axes fraction", textcoords="offset points", va="center",
            color=row.colour, weight="bold", annotation_clip=False,
        )  # fmt: skip
        axes.margins(x=0)
        axes.locator_params(axis="y", nbins=3)
    panels[-1].set_xlabel("time (s)")


@dataclass(frozen=True, eq=False)
class DayExtract:
    """A stretch of one day.

    Attributes
    ----------
    title : str
    traces : ndarray, shape (time, neuron)
        In ΔF/F.
    start_s, frame_rate_hz : float
        Time of the first frame, and frames per second.
    colour : str
    position_cm : ndarray, shape (time,), optional
    """

    title: str
    traces: np.ndarray
    start_s: float
    frame_rate_hz: float
    colour: str
    position_cm: np.ndarray | None = None


def day_overview(days: Sequence[DayExtract], *, names: Sequence[str]) -> Figure:
    """Draw position above stacked traces, one column per day, all traces on one ΔF/F scale.

    Parameters
    ----------
    days : sequence of DayExtract
    names : sequence of str
        Of the neurons, in the order of ``traces``.

    Returns
    -------
    Figure
    """
    with_position = any(day.position_cm is not None for day in days)
    ratios = [1, len(names)] if with_position else [len(names)]
    step = float(max(np.ptp(day.traces, axis=0).max() for day in days)) * 0.8 or 1.0
    offsets = -step * np.arange(len(names))
    with styled():
        figure = new_figure(5.6 * len(days), 0.75 * sum(ratios) + 1.0)
        axes = figure.subplots(len(ratios), len(days), sharex="col", sharey="row", squeeze=False, height_ratios=ratios)
        for day, panels in zip(days, axes.T, strict=True):
            time_s = day.start_s + np.arange(len(day.traces)) / day.frame_rate_hz
            panels[-1].plot(time_s, day.traces + offsets, color=day.colour, linewidth=0.9)
            panels[-1].set_xlabel("time (s)")
            panels[0].set_title(day.title)
            if with_position and day.position_cm is not None:
                panels[0].plot(time_s, day.position_cm, color=MUTED)
            elif with_position:
                panels[0].annotate("position unknown", (0.5, 0.5), xycoords="axes fraction", ha="center", color=MUTED)
        for panel in axes.flat:
            panel.margins(x=0)
        if with_position:
            axes[0, 0].set_ylabel("position\n(cm)")
        axes[-1, 0].set_yticks(offsets, names)
        axes[-1, 0].set_ylabel(f"neurons, {step:.2g} ΔF/F apart")
    return figure
