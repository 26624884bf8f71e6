"""Weights of PyTorch are read as descriptions; nothing that is in a file is ever run."""

import os
import pickle
import struct
import zipfile

import numpy as np
import pytest
from torch_fakes import (
    FLOATS,
    ORDERED,
    REBUILD,
    many,
    state,
    tensor,
    text,
    whole,
    write_archive,
    write_safetensors,
    write_torch,
)  # fmt: skip

from cyclegan_neuro.errors import UserError
from cyclegan_neuro.spikes.inference import torch_files as module
from cyclegan_neuro.spikes.inference.torch_files import read_tensors

NUMBERS = np.arange(6, dtype="<f4").tobytes()
ARRAYS = {"a.weight": np.arange(24.0).reshape(2, 3, 4), "a.bias": np.array([0.5, -1.5]), "one": np.array([[7.0]])}


@pytest.fixture
def ran(tmp_path, monkeypatch):
    """A file that any of the malicious pickles would leave behind."""
    monkeypatch.chdir(tmp_path)
    yield
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(("write", "suffix"), [(write_torch, ".pth"), (write_safetensors, ".safetensors")])
def test_all_tensors_arrive(tmp_path, write, suffix):
    found = read_tensors(write(tmp_path / f"weights{suffix}", ARRAYS))
    assert list(found) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert found[name].dtype == np.float32
        np.testing.assert_array_equal(found[name], array)


def test_strides_and_the_first_number_are_honoured(tmp_path):
    tensors = {"turned": tensor("0", 6, (2, 2), (1, 2), first=1), "whole": tensor("0", 6, (3, 2), (2, 1))}
    found = read_tensors(write_archive(tmp_path / "w.pth", state(tensors), {"0": NUMBERS}))
    np.testing.assert_array_equal(found["turned"], [[1, 3], [2, 4]])  # 1 + i + 2 j
    np.testing.assert_array_equal(found["whole"], [[0, 1], [2, 3], [4, 5]])


@pytest.mark.parametrize(("storage", "dtype"), [(b"ctorch\nDoubleStorage\n", "<f8"), (b"ctorch\nHalfStorage\n", "<f2")])
def test_other_precisions(tmp_path, storage, dtype):
    pickled = state({"a": tensor("0", 3, (3,), (1,), storage=storage)})
    path = write_archive(tmp_path / "w.pth", pickled, {"0": np.array([0.5, -2, 4], dtype).tobytes()})
    assert read_tensors(path)["a"].tolist() == [0.5, -2.0, 4.0]


class Call:
    """What pickles to a call."""

    def __init__(self, function, *arguments):
        self.parts = (function, arguments)

    def __reduce__(self):
        return self.parts


@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("system", Call(os.system, "touch ran")), ("eval", Call(eval, "open('ran', 'w')")),
        ("loads", Call(pickle.loads, b"")), ("getattr", Call(getattr, "a", "upper")), ("open", Call(open, "ran", "w")),
    ],
)  # fmt: skip
def test_calls_are_refused(tmp_path, ran, protocol, name, value):
    for content in (value, {"conv1.weight": value}, {"conv1.weight": [{"deep": (value,)}]}):
        path = write_archive(tmp_path / "w.pth", pickle.dumps(content, protocol))
        with pytest.raises(UserError, match=rf"w.pth: got the name '\w+\.{name}', expected tensors by name.*ever run"):
            read_tensors(path)


MODEL = b"\x80\x02c__main__\nCascadeModel\n)\x81}b."


@pytest.mark.parametrize(
    ("pickled", "got"),
    [
        (MODEL, r"the name '__main__\.CascadeModel'"),
        (b"\x80\x02ctorch\nload\n" + text("x") + b"\x85R.", r"the name 'torch\.load'"),
        (b"\x80\x02ctorch.jit._pickle\nrestore_type_tag\n.", "the name 'torch.jit._pickle.restore_type_tag'"),
        (b"\x80\x02(S'x'\no.", r"the operation b'S'"), (b"\x80\x02P0\n.", r"the operation b'P'"),
        (b"\x80\x02].", "no tensors by name"), (b"\x80\x02}K\x01]s.", "no tensors by name"),
        (state({"a": b"K\x01"}), "'a', which is no tensor"), (state({"a": b"}"}), "'a', which is no tensor"),
        (state({"a": FLOATS}), "'a', which is no tensor"), (state({"a": ORDERED + b"K\x01\x85R"}), "'a', which is no"),
        (state({"a": REBUILD + b")R"}), "'a', which is no tensor"),
        (state({"a": REBUILD + b"(" + text("storage") + b"QK\x00K\x01\x85K\x01\x85tR"}), "'a', which is no tensor"),
        (state({"a": tensor("0", 6, (6,), (1,), storage=REBUILD)}), "'a', a tensor of unknown type"),
        (state({"a": tensor("0", 6, (6,), (1,), storage=b"ctorch\nBoolStorage\n")}), "the name 'torch.BoolStorage'"),
        (state({"a": tensor("0", 6, (6,), (1, 1))}), "'a', a tensor of unknown type or shape"),
        (state({"a": tensor("0", 6, (-6,), (1,))}), "'a', a tensor of unknown type or shape"),
        (state({"a": tensor("0", 6, (6,), (-1,))}), "'a', a tensor of unknown type or shape"),
        (state({"a": tensor("0", 6, (7,), (1,))}), r"'a', a tensor of shape \(7,\) in 6 numbers"),
        (state({"a": tensor("0", 6, (3, 2), (2, 2))}), r"'a', a tensor of shape \(3, 2\) in 6 numbers"),
        (state({"a": tensor("0", 6, (2**20, 2**20), (0, 0))}), r"'a', a tensor of shape \(1048576, 1048576\)"),
        (state({"a": tensor("0", 6, (2,), (1,), first=5)}), r"'a', a tensor of shape \(2,\) in 6 numbers"),
        (state({"a": tensor("0", 6, (2,), (1,), first=-1)}), r"'a', a tensor of shape \(2,\) in 6 numbers"),
        (state({"a": tensor("0", 6, (0,), (1,))}), r"'a', a tensor of shape \(0,\) in 6 numbers"),
        (state({"a": tensor("0", 5, (5,), (1,))}), "24 bytes for 5 numbers of 'a'"),
        (state({"a": tensor("0", 2**30, (2**30,), (1,))}), "24 bytes for 1073741824 numbers of 'a'"),
        (state({"a": tensor("../0", 6, (6,), (1,))}), "a file that cannot be decoded"),
        (state({f"{i}": tensor("0", 6, (6,), (1,)) for i in range(101)}), "more tensors than a network of CASCADE has"),
        (b"", "a file that cannot be decoded"), (b"\x80\x02", "a file that cannot be decoded"),
        (b"\x80\x02Q.", "a file that cannot be decoded"), (b"\x80\x02R.", "a file that cannot be decoded"),
        (b"\x80\x02X" + struct.pack("<I", 2**32 - 1) + b".", "a file that cannot be decoded"),
        (b"\x80\x02" + b"]" * 2**20 + b".", "a compressed or too large member 'archive/data.pkl'"),
    ],
)  # fmt: skip
def test_what_is_no_state_dictionary_is_refused(tmp_path, ran, pickled, got):
    path = write_archive(tmp_path / "w.pth", pickled, {"0": NUMBERS})
    with pytest.raises(UserError, match=rf"w.pth: got {got}"):
        read_tensors(path)


def test_archives_that_are_refused(tmp_path, monkeypatch):
    path, sound = tmp_path / "w.pth", state({"a": tensor("0", 6, (6,), (1,))})
    write_archive(path, sound, {"0": NUMBERS}, byteorder="big")
    with pytest.raises(UserError, match="numbers that a big-endian machine wrote"):
        read_tensors(path)
    write_archive(path, sound, {"0": NUMBERS}, compression=zipfile.ZIP_DEFLATED)
    with pytest.raises(UserError, match="got a compressed or too large member 'archive/byteorder'"):
        read_tensors(path)
    write_archive(path, sound, {"0": NUMBERS})
    content = path.read_bytes()
    path.write_bytes(content.replace(NUMBERS, NUMBERS[::-1]))
    with pytest.raises(UserError, match=r"cannot be decoded \(Bad CRC.*Fix: copy it again"):
        read_tensors(path)
    path.write_bytes(content[:-40])
    with pytest.raises(UserError, match="a file that cannot be decoded"):
        read_tensors(path)
    monkeypatch.setattr(module, "LARGEST_BYTES", 100)
    with pytest.raises(UserError, match="expected tensors by name, at most 100 bytes"):
        read_tensors(path)
    with pytest.raises(UserError, match="No such file"):
        read_tensors(tmp_path / "none.pth")


def test_the_format_before_archives_names_the_way_to_convert(tmp_path):
    path = tmp_path / "w.pth"
    path.write_bytes(pickle.dumps(0x1950A86A20F9469CFC6C, 2) + pickle.dumps(1001, 2))
    with pytest.raises(UserError, match=r"the format of PyTorch before 1.6.*torch.load\(FILE, weights_only=True\)"):
        read_tensors(path)


A = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}


@pytest.mark.parametrize(
    ("entry", "got"),
    [
        (A | {"dtype": "I64"}, "unknown type"), (A | {"dtype": ["F32"]}, "unknown type"), ({}, "unknown type"),
        (A | {"shape": [-2]}, "unknown type"), (A | {"shape": [2.0]}, "unknown"), (A | {"shape": 2}, "unknown"),
        (A | {"data_offsets": [8, 0]}, "in -8 bytes"), (A | {"data_offsets": [0, 8, 16]}, "unknown type or shape"),
        (A | {"shape": [3]}, r"'b', a tensor of shape \(3,\) in 8 bytes"),
        (A | {"shape": [2**20], "data_offsets": [0, 2**22]}, "in 108 bytes"),
        (A | {"data_offsets": [104, 112]}, "in 4"),
        ([1], "a header that names no tensors"),
    ],
)  # fmt: skip
def test_headers_that_are_refused(tmp_path, entry, got):
    with pytest.raises(UserError, match=got):
        read_tensors(write_safetensors(tmp_path / "w.safetensors", ARRAYS, b=entry))


@pytest.mark.parametrize(
    ("content", "got"),
    [
        (b"", "a header of 0 bytes in a file of 0"), (struct.pack("<Q", 2**63) + b"{}", "a header of 92"),
        (struct.pack("<Q", 2) + b"{}"[:1], "in a file of 9"), (struct.pack("<Q", 2) + b"[]", "names no tensors"),
        (struct.pack("<Q", 2) + b"{{", "cannot be decoded"), (struct.pack("<Q", 2) + b"\xff\xfe", "cannot be decoded"),
        (struct.pack("<Q", 200_000) + b"[" * 200_000, "a header of lists within lists"),
    ],
)  # fmt: skip
def test_headers_that_are_none(tmp_path, content, got):
    (tmp_path / "w.safetensors").write_bytes(content)
    with pytest.raises(UserError, match=got):
        read_tensors(tmp_path / "w.safetensors")


def test_the_fakes_are_what_they_say():
    assert pickle.loads(b"\x80\x02" + many(3, -4) + b".") == (3, -4)
    assert pickle.loads(b"\x80\x02" + text("µ") + whole(2) + b"\x86.") == ("µ", 2)
