"""Two days, ready for networks: split, scaled, ordered; windows are views of them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from cyclegan_neuro.recordings.findings import Finding
from cyclegan_neuro.recordings.recording import Recording

__all__ = ["Day", "NeuronOrder", "PreparedPair", "Scaling", "Starts", "WindowTransform"]


@dataclass(frozen=True, eq=False)
class Starts:
    """Start frames of the windows of one day.

    Attributes
    ----------
    train, validation, test : ndarray of int64, shape (window,)
    stretches : tuple of (start, stop)
        Continuous time in which windows may lie, half-open, ascending; what is between two is a gap or excluded.
    """

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray
    stretches: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, eq=False)
class Scaling:
    """Affine map of ΔF/F to [0, 1], in the user's neuron order.

    Attributes
    ----------
    minimum, maximum : ndarray of float32, shape (neuron,)
        Over the training part of the day (equal for all neurons with scaling ``day``).
    """

    minimum: np.ndarray
    maximum: np.ndarray


@dataclass(frozen=True, eq=False)
class NeuronOrder:
    """A permutation of the neurons: network row ``i`` shows user column ``columns[i]``.

    Attributes
    ----------
    method : str
    columns : ndarray of int64, shape (neuron,)
    score : ndarray of float32, shape (neuron,), optional
        What was sorted, per user column (rate, correlation, reconstruction error).
    """

    method: str
    columns: np.ndarray
    score: np.ndarray | None = None

    @property
    def inverse(self) -> np.ndarray:
        return np.argsort(self.columns)


@dataclass(frozen=True, eq=False)
class WindowTransform:
    """What Φ does to a window that starts at frame s: ``mask * x[s:s+H] + offset[s:s+H]``.

    Attributes
    ----------
    mask : ndarray of float32, shape (window_frames, neuron)
        In the order of the networks the removed corner is connected (Figure 3 of the paper).
    offset : ndarray of float32, shape (time, neuron)
        ``0.5 η``, one draw per frame of the recording.
    """

    mask: np.ndarray
    offset: np.ndarray


@dataclass(frozen=True, eq=False)
class Day:
    """One day as the windows see it.

    Attributes
    ----------
    recording : Recording
        As it was read and checked, in ΔF/F and in the user's neuron order.
    values : ndarray of float32, shape (time, neuron)
        Scaled and ordered: what networks are fed.
    starts : Starts
    scaling : Scaling
    transform : WindowTransform, optional
        Set on the y day of source ``phi``, already scaled and ordered like ``values``
        (``values`` is then x / (maximum - minimum) of y; the offset holds the shift).
    """

    recording: Recording
    values: np.ndarray
    starts: Starts
    scaling: Scaling
    transform: WindowTransform | None = None


@dataclass(frozen=True, eq=False)
class PreparedPair:
    """Everything that training and evaluation need to know about the data.

    Attributes
    ----------
    x, y : Day
    window_frames : int
    order : NeuronOrder
    findings : tuple of Finding
        From the checks, the pairing, the split and the scaling, for the report.
    notes : tuple of str
        Sentences on what was done to the data (neurons dropped, NaN interpolated, resampled, ...).
    inputs : dict
        What went in, JSON-ready, for ``inputs.json``: per day path, sha256 of the content,
        shape, rate, ROI ids; equal dictionaries mean equal data.
    """

    x: Day
    y: Day
    window_frames: int
    order: NeuronOrder
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    inputs: dict = field(default_factory=dict)

    @property
    def n_neurons(self) -> int:
        return self.x.values.shape[1]
