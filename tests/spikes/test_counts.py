"""Counts from rates: what systematic sampling promises, and what is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.spikes.counts import SpikeCounts, counts_from_rates


def test_counts_by_hand():
    rates_hz = np.array([[3.0], [6.0], [6.0], [0.0], [9.0]])  # 0.25 0.5 0.5 0 0.75 per frame at 12 Hz
    phase = np.random.default_rng(4).random((1, 1, 1)).item()  # the documented draw
    so_far = np.array([0.25, 0.75, 1.25, 1.25, 2.0])
    expected = np.diff([0, *np.floor(so_far + phase)])
    got = counts_from_rates(rates_hz, frame_rate_hz=12.0, seed=4)
    assert got.dtype == np.uint8
    np.testing.assert_array_equal(got[:, 0], expected)
    assert got.sum() == 2


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10_000), scale_hz=st.sampled_from([0.3, 5.0, 80.0]))
def test_every_stretch_holds_its_integral_to_within_one_spike(seed, scale_hz):
    rates_hz = np.random.default_rng(seed).gamma(0.5, scale_hz, (60, 3))
    counts = counts_from_rates(rates_hz, frame_rate_hz=24.0, seed=seed)
    so_far = np.vstack([np.zeros(3), np.cumsum(counts, axis=0)])
    integral = np.vstack([np.zeros(3), np.cumsum(rates_hz / 24.0, axis=0)])
    for length in (1, 7, 60):
        difference = (so_far[length:] - so_far[:-length]) - (integral[length:] - integral[:-length])
        assert np.abs(difference).max() < 1.0


def test_the_expected_count_is_the_integral():
    rates_hz = np.zeros((4000, 3, 1))
    rates_hz[:, 1] = 7.2  # 0.3 spikes
    counts = counts_from_rates(rates_hz, frame_rate_hz=24.0, seed=1)
    assert counts[:, 1].mean() == pytest.approx(0.3, abs=0.03)  # four standard errors
    assert not counts[:, [0, 2]].any()


def test_the_phases_depend_on_the_seed_alone():
    rates_hz = np.full((3, 50, 2), 5.0)
    first = counts_from_rates(rates_hz, frame_rate_hz=24.0, seed=1)
    changed = rates_hz.copy()
    changed[1, :, 0] = 11.0
    second = counts_from_rates(changed, frame_rate_hz=24.0, seed=1)
    np.testing.assert_array_equal(first[[0, 2]], second[[0, 2]])
    np.testing.assert_array_equal(first[1, :, 1], second[1, :, 1])
    assert (first != counts_from_rates(rates_hz, frame_rate_hz=24.0, seed=2)).any()


def test_windows_and_neurons_have_phases_of_their_own():
    counts = counts_from_rates(np.full((20, 240, 20), 1.0), frame_rate_hz=24.0, seed=3)
    first_spikes = counts.argmax(axis=1)
    assert len(np.unique(first_spikes)) > 12


def test_negative_rates_count_as_nothing_and_high_rates_need_more_bits():
    assert not counts_from_rates(np.full((10, 1), -5.0), frame_rate_hz=24.0, seed=1).any()
    many = counts_from_rates(np.full((10, 1), 24.0 * 300), frame_rate_hz=24.0, seed=1)
    assert many.dtype == np.uint16
    np.testing.assert_array_equal(many, 300)


@pytest.mark.parametrize(
    ("rates_hz", "message"),
    [
        (np.array([[1.0], [np.nan]]), "expected finite rates in Hz"),
        (np.array([[1.0], [-np.inf]]), "expected finite rates in Hz"),
        (np.full((2, 1), 1e9), "at most 65,535 spikes per frame"),
        (np.zeros(5), r"got shape \(5,\)"),
    ],
)
def test_unusable_rates_are_refused(rates_hz, message):
    with pytest.raises(RecordingError, match=message):
        counts_from_rates(rates_hz, frame_rate_hz=24.0, seed=1)


@pytest.mark.parametrize(
    ("counts", "rate_hz", "message"),
    [
        (np.zeros((2, 3, 4)), 24.0, "got float64 of shape"),
        (np.zeros((3, 4), np.uint8), 24.0, r"shape \(3, 4\)"),
        (np.zeros((2, 0, 4), np.uint8), 24.0, "at least one frame"),
        (np.zeros((2, 3, 4), np.uint8), 0.0, "frame rate of spikes: got 0.0"),
    ],
)
def test_counts_that_are_none_are_refused(counts, rate_hz, message):
    with pytest.raises(RecordingError, match=message):
        SpikeCounts(counts, rate_hz)


def test_silent_neurons_have_no_spike_in_any_window():
    counts = np.zeros((2, 3, 3), np.uint8)
    counts[1, 2, 1] = 1
    np.testing.assert_array_equal(SpikeCounts(counts, 24.0).silent, [True, False, True])
