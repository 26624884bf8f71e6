"""Spike times and Neo trains."""

import numpy as np
import pytest

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.spikes.trains import neo_train, neo_trains, spike_times


def test_spike_times_by_hand():
    counts = np.array([[0, 3, 0], [1, 0, 0], [2, 1, 0]], np.uint8)
    first, second, third = spike_times(counts, frame_rate_hz=10.0)
    np.testing.assert_allclose(first, [0.15, 0.225, 0.275])
    np.testing.assert_allclose(second, [1 / 60, 3 / 60, 5 / 60, 0.25])
    assert third.size == 0


def test_spikes_lie_within_their_frames_and_none_is_lost():
    counts = np.random.default_rng(1).poisson(0.7, (200, 5)).astype(np.uint16)
    for times, expected in zip(spike_times(counts, frame_rate_hz=24.0), counts.T, strict=True):
        assert (np.diff(times) > 0).all()
        np.testing.assert_array_equal(np.bincount((times * 24.0).astype(int), minlength=200), expected)


def test_neo_trains_state_unit_start_and_stop():
    trains = neo_trains(np.array([[1, 0], [2, 0], [0, 0]], np.uint8), frame_rate_hz=2.0)
    assert [train.size for train in trains] == [3, 0]
    for train in trains:
        assert train.units.dimensionality.string == "s"
        assert (float(train.t_start), float(train.t_stop)) == (0.0, 1.5)
    np.testing.assert_allclose(trains[0].magnitude, [0.25, 0.625, 0.875])


def test_times_from_anywhere_are_sorted():
    train = neo_train([3.0, 0.0, 1.5], t_stop_s=3.0)
    np.testing.assert_array_equal(train.magnitude, [0.0, 1.5, 3.0])
    assert float(train.t_stop) == 3.0


@pytest.mark.parametrize(
    ("times_s", "message"),
    [
        ([0.5, 2.5, -0.1, 7.0], "got 3 of 4 outside, the first is 2.5 s, expected times in seconds between 0 and 2 s"),
        ([np.nan, 1.0], "got 1 of 2 outside, the first is nan s"),
    ],
)
def test_times_outside_the_recording_are_an_error(times_s, message):
    with pytest.raises(RecordingError, match=message):
        neo_train(times_s, t_stop_s=2.0)
