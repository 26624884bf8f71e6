"""Figures of a translator's report and of its training, from arrays in ΔF/F."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import shorten
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from cyclegan_neuro.evaluation.days.measurements import PlaceMaps
from cyclegan_neuro.evaluation.days.names import SIGNALS
from cyclegan_neuro.evaluation.days.translation import Translation
from cyclegan_neuro.figures.curves import Curve, curve_panels, neuron_orders
from cyclegan_neuro.figures.heatmaps import colour_limits, heat_maps
from cyclegan_neuro.figures.style import DAY_COLOURS, DAY_X, DAY_Y, TRUTH
from cyclegan_neuro.figures.traces import DayExtract, TraceColumn, TraceRow, day_overview, trace_grid
from cyclegan_neuro.recordings.frames import runs
from cyclegan_neuro.windows.prepared import NeuronOrder, PreparedPair

__all__ = [
    "activity_overview",
    "choose_neurons",
    "cycle_traces",
    "order_figure",
    "place_maps",
    "population_maps",
    "translated_maps",
    "tuning_maps",
    "tuning_panels",
]

_SHOWN, _SHOWN_S = 6, 40.0  # neurons and seconds of the overview
_TITLE_WIDTH = 44  # characters of one of two columns
_CYCLES = (("x", "g_x", "f_g_x"), ("y", "f_y", "g_f_y"))
_SCORE_LABELS = {
    "firing_rate": "estimated activity (a.u.)",
    "correlation": "mean pairwise correlation",
    "autoencoder": "reconstruction error (MSE of scaled ΔF/F)",
    "spatial": "position along the path (µm)",
}


def choose_neurons(prepared: PreparedPair, example: Translation, n: int) -> np.ndarray:
    """Return up to ``n`` user columns worth a look, chosen without regard to how well the model does.

    Where y is Φ(X): spread over the rows of the masked corner (network order). Where the truth is known: the
    neurons that learning changed most in the example window. Else: the most active ones that are
    spread over the population.
    """
    n = min(n, prepared.n_neurons)
    if prepared.is_paired:
        rows = np.linspace(prepared.n_neurons * 0.3, prepared.n_neurons * 0.9, n).astype(int)
        return prepared.order.columns[rows]
    if example.truth_y is not None:
        change = np.abs(example.truth_y - example.x).mean(axis=(0, 1))
    else:
        change = example.x.std(axis=(0, 1)) + example.y.std(axis=(0, 1))
    return np.argsort(change, kind="stable")[::-1][:n]


def activity_overview(prepared: PreparedPair) -> Figure:
    """Draw the beginning of the test part of both days: position and the most active neurons."""
    spread = prepared.x.recording.dff.std(axis=0) + prepared.y.recording.dff.std(axis=0)
    neurons = np.sort(np.argsort(spread, kind="stable")[::-1][:_SHOWN])
    extracts = []
    for name, day in (("x", prepared.x), ("y", prepared.y)):
        start, rate = int(day.starts.test[0]), day.recording.frame_rate_hz
        n_frames = min(prepared.window_frames, round(_SHOWN_S * rate))
        frames = slice(start, start + n_frames)
        position = day.recording.behaviour.position_cm
        extracts.append(DayExtract(
            title=shorten(f"{name}: {day.recording.label}", _TITLE_WIDTH, placeholder=" …"),
            traces=prepared.windows_of(name, np.array([start]))[0, :n_frames, neurons].T,
            start_s=start / rate,
            frame_rate_hz=rate,
            colour=DAY_COLOURS[name],
            position_cm=None if position is None else position[frames],
        ))  # fmt: skip
    names = prepared.neuron_names
    return day_overview(extracts, names=[names[i] for i in neurons])


def cycle_traces(example: Translation, prepared: PreparedPair, neurons: np.ndarray) -> Figure:
    """Draw x → G(x) → F(G(x)) and y → F(y) → G(F(y)) of single neurons (as Figures 2, 4, F.1 and G.1).

    The frames to compare are shaded: those that Φ blanks, or else where a generator changes most.
    """
    names, removed = prepared.neuron_names, prepared.removed
    blocks = []
    for neuron in neurons:
        blanked = [] if removed is None else runs(removed[:, neuron])
        block = []
        for fields in _CYCLES:
            labels = [SIGNALS[field].label for field in fields]
            start, *_ = traces = [getattr(example, field)[0, :, neuron] for field in fields]
            truth = getattr(example, f"truth_{SIGNALS[fields[1]].target}")
            beside: tuple[dict[str, Any], ...] = (
                {},
                {} if truth is None else {"truth": truth[0, :, neuron]},
                {"behind": start},
            )
            rows = tuple(
                TraceRow(label, trace, DAY_COLOURS[SIGNALS[field].target], **extra)
                for label, trace, field, extra in zip(labels, traces, fields, beside, strict=True)
            )
            regions = blanked or _most_changed(*traces[:2])
            block.append(TraceColumn(f"{names[neuron]}: {' → '.join(labels)}", rows, regions))
        blocks.append(tuple(block))
    return trace_grid(blocks, frame_rate_hz=prepared.frame_rate_hz)


def _most_changed(before: np.ndarray, after: np.ndarray) -> list[tuple[int, int]]:
    """The two stretches, a twelfth of the window each, in which the mean change is largest."""
    width = max(1, len(before) // 12)
    change = np.convolve(np.abs(after - before), np.ones(width), mode="valid")
    stretches: list[Any] = []
    while len(stretches) < 2 and change.max(initial=0.0) > 0:
        first = int(np.argmax(change))
        stretches.append((first, first + width))
        change[max(0, first - 2 * width) : first + 2 * width] = 0.0  # the next one lies apart
    return sorted(stretches)


def population_maps(example: Translation, prepared: PreparedPair) -> Figure:
    """Draw both cycles of the whole population as heat maps (as Figures F.2 and G.2), in network order."""
    rows = []
    for first, moved, cycled in _CYCLES:
        truth = f"truth_{SIGNALS[moved].target}"
        fields = (first, moved, cycled) if example.truth_y is None else (first, moved, truth, cycled)
        rows.append([
            (SIGNALS[field].label, getattr(example, field)[0][:, prepared.order.columns]) for field in fields
        ])  # fmt: skip
    return heat_maps(
        rows, limits=colour_limits(example.x, example.y), extent_x=(0.0, prepared.duration_s), xlabel="time (s)"
    )


def place_maps(maps: PlaceMaps, prepared: PreparedPair) -> tuple[Figure, Figure]:
    """Draw variability and mean absolute error at each place of the window, where y is Φ(X); in network order."""
    columns = prepared.order.columns
    shared = {
        "extent_x": (0.0, prepared.duration_s),
        "xlabel": "time in the window (s)",
    }
    varying = [("X", "x"), ("Y = Φ(X)", "y"), ("G(X)", "g_x"), ("F(Y)", "f_y")]
    variability = heat_maps(
        [[(title, maps.deviation[name][:, columns]) for title, name in varying]],
        limits=(0.0, colour_limits(maps.deviation["x"], maps.deviation["y"])[1]),
        colour_label="standard deviation (ΔF/F)",
        **shared,
    )
    errors = [("|X − Y|", "x_minus_y"), ("|Y − G(X)|", "y_minus_g_x"), ("|X − F(Y)|", "x_minus_f_y")]
    error = heat_maps(
        [[(title, maps.error[name][:, columns]) for title, name in errors]],
        limits=(0.0, colour_limits(maps.error["x_minus_y"])[1]),
        colour_label="mean |difference| (ΔF/F)",
        **shared,
    )
    return variability, error


def tuning_panels(
    curves: dict[str, np.ndarray], edges_cm: np.ndarray, prepared: PreparedPair, neurons: np.ndarray
) -> Figure:
    """Draw position tuning of single neurons: recorded, G(X), and the truth or else the recorded expert day."""
    names = prepared.neuron_names
    panels = []
    for neuron in neurons:
        if "truth_y" in curves:
            target = Curve("truth: the same laps after learning", curves["truth_y"][:, neuron], TRUTH, ":")
        else:
            target = Curve("Y (recorded, other laps)", curves["y"][:, neuron], TRUTH, ":")
        panels.append((names[neuron], [
            Curve("X (recorded)", curves["x"][:, neuron], DAY_X),
            Curve("G(X)", curves["g_x"][:, neuron], DAY_Y),
            target,
        ]))  # fmt: skip
    return curve_panels(panels, x=_centres(edges_cm), xlabel="position (cm)", ylabel="ΔF/F")


def tuning_maps(panels: Sequence[tuple[str, np.ndarray]], edges_cm: np.ndarray, neurons: np.ndarray) -> Figure:
    """Draw the tuning of many neurons as heat maps, sorted by where they peak in the last panel.

    Each neuron's curves are shifted and divided by the minimum and range of the first and the last panel
    together, so that all panels of a neuron share a scale.
    """
    first, target = panels[0][1][:, neurons], panels[-1][1][:, neurons]
    visited = np.isfinite(target).all(axis=1)
    order = np.argsort(np.argmax(np.where(visited[:, None], target, -np.inf), axis=0), kind="stable")
    both = np.concatenate([target[visited], first[visited]])
    low, high = np.nanmin(both, axis=0), np.nanmax(both, axis=0)
    span = np.where(high > low, high - low, 1.0)
    return heat_maps(
        [[(title, ((curves[:, neurons] - low) / span)[:, order]) for title, curves in panels]],
        limits=(0.0, 1.0),
        extent_x=(float(edges_cm[0]), float(edges_cm[-1])),
        xlabel="position (cm)",
        ylabel="neuron (sorted by peak)",
        colour_label="fraction of range",
    )


def translated_maps(panels: Sequence[tuple[str, np.ndarray]], prepared: PreparedPair) -> Figure:
    """Draw windows of the whole population side by side, neurons in the order of the networks."""
    return heat_maps(
        [[(title, window[:, prepared.order.columns]) for title, window in panels]],
        limits=colour_limits(panels[0][1], panels[-1][1]),
        extent_x=(0.0, prepared.window_frames / prepared.frame_rate_hz),
        xlabel="time (s)",
    )


def _centres(edges: np.ndarray) -> np.ndarray:
    return (edges[:-1] + edges[1:]) / 2


def order_figure(prepared: PreparedPair, orders: Mapping[str, NeuronOrder]) -> Figure | None:
    """Draw orders by their name over ROI coordinates (as Figure E.1) and the score behind that of the run, if known."""
    order = prepared.order
    return neuron_orders(
        {method.replace("_", " "): other.columns for method, other in orders.items()},
        xy_um=prepared.x.recording.roi_xy_um,
        score=None if order.score is None else order.score[order.columns],
        score_label=_SCORE_LABELS.get(order.method, "score"),
    )
