"""What the traces are, if they are not ΔF/F: raw fluorescence, F/F0, percent, z-scores, events, a scaled or cut copy.

One kind is named, the likeliest, so that no advice turns one wrong quantity into another.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from cyclegan_neuro.recordings.checks.outliers import far_neurons
from cyclegan_neuro.recordings.checks.time import PLAUSIBLE_RATE_HZ
from cyclegan_neuro.recordings.findings import Finding, Severity
from cyclegan_neuro.recordings.noise import noise_levels
from cyclegan_neuro.recordings.recording import Recording
from cyclegan_neuro.recordings.repair import constant_columns

__all__ = ["MIN_SHARE", "NO_SPIKES", "Traces", "as_stated", "mostly_zero", "quantity"]

#: 99th percentile of ΔF/F that no population in fractions reaches (1,000 %).
MAX_FRACTION = 10.0
_FEW = 0.05  # of the neurons
#: Noise level, in % per sqrt(Hz), that no recording in fractions reaches; the noisiest published ones are near 9.
MAX_NOISE = 30.0
#: Noise of a frame in standard deviations of the trace, that measured traces do not fall below; the least seen is 0.03.
MIN_SHARE = 0.01
#: Noise levels of published recordings of single cells, which may reach 1,000 % where a population does not.
PUBLISHED_NOISE = (0.5, 9.0)
#: Codes of what may be translated, which scales it, but has no spikes that networks could infer.
NO_SPIKES = ("z_score", "scaled", "events")
_POPULATION = 10  # neurons
_NOISIEST = 10.0  # % per sqrt(Hz)
#: Baseline (10th percentile) in noise of a frame from which on traces stand on a background: ΔF/F reaches 4.
_STANDING = 4.0
_DYNAMIC = 10.0  # of such traces, 99th percentile above the baseline, in baselines; without a background it is more
_ONE = (0.7, 1.3)  # baselines of F/F0
_MOSTLY_ZERO, _CUT_AT_ZERO = 0.8, 0.2
_Z_TOLERANCE = 0.02
_ALIKE = 0.1  # spread of the standard deviations of z-scored neurons; of ΔF/F it is 0.26 and more
_SAMPLE = 2_000_000
_CODES = ("percent", "raw", "f_over_f0")
_EXPECTED = "ΔF/F as a fraction (0.5 is 50 %)"
_STATE_THE_UNIT = (
    "what is the unit? If it is percent, set unit: percent (on a command line add --unit percent), or divide an "
    "array by 100; "
    "if it is a fraction in spite of these values, set unit: fraction; "
    "if it is raw fluorescence, set unit: raw and ΔF/F is computed; "
    "if it is none of these (CaImAn's C), use ΔF/F (CaImAn: F_dff) in its place"
)
_RAW = (
    "this looks like raw fluorescence: set unit: raw and ΔF/F is computed (on a command line --unit raw), or name the "
    "field that holds ΔF/F. If it is ΔF/F in spite of that, say in which unit: fraction, or percent"
)


@dataclass(frozen=True, eq=False)
class Traces:
    """What tells quantities apart, of the neurons that vary and have no NaN; of a sample of the frames.

    Attributes
    ----------
    baseline, median, high : ndarray of float64, shape (neuron,)
        10th, 50th and 99th percentile.
    spread : ndarray of float64, shape (neuron,)
        Standard deviation.
    noise : ndarray of float64, shape (neuron,)
        Standard deviation of the noise of a frame, from differences between neighbours.
    """

    baseline: np.ndarray
    median: np.ndarray
    high: np.ndarray
    spread: np.ndarray
    noise: np.ndarray

    @classmethod
    def of(cls, recording: Recording) -> Traces | None:
        """Measure a recording; None where no neuron can be."""
        usable = np.isfinite(recording.dff).all(axis=0)
        usable[constant_columns(recording.dff)] = False
        if recording.n_frames < 2 or not usable.any():
            return None
        dff = recording.dff if usable.all() else recording.dff[:, usable]
        in_row = dff[: max(2, _SAMPLE // dff.shape[1])]  # a median needs no more
        low, median, high = np.percentile(_sample(dff), (10, 50, 99), axis=0)
        noise = noise_levels(in_row, 1.0) / 100 / 0.954  # median |a - b| of a normal distribution, in its sd
        return cls(low, median, high, _sample(dff).std(axis=0, dtype=np.float64), noise)

    def levels(self, frame_rate_hz: float) -> np.ndarray:
        """Return noise levels in % per sqrt(Hz), as :func:`cyclegan_neuro.recordings.noise.noise_levels` does."""
        return 100 * 0.954 * self.noise / np.sqrt(frame_rate_hz)

    @property
    def noise_share(self) -> float:
        """Noise of a frame in standard deviations of the trace (median over neurons)."""
        return float(np.median(self.noise / self.spread))


def quantity(recording: Recording, where: str) -> Iterator[Finding]:
    """Name what the traces are, where that is not ΔF/F as a fraction; critical where everything said would be wrong."""
    sample = _sample(recording.dff)
    finite = sample[np.isfinite(sample)]
    if not finite.size:
        return
    median, high = np.percentile(finite, (50, 99))
    got = f"median {median:.3g} and 99th percentile {high:.3g}"
    field, traces = f"{where}, field dff", Traces.of(recording)
    found = _scored(recording.dff, traces) or _cut(finite, traces) or (traces and _on_background(traces))
    found = found or _too_large(sample, traces, recording)
    if found is not None:
        severity, code, what, fix = found
        yield Finding(severity, code, field, got + what, _EXPECTED, fix)


def as_stated(finding: Finding) -> Finding:
    """Return what remains of a finding where the user has stated the unit: a warning in place of a refusal."""
    if finding.code not in _CODES or finding.severity != "critical":
        return finding
    return replace(finding, severity="warning", fix="nothing, if the unit that you stated is right")


def mostly_zero(dff: np.ndarray) -> bool:
    """Whether these are events or deconvolved traces: never negative, exactly 0 most of the time."""
    sample = _sample(dff)
    return bool(np.mean(sample == 0) > _MOSTLY_ZERO and np.nanmin(sample) >= 0 and np.nanmax(sample) > 0)


_Found = tuple[Severity, str, str, str]


def _cut(finite: np.ndarray, traces: Traces | None) -> _Found | None:
    """Events, and traces whose negative half was cut off."""
    zero = float(np.mean(finite == 0))
    if zero <= _CUT_AT_ZERO or finite.min() < 0 or finite.max() == 0 or not np.any(finite != np.round(finite)):
        return None
    what = f", {100 * zero:.0f} % of the values exactly 0 and none below"
    if mostly_zero(finite):
        fix = (
            "use ΔF/F as measured: of deconvolved traces or events no spikes can be inferred, and most of what the "
            "report says of noise and spikes is meaningless. Translating them as they are is possible"
        )
        return "warning", "events", what, fix
    if traces is not None and traces.noise_share < MIN_SHARE:  # denoised traces have zeros between transients
        return None
    return "warning", "cut_at_zero", what, "use ΔF/F before negative values were set to 0: half of the noise is gone"


def _scored(dff: np.ndarray, traces: Traces | None) -> _Found | None:
    """z-scores, and neurons that were scaled one by one; what either is for is the user's to say."""
    mean, deviation = _moments(dff)
    fits = (np.abs(mean) < _Z_TOLERANCE) & (np.abs(deviation - 1) < _Z_TOLERANCE)
    if np.mean(fits) > 0.9:
        fix = "every neuron has mean 0 and standard deviation 1 (z-scores): use ΔF/F as it was before"
        return "warning", "z_score", "", fix
    if traces is None or len(traces.spread) < _POPULATION // 2:
        return None
    low, middle, high = np.percentile(traces.spread, (25, 50, 75))
    noisy = np.median(traces.noise) > 0.1  # of a frame: 10 %
    if high - low < _ALIKE * middle and 0.5 < middle < 2 and noisy and np.median(np.abs(mean)) < 0.5 * middle:
        fix = (
            f"all neurons have nearly the same standard deviation ({low:.2f} to {high:.2f}), as z-scores of another "
            "stretch have: use ΔF/F as it was before"
        )
        return "warning", "z_score", "", fix
    lowest, highest = np.fmin.reduce(dff, axis=0), np.fmax.reduce(dff, axis=0)
    if np.mean((lowest == 0) & (highest == 1)) > 0.9 and np.any((dff > 0) & (dff < 1)):
        return "warning", "scaled", ", every neuron from 0 to 1", "use ΔF/F before neurons were scaled one by one"
    return None


def _on_background(traces: Traces) -> _Found | None:
    """Raw fluorescence and F/F0, which stand on a background that is large beside noise and transients."""
    standing = (traces.baseline > _STANDING * traces.noise) & (traces.baseline > 0)
    standing &= traces.high - traces.baseline < _DYNAMIC * traces.baseline
    if np.mean(standing) <= 0.5:
        return None
    low, middle, high = np.percentile(traces.baseline, (10, 50, 90))
    what = f", baselines (10th percentile) of {low:.3g} to {high:.3g}, {np.median(traces.baseline / traces.noise):.0f} "
    what += "times the noise of a frame"
    if _ONE[0] < middle < _ONE[1] and high - low < 0.5:
        fix = (
            "this looks like F/F0, whose baseline is 1: subtract 1, or set unit: raw, of which ΔF/F is computed; if it "
            "is ΔF/F in spite of that, set unit: fraction"
        )
        return "critical", "f_over_f0", what, fix
    return "critical", "raw", what, _RAW


def _too_large(sample: np.ndarray, traces: Traces | None, recording: Recording) -> _Found | None:
    """Values, or noise, as large as those of percent; a single bright cell with the noise of a fraction is none."""
    slowest, fastest = PLAUSIBLE_RATE_HZ  # with a wrong rate the noise level says nothing of the unit
    noise = 0.0
    if traces is not None and slowest <= recording.frame_rate_hz <= fastest:
        noise = float(np.median(traces.levels(recording.frame_rate_hz)))
    if recording.n_neurons < _POPULATION and PUBLISHED_NOISE[0] <= noise <= PUBLISHED_NOISE[1]:
        return None
    if noise > 100 * _NOISIEST:
        what, fix = f", noise {noise:,.0f} % per sqrt(Hz), too much for percent too", _RAW
        return "critical", "raw", what, fix
    if noise > MAX_NOISE or _high(sample) > MAX_FRACTION:
        return "critical", "percent", "", _STATE_THE_UNIT
    return None


def _high(sample: np.ndarray) -> float:
    """99th percentile of all values, without the few neurons far from the population where these make it large.

    In percent the active ones of a mostly silent population are as far, but they are many.
    """
    high = float(np.percentile(sample[np.isfinite(sample)], 99))
    if high > MAX_FRACTION and 0 < (far := far_neurons(sample)).size <= max(1, _FEW * sample.shape[1]):
        others = np.delete(sample, far, axis=1)
        high = float(np.percentile(others[np.isfinite(others)], 99))
    return high


def _moments(dff: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    mean = dff.mean(axis=0, dtype=np.float64)
    square = np.einsum("tn,tn->n", dff, dff, dtype=np.float64) / len(dff)  # without a float64 copy
    with np.errstate(invalid="ignore"):  # infinite values
        return mean, np.sqrt(np.maximum(square - mean**2, 0.0))


def _sample(dff: np.ndarray) -> np.ndarray:
    return dff[:: max(1, dff.size // _SAMPLE)]
