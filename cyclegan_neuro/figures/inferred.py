"""Inferred spikes: traces with their rates, noise levels beside those of the networks, mean rates with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cyclegan_neuro.figures.style import DAY_X, DAY_Y, MUTED, TRUTH, new_figure, plain_logarithms, styled

__all__ = ["InferredTrace", "inferred_traces", "noise_histogram", "rate_figure"]

_WIDTH_INCH = 10.5
_DECADES = 30.0  # a spread of rates beyond which their axis is logarithmic


@dataclass(frozen=True, eq=False)
class InferredTrace:
    """A stretch of one neuron.

    Attributes
    ----------
    title : str
    start_s, frame_rate_hz : float
        Time of the first frame, and frames per second.
    dff : ndarray, shape (time,)
        As a fraction.
    rates_hz : ndarray, shape (time,)
        NaN where there are none.
    spikes_s : ndarray, shape (spike,)
        Times of the inferred spikes, on the clock of ``start_s``.
    gaps_s : ndarray, shape (gap,)
        Where time is not continuous.
    """

    title: str
    start_s: float
    frame_rate_hz: float
    dff: np.ndarray
    rates_hz: np.ndarray
    spikes_s: np.ndarray
    gaps_s: np.ndarray


def inferred_traces(traces: Sequence[InferredTrace]) -> Figure:
    """Draw ΔF/F above rate and spikes, which share a time axis; one pair of panels per neuron."""
    with styled():
        figure = new_figure(_WIDTH_INCH, 2.5 * len(traces))
        for part, trace in zip(figure.subfigures(len(traces), 1, squeeze=False)[:, 0], traces, strict=True):
            above, below = part.subplots(2, 1, sharex=True, height_ratios=(1.2, 1))
            time_s = trace.start_s + (np.arange(len(trace.dff)) + 0.5) / trace.frame_rate_hz
            above.plot(time_s, trace.dff, color=TRUTH, linewidth=0.8)
            above.set(title=trace.title, ylabel="ΔF/F")
            below.plot(time_s, trace.rates_hz, color=DAY_Y)
            _mark_spikes(below, trace.spikes_s)
            below.set(ylabel="rate (Hz)", xlabel="time (s)")
            for panel in (above, below):
                for gap_s in trace.gaps_s:
                    panel.axvline(gap_s, color=MUTED, linestyle=":")
                panel.margins(x=0)
                panel.locator_params(axis="y", nbins=4)
            part.align_ylabels((above, below))
    return figure


def _mark_spikes(axes: Axes, spikes_s: np.ndarray) -> None:
    """Draw a tick per spike below the rate."""
    top = max(1e-6, axes.get_ylim()[1])
    axes.set_ylim(-0.25 * top, top)
    axes.vlines(spikes_s, -0.2 * top, -0.05 * top, color=TRUTH, linewidth=0.7)


def noise_histogram(noise_levels: np.ndarray, network_levels: Sequence[int]) -> Figure:
    """Draw how many neurons have which noise level (% per sqrt(Hz)), and the levels of networks up to the next one.

    Parameters
    ----------
    noise_levels : ndarray, shape (neuron,)
    network_levels : sequence of int
    """
    with styled():
        figure = new_figure(_WIDTH_INCH, 3.0)
        axes = figure.subplots()
        axes.hist(noise_levels, bins=_bins(len(noise_levels)), color=DAY_X)
        near = [level for level in network_levels if level < max(noise_levels) + 1.5]
        for number, level in enumerate(near):
            axes.axvline(level, color=DAY_Y, linestyle="--", label=None if number else "levels of the networks")
        axes.set(xlabel="noise level (% per √Hz)", ylabel="neurons")
        axes.legend()
    return figure


def rate_figure(rates_hz: np.ndarray, intervals_hz: np.ndarray | None) -> Figure:
    """Draw the mean rates of the neurons as a histogram and, where there are intervals, in ascending order with these.

    Parameters
    ----------
    rates_hz : ndarray, shape (neuron,)
    intervals_hz : ndarray, shape (neuron, 2), optional
    """
    positive = rates_hz[rates_hz > 0]
    logarithmic = positive.size == rates_hz.size and bool(positive.max() > _DECADES * positive.min())
    with styled():
        figure = new_figure(_WIDTH_INCH, 3.3)
        panels = figure.subplots(1, 1 if intervals_hz is None else 2, squeeze=False)[0]
        n_bins = _bins(len(rates_hz))
        edges = np.geomspace(positive.min(), positive.max(), n_bins + 1) if logarithmic else n_bins
        panels[0].hist(rates_hz, bins=edges, color=DAY_X)
        panels[0].axvline(np.median(rates_hz), color=DAY_Y, linestyle="--", label="median")
        panels[0].set(xlabel="mean rate (Hz)", ylabel="neurons")
        panels[0].legend()
        if logarithmic:
            panels[0].set_xscale("log")
            plain_logarithms(panels[0].xaxis)
        if intervals_hz is not None:
            _draw_intervals(panels[1], rates_hz, intervals_hz, logarithmic)
    return figure


def _draw_intervals(axes: Axes, rates_hz: np.ndarray, intervals_hz: np.ndarray, logarithmic: bool) -> None:
    order = np.argsort(rates_hz)
    places = np.arange(len(order))
    axes.vlines(places, *intervals_hz[order].T, color=MUTED, linewidth=max(0.5, min(3.0, 200 / len(order))))
    axes.plot(places, rates_hz[order], ".", color=DAY_X, markersize=4)
    axes.set(xlabel="neurons, in the order of their rates", ylabel="mean rate (Hz)")
    if logarithmic:
        axes.set_yscale("log")
        plain_logarithms(axes.yaxis)


def _bins(n_values: int) -> int:
    return max(5, min(40, n_values // 3))
