import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from cyclegan_neuro.evaluation.days.baselines.alignments import MomentMatching
from cyclegan_neuro.evaluation.days.baselines.training_frames import Moments
from cyclegan_neuro.evaluation.days.baselines.transports import SHRINKAGES, GaussianOT, choose_shrinkage


def random_moments(rng, n):
    root = rng.normal(size=(n, n))
    return Moments(rng.normal(size=n), root @ root.T + 0.1 * np.eye(n))


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
    matrix, shift = GaussianOT.fit(x, y, shrinkage=0.0).to["y"]
    np.testing.assert_allclose(matrix @ x.covariance @ matrix.T, y.covariance, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(matrix @ x.mean + shift, y.mean, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(matrix, matrix.T, atol=1e-5)  # the gradient of a convex function
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
    loose, tight = (GaussianOT.fit(x, y, shrinkage=s).to["y"][0] for s in (0.0, 1e4))
    ratio = np.sqrt(np.trace(y.covariance) / np.trace(x.covariance))
    np.testing.assert_allclose(tight, ratio * np.eye(3), atol=1e-3)
    assert np.abs(loose - tight).max() > 0.05


def of_variances(*variances, mean=0.0):
    return Moments(np.full(len(variances), mean), np.diag(variances))


def test_shrinkage_is_what_makes_held_out_frames_likely():
    """Fitted variances 2 and 0, held out 1 and 1: of 2 + s, s with mean variance 1 the likelihood is best at s = 1.

    Negative log-likelihood, halved terms log v + 1 / v: s = 1 gives (log 3 + 1/3 + 1) / 2 = 1.22, s = 0.3 gives
    (log 2.3 + 1/2.3 + log 0.3 + 1/0.3) / 2 = 1.70.
    """
    fitted, held_out = of_variances(2.0, 0.0), of_variances(1.0, 1.0)
    assert choose_shrinkage((fitted, fitted), (held_out, held_out)) == 1.0


def test_no_shrinkage_where_held_out_frames_are_as_the_fitted_ones():
    same = of_variances(2.0, 0.1)
    assert choose_shrinkage((same, same), (same, same)) == SHRINKAGES[0]


def test_held_out_means_count_as_spread():
    """The second direction never varied in training, and lies 1 away in the held-out frames."""
    fitted, held_out = of_variances(2.0, 0.0), of_variances(1.0, 0.0, mean=1.0)
    assert choose_shrinkage((fitted, fitted), (held_out, held_out)) == 1.0
