"""What is not ΔF/F is called what it is, with its numbers; ΔF/F of many kinds is called nothing."""

import numpy as np
import pytest

from cyclegan_neuro.recordings.checks import check
from cyclegan_neuro.recordings.checks.quantity import quantity
from cyclegan_neuro.recordings.recording import Recording

RATE = 30.0
RNG = np.random.default_rng(5)
SPIKES = RNG.random((3000, 20)) < 0.01
KERNEL = np.exp(-np.arange(60) / 15)
CLEAN = np.stack([np.convolve(column, KERNEL)[:3000] for column in SPIKES.T], axis=1) * RNG.uniform(0.1, 0.6, 20)
DFF = CLEAN + RNG.uniform(0.04, 0.15, 20) * RNG.standard_normal(CLEAN.shape)
F0 = RNG.uniform(100, 900, 20)


def found(values, *, rate=RATE, stated=False):
    findings = check(Recording(values.astype(np.float32), rate), unit_stated=stated)
    return {f.code: f for f in findings if f.severity != "info"}


@pytest.mark.parametrize(
    "values",
    [
        DFF, 5 * DFF, DFF + 0.2, DFF - DFF.min(axis=0), np.minimum(DFF, 0.3),
        20 * CLEAN[:, :1] + DFF[:, :1], DFF[:200], CLEAN + 0.1 * DFF,
    ],
    ids=["ΔF/F", "bright", "offset", "from its minimum", "saturated", "one bright cell", "short", "little noise"],
)  # fmt: skip
def test_sound_traces_are_called_nothing(values):
    assert found(values) == {}


@pytest.mark.parametrize(
    ("values", "code", "severity", "says"),
    [
        (F0 * (1 + DFF), "raw", "critical", "set unit: raw"),
        (F0 / 5000 * (1 + DFF), "raw", "critical", "set unit: raw"),
        (30_000 + F0 * (1 + DFF), "raw", "critical", "set unit: raw"),
        (3000 * RNG.standard_normal(DFF.shape) + F0 * (1 + DFF), "raw", "critical", "set unit: raw"),
        (1 + DFF / 2, "f_over_f0", "critical", "subtract 1, or set unit: raw"),
        (100 * DFF, "percent", "critical", "set unit: percent"),
        (30 * (DFF - CLEAN), "percent", "critical", "set unit: percent"),
        ((DFF - DFF.mean(0)) / DFF.std(0), "z_score", "warning", "z-scores"),
        ((DFF - DFF.mean(0)) / DFF.std(0) * RNG.uniform(0.9, 0.93, 20) + 0.1, "z_score", "warning", "another stretch"),
        ((DFF - DFF.min(0)) / np.ptp(DFF, axis=0), "scaled", "warning", "scaled one by one"),
        (SPIKES * RNG.random(SPIKES.shape), "events", "warning", "deconvolved traces or events"),
        (np.maximum(DFF, 0), "cut_at_zero", "warning", "negative values were set to 0"),
        (CLEAN, "noise", "warning", "denoised traces"),
        (CLEAN + 2e-4 * RNG.standard_normal(CLEAN.shape), "noise", "warning", "denoised traces"),
    ],
    ids=[
        "raw", "raw in small units", "raw on a camera's offset", "raw without its neuropil", "F/F0", "percent",
        "percent of silent neurons", "z-scores", "z-scores of another stretch", "scaled", "deconvolved", "cut",
        "denoised", "nearly denoised",
    ],
)  # fmt: skip
def test_other_quantities_are_called_what_they_are(values, code, severity, says):
    codes = found(values)
    assert list(codes) == [code]
    assert (codes[code].severity, says in codes[code].fix) == (severity, True)
    assert ("unit: percent" in codes[code].fix) == (code == "percent")


def test_numbers_are_told():
    (raw,) = quantity(Recording((F0 * (1 + DFF)).astype(np.float32), RATE), "day1.h5")
    low, high = np.percentile(np.percentile(F0 * (1 + DFF), 10, axis=0), (10, 90))
    assert f"baselines (10th percentile) of {low:.3g} to {high:.3g}" in raw.got
    (events,) = quantity(Recording((SPIKES * RNG.random(SPIKES.shape)).astype(np.float32), RATE), "day1.h5")
    assert "99 % of the values exactly 0" in events.got


@pytest.mark.parametrize("values", [F0 * (1 + DFF), 1 + DFF / 2, 100 * DFF])
def test_a_stated_unit_makes_it_a_warning(values):
    assert [f.severity for f in found(values, stated=True).values()] == ["warning"]
