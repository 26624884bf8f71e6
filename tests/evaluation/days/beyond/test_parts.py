"""Which frames are scored, and what is left of them without the mean of their place."""

from types import SimpleNamespace

import numpy as np
import pytest

from cyclegan_neuro.evaluation.days.baselines.places import Places
from cyclegan_neuro.evaluation.days.beyond.parts import FrameCollector, Part, part_of, residuals
from cyclegan_neuro.evaluation.days.translation import translate


def part(at):
    at = np.array(at)
    return Part("y", np.arange(len(at)), at, np.zeros(len(at), np.int64), ((0, len(at)),))


def test_the_mean_of_each_place_is_removed():
    """Ten frames at 1 and 3 in turn, ten at 10 and 14; in units of 2."""
    dff = np.array([1.0, 3.0] * 5 + [10.0, 14.0] * 5)[:, None]
    left = residuals(part([0] * 10 + [1] * 10), dff, np.array([2.0])).values[:, 0]
    np.testing.assert_allclose(left, [-0.5, 0.5] * 5 + [-1.0, 1.0] * 5)


def test_a_place_with_few_frames_takes_the_mean_of_all():
    """Nine frames of 10 beside 27 of 2: the mean of all is 4."""
    left = residuals(part([0] * 9 + [1] * 27), np.array([10.0] * 9 + [2.0] * 27)[:, None]).values[:, 0]
    np.testing.assert_allclose(left, [6.0] * 9 + [0.0] * 27)


def test_parts_count_a_frame_once_and_end_at_gaps(make_pair):
    """Windows of 16 frames at 64, 72 and 80 hold frames 64 to 95; eight blocks of four."""
    prepared = make_pair(position=True)
    place = Places("position", 12, {day: np.arange(96) % 12 for day in "xy"})
    found = part_of(prepared, place, "x", prepared.x.starts.test)
    np.testing.assert_array_equal(found.frames, np.arange(64, 96))
    np.testing.assert_array_equal(found.at, np.arange(64, 96) % 12)
    assert found.pieces == tuple((4 * i, 4 * i + 4) for i in range(8))
    np.testing.assert_array_equal(found.delayed(3), np.arange(3, 32, 4))
    apart = part_of(prepared, None, "x", np.array([0, 40]))
    assert (16, 20) in apart.pieces
    assert not any(start < 16 < stop for start, stop in apart.pieces)


def test_of_many_frames_stretches_are_kept(make_pair, monkeypatch):
    monkeypatch.setattr("cyclegan_neuro.evaluation.days.beyond.parts._MOST_FRAMES", 40)
    prepared = make_pair()
    found = part_of(prepared, None, "x", np.arange(0, 81, 16))
    np.testing.assert_array_equal(found.frames, [*range(16), *range(80, 96)])


@pytest.mark.parametrize("batch_size", [1, 8])
def test_each_frame_is_taken_from_the_window_in_whose_middle_it_lies(make_pair, batch_size):
    """The middles of the windows at 64, 72 and 80 lie at 71.5, 79.5 and 87.5."""

    def numbered(windows, at):
        return windows * 0 + at.index[:, :1, None]

    translator = SimpleNamespace(
        to_y=lambda x, y, at: (numbered(x, at[0]), numbered(y, at[1])),
        to_x=lambda x, y, at: (numbered(x, at[0]), numbered(y, at[1])),
    )
    prepared = make_pair()
    parts = {day: part_of(prepared, None, day, prepared[day].starts.test) for day in "xy"}
    collected = FrameCollector(prepared, parts)
    for translation in translate(translator, prepared, batch_size=batch_size):
        collected.add(translation)
    assert collected.made["g_x"].shape == (32, 5)
    np.testing.assert_array_equal(collected.made["g_x"][:, 3], [64] * 12 + [72] * 8 + [80] * 12)
    assert set(collected.made["f_y"][:, 0]) == {65, 71, 79}
