"""The same neurons in the same columns, whatever the files held."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cyclegan_neuro.configuration.sections import RecordingSection
from cyclegan_neuro.errors import PairingError, RecordingError
from cyclegan_neuro.recordings.pairing import describe_inputs, pair, read_pair
from cyclegan_neuro.recordings.recording import Recording
from cyclegan_neuro.recordings.writing import write_recording


def tagged(ids, *, rate=24.0, session="day 1", names=True, n_frames=50):
    """A recording whose traces are their neuron's number."""
    dff = np.tile(np.array(ids, np.float32), (n_frames, 1))
    return Recording(dff, frame_rate_hz=rate, roi_ids=tuple(f"n{i}" for i in ids) if names else None, session=session)


neurons = st.lists(st.integers(0, 30), min_size=1, max_size=12, unique=True)


@settings(max_examples=60, deadline=None)
@given(x=neurons, y=neurons, data=st.data())
def test_columns_are_the_same_neuron_in_the_order_of_x(x, y, data):
    dropped_x = data.draw(st.sets(st.integers(0, len(x) - 1)))
    dropped_y = data.draw(st.sets(st.integers(0, len(y) - 1)))
    gone = {x[i] for i in dropped_x} | {y[i] for i in dropped_y}
    expected = [i for i in x if i in y and i not in gone]
    if not expected:
        with pytest.raises(PairingError):
            pair(tagged(x), tagged(y), dropped_x=dropped_x, dropped_y=dropped_y)
        return
    matched = pair(tagged(x), tagged(y, session="day 4"), dropped_x=dropped_x, dropped_y=dropped_y)
    np.testing.assert_array_equal(matched.x.dff[0], expected)
    np.testing.assert_array_equal(matched.y.dff[0], expected)
    assert matched.x.roi_ids == matched.y.roi_ids


@settings(max_examples=30, deadline=None)
@given(n=st.integers(2, 12), data=st.data())
def test_without_ids_dropping_keeps_columns_aligned(n, data):
    dropped = [data.draw(st.sets(st.integers(0, n - 1), max_size=n // 2 - 1)) for _ in range(2)]
    x = tagged(range(n), names=False)
    matched = pair(x, x, assume_same_order=True, dropped_x=dropped[0], dropped_y=dropped[1])
    np.testing.assert_array_equal(matched.x.dff[0], [i for i in range(n) if i not in dropped[0] | dropped[1]])
    np.testing.assert_array_equal(matched.x.dff, matched.y.dff)


def test_neurons_of_one_day_are_counted():
    matched = pair(tagged([1, 2, 3, 4]), tagged([4, 9, 2, 3], session="day 4"))
    assert matched.notes == ("3 neurons matched by ROI id; left out: 1 only on day 1, 1 only on day 4",)
    assert matched.findings == ()


def test_equal_ids_need_no_remark():
    matched = pair(tagged([1, 2]), tagged([2, 1]))
    assert (matched.notes, matched.findings) == ((), ())


def test_few_matches_are_suspicious():
    matched = pair(tagged(range(10)), tagged(range(8, 18)))
    assert [f.code for f in matched.findings] == ["few_matches"]


def test_repeated_ids_are_refused():
    y = tagged([3, 5, 3], session="day 4")
    with pytest.raises(PairingError, match=r"day 4, field roi_ids: got 'n3' in columns \[0, 2\]"):
        pair(tagged([3, 5]), y)


def test_nothing_in_common_shows_both_numberings():
    with pytest.raises(PairingError, match=r"no id in common \(day 1: n1, n2, \.\.\.; day 4: n8, n9, \.\.\.\)"):
        pair(tagged([1, 2]), tagged([8, 9], session="day 4"))


def test_ids_on_one_day_only():
    with pytest.raises(PairingError, match="got no ROI ids on day 4 "):
        pair(tagged([1, 2]), tagged([1, 2], names=False, session="day 4"))


def test_the_users_word_overrules_ids_that_differ():
    x, y = tagged([1, 2]), tagged([2, 7], session="day 4")
    matched = pair(x, y, assume_same_order=True)
    np.testing.assert_array_equal(matched.y.dff[0], [2, 7])
    assert "ROI ids that differ" in matched.notes[0]
    assert matched.findings[0].severity == "warning"


def test_the_users_word_does_not_overrule_ids_that_agree():
    matched = pair(tagged([1, 2]), tagged([2, 1]), assume_same_order=True)
    np.testing.assert_array_equal(matched.x.dff[0], matched.y.dff[0])


def test_rates_that_hardly_differ_are_noted():
    matched = pair(tagged([1]), tagged([1], rate=24.01, session="day 4"))
    assert matched.notes == ("frame rates taken as equal: day 1 at 24 Hz, day 4 at 24.01 Hz",)


def test_description_is_json_and_complete(make_recording):
    recording = make_recording()
    described = describe_inputs(pair(recording, recording))
    assert json.loads(json.dumps(described)) == described
    assert set(described["x"]) == {
        "source", "subject", "session", "sha256", "behaviour_sha256", "shape", "frame_rate_hz", "gaps", "roi_ids",
    }  # fmt: skip
    assert described["x"]["shape"] == [60, 5]


def test_read_pair_checks_both_days_first(tmp_path, make_recording):
    write_recording(make_recording(n_frames=200), tmp_path / "x.h5")
    bad = make_recording(n_frames=200)
    bad.dff[5, 2] = np.nan
    write_recording(bad, tmp_path / "y.h5")
    sections = [RecordingSection(path=f"{name}.h5") for name in "xy"]
    with pytest.raises(RecordingError, match=r"y\.h5, neuron 2 .*: got 1 NaN in frames 5"):
        read_pair(*sections, base_directory=tmp_path)
    write_recording(make_recording(n_frames=200, seed=2), tmp_path / "y.h5", overwrite=True)
    matched = read_pair(*sections, base_directory=tmp_path)
    assert {f.code for f in matched.findings} == {"gaps", "negative", "noise", "position_unit"}  # of a random position
    assert matched.x.truth is not None


def test_one_file_for_both_days_is_a_warning(tmp_path, make_recording):
    write_recording(make_recording(n_frames=200), tmp_path / "x.h5")
    matched = read_pair(*[RecordingSection(path="x.h5")] * 2, base_directory=tmp_path)
    found = next(f for f in matched.findings if f.code == "one_day_twice")
    assert (found.severity, found.got) == ("warning", "the same traces on both days")
