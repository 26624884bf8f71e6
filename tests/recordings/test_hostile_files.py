"""Files that declare more than they hold, lead in circles, or are no files: refused by name, in little memory."""

import io
import os
import struct
import tracemalloc
import zipfile
import zlib

import h5py
import numpy as np
import pytest

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings import readers
from cyclegan_neuro.recordings.loading import read_file
from cyclegan_neuro.recordings.memory import LARGEST_TEXT
from cyclegan_neuro.recordings.readers import _hdf5_chunks, _hdf5_probe
from cyclegan_neuro.recordings.readers._hdf5_values import read_matrix

MEGABYTE = 2**20
DFF = np.random.default_rng(0).normal(0, 0.1, (200, 4)).astype(np.float32)


def own(path, make=None, dff=DFF):
    with h5py.File(path, "w") as file:
        file.attrs["frame_rate_hz"] = 20.0
        if dff is not None:
            file["dff"] = dff
        if make:
            make(file)
    return path


def npz(path, **raw):
    """Write ΔF/F and rate as they should be, other members as these bytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, value in {"dff": DFF, "frame_rate_hz": np.float64(20)}.items():
            stream = io.BytesIO()
            np.save(stream, value)
            archive.writestr(f"{name}.npy", raw.pop(name, stream.getvalue()))
        for name, content in raw.items():
            archive.writestr(f"{name}.npy", content)
    return path


def header(descr, shape):
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": descr, "fortran_order": False, "shape": shape})
    return stream.getvalue()


def element(code, data):
    return struct.pack("<II", code, len(data)) + data + bytes(-len(data) % 8)


def variable(number, shape, name, body):
    flags = element(6, struct.pack("<II", number, 0))
    return element(14, flags + element(5, struct.pack(f"<{len(shape)}i", *shape)) + element(1, name) + body)


def mat5(path, *variables):
    sound = variable(6, DFF.shape, b"dff", element(9, DFF.astype("f8").tobytes("F")))
    sound += variable(6, (1, 1), b"frame_rate_hz", element(9, struct.pack("<d", 20.0)))
    path.write_bytes(b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM" + sound + b"".join(variables))
    return path


def wide_text(file):
    file.create_dataset("roi_ids", shape=(4,), dtype="S400000000", chunks=(1,), compression="gzip")


def one_text_everywhere(file):
    texts = np.array(["a" * 20_000] + ["b"] * 9_999, object)
    file.create_dataset("roi_ids", data=texts, dtype=h5py.string_dtype())


def large_chunk(file):
    made = file.create_dataset("licks", shape=(200,), maxshape=(None,), chunks=(900_000_000,), compression="gzip")
    made.id.write_direct_chunk((0,), zlib.compress(bytes(1000)))


def never_written(file):
    file.create_dataset("licks", shape=(10**9,), dtype="f8", chunks=(10**6,), compression="gzip")


def inflating(file):
    made = file.create_dataset("licks", shape=(200_000,), dtype="f8", chunks=(200_000,), compression="gzip")
    made.id.write_direct_chunk((0,), zlib.compress(bytes(100 * MEGABYTE), 9))


def of_itself(file):
    layout = h5py.VirtualLayout((200,), "f4")
    layout[:] = h5py.VirtualSource(".", "licks", (200,))
    file.create_virtual_dataset("licks", layout)


OPTIONAL = {
    "a wide text": (wide_text, "400,000,000 letters"),
    "a long text among many": (one_text_everywhere, "10,000 texts of up to 20,000 letters"),
    "a chunk larger than its data set": (large_chunk, "chunks of 3.6 GB for"),
    "values that were never written": (never_written, r"shape \(1000000000,\)"),
    "a chunk that inflates": (inflating, "inflates beyond its 1.6 MB"),
    "a virtual data set of itself": (of_itself, "virtual data set"),
}


@pytest.mark.parametrize("case", OPTIONAL)
def test_hdf5_fields_of_absurd_size_are_left_out(tmp_path, caplog, case):
    make, told = OPTIONAL[case]
    path = own(tmp_path / "a.h5", make)
    tracemalloc.start()
    assert read_file(path).dff.shape == DFF.shape
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2 * LARGEST_TEXT
    assert any(told.replace("\\", "") in record.message for record in caplog.records), caplog.text


def test_traces_that_are_one_value_over_and_over(tmp_path):
    def make(file):
        file.create_dataset("dff", shape=(10_000_000, 60), dtype="f4", chunks=(10_000, 60), compression="gzip")

    with pytest.raises(RecordingError, match=r"got a declared shape of \(10000000, 60\), 2.4 GB in memory, 0 bytes in"):
        read_file(own(tmp_path / "a.h5", make, dff=None))


def test_traces_in_a_chunk_that_inflates(tmp_path):
    def make(file):
        made = file.create_dataset("dff", shape=(1000, 256), dtype="f4", chunks=(1000, 256), compression="gzip")
        made.id.write_direct_chunk((0, 0), zlib.compress(bytes(100 * MEGABYTE), 9))

    with pytest.raises(RecordingError, match=r"chunk \(0, 0\) does not inflate to its 1,024,000 bytes"):
        read_file(own(tmp_path / "a.h5", make, dff=None))


@pytest.mark.parametrize("dtype", ["<f4", ">f8", "u1", "<i2"])
@pytest.mark.parametrize("shuffle", [False, True])
def test_deflated_chunks_are_as_hdf5_reads_them(tmp_path, dtype, shuffle):
    values = np.random.default_rng(1).integers(0, 100, (23, 7)).astype(dtype)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        made = file.create_dataset(
            "dff", (23, 7), dtype, chunks=(5, 3), compression="gzip", shuffle=shuffle, fillvalue=7
        )
        made[:10] = values[:10]  # the others are not in the file
        assert _hdf5_chunks.deflated(made)
        for transpose in (False, True):
            found = read_matrix(made, dtype=np.dtype("f8"), transpose=transpose)
            np.testing.assert_array_equal(found.T if transpose else found, made[()])


def test_numpy_headers(tmp_path, caplog):
    long = b"\x93NUMPY\x02\x00" + struct.pack("<I", 3_000_000_000)
    with pytest.raises(RecordingError, match=r"header that cannot be decoded \(a header of 3,000,000,000 bytes"):
        read_file(npz(tmp_path / "a.npz", dff=long + bytes(MEGABYTE)))
    read_file(npz(tmp_path / "b.npz", roi_ids=header("<U100000000", (4,)), licks=header("<f8", (3 * 10**8,))))
    assert "4 texts of up to 100,000,000 letters" in caplog.text
    assert "got shape (300000000,), expected time, of 200 frames of 4 neurons" in caplog.text


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_archives_that_zipfile_inflates_without_bounds(tmp_path, compression):
    with zipfile.ZipFile(tmp_path / "a.npz", "w", compression) as archive:
        archive.writestr("dff.npy", header("<f4", (200, 4)) + DFF.tobytes())
    with pytest.raises(RecordingError, match="field 'dff': got a compression other than deflate"):
        read_file(tmp_path / "a.npz", frame_rate_hz=20.0)


def test_matlab_cells_and_characters(tmp_path, caplog):
    nested = element(14, b"")
    for _ in range(20_000):
        nested = variable(1, (1, 1), b"", nested)
    read_file(mat5(tmp_path / "a.mat", variable(1, (1, 1), b"roi_ids", nested)))
    read_file(mat5(tmp_path / "b.mat", variable(1, (10**9, 1), b"roi_ids", element(14, b""))))
    assert "1,000,000,000 cells" in caplog.text
    read_file(mat5(tmp_path / "c.mat", variable(4, (1, 10**9), b"roi_ids", b"")))
    assert "1 texts of up to 1,000,000,000 letters" in caplog.text
    path = mat5(tmp_path / "d.mat", variable(2, (10**9, 1), b"x", element(5, struct.pack("<i", 32)) + element(1, b"")))
    assert read_file(path).n_neurons == 4


def test_groups_within_groups_without_end(tmp_path):
    def make(file):
        for _ in range(300):
            file = file.create_group("g")
            file.attrs["a"] = 1

    with readers.open_source(own(tmp_path / "a.h5", make)) as source:
        assert 50 < sum(name.endswith("@a") for name in source.entries()) < 150


def test_what_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "a.h5")
    with pytest.raises(RecordingError, match=r"a\.h5: got a named pipe, expected a file"):
        read_file(tmp_path / "a.h5")
    with pytest.raises(RecordingError, match="got a device, expected a file"):
        read_file("/dev/zero")
    (tmp_path / "b.h5").symlink_to(tmp_path / "b.h5")
    with pytest.raises(RecordingError, match=r"b\.h5: got "):
        read_file(tmp_path / "b.h5")


@pytest.fixture
def helper(monkeypatch):
    """Return a function that has HDF5 files looked at by a helper in which these statements were run."""
    made = _hdf5_probe._Helper()
    monkeypatch.setattr(_hdf5_probe, "_HELPER", made)

    def begin(statements):
        probe = "from cyclegan_neuro.recordings.readers import _hdf5_probe as probe"
        start = _hdf5_probe._START.replace("serve()", f"\n{probe}\n{statements}\nserve()")
        monkeypatch.setattr(_hdf5_probe, "_START", start)

    yield begin
    made.close()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("import os; os._exit(1)", "HDF5 crashes"),
        ("while True: pass", "without an end"),
        ("raise OSError('memory allocation failed for chunk')", "more memory than it has values"),
    ],
)
def test_a_file_that_would_end_the_process_is_refused(tmp_path, helper, body, said):
    """A helper whose HDF5 does this stands for a file whose bytes make it do so."""
    helper(f"def walk(*arguments):\n    {body}\nprobe.walk, probe._LOOK_S, probe._STUCK_S = walk, 0.0, 0.2")
    with pytest.raises(RecordingError, match=rf"HDF5 content that cannot be decoded \({said}\)"):
        read_file(own(tmp_path / "a.h5"))


@pytest.mark.parametrize("statements", ["probe._LOOK_S = -1.0", "raise SystemExit"])
def test_no_time_to_look_and_nobody_who_does(tmp_path, helper, statements):
    helper(statements)
    assert read_file(own(tmp_path / "a.h5")).n_neurons == 4
