"""Start frames: on continuous time only, evenly spaced, none twice."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from windows_data import recording

from cyclegan_neuro.errors import WindowError
from cyclegan_neuro.windows.segmentation import allowed_stretches, coverage, legal_starts, spaced


def test_stretches_end_at_gaps_and_exclusions():
    day = recording(20, gaps=(4, 11))  # 0-4, 5-11, 12-19
    assert allowed_stretches(day, exclude=[(7, 8), (18, 99)]) == [(0, 5), (5, 7), (9, 12), (12, 18)]


def test_starts_by_hand():
    assert legal_starts([(0, 5), (5, 7), (9, 12)], window_frames=3).tolist() == [0, 1, 2, 9]
    assert legal_starts([(0, 2)], window_frames=3).size == 0


@pytest.mark.parametrize(
    ("n", "expected"), [(1, [0]), (2, [0, 9]), (4, [0, 3, 6, 9]), (10, range(10)), (99, range(10))]
)
def test_spacing_by_hand(n, expected):
    assert spaced(np.arange(10), n).tolist() == list(expected)


@given(size=st.integers(1, 3000), n=st.integers(1, 4000))
@settings(deadline=None)
def test_spacing_is_even_and_takes_none_twice(size, n):
    chosen = spaced(np.arange(size), n)
    assert len(chosen) == min(size, n)
    steps = np.diff(chosen)
    if len(chosen) > 1:
        assert steps.min() >= 1
        assert steps.max() - steps.min() <= 1
        assert (chosen[0], chosen[-1]) == (0, size - 1)


@st.composite
def recordings_with_holes(draw):
    n_frames = draw(st.integers(20, 300))
    gaps = draw(st.lists(st.integers(0, n_frames - 2), max_size=5, unique=True))
    exclude = draw(st.lists(st.tuples(st.integers(0, n_frames - 1), st.integers(0, 40)), max_size=3))
    return recording(n_frames, 1, gaps=gaps), [(first, first + length) for first, length in exclude]


@given(case=recordings_with_holes(), window_frames=st.integers(1, 60))
@settings(deadline=None)
def test_windows_cross_no_gap_and_touch_no_excluded_frame(case, window_frames):
    day, exclude = case
    starts = legal_starts(allowed_stretches(day, exclude=exclude), window_frames=window_frames)
    forbidden = {frame for first, last in exclude for frame in range(first, last + 1)}

    def legal(start):
        frames = range(start, start + window_frames)
        return not forbidden.intersection(frames) and not any(gap in frames and gap + 1 in frames for gap in day.gaps)

    assert starts.tolist() == [start for start in range(day.n_frames - window_frames + 1) if legal(start)]


def test_coverage_by_hand():
    covered = coverage(np.array([1, 2, 6]), window_frames=2, n_frames=9)
    assert covered.astype(int).tolist() == [0, 1, 1, 1, 0, 0, 1, 1, 0]


def test_an_exclusion_beyond_the_end_is_an_error():
    with pytest.raises(WindowError, match=r"excluded stretch \[20, 30\]: got first frame 20, expected .*0 to 19"):
        allowed_stretches(recording(20), exclude=[(20, 30)])
