"""Metrics of a predicted rate, by hand."""

import numpy as np
import pytest

from cyclegan_neuro.spikes.accuracy import Accuracy, cell_accuracy, summarise

TRUE = np.array([0.0, 2.0, 0.0, 2.0])


def accuracy(predicted_hz, true_hz, *, valid=None, **options):
    """Of one segment, all of it valid by default."""
    valid = np.ones(len(true_hz), bool) if valid is None else valid
    return cell_accuracy([(predicted_hz, true_hz, valid)], **options)


def test_metrics_by_hand():
    found = accuracy(np.array([1.0, 2.0, 0.0, 5.0]), TRUE, frame_rate_hz=1.0)
    # Differences 1 0 0 3; deviations p -1 0 -2 3, t -1 1 -1 1: 6 / sqrt(14 * 4).
    assert found.correlation == pytest.approx(6 / np.sqrt(56))
    assert found.error == pytest.approx(4 / 4)
    assert found.bias == pytest.approx(4 / 4)
    assert (found.lag_s, found.n_frames) == (0.0, 4)


def test_too_few_spikes_are_a_negative_bias():
    found = accuracy(np.array([1.0, 1.0, 0.0, 1.0]), TRUE, frame_rate_hz=1.0)
    assert found.error == pytest.approx(3 / 4)
    assert found.bias == pytest.approx(-1 / 4)


def test_only_valid_frames_count():
    predicted = np.array([99.0, *TRUE, 99.0])
    true = np.array([7.0, *TRUE, 0.0])
    found = accuracy(predicted, true, frame_rate_hz=1.0, valid=np.array([0, 1, 1, 1, 1, 0], bool))
    assert found == Accuracy(correlation=1.0, error=0.0, bias=0.0, lag_s=0.0, n_frames=4)


def test_segments_of_a_cell_are_pooled():
    everywhere = np.ones(2, bool)
    pooled = cell_accuracy(
        [
            (np.array([0.0, 3.0]), np.array([0.0, 2.0]), everywhere),
            (np.array([0.0, 2.0]), np.array([0.0, 2.0]), everywhere),
        ],
        frame_rate_hz=1.0,
    )
    assert pooled == accuracy(np.array([0.0, 3.0, 0.0, 2.0]), TRUE, frame_rate_hz=1.0)


@pytest.mark.parametrize("lag", [-3, 2])
def test_the_best_lag_is_found_and_never_crosses_segments(lag):
    rng = np.random.default_rng(0)
    segments = []
    for _ in range(2):
        true = rng.poisson(0.3, 100).astype(float)
        segments.append((np.roll(true, lag), true, np.ones(100, bool)))
    found = cell_accuracy(segments, frame_rate_hz=10.0, best_lag=True)
    assert found.lag_s == pytest.approx(lag / 10)
    assert found.n_frames == 2 * (100 - abs(lag))
    assert (found.correlation, found.error) == (pytest.approx(1.0), pytest.approx(0.0))
    assert cell_accuracy(segments, frame_rate_hz=10.0).correlation < 0.5


def test_a_lag_beyond_half_a_second_is_not_looked_for():
    true = np.random.default_rng(1).poisson(0.3, 200).astype(float)
    found = accuracy(np.roll(true, 6), true, frame_rate_hz=10.0, best_lag=True)
    assert abs(found.lag_s) <= 0.5
    assert found.correlation < 0.5


def test_both_are_smoothed_alike():
    true = np.zeros(100)
    true[50] = 30.0
    predicted = np.roll(true, 1)
    apart = accuracy(predicted, true, frame_rate_hz=30.0)
    near = accuracy(predicted, true, frame_rate_hz=30.0, sigma_s=0.2)
    assert apart.error == pytest.approx(2.0)
    # Two Gaussians of 6 frames, one frame apart, overlap by exp(-1 / (4 * 36)) of their square; the mean is subtracted.
    square, mean = 1 / (2 * np.sqrt(np.pi) * 6), 1 / 100
    expected = (np.exp(-1 / 144) * square - mean) / (square - mean)
    assert near.correlation == pytest.approx(expected, abs=1e-3)
    assert near.bias == pytest.approx(0.0, abs=1e-9)


def test_smoothing_does_not_reach_across_invalid_frames():
    true = np.array([0.0, 0.0, 1.0, 0.0, 0.0, 0.0])
    valid = np.array([1, 1, 1, 0, 0, 1], bool)
    predicted = np.where(valid, true, 50.0)
    assert accuracy(predicted, true, frame_rate_hz=10.0, valid=valid, sigma_s=0.2).error == 0.0


def test_a_constant_prediction_tells_nothing():
    found = accuracy(np.ones(4), TRUE, frame_rate_hz=1.0)
    assert (found.correlation, found.error, found.bias) == (0.0, 1.0, 0.0)


@pytest.mark.parametrize("valid", [np.array([1, 0, 1, 0], bool), np.zeros(4, bool)])
def test_without_true_spikes_there_is_no_accuracy(valid):
    assert np.isnan(accuracy(np.ones(4), TRUE, frame_rate_hz=1.0, valid=valid, best_lag=True).correlation)


def test_medians_by_data_set_over_all_and_without_some():
    def cell(value):
        return Accuracy(value, 1 - value, -value, 0.1, 10)

    nothing = Accuracy(np.nan, np.nan, np.nan, 0.0, 10)
    rows = summarise(
        [
            ("DS15-s", cell(0.0)),
            ("DS09-f", cell(0.2)),
            ("DS09-f", cell(0.4)),
            ("DS09-f", cell(0.9)),
            ("DS09-f", nothing),
        ],
        without=["DS15"],
    )
    assert list(rows) == ["DS09-f", "DS15-s", "all", "without DS15"]
    assert rows["DS09-f"].correlation == pytest.approx(0.4)
    assert (rows["DS09-f"].error, rows["DS09-f"].bias, rows["DS09-f"].lag_s) == pytest.approx((0.6, -0.4, 0.1))
    assert (rows["all"].correlation, rows["all"].n_cells, rows["all"].n_left_out) == (pytest.approx(0.3), 4, 1)
    assert rows["without DS15"] == rows["DS09-f"]


def test_no_row_for_data_sets_that_are_not_there():
    assert list(summarise([("DS09-f", Accuracy(0.5, 0.5, 0.0, 0.0, 9))])) == ["DS09-f", "all"]
