"""Fields, units, policies: from a section of the configuration to a recording."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cyclegan_neuro.configuration.sections import RecordingSection
from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings import atomic, readers
from cyclegan_neuro.recordings.frames import frames_text, runs, segments
from cyclegan_neuro.recordings.layout import to_fields
from cyclegan_neuro.recordings.loading import load, read_file
from cyclegan_neuro.recordings.memory import size_text
from cyclegan_neuro.recordings.repair import constant_columns, interpolate_nan
from cyclegan_neuro.recordings.writing import write_recording


def saved(tmp_path, **values):
    defaults = {"dff": np.random.default_rng(0).normal(size=(30, 3)), "frame_rate_hz": 10.0}
    np.savez(tmp_path / "a.npz", **(defaults | values))
    return tmp_path / "a.npz"


def test_more_neurons_than_frames_are_read_where_the_user_insists(tmp_path):
    path = saved(tmp_path, dff=np.random.default_rng(0).normal(size=(30, 40)))
    for transpose, severity in ((None, "critical"), (False, "warning")):
        reading = load(RecordingSection(path=str(path), transpose=transpose), base_directory=tmp_path)
        assert [one.severity for one in reading.check() if one.code == "transposed"] == [severity]


def test_source_is_the_path_unless_the_file_names_it(tmp_path):
    assert read_file(saved(tmp_path)).source == str(tmp_path / "a.npz")
    assert read_file(saved(tmp_path, source="rig 2")).source == "rig 2"


def test_a_field_that_is_null_is_left_out(tmp_path):
    path = saved(tmp_path, licks=np.full(30, 0.5), roi_ids=np.array(["a", "b", "c"]))
    with pytest.raises(RecordingError, match=r"field 'licks'.*whole numbers"):
        read_file(path, fields={"licks": "licks"})
    recording = read_file(path, fields={"licks": None})
    assert recording.behaviour.licks is None
    assert recording.roi_ids == ("a", "b", "c")
    with pytest.raises(RecordingError, match=r"fields\.dff: got null, expected a name"):
        read_file(path, fields={"dff": None})


@pytest.mark.parametrize("suffix", [".h5", ".npz", ".mat"])
def test_what_kind_of_data_it_is_stays_with_the_file(tmp_path, make_recording, suffix):
    for origin in ("simulated", "semi-synthetic", "translated", "recorded"):
        recording = replace(make_recording(), source="simulated mice, rig 2", truth=None, data_origin=origin)
        assert read_file(write_recording(recording, tmp_path / f"{origin}{suffix}")).data_origin == origin


def test_a_file_that_does_not_say_so_is_recorded_unless_it_carries_the_truth(tmp_path, make_recording):
    (tmp_path / "simulated").mkdir()
    assert read_file(saved(tmp_path / "simulated", source="semi-synthetic")).data_origin == "recorded"
    for known, origin in ((True, "simulated"), (False, "recorded")):
        day = make_recording() if known else replace(make_recording(), truth=None)
        values = to_fields(day)
        del values["data_origin"]  # as older versions wrote it
        readers.get("hdf5").write(tmp_path / "old.h5", values)
        assert read_file(tmp_path / "old.h5").data_origin == origin


def test_relative_paths_start_at_the_base_directory(tmp_path, make_recording):
    (tmp_path / "data").mkdir()
    write_recording(make_recording(), tmp_path / "data" / "day1.h5")
    reading = load(RecordingSection(path="data/day1.h5"), base_directory=tmp_path)
    recording, notes = reading.kept, list(reading.notes)
    assert recording.n_neurons == 5
    assert notes == []


def test_rate_of_the_configuration_wins_and_is_noted(tmp_path):
    saved(tmp_path)
    reading = load(RecordingSection(path="a.npz", frame_rate_hz=12.0), base_directory=tmp_path)
    recording, notes = reading.kept, list(reading.notes)
    assert recording.frame_rate_hz == 12.0
    assert notes == [f"{tmp_path / 'a.npz'}: frame rate 12 Hz from the configuration"]


def test_numbers_become_names(tmp_path):
    assert read_file(saved(tmp_path, roi_ids=np.array([[4.0], [17.0], [2.0]]))).roi_ids == ("4", "17", "2")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"frame_rate_hz": np.ones(2)}, "'frame_rate_hz': got 2 values"),
        ({"gaps": np.arange(30) % 9 == 8}, "field gaps: got 30 values of 0 and 1, which look like a mask, expected"),
        ({"gaps": np.arange(29) % 9 == 8}, "field gaps: got 29 values of 0 and 1, which look like a mask"),
        ({"gaps": 1.0 * (np.arange(29) % 9 == 8)}, "field gaps: got 29 values of 0 and 1, which look like a mask"),
        ({"gaps": np.arange(30) // 9}, "field gaps: got 30 values of 0 to 3, .*np.flatnonzero.np.diff.labels"),
        ({"gaps": np.array([1.25, 2.5])}, "'gaps': got values that are not whole .*gaps . frame_rate_hz.*seconds"),
        ({"gaps": np.array([29])}, "field gaps: got frames 29 to 29, expected 0 to 28"),
        ({"gaps": np.array([-1, 3])}, "field gaps: got frames -1 to 3"),
        ({"data_origin": "simulation"}, "'data_origin': got 'simulation', expected one of recorded, simul"),
        ({"dff": np.zeros(30)}, r"'dff': got shape \(30,\), expected a matrix \(time, neuron\) that is not empty"),
        ({"dff": np.zeros((0, 3))}, r"'dff': got shape \(0, 3\)"),
    ],
)
def test_traces_rate_and_time_that_do_not_fit_are_refused(tmp_path, values, message):
    with pytest.raises(RecordingError, match=message):
        read_file(saved(tmp_path, **values))


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("roi_ids", np.array([1.5, 2, 3]), "got float64 values, expected text or whole numbers"),
        ("roi_ids", np.array([1.0, np.nan, 3]), "got float64 values, expected text or whole numbers"),
        ("licks", np.full(30, 300), "got values from 300 to 300, expected 0 to 255"),
        ("licks", np.zeros(29), "got 29 values, 1 fewer than there are frames, .*no sample .the first, the last"),
        ("licks", np.zeros(32), "got 32 values, 2 more than there are frames, expected one for each of 30 frames"),
        ("licks", np.zeros(90), "got 90 values, 60 more than .*interpolate it at the times of the frames"),
        ("trial", np.full(30, 0.5), "got values that are not whole numbers"),
        ("position_cm", np.zeros((30, 2)), r"got shape \(30, 2\), expected one value per time"),
        ("roi_xy_um", np.zeros((3, 3)), r"got shape \(3, 3\), expected shape \(3, 2\)"),
        ("events", np.array([0.5, 2.5]), "got 2 values, 28 fewer than there are frames"),
        ("events", np.array(["odour", "tone"]), "got text of shape .*expected real numbers"),
        ("subject", np.array(12.5), "got float64 values"),
        ("session", np.arange(2), "got 2 values of shape"),
    ],
)
def test_an_optional_field_that_cannot_be_read_is_left_out_aloud(tmp_path, caplog, name, value, message):
    path = saved(tmp_path, **{name: value})
    reading = load(RecordingSection(path=path.name), base_directory=tmp_path)
    assert name not in to_fields(reading.recording)
    (finding,) = reading.findings
    assert (finding.severity, finding.code) == ("warning", "left_out")
    assert re.search(rf"a\.npz, field '{name}': {message}", str(finding))
    assert f"Fix: {name} is left out: " in str(finding)
    read_file(path)
    assert str(finding) in caplog.text
    with pytest.raises(RecordingError, match=f"'{name}': {message}"):
        read_file(path, fields={name: name})
    assert not load(RecordingSection(path=path.name, fields={name: None}), base_directory=tmp_path).findings


@pytest.mark.parametrize("name", ["licks", "roi_ids", "subject", "gaps"])
def test_an_empty_optional_field_is_none(tmp_path, name):
    path = saved(tmp_path, **{name: np.zeros((0, 0))})
    reading = load(RecordingSection(path=path.name), base_directory=tmp_path)
    assert (reading.findings, name in to_fields(reading.recording)) == ((), False)


def test_events_per_frame_are_read(tmp_path, caplog):
    counts = np.arange(30) % 10 == 4
    events = read_file(saved(tmp_path, events=counts.astype(np.float64)[:, None])).behaviour.events
    assert events.dtype == np.uint8
    np.testing.assert_array_equal(events, counts)
    assert caplog.text == ""


def test_gaps_are_sorted_once_each(tmp_path):
    np.testing.assert_array_equal(read_file(saved(tmp_path, gaps=np.array([20, 3, 20]))).gaps, [3, 20])


def test_no_neuron_left_is_an_error(tmp_path):
    saved(tmp_path, dff=np.full((30, 3), np.nan))
    with pytest.raises(RecordingError, match="got 3 neurons, all dropped"):
        load(RecordingSection(path="a.npz", nan="drop_neuron"), base_directory=tmp_path)


def test_interpolation_by_hand():
    nan = np.nan
    dff = np.array([[nan, 1], [1, 1], [nan, nan], [nan, nan], [4, nan], [nan, 7]], np.float32)
    mended, filled = interpolate_nan(dff, gaps=np.zeros(0, np.int64), max_frames=2)
    np.testing.assert_array_equal(mended[:, 0], [1, 1, 2, 3, 4, 4])
    np.testing.assert_array_equal(mended[:, 1], dff[:, 1])  # three in a row
    assert filled == {0: [1, 2, 1]}
    assert np.isnan(dff[0, 0])


def test_interpolation_never_crosses_a_gap():
    dff = np.array([[1], [np.nan], [np.nan], [9]], np.float32)
    mended, _ = interpolate_nan(dff, gaps=np.array([1]), max_frames=2)
    np.testing.assert_array_equal(mended[:, 0], [1, 1, 9, 9])


def test_constant_columns_look_past_nan():
    dff = np.array([[1, 0, np.nan], [1, np.nan, np.nan], [1, 1, np.nan]], np.float32)
    np.testing.assert_array_equal(constant_columns(dff), [0])


def test_runs_segments_and_their_text():
    assert runs(np.zeros(3, bool)) == []
    assert segments(10, np.array([3, 8])) == [(0, 4), (4, 9), (9, 10)]
    assert frames_text([(0, 5), (9, 10)]) == "frames 0-4, 9"
    assert frames_text([(i, i + 1) for i in range(0, 20, 2)]) == "frames 0, 2, 4, 6, 8 and 5 more runs"


@pytest.mark.parametrize(("size", "text"), [(0, "0 bytes"), (999, "999 bytes"), (1500, "1.5 kB"), (4e13, "40.0 TB")])
def test_sizes_in_words(size, text):
    assert size_text(size) == text


def test_failed_write_leaves_the_old_file(tmp_path, make_recording, monkeypatch):
    path = write_recording(make_recording(), tmp_path / "day1.h5")
    before = path.read_bytes()

    def full_disk(self, path, values):
        Path(path).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(readers.get("hdf5")), "write", full_disk)
    with pytest.raises(RecordingError, match=r"day1\.h5: got No space left on device, .*left as it was"):
        write_recording(make_recording(seed=1), path, overwrite=True)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["day1.h5"]


def test_a_file_is_replaced_only_if_that_is_said(tmp_path, make_recording):
    path = write_recording(make_recording(), tmp_path / "day1.h5")
    with pytest.raises(RecordingError, match=r"day1\.h5: got a file that exists, .* replace it with overwrite=True"):
        write_recording(make_recording(seed=1), path)
    again = read_file(write_recording(make_recording(seed=1), path, overwrite=True))
    np.testing.assert_array_equal(again.dff, make_recording(seed=1).dff)


def test_write_into_a_missing_directory(tmp_path, make_recording):
    with pytest.raises(RecordingError, match=r"day1\.h5: got no folder .*nowhere, expected a directory that exists"):
        write_recording(make_recording(), tmp_path / "nowhere" / "day1.h5")


@pytest.mark.parametrize("ending", ["csv", "npy"])
def test_write_with_an_ending_that_is_not_written(tmp_path, make_recording, ending):
    told = rf"day1\.{ending}: got ending '\.{ending}', expected one of \.h5, \.hdf5, \.mat, \.npz"
    with pytest.raises(RecordingError, match=rf"^{tmp_path}/{told}"):
        write_recording(make_recording(), tmp_path / f"day1.{ending}")


def test_other_errors_pass_and_leave_nothing(tmp_path):
    def interrupted():
        with atomic.replacing(tmp_path / "a.txt") as temporary:
            temporary.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []


def test_same_recording_same_bytes(tmp_path, make_recording):
    paths = [write_recording(make_recording(), tmp_path / f"{i}.h5") for i in range(2)]
    assert paths[0].read_bytes() == paths[1].read_bytes()
