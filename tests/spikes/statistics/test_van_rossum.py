"""Van Rossum distances: by hand, by Elephant, and by products that must equal it."""

import neo
import numpy as np
import pytest
import quantities as pq
from elephant.spike_train_dissimilarity import van_rossum_distance

from cyclegan_neuro.errors import ConfigurationError, RecordingError
from cyclegan_neuro.spikes.counts import SpikeCounts
from cyclegan_neuro.spikes.statistics.van_rossum import distances, pair_distances
from cyclegan_neuro.spikes.statistics.van_rossum_fast import cross_distances, within_distances
from cyclegan_neuro.spikes.trains import neo_trains

METHODS = ("elephant", "fast")


def elephant(trains, time_constant_s):
    stop_s = max([1.0, *(train.max() for train in trains if train.size)])
    as_neo = [neo.SpikeTrain(train, units="s", t_stop=stop_s) for train in trains]
    return van_rossum_distance(as_neo, time_constant_s * pq.s)


def assert_equal(got, expected):
    """Equal to 1e-10; near 0, squares are: the root of their rounding (1e-11 of 1e5) is as large as 3e-6."""
    small = np.minimum(got, expected) < 1e-5
    np.testing.assert_allclose(np.where(small, 0, got), np.where(small, 0, expected), rtol=0, atol=1e-10)
    np.testing.assert_allclose(np.square(got)[small], np.square(expected)[small], rtol=0, atol=1e-10)


@pytest.mark.parametrize("method", METHODS)
def test_distance_of_known_trains(method):
    # frames of 1 s: u = 0.5, 1.5; v = 1.5; and an empty train, as three windows of one neuron
    windows = np.array([[[1], [1], [0]], [[0], [1], [0]], [[0], [0], [0]]], np.uint8)
    got = distances(SpikeCounts(windows, 1.0), SpikeCounts(windows[1:], 1.0), time_constant_s=2.0, method=method)
    half = np.exp(-0.5)
    u_v, u_empty = np.sqrt(2 + 2 * half + 1 - 2 * (half + 1)), np.sqrt(2 + 2 * half)
    np.testing.assert_allclose(got.within[0], [[0, u_v, u_empty], [u_v, 0, 1], [u_empty, 1, 0]], atol=1e-12)
    np.testing.assert_allclose(got.cross[0], [[u_v, u_empty], [0, 1], [1, 0]], atol=1e-12)


def known(counts, *, frame_rate_hz):
    return [train.magnitude for train in neo_trains(counts, frame_rate_hz=frame_rate_hz)]


def test_products_of_known_times():
    # frames of 1 s: u = 1.5, 2.5; v = 0.25, 0.75. K(u, u) = 2 + 2 exp(-1), K(v, v) = 2 + 2 exp(-0.5)
    u, v = np.array([[0], [1], [1]], np.uint8), np.array([[2], [0], [0]], np.uint8)
    product = sum(np.exp(-abs(i - j)) for i in (1.5, 2.5) for j in (0.25, 0.75))
    got = cross_distances(u, v, frame_rate_hz=1.0, time_constant_s=1.0)
    np.testing.assert_allclose(got, [[np.sqrt(4 + 2 / np.e + 2 * np.exp(-0.5) - 2 * product)]], rtol=1e-14)


@pytest.mark.parametrize("time_constant_s", [0.01, 0.5, 30.0])
@pytest.mark.parametrize("frame_rate_hz", [3.0, 24.0])
@pytest.mark.parametrize("rate_hz", [0.05, 1.0, 8.0])
def test_products_equal_elephant(time_constant_s, frame_rate_hz, rate_hz):
    rng = np.random.default_rng(1)
    shape = round(20 * frame_rate_hz), 7
    recorded, generated = (rng.poisson(factor * rate_hz / frame_rate_hz, shape).astype(np.uint8) for factor in (1, 2))
    generated = generated[:, :5]
    recorded[:, 2] = 0
    generated[:, 0] = recorded[:, 1]  # the same train on both sides
    generated[:, 1] = recorded[:, 0] + generated[:, 1]  # some spikes at equal times
    generated[:, 3] = 0
    generated[17, 3] = 200  # many in one frame
    how = {"frame_rate_hz": frame_rate_hz, "time_constant_s": time_constant_s}
    expected = elephant(known(np.hstack([recorded, generated]), frame_rate_hz=frame_rate_hz), time_constant_s)
    assert_equal(cross_distances(recorded, generated, **how), expected[:7, 7:])
    assert_equal(within_distances(recorded, **how), expected[:7, :7])


def test_products_go_on_across_long_silence():
    counts = np.zeros((9000, 3), np.uint8)
    counts[[0, 5, 4000, 8999], [0, 1, 1, 2]] = 1
    got = within_distances(counts, frame_rate_hz=1.0, time_constant_s=1.0)
    assert_equal(got, elephant(known(counts, frame_rate_hz=1.0), 1.0))
    assert within_distances(np.zeros((4, 2), np.uint8), frame_rate_hz=1.0, time_constant_s=1.0).tolist() == [[0, 0]] * 2


def test_both_methods_agree_on_counts():
    rng = np.random.default_rng(5)
    recorded, generated = (SpikeCounts(rng.poisson(0.05, (n, 300, 3)).astype(np.uint8), 24.0) for n in (9, 6))
    by_elephant, by_products = (distances(recorded, generated, method=method) for method in METHODS)
    assert by_elephant.cross.shape == (3, 9, 6)
    assert_equal(by_products.cross, by_elephant.cross)
    assert_equal(by_products.within, by_elephant.within)
    np.testing.assert_array_equal(by_products.within, by_products.within.transpose(0, 2, 1))


@pytest.mark.parametrize("method", METHODS)
def test_distances_between_neurons_leave_silent_ones_out(method):
    counts = np.zeros((2, 4, 3), np.uint8)
    counts[0, 0, 0] = counts[0, 1, 1] = 1
    counts[1, 2, :] = 1
    got = pair_distances(SpikeCounts(counts, 2.0), method=method)
    np.testing.assert_allclose(got[0], [np.sqrt(2 - 2 / np.e), np.nan, np.nan], rtol=1e-12)
    np.testing.assert_allclose(got[1], 0.0, atol=1e-6)


def test_silent_neurons_are_named_on_both_sides():
    recorded, generated = np.zeros((2, 5, 3), np.uint8), np.zeros((1, 5, 3), np.uint8)
    recorded[0, 1, :2] = generated[0, 2, 1:] = 1
    got = distances(SpikeCounts(recorded, 24.0), SpikeCounts(generated, 24.0), method="fast")
    assert got.silent_recorded.tolist() == [False, False, True]
    assert got.silent_generated.tolist() == [True, False, False]


def test_unlike_windows_are_refused():
    with pytest.raises(RecordingError, match="got 2 neurons x 5 frames at 24 Hz, and 2 x 5 at 30 Hz"):
        distances(SpikeCounts(np.ones((1, 5, 2), np.uint8), 24.0), SpikeCounts(np.ones((1, 5, 2), np.uint8), 30.0))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "Fast"}, "got 'Fast', expected elephant or fast"),
        ({"time_constant_s": 0.0}, "time_constant_s: got 0.0"),
        ({"time_constant_s": float("nan")}, "time_constant_s: got nan"),
    ],
)
def test_unknown_options_are_refused(options, message):
    counts = SpikeCounts(np.ones((2, 5, 2), np.uint8), 24.0)
    with pytest.raises(ConfigurationError, match=message):
        distances(counts, counts, **options)
    with pytest.raises(ConfigurationError, match=message):
        pair_distances(counts, **options)


@pytest.mark.parametrize("method", METHODS)
def test_both_ways_are_the_two_single_ones(method):
    rng = np.random.default_rng(3)
    one, other = (SpikeCounts(rng.poisson(0.1, (n, 60, 2)).astype(np.uint8), 24.0) for n in (3, 4))
    there = distances(one, other, method=method, both_ways=True)
    back, alone = there.reversed(), distances(other, one, method=method)
    for name in ("cross", "within", "silent_recorded", "silent_generated"):
        np.testing.assert_allclose(getattr(back, name), getattr(alone, name), atol=1e-10)
    with pytest.raises(ValueError, match="both ways"):
        alone.reversed()
