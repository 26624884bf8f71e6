"""MATLAB files as MATLAB writes them: every type, its own classes, cell arrays, and damage to any byte."""

import struct
import zlib

import h5py
import numpy as np
import pytest
from scipy.io import loadmat, savemat
from scipy.sparse import csc_matrix

from cyclegan_neuro.configuration.sections import RecordingSection
from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings import memory, readers
from cyclegan_neuro.recordings.loading import load, read_file
from cyclegan_neuro.recordings.readers import mat

DFF = np.random.default_rng(0).normal(0.1, 0.2, (40, 3))
DAY = {"dff": DFF, "frame_rate_hz": 24.0}
NUMBERS = [np.dtype(letter) for letter in ("f4", "f8", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "?")]
OPAQUE = {"string": "cellstr", "table": "table2array", "containers.Map": "cellstr for text"}


def element(code, data):
    return struct.pack("<II", code, len(data)) + data + bytes(-len(data) % 8)


def compressed(data):
    return struct.pack("<II", 15, len(data)) + data  # which is not padded


def opaque(name, matlab_class):
    """A variable of one of MATLAB's own classes, which have no shape: flags, name, system, class, values."""
    texts = b"".join(element(1, text.encode()) for text in (name, "MCOS", matlab_class))
    return element(14, element(6, struct.pack("<II", 17, 0)) + texts + element(14, b""))


def with_variables(path, *variables):
    """Put variables before those that are in a file, as MATLAB writes them in the order of the alphabet."""
    content = path.read_bytes()
    path.write_bytes(content[:128] + b"".join(variables) + content[128:])
    return path


def saved(path, values, **options):
    savemat(path, values, **options)
    return path


def entries(path):
    with readers.open_source(path) as source:
        return source.entries()


@pytest.mark.parametrize("compressed", [False, True])
def test_every_type_of_number_is_what_scipy_reads(tmp_path, compressed):
    rng = np.random.default_rng(1)
    values = {f"{dtype.name}_{n}": rng.integers(0, 2, (n, 3)).astype(dtype) for dtype in NUMBERS for n in (1, 4)}
    values |= {"deep": {"er": {"value": rng.normal(size=(2, 3, 4)), "text": "word"}}, "none": np.zeros((0, 3))}
    path = saved(tmp_path / "a.mat", values, do_compression=compressed)
    reference = loadmat(path)
    with readers.open_source(path) as source:
        for name, value in values.items():
            if isinstance(value, np.ndarray):
                read = source.read(name)
                np.testing.assert_array_equal(read, reference[name])
                assert (source.find(name).shape, source.find(name).kind) == (value.shape, "number")
                np.testing.assert_array_equal(source.read(name, dtype=np.float32, transpose=True), value.T)
        np.testing.assert_array_equal(source.read("deep/er/value"), values["deep"]["er"]["value"])
        assert source.read("deep/er/text").tolist() == ["word"]
        assert [source.find(name) for name in ("deep", "deep/er", "deep/none", "dff/er", "nothing")] == [None] * 5
        assert set(source.entries()) == {*values, "deep/er/value", "deep/er/text"} - {"deep"}


def test_other_byte_order_short_elements_and_narrow_values(tmp_path):
    """A double matrix of whole numbers is stored as bytes; four bytes of data stand within the tag."""
    flags, shape = struct.pack(">II", 6, 0), struct.pack(">ii", 2, 2)
    big = [struct.pack(">II", 6, 8) + flags, struct.pack(">II", 5, 8) + shape, struct.pack(">HH", 3, 1) + b"dff\0"]
    matrix = b"".join(big) + struct.pack(">HH", 4, 2) + bytes([1, 2, 3, 4])
    header = b"MATLAB 5.0 MAT-file, elsewhere".ljust(124) + b"\x01\x00MI"
    (tmp_path / "a.mat").write_bytes(header + struct.pack(">II", 14, len(matrix)) + matrix)
    np.testing.assert_array_equal(read_file(tmp_path / "a.mat", frame_rate_hz=9.0).dff, [[1, 3], [2, 4]])


def test_rows_of_characters_and_cells_are_names(tmp_path):
    for ids in (np.array(["a1", "b12", "c"]), np.array(["a1", "b12", "c"], object)):
        path = saved(tmp_path / "a.mat", DAY | {"roi_ids": ids})
        assert read_file(path).roi_ids == ("a1", "b12", "c")


@pytest.mark.parametrize("name", OPAQUE)
def test_classes_of_matlab_are_passed_by_and_named(tmp_path, name):
    path = with_variables(saved(tmp_path / "a.mat", DAY), opaque("notes", name))
    assert entries(path)["notes"].type_name == name
    np.testing.assert_array_equal(read_file(path).dff, DFF.astype(np.float32))
    with pytest.raises(
        RecordingError, match=rf"field 'notes': got {name} .*Fix: save it from MATLAB as {OPAQUE[name]}"
    ):
        read_file(path, fields={"roi_ids": "notes"})


def test_what_is_no_plain_field_is_left_out_with_the_function_that_mends_it(tmp_path):
    numbers = np.array([1.0, 2.0, 3.0], object)
    path = saved(tmp_path / "a.mat", DAY | {"licks": csc_matrix(np.ones((40, 1))), "roi_ids": numbers, "f": 1j})
    findings = load(RecordingSection(path=str(path)), base_directory=tmp_path).findings
    told = {finding.where.split("'")[1]: finding.fix for finding in findings}
    assert "full(x)" in told.pop("licks")
    assert "cellstr(x)" in told.pop("roi_ids")
    assert not told


@pytest.mark.parametrize("compressed", [False, True])
def test_any_byte_may_be_wrong(tmp_path, compressed):
    """SciPy's readers end the process for some of them: nothing but an error may come of it."""
    values = {"dff": DFF[:4], "roi_ids": np.array(list("abc"), object), "day": {"a": np.arange(3), "text": "b"}}
    path = saved(tmp_path / "a.mat", values, do_compression=compressed)
    content, refused = path.read_bytes(), 0
    for place in range(128, len(content), 3):
        path.write_bytes(content[:place] + bytes([content[place] ^ (0x11, 0xFF)[place % 2]]) + content[place + 1 :])
        for name in values:
            try:
                with mat.READER.open(path) as source:
                    source.entries()
                    source.read("day/a" if name == "day" else name)
            except (RecordingError, KeyError):
                refused += 1
    assert refused > len(content) // 12


@pytest.mark.parametrize(("wrong", "message"), [(0x11, "numbers of type 4361"), (0x00, "bytes for")])
def test_a_damaged_variable_is_named(tmp_path, wrong, message):
    path = saved(tmp_path / "a.mat", DAY)
    content = bytearray(path.read_bytes())
    place = content.index(b"dff\0") + 4  # the type of the values
    content[place : place + 2] = (content[place] if wrong else 1, wrong)
    path.write_bytes(content)
    with pytest.raises(RecordingError, match=f"variable 'dff' that cannot be decoded .*{message}.*copy it again"):
        read_file(path)


def test_a_damaged_variable_that_nobody_asked_for_is_not_in_the_way(tmp_path):
    path = saved(tmp_path / "a.mat", DAY)
    head = element(6, struct.pack("<II", 1, 0)) + element(5, struct.pack("<ii", 9, 9)) + element(1, b"cells")
    with_variables(path, element(14, head), compressed(b"no zlib"), compressed(zlib.compress(bytes(64))))
    types = {name: entry.type_name for name, entry in entries(path).items()}
    assert types["cells"] == "cell, damaged or too large"
    assert (types["variable 2"], types["variable 3"]) == ("damaged", "damaged")
    assert read_file(path).n_neurons == 3


def test_values_that_declare_to_be_large_are_not_decompressed(tmp_path, monkeypatch):
    path = saved(
        tmp_path / "a.mat", {"dff": np.zeros((1000, 100)), "notes": {"a": np.zeros((1000, 100))}}, do_compression=True
    )
    assert path.stat().st_size < 5000
    monkeypatch.setattr(memory, "available_bytes", lambda: 100_000)
    assert entries(path)["notes"].type_name == "struct, damaged or too large"
    with pytest.raises(RecordingError, match=r"field 'dff': got a declared shape of \(1000, 100\), 400"):
        read_file(path, frame_rate_hz=24.0)


def test_structures_within_structures_come_to_an_end(tmp_path):
    name = struct.pack("<I", 0x00040005) + struct.pack("<i", 8) + element(1, b"a\0\0\0\0\0\0\0")
    head = element(6, struct.pack("<II", 2, 0)) + element(5, struct.pack("<ii", 1, 1))
    nested = element(14, b"")
    for _ in range(2000):
        nested = element(14, head + element(1, b"") + name + nested)
    path = with_variables(saved(tmp_path / "a.mat", DAY), element(14, head + element(1, b"s") + name + nested))
    (deep,) = (entry for name, entry in entries(path).items() if name.startswith("s/a/a/a"))
    assert deep.type_name == "struct, nested too deep to be listed"
    assert read_file(path).n_neurons == 3


@pytest.fixture
def mat73(tmp_path, write_mat73):
    """Return a function that writes a day in version 7.3 and what another function adds to it."""

    def write(add):
        path = write_mat73(tmp_path / "a.mat", DAY)
        with h5py.File(path, "a") as file:
            add(file)
        return path

    return write


def put(file, name, values, matlab_class):
    dataset = file.create_dataset(name, data=values)
    dataset.attrs["MATLAB_class"] = np.bytes_(matlab_class)
    return dataset


def put_cells(file, name, count, element=None):
    dataset = file.create_dataset(name, (1, count), h5py.ref_dtype)
    dataset.attrs["MATLAB_class"] = np.bytes_("cell")
    if element is not None:
        dataset[:] = element.ref


def sparse(file):
    group = file.create_group("licks")
    group.attrs["MATLAB_class"], group.attrs["MATLAB_sparse"] = np.bytes_("double"), np.uint64(40)


@pytest.mark.parametrize(
    ("name", "add", "remedy"),
    [
        ("roi_ids", lambda f: put(f, "roi_ids", np.zeros((1, 6), "u4"), "string"), "cellstr"),
        ("roi_ids", lambda f: put_cells(f, "roi_ids", 3), "cellstr"),  # to nothing
        ("licks", sparse, "full"),
    ],
)
def test_what_is_no_plain_field_of_version_73_is_left_out(mat73, tmp_path, name, add, remedy):
    path = mat73(add)
    (finding,) = load(RecordingSection(path=str(path)), base_directory=tmp_path).findings
    assert (finding.code, f"'{name}'" in finding.where, remedy in finding.fix) == ("left_out", True, True)


def test_a_character_matrix_of_version_73_has_a_name_in_each_row(mat73):
    units = np.array([[ord(letter) for letter in row] for row in ("a1 ", "b12", "c  ")], "u2").T
    assert read_file(mat73(lambda file: put(file, "roi_ids", units, "char"))).roi_ids == ("a1", "b12", "c")


def test_a_large_cell_array_that_nobody_asked_for_is_not_looked_through(mat73, monkeypatch):
    def add(file):
        word = put(file, "#refs#/a", np.array([[97, 98]], "u2"), "char")
        put_cells(file, "pixels", 3000, word)

    path, opened = mat73(add), []
    monkeypatch.setattr(mat, "refer", lambda file, cell, name: opened.append(name) or file[cell])
    assert (str(entries(path)["pixels"]), len(opened)) == ("pixels (3000,) text", 100)
    assert read_file(path).roi_ids is None
    assert len(opened) == 100
