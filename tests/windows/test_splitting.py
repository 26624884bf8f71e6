"""Splits: what they promise about common frames, and what they say."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from windows_data import recording

from cyclegan_neuro.configuration.sections import WindowsSection
from cyclegan_neuro.errors import WindowError
from cyclegan_neuro.windows.segmentation import allowed_stretches, coverage, legal_starts
from cyclegan_neuro.windows.splitting import split

PARTS = ("train", "validation", "test")


def settings_of(kind="blocked", **changes):
    numbers = {"window_frames": 20, "n_train": 30, "n_validation": 4, "n_test": 5}
    return WindowsSection(split=kind, **numbers | changes)


def frames(day, starts, window_frames=20):
    return {part: coverage(getattr(starts, part), window_frames=window_frames, n_frames=day.n_frames) for part in PARTS}


def test_blocked_by_hand():
    day = recording(400)
    starts = split(day, windows=settings_of(n_train=10_000, n_validation=10_000, n_test=10_000)).starts
    assert starts.train.tolist() == list(range(0, 280 - 20 + 1))  # 15 % of 400 frames are 60
    assert starts.validation.tolist() == list(range(280, 340 - 20 + 1))
    assert starts.test.tolist() == list(range(340, 400 - 20 + 1))


def test_blocked_gives_each_part_a_window_where_the_shares_are_too_short():
    starts = split(recording(60), windows=settings_of()).starts
    assert (starts.train.tolist(), starts.validation.tolist(), starts.test.tolist()) == ([0], [20], [40])


def test_blocked_shortens_shares_that_leave_no_training_window():
    shares = {"validation_fraction": 0.42, "test_fraction": 0.42}
    starts = split(recording(100), windows=settings_of(**shares)).starts
    assert (starts.train.max() + 20 <= 60, starts.validation.tolist(), starts.test.tolist()) == (True, [60], [80])


@given(
    n_frames=st.integers(60, 500),
    gaps=st.lists(st.integers(0, 498), max_size=6, unique=True),
    window_frames=st.integers(16, 60),
    validation=st.floats(0.01, 0.44),
    test=st.floats(0.01, 0.44),
)
@settings(deadline=None, max_examples=200)
def test_blocked_parts_share_no_frame_wherever_three_windows_fit(n_frames, gaps, window_frames, validation, test):
    day = recording(n_frames, 1, gaps=[gap for gap in gaps if gap < n_frames - 1])
    windows = settings_of(window_frames=window_frames, validation_fraction=validation, test_fraction=test)
    stretches = allowed_stretches(day)
    room = sum((stop - start) // window_frames for start, stop in stretches)
    if room < 3:
        with pytest.raises(WindowError):
            split(day, windows=windows)
        return
    starts = split(day, windows=windows).starts
    covered = frames(day, starts, window_frames)
    assert not (covered["train"] & covered["validation"]).any()
    assert not (covered["test"] & (covered["train"] | covered["validation"])).any()
    legal = legal_starts(stretches, window_frames=window_frames)
    for part in PARTS:
        chosen = getattr(starts, part)
        assert chosen.size
        assert np.isin(chosen, legal).all()
        assert len(set(chosen)) == len(chosen)


def test_paper_deals_evenly_spaced_windows_out():
    day = recording(400)
    starts = split(day, windows=settings_of("paper"), seed=3).starts
    assert [len(getattr(starts, part)) for part in PARTS] == [30, 4, 5]
    together = np.sort(np.concatenate([getattr(starts, part) for part in PARTS]))
    assert together.tolist() == [i * 380 // 38 for i in range(39)]
    again, other = (split(day, windows=settings_of("paper"), seed=seed).starts for seed in (3, 4))
    assert np.array_equal(again.test, starts.test)
    assert not np.array_equal(other.test, starts.test)


def test_paper_states_its_leak_in_true_numbers():
    day = recording(400)
    result = split(day, windows=settings_of("paper"), seed=3)
    covered = frames(day, result.starts)
    shared = (covered["train"] & covered["test"]).sum() / covered["test"].sum()
    nearest = np.mean([max(0, 1 - abs(result.starts.train - start).min() / 20) for start in result.starts.test])
    (finding,) = result.findings
    assert (finding.code, finding.severity) == ("split_leak", "warning")
    assert f"{shared:.1%} of the test frames are training frames too" in finding.got
    assert f"shares {nearest:.1%} of its frames" in finding.got


def test_the_windows_of_the_paper_share_nearly_everything():
    day = recording(21_471, 1)
    result = split(day, windows=WindowsSection(split="paper"))
    assert "a test window shares 99.7% of its frames" in result.findings[0].got


def test_blocked_has_no_leak_to_report_and_says_where_the_windows_lie():
    result = split(recording(400), windows=settings_of(), where="day x")
    assert result.findings == ()
    assert result.notes == (
        "day x: 30 train windows of 20 frames from frames 0-279 (11.7 s); 4 validation windows of 20 frames from "
        "frames 280-339 (2.5 s); 5 test windows of 20 frames from frames 340-399 (2.5 s); "
        "blocked split, no frame in common.",
    )


@pytest.mark.parametrize(("kind", "n_frames"), [("blocked", 140), ("paper", 80)])
@pytest.mark.parametrize("gaps", [[], [40, 70]])
def test_of_the_window_that_is_recommended_there_are_enough_and_it_is_the_largest(kind, n_frames, gaps):
    day, asked = recording(n_frames, gaps=gaps), {"n_train": 24, "n_validation": 3, "n_test": 4}

    def fixes(window_frames):
        found = split(day, windows=settings_of(kind, window_frames=window_frames, **asked)).findings
        return [finding.fix for finding in found if finding.code == "fewer_windows"]

    too_long = next(height for height in range(17, 60) if fixes(height))
    assert all(f"set windows.window_frames to {too_long - 1} or less" in fix for fix in fixes(too_long))


def test_fewer_start_frames_than_asked_are_used_once_and_reported():
    result = split(recording(100), windows=settings_of(n_train=3000), where="day x")
    assert len(result.starts.train) == 41
    assert result.findings[0].severity == "warning"
    assert str(result.findings[0]) == (
        "day x, train windows: got 41 of 3,000, because its stretch, frames 0-59, holds 60 - 20 + 1 = 41 start frames "
        "of windows of 20 frames, expected windows.n_train = 3,000 different ones. "
        "Fix: take a longer recording, or ask for fewer windows (windows.n_train: 41)"
    )
    paper = split(recording(40), windows=settings_of("paper", n_train=3000))
    assert [len(getattr(paper.starts, part)) for part in PARTS] == [12, 4, 5]
