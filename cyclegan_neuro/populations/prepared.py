"""From a file, a recording or a simulation to samples: what is trained on, what is held out."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from cyclegan_neuro.errors import WindowError
from cyclegan_neuro.populations.baselines.stimulus_gaussian import stimulus_bins
from cyclegan_neuro.populations.reading import Activity, read_activity
from cyclegan_neuro.populations.sections import DataSection
from cyclegan_neuro.populations.simulate.configured import simulate
from cyclegan_neuro.recordings.checks import require
from cyclegan_neuro.recordings.digest import content_sha256
from cyclegan_neuro.recordings.findings import Finding
from cyclegan_neuro.recordings.loading import load
from cyclegan_neuro.recordings.recording import Origin
from cyclegan_neuro.windows import scaling
from cyclegan_neuro.windows.scaling import Scaling
from cyclegan_neuro.windows.segmentation import allowed_stretches

__all__ = ["PreparedSamples", "prepare_samples"]

_SIMULATED_BIN_S = 0.001
_WINDOW_BINS = 32
_HELD_OUT = 0.1


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
    data_origin : {"recorded", "simulated", "semi-synthetic", "translated"}
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


def prepare_samples(section: DataSection, *, repeat_bins: int | None = None) -> PreparedSamples:
    """Read or simulate activity, check it and find its samples.

    Parameters
    ----------
    section : DataSection
    repeat_bins : int, optional
        Bins after which a stimulus began again, where the evaluation will ask for it.

    Raises
    ------
    RecordingError, WindowError, ConfigurationError
        On input that cannot be used, before anything is written or trained.
    """
    if section.source == "recording":
        return _prepare_traces(section)
    if section.source == "simulated":
        population = simulate(section.simulation, seed=section.simulation.seed)
        n_samples, n_bins, n_neurons = population.samples.shape
        flat = population.samples.reshape(n_samples * n_bins, n_neurons)
        activity = Activity(flat, n_bins, f"simulated {section.simulation.kind}", data_origin="simulated")
        return _prepare_spikes(section, activity, bin_s=section.bin_s or _SIMULATED_BIN_S, truth=population.truth)
    activity = read_activity(section)
    if repeat_bins and len(activity.stretches) > 1:
        raise WindowError(
            "evaluation.baselines.repeat_bins", got=f"{repeat_bins}, and time in {len(activity.stretches)} stretches",
            expected="continuous time, in which a stimulus begins again after as many bins", fix="set it to null",
        )  # fmt: skip
    prepared = _prepare_spikes(section, activity, bin_s=section.bin_s, truth=None)
    if repeat_bins:
        stimulus_bins(prepared.train_apart, prepared.n_bins, repeat_bins)  # refuses what would fail after training
    return prepared


def _prepare_spikes(section: DataSection, activity: Activity, *, bin_s: float, truth) -> PreparedSamples:
    n_bins = activity.sample_bins or section.window_bins or _WINDOW_BINS
    stretches = list(activity.stretches) or [(0, len(activity.values))]
    train, held_out, every = _starts(section, stretches, n_bins, where=activity.source)
    return PreparedSamples(
        values=activity.values, n_bins=n_bins, train=train, held_out=held_out, every=every, bin_s=bin_s, truth=truth,
        data_origin=activity.data_origin, findings=activity.findings, notes=activity.notes,
        inputs=_describe(activity.values, activity.source, bin_s, None, stretches=activity.stretches),
    )  # fmt: skip


def _prepare_traces(section: DataSection) -> PreparedSamples:
    loaded = load(section.recording, base_directory=Path.cwd())
    recording, findings = loaded.kept, loaded.check()
    require(findings)
    n_bins = section.window_bins or _WINDOW_BINS
    stretches = allowed_stretches(recording)
    train, held_out, every = _starts(section, stretches, n_bins, where=loaded.where)
    covered = np.zeros(recording.n_frames, bool)
    covered[: train[-1] + n_bins] = True
    limits = scaling.fit(recording.dff, covered=covered, mode="neuron")
    bin_s = 1.0 / recording.frame_rate_hz
    return PreparedSamples(
        values=np.clip(scaling.apply(recording.dff, limits), 0.0, 1.0), n_bins=n_bins, train=train, held_out=held_out,
        every=every, bin_s=bin_s, scaling=limits, roi_ids=recording.roi_ids, findings=tuple(findings),
        notes=loaded.notes, data_origin=recording.data_origin,
        inputs=_describe(recording.dff, recording.source, bin_s, recording.roi_ids),
    )  # fmt: skip


def _starts(section: DataSection, stretches: list[tuple[int, int]], n_bins: int, *, where: str):
    """Return the first bins of training, held-out and all samples; none crosses a gap, the held-out ones come last."""
    every = np.concatenate([np.arange(first, end - n_bins + 1, n_bins, dtype=np.int64) for first, end in stretches])
    n_train = section.n_train or len(every) - max(1, round(_HELD_OUT * len(every)))
    stride = section.stride_bins or n_bins
    if section.stride_bins and section.n_train:
        n_train = -(-((n_train - 1) * stride + n_bins) // n_bins)  # samples without overlap in the same bins
    if not 1 <= n_train < len(every):
        raise WindowError(
            "data.n_train",
            got=f"{n_train:,} of {len(every):,} samples ({stretches[-1][1]:,} bins of {where} in samples of {n_bins})",
            expected="training samples, and at least one that is held out",
            fix="set data.n_train lower, use shorter samples, or a longer recording",
        )
    last = every[n_train - 1]
    overlapping = [np.arange(first, min(end - n_bins, last) + 1, stride, dtype=np.int64) for first, end in stretches]
    return np.concatenate(overlapping)[: section.n_train], every[n_train:], every


def _describe(values: np.ndarray, source: str, bin_s: float, roi_ids, *, stretches=()) -> dict:
    return {
        "activity": {
            "source": source,
            "sha256": content_sha256(values),
            "shape": list(values.shape),
            "bin_s": float(bin_s),
            "roi_ids": None if roi_ids is None else list(roi_ids),
            **({"stretches": [list(stretch) for stretch in stretches]} if stretches else {}),
        }
    }
