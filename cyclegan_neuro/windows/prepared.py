"""Two days, ready for networks: split, scaled, ordered; windows are views of them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from cyclegan_neuro.recordings.findings import Finding
from cyclegan_neuro.recordings.recording import Recording
from cyclegan_neuro.windows.scaling import Scaling, WindowTransform, invert
from cyclegan_neuro.windows.segmentation import window_frame_indices

__all__ = ["Day", "NeuronOrder", "PreparedPair", "Starts"]


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
    places : ndarray of int64, shape (time,), optional
        Place of each frame, where the scaling depends on it.
    condition : ndarray of float32, shape (time, channel), optional
        Behaviour as networks see it.
    """

    recording: Recording
    values: np.ndarray
    starts: Starts
    scaling: Scaling
    transform: WindowTransform | None = None
    places: np.ndarray | None = None
    condition: np.ndarray | None = None

    def windows(self, starts: np.ndarray, window_frames: int) -> np.ndarray:
        """Cut the windows that begin at ``starts`` as networks see them: scaled, ordered, with Φ where the day has it.

        Returns
        -------
        ndarray of float32, shape (window, time, neuron)
        """
        frames = window_frame_indices(starts, window_frames)
        windows = self.values[frames]
        if self.transform is not None:
            windows *= self.transform.mask
            windows += self.transform.offset[frames]
        return windows

    def known(self, starts: np.ndarray, window_frames: int) -> dict[str, np.ndarray]:
        """Return ``places`` (window, time) and ``condition`` (window, time, channel) of windows: what there is."""
        frames = window_frame_indices(starts, window_frames)
        both = {"places": self.places, "condition": self.condition}
        return {name: values[frames] for name, values in both.items() if values is not None}


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

    def __getitem__(self, day: str) -> Day:
        return {"x": self.x, "y": self.y}[day]

    @property
    def n_neurons(self) -> int:
        return self.x.values.shape[1]

    @property
    def frame_rate_hz(self) -> float:
        return self.x.recording.frame_rate_hz

    @property
    def duration_s(self) -> float:
        """Of a window."""
        return self.window_frames / self.frame_rate_hz

    @property
    def is_paired(self) -> bool:
        """Whether y is Φ(X): validation and test windows of x and y with the same index are pairs."""
        return self.y.transform is not None

    @property
    def truth_is_known(self) -> bool:
        """Whether it is known what translations should be."""
        return self.is_paired or all(day.recording.truth is not None for day in (self.x, self.y))

    @property
    def changed(self) -> np.ndarray | None:
        """The neurons that learning changed, bool (neuron,); None where unknown, or y is Φ(X), which changes all."""
        return self.x.recording.truth.changed if self.truth_is_known and not self.is_paired else None

    @property
    def removed(self) -> np.ndarray | None:
        """What Φ removes from a window, bool (time, neuron) in the user's order; None where y is not Φ(X)."""
        return self.y.transform.mask[:, self.order.inverse] == 0 if self.is_paired else None

    @property
    def neuron_names(self) -> list[str]:
        """A short name per user column: the ROI id, else the column counted from 0."""
        ids = self.x.recording.roi_ids or [f"column {i}" for i in range(self.n_neurons)]
        names = [f"ROI {name}" if name.isdigit() else name for name in ids]
        return [name if len(name) <= 28 else f"{name[:27]}…" for name in names]

    def windows_of(self, day: str, starts: np.ndarray) -> np.ndarray:
        """Cut the windows of a day that begin at ``starts``, in ΔF/F and in the user's neuron order.

        Returns
        -------
        ndarray of float32, shape (window, time, neuron)
            Exactly the recording's values; where the day is Φ(X), computed from scaled values
            and so rounded to about 1e-7 of the day's range.
        """
        if self[day].transform is None:
            return self[day].recording.dff[window_frame_indices(starts, self.window_frames)]
        return invert(self[day].windows(starts, self.window_frames)[..., self.order.inverse], self[day].scaling)

    def truth_of(self, day: str, starts: np.ndarray) -> np.ndarray | None:
        """Return what translations of the windows of a day should be; None where that is not known.

        The windows of the other day where y is Φ(X); the same laps as the brain of the other day would have answered
        them where the days are simulated.
        """
        if not self.truth_is_known:
            return None
        if self.is_paired:
            return self.windows_of("y" if day == "x" else "x", starts)
        return self[day].recording.truth.other_day_dff[window_frame_indices(starts, self.window_frames)]
