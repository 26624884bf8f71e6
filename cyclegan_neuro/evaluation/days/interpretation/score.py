"""What is known of where the days differ, and every map scored against it beside chance and controls.

Known are neurons and places in the corridor, or the corner that Φ removed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter1d

from cyclegan_neuro.configuration.sections import InterpretationSection
from cyclegan_neuro.interpret.averages import AttentionMap, Maps
from cyclegan_neuro.interpret.binned import binned_mean
from cyclegan_neuro.interpret.coordinates import Coordinate
from cyclegan_neuro.interpret.scores import (
    MapScore,
    auroc,
    neuron_score,
    place_score,
    position_overlap,
    position_overlap_score,
    rank_agreement,
    region_score,
)
from cyclegan_neuro.windows.prepared import Day, PreparedPair

__all__ = ["CornerTruth", "LearningTruth", "ScoredMap", "corner_truth", "learning_truth", "score_maps"]

_MAX_ROWS = 256  # of places that are scored: the maps are smooth, and every shift of the null costs
_SMOOTHING_CM = 2.0
_HALF = 0.5
_BAND = 0.06  # half width of the band around the corner's edge, as a share of the window


@dataclass(frozen=True, eq=False)
class LearningTruth:
    """What learning changed, from the simulator; user order.

    Attributes
    ----------
    neurons : ndarray of bool, shape (neuron,)
    cells : ndarray of bool, shape (bin, neuron)
        Where the tuning of a changed neuron changed by at least half of its largest change.
    """

    neurons: np.ndarray
    cells: np.ndarray


@dataclass(frozen=True, eq=False)
class CornerTruth:
    """The corner that Φ removes and the band around its edge; user order.

    Attributes
    ----------
    masked, edge : ndarray of bool, shape (time, neuron)
    """

    masked: np.ndarray
    edge: np.ndarray


def learning_truth(prepared: PreparedPair, coordinate: Coordinate) -> LearningTruth | None:
    """Return what learning changed at which positions, where a simulator knows it; None where nothing changed.

    Tuning over all laps of both days is compared with that of the same laps in the brain of the other
    day, smoothed with 2 cm.
    """
    if prepared.changed is None or not prepared.changed.any() or coordinate.kind != "position":
        return None
    both = [_change(day, values, coordinate.edges) for day, values in
            ((prepared.x, coordinate.x), (prepared.y, coordinate.y))]  # fmt: skip
    change = gaussian_filter1d(np.mean(both, axis=0), _SMOOTHING_CM / np.diff(coordinate.edges)[0], axis=0)
    neurons = prepared.changed
    largest = change.max(axis=0)
    cells = (change >= _HALF * largest) & (largest > 0) & neurons
    return LearningTruth(neurons=neurons, cells=cells)


def _change(day: Day, values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Absolute change of tuning, (bin, neuron); 0 in bins never visited."""
    difference = day.recording.truth.other_day_dff - day.recording.dff
    return np.abs(np.nan_to_num(binned_mean(values, difference, edges=edges)))


def corner_truth(prepared: PreparedPair) -> CornerTruth | None:
    """Return the corner that Φ removes from the windows of y; None where y is not Φ(X)."""
    masked = prepared.removed
    if masked is None:
        return None
    n_frames, n_neurons = masked.shape
    time, neuron = (np.arange(n_frames) + 0.5) / n_frames, (np.arange(n_neurons) + 0.5) / n_neurons
    edge = np.abs(time[:, None] - neuron) < _BAND  # in the order of the networks, where the corner is one
    return CornerTruth(masked=masked, edge=edge[:, prepared.order.inverse])


@dataclass(frozen=True, eq=False)
class ScoredMap:
    """How well one map points at the truth, and whether it needed training to do so.

    Attributes
    ----------
    scores : dict of str to MapScore
        ``auroc_neurons``, ``auroc_region``, ``auroc_edge``, ``position_overlap``: those that the truth allows;
        empty where there is none.
    controls : dict of str to dict of str to float
        ``untrained`` and, if there is one, ``shuffled_days`` → the same scores of the map that this
        control gives, and ``agreement``, its rank correlation with the map.
    """

    scores: dict[str, MapScore]
    controls: dict[str, dict[str, float]] = field(default_factory=dict)

    def to_json(self) -> dict:
        """Return the numbers for ``metrics.json``."""
        entry: dict[str, Any] = {name: None for name in ("auroc_neurons", "auroc_region", "position_overlap")}
        entry |= {name: score.value for name, score in self.scores.items()}
        entry["ci95"] = {name: list(score.ci95) for name, score in self.scores.items()}
        entry["chance"] = {name: score.chance_json() for name, score in self.scores.items()}
        return entry | self.controls


def score_maps(
    maps: Maps,
    controls: dict[str, Maps],
    *,
    section: InterpretationSection,
    learning: LearningTruth | None = None,
    corner: CornerTruth | None = None,
) -> dict[str, dict[str, ScoredMap]]:
    """Return the scores of all maps: network → method → :class:`ScoredMap`.

    Parameters
    ----------
    maps : dict
        Of the trained networks (and of the contrast, which has no control).
    controls : dict
        ``"untrained"`` and perhaps ``"shuffled_days"`` → maps.
    section : InterpretationSection
    learning, corner : optional
        What is known.
    """
    return {
        network: {
            method: ScoredMap(
                scores=_scores(found, section, learning, corner),
                controls={
                    name: _control(found, others[network][method], learning, corner)
                    for name, others in controls.items()
                    if method in others.get(network, {})
                },
            )
            for method, found in methods.items()
        }
        for network, methods in maps.items()
    }


def _scores(found: AttentionMap, section, learning, corner) -> dict[str, MapScore]:
    options = {"n_shuffles": section.n_shuffles, "seed": section.seed}
    return {name: asked.score(*asked.arrays, **options) for name, asked in _questions(found, learning, corner).items()}


def _control(found: AttentionMap, control: AttentionMap, learning, corner) -> dict[str, float]:
    values = {name: asked.value(*asked.arrays) for name, asked in _questions(control, learning, corner).items()}
    cells = "place" if found.positional is None else "positional"
    return {"agreement": rank_agreement(getattr(found, cells), getattr(control, cells)), **values}


@dataclass(frozen=True, eq=False)
class _Question:
    """Values of a map and the truth that they should point at; ``value`` is what ``score`` adds chance to."""

    arrays: tuple[np.ndarray, np.ndarray]
    value: Callable
    score: Callable


def _questions(found: AttentionMap, learning: LearningTruth | None, corner: CornerTruth | None) -> dict[str, _Question]:
    """What this map can be asked."""
    if learning is not None and found.neurons_resolved:
        cells = found.positional, learning.cells
        return {
            "auroc_neurons": _Question((found.neurons, learning.neurons), auroc, neuron_score),
            "auroc_region": _Question(cells, auroc, region_score),
            "position_overlap": _Question(cells, position_overlap, position_overlap_score),
        }
    if learning is not None:
        profile = found.positional[:, :1], _common_places(learning)
        return {"position_overlap": _Question(profile, position_overlap, position_overlap_score)}
    if corner is not None and found.neurons_resolved and found.place is not None:
        place, masked, edge = (_fewer_rows(values) for values in (found.place, corner.masked, corner.edge))
        return {
            "auroc_region": _Question((place, masked >= 0.5), auroc, place_score),
            "auroc_edge": _Question((place, edge >= 0.5), auroc, place_score),
        }
    return {}


def _common_places(learning: LearningTruth) -> np.ndarray:
    """Bins, (bin, 1), in which at least half as many neurons changed as in the bin with the most."""
    count = learning.cells.sum(axis=1, keepdims=True)
    return count >= 0.5 * count.max()


def _fewer_rows(values: np.ndarray) -> np.ndarray:
    """Mean over runs of frames, so that at most 256 rows are left."""
    run = -(-len(values) // _MAX_ROWS)
    firsts = np.arange(0, len(values), run)
    sizes = np.diff([*firsts, len(values)])
    return np.add.reduceat(values.astype(np.float64), firsts, axis=0) / sizes[:, None]
