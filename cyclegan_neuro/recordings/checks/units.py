"""The unit of ΔF/F: percent or z-scores in place of a fraction, its sign, its noise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from cyclegan_neuro.recordings.checks.time import PLAUSIBLE_RATE_HZ
from cyclegan_neuro.recordings.findings import Finding
from cyclegan_neuro.recordings.noise import noise_levels
from cyclegan_neuro.recordings.recording import Recording
from cyclegan_neuro.recordings.repair import constant_columns

__all__ = ["as_stated", "negative", "noise", "unit"]

#: 99th percentile of ΔF/F that no recording in fractions reaches (1,000 %).
MAX_FRACTION = 10.0
#: Noise level, in % per sqrt(Hz), that no recording in fractions reaches; the noisiest published ones are near 9.
MAX_NOISE = 30.0
#: Noise level, in % per sqrt(Hz), that measured traces do not fall below; the cleanest published ones are near 0.5.
MIN_NOISE = 0.1
_SAMPLE = 2_000_000
_Z_TOLERANCE = 0.02
_STATE_THE_UNIT = (
    "what is the unit? If it is percent, set unit: percent (on a command line add --unit percent), or divide an "
    "array by 100; "
    "if it is a fraction in spite of these values, set unit: fraction; "
    "if it is raw fluorescence, set unit: raw and ΔF/F is computed; "
    "if it is none of these (CaImAn's C), use ΔF/F (CaImAn: F_dff) in its place"
)


def unit(recording: Recording, where: str) -> Iterator[Finding]:
    """Percent (critical) or z-scores (a warning) where a fraction is expected.

    No recording in fractions is as large as percent usually are, and everything that is said in ΔF/F would be wrong by
    a factor of 100. What z-scores are for is the user's to say.
    """
    sample = _sample(recording.dff)
    finite = sample[np.isfinite(sample)]
    if not finite.size:
        return
    median, high = np.percentile(finite, (50, 99))
    got = f"median {median:.3g} and 99th percentile {high:.3g}"
    expected = "ΔF/F as a fraction (0.5 is 50 %)"
    if _is_z_scored(recording.dff):
        fix = "every neuron has mean 0 and standard deviation 1 (z-scores): use ΔF/F as it was before"
        yield Finding("warning", "z_score", f"{where}, field dff", got, expected, fix)
        return
    levels = _noise(recording) if _rate_is_plausible(recording) else np.zeros(0)
    if high > MAX_FRACTION or (levels.size and np.median(levels) > MAX_NOISE):
        yield Finding("critical", "percent", f"{where}, field dff", got, expected, _STATE_THE_UNIT)


def as_stated(finding: Finding) -> Finding:
    """Return what remains of a finding where the user has stated the unit: a warning in place of a refusal."""
    if finding.code != "percent" or finding.severity != "critical":
        return finding
    return replace(finding, severity="warning", fix="nothing, if the unit that you stated is right")


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
    levels = _noise(recording)
    if not levels.size:
        return
    scarce = np.median(levels) < MIN_NOISE and _rate_is_plausible(recording)
    yield Finding(
        "warning" if scarce else "info",
        "noise",
        f"{where}, field dff",
        got=f"{np.median(levels):.2g} % per sqrt(Hz) (median; neurons {levels.min():.2g} to {levels.max():.2g})",
        expected="a noise level of 0.5 to 8, as two-photon recordings have",
        fix="use ΔF/F as a fraction and as measured: denoised traces, events, and fractions that were stated to be "
        "percent look like this"
        if scarce
        else "nothing to do",
    )


def _noise(recording: Recording) -> np.ndarray:
    """Return the noise level of the neurons that vary and have no NaN, shape (neuron,)."""
    usable = np.isfinite(recording.dff).all(axis=0)
    usable[constant_columns(recording.dff)] = False
    if recording.n_frames < 2 or not usable.any():
        return np.zeros(0)
    dff = recording.dff if usable.all() else recording.dff[:, usable]
    frames = max(2, _SAMPLE // dff.shape[1])  # a median needs no more
    return noise_levels(dff[:frames], recording.frame_rate_hz)


def _rate_is_plausible(recording: Recording) -> bool:
    low, high = PLAUSIBLE_RATE_HZ  # with a wrong rate the noise level says nothing of the unit
    return low <= recording.frame_rate_hz <= high


def _is_z_scored(dff: np.ndarray) -> bool:
    mean = dff.mean(axis=0, dtype=np.float64)
    square = np.einsum("tn,tn->n", dff, dff, dtype=np.float64) / len(dff)  # without a float64 copy
    with np.errstate(invalid="ignore"):  # infinite values
        deviation = np.sqrt(np.maximum(square - mean**2, 0.0))
    fits = (np.abs(mean) < _Z_TOLERANCE) & (np.abs(deviation - 1) < _Z_TOLERANCE)
    return bool(np.mean(fits) > 0.9)


def _sample(dff: np.ndarray) -> np.ndarray:
    return dff[:: max(1, dff.size // _SAMPLE)]
