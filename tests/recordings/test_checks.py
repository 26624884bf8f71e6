"""Checks find what is there and stay silent where nothing is."""

import numpy as np
import pytest

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings.checks import check, require
from cyclegan_neuro.recordings.recording import Recording


def noisy(n_frames=6000, n_neurons=20, *, scale=0.08, seed=0):
    return np.random.default_rng(seed).normal(0.0, scale, (n_frames, n_neurons)).astype(np.float32)


def codes(dff, *, rate=24.0, **kwargs):
    return {f.code: f.severity for f in check(Recording(dff, frame_rate_hz=rate, **kwargs))}


def test_a_good_recording_gives_information_only():
    assert codes(noisy()) == {"negative": "info", "noise": "info"}


def test_gaps_tell_the_longest_window():
    found = check(Recording(noisy(), frame_rate_hz=24.0, gaps=np.array([999, 1999])))
    gaps = next(f for f in found if f.code == "gaps")
    assert gaps.expected == "windows of at most 4,000 frames, since none crosses a gap"
    assert "(166.7 s)" in gaps.got


def test_noise_level_by_hand():
    dff = np.tile(np.array([[0.0], [0.02]], np.float32), (50, 1))  # every frame differs by 2 %
    found = check(Recording(dff, frame_rate_hz=4.0))
    assert next(f for f in found if f.code == "noise").got.startswith("1 % per sqrt(Hz)")


def smooth():
    return np.cumsum(noisy(), axis=0) / 100


@pytest.mark.parametrize("dff", [smooth(), noisy() / 100], ids=["denoised", "a fraction divided by 100"])
def test_traces_without_noise_are_not_taken_for_measured_ones(dff):
    found = next(f for f in check(Recording(dff, frame_rate_hz=24.0)) if f.code == "noise")
    assert found.severity == "warning"
    assert found.fix.startswith("use ΔF/F as a fraction and as measured")


def test_constant_neurons_say_nothing_of_the_noise():
    dff = noisy()
    dff[:, :15] = 0.1
    assert codes(dff)["noise"] == "info"


def test_slow_states_are_not_bleaching():
    time = np.arange(6000)[:, None]
    assert "bleached" not in codes(noisy() + 0.08 * np.sin(2 * np.pi * time / 6000).astype(np.float32))


def test_baseline_that_recovers_is_not_bleaching():
    dff = noisy()
    dff[2000:3000] -= 1.0
    assert "bleached" not in codes(dff)


def test_one_repeated_frame_is_not_blanked():
    dff = noisy()
    dff[11] = dff[10]
    assert "blanked" not in codes(dff)


def test_large_transients_are_not_percent():
    dff = noisy()
    dff[::500] += 15.0
    assert "percent" not in codes(dff)


def test_missing_values_do_not_hide_other_findings():
    dff = noisy()
    dff[3, 3], dff[:, 4] = np.nan, 0.0
    assert {"nan", "constant"} <= codes(dff).keys()


def test_all_nan_is_critical_without_a_crash():
    assert codes(np.full((300, 4), np.nan, np.float32)) == {"nan": "critical"}


@pytest.mark.filterwarnings("error")
def test_a_neuron_of_nan_alone_warns_of_nothing_but_itself():
    dff = noisy()
    dff[:, 2] = np.nan
    assert codes(dff) == codes(np.delete(dff, 2, axis=1)) | {"nan": "critical"}


@pytest.mark.parametrize("shape", [(1, 1), (2, 1), (3, 3)])
def test_tiny_recordings_do_not_crash(shape):
    check(Recording(np.random.default_rng(0).normal(size=shape).astype(np.float32), frame_rate_hz=24.0))


def test_critical_findings_come_first():
    dff = noisy()
    dff[:, 1], dff[5, 2] = 0.0, np.inf
    severities = [f.severity for f in check(Recording(dff, frame_rate_hz=24.0))]
    assert severities == sorted(severities, key=["critical", "warning", "info"].index)


def test_require_names_all_critical_findings():
    dff = noisy()
    dff[5, 2] = np.nan
    with pytest.raises(RecordingError, match=r"got 0\.04 Hz, .*Also critical: .*neuron 2: 1 NaN in frames 5"):
        require(check(Recording(dff, frame_rate_hz=0.04)))
    require(check(Recording(noisy(), frame_rate_hz=24.0)))


def test_long_lists_of_neurons_are_cut():
    dff = noisy()
    dff[:, :12] = 0.0
    found = check(Recording(dff, frame_rate_hz=24.0, session="day 1"))
    assert next(f for f in found if f.code == "constant").where == "day 1, neurons 0, 1, 2, 3, 4, 5, 6, 7 and 4 more"
