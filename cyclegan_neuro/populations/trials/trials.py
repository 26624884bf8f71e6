"""Trials of a population, and the split of them that a network is trained and tested with."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from cyclegan_neuro.recordings.findings import Finding
from cyclegan_neuro.recordings.recording import Origin

__all__ = ["Label", "PreparedTrials", "Trials"]

Label = Literal["direction", "time"]
"""What is decoded: the condition of a trial, a place on a circle, or how far into its trial a bin lies."""


@dataclass(frozen=True, eq=False)
class Trials:
    """Activity of a population in bins, the bins of a trial one after the other.

    Attributes
    ----------
    values : ndarray of float32, shape (bin, neuron)
        Firing rates in spikes/s, or ΔF/F.
    unit : {"spikes/s", "ΔF/F"}
    bin_s : float
        Duration of a bin in seconds.
    trial : ndarray of int64, shape (bin,)
        Trials, rising; no number is used on two days.
    condition : ndarray of int64, shape (bin,), optional
        Direction of the reach, or place on a circular track: 0 to ``n_conditions`` - 1, at equal distances on a circle.
    n_conditions : int
    time : ndarray of int64, shape (bin,), optional
        Index of the bin in its trial, counted before any bin was left out.
    speed : ndarray of float32, shape (bin,), optional
        In the unit of the file.
    day : ndarray of int64, shape (bin,), optional
        0 or 1, where two days of the same neurons are given.
    targets : ndarray of float32, shape (bin, target), optional
        Continuous signals that are decoded, such as EMG.
    target_names : tuple of str
    held_out : ndarray of int64, shape (trial,), optional
        Trials that the file sets apart for testing.
    source : str
    data_origin : {"recorded", "simulated", "semi-synthetic", "translated"}
    truth : object, optional
        What only a simulator knows, with ``arrays()``.
    findings : tuple of Finding
    notes : tuple of str
    """

    values: np.ndarray
    unit: Literal["spikes/s", "ΔF/F"]
    bin_s: float
    trial: np.ndarray
    condition: np.ndarray | None = None
    n_conditions: int = 0
    time: np.ndarray | None = None
    speed: np.ndarray | None = None
    day: np.ndarray | None = None
    targets: np.ndarray | None = None
    target_names: tuple[str, ...] = ()
    held_out: np.ndarray | None = None
    source: str = ""
    data_origin: Origin = "recorded"
    truth: Any = None
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def n_bins(self) -> int:
        return self.values.shape[0]

    @property
    def n_neurons(self) -> int:
        return self.values.shape[1]

    @property
    def numbers(self) -> np.ndarray:
        """Trials that there are, in order."""
        return np.unique(self.trial)

    def borders(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the first and the last bin of the trial of every bin, int64, shape (bin,).

        Examples
        --------
        >>> first, last = Trials(np.zeros((5, 1)), "spikes/s", 0.1, trial=np.array([0, 0, 3, 3, 3])).borders()
        >>> first.tolist(), last.tolist()
        ([0, 0, 2, 2, 2], [1, 1, 4, 4, 4])
        """
        starts = np.flatnonzero(np.r_[True, np.diff(self.trial) != 0])
        lengths = np.diff(np.r_[starts, self.n_bins])
        return np.repeat(starts, lengths), np.repeat(starts + lengths - 1, lengths)


@dataclass(frozen=True, eq=False)
class PreparedTrials:
    """Trials of which some are held out, as networks and decoders take them.

    Attributes
    ----------
    trials : Trials
    held_out_trials : ndarray of int64, shape (trial,)
        Trials that nothing is fitted to.
    context_bins : int
        Bins before and after each, of the same trial, that belong to its window; at the ends of a trial its first and
        last bin stand for what lies outside.
    min_speed : float, optional
        Directions are decoded from bins that are faster.
    n_times : int
        Times are decoded from the first bins of trials, as many.
    inputs : dict
        JSON-ready; equal dictionaries mean equal data.
    """

    trials: Trials
    held_out_trials: np.ndarray
    context_bins: int = 0
    min_speed: float | None = None
    n_times: int = 9
    inputs: dict = field(default_factory=dict)

    @property
    def is_held_out(self) -> np.ndarray:
        """Whether nothing is fitted to a bin, shape (bin,)."""
        return np.isin(self.trials.trial, self.held_out_trials)

    @property
    def train(self) -> np.ndarray:
        """Bins of training trials, int64."""
        return np.flatnonzero(~self.is_held_out)

    @property
    def held_out(self) -> np.ndarray:
        """Bins of held-out trials, int64."""
        return np.flatnonzero(self.is_held_out)

    @property
    def neurons(self) -> np.ndarray:
        """Columns that vary in the training trials of every day, int64; the others tell nothing."""
        train = ~self.is_held_out
        days = np.zeros(len(train)) if self.trials.day is None else self.trials.day
        varies = [self.trials.values[train & (days == day)].std(axis=0) > 1e-3 for day in np.unique(days[train])]
        return np.flatnonzero(np.all(varies, axis=0))

    @property
    def findings(self) -> tuple[Finding, ...]:
        return self.trials.findings

    def windows(self) -> np.ndarray:
        """Return every bin with its context, float32, shape (bin, window), of the neurons that vary.

        A window is its bins one after the other: ``windows().reshape(bin, 2 * context_bins + 1, neuron)``.
        """
        values = self.trials.values[:, self.neurons]
        if not self.context_bins:
            return np.ascontiguousarray(values, np.float32)
        first, last = self.trials.borders()
        lags = np.arange(-self.context_bins, self.context_bins + 1)
        seen = np.clip(np.arange(len(values))[:, None] + lags, first[:, None], last[:, None])
        return values[seen].reshape(len(values), -1).astype(np.float32)

    def labels(self, label: Label) -> np.ndarray:
        """Return condition or time of every bin, int64."""
        return self.trials.condition if label == "direction" else self.trials.time

    def n_labels(self, label: Label) -> int:
        return self.trials.n_conditions if label == "direction" else self.n_times

    def decodes(self, label: Label) -> bool:
        """Whether the trials have this label."""
        return self.labels(label) is not None

    def decoded(self, label: Label) -> np.ndarray:
        """Whether a bin takes part in decoding, bool, shape (bin,)."""
        if label == "time":
            return self.trials.time < self.n_times
        fast = self.min_speed is None or self.trials.speed is None or self.trials.speed > self.min_speed
        return (self.trials.condition >= 0) & fast

    def with_held_out(self, trials: np.ndarray) -> PreparedTrials:
        """Return the same with other trials held out."""
        return replace(self, held_out_trials=np.asarray(trials, np.int64))
