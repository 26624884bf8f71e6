"""Neurons far from the population, and single values far from everything their neuron does otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cyclegan_neuro.recordings.checks.values import neurons_text
from cyclegan_neuro.recordings.findings import Finding
from cyclegan_neuro.recordings.frames import frames_text, runs
from cyclegan_neuro.recordings.recording import Recording

__all__ = ["far_neurons", "outlying", "outlying_columns"]

#: How far a neuron reaches, in what the median neuron does; and the farthest of the recordings looked at.
FAR, _FARTHEST_SEEN = 40.0, 12.0
#: A single value, in what its neuron (and the median one) reaches otherwise; events reach 5.
BEYOND = 10.0
_SET_ASIDE = 0.001  # of the frames, at least 3: glitches are as short
_SAMPLE_FRAMES = 8000  # what is usual shows in as many


@dataclass(frozen=True, eq=False)
class _Reach:
    """How far neurons go from their median: usually (all frames but 0.1 %), and in the farthest frame."""

    median: np.ndarray
    usual: np.ndarray
    farthest: np.ndarray
    population: float

    @classmethod
    def of(cls, dff: np.ndarray) -> _Reach:
        sample = np.ascontiguousarray(dff[:: -(-len(dff) // _SAMPLE_FRAMES)].T)
        finite = np.isfinite(sample)
        if not finite.all():
            sample[~finite] = np.broadcast_to(_medians(sample, finite)[:, None], sample.shape)[~finite]
        median = np.median(sample, axis=1)
        last = max(0, sample.shape[1] - 1 - max(3, int(_SET_ASIDE * sample.shape[1])))
        usual = np.partition(np.abs(sample - median[:, None]), last, axis=1)[:, last]
        with np.errstate(invalid="ignore"):  # infinite values are another finding
            farthest = np.fmax(np.fmax.reduce(dff, axis=0) - median, median - np.fmin.reduce(dff, axis=0))
        farthest = np.where(np.isfinite(farthest), farthest, 0.0)
        of_neurons = usual if np.median(usual) > 0 else farthest  # of events most neurons have fewer than 0.1 %
        return cls(median, usual, farthest, float(np.median(of_neurons)))

    def limits(self, columns: np.ndarray) -> np.ndarray:
        """How far from the median single values of these neurons may lie."""
        return BEYOND * np.maximum(self.usual[columns], self.population)

    @property
    def neurons(self) -> np.ndarray:
        """Columns of neurons far from the population."""
        return self.beyond(FAR)

    def beyond(self, times: float) -> np.ndarray:
        """Columns of neurons that usually reach so many times as far as the median neuron."""
        return np.flatnonzero(self.usual > times * self.population) if self.population > 0 else np.zeros(0, np.int64)

    @property
    def values(self) -> np.ndarray:
        """Columns of other neurons with single values far beyond."""
        if not self.population > 0:
            return np.zeros(0, np.int64)
        every = np.arange(len(self.usual))
        return np.setdiff1d(np.flatnonzero(self.farthest > self.limits(every)), self.neurons)


def far_neurons(dff: np.ndarray) -> np.ndarray:
    """Return the columns of neurons farther from the population than any that was seen: their size says no unit."""
    return _Reach.of(dff).beyond(_FARTHEST_SEEN)


def outlying_columns(dff: np.ndarray) -> np.ndarray:
    """Return the columns of neurons far from the population, or with a single value far beyond their others."""
    reach = _Reach.of(dff)
    return np.union1d(reach.neurons, reach.values)


def outlying(recording: Recording, where: str) -> Iterator[Finding]:
    """Single values, or whole neurons, that are so large that scaling leaves nothing of the others."""
    reach = _Reach.of(recording.dff)
    neurons, values = reach.neurons, reach.values
    if neurons.size:
        most = neurons[np.argmax(reach.usual[neurons])]
        yield Finding(
            "warning", "outlying", f"{where}, {neurons_text(recording, neurons)}",
            got=f"values up to {reach.usual[most]:.3g} from the median in 99.9 % of the frames, "
            f"{reach.usual[most] / reach.population:,.0f} times what the median neuron does "
            f"({reach.population:.3g})",
            expected=f"at most {FAR:g} times: of the others little is left when all are scaled to [0, 1]",
            fix="look at the trace: a baseline F0 near 0 makes such values. Set outlying_neurons: drop (on both days), "
            "or windows.scaling: neuron",
        )  # fmt: skip
    if values.size:
        yield _single_values(recording, where, reach, values)


def _single_values(recording: Recording, where: str, reach: _Reach, columns: np.ndarray) -> Finding:
    most = columns[np.argmax(reach.farthest[columns] / np.maximum(reach.usual[columns], reach.population))]
    otherwise = max(float(reach.usual[most]), reach.population)
    away = np.abs(recording.dff[:, columns] - reach.median[columns])
    frames = runs((away > reach.limits(columns)).any(axis=1))
    first, last = frames[0][0], frames[0][1] - 1
    return Finding(
        "warning", "outlying", f"{where}, {neurons_text(recording, columns)}, {frames_text(frames)}",
        got=f"single values up to {reach.farthest[most]:.3g} from the median, {reach.farthest[most] / otherwise:,.0f} "
        f"times what is reached otherwise ({otherwise:.3g})",
        expected=f"at most {BEYOND:g} times: little else is left when all is scaled to [0, 1]",
        fix="look there: a baseline F0 near 0, movement or a stimulus light makes such values. Leave the frames out of "
        f"windows (windows.exclude_x or exclude_y: [[{first}, {last}]]), write NaN there and set nan: interpolate, or "
        "set outlying_neurons: drop (on both days). windows.scaling: neuron saves the other neurons alone",
    )  # fmt: skip


def _medians(sample: np.ndarray, finite: np.ndarray) -> np.ndarray:
    """Return the median of the finite values of each row, 0 where there is none."""
    rows = zip(sample, finite, strict=True)
    return np.array([np.median(row[known]) if known.any() else 0.0 for row, known in rows])
