"""Time relative to events, by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cyclegan_neuro.errors import ConfigurationError
from cyclegan_neuro.recordings.events import time_since_event_s

NAN = np.nan


def onsets(*frames, n_frames=12):
    events = np.zeros(n_frames, np.uint8)
    events[list(frames)] = 1
    return events


def times(events, *, rate=2.0, gaps=(), before_s=1.0, after_s=1.5):
    return time_since_event_s(events, rate, np.array(gaps, np.int64), before_s=before_s, after_s=after_s)


def test_one_event():
    found = times(onsets(4))
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, [NAN, NAN, -1.0, -0.5, 0, 0.5, 1.0, NAN, NAN, NAN, NAN, NAN])


def test_the_interval_is_open_at_its_end():
    np.testing.assert_array_equal(times(onsets(1, n_frames=4), after_s=0.5), [-0.5, 0, NAN, NAN])


def test_the_latest_event_wins_where_intervals_overlap():
    # frames 5 and 6 lie within 1.5 s after frame 4 and within 1 s before frame 7
    np.testing.assert_array_equal(times(onsets(4, 7, n_frames=9)), [NAN, NAN, -1, -0.5, 0, 0.5, 1.0, 0, 0.5])


def test_a_frame_that_nothing_precedes_any_more_belongs_to_the_next_event():
    # frame 3 is 1.5 s after frame 0, which is outside; it is 0.5 s before frame 4
    np.testing.assert_array_equal(times(onsets(0, 4, n_frames=6)), [0, 0.5, 1.0, -0.5, 0, 0.5])


def test_nothing_reaches_across_a_gap():
    np.testing.assert_array_equal(times(onsets(2, 6, n_frames=8), gaps=[3, 4]), [-1, -0.5, 0, 0.5, NAN, -0.5, 0, 0.5])


def test_several_onsets_in_a_frame_are_one_event():
    np.testing.assert_array_equal(times(3 * onsets(2, n_frames=4)), [-1, -0.5, 0, 0.5])


def test_without_events_all_is_outside():
    assert np.isnan(times(onsets())).all()


@pytest.mark.parametrize("tenths", [1, 2, 3, 6, 7, 9])
def test_seconds_are_whole_frames_despite_rounding(tenths):
    found = times(onsets(10, n_frames=21), rate=10.0, before_s=tenths * 0.1, after_s=tenths * 0.1)
    assert np.flatnonzero(np.isfinite(found)).tolist() == list(range(10 - tenths, 10 + tenths))


@pytest.mark.parametrize("length", [{"before_s": -1.0}, {"after_s": NAN}, {"after_s": np.inf}])
def test_lengths_are_checked(length):
    (name,) = length
    with pytest.raises(ConfigurationError, match=f"interval around events, {name}: got .* s, expected seconds, 0 or"):
        times(onsets(4), **length)


@settings(max_examples=60, deadline=None)
@given(
    events=st.lists(st.integers(0, 2), min_size=1, max_size=40),
    gaps=st.sets(st.integers(0, 38), max_size=3),
    before=st.integers(0, 6),
    after=st.integers(0, 6),
)
def test_the_definition_frame_by_frame(events, gaps, before, after):
    gaps = sorted(gap for gap in gaps if gap < len(events) - 1)
    found = times(np.array(events), rate=1.0, gaps=gaps, before_s=float(before), after_s=float(after))
    for frame, time_s in enumerate(found):
        reachable = [
            event
            for event in np.flatnonzero(events)
            if frame - after < event <= frame + before
            and not any(min(frame, event) <= gap < max(frame, event) for gap in gaps)
        ]
        past = [event for event in reachable if event <= frame]
        future = [event for event in reachable if event > frame]
        expected = frame - past[-1] if past else frame - future[0] if future else NAN
        np.testing.assert_equal(time_s, expected)
