"""The sign of ΔF/F, and its noise."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cyclegan_neuro.recordings.checks.quantity import MIN_SHARE, Traces, mostly_zero
from cyclegan_neuro.recordings.checks.time import PLAUSIBLE_RATE_HZ
from cyclegan_neuro.recordings.findings import Finding
from cyclegan_neuro.recordings.recording import Recording

__all__ = ["negative", "noise"]

#: Noise level, in % per sqrt(Hz), that measured traces do not fall below; the cleanest published ones are near 0.5.
MIN_NOISE = 0.1


def negative(recording: Recording, where: str) -> Iterator[Finding]:
    """Values below 0, which noise around the baseline makes."""
    share = float(np.mean(recording.dff < 0))
    if not share:
        return
    yield Finding(
        "info",
        "negative",
        f"{where}, field dff",
        got=f"{100 * share:.0f} % of the values below 0 (lowest {np.nanmin(recording.dff):.3g})",
        expected="values around 0 where a neuron is silent",
        fix="nothing to do: they are kept, never clipped",
    )


def noise(recording: Recording, where: str) -> Iterator[Finding]:
    """The noise level of Rupprecht et al. (2021), comparable between frame rates; next to none is a warning."""
    traces = Traces.of(recording)
    if traces is None or mostly_zero(recording.dff):
        return
    levels, share = traces.levels(recording.frame_rate_hz), traces.noise_share
    low, high = PLAUSIBLE_RATE_HZ  # with a wrong rate the level says nothing
    smooth = share < MIN_SHARE
    scarce = smooth or (np.median(levels) < MIN_NOISE and low <= recording.frame_rate_hz <= high)
    of_spread = f"; {100 * share:.2g} % of a trace's standard deviation" if smooth else ""
    yield Finding(
        "warning" if scarce else "info",
        "noise",
        f"{where}, field dff",
        got=f"{np.median(levels):.2g} % per sqrt(Hz) (median; neurons {levels.min():.2g} to {levels.max():.2g})"
        + of_spread,
        expected="a noise level of 0.5 to 8, as two-photon recordings have",
        fix="use ΔF/F as a fraction and as measured: denoised traces, events, and fractions that were stated to be "
        "percent look like this"
        if scarce
        else "nothing to do",
    )
