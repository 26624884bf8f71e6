"""Resampling keeps spikes and mean; smoothing keeps mass."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cyclegan_neuro.spikes.ground_truth.cells import GroundTruthSegment
from cyclegan_neuro.spikes.ground_truth.examples import resample, smooth_target


def segment_of(dff, rate_hz, spikes=(), start_s=0.0):
    return GroundTruthSegment(
        start_s + np.arange(len(dff)) / rate_hz, np.asarray(dff, np.float32), np.asarray(spikes, np.float64)
    )


def test_two_native_frames_make_one():
    # Frames of 0.25 s from -0.125 s, so target frames begin at -0.125, 0.375 and 0.875 s.
    segment = segment_of([1, 3, 5, 7, 0, 2], 4.0, spikes=[-0.1, 0.37, 0.38, 1.3])
    dff, counts = resample(segment, 2.0)
    assert dff.dtype == np.float32
    np.testing.assert_array_equal(dff, [2, 6, 1])
    np.testing.assert_array_equal(counts, [2, 1, 1])


def test_a_frame_that_is_shared_is_weighted_by_its_parts():
    # 1.5 native frames per target frame: (0 + 3/2) / 1.5 and (3/2 + 6) / 1.5.
    dff, _ = resample(segment_of([0, 3, 6], 3.0), 2.0)
    np.testing.assert_allclose(dff, [1, 5])


def test_to_a_higher_rate_the_line_between_frames_is_read():
    # Frames at 0 and 0.5 s; middles of the new frames at -0.125, 0.125, 0.375 and 0.625 s.
    dff, counts = resample(segment_of([0, 4], 2.0, spikes=[0.3]), 4.0)
    np.testing.assert_allclose(dff, [0, 1, 3, 4])
    np.testing.assert_array_equal(counts, [0, 0, 1, 0])


def test_the_same_rate_changes_nothing():
    values = np.random.default_rng(0).normal(size=40).astype(np.float32)
    dff, _ = resample(segment_of(values, 30.0, start_s=0.017), 30.0)
    np.testing.assert_allclose(dff, values, atol=1e-6)


@settings(max_examples=50, deadline=None)
@given(
    native_hz=st.sampled_from([10.0, 60.06, 158.28]),
    rate_hz=st.sampled_from([7.5, 10.0, 24.0, 30.0]),
    start_s=st.floats(-1.0, 100.0),
    seed=st.integers(0, 99),
)
def test_spikes_and_mean_are_kept(native_hz, rate_hz, start_s, seed):
    rng = np.random.default_rng(seed)
    first = start_s - 0.5 / native_hz
    segment = segment_of(rng.normal(size=400), native_hz, np.sort(first + rng.uniform(0, 400 / native_hz, 70)), start_s)
    dff, counts = resample(segment, rate_hz)
    end = first + len(counts) / rate_hz
    assert -1e-6 < segment.duration_s - len(counts) / rate_hz < 1 / rate_hz + 1e-6
    assert counts.sum() == (segment.spike_times_s < end).sum()
    if native_hz >= rate_hz:
        covered = np.clip((end - first) * native_hz - np.arange(400), 0, 1)  # part of each native frame before the end
        assert dff.mean() == pytest.approx(np.average(segment.dff, weights=covered), abs=1e-5)


def test_smoothing_keeps_mass_inside_and_loses_it_at_the_ends():
    counts = np.zeros(100)
    counts[50] = 3
    for causal in (False, True):
        assert smooth_target(counts, 30.0, 0.05, causal=causal).sum() == pytest.approx(3.0)
    counts[0] = 2
    # Half of the spikes at the start, and half of the middle weight more, stays.
    assert 4.0 < smooth_target(counts, 30.0, 0.05).sum() < 5.0


def test_the_gaussian_is_one():
    smooth = smooth_target(np.eye(1, 101, 50)[0], 10.0, 0.3)
    lags = np.arange(101) - 50
    gaussian = np.where(np.abs(lags) <= 12, np.exp(-0.5 * (lags / 3.0) ** 2), 0)
    np.testing.assert_allclose(smooth, gaussian / gaussian.sum(), atol=1e-12)


def test_the_causal_kernel_is_the_half_after_the_spike():
    smooth = smooth_target(np.eye(1, 20, 5)[0], 10.0, 0.1, causal=True)
    weights = np.exp(-0.5 * np.arange(5) ** 2)
    np.testing.assert_allclose(smooth[5:10], weights / weights.sum())
    assert not smooth[:5].any()
    assert not smooth[10:].any()


def test_no_smoothing_leaves_the_counts():
    np.testing.assert_array_equal(smooth_target(np.array([0, 2, 1]), 30.0, 0.0, causal=True), [0, 2, 1])
