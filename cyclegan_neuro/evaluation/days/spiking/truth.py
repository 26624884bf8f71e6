"""True spikes of simulated days, and how well they were inferred."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cyclegan_neuro.evaluation.days.spiking.recorder import SpikeRecorder
from cyclegan_neuro.evaluation.days.spiking.statistics import PairStatistics, StatisticsOf
from cyclegan_neuro.spikes.accuracy import cell_accuracy
from cyclegan_neuro.spikes.comparison import Floor
from cyclegan_neuro.spikes.counts import SpikeCounts
from cyclegan_neuro.spikes.ground_truth.examples import smooth_target
from cyclegan_neuro.windows.segmentation import window_frame_indices

__all__ = ["InferenceAccuracy", "TrueSpikes", "inference_accuracy", "measure_true_spikes", "true_counts", "true_parts"]

_SIGMAS_S = (0.05, 0.2)


@dataclass(frozen=True)
class InferenceAccuracy:
    """Medians over neurons of how well spikes of one day were inferred.

    Attributes
    ----------
    by_sigma : dict of float to dict
        Smoothing of both rates in s → ``correlation``, ``error``, ``bias``.
    rate_correlation : float
        Over neurons, between true and inferred mean rates; NaN for fewer than three, or equal rates.
    n_neurons : int
        With at least one true spike in the test windows.
    """

    by_sigma: dict[float, dict[str, float]]
    rate_correlation: float
    n_neurons: int

    def to_json(self) -> dict:
        """Return the numbers for ``metrics.json``."""
        by_sigma = {f"sigma_{sigma:g}_s": values for sigma, values in self.by_sigma.items()}
        return {**by_sigma, "mean_rate_correlation": self.rate_correlation, "n_neurons": self.n_neurons}


@dataclass(frozen=True, eq=False)
class TrueSpikes:
    """What is known of simulated days.

    Attributes
    ----------
    accuracy : dict of str to InferenceAccuracy
        By day, ``"x"`` and ``"y"``.
    pairs : dict of str to PairStatistics
        ``x_from_y`` and ``y_from_x`` of identity, from true spikes.
    floors : dict of str to dict of str to Floor
        By day and statistic, from true spikes.
    counts : dict of str to SpikeCounts
        By day.
    """

    accuracy: dict[str, InferenceAccuracy]
    pairs: dict[str, PairStatistics]
    floors: dict[str, dict[str, Floor]]
    counts: dict[str, SpikeCounts]


def measure_true_spikes(
    recorder: SpikeRecorder, statistics: StatisticsOf, inferred: dict[str, SpikeCounts]
) -> TrueSpikes | None:
    """Compare the true spikes of both days, and the inferred with them; None where they are not known."""
    true = {name: true_counts(recorder, name) for name in ("x", "y")}
    if any(counts is None for counts in true.values()):
        return None
    pairs = {
        pair: statistics.compare(true[day], true[other], label=f"true spikes {pair}")
        for pair, day, other in (("x_from_y", "x", "y"), ("y_from_x", "y", "x"))
    }
    floors = {day: statistics.floors(true_parts(recorder, day), label=f"true spikes {day}") for day in true}
    return TrueSpikes({name: inference_accuracy(inferred[name], true[name]) for name in true}, pairs, floors, true)


def true_counts(recorder: SpikeRecorder, name: str) -> SpikeCounts | None:
    """Return the true spikes of the compared windows of day ``"x"`` or ``"y"``; None where they are not known.

    Only frames with an inferred rate.
    """
    day = recorder.prepared[name]
    if day.recording.truth is None or day.transform is not None:  # Φ removes signal, not spikes
        return None
    return _cut(recorder, name, recorder.starts[name])


def true_parts(recorder: SpikeRecorder, name: str) -> Iterator[tuple[SpikeCounts, SpikeCounts]]:
    """Yield the true spikes of the parts that the noise floor of a day compares; only where they are known."""
    for pair in recorder.parts[name]:
        first, second = (_cut(recorder, name, starts) for starts in pair)
        yield first, second


def _cut(recorder: SpikeRecorder, name: str, starts: np.ndarray) -> SpikeCounts:
    height = recorder.prepared.window_frames
    inside = slice(recorder.first_frame, recorder.first_frame + height - recorder.n_masked)
    spikes = recorder.prepared[name].recording.truth.spikes
    return SpikeCounts(spikes[window_frame_indices(starts, height)][:, inside], recorder.frame_rate_hz)


def inference_accuracy(inferred: SpikeCounts, true: SpikeCounts) -> InferenceAccuracy:
    """Compare inferred with true spikes per neuron, over all windows; smoothing does not join them.

    Parameters
    ----------
    inferred, true : SpikeCounts
        The same windows.
    """
    rate = true.frame_rate_hz
    heard = np.flatnonzero(~true.silent)
    valid = np.ones(true.n_windows * true.n_frames, bool)
    by_sigma = {}
    for sigma in _SIGMAS_S:
        results = []
        for n in heard:
            found, known = (smooth_target(s.counts[..., n] * rate, rate, sigma).ravel() for s in (inferred, true))
            results.append(cell_accuracy([(found, known, valid)], frame_rate_hz=rate))
        by_sigma[sigma] = {
            name: float(np.median([getattr(result, name) for result in results])) if results else float("nan")
            for name in ("correlation", "error", "bias")
        }
    means = [signal.counts.mean(axis=(0, 1))[heard] for signal in (inferred, true)]
    alike = len(heard) < 3 or any(np.ptp(mean) == 0 for mean in means)
    between = float("nan") if alike else float(np.corrcoef(*means)[0, 1])
    return InferenceAccuracy(by_sigma, between, len(heard))
