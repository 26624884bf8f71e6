"""What is known of where the days differ: neurons and places in the corridor, or the corner that Φ removed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from cyclegan_neuro.interpret.binned import binned_mean
from cyclegan_neuro.interpret.coordinates import Coordinate
from cyclegan_neuro.windows.prepared import Day, PreparedPair

__all__ = ["CornerTruth", "LearningTruth", "corner_truth", "learning_truth"]

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
    """Return what learning changed at which positions, where a simulator knows it.

    Tuning over all laps of both days is compared with that of the same laps in the brain of the other
    day, smoothed with 2 cm.
    """
    if prepared.changed is None or coordinate.kind != "position":
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
