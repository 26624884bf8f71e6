"""Resampling keeps signals, events and gaps where they were."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cyclegan_neuro.recordings.recording import COUNTS, Behaviour, Recording
from cyclegan_neuro.recordings.resampling import resample


def laps(rate=24.0, n_frames=2400, **changes):
    time = np.arange(n_frames) / rate
    values = {
        "dff": np.stack([np.sin(np.pi * time), time / 100], axis=1).astype(np.float32),
        "frame_rate_hz": rate,
        "behaviour": Behaviour(
            position_cm=(time * 20 % 160).astype(np.float32),
            trial=(time * 20 // 160).astype(np.int32),
            speed_cm_s=time.astype(np.float32),
        ),
    }
    return Recording(**(values | changes))


@pytest.mark.parametrize("rate", [30.0, 20.0, 7.5])
def test_slow_signals_survive(rate):
    new = resample(laps(), rate)
    time = np.arange(new.n_frames) / rate
    inside = slice(20, -20)
    assert new.frame_rate_hz == rate
    assert new.dff.dtype == np.float32
    np.testing.assert_allclose(new.dff[inside, 0], np.sin(np.pi * time)[inside], atol=5e-3)
    np.testing.assert_allclose(new.dff[:, 1], time / 100, atol=5e-3)
    np.testing.assert_allclose(new.behaviour.speed_cm_s[:-2], time[:-2], atol=1e-4)


def test_fast_signals_do_not_fold_back():
    time = np.arange(2400) / 24
    fast = np.sin(2 * np.pi * 10 * time).astype(np.float32)[:, None]  # 10 Hz; 8 Hz can carry 4
    assert np.abs(resample(Recording(fast, frame_rate_hz=24.0), 8.0).dff[20:-20]).max() < 0.02


def test_position_does_not_slide_back_at_the_end_of_a_lap():
    new = resample(laps(), 30.0).behaviour
    expected = np.arange(len(new.position_cm)) / 30 * 20 % 160
    distance = np.abs(new.position_cm - expected)[:-2]
    assert np.minimum(distance, 160 - distance).max() < 0.5  # half a frame at 20 cm/s is 0.42 cm
    assert set(new.trial) == set(range(13))


def test_unknown_position_stays_unknown():
    recording = laps()
    recording.behaviour.position_cm[100:200] = np.nan
    new = resample(recording, 12.0).behaviour.position_cm
    np.testing.assert_array_equal(np.isnan(new), np.isin(np.arange(1200), np.arange(50, 100)))


@settings(max_examples=40, deadline=None)
@given(
    n_frames=st.integers(2, 200),
    rate=st.sampled_from([5.0, 12.0, 23.976, 30.0, 48.0]),
    gaps=st.sets(st.integers(0, 198), max_size=4),
    seed=st.integers(0, 99),
)
def test_counts_and_stretches_are_kept(n_frames, rate, gaps, seed):
    drawn = np.random.default_rng(seed).poisson(0.5, (len(COUNTS), n_frames)).astype(np.uint8)
    counts = dict(zip(COUNTS, drawn, strict=True))
    gaps = np.array(sorted(g for g in gaps if g < n_frames - 1), np.int64)
    recording = laps(n_frames=n_frames, behaviour=Behaviour(**counts), gaps=gaps)
    new = resample(recording, rate)
    resampled = new.behaviour.available()
    assert resampled.keys() == set(COUNTS)
    assert all(v.dtype == np.uint8 and v.shape == (new.n_frames,) for v in resampled.values())
    borders = [0, *(gaps + 1), n_frames]
    new_borders = [0, *(new.gaps + 1), new.n_frames]
    assert len(borders) == len(new_borders)
    for (a, b), (c, d) in zip(pairwise(borders), pairwise(new_borders), strict=True):
        assert all(resampled[name][c:d].sum() == values[a:b].sum() for name, values in counts.items())
        assert abs((d - c) / new.frame_rate_hz - (b - a) / 24.0) < 1 / min(rate, 24.0)


def test_truth_follows(make_recording):
    recording = make_recording(n_frames=240)
    new = resample(recording, 12.0)
    assert new.truth.other_day_dff.shape == new.dff.shape
    np.testing.assert_array_equal(new.truth.spikes.sum(axis=0), recording.truth.spikes.sum(axis=0))
    np.testing.assert_array_equal(new.truth.changed, recording.truth.changed)


def test_same_rate_is_the_same_recording():
    recording = laps()
    assert resample(recording, 24.0) is recording
