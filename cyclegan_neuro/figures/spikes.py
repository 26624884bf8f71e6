"""ΔF/F, the rate inferred from it, and spikes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from cyclegan_neuro.figures.style import MUTED, TRUTH, new_figure, styled

__all__ = ["InferencePanel", "inference_grid"]


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
