"""Figures of what the networks look at: masks, maps along behaviour or over the window, the most attended neurons."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.figure import Figure
from scipy.ndimage import gaussian_filter1d

from cyclegan_neuro.evaluation.days.interpretation.findings import Interpretation, attended_stretches, leading_maps
from cyclegan_neuro.evaluation.days.names import (
    CONTRAST,
    CONTROL_LABELS,
    MASKS,
    NETWORKS,
    SCORE_TITLES,
    method_label,
)
from cyclegan_neuro.figures.attended import (
    AttendedNeuron,
    ExplainedWindow,
    attended_neurons,
    attention_over_field,
    explained_windows,
)
from cyclegan_neuro.figures.attention import MapPanel, MaskRow, map_grid, mask_figure, relative_to_mean
from cyclegan_neuro.figures.map_scores import ScoreColumn, ScorePoint, ScoreRow, score_figure
from cyclegan_neuro.figures.positional import PositionalPanel, positional_grid
from cyclegan_neuro.figures.style import DAY_COLOURS
from cyclegan_neuro.interpret.averages import AttentionMap
from cyclegan_neuro.interpret.binned import bin_edges, binned_mean
from cyclegan_neuro.interpret.coordinates import reward_zone
from cyclegan_neuro.interpret.resolution import to_window
from cyclegan_neuro.interpret.scores import MapScore
from cyclegan_neuro.recordings.frames import runs
from cyclegan_neuro.windows.prepared import PreparedPair

__all__ = [
    "asked_scores",
    "attended_figure",
    "choose_maps",
    "corner_figure",
    "field_figure",
    "grad_cam_of_a_window",
    "masks_of",
    "positional_figure",
    "rows_by_contrast",
    "scores_figure",
    "truth_figure",
    "window_figure",
    "zones_passed",
]

_SMOOTHING_BINS = 2.0
_NETWORK_ORDER = "neuron (network order)"
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


def masks_of(found: Interpretation, network: str) -> Figure | None:
    """Draw the attention masks of a generator for one test window; None where it has none."""
    methods, columns = found.maps.get(network, {}), found.pair.order.columns
    rows = [
        MaskRow(
            title="input gate: where the input is not passed on" if name == "input_gate" else method_label(name),
            label="1 − σ" if name == "input_gate" else "attention σ",
            latent=methods[name].example,
            whole=_whole(found, methods[name]),
            mean=methods[name].neurons[columns],
        )
        for name in MASKS
        if name in methods
    ]
    if not rows:
        return None
    day = NETWORKS[network]
    return mask_figure(
        found.example_window(day)[:, columns],
        rows,
        duration_s=found.pair.duration_s,
        ylabel=_NETWORK_ORDER,
        activity_title=f"a test window of {day.upper()}, which {network} translates",
    )


def _whole(found: Interpretation, one: AttentionMap) -> np.ndarray:
    """The example of a map over the whole window, (time, neuron) in the order of the networks."""
    size = {"window_frames": found.pair.window_frames, "n_neurons": found.pair.n_neurons}
    return to_window(one.example[None], **size, offset=one.offset)[0]


def grad_cam_of_a_window(found: Interpretation) -> Figure:
    """Draw the Grad-CAM maps of D_X and D_Y for one test window each, over what they were shown."""
    windows = [
        ExplainedWindow(
            title=f"{network} on a test window of {day.upper()}",
            activity=found.example_window(day)[:, found.pair.order.columns],
            attention=_whole(found, found.maps[network]["grad_cam"]),
            stretches=zones_passed(found.pair, day, found.example_start(day)),
        )
        for network, day in (("D_X", "x"), ("D_Y", "y"))
    ]
    return explained_windows(windows, frame_rate_hz=found.pair.frame_rate_hz, ylabel=_NETWORK_ORDER)


def zones_passed(prepared: PreparedPair, day: str, start: int) -> list[tuple[int, int]]:
    """Return the frames of a window in which the animal was within the reward zone, as half-open stretches.

    Empty where the position or the rewards are unknown. Where y is Φ(X) its windows are those of X.
    """
    zone = reward_zone(prepared.x.recording, prepared.y.recording)
    position = prepared[day].recording.behaviour.position_cm
    if zone is None or position is None:
        return []
    seen = position[start : start + prepared.window_frames]
    return runs((seen >= zone[0]) & (seen <= zone[1]))


# ------------------------------------------------------------------------- along position or events


def rows_by_contrast(found: Interpretation) -> np.ndarray:
    """Return user columns by the bin in which the recorded days differ most.

    No network has a part in this order, so a diagonal in a map does not come from sorting it.
    """
    contrast = found.maps[CONTRAST]["tuning_difference"].positional
    smooth = gaussian_filter1d(np.nan_to_num(contrast), _SMOOTHING_BINS, axis=0)
    return np.argsort(np.argmax(smooth, axis=0), kind="stable")


def positional_figure(found: Interpretation, chosen: Chosen) -> Figure:
    """Draw maps along the coordinate, neurons sorted by where the recorded days differ most."""
    coordinate, order = found.coordinate, rows_by_contrast(found)
    panels = [
        PositionalPanel(
            title=_title(network, method),
            values=one.positional[:, order] if one.neurons_resolved else one.positional[:, :1],
            occupancy_s=found.occupancy[NETWORKS[network]] / found.pair.frame_rate_hz,
            colour=DAY_COLOURS[NETWORKS[network]],
        )
        for network, method, one in chosen
    ]
    return positional_grid(
        panels, edges=coordinate.edges, xlabel=coordinate.label, ylabel="neuron (sorted)", zone=coordinate.zone
    )


# ------------------------------------------------------------------------------------- over the window


def window_figure(found: Interpretation, chosen: Chosen) -> Figure:
    """Draw maps over the window, averaged over windows, two to a row; the edge of the corner where Φ made y."""
    return _window_grid(found, _place_panels(found, chosen))


def corner_figure(found: Interpretation) -> Figure:
    """Draw the corner that Φ removes and its edge, the recorded contrast, D_Y, and what G attends to and changes."""
    columns = found.pair.order.columns
    ((contrast, recorded),) = found.maps[CONTRAST].items()
    leading = [entry for entry in choose_maps(found) if entry[0] == "D_Y"]
    of_g = [entry for entry in choose_maps(found, *MASKS, "change") if entry[0] == "G"]
    panels = [
        MapPanel("truth: what Φ removes", found.corner.masked[:, columns]),
        MapPanel("truth: its edge", found.corner.edge[:, columns]),
        _place_panel(found, method_label(contrast), recorded),
        *_place_panels(found, (*leading, *of_g)),
    ]
    return _window_grid(found, panels)


def _place_panels(found: Interpretation, chosen: Chosen) -> list[MapPanel]:
    return [_place_panel(found, _title(network, method), one) for network, method, one in chosen]


def _in_pairs(panels: list[MapPanel]) -> list[list[MapPanel]]:
    return [panels[i : i + 2] for i in range(0, len(panels), 2)]


def _place_panel(found: Interpretation, title: str, one: AttentionMap) -> MapPanel:
    columns = found.pair.order.columns
    return MapPanel(title, relative_to_mean(one.place[:, columns if one.neurons_resolved else columns[:1]]))


def _window_grid(found: Interpretation, panels: list[MapPanel]) -> Figure:
    pair = found.pair
    edge = None if found.corner is None else found.corner.masked[:, pair.order.columns].sum(axis=0) / pair.frame_rate_hz
    return map_grid(
        _in_pairs(panels),
        extent_x=(0.0, pair.duration_s),
        xlabel="time in the window (s)",
        ylabel=_NETWORK_ORDER,
        n_neurons=pair.n_neurons,
        boundary=edge,
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


def attended_figure(found: Interpretation, columns: np.ndarray) -> Figure:
    """Draw the neurons of the given user columns: a test window of each day, and tuning where it is known."""
    names, leading = found.pair.neuron_names, leading_maps(found)
    windows = {day: found.example_window(day) for day in "xy"}
    edges, tuning = _tuning(found, columns)
    changed = None if found.learning is None else found.learning.neurons
    rows = [
        AttendedNeuron(
            name=names[column] + (", changed by learning" if changed is not None and changed[column] else ""),
            x=windows["x"][:, column],
            y=windows["y"][:, column],
            x_attended=attended_stretches(leading["D_X"][1], found.pair, column),
            y_attended=attended_stretches(leading["D_Y"][1], found.pair, column),
            tuning_x=None if edges is None else tuning["x"][:, index],
            tuning_y=None if edges is None else tuning["y"][:, index],
        )
        for index, column in enumerate(columns)
    ]
    coordinate = found.coordinate
    return attended_neurons(
        rows,
        frame_rate_hz=found.pair.frame_rate_hz,
        edges=edges,
        xlabel="" if coordinate is None else coordinate.label,
        zone=None if coordinate is None else coordinate.zone,
    )


def _tuning(found: Interpretation, columns: np.ndarray):
    """Edges and curves (bin, neuron) of both days over all frames; None without a coordinate."""
    coordinate = found.coordinate
    if coordinate is None:
        return None, {}
    edges = bin_edges(coordinate.x, coordinate.y, width=_TUNING_BINS * float(np.diff(coordinate.edges)[0]))
    return edges, {
        day: binned_mean(getattr(coordinate, day), found.pair[day].recording.dff[:, columns], edges=edges)
        for day in "xy"
    }


def field_figure(found: Interpretation) -> Figure | None:
    """Draw the attention of each network over the field of view; None where coordinates are unknown."""
    xy_um = found.pair.x.recording.roi_xy_um
    if xy_um is None:
        return None
    panels = [(_title(network, method), one.neurons) for network, method, one in choose_maps(found)]
    return attention_over_field(panels, xy_um, ringed=None if found.learning is None else found.learning.neurons)


# ------------------------------------------------------------------------------------------- scores


def asked_scores(found: Interpretation) -> dict[str, tuple[str, str]]:
    """Return the scores that the truth allows, with the titles of their panels; none where no truth is known."""
    if found.learning is not None:
        return SCORE_TITLES["learning"]
    return {} if found.corner is None else SCORE_TITLES["corner"]


def scores_figure(found: Interpretation) -> Figure:
    """Draw every score of every map beside chance, controls and the recorded contrasts."""
    asked, leading = asked_scores(found), {network: method for network, (method, _) in leading_maps(found).items()}
    groups = [
        (f"{network} on {NETWORKS[network].upper()}", [
            ScoreRow(
                label=method_label(method, network=network),
                colour=DAY_COLOURS[NETWORKS[network]],
                points=[_point(scored.scores.get(score), score, scored.controls) for score in asked],
                emphasised=method == leading[network],
            )
            for method, scored in found.scores[network].items()
        ])
        for network in leading
    ]  # fmt: skip
    columns = [
        ScoreColumn(title, xlabel, [
            (f"recorded: {method_label(name)}", scored.scores[score].value)
            for name, scored in found.scores[CONTRAST].items()
            if score in scored.scores
        ])
        for score, (title, xlabel) in asked.items()
    ]  # fmt: skip
    return score_figure(groups, columns)


def _point(score: MapScore | None, name: str, controls: dict[str, dict[str, float]]) -> ScorePoint | None:
    if score is None or not math.isfinite(score.value):
        return None
    low, high = score.ci95
    return ScorePoint(
        value=score.value,
        interval=(low, high) if high > low else None,  # a single curve has nothing to resample
        chance=(score.chance_low, score.chance_high),
        controls={CONTROL_LABELS[control]: values[name] for control, values in controls.items() if name in values},
    )
