import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cyclegan_neuro.systems.cyclegan.baselines import GaussianOT, MomentMatching, Moments, training_moments
from cyclegan_neuro.windows.cutting import raw_windows


def moments_of(frames):
    return Moments(frames.mean(axis=0), np.cov(frames.T, bias=True).reshape(frames.shape[1], -1))


def random_moments(rng, n):
    root = rng.normal(size=(n, n))
    return Moments(rng.normal(size=n), root @ root.T + 0.1 * np.eye(n))


def test_moment_matching_by_hand():
    """Neuron 0: mean 1, sd 2 to mean 3, sd 4: doubled, then + 1. Neuron 1: only shifted by -1."""
    x = Moments(np.array([1.0, 5.0]), np.diag([4.0, 1.0]))
    y = Moments(np.array([3.0, 4.0]), np.diag([16.0, 1.0]))
    baseline = MomentMatching.fit(x, y)
    windows = np.array([[[0.0, 0.0], [1.0, 5.0]]], np.float32)
    to_y, _ = baseline.to_y(windows, windows[:0])
    np.testing.assert_allclose(to_y, [[[1.0, -1.0], [3.0, 4.0]]])
    _, back = baseline.to_x(windows[:0], to_y)
    np.testing.assert_allclose(back, windows, atol=1e-6)


def test_a_constant_neuron_takes_the_mean_of_the_other_day():
    x = Moments(np.array([0.3]), np.zeros((1, 1)))
    y = Moments(np.array([2.0]), np.ones((1, 1)))
    windows = np.full((1, 2, 1), 0.3, np.float32)
    np.testing.assert_allclose(MomentMatching.fit(x, y).to_y(windows, windows)[0], 2.0)
    np.testing.assert_allclose(GaussianOT.fit(x, y, shrinkage=0.0).to_y(windows, windows)[0], 2.0)


def test_optimal_transport_by_hand():
    """Σx = I: A is the root of Σy. [[5, 4], [4, 5]] has the root [[2, 1], [1, 2]]."""
    x = Moments(np.zeros(2), np.eye(2))
    y = Moments(np.array([1.0, 0.0]), np.array([[5.0, 4.0], [4.0, 5.0]]))
    windows = np.array([[[1.0, 0.0], [0.0, 1.0]]], np.float32)
    to_y, _ = GaussianOT.fit(x, y, shrinkage=0.0).to_y(windows, windows)
    np.testing.assert_allclose(to_y, [[[3.0, 1.0], [2.0, 2.0]]], atol=1e-5)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 6))
def test_optimal_transport_gives_the_moments_of_the_other_day(seed, n):
    rng = np.random.default_rng(seed)
    x, y = random_moments(rng, n), random_moments(rng, n)
    matrix, shift = GaussianOT.fit(x, y, shrinkage=0.0).forward
    np.testing.assert_allclose(matrix @ x.covariance @ matrix.T, y.covariance, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(matrix @ x.mean + shift, y.mean, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(matrix, matrix.T, atol=1e-8)  # the gradient of a convex function
    assert np.linalg.eigvalsh(matrix).min() > 0


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_diagonal_optimal_transport_is_moment_matching(seed):
    rng = np.random.default_rng(seed)
    x, y = (Moments(rng.normal(size=4), np.diag(rng.uniform(0.1, 2.0, 4))) for _ in range(2))
    windows = rng.normal(size=(2, 3, 4)).astype(np.float32)
    for direction in ("to_y", "to_x"):
        a = getattr(GaussianOT.fit(x, y, shrinkage=0.0), direction)(windows, windows)
        b = getattr(MomentMatching.fit(x, y), direction)(windows, windows)
        np.testing.assert_allclose(a, b, atol=1e-5)


def test_shrinkage_pulls_towards_a_scaled_shift():
    """With shrinkage both covariances are near multiples of I: A nears the ratio of the mean deviations."""
    rng = np.random.default_rng(1)
    x, y = random_moments(rng, 3), random_moments(rng, 3)
    loose, tight = (GaussianOT.fit(x, y, shrinkage=s).forward[0] for s in (0.0, 1e4))
    ratio = np.sqrt(np.trace(y.covariance) / np.trace(x.covariance))
    np.testing.assert_allclose(tight, ratio * np.eye(3), atol=1e-3)
    assert np.abs(loose - tight).max() > 0.05


def test_moments_count_every_training_frame_once(make_pair):
    """Training windows of both days cover frames 0 to 47."""
    prepared = make_pair()
    for moments, day in zip(training_moments(prepared), (prepared.x, prepared.y), strict=True):
        expected = moments_of(day.recording.dff[:48].astype(np.float64))
        np.testing.assert_allclose(moments.mean, expected.mean, atol=1e-12)
        np.testing.assert_allclose(moments.covariance, expected.covariance, atol=1e-12)


def test_moments_of_phi_are_those_of_transformed_windows(make_pair):
    prepared = make_pair(phi=True)
    _, moments = training_moments(prepared)
    frames = raw_windows(prepared, "y", prepared.y.starts.train).reshape(-1, 5).astype(np.float64)
    np.testing.assert_allclose(moments.mean, frames.mean(axis=0), atol=1e-9)
    np.testing.assert_allclose(moments.covariance, np.cov(frames.T, bias=True), atol=1e-9)


def test_moments_do_not_see_the_test_part(make_pair):
    prepared = make_pair()
    before = training_moments(prepared)[0].mean
    prepared.x.recording.dff[48:] += 100.0
    np.testing.assert_array_equal(training_moments(prepared)[0].mean, before)


@pytest.mark.parametrize("offset", [0.0, 1e5])
def test_small_variances_survive_large_means(make_pair, offset):
    prepared = make_pair()
    prepared.x.recording.dff[:] += np.float32(offset)
    expected = prepared.x.recording.dff[:48].astype(np.float64).std(axis=0)
    np.testing.assert_allclose(training_moments(prepared)[0].std, expected, rtol=1e-6)
