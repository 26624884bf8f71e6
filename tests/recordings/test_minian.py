"""Minian's stores: raw traces, numbers of units, frames that were left out, and chunks of zarr of any kind."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from tool_files import write_minian, write_zarr

from cyclegan_neuro.cli.check import main as check
from cyclegan_neuro.configuration.sections import BaselineSection, RecordingSection
from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings import readers
from cyclegan_neuro.recordings.loading import load
from cyclegan_neuro.recordings.noise import noise_levels
from cyclegan_neuro.recordings.readers import _zarr

REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "formats" / "minian"
TRACES = np.random.default_rng(0).normal(20, 5, (4, 300))
UNITS = np.array([0, 22, 45, 67])
NOISE = BaselineSection(divide_by="noise")


@pytest.fixture
def read(tmp_path):
    """Return a function that loads a folder with settings of ``data.x``."""
    return lambda path, **settings: load(RecordingSection(path=str(path), **settings), base_directory=tmp_path)


@pytest.mark.parametrize("version", [2, 3])
def test_raw_traces_in_units_of_their_noise(tmp_path, read, version):
    folder = write_minian(tmp_path / "minian", version=version, units=UNITS, YrA=TRACES, C=TRACES, S=TRACES * 0)
    assert readers.sniff(folder).name == "minian"
    with readers.open_source(folder) as source:
        np.testing.assert_array_equal(source.read("YrA"), TRACES.T)
        np.testing.assert_array_equal(source.read("YrA", transpose=True), TRACES)
    with pytest.raises(RecordingError, match=r"field 'YrA': got traces without their background.*divide_by: noise"):
        read(folder, frame_rate_hz=20.0)
    for path in (folder, tmp_path):  # the folder above it, too
        recording = read(path, frame_rate_hz=20.0, baseline=NOISE).recording
        assert recording.roi_rows.tolist() == UNITS.tolist()
        assert (recording.roi_ids, recording.subject, recording.session) == (None, "m1", "s1")
        np.testing.assert_allclose(noise_levels(recording.dff, 20.0), 2.0, rtol=0.01)


def test_units_that_were_left_out(tmp_path, read):
    folder = write_minian(tmp_path / "a", units=UNITS, YrA=TRACES, C=TRACES[:3], unit_labels=np.array([0, -1, 1, 1]))
    reading = read(folder, frame_rate_hz=20.0, baseline=NOISE)
    assert reading.recording.roi_rows.tolist() == [0, 45]
    assert any("2 of 4 units, those that C has and without those labelled -1" in note for note in reading.notes)
    assert any("2 units share a label with another (1)" in note for note in reading.notes)
    with readers.open_source(folder) as source:
        source.resolve({}, frame_rate_hz=20.0, transpose=False)
        source.select(rois="accepted", min_probability=None)
        np.testing.assert_array_equal(source.read("YrA"), TRACES[[0, 2]].T)
    assert read(folder, frame_rate_hz=20.0, baseline=NOISE, rois="all").recording.n_neurons == 4


def test_frames_that_were_left_out(tmp_path, read):
    frames = np.arange(300) * 2 + 400 * (np.arange(300) >= 100)
    folder = write_minian(tmp_path / "a", frames=frames, YrA=TRACES)
    with pytest.raises(RecordingError, match=r"got no rate, .*one frame of 2.*rate of your camera / 2"):
        read(folder, baseline=NOISE)
    reading = read(folder, baseline=NOISE, frame_rate_hz=10.0)
    assert reading.recording.gaps.tolist() == [99]
    assert any("frames 0, 2, 4, ... of the movie" in note for note in reading.notes)
    folder = write_minian(tmp_path / "b", frames=np.arange(300)[::-1], YrA=TRACES)
    with pytest.raises(RecordingError, match="numbers of frames that do not rise: 299, then 298"):
        read(folder, frame_rate_hz=10.0, baseline=NOISE)


def test_centres_of_mass(tmp_path, read):
    footprints = np.zeros((3, 6, 8))
    footprints[0, 2, 5], footprints[1, 4, [1, 3]] = 2.0, (1.0, 3.0)
    folder = write_minian(tmp_path / "a", units=UNITS, A=footprints, YrA=TRACES)
    xy = read(folder, frame_rate_hz=10.0, baseline=NOISE, um_per_pixel=2.0).recording.roi_xy_um
    np.testing.assert_array_equal(xy, [[10, 4], [5, 8], [np.nan] * 2, [np.nan] * 2])


@pytest.mark.parametrize("name", ["C", "S", "C_lp"])
def test_denoised_traces_are_refused(tmp_path, read, name):
    folder = write_minian(tmp_path / "a", **{name: TRACES})
    with pytest.raises(RecordingError, match=rf"field dff: got {name}, which a model denoised.*save_minian\(YrA"):
        read(folder, frame_rate_hz=10.0)
    with pytest.raises(RecordingError, match=f"field '{name}': got denoised or deconvolved traces"):
        read(folder, frame_rate_hz=10.0, fields={"dff": name})


def test_what_is_refused(tmp_path, read):
    folder = write_minian(tmp_path / "a", YrA=TRACES, A=np.zeros((4, 3, 3)))
    with pytest.raises(RecordingError, match="transpose: got true, expected false: the axes have names"):
        read(folder, transpose=True)
    with pytest.raises(RecordingError, match="field dff: got 'A', expected one of YrA"):
        read(folder, fields={"dff": "A"}, frame_rate_hz=9.0)
    with pytest.raises(RecordingError, match="min_probability"):
        read(folder, min_probability=0.5, frame_rate_hz=9.0)
    (tmp_path / "b" / "x.zarr").mkdir(parents=True)
    with pytest.raises(RecordingError, match="got a directory"):
        read(tmp_path / "b")


def encoder(coded):
    """Return what compresses a chunk as zarr does."""
    numcodecs = pytest.importorskip("numcodecs")
    return lambda raw: bytes(numcodecs.get_codec({"id": coded}).encode(np.frombuffer(raw, "f8")))


@pytest.mark.parametrize("coded", ["blosc", "zstd", "lz4"])
def test_compressed_chunks(tmp_path, coded):
    path = write_zarr(tmp_path / "a", np.round(TRACES), chunks=(3, 70), coded=coded, encode=encoder(coded))
    array = _zarr.open_array(path)
    np.testing.assert_array_equal(_zarr.read_array(array), np.round(TRACES))
    (path / "1.2").unlink()  # a chunk that was never written
    assert (_zarr.read_array(array)[3:, 140:210] == 0).all()
    chunk = path / "0.1"
    whole = chunk.read_bytes()
    for damage in (whole[:-9], b"", b"\xff" * 8 + whole[8:], whole[:4] + b"\xff\xff\xff\x7f" + whole[8:]):
        chunk.write_bytes(damage)
        with pytest.raises(RecordingError, match=r"0\.1: got a chunk that cannot be decoded"):
            _zarr.read_array(array)


def test_without_numcodecs_it_is_named(tmp_path, monkeypatch):
    path = write_zarr(tmp_path / "a", TRACES, coded="blosc", encode=encoder("blosc"))
    monkeypatch.setitem(sys.modules, "numcodecs", None)
    with pytest.raises(RecordingError, match=r"chunks compressed by blosc.*pip install 'cyclegan_neuro\[zarr\]'"):
        _zarr.read_array(_zarr.open_array(path))


@pytest.mark.parametrize("version", [2, 3])
def test_damaged_chunks(tmp_path, version):
    path = write_zarr(tmp_path / "a", TRACES, version=version)
    array, chunk = _zarr.open_array(path), path / ("0.0" if version == 2 else "c/0/0")
    whole = chunk.read_bytes()
    chunk.write_bytes(whole[:500])
    with pytest.raises(RecordingError, match="an incomplete file"):
        _zarr.read_array(array)
    chunk.write_bytes(b"x" + whole)
    with pytest.raises(RecordingError, match="a chunk that cannot be decoded"):
        _zarr.read_array(array)


def test_text_that_is_none(tmp_path):
    path = write_zarr(tmp_path / "a", np.array("m1"), coded=None)
    assert _zarr.read_array(_zarr.open_array(path)).item() == "m1"
    (path / "0").write_bytes(b"\xff" * 8)
    with pytest.raises(RecordingError, match="got text that cannot be decoded"):
        _zarr.read_array(_zarr.open_array(path))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"dtype": "|O", "filters": [{"id": "pickle"}]}, r"values of type \|O \(pickle\)"),
        ({"dtype": [["a", "<f8"]]}, "values of type"), ({"dtype": "<M8[ns]"}, "values of type <M8"),
        ({"filters": [{"id": "delta"}]}, "coded by delta"), ({"compressor": {"id": "pickle"}}, "by pickle"),
        ({"shape": [4, -300]}, "a description of a zarr array"), ({"chunks": [4]}, "a description of a zarr array"),
        ({"chunks": [0, 1]}, "a description"), ({"shape": "ab"}, "a description"), ({"shape": None}, "a description"),
        ({"shape": [2**40, 2**20], "chunks": [2**40, 2**20]}, "a declared shape of"),
    ],
)  # fmt: skip
def test_arrays_that_are_not_read(tmp_path, changes, message):
    path = write_zarr(tmp_path / "a", TRACES)
    said = json.loads((path / ".zarray").read_text())
    (path / ".zarray").write_text(json.dumps(said | changes))
    with pytest.raises(RecordingError, match=message):
        _zarr.read_array(_zarr.open_array(path))


def test_shards_are_not_read(tmp_path):
    path = write_zarr(tmp_path / "a", TRACES, version=3)
    said = json.loads((path / "zarr.json").read_text())
    (path / "zarr.json").write_text(json.dumps(said | {"codecs": [{"name": "sharding_indexed"}]}))
    with pytest.raises(RecordingError, match=r"chunks coded by sharding_indexed.*without shards"):
        _zarr.read_array(_zarr.open_array(path))
    (path / "zarr.json").write_text("{")
    assert _zarr.arrays_in(tmp_path) == {}


@pytest.mark.skipif(not REAL.is_dir(), reason="files of other tools are not here")
def test_real_folders(capsys):
    pytest.importorskip("numcodecs")
    with readers.open_source(REAL / "placecell_2d" / "neural_data") as source:
        assert source.read("unit_id").tolist() == [0, 22, 45, 67, 90, 112, 135, 157, 180, 203]
        assert source.read("C").shape == (5000, 10)
        assert source.read("fps" if source.find("fps") else "session").item() == "WL25_20251201_bg"
        centres = source.read("centres_px")
    assert ((centres > 0) & (centres < 200)).all()
    assert check([str(REAL / "minian_demo_2019"), "--json"]) == 2
    assert "C, S, which a model denoised" in capsys.readouterr().out
