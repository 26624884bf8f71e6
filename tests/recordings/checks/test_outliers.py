"""Neurons and single values that ruin the scaling of all are named; active neurons are not."""

from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d

from cyclegan_neuro.configuration.sections import RecordingSection
from cyclegan_neuro.recordings.checks import check
from cyclegan_neuro.recordings.checks.outliers import outlying
from cyclegan_neuro.recordings.loading import load
from cyclegan_neuro.recordings.recording import Recording


def noisy(n_frames=6000, n_neurons=20):
    return np.random.default_rng(0).normal(0.0, 0.08, (n_frames, n_neurons)).astype(np.float32)


def found(dff):
    return list(outlying(Recording(dff, frame_rate_hz=24.0), "day1.h5"))


def usual(dff):
    """What the median neuron does: 0.1 % of the frames set aside."""
    away = np.sort(np.abs(dff - np.median(dff, axis=0)), axis=0)
    return float(np.median(away[-1 - max(3, len(dff) // 1000)]))


@pytest.mark.parametrize("factor", [1000.0, -800.0])
def test_a_neuron_far_from_the_population(factor):
    dff = noisy()
    dff[:, 3] *= factor
    (finding,) = found(dff)
    assert (finding.severity, finding.code, finding.where) == ("warning", "outlying", "day1.h5, neuron 3")
    assert f"times what the median neuron does ({usual(dff):.3g})" in finding.got
    assert "outlying_neurons: drop" in finding.fix
    assert "windows.scaling: neuron" in finding.fix


@pytest.mark.parametrize(
    ("far", "factor", "said"), [([3], 60, ["outlying"]), ([0, 3, 7], 60, ["percent", "outlying"]), ([3], 35, [])]
)
def test_neurons_far_from_the_population_do_not_make_it_percent(far, factor, said):
    dff = 4 * noisy(n_neurons=12)
    dff[:, far] *= factor
    assert np.percentile(dff, 99) > 10
    told = {finding.code for finding in check(Recording(dff, frame_rate_hz=24.0)) if finding.severity != "info"}
    assert told == set(said)
    dff *= 100.0
    told = {finding.code for finding in check(Recording(dff, frame_rate_hz=24.0)) if finding.severity == "critical"}
    assert told == {"percent"}


@pytest.mark.parametrize("active", [6, 20])
def test_active_neurons_of_a_silent_population_in_percent(active):
    """Smoothed traces have the noise of a fraction: their size alone tells the unit."""
    rng = np.random.default_rng(1)
    dff = gaussian_filter1d(rng.normal(0, 5, (6000, 60)), 12, axis=0)
    events = gaussian_filter1d((rng.random((6000, active)) < 0.004) * 6000.0, 12, axis=0)
    dff[:, :active] += events
    assert np.percentile(dff, 99) > 10
    told = {finding.code for finding in check(Recording(dff.astype(np.float32), frame_rate_hz=24.0))}
    assert "percent" in told


@pytest.mark.parametrize("frames", [[123], [123, 124, 4000]])
def test_single_values_are_named_with_their_frames(frames):
    dff = noisy()
    dff[frames, 3] = 1e5
    (finding,) = found(dff)
    where = "frames 123" if len(frames) == 1 else "frames 123-124, 4000"
    assert finding.where == f"day1.h5, neuron 3, {where}"
    assert finding.got.startswith("single values up to 1e+05 from the median, ")
    assert f"exclude_y: [[123, {123 if len(frames) == 1 else 124}]]" in finding.fix


def test_a_light_that_all_neurons_see():
    """The median neuron has it too, so that no neuron is far from it."""
    dff = noisy()
    dff[700] += 40
    (finding,) = found(dff)
    assert finding.where.endswith("5, 6, 7 and 12 more, frames 700")


def test_most_neurons_with_an_outlier_do_not_hide_each_other():
    dff = noisy()
    dff[np.arange(15) * 100, np.arange(15)] = 1e4
    assert "and 7 more" in found(dff)[0].where


def test_an_active_neuron_among_quiet_ones_is_not_outlying():
    dff = noisy()
    dff[::50, 3] += 8.0
    dff[7, 5] = np.nan
    assert found(dff) == []
    events = np.zeros((20_000, 30), np.float32)
    rows = np.random.default_rng(1).integers(0, 20_000, (15, 30))
    np.put_along_axis(events, rows, np.random.default_rng(2).uniform(0.2, 1, rows.shape).astype(np.float32), axis=0)
    assert found(events) == []
    events[50, 3] = 1000
    assert [f.where for f in found(events)] == ["day1.h5, neuron 3, frames 50"]


@pytest.mark.parametrize("odd", [np.nan, np.inf])
def test_what_is_not_finite_is_passed_by(odd):
    dff = noisy(400)
    dff[:, 1], dff[5, 2], dff[9, 4] = odd, odd, 1e4
    assert [f.where for f in found(dff)] == ["day1.h5, neuron 4, frames 9"]
    assert found(np.full((30, 3), odd, np.float32)) == []


def test_outlying_neurons_are_dropped_where_that_is_asked_for(tmp_path):
    dff = noisy(400)
    dff[:, 3] *= 1000.0
    dff[9, 5] = 1e4
    np.savez(tmp_path / "x.npz", dff=dff, frame_rate_hz=24.0, roi_ids=[f"c{i}" for i in range(20)])
    kept = load(RecordingSection(path="x.npz"), base_directory=tmp_path)
    assert [f.code for f in kept.check()].count("outlying") == 2
    dropped = load(RecordingSection(path="x.npz", outlying_neurons="drop"), base_directory=Path(tmp_path))
    assert dropped.notes[0].endswith("2 neurons with values far beyond all others dropped: c3, c5")
    assert dropped.kept.n_neurons == 18
    assert "outlying" not in [f.code for f in dropped.check()]
