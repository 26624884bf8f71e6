"""What tells two samples apart, and what does not."""

import math

import numpy as np
import pytest

from cyclegan_neuro.evaluation.days.beyond.two_samples import energy_distances, matched_rows, two_sample_auc

RATE = 4.0  # Hz: snippets hold three frames in a row


def compare(score, *signals, **options):
    return score(*signals, matched_rows(*(signal.part for signal in signals), RATE), **options)


def test_as_many_frames_at_each_place(signal_of):
    at = np.tile([0, 0, 0, 1], 250)
    made, goal = signal_of(np.zeros((1000, 1)), at).part, signal_of(np.zeros((1000, 1)), 1 - at).part
    rows = matched_rows(made, goal, RATE)
    for part, own in zip((made, goal), rows, strict=True):
        assert np.ptp(np.bincount(part.at[own])) <= 8  # the first frames of blocks have no whole snippet behind them
        assert not np.isin(own, [0, 1, 125, 126]).any()
        assert np.unique(own).size == len(own) > 450


def test_rows_are_bounded_and_spread(signal_of):
    part = signal_of(np.zeros((8000, 1))).part
    rows, _ = matched_rows(part, part, RATE)
    assert len(rows) == 1500
    np.testing.assert_array_equal(np.bincount(part.block[rows]) // 10, 18)


def test_energy_distance_of_numbers_that_are_written_down(signal_of):
    """0 and 2 in turn against 1: 2 * 1 - 2 * P(different), without pairs of a frame with itself."""
    made, goal = signal_of(np.tile([0.0, 2.0], 125)[:, None]), signal_of(np.ones((250, 1)))
    rows = np.arange(200), np.arange(200)
    assert energy_distances(made, goal, rows)[0] == pytest.approx(2 - 2 * 100 / 199)


def test_energy_distance_of_shifted_gaussians(signal_of):
    """E|N(d, 2)| is known: sqrt(4 / pi) exp(-d^2 / 4) + d erf(d / 2)."""
    rng, shift = np.random.default_rng(0), 1.0
    made, goal = signal_of(shift + rng.normal(size=(1500, 1))), signal_of(rng.normal(size=(1500, 1)))
    between = math.sqrt(4 / math.pi) * math.exp(-(shift**2) / 4) + shift * math.erf(shift / 2)
    found = compare(energy_distances, made, goal)
    assert found[0] == pytest.approx(2 * between - 2 * math.sqrt(4 / math.pi), rel=0.15)
    np.testing.assert_allclose(found[1:], found[0], rtol=0.15)


def test_energy_distance_of_equal_distributions_is_zero_on_average(signal_of):
    rng = np.random.default_rng(0)
    draw = lambda: signal_of(rng.normal(size=(240, 4)))  # noqa: E731
    found = [compare(energy_distances, draw(), draw())[0] for _ in range(60)]
    assert abs(np.mean(found)) < 3 * np.std(found) / math.sqrt(60) + 1e-12


def test_equal_data_cannot_be_told_apart(signal_of):
    one = signal_of(np.random.default_rng(0).normal(size=(600, 5)))
    np.testing.assert_allclose(compare(two_sample_auc, one, one, frame_rate_hz=RATE), 0.5)


@pytest.mark.parametrize(
    ("change", "least", "most"),
    [
        (lambda values: values, 0.42, 0.58),
        (lambda values: values + 2.0, 0.42, 0.58),
        (lambda values: values * 2.0, 0.9, 1.0),
        (lambda values: np.sign(values), 0.9, 1.0),
        (lambda values: np.roll(values, 1, axis=1) * 0.6 + values * 0.8, 0.85, 1.0),
        (lambda values: np.roll(values, 1, axis=0) * 0.6 + values * 0.8, 0.8, 1.0),
    ],
    ids=["nothing", "mean", "variance", "shape", "correlations", "time course"],
)
def test_a_classifier_finds_what_differs(signal_of, change, least, most):
    rng = np.random.default_rng(1)
    made, goal = signal_of(change(rng.normal(size=(800, 6)))), signal_of(rng.normal(size=(800, 6)))
    assert least <= compare(two_sample_auc, made, goal, frame_rate_hz=RATE)[0] <= most


def test_slow_activity_without_a_mean_is_not_told_apart_backwards(signal_of):
    """Blocks differ at random, their sum is 0: what is learned from six would be wrong in the other two."""
    rng = np.random.default_rng(0)

    def residual():
        slow = np.repeat(rng.normal(size=(8, 10)), 100, axis=0) + rng.normal(size=(800, 10))
        return signal_of(slow - slow.mean(axis=0))

    found = [compare(two_sample_auc, residual(), residual(), frame_rate_hz=RATE)[0] for _ in range(2)]
    assert np.mean(found) == pytest.approx(0.5, abs=0.06)


def test_too_few_frames_say_nothing(signal_of):
    few = signal_of(np.random.default_rng(0).normal(size=(150, 2)))
    assert np.isnan(compare(energy_distances, few, few)).all()
    assert np.isnan(compare(two_sample_auc, few, few, frame_rate_hz=RATE)).all()
