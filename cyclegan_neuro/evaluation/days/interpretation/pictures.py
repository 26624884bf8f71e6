"""Figures of what the networks look at: masks, maps along behaviour or over the window, the most attended neurons."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from scipy.ndimage import gaussian_filter1d

from cyclegan_neuro.evaluation.days.interpretation.contrasts import CONTRAST
from cyclegan_neuro.evaluation.days.interpretation.findings import Interpretation
from cyclegan_neuro.evaluation.days.interpretation.ranking import (
    attended_stretches,
    example_start,
    leading_maps,
)
from cyclegan_neuro.evaluation.days.interpretation.wording import NETWORKS, method_label
from cyclegan_neuro.figures.attended import AttendedNeuron, attended_neurons, attention_over_field
from cyclegan_neuro.figures.attention import MapPanel, MaskRow, map_grid, mask_figure, relative_to_mean
from cyclegan_neuro.figures.positional import PositionalPanel, positional_grid
from cyclegan_neuro.figures.style import DAY_X, DAY_Y
from cyclegan_neuro.interpret.averages import AttentionMap
from cyclegan_neuro.interpret.binned import bin_edges, binned_mean
from cyclegan_neuro.interpret.resolution import to_window
from cyclegan_neuro.windows.prepared import PreparedPair

__all__ = [
    "DAY_COLOURS",
    "attended_figure",
    "choose_maps",
    "corner_figure",
    "field_figure",
    "masks_of",
    "positional_figure",
    "rows_by_contrast",
    "truth_figure",
    "window_figure",
]

DAY_COLOURS = {"x": DAY_X, "y": DAY_Y}
_MASKS = ("attention_gate_1", "attention_gate_2", "input_gate")
_SMOOTHING_BINS = 2.0
_TUNING_BINS = 4  # of the maps in one bin of the tuning curves, which show single neurons

Chosen = list[tuple[str, str, AttentionMap]]
"""Network, method and map."""


def choose_maps(found: Interpretation, *methods: str) -> Chosen:
    """Return the maps of ``methods`` of all networks that have them; of the leading ones without a method."""
    if not methods:
        return [(network, method, leading) for network, (method, leading) in leading_maps(found).items()]
    return [
        (network, method, found.maps[network][method])
        for method in methods
        for network in NETWORKS
        if method in found.maps.get(network, {})
    ]


def _title(network: str, method: str) -> str:
    return f"{network} on {NETWORKS[network].upper()}: {method_label(method, network=network)}"


# ---------------------------------------------------------------------------------------------- masks


def masks_of(found: Interpretation, prepared: PreparedPair, network: str) -> Figure | None:
    """Draw the attention masks of a generator for one test window; None where it has none."""
    methods = found.maps.get(network, {})
    columns, duration_s = prepared.order.columns, prepared.window_frames / prepared.frame_rate_hz
    size = {"window_frames": prepared.window_frames, "n_neurons": prepared.n_neurons}
    rows = [
        MaskRow(
            title="input gate: where the input is not passed on" if name == "input_gate" else method_label(name),
            label="1 − σ" if name == "input_gate" else "attention σ",
            latent=methods[name].example,
            whole=to_window(methods[name].example[None], **size, offset=methods[name].offset)[0],
            mean=methods[name].neurons[columns],
        )
        for name in _MASKS
        if name in methods
    ]
    if not rows:
        return None
    day = NETWORKS[network]
    window = prepared.windows_of(day, np.array([example_start(found, prepared, day)]))[0]
    return mask_figure(
        window[:, columns],
        rows,
        duration_s=duration_s,
        ylabel="neuron (network order)",
        activity_title=f"a test window of {day.upper()}, which {network} translates",
    )


# ------------------------------------------------------------------------- along position or events


def rows_by_contrast(found: Interpretation) -> np.ndarray:
    """Return user columns by the bin in which the recorded days differ most.

    No network has a part in this order, so a diagonal in a map does not come from sorting it.
    """
    contrast = found.maps[CONTRAST]["tuning_difference"].positional
    smooth = gaussian_filter1d(np.nan_to_num(contrast), _SMOOTHING_BINS, axis=0)
    return np.argsort(np.argmax(smooth, axis=0), kind="stable")


def positional_figure(found: Interpretation, prepared: PreparedPair, chosen: Chosen) -> Figure:
    """Draw maps along the coordinate, neurons sorted by where the recorded days differ most."""
    coordinate, order = found.coordinate, rows_by_contrast(found)
    panels = [
        PositionalPanel(
            title=_title(network, method),
            values=one.positional[:, order] if one.neurons_resolved else one.positional[:, :1],
            occupancy_s=found.occupancy[NETWORKS[network]] / prepared.frame_rate_hz,
            colour=DAY_COLOURS[NETWORKS[network]],
        )
        for network, method, one in chosen
    ]
    return positional_grid(
        panels, edges=coordinate.edges, xlabel=coordinate.label, ylabel="neuron (sorted)", zone=coordinate.zone
    )


# ------------------------------------------------------------------------------------- over the window


def window_figure(found: Interpretation, prepared: PreparedPair, chosen: Chosen) -> Figure:
    """Draw maps over the window, averaged over windows, two to a row; the edge of the corner where Φ made y."""
    panels = [_place_panel(_title(network, method), one, prepared) for network, method, one in chosen]
    return _window_grid(found, prepared, _in_pairs(panels))


def corner_figure(found: Interpretation, prepared: PreparedPair) -> Figure:
    """Draw the corner that Φ removes and its edge, the recorded contrast, D_Y, and what G attends to and changes."""
    columns = prepared.order.columns
    truth = [
        MapPanel("truth: what Φ removes", found.corner.masked[:, columns]),
        MapPanel("truth: its edge", found.corner.edge[:, columns]),
    ]
    ((contrast, recorded),) = found.maps[CONTRAST].items()
    panels = [*truth, _place_panel(method_label(contrast), recorded, prepared)]
    leading = [entry for entry in choose_maps(found) if entry[0] == "D_Y"]
    of_g = [entry for entry in choose_maps(found, *_MASKS, "change") if entry[0] == "G"]
    panels += [_place_panel(_title(network, method), one, prepared) for network, method, one in (*leading, *of_g)]
    return _window_grid(found, prepared, _in_pairs(panels))


def _in_pairs(panels: list[MapPanel]) -> list[list[MapPanel]]:
    return [panels[i : i + 2] for i in range(0, len(panels), 2)]


def _place_panel(title: str, one: AttentionMap, prepared: PreparedPair) -> MapPanel:
    columns = prepared.order.columns
    return MapPanel(title, relative_to_mean(one.place[:, columns if one.neurons_resolved else columns[:1]]))


def _window_grid(found: Interpretation, prepared: PreparedPair, rows) -> Figure:
    rate = prepared.frame_rate_hz
    return map_grid(
        rows,
        extent_x=(0.0, prepared.window_frames / rate),
        xlabel="time in the window (s)",
        ylabel="neuron (network order)",
        n_neurons=prepared.n_neurons,
        boundary=None if found.corner is None else found.corner.masked[:, prepared.order.columns].sum(axis=0) / rate,
    )


# ------------------------------------------------------------------------------------- beside the truth


def truth_figure(found: Interpretation) -> Figure:
    """Draw where neurons changed, the recorded contrast, and the leading map of each network; changed neurons first."""
    cells, coordinate = found.learning.cells, found.coordinate
    peak = np.argmax(gaussian_filter1d(cells.astype(float), _SMOOTHING_BINS, axis=0), axis=0)
    changed = np.flatnonzero(found.learning.neurons)
    rest = np.setdiff1d(rows_by_contrast(found), changed, assume_unique=True)
    order = np.concatenate([changed[np.argsort(peak[changed], kind="stable")], rest])
    panels = [MapPanel("truth: where neurons changed", cells[:, order])]
    contrast = found.maps[CONTRAST]["tuning_difference_test"].positional
    panels.append(MapPanel("recorded tuning difference", relative_to_mean(contrast[:, order])))
    panels += [
        MapPanel(_title(network, method), relative_to_mean(one.positional[:, order]))
        for network, method, one in (*choose_maps(found), *choose_maps(found, "change"))
    ]
    return map_grid(
        _in_pairs(panels),
        extent_x=(float(coordinate.edges[0]), float(coordinate.edges[-1])),
        xlabel=coordinate.label,
        ylabel="neuron (changed ones above)",
        n_neurons=len(order),
        divider=len(changed),
        zone=coordinate.zone,
    )


# ------------------------------------------------------------------------------------------ neurons


def attended_figure(found: Interpretation, prepared: PreparedPair, columns: np.ndarray) -> Figure:
    """Draw the neurons of the given user columns: a test window of each day, and tuning where it is known."""
    names = prepared.neuron_names
    leading = leading_maps(found)
    windows = {day: prepared.windows_of(day, np.array([example_start(found, prepared, day)]))[0] for day in "xy"}
    edges, tuning = _tuning(found, prepared, columns)
    changed = None if found.learning is None else found.learning.neurons
    rows = [
        AttendedNeuron(
            name=names[column] + (", changed by learning" if changed is not None and changed[column] else ""),
            x=windows["x"][:, column],
            y=windows["y"][:, column],
            x_attended=attended_stretches(leading["D_X"][1], prepared, column),
            y_attended=attended_stretches(leading["D_Y"][1], prepared, column),
            tuning_x=None if edges is None else tuning["x"][:, index],
            tuning_y=None if edges is None else tuning["y"][:, index],
        )
        for index, column in enumerate(columns)
    ]
    coordinate = found.coordinate
    return attended_neurons(
        rows,
        frame_rate_hz=prepared.frame_rate_hz,
        edges=edges,
        xlabel="" if coordinate is None else coordinate.label,
        zone=None if coordinate is None else coordinate.zone,
    )


def _tuning(found: Interpretation, prepared: PreparedPair, columns: np.ndarray):
    """Edges and curves (bin, neuron) of both days over all frames; None without a coordinate."""
    coordinate = found.coordinate
    if coordinate is None:
        return None, {}
    edges = bin_edges(coordinate.x, coordinate.y, width=_TUNING_BINS * float(np.diff(coordinate.edges)[0]))
    return edges, {
        day: binned_mean(getattr(coordinate, day), prepared[day].recording.dff[:, columns], edges=edges) for day in "xy"
    }


def field_figure(found: Interpretation, prepared: PreparedPair) -> Figure | None:
    """Draw the attention of each network over the field of view; None where coordinates are unknown."""
    xy_um = prepared.x.recording.roi_xy_um
    if xy_um is None:
        return None
    panels = [(_title(network, method), one.neurons) for network, method, one in choose_maps(found)]
    return attention_over_field(panels, xy_um, ringed=None if found.learning is None else found.learning.neurons)
