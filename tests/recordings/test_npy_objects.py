"""Pickles of Suite2p are read as descriptions; nothing that is in them is ever run."""

import importlib
import os
import pickle
import struct
import subprocess
from datetime import UTC, datetime
from pathlib import PurePosixPath

import numpy as np
import pytest

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings.readers import _npy_objects as module
from cyclegan_neuro.recordings.readers import _pickle_machine
from cyclegan_neuro.recordings.readers._npy_objects import numbers, read_objects
from cyclegan_neuro.recordings.readers._pickle_machine import Made


def header(shape="()"):
    text = f"{{'descr': '|O', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode()


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a pickle behind the header of an array of objects."""

    def write_one(content):
        path = tmp_path / "stat.npy"
        path.write_bytes(header() + content)
        return path

    return write_one


@pytest.fixture
def ran(tmp_path, monkeypatch):
    """A file that any of the malicious pickles would leave behind."""
    monkeypatch.chdir(tmp_path)
    yield tmp_path / "ran"
    assert not (tmp_path / "ran").exists()


class Call:
    """What pickles to a call."""

    def __init__(self, function, *arguments, state=None):
        self.parts = (function, arguments) if state is None else (function, arguments, state)

    def __reduce__(self):
        return self.parts


VALUES = {
    "fs": 30.5, "n": -7, "big": 2**40, "yes": True, "none": None, "text": "µm", "bytes": b"\x00\xff",
    "list": [1, [2.5]],    "tuple": ((), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)), "dict": {"a": {}}, 3: "number as key",
}  # fmt: skip


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_plain_values(write, protocol):
    array = np.array([VALUES, [VALUES, "x" * 300, b"y" * 300]], object)
    found = read_objects(write(pickle.dumps(array, protocol)))
    expected = VALUES if protocol > 2 else {key: value for key, value in VALUES.items() if key != "bytes"}
    assert {key: found[0][key] for key in expected} == expected
    assert found[1][1] == "x" * 300
    assert found[1][0] is found[0]  # referred to, not copied


@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.float64(29.87), [29.87]), (np.float32(0.5), [0.5]), (np.int64(-3), [-3.0]), (np.uint8(200), [200.0]),
        (np.array([3, 400], ">i4"), [3.0, 400.0]), (np.array([1.5, np.nan], np.float32), [1.5, np.nan]),
        ([np.int64(4), 5], [4.0, 5.0]), ((1, 2.0), [1.0, 2.0]), (7, [7.0]), ([], []),
        ("text", None), ([1, "a"], None), ([[1, 2], [3, 4]], None), (np.array(["a"]), None),
        (np.array([VALUES], object), None), (np.complex128(1j), None), (np.zeros(20_000), None), ([0] * 20_000, None),
        (np.array([(1, 2.0)], [("a", "i4"), ("b", "f8")]), None), (np.datetime64("2020-01-01"), None),
    ],
)  # fmt: skip
def test_numbers(write, protocol, value, expected):
    (found,) = read_objects(write(pickle.dumps(np.array([{"a": value}], object), protocol)))
    np.testing.assert_array_equal(numbers(found["a"]), expected)


def test_what_is_known_and_not_needed_is_noted_and_not_made(write):
    ops = {"date_proc": datetime(2024, 5, 1, tzinfo=UTC), "save_path": PurePosixPath("/data"), "fs": 7.0}
    (found,) = read_objects(write(pickle.dumps(np.array([ops], object))))
    assert [type(found[name]) for name in ops] == [Made, Made, float]


def test_names_of_both_numpys(write):
    content = pickle.dumps(np.array([{"fs": np.float64(4)}], object), 2)
    names = (b"numpy.core.multiarray", b"numpy._core.multiarray")
    for name in names:
        other = content.replace(names[1], names[0]).replace(names[0], name)
        assert numbers(read_objects(write(other))[0]["fs"]) == [4.0]


def malicious():
    touch = "open('ran', 'w').close()"
    yield "os.system", Call(os.system, "touch ran")
    yield "builtins.eval", Call(eval, touch)
    yield "builtins.exec", Call(exec, touch)
    yield "builtins.getattr", Call(getattr, "a", "upper")
    yield "builtins.open", Call(open, "ran", "w")
    yield "numpy.load", Call(np.load, "ran")
    yield "numpy.lib", Call(np.savetxt, "ran", [1.0])
    yield "numpy", Call(np.fromfile, "ran")
    yield "pickle.loads", Call(pickle.loads, pickle.dumps(Call(os.system, "touch ran")))
    yield "builtins.bytearray", Call(bytearray, 10**12)
    yield "builtins.set", {1, 2}
    yield "builtins.frozenset", frozenset({1, 2})
    yield "subprocess.Popen", Call(subprocess.Popen, ["touch", "ran"])
    yield "importlib.import_module", Call(importlib.import_module, "antigravity")


@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize(("name", "value"), list(malicious()), ids=[name for name, _ in malicious()])
def test_calls_are_refused(write, ran, protocol, name, value):
    nested = np.array([{"ypix": np.arange(3), "med": [{"deep": (value,)}]}], object)
    for content in (pickle.dumps(value, protocol), pickle.dumps(nested, protocol)):
        with pytest.raises(RecordingError, match=r"Python objects with (the name|the operation)"):
            read_objects(write(content))


def short(text):
    return b"\x8c" + bytes([len(text)]) + text.encode()


ENCODE = b"c_codecs\nencode\n"
NDARRAY, ARRAY = b"cnumpy\nndarray\n", b"cnumpy.core.multiarray\n_reconstruct\n"


@pytest.mark.parametrize(
    ("content", "got"),
    [
        (b"cos\nsystem\n" + short("touch ran") + b"\x85R.", r"the name 'os\.system'"),
        (b"\x80\x04" + short("os") + short("system") + b"\x93" + short("touch ran") + b"\x85R.", r"'os\.system'"),
        (b"\x80\x04" + short("numpy") + short("ndarray.__class__") + b"\x93.", r"'numpy\.ndarray\.__class__'"),
        (b"\x80\x04" + b"K\x01" + short("system") + b"\x93.", "the name '1.system'"),
        (b"\x80\x04" + short("os") + b"K\x01\x93.", "a name of no text"),
        (b"\x80\x04](" + short("touch ran") + b"\x85R.", "a call of something that has no name"),
        (b"(ios\nsystem\n.", "the operation b'i'"),
        (b"(cos\nsystem\nS'touch ran'\no.", "the name"),
        (NDARRAY + b")\x81.", r"the operation b'\\x81'"),
        (NDARRAY + b")}\x92.", r"the operation b'\\x92'"),
        (b"\x82\x01.", r"the operation b'\\x82'"), (b"\x83\x01\x00.", r"the operation b'\\x83'"),
        (b"\x84\x01\x00\x00\x00.", r"the operation b'\\x84'"),
        (b"Pabc\n.", "the operation b'P'"), (b"K\x01Q.", "the operation b'Q'"), (b"\x97.", r"the operation b'\\x97'"),
        (b"\x96" + struct.pack("<Q", 2**60) + b".", r"the operation b'\\x96'"),
        (b"I1" + b"0" * 9999 + b"\n.", "the operation b'I'"), (b"\x8b" + b"\xff\xff\xff\x7f.", r"b'\\x8b'"),
        (b"}])K\x01s.", None), (b"})K\x01s.", "keys that are neither"), (b"}(]K\x01u.", "keys that are neither"),
        (b"})\x85\x85K\x01s.", "keys that are neither"), (b"]K\x01K\x02s.", "keys that are neither"),
        (NDARRAY + b"K\x01b.", "a state of something"), (b"]}b.", "a state of something"),
        (b"}(K\x01e.", "values for something that is no list"), (NDARRAY + b"K\x01a.", "values for something"),
        (b"K\x01.", "no array"), (b"].", "no array"), (NDARRAY + b".", "no array"),
    ],
)  # fmt: skip
def test_operations_by_hand_are_refused(write, ran, content, got):
    with pytest.raises(RecordingError, match=got or "keys that are neither"):
        read_objects(write(content))


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\x80", b".", b"a.", b"e.", b"u.", b"h\x05.", b"j\xff\xff\xff\xff.", b"\x86.", b"R.", b"b.", b"(.",
        b"X" + struct.pack("<I", 2**32 - 1) + b"short.", b"\x8d" + struct.pack("<Q", 2**63) + b"short.",
        b"B" + struct.pack("<I", 2**31) + b".", b"\x95" + struct.pack("<Q", 2**63), b"cos\nsystem",
        b"r\xff\xff\xff\xff.",        b"}(K\x01u.", ARRAY + b")R.", ARRAY + b")RK\x01b.",
    ],
)  # fmt: skip
def test_damaged_pickles_are_refused(write, content):
    with pytest.raises(RecordingError, match="Python objects that cannot be decoded"):
        read_objects(write(content))


def test_memo_numbers_take_no_memory(write):
    content = b"\x80\x04]r\xff\xff\xff\xff]r\xfe\xff\xff\x7f0."
    with pytest.raises(RecordingError, match="the operation b'0'"):
        read_objects(write(content))


def test_lists_of_lists_are_not_unfolded(write):
    laughs = b"\x80\x04]"
    for place in range(60):
        laughs += b"q" + bytes([place]) + b"](" + (b"h" + bytes([place])) * 2 + b"e"  # 2 ** 60 elements, if unfolded
    with pytest.raises(RecordingError, match="no array"):
        read_objects(write(laughs + b"."))


def test_tuples_of_tuples_are_no_keys(write):
    bomb = b"\x80\x04})"
    for place in range(60):
        bomb += b"q" + bytes([place]) + b"h" + bytes([place]) + b"\x86"  # 2 ** 60 steps, if hashed
    with pytest.raises(RecordingError, match="keys that are neither"):
        read_objects(write(bomb + b"K\x01s."))


def test_operations_are_counted(write, monkeypatch):
    monkeypatch.setattr(_pickle_machine, "MOST_OPERATIONS", 1000)
    assert len(read_objects(write(pickle.dumps(np.array([1] * 400, object))))) == 400
    with pytest.raises(RecordingError, match="more than 1,000 operations"):
        read_objects(write(pickle.dumps(np.array([1] * 2000, object))))


def test_large_files_are_not_read(write, monkeypatch):
    monkeypatch.setattr(module, "LARGEST_BYTES", 500)
    with pytest.raises(RecordingError, match=r"expected at most 500 bytes of Python objects"):
        read_objects(write(pickle.dumps(np.array([1] * 400, object))))


def test_states_of_numpy_are_not_believed(write):
    """NumPy takes bytes for pointers where the state of a type says that it holds none; here it is not asked."""

    class Dtype:
        def __reduce__(self):
            fields = {"a": (np.dtype("O"), 0)}
            return np.dtype, ("V8", False, True), (3, "|", None, ("a",), fields, 8, 1, 0)

    array = Call(np._core.multiarray._reconstruct, np.ndarray, (0,), b"b", state=(1, (1,), Dtype(), False, b"\x41" * 8))
    (found,) = read_objects(write(pickle.dumps(np.array([{"fs": array}], object))))
    assert numbers(found["fs"]) is None


@pytest.mark.parametrize(
    "content", [b"c_codecs\nencode\n)R", b"c_codecs\nencode\nK\x01X\x06\x00\x00\x00latin1\x86R", b"]", b"N"]
)
def test_states_of_any_shape_are_no_numbers(write, content):
    dtype = b"cnumpy\ndtype\nX\x02\x00\x00\x00f8\x85R"
    scalar = b"cnumpy.core.multiarray\nscalar\n" + dtype + content + b"\x86R"
    (found,) = read_objects(write(ARRAY + b")R(K\x01K\x01K\x01K\x01]" + scalar + b"atb."))
    assert isinstance(found, Made)
    assert numbers(found) is None


def test_numbers_are_no_objects(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros(3))
    with pytest.raises(RecordingError, match="got float64 values, expected Python objects"):
        read_objects(tmp_path / "a.npy")
