"""Correlations, covariances over lags and differences between states, on populations that are written down."""

import numpy as np

from cyclegan_neuro.evaluation.days.beyond.parts import N_BLOCKS
from cyclegan_neuro.evaluation.days.beyond.second_order import (
    inferred_state,
    lagged_scores,
    noise_correlations,
    paired_correlation,
    pearson_rows,
    rmse,
    state_difference,
)

QUICK, SLOW = np.tile([1.0, -1.0], 1000), np.tile([1.0, 1.0, -1.0, -1.0], 500)


def test_noise_correlations_of_bins(signal_of):
    """At 2 Hz a bin is a frame; at 4 Hz it holds two, in which what alternates is gone."""
    values = np.stack([QUICK, -QUICK, SLOW, SLOW + QUICK], axis=1)
    half = 0.5**0.5
    frames, pairs = (noise_correlations(signal_of(values), rate)[0] for rate in (2.0, 4.0))
    np.testing.assert_allclose(frames, [-1, 0, half, 0, -half, half], atol=0.01)
    np.testing.assert_allclose(pairs, [0, 0, 0, 0, 0, 1], atol=0.01)


def test_replicates_leave_out_a_block_each(signal_of):
    """The third block alone turns a correlation of 1 down to 0.75."""
    other = QUICK.copy()
    other[500:750] *= -1
    found = noise_correlations(signal_of(np.stack([QUICK, other], axis=1)), 2.0)[:, 0]
    np.testing.assert_allclose(found, [0.75] + [5 / 7 if block != 2 else 1.0 for block in range(N_BLOCKS)])


def test_lags_are_whole_bins(signal_of):
    """Frames of 1 s are bins, up to 2 s away; at 8 Hz what alternates between frames is gone, and nothing is left."""
    covariances, own = lagged_scores(signal_of(QUICK[:, None]), signal_of(SLOW[:, None]), 1.0)
    np.testing.assert_allclose([covariances[0], own[0]], [5**0.5, 2.5**0.5], rtol=0.02)  # -1, 1 against 0, -1
    np.testing.assert_allclose(
        lagged_scores(signal_of(QUICK[:, None]), signal_of(np.repeat(SLOW, 2)[:2000, None]), 8.0)[0], 1.0
    )


def test_covariances_over_lags(signal_of):
    """Over lags of 1 to 8 frames, -1, 1, ... against 0, -1, 0, 1, ...: squares 1, 4, 1, 0 twice, and the norm is 2."""
    covariances, autocorrelations = lagged_scores(signal_of(QUICK[:, None]), signal_of(SLOW[:, None]), 4.0)
    np.testing.assert_allclose(covariances, 3**0.5, rtol=0.02)
    np.testing.assert_allclose(autocorrelations, 1.5**0.5, rtol=0.02)


def test_autocorrelation_sees_no_variance(signal_of):
    """Twice the signal: covariances four times as large, differing by three times their norm."""
    covariances, autocorrelations = lagged_scores(signal_of(2 * SLOW[:, None]), signal_of(SLOW[:, None]), 4.0)
    np.testing.assert_allclose(covariances, 3.0)
    np.testing.assert_allclose(autocorrelations, 0.0, atol=1e-6)


def test_a_shared_state_is_inferred(signal_of):
    rng = np.random.default_rng(0)
    state = np.tile(np.repeat([True, False], 50), 20)
    values = np.where(state, 1.0, -1.0)[:, None] * rng.choice([-1.0, 1.0], 20) + rng.normal(size=(2000, 20))
    agree = np.mean(inferred_state(signal_of(values), 8.0) == state)
    assert max(agree, 1 - agree) > 0.95


def test_difference_between_states(signal_of):
    state = np.tile([True, False], 100)
    found = state_difference(
        signal_of(np.stack([np.where(state, 3.0, 1.0), np.where(state, -1.0, 0.5)], axis=1)), state
    )
    np.testing.assert_allclose(found, np.tile([2.0, -1.5], (1 + N_BLOCKS, 1)))
    assert np.isnan(state_difference(signal_of(np.ones((80, 2))), np.ones(80, bool))).all()


def test_correlation_with_the_same_frames_of_the_truth(signal_of):
    """Mean of 1, -1 and, for a constant, 0; of 1 and 0.6."""
    truth = signal_of(np.stack([QUICK, QUICK, QUICK], axis=1))
    made = signal_of(np.stack([2 * QUICK, -QUICK, 0 * QUICK + 3], axis=1))
    np.testing.assert_allclose(paired_correlation(made, truth), 0.0, atol=1e-12)
    mixed = signal_of(np.stack([QUICK, 0.6 * QUICK + 0.8 * SLOW], axis=1))
    np.testing.assert_allclose(paired_correlation(mixed, signal_of(np.stack([QUICK, QUICK], axis=1))), 0.8, atol=0.01)


def test_of_rows():
    np.testing.assert_allclose(rmse(np.array([[1.0, 2.0]]), np.array([[4.0, -2.0]])), [12.5**0.5])
    rising = np.array([[1.0, 2.0, 3.0]] * 2)
    np.testing.assert_allclose(pearson_rows(rising, np.array([[2.0, 4.0, 6.0], [1.0, 0.0, -1.0]])), [1.0, -1.0])
    assert np.isnan(pearson_rows(np.ones((1, 3)), np.array([[1.0, 2.0, 3.0]])))[0]
