"""Days side by side: where the animal was, and a few neurons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from cyclegan_neuro.figures.style import MUTED, new_figure, styled

__all__ = ["DayExtract", "day_overview"]


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
