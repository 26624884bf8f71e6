"""One suite over every file format, and what is particular to each."""

from dataclasses import replace

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from nwb_files import write_nwb
from tool_files import caiman_of, cnmfe_of, csv_of, excel_of, extract_of, inscopix_of, minian_of, raw_of, suite2p_of

from cyclegan_neuro.configuration.sections import BaselineSection
from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings import readers
from cyclegan_neuro.recordings.dff import delta_f_over_f
from cyclegan_neuro.recordings.layout import from_fields, to_fields
from cyclegan_neuro.recordings.loading import read_file
from cyclegan_neuro.recordings.readers import _hdf5_source, _hdf5_values, _npy_stream
from cyclegan_neuro.recordings.recording import Recording
from cyclegan_neuro.recordings.writing import write_recording

FULL_FORMATS = ["hdf5", "npz", "mat", "mat73"]
TRACES_ONLY = {"npy"}
#: Formats of other tools: how a test writes one, and the fields that it has a place for.
OTHER_TOOLS = {
    "nwb": (
        write_nwb, ("dff", "frame_rate_hz", "roi_ids", "gaps", "subject", "session", "data_origin", "position_cm",
        "speed_cm_s", "licks", "rewards", "events", "trial"),
    ),
    "caiman": (caiman_of, ("dff", "frame_rate_hz")),
    "cnmfe": (cnmfe_of, ("dff", "frame_rate_hz")),
    "extract": (extract_of, ("dff", "frame_rate_hz")),
    "csv": (
        csv_of, ("dff", "frame_rate_hz", "gaps", "position_cm", "licks", "rewards", "trial", "speed_cm_s", "events"),
    ),
    "excel": (
        excel_of, ("dff", "frame_rate_hz", "gaps", "position_cm", "licks", "rewards", "trial", "speed_cm_s", "events"),
    ),
    "inscopix": (inscopix_of, ("dff", "frame_rate_hz", "gaps")),
    "minian": (minian_of, ("dff", "frame_rate_hz", "gaps", "subject", "session")),
    "suite2p": (suite2p_of, ("dff", "frame_rate_hz", "gaps")),
}  # fmt: skip
#: Names that a user has to give.
NAMED = {"minian": {"dff": "dff"}, "extract": {"frame_rate_hz": "fs"}}


def as_read(name, values):
    """Return the fields that a reader gives of what was written: of raw fluorescence the ΔF/F that is computed."""
    if name != "suite2p":
        return values
    made = delta_f_over_f(
        raw_of(values["dff"]), frame_rate_hz=values["frame_rate_hz"], settings=BaselineSection(),
        neuropil=np.zeros_like(values["dff"]),
    )  # fmt: skip
    assert np.abs(made.dff - values["dff"]).max() < 0.2  # the baseline of noise
    return values | {"dff": made.dff}


@pytest.fixture(params=FULL_FORMATS)
def write(request, tmp_path, write_mat73):
    """Return a function that writes a recording in one format, under a name that gives nothing away."""

    def write_one(recording):
        path = tmp_path / "some.dat"
        if request.param == "mat73":
            return write_mat73(path, to_fields(recording))
        readers.get(request.param).write(path, to_fields(recording))
        return path

    write_one.format = request.param.removesuffix("73")
    return write_one


def test_every_format_is_in_this_suite():
    assert {name.removesuffix("73") for name in FULL_FORMATS} | TRACES_ONLY | set(OTHER_TOOLS) == set(readers.names())


@pytest.mark.parametrize("name", OTHER_TOOLS)
def test_reads_what_another_tool_has_a_place_for(name, tmp_path, make_recording, assert_same):
    if name == "excel":
        pytest.importorskip("openpyxl")
    write_other, places = OTHER_TOOLS[name]
    for number, whole in enumerate((make_recording(truth=False), Recording(make_recording().dff, frame_rate_hz=7.5))):
        values = {field: value for field, value in to_fields(whole).items() if field in places}
        path = write_other(tmp_path / f"{number}.dat", values)
        assert readers.sniff(path).name == name
        back = read_file(path, format=name, fields=NAMED.get(name))
        assert_same(replace(back, source="", roi_rows=None), from_fields(as_read(name, values)))
        with pytest.raises(RecordingError, match=f"got a file of format {name}, expected format npz"):
            read_file(path, format="npz")
        with readers.open_source(path) as source:
            assert source.find("nothing") is None
            assert any(entry.shape == whole.dff.shape and entry.kind == "number" for entry in source.entries().values())


@pytest.mark.parametrize("name", readers.names())
def test_reader_describes_itself(name):
    reader = readers.get(name)
    assert reader.name == name
    assert reader.title
    assert all(suffix.startswith(".") for suffix in reader.suffixes)


def test_unknown_format_names_the_nearest():
    with pytest.raises(RecordingError, match=r"got 'hdf', expected auto or one of .*hdf5, .*mat, .*npz.*'hdf5'"):
        readers.get("hdf")


def test_reads_back_what_was_written(write, make_recording, assert_same):
    recording = make_recording()
    assert_same(read_file(write(recording)), recording)


def test_reads_back_a_recording_with_the_least(write, make_recording, assert_same):
    recording = Recording(make_recording().dff, frame_rate_hz=7.5, source="made up")
    assert_same(read_file(write(recording)), recording)


def test_content_decides_not_the_ending(write, make_recording):
    assert readers.sniff(write(make_recording())).name == write.format


def test_named_format_is_used(write, make_recording, assert_same):
    recording = make_recording()
    assert_same(read_file(write(recording), format=write.format), recording)


def test_a_field_that_is_absent_does_not_list_the_file(tmp_path, make_recording, monkeypatch):
    path = write_recording(make_recording(), tmp_path / "day1.h5")
    monkeypatch.setattr(_hdf5_source.Hdf5Source, "entries", None)  # of thousands of members: seconds a field
    with readers.open_source(path) as source:
        assert source.find("frame_rate_hz").attribute
        assert [source.find(name) for name in ("nothing", "truth", "dff@nothing", "nothing@dff", "@")] == [None] * 5


def test_another_format_is_refused(write, make_recording):
    other = "npz" if write.format == "hdf5" else "npy"
    with pytest.raises(RecordingError, match=f"got a file of format {write.format}, expected format {other}"):
        read_file(write(make_recording()), format=other)


def test_entries_show_shapes_as_the_user_sees_them(write, make_recording):
    with readers.open_source(write(make_recording())) as source:
        entries = source.entries()
        assert source.find("nothing") is None
    assert entries["dff"].shape == (60, 5)
    assert entries["dff"].kind == "number"
    assert entries["roi_ids"].kind == "text"


def test_transpose_exchanges_the_axes(write, make_recording):
    recording = make_recording(truth=False)
    bare = Recording(np.ascontiguousarray(recording.dff.T), frame_rate_hz=24.0)
    np.testing.assert_array_equal(read_file(write(bare), transpose=True).dff, recording.dff)


def test_fields_by_other_names(tmp_path, write_mat73):
    traces = np.arange(12, dtype=np.float64).reshape(6, 2) / 7
    values = {"F": traces, "cells": np.array(["a", "b"]), "fs": np.float64(30)}
    names = {"dff": "F", "roi_ids": "cells", "frame_rate_hz": "fs"}
    paths = [tmp_path / name for name in ("a.npz", "a.h5", "a.mat")]
    np.savez(paths[0], **values)
    with h5py.File(paths[1], "w") as file:
        for name, value in values.items():
            file[name] = value.astype(object) if name == "cells" else value
    write_mat73(paths[2], values)
    for path in paths:
        recording = read_file(path, fields=names)
        assert recording.dff.dtype == np.float32
        np.testing.assert_array_equal(recording.dff, traces.astype(np.float32))
        assert (recording.roi_ids, recording.frame_rate_hz) == (("a", "b"), 30.0)


@settings(max_examples=15, deadline=None)
@given(
    dff=hnp.arrays(np.float32, st.tuples(st.integers(3, 40), st.integers(1, 6)), elements=st.floats(-5, 5, width=32)),
    ids=st.lists(
        st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1), min_size=6, unique=True
    ),
    suffix=st.sampled_from([".h5", ".npz", ".mat"]),
)
def test_round_trip_of_any_traces(tmp_path_factory, dff, ids, suffix):
    recording = Recording(dff, frame_rate_hz=24.0, roi_ids=tuple(ids[: dff.shape[1]]))
    back = read_file(write_recording(recording, tmp_path_factory.mktemp("any") / f"day{suffix}"))
    np.testing.assert_array_equal(back.dff, dff)
    assert back.roi_ids == recording.roi_ids


def test_npy_holds_traces_only(tmp_path):
    traces = np.asfortranarray(np.arange(12.0).reshape(6, 2) / 7)
    np.save(tmp_path / "a.npy", traces)
    recording = read_file(tmp_path / "a.npy", frame_rate_hz=24.0)
    np.testing.assert_array_equal(recording.dff, traces.astype(np.float32))
    with pytest.raises(RecordingError, match=r"b\.npy: got ending '\.npy', expected one of \.h5, \.hdf5, \.mat, \.npz"):
        write_recording(recording, tmp_path / "b.npy")


@pytest.mark.parametrize("chunks", [None, (7, 3), (50, 2), (1, 9)])
@pytest.mark.parametrize("transpose", [False, True])
def test_slices_put_together_are_the_matrix(tmp_path, monkeypatch, chunks, transpose):
    monkeypatch.setattr(_hdf5_values, "SLICE_BYTES", 256)
    matrix = np.random.default_rng(0).normal(size=(50, 9))
    with h5py.File(tmp_path / "a.h5", "w") as file:
        dataset = file.create_dataset("dff", data=matrix, chunks=chunks)
        read = _hdf5_values.read_matrix(dataset, dtype=np.dtype(np.float32), transpose=transpose)
    np.testing.assert_array_equal(read, (matrix.T if transpose else matrix).astype(np.float32))


def test_numpy_arrays_are_read_in_slices(tmp_path, monkeypatch):
    monkeypatch.setattr(_npy_stream, "SLICE_BYTES", 64)
    matrix = np.random.default_rng(0).normal(size=(50, 9))
    np.savez_compressed(tmp_path / "a.npz", dff=matrix)
    np.testing.assert_array_equal(read_file(tmp_path / "a.npz", frame_rate_hz=9.0).dff, matrix.astype(np.float32))


@pytest.mark.parametrize(
    "header",
    [b"{'descr': '<f4', 'fortran_order': False, 'shape': ((60, 5), }", b"{b'descr': '<f4', 'shape': (60, 5)}",
     b"(" * 900, b"{'descr': '<f4', 'fortran_order': False, 'shape': (-60, 5), }",
     b"\x00", b"{'descr': '<f4'}", b"2 ** 9"],
)  # fmt: skip
def test_numpy_headers_that_are_none(tmp_path, header):
    (tmp_path / "a.npy").write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + bytes(1200))
    with pytest.raises(RecordingError, match="got a NumPy array header that cannot be decoded"):
        read_file(tmp_path / "a.npy", frame_rate_hz=24.0)


@pytest.mark.parametrize("version", [(0, 0), (1, 1), (4, 0), (9, 9)])
def test_versions_that_numpy_does_not_have(tmp_path, version):
    with open(tmp_path / "a.npy", "wb") as stream:
        np.lib.format.write_array(stream, np.zeros((20, 2)), version=(2, 0))
    sound = (tmp_path / "a.npy").read_bytes()
    (tmp_path / "a.npy").write_bytes(sound[:6] + bytes(version) + sound[8:])
    with pytest.raises(
        RecordingError, match=rf"version {version[0]}\.{version[1]} of the format, which NumPy does not"
    ):
        read_file(tmp_path / "a.npy", frame_rate_hz=24.0)


def test_hdf5_attributes_and_links_inside_the_file(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["deep/traces"] = np.zeros((5, 2))
        file["deep/traces"].attrs["fs"] = 12.5
        file.attrs["rate"] = 25.0
        file["dff"] = h5py.SoftLink("/deep/traces")
    assert read_file(tmp_path / "a.h5", fields={"frame_rate_hz": "rate"}).frame_rate_hz == 25.0
    assert read_file(tmp_path / "a.h5", fields={"frame_rate_hz": "deep/traces@fs"}).frame_rate_hz == 12.5


def test_hdf5_links_in_a_circle_end(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["dff"], file["b"] = h5py.SoftLink("/b"), h5py.SoftLink("/dff")
    with pytest.raises(RecordingError, match="field dff: got no 'dff'"):
        read_file(tmp_path / "a.h5", frame_rate_hz=9.0)


def test_hard_links_in_a_circle_are_listed_once(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["a/b/dff"] = np.zeros((5, 2))
        file["a/b/up"] = file["a"]
    with readers.open_source(tmp_path / "a.h5") as source:
        assert list(source.entries()) == ["a/b/dff"]


def test_a_damaged_object_is_an_error_only_where_it_is_asked_for(tmp_path, caplog):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["dff"], file["licks"] = np.zeros((5, 2)), np.zeros(5)
        file.attrs["frame_rate_hz"] = 24.0
        place = h5py.h5o.get_info(file["licks"].id).addr
    with open(tmp_path / "a.h5", "r+b") as stream:
        stream.seek(place)
        stream.write(b"\xff" * 16)
    with readers.open_source(tmp_path / "a.h5") as source:
        assert {name: entry.type_name for name, entry in source.entries().items()} == {
            "frame_rate_hz": "float64", "dff": "float64", "licks": "damaged",
        }  # fmt: skip
    assert read_file(tmp_path / "a.h5").n_frames == 5
    assert "field 'licks' that cannot be decoded" in caplog.text
    with pytest.raises(RecordingError, match=r"field 'licks' that cannot be decoded \('licks': .*copy it again"):
        read_file(tmp_path / "a.h5", fields={"licks": "licks"})


def test_matlab_structures_are_paths(tmp_path):
    from scipy.io import savemat

    traces = np.arange(12.0).reshape(6, 2)
    savemat(tmp_path / "a.mat", {"day": {"traces": {"dff": traces}, "fs": 30}})
    recording = read_file(tmp_path / "a.mat", fields={"dff": "day/traces/dff", "frame_rate_hz": "day/fs"})
    np.testing.assert_array_equal(recording.dff, traces)


def test_missing_file_names_the_nearest(tmp_path):
    (tmp_path / "day1.h5").touch()
    with pytest.raises(RecordingError, match=r"day_1\.h5: got no such file.*did you mean 'day1\.h5'"):
        read_file(tmp_path / "day_1.h5")


def test_directory_is_not_a_file(tmp_path):
    with pytest.raises(RecordingError, match="got a directory"):
        read_file(tmp_path)


def test_empty_file_is_named_as_such(tmp_path):
    (tmp_path / "a.h5").touch()
    with pytest.raises(RecordingError, match=r"an empty file \(0 bytes\)"):
        read_file(tmp_path / "a.h5")
