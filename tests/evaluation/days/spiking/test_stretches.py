"""Which windows are compared, and which parts of a day its noise floor compares."""

from itertools import pairwise

import numpy as np
import pytest

from cyclegan_neuro.evaluation.days.spiking.stretches import (
    MOST_PARTS,
    Stretches,
    parts_without_common_frames,
    stretches_of_test,
    windows_across,
)
from cyclegan_neuro.windows.prepared import Starts
from cyclegan_neuro.windows.segmentation import legal_starts, spaced


def frames(starts, window_frames):
    return set((np.asarray(starts)[:, None] + np.arange(window_frames)).ravel().tolist())


def test_rows_of_stretches_are_their_frames_and_joints_lie_between_them():
    stretches = Stretches([(2, 5), (9, 10), (12, 14)])
    assert stretches.frames.tolist() == [2, 3, 4, 9, 12, 13]
    assert stretches.joints.tolist() == [2, 3]
    assert Stretches([]).frames.size == Stretches([]).joints.size == 0


def test_the_test_part_is_continuous_between_windows_that_lie_apart():
    starts = Starts(np.array([0]), np.array([20]), np.array([50, 60, 85]), ((0, 80), (80, 100)))
    assert stretches_of_test(starts, 8).intervals == [(50, 68), (85, 93)]


@pytest.mark.parametrize("length", [16, 17, 23, 24, 25, 40, 41])
def test_windows_across_cover_every_frame_and_nothing_else(length):
    starts = windows_across(Stretches([(3, 3 + length), (100, 116)]), 16)
    assert frames(starts, 16) == set(range(3, 3 + length)) | set(range(100, 116))
    assert (np.diff(starts[starts < 100]) <= 8).all()


@pytest.mark.parametrize("gaps", [[], [130, 260]])
@pytest.mark.parametrize(("window_frames", "n_windows"), [(16, 20), (40, 7)])
def test_parts_of_a_blocked_day_are_as_long_as_the_test_part(window_frames, n_windows, gaps):
    borders = [0, *gaps, 500]
    legal = legal_starts(list(pairwise(borders)), window_frames=window_frames)
    compared = legal[legal >= 400]
    pairs = parts_without_common_frames(compared, legal, window_frames=window_frames, n_windows=n_windows)
    assert 2 <= len(pairs) <= MOST_PARTS
    expected = spaced(compared, n_windows)
    for first, second in pairs:
        np.testing.assert_array_equal(first, expected)
        assert len(second) == n_windows
        assert not frames(first, window_frames) & frames(second, window_frames)
        if not gaps:
            assert second[-1] - second[0] == first[-1] - first[0]
            np.testing.assert_allclose(np.diff(second), np.diff(first), atol=1)
    for (_, one), (_, other) in pairwise(pairs):
        assert not frames(one, window_frames) & frames(other, window_frames)


def test_without_a_window_there_are_no_parts():
    nothing = np.zeros(0, np.int64)
    assert parts_without_common_frames(nothing, np.arange(9), window_frames=4, n_windows=3) == ()


def test_many_parts_are_thinned_out_over_the_day():
    legal = np.arange(4000)
    pairs = parts_without_common_frames(legal[3900:], legal, window_frames=20, n_windows=10)
    firsts = [second[0] for _, second in pairs]
    assert len(pairs) == MOST_PARTS
    assert (firsts[0], firsts[-1]) == (0, 31 * 119)  # 100 starts each, 19 between them
    assert np.ptp(np.diff(firsts)) <= 120


def test_a_day_that_is_tested_everywhere_is_halved_in_blocks_of_time():
    legal = np.arange(0, 401)
    pairs = parts_without_common_frames(legal, legal, window_frames=30, n_windows=25)
    assert len(pairs) == 3
    for first, second in pairs:
        assert len(first) == len(second) == 25
        assert not frames(first, 30) & frames(second, 30)
        for half in (first, second):  # two blocks each, not a window here and there
            assert len(np.unique(np.searchsorted([101, 201, 301], half, side="right"))) == 2


def test_windows_too_long_for_four_blocks_halve_the_day_once_and_longer_ones_not_at_all():
    legal = np.arange(0, 101)
    ((first, second),) = parts_without_common_frames(legal, legal, window_frames=40, n_windows=25)
    assert (len(first), len(second)) == (12, 25)
    assert not frames(first, 40) & frames(second, 40)
    assert parts_without_common_frames(legal, legal, window_frames=60, n_windows=25) == ()
