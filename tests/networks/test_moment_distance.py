"""Distance of moments: values by hand, and what must not change them."""

import numpy as np
import pytest

from cyclegan_neuro.networks.moment_distance import MomentDistance

FRAMES, NEURONS = 16, 4
MIX = np.eye(NEURONS, dtype=np.float32) + 0.5 * np.eye(NEURONS, k=1, dtype=np.float32)  # day y: neuron i + 1 follows i


def day(seed, n_windows=60):
    """Windows (window, time, neuron, 1) of independent neurons."""
    return np.random.default_rng(seed).normal(0.4, 0.1, (n_windows, FRAMES, NEURONS, 1)).astype(np.float32)


def mixed(windows, by=MIX):
    return np.einsum("wtnc,nm->wtmc", windows, by)


def distance(x, y, g_x, f_y, *, batch=None):
    """The metric of windows (window, time, neuron)."""
    sides = [np.asarray(side, np.float32)[..., None] for side in (x, y, g_x, f_y)]
    metric = MomentDistance(*sides[0].shape[1:3])
    for first in range(0, len(sides[0]), batch or len(sides[0])):
        metric.update_state(*(side[first : first + (batch or len(side))] for side in sides))
    return float(metric.result())


def test_means_and_covariances_by_hand():
    x = np.array([[[1, 1]], [[1, -1]], [[-1, 1]], [[-1, -1]]])  # mean 0, covariance ((1, 0), (0, 1))
    y = np.array([[[1, 1]], [[-1, -1]], [[1, 1]], [[-1, -1]]])  # mean 0, covariance ((1, 1), (1, 1))
    g_x = np.array([[[1, 1]], [[1, 1]], [[-1, -1]], [[1, -1]]])  # mean (.5, 0), covariance ((.75, .5), (.5, 1))
    to_y = np.sqrt(0.5**2 + 0.25**2 + 2 * 0.5**2) / np.sqrt(2 * 1.0**2)
    assert distance(x, y, g_x, x) == pytest.approx(to_y / 2)  # F(y) is as x: 0
    assert distance(x, y, g_x, y) == pytest.approx((to_y + 1) / 2)  # F does nothing: 1


def test_moments_at_their_places_by_hand():
    """One neuron, two frames. Over whole windows both days have mean 0 and variance 1."""
    x, y = np.array([[1, 1], [-1, -1]]), np.array([[1, -1], [1, -1]])
    g_x = np.array([[1, -1], [0, 0]])  # mean 0.5 or -0.5, variance 0.25; y: 1 or -1, 0; x: 0, 1
    to_y = np.sqrt(0.5**2 + 0.25**2) / np.sqrt(1**2 + 1**2)
    assert distance(*(side[..., None] for side in (x, y, g_x, x))) == pytest.approx(to_y / 2)


def test_parts_of_a_window_that_cannot_be_quartered():
    x, y = day(1, 8)[:, :6, :, 0], day(2, 8)[:, :6, :, 0]  # 2, 2, 1 and 1 frames
    assert distance(x, y, x, y) == pytest.approx(1.0)
    assert distance(x, y, y, x) == 0.0


@pytest.fixture
def sides():
    x, y = day(1)[..., 0], mixed(day(2))[..., 0]
    return x, y, x + 0.3 * (mixed(x[..., None])[..., 0] - x), y[..., ::-1]


def test_distance_does_not_depend_on_batches(sides):
    assert distance(*sides, batch=7) == pytest.approx(distance(*sides), rel=1e-12)


def test_distance_does_not_depend_on_units(sides):
    gain, offset = np.float32([1, 20, 0.3, 5]), np.float32([0, 3, -1, 2])
    assert distance(*(gain * side + offset for side in sides)) == pytest.approx(distance(*sides), rel=1e-4)


def test_neurons_that_are_constant_on_a_day_do_not_count(sides):
    silent = [np.concatenate([side, np.full_like(side[..., :1], 0.1)], -1) for side in sides]
    silent[2][..., -1] += 0.01  # what G makes of it has no unit to be compared in
    assert distance(*silent) == pytest.approx(distance(*sides), rel=1e-6)


def test_equal_days_have_a_distance_too(sides):
    x, *_ = sides
    assert distance(x, x, x, x) == 0.0
    assert np.isfinite(distance(x, x, x + 0.1, x))
