"""Ground truth in both layouts, and what is said about files that are not sound."""

from pathlib import Path

import h5py
import numpy as np
import pytest
from scipy.io import savemat

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.spikes.ground_truth.loading import load_ground_truth

PUBLISHED = Path(__file__).parents[4] / "shared" / "data" / "cascade_ground_truth_v1_gcamp6.h5"
TIME = np.arange(60) / 30.0
DFF = np.sin(TIME).astype(np.float32)


def fields(**changes):
    return {"time": TIME, "dff": DFF, "spike_times": np.array([0.5, 1.2])} | changes


def write_hdf5(path, tree):
    with h5py.File(path, "w") as file:
        for name, values in tree.items():
            group = file.create_group(name)
            for key, value in values.items():
                group[key] = value
    return path


def write_cell(path, segments):
    path.parent.mkdir(parents=True, exist_ok=True)
    cells = np.empty(len(segments), object)
    cells[:] = segments
    savemat(path, {"CAttached": cells})
    return path


def published_segment(**changes):
    events = np.array([12000.0, 5000.0, np.nan, np.nan])
    return {"fluo_time": TIME[:, None], "fluo_mean": DFF[:, None], "events_AP": events} | changes


def test_hdf5(tmp_path):
    path = write_hdf5(
        tmp_path / "truth.h5",
        {
            "DS02-b/cell_2/segment_00": fields(),
            "DS02-b/cell_2/segment_01": fields(time=TIME + 100, spike_times=np.array([101.0, 100.5, 99.0, 103.0])),
            "DS02-b/cell_1/segment_00": fields(),
            "DS01-a/cell_1/segment_00": fields(),
        },
    )
    cells = load_ground_truth(path)
    assert [(c.dataset, c.name) for c in cells] == [("DS01-a", "cell_1"), ("DS02-b", "cell_1"), ("DS02-b", "cell_2")]
    second = cells[2].segments[1]
    np.testing.assert_array_equal(second.time_s, TIME + 100)
    np.testing.assert_array_equal(second.dff, DFF)
    np.testing.assert_array_equal(second.spike_times_s, [100.5, 101.0])  # sorted, and only those in the recording
    assert second.dff.dtype == np.float32
    assert second.rate_hz == pytest.approx(30.0)
    assert second.duration_s == pytest.approx(2.0)


def test_matlab_files_in_folders_by_data_set(tmp_path):
    write_cell(tmp_path / "DS09-x" / "CAttached_mouse_cell1_mini.mat", [published_segment(), published_segment()])
    write_cell(tmp_path / "DS10-y" / "CAttached_other.mat", [published_segment()])
    cells = load_ground_truth(tmp_path)
    assert [(c.dataset, c.name, len(c.segments)) for c in cells] == [
        ("DS09-x", "mouse_cell1_mini", 2),
        ("DS10-y", "other", 1),
    ]
    segment = cells[0].segments[1]
    np.testing.assert_array_equal(segment.time_s, TIME)
    np.testing.assert_array_equal(segment.dff, DFF)
    np.testing.assert_allclose(segment.spike_times_s, [0.5, 1.2])  # 0.1 ms, sorted, without the padding
    assert [c.name for c in load_ground_truth(tmp_path / "DS10-y")] == ["other"]


def test_a_folder_of_hdf5_files_leaves_other_files_out(tmp_path):
    write_hdf5(tmp_path / "one.h5", {"DS01-a/cell_1/segment_00": fields()})
    write_hdf5(tmp_path / "two.h5", {"DS02-b/cell_1/segment_00": fields()})
    write_hdf5(tmp_path / "recording.h5", {"session": {"dff": np.zeros((5, 2))}})
    assert [c.dataset for c in load_ground_truth(tmp_path)] == ["DS01-a", "DS02-b"]


@pytest.mark.parametrize("wanted", [["DS02-b"], ["DS02"], ["DS02", "DS02-b"]])
def test_some_data_sets(tmp_path, wanted):
    path = write_hdf5(tmp_path / "t.h5", {f"{name}/cell_1/segment_00": fields() for name in ("DS01-a", "DS02-b")})
    assert [c.dataset for c in load_ground_truth(path, wanted)] == ["DS02-b"]


def test_an_unknown_data_set_is_answered_with_the_nearest(tmp_path):
    path = write_hdf5(tmp_path / "t.h5", {"DS09-GCaMP6f/cell_1/segment_00": fields()})
    with pytest.raises(RecordingError, match=r"t.h5, data sets: got 'DS09-GCaMP6s', .* did you mean 'DS09-GCaMP6f'\?"):
        load_ground_truth(path, ["DS09-GCaMP6s"])


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"spike_times": np.zeros(0)}, r"DS01-a/cell_1, field spike_times: got no spikes within 1 segments"),
        ({"spike_times": np.array([5000.0])}, r"got no spikes .* Fix: check the unit and the clock"),
        ({"time": TIME[::-1]}, r"segment_00, field time, frame 1: got 1.93333 s after 1.96667 s \(59 such steps\)"),
        ({"time": TIME * np.nan}, r"field time, frame 1: got nan s after nan s"),
        ({"time": TIME[1:]}, r"fields time and dff: got 59 times and 60 values"),
        (
            {"dff": np.where(np.arange(60) == 7, np.nan, DFF)},
            r"field dff: got 1 frames that are not finite, the first is 7",
        ),
    ],
)
def test_unsound_segments(tmp_path, changes, text):
    path = write_hdf5(tmp_path / "t.h5", {"DS01-a/cell_1/segment_00": fields(**changes)})
    with pytest.raises(RecordingError, match=text):
        load_ground_truth(path)


@pytest.mark.parametrize(
    ("tree", "text"),
    [
        ({"DS01-a/cell_1/segment_00": {"time": TIME}}, r"segment_00, field dff: got only time, expected time, dff, "),
        (
            {"DS01-a/cell_1": fields()},
            r"DS01-a/cell_1: got datasets dff, spike_times, time, expected one group per seg",
        ),
        ({"DS01-a/cell_1": {}}, r"DS01-a/cell_1: got no groups"),
        ({"DS01-a": {"time": TIME}}, r"DS01-a/time: got no groups"),
        ({}, r"t.h5: got no data set, expected an HDF5 file with /<dataset>/<cell>/<segment>"),
    ],
)
def test_other_layouts(tmp_path, tree, text):
    with pytest.raises(RecordingError, match=text):
        load_ground_truth(write_hdf5(tmp_path / "t.h5", tree))


@pytest.mark.parametrize(
    ("segment", "text"),
    [
        (published_segment(events_AP=np.array([np.nan])), r"c.mat, field events_AP: got no spikes"),
        ({"fluo_time": TIME, "fluo_mean": DFF}, r"CAttached\{1\}, field events_AP: got only fluo_time, fluo_mean"),
        (np.zeros(3), r"CAttached\{1\}, field fluo_time: got no structure"),
        (published_segment(fluo_mean="text"), r"CAttached\{1\}: got fields that are no numbers"),
        (published_segment(fluo_time=-TIME), r"CAttached\{1\}, field fluo_time, frame 1: got -0.0333333 s after -0 s"),
    ],
)
def test_unsound_matlab_cells(tmp_path, segment, text):
    write_cell(tmp_path / "DS01-a" / "c.mat", [segment])
    with pytest.raises(RecordingError, match=text):
        load_ground_truth(tmp_path)


def test_an_array_of_structures_is_read_as_a_cell_array_of_them(tmp_path):
    path = write_cell(tmp_path / "DS01-a" / "cell.mat", [published_segment(), published_segment(fluo_mean=DFF + 1)])
    (expected,) = load_ground_truth(tmp_path)
    plain = np.array([tuple(published_segment().values())] * 2, [(name, object) for name in published_segment()])
    plain["fluo_mean"][1] = DFF + 1
    savemat(path, {"CAttached": plain})
    (cell,) = load_ground_truth(tmp_path)
    for one, other in zip(cell.segments, expected.segments, strict=True):
        np.testing.assert_array_equal(one.dff, other.dff)


def test_matlab_files_of_another_kind(tmp_path):
    path = tmp_path / "DS01-a" / "c.mat"
    write_cell(path, [published_segment()])
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(RecordingError, match=r"c.mat: got an incomplete file \(604 of 1,208 bytes\)"):
        load_ground_truth(tmp_path)
    path.write_bytes(b"no MATLAB file")
    with pytest.raises(RecordingError, match=r"c.mat: got a MATLAB 5 file that cannot be decoded"):
        load_ground_truth(tmp_path)
    savemat(path, {"other": 1.0})
    with pytest.raises(RecordingError, match=r"c.mat, variable CAttached: got no such variable"):
        load_ground_truth(tmp_path)


def test_nothing_there(tmp_path):
    with pytest.raises(RecordingError, match=r"got no data set, .* CASCADE's <dataset>/\*.mat"):
        load_ground_truth(tmp_path)
    with pytest.raises(RecordingError, match=r"none: got no such file or folder"):
        load_ground_truth(tmp_path / "none")


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the published ground truth is not here")
def test_published_cells():
    cells = load_ground_truth(PUBLISHED, ["DS14", "DS15"])
    assert {c.dataset: sum(d.dataset == c.dataset for d in cells) for c in cells} == {
        "DS14-GCaMP6s-m-V1": 6,
        "DS15-GCaMP6s-m-V1": 7,
    }
    assert sum(s.duration_s for c in cells for s in c.segments) == pytest.approx(3476 + 3414, abs=2)
