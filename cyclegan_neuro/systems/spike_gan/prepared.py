"""What training and evaluation know of the data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cyclegan_neuro.recordings.findings import Finding
from cyclegan_neuro.recordings.recording import Origin
from cyclegan_neuro.windows import scaling
from cyclegan_neuro.windows.prepared import Scaling

__all__ = ["PreparedSamples"]


@dataclass(frozen=True, eq=False)
class PreparedSamples:
    """Population activity and the bins where samples begin; samples are cut when they are needed.

    Attributes
    ----------
    values : ndarray, shape (bin, neuron)
        Spikes (uint8, 0 or 1), or traces scaled to [0, 1] (float32).
    n_bins : int
        Bins of a sample.
    train, held_out : ndarray of int64, shape (sample,)
        First bins of the samples that the networks see, and of those that they never see; no bin is in both.
    every : ndarray of int64, shape (sample,)
        First bins of all samples that do not overlap: what generated samples are compared with.
    bin_s : float
        Duration of a bin in seconds.
    scaling : Scaling, optional
        Of traces; None for spikes.
    roi_ids : tuple of str, optional
    data_origin : {"recorded", "simulated", "semi-synthetic"}
        As in :class:`cyclegan_neuro.recordings.recording.Recording`.
    truth : object, optional
        Of simulated populations, see ``simulate``.
    findings : tuple of Finding
    notes : tuple of str
    inputs : dict
        JSON-ready; equal dictionaries mean equal data.
    """

    values: np.ndarray
    n_bins: int
    train: np.ndarray
    held_out: np.ndarray
    every: np.ndarray
    bin_s: float
    scaling: Scaling | None = None
    roi_ids: tuple[str, ...] | None = None
    data_origin: Origin = "recorded"
    truth: Any = None
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    inputs: dict = field(default_factory=dict)

    @property
    def n_neurons(self) -> int:
        return self.values.shape[1]

    @property
    def spikes(self) -> bool:
        """Whether the activity is spikes, not traces."""
        return self.scaling is None

    @property
    def train_apart(self) -> np.ndarray:
        """First bins of the training samples that do not overlap each other."""
        return self.every[self.every <= self.train[-1]]

    def samples(self, starts: np.ndarray) -> np.ndarray:
        """Return samples, shape (sample, bin, neuron)."""
        return self.values[starts[:, None] + np.arange(self.n_bins)]

    def in_unit(self, samples: np.ndarray) -> np.ndarray:
        """Return spikes as they are, and scaled traces, shape (sample, bin, neuron), in ΔF/F."""
        if self.spikes:
            return samples
        return scaling.invert(samples.reshape(-1, self.n_neurons), self.scaling).reshape(samples.shape)
