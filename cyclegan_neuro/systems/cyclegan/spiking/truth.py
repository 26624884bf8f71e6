"""What inference itself contributes, where the simulator knows the true spikes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cyclegan_neuro.spikes.accuracy import accuracy
from cyclegan_neuro.spikes.counts import SpikeCounts
from cyclegan_neuro.systems.cyclegan.spiking.recorder import SpikeRecorder
from cyclegan_neuro.windows.cutting import window_frame_indices

__all__ = ["InferenceAccuracy", "inference_accuracy", "true_counts"]

_SIGMAS_S = (0.05, 0.2)


@dataclass(frozen=True)
class InferenceAccuracy:
    """Medians over neurons of how well spikes of one day were inferred.

    Attributes
    ----------
    by_sigma : dict of float to dict
        Smoothing of both rates in s → ``correlation``, ``error``, ``bias``.
    rate_correlation : float
        Over neurons, between true and inferred mean rates.
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


def true_counts(recorder: SpikeRecorder, name: str, n_frames: int) -> SpikeCounts | None:
    """Return the true spikes of the compared frames of day ``"x"`` or ``"y"``; None where they are not known.

    Parameters
    ----------
    recorder : SpikeRecorder
    name : {"x", "y"}
    n_frames : int
        Frames of a window that have an inferred rate.
    """
    day = getattr(recorder.prepared, name)
    if day.recording.truth is None or day.transform is not None:  # Φ removes signal, not spikes
        return None
    frames = window_frame_indices(recorder.starts[name], recorder.prepared.window_frames)
    inside = slice(recorder.first_frame, recorder.first_frame + n_frames)
    return SpikeCounts(day.recording.truth.spikes[frames][:, inside], recorder.frame_rate_hz)


def inference_accuracy(inferred: SpikeCounts, true: SpikeCounts) -> InferenceAccuracy:
    """Compare inferred with true spikes, window by window, joined per neuron.

    Parameters
    ----------
    inferred, true : SpikeCounts
        The same windows.
    """
    rate = true.frame_rate_hz
    heard = np.flatnonzero(~true.silent)
    starts = np.zeros((true.n_windows, true.n_frames), bool)
    starts[:, :-1] = True  # a frame between windows belongs to none, so that smoothing does not join them
    by_sigma = {}
    for sigma in _SIGMAS_S:
        results = [
            accuracy(
                inferred.counts[..., neuron].ravel() * rate, true.counts[..., neuron].ravel() * rate,
                frame_rate_hz=rate, valid=starts.ravel(), sigma_s=sigma,
            )
            for neuron in heard
        ]  # fmt: skip
        by_sigma[sigma] = {
            name: float(np.median([getattr(result, name) for result in results])) if results else float("nan")
            for name in ("correlation", "error", "bias")
        }
    means = [signal.counts.mean(axis=(0, 1))[heard] for signal in (inferred, true)]
    rates = float(np.corrcoef(*means)[0, 1]) if len(heard) > 2 else float("nan")
    return InferenceAccuracy(by_sigma, rates, len(heard))
