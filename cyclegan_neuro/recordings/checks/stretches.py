"""Stretches of time in which the image failed: blanked, or bleached."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from cyclegan_neuro.recordings.checks.quantity import mostly_zero
from cyclegan_neuro.recordings.findings import Finding
from cyclegan_neuro.recordings.frames import frames_text, runs
from cyclegan_neuro.recordings.recording import Recording

__all__ = ["blanked", "bleached"]

_BLANK_S = 0.5
_BLOCKS = 10
_MIN_BLEACH_S = 60.0
_BASELINE_PERCENTILE = 10
_FRAMES_PER_BLOCK = 2000
#: Fall of the baseline, in standard deviations of the frame noise, that noise and slow brain states do not make.
_BLEACH_NOISE_SD = 3.0
_SD_PER_MEDIAN_DIFFERENCE = 1 / 0.9539  # of a normal distribution: median |a - b| = 0.9539 sd

_EXCLUDE = "leave these frames out of windows: windows.exclude_x or exclude_y: [[{first}, {last}]]"


def blanked(recording: Recording, where: str) -> Iterator[Finding]:
    """All neurons constant at once: a closed shutter, a lost frame grabber."""
    dff = recording.dff
    if len(dff) < 2 or np.array_equal(np.fmin.reduce(dff, axis=0), np.fmax.reduce(dff, axis=0)):
        return
    if mostly_zero(dff):  # events: nothing happens between them
        return
    still = np.all(dff[1:] == dff[:-1], axis=1)
    shortest = max(3, round(_BLANK_S * recording.frame_rate_hz))
    intervals = [(start, stop + 1) for start, stop in runs(still) if stop + 1 - start >= shortest]
    if not intervals:
        return
    yield Finding(
        "warning",
        "blanked",
        f"{where}, {frames_text(intervals)}",
        got=f"all neurons constant at once ({sum(b - a for a, b in intervals):,} frames)",
        expected="traces that vary in every stretch",
        fix=_EXCLUDE.format(first=intervals[0][0], last=intervals[0][1] - 1),
    )


def bleached(recording: Recording, where: str) -> Iterator[Finding]:
    """The baseline of the population sinks and stays low.

    The 10th percentile of each neuron in tenths of the recording, in units of the neuron's frame
    noise; its median over neurons is compared with the highest tenth before.
    """
    if recording.duration_s < _MIN_BLEACH_S or recording.n_frames < 10 * _BLOCKS:
        return
    edges = np.linspace(0, recording.n_frames, _BLOCKS + 1).astype(int)
    baseline = np.stack([_baseline(recording.dff[a:b]) for a, b in pairwise(edges)])
    known = np.isfinite(baseline).all(axis=0)
    sample = recording.dff[: edges[1], known]
    spread = np.nanmedian(np.abs(np.diff(sample, axis=0)), axis=0) * _SD_PER_MEDIAN_DIFFERENCE
    varies = spread > 0
    if not varies.any():
        return
    population = np.median(baseline[:, known][:, varies] / spread[varies], axis=1)
    fallen = np.maximum.accumulate(population) - population > _BLEACH_NOISE_SD
    if not fallen[-1]:
        return
    last_good = int(np.flatnonzero(~fallen)[-1])
    first = int(edges[last_good + 1])
    drop = population.max() - population[-1]
    yield Finding(
        "warning",
        "bleached",
        f"{where}, frames {first}-{recording.n_frames - 1}",
        got=f"a baseline that sinks by {drop:.1f} standard deviations of the noise (median over neurons)",
        expected="a steady baseline",
        fix="compute ΔF/F with a running baseline, or " + _EXCLUDE.format(first=first, last=recording.n_frames - 1),
    )


def _baseline(block: np.ndarray) -> np.ndarray:
    sample = block[:: max(1, len(block) // _FRAMES_PER_BLOCK)]
    return np.percentile(sample, _BASELINE_PERCENTILE, axis=0)
