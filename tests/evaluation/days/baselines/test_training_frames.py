"""What alignments are fitted to: every training frame once, and nothing else."""

from dataclasses import replace

import numpy as np
import pytest

from cyclegan_neuro.evaluation.days.baselines.training_frames import Moments, chunks, moments_of_days


def expected_moments(frames):
    return Moments(frames.mean(axis=0), np.cov(frames.T, bias=True).reshape(frames.shape[1], -1))


def test_moments_count_every_training_frame_once(make_pair):
    """Training windows of both days cover frames 0 to 47."""
    prepared = make_pair()
    for moments, day in zip(moments_of_days(prepared), (prepared.x, prepared.y), strict=True):
        expected = expected_moments(day.recording.dff[:48].astype(np.float64))
        np.testing.assert_allclose(moments.mean, expected.mean, atol=1e-12)
        np.testing.assert_allclose(moments.covariance, expected.covariance, atol=1e-12)


def test_moments_of_phi_are_those_of_transformed_windows(make_pair):
    prepared = make_pair(phi=True)
    _, moments = moments_of_days(prepared)
    frames = prepared.windows_of("y", prepared.y.starts.train).reshape(-1, 5).astype(np.float64)
    np.testing.assert_allclose(moments.mean, frames.mean(axis=0), atol=1e-9)
    np.testing.assert_allclose(moments.covariance, np.cov(frames.T, bias=True), atol=1e-9)


def test_moments_do_not_see_the_test_part(make_pair):
    prepared = make_pair()
    before = moments_of_days(prepared)[0].mean
    prepared.x.recording.dff[48:] += 100.0
    np.testing.assert_array_equal(moments_of_days(prepared)[0].mean, before)


@pytest.mark.parametrize("offset", [0.0, 1e5])
def test_small_variances_survive_large_means(make_pair, offset):
    prepared = make_pair()
    prepared.x.recording.dff[:] += np.float32(offset)
    expected = prepared.x.recording.dff[:48].astype(np.float64).std(axis=0)
    np.testing.assert_allclose(moments_of_days(prepared)[0].std, expected, rtol=1e-6)


def test_stretches_end_at_gaps_and_where_no_window_lies(make_pair):
    """Windows of 16 frames at 0, 4, 40: frames 0-19 and 40-55; time is not continuous after frame 9."""
    prepared = make_pair()
    day = prepared.x
    day = replace(
        day,
        recording=replace(day.recording, gaps=np.array([9])),
        starts=replace(day.starts, train=np.array([0, 4, 40])),
    )
    found = list(chunks(replace(prepared, x=day), "x"))
    assert [(frames.index[0, 0], frames.index[0, -1]) for _, frames in found] == [(0, 9), (10, 19), (40, 55)]
    for dff, frames in found:
        assert frames.day == "x"
        np.testing.assert_array_equal(dff[0], day.recording.dff[frames.index[0]])


def test_windows_are_taken_as_they_are(make_pair):
    prepared = make_pair(phi=True)
    for day in "xy":
        found = list(chunks(prepared, day, as_windows=True))
        starts = prepared[day].starts.train
        np.testing.assert_array_equal(np.concatenate([dff for dff, _ in found]), prepared.windows_of(day, starts))
        np.testing.assert_array_equal(np.concatenate([frames.index[:, 0] for _, frames in found]), starts)


def test_validation_frames_are_those_of_validation_windows(make_pair):
    ((dff, frames),) = chunks(make_pair(), "y", which="validation")
    assert dff.shape == (1, 16, 5)
    np.testing.assert_array_equal(frames.index[0], np.arange(48, 64))
