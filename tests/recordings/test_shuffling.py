"""Days that are mixed: every frame comes from where it should, and neither day is novice or expert."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cyclegan_neuro.errors import WindowError
from cyclegan_neuro.recordings.layout import FIELDS, to_fields
from cyclegan_neuro.recordings.pairing import Pair
from cyclegan_neuro.recordings.recording import Behaviour, Recording
from cyclegan_neuro.recordings.shuffling import MIXED, shuffle_days


def numbered(n_frames, offset=0, **changes):
    """A day of one neuron whose frames carry their number, plus an offset that tells the day."""
    dff = (np.arange(n_frames, dtype=np.float32) + offset)[:, None]
    return Recording(**({"dff": dff, "frame_rate_hz": 2.0, "source": f"file {offset}"} | changes))


def swapped_blocks(mixed, block_frames):
    """Which blocks of x are those of y, whose frames are numbered from 1,000 on; each must be whole."""
    foreign = mixed.x.dff[:, 0] >= 1000
    blocks = [foreign[start : start + block_frames] for start in range(0, len(foreign), block_frames)]
    assert all(block.all() or not block.any() for block in blocks)
    return [bool(block[0]) for block in blocks]


@pytest.mark.parametrize("seed", range(6))  # several patterns of coins
def test_by_hand(seed):
    x, y = numbered(9, gaps=np.array([0, 4])), numbered(10, 1000, gaps=np.array([6]))
    mixed = shuffle_days(Pair(x, y, notes=("before",)), block_frames=2, seed=seed)
    swapped = swapped_blocks(mixed, 2)
    assert len(swapped) == 5
    assert swapped[0] != swapped[1]
    assert swapped[2] != swapped[3]
    frames = np.arange(9)
    np.testing.assert_array_equal(mixed.x.dff[:, 0] % 1000, frames)
    np.testing.assert_array_equal(mixed.y.dff[:, 0], 1000 + 2 * frames - mixed.x.dff[:, 0])
    # after 1, 3, 5 and 7 blocks end; x has gaps in blocks 0 and 2 (frames 0 and 4), y in block 3 (frame 6)
    on_x = {frame for frame, here in ((0, not swapped[0]), (4, not swapped[2]), (6, swapped[3])) if here}
    assert set(mixed.x.gaps) == {1, 3, 5, 7} | on_x
    assert set(mixed.y.gaps) == {1, 3, 5, 7} | ({0, 4, 6} - on_x)
    assert mixed.notes == (
        "before",
        "Control, not an experiment: the two days are mixed, so that nothing distinguishes x from y "
        f"(data.shuffle_days). {sum(swapped)} of 5 blocks of 2 frames (1.0 s) are swapped between the days.",
        "file 1000: the last frame, which the other day does not have, is left out.",
    )
    assert (mixed.mixed, mixed.x.days_mixed, mixed.y.days_mixed) == (True, True, True)
    assert mixed.x.session == mixed.y.session == MIXED
    assert mixed.x.source == f"days mixed (control, blocks of 2 frames, seed {seed}): file 0 | file 1000"


@settings(max_examples=40, deadline=None)
@given(n_frames=st.integers(8, 400), block_frames=st.integers(1, 4), seed=st.integers(0, 99))
def test_every_stretch_is_half_of_either_day(n_frames, block_frames, seed):
    mixed = shuffle_days(Pair(numbered(n_frames), numbered(n_frames, 1000)), block_frames=block_frames, seed=seed)
    swapped = np.array(swapped_blocks(mixed, block_frames))
    pairs = swapped[: len(swapped) // 2 * 2].reshape(-1, 2)
    assert (pairs.sum(axis=1) == 1).all()
    assert mixed.notes[0].count(f" {swapped.sum()} of {len(swapped)} blocks") == 1


def test_the_seed_decides():
    days = Pair(numbered(400), numbered(400, 1000))
    drawn = [tuple(swapped_blocks(shuffle_days(days, block_frames=4, seed=seed), 4)) for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert 0.2 < np.mean(drawn[0][::2]) < 0.8  # a coin for each pair of blocks, not one for all


def test_everything_of_a_frame_moves_and_everything_of_a_neuron_stays(make_recording):
    x, y = make_recording(seed=0), make_recording(seed=1, session="day 4")
    mixed = shuffle_days(Pair(x, y), block_frames=7, seed=3)
    here = (mixed.x.dff == x.dff).all(axis=1)
    assert 20 < here.sum() < 40
    before, after = [to_fields(day) for day in (x, y)], [to_fields(day) for day in (mixed.x, mixed.y)]
    assert after[0].keys() == {*before[0].keys(), "days_mixed"}
    for name in before[0]:
        if name in ("session", "source", "gaps"):
            continue
        if "time" not in FIELDS[name].axes:
            np.testing.assert_array_equal(after[0][name], before[0][name], err_msg=name)
            np.testing.assert_array_equal(after[1][name], before[1][name], err_msg=name)
            continue
        for mine, other, day in ((0, 1, after[0]), (1, 0, after[1])):
            np.testing.assert_array_equal(day[name][here], before[mine][name][here], err_msg=name)
            np.testing.assert_array_equal(day[name][~here], before[other][name][~here], err_msg=name)
            assert day[name].dtype == before[mine][name].dtype


def test_the_note_says_what_truth_means_then(make_recording):
    note = shuffle_days(Pair(make_recording(), make_recording(seed=1)), block_frames=7, seed=3).notes[0]
    assert note.endswith("swapped with them: there G(X) is compared with the novice and F(Y) with the expert day.")


@pytest.mark.parametrize(
    ("of_y", "expected"),
    [("recorded", "recorded"), ("semi-synthetic", "semi-synthetic"), ("simulated", "semi-synthetic")],
)
def test_a_mixture_of_kinds_of_data_was_measured_in_part(of_y, expected):
    days = Pair(numbered(8), numbered(8, 1000, data_origin=of_y))
    mixed = shuffle_days(days, block_frames=2, seed=0)
    assert mixed.x.data_origin == mixed.y.data_origin == expected


def test_what_one_day_lacks_is_left_out_of_both(make_recording):
    x, y = make_recording(seed=0), make_recording(seed=1, truth=False)
    y = replace(y, behaviour=Behaviour(position_cm=y.behaviour.position_cm))
    mixed = shuffle_days(Pair(x, y), block_frames=7, seed=3)
    for day in (mixed.x, mixed.y):
        assert set(day.behaviour.available()) == {"position_cm"}
        assert day.truth is None
    assert mixed.notes[-1] == (
        "Known for one day only and left out of the mixture: events, licks, rewards, speed_cm_s, trial, "
        "truth of the simulation."
    )


def test_one_block_cannot_be_mixed():
    with pytest.raises(WindowError) as caught:
        shuffle_days(Pair(numbered(900), numbered(1000)), block_frames=1024, seed=0)
    assert str(caught.value) == (
        "data.shuffle_days: got 900 frames on the shorter day, which are 1 block of 1,024 frames, "
        "expected at least 2 blocks, one of which is swapped between the days. "
        "Fix: set a smaller windows.window_frames, or take longer recordings"
    )
