"""From raw fluorescence to ΔF/F: the baseline, the neuropil, and neurons that have no F0."""

import numpy as np
import pytest

from cyclegan_neuro.configuration.sections import BaselineSection, RecordingSection
from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings import dff as module
from cyclegan_neuro.recordings.dff import delta_f_over_f, running_baseline
from cyclegan_neuro.recordings.loading import load, read_file
from cyclegan_neuro.recordings.noise import noise_levels
from cyclegan_neuro.recordings.pairing import read_pair
from cyclegan_neuro.recordings.recording import Recording
from cyclegan_neuro.recordings.writing import write_recording


def computed(raw, **settings):
    copy = np.array(raw, np.float32)  # it is overwritten
    return delta_f_over_f(copy, frame_rate_hz=10.0, settings=BaselineSection(**settings))


@pytest.fixture
def bleached():
    """Return raw fluorescence of sparse transients on F0 that falls to half, and the ΔF/F it was made of."""
    rng = np.random.default_rng(0)
    spikes = rng.random((6000, 5)) < 0.02
    kernel = np.exp(-np.arange(60) / 5.0)
    dff = 0.5 * np.stack([np.convolve(column, kernel)[:6000] for column in spikes.T.astype(float)], axis=1)
    f0 = (200 * 0.5 ** (np.arange(6000) / 6000))[:, None] * np.array([0.5, 1, 2, 4, 8])
    return (f0 * (1 + dff + rng.normal(0, 0.05, dff.shape))).astype(np.float32), dff


def test_by_hand():
    raw = np.full((600, 2), [100.0, 40.0])
    raw[300] = 150.0, 30.0
    made = computed(raw)
    expected = np.zeros((600, 2))
    expected[300] = 0.5, -0.25
    np.testing.assert_allclose(made.dff, expected, atol=1e-6)
    assert made.dff.dtype == np.float32


def test_neuropil_is_subtracted_with_the_factor():
    neuropil = np.random.default_rng(0).uniform(50, 90, (600, 1)).astype(np.float32)
    raw = 100 + 0.4 * neuropil
    raw[300] += 50
    settings = BaselineSection(neuropil=0.4)
    made = delta_f_over_f(raw.astype(np.float32), frame_rate_hz=10.0, settings=settings, neuropil=neuropil)
    np.testing.assert_allclose(made.dff[[299, 300], 0], [0, 0.5], atol=1e-5)
    assert "with a factor of 0.4" in made.note


def test_falling_brightness_leaves_no_trace(bleached):
    raw, truth = bleached
    made = computed(raw).dff
    late, early = made[4500:].mean(axis=0), made[:1500].mean(axis=0)
    np.testing.assert_allclose(late - early, truth[4500:].mean(axis=0) - truth[:1500].mean(axis=0), atol=0.02)
    assert np.abs(np.median(made - truth)) < 0.04  # F0 is neither lifted by transients nor pulled down by noise
    assert np.corrcoef(made.ravel(), truth.ravel())[0, 1] > 0.9


def test_percentile_of_frames_would_be_pulled_down_by_noise():
    raw = np.random.default_rng(0).normal(100, 10, (6000, 1)).astype(np.float32)
    f0 = running_baseline(raw, frame_rate_hz=30.0, window_s=60.0, percentile=8.0)
    assert 96 < f0.mean() < 100
    assert np.percentile(raw, 8) < 87


def test_window_as_long_as_the_recording_is_one_percentile(bleached):
    raw, _ = bleached
    means = raw.reshape(600, 10, 5).mean(axis=1)
    f0 = running_baseline(raw, frame_rate_hz=10.0, window_s=600.0, percentile=8.0)
    np.testing.assert_allclose(f0, np.broadcast_to(np.percentile(means, 8, axis=0), raw.shape), rtol=1e-5)


@pytest.mark.parametrize("n_frames", [1, 2, 7, 61])
def test_short_recordings_have_a_baseline(n_frames):
    raw = np.full((n_frames, 1), 5, np.float32)
    np.testing.assert_array_equal(running_baseline(raw, frame_rate_hz=3.0, window_s=4.0, percentile=8.0), raw)


def test_blocks_of_neurons_do_not_show(bleached, monkeypatch):
    whole = computed(bleached[0]).dff
    monkeypatch.setattr(module, "_COLUMNS_AT_ONCE", 2)
    np.testing.assert_array_equal(computed(bleached[0]).dff, whole)


def test_nan_stays_where_it_was(bleached):
    raw, _ = bleached
    holed = raw.copy()
    holed[100:190, 1] = holed[3000, 2] = np.nan
    made = computed(holed).dff
    np.testing.assert_array_equal(np.isnan(made), np.isnan(holed))
    np.testing.assert_allclose(made[np.isfinite(holed)], computed(raw).dff[np.isfinite(holed)], atol=0.05)


@pytest.fixture
def dim():
    """Return raw fluorescence of four neurons: bright, near 0, below 0, and near 0 for a minute."""
    raw = np.random.default_rng(0).normal(0, 5, (3000, 4)) + np.array([100, 3, -40, 100])
    raw[1000:1800, 3] -= 98
    return raw.astype(np.float32)


def test_neurons_without_f0_are_named(dim):
    with pytest.raises(RecordingError, match=r"F0 near or below 0 in 3 of 4 neurons: 1 \(.*, 2 \(-4.*, 3 \(") as caught:
        computed(dim)
    assert "near_zero: drop" in caught.value.fix


def test_neurons_without_f0_are_dropped_where_that_was_asked_for(dim):
    made = computed(dim, near_zero="drop")
    assert made.without_baseline.tolist() == [1, 2, 3]
    assert np.isnan(made.dff[:, 1:]).all()
    assert np.isfinite(made.dff[:, 0]).all()
    with pytest.raises(RecordingError, match="F0 near or below 0 in 3 of 3 neurons") as caught:
        computed(dim[:, 1:], near_zero="drop")
    assert "near_zero" not in caught.value.fix


def test_a_spread_of_rounding_is_no_noise(dim):
    for spread, level in ((1e-16, 0.0), (1e-13, 0.0), (1e-5, 1e3)):
        made = dim.copy()
        made[:, 2] = level + spread * np.random.default_rng(0).standard_normal(len(dim))
        with pytest.raises(RecordingError, match=r"no noise to divide by in 1 of 4 neurons: 2 \("):
            computed(made, divide_by="noise")
    computed(dim * 1e-6, divide_by="noise")  # another unit


def test_traces_without_background_in_units_of_their_noise(dim):
    made = computed(dim, divide_by="noise")
    np.testing.assert_allclose(noise_levels(made.dff, 10.0), 2.0, rtol=0.01)
    assert "not ΔF/F" in made.note
    dim[:, 1] = 7
    with pytest.raises(RecordingError, match=r"no noise to divide by in 1 of 4 neurons: 1 \("):
        computed(dim, divide_by="noise")


def test_a_factor_without_neuropil_is_refused(bleached):
    with pytest.raises(RecordingError, match=r"baseline\.neuropil: got 0\.5, and no neuropil fluorescence"):
        delta_f_over_f(bleached[0], frame_rate_hz=10.0, settings=BaselineSection(neuropil=0.5))


def test_any_file_may_hold_raw_fluorescence(tmp_path, bleached):
    raw, truth = bleached
    np.savez(tmp_path / "a.npz", F=raw, Fneu=raw * 0.1, frame_rate_hz=10.0)
    fields = {"dff": "F", "neuropil": "Fneu"}
    section = RecordingSection(path=str(tmp_path / "a.npz"), fields=fields, unit="raw")
    reading = load(section, base_directory=tmp_path)
    assert np.corrcoef(reading.recording.dff.ravel(), truth.ravel())[0, 1] > 0.9
    assert any("percentile 8 of means over 1 s in a running window of 60 s" in note for note in reading.notes)
    assert not [finding for finding in reading.check() if finding.severity == "critical"]


def test_raw_is_never_guessed(tmp_path, bleached):
    np.savez(tmp_path / "a.npz", dff=bleached[0], neuropil=np.array(["no", "matrix"]), frame_rate_hz=10.0)
    np.testing.assert_array_equal(read_file(tmp_path / "a.npz").dff, bleached[0])
    with pytest.raises(RecordingError, match="baseline, and traces of which nobody says that they are raw"):
        load(RecordingSection(path="a.npz", baseline=BaselineSection()), base_directory=tmp_path)
    with pytest.raises(RecordingError, match=r"fields\.neuropil, and traces of which nobody"):
        load(RecordingSection(path="a.npz", fields={"neuropil": "neuropil"}), base_directory=tmp_path)


def test_neurons_without_f0_are_dropped_on_both_days(tmp_path, dim):
    for day, raw in (("x", dim), ("y", dim[:, ::-1] * 0 + 100 + dim[:, :1])):
        recording = Recording(np.ascontiguousarray(raw), frame_rate_hz=10.0, roi_ids=("a", "b", "c", "d"))
        write_recording(recording, tmp_path / f"{day}.h5")
    how = {"unit": "raw", "baseline": BaselineSection(near_zero="drop")}
    sections = [RecordingSection(path=str(tmp_path / f"{day}.h5"), **how) for day in "xy"]
    days = read_pair(*sections, base_directory=tmp_path)
    assert days.x.roi_ids == days.y.roi_ids == ("a",)
    assert any("3 neurons with F0 near or below 0 dropped: b, c, d" in note for note in days.notes)
