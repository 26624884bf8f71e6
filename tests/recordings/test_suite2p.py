"""Suite2p folders: which plane, which regions, which rate, and what is never taken for ΔF/F."""

import os
import pickle
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat
from tool_files import write_suite2p

from cyclegan_neuro.cli.check import main as check
from cyclegan_neuro.configuration.sections import BaselineSection, RecordingSection
from cyclegan_neuro.errors import PairingError, RecordingError
from cyclegan_neuro.recordings import readers
from cyclegan_neuro.recordings.dff import delta_f_over_f
from cyclegan_neuro.recordings.loading import load, read_file
from cyclegan_neuro.recordings.pairing import read_pair

REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "formats" / "suite2p" / "ideas_plane0"


@pytest.fixture
def raw():
    """Raw fluorescence of 300 frames and 7 regions."""
    rng = np.random.default_rng(0)
    return (100 * (1 + rng.gamma(0.2, 0.3, (300, 7)) + rng.normal(0, 0.03, (300, 7)))).astype(np.float32)


@pytest.fixture
def read(tmp_path):
    """Return a function that loads a folder with settings of ``data.x``."""
    return lambda path, **settings: load(RecordingSection(path=str(path), **settings), base_directory=tmp_path)


def expected(raw, rows, around, **settings):
    chosen = BaselineSection(**settings)
    return delta_f_over_f(raw[:, rows].copy(), frame_rate_hz=10.0, settings=chosen, neuropil=around[:, rows]).dff


@pytest.mark.parametrize("name", ["suite2p/plane0", "suite2p", "."])
def test_plane_or_what_is_above_it(tmp_path, raw, read, name):
    neuropil = 0.5 * raw[:, ::-1]
    write_suite2p(tmp_path / "suite2p/plane0", raw, neuropil=neuropil, iscell=np.array([1, 0, 1, 1, 0, 0, 1]))
    (tmp_path / "suite2p/combined").mkdir()
    reading = read(tmp_path / name, um_per_pixel=2.0)
    recording, rows = reading.recording, [0, 2, 3, 6]
    np.testing.assert_array_equal(recording.dff, expected(raw, rows, neuropil))
    assert recording.roi_rows.tolist() == rows
    assert recording.roi_ids is None
    assert recording.frame_rate_hz == 10.0
    np.testing.assert_array_equal(recording.roi_xy_um, [[10 * row, 20 * row] for row in rows])  # med is y, x
    assert "4 of 7 regions, those labelled as cells in iscell.npy" in "\n".join(reading.notes)
    assert "neuropil was subtracted with a factor of 0.7" in reading.notes[-1]


def test_probability_in_place_of_the_label(tmp_path, raw, read):
    folder = write_suite2p(tmp_path / "plane0", raw, iscell=np.zeros(7))
    reading = read(folder, min_probability=0.45)
    assert reading.recording.roi_rows.tolist() == [3, 4, 5, 6]
    assert "cells with a probability of 0.45 or more" in reading.notes[-4] + reading.notes[-3]
    assert read(folder, rois="all").recording.n_neurons == 7
    with pytest.raises(RecordingError, match="0 of 7 regions labelled as cells"):
        read(folder)
    os.remove(folder / "iscell.npy")
    assert read(folder).recording.n_neurons == 7
    with pytest.raises(RecordingError, match="got no probabilities in iscell"):
        read(folder, min_probability=0.5)


def test_planes_are_asked_for(tmp_path, raw):
    for plane in ("plane0", "plane1", "combined"):
        write_suite2p(tmp_path / plane, raw)
    with pytest.raises(RecordingError, match=r"got 2 planes: plane0, plane1, expected one of them.*path: .*plane0"):
        read_file(tmp_path)
    with pytest.raises(RecordingError, match=r"all planes in one \(combined\)"):
        read_file(tmp_path / "combined")
    assert read_file(tmp_path / "plane1").n_neurons == 7


@pytest.mark.parametrize("name", ["F.npy", "Fneu.npy", "spks.npy", "iscell.npy", "stat.npy", "ops.npy"])
def test_one_file_of_the_folder_names_the_folder(tmp_path, raw, name):
    folder = write_suite2p(tmp_path / "plane0", raw)
    with pytest.raises(RecordingError, match=r"got one file of a Suite2p folder, .*path: .*plane0$"):
        read_file(folder / name)
    if name == "F.npy":  # as a plain array, where somebody insists
        plain = read_file(folder / name, format="npy", frame_rate_hz=10.0, transpose=True)
        np.testing.assert_array_equal(plain.dff, raw)


def test_deconvolved_traces_are_refused(tmp_path, raw, read):
    folder = write_suite2p(tmp_path / "plane0", raw)
    with pytest.raises(RecordingError, match=r"field 'spks': got denoised or deconvolved traces"):
        read(folder, fields={"dff": "spks"})


def test_settings_of_the_baseline(tmp_path, raw, read):
    folder = write_suite2p(tmp_path / "plane0", raw, neuropil=raw * 0.3)
    settings = {"neuropil": 0.2, "window_s": 12.0, "percentile": 20.0}
    reading = read(folder, baseline=BaselineSection(**settings))
    np.testing.assert_array_equal(reading.recording.dff, expected(raw, list(range(7)), raw * 0.3, **settings))
    assert "factor of 0.2" in reading.notes[-1]
    assert "percentile 20 of means over 1 s in a running window of 12 s" in reading.notes[-1]
    with pytest.raises(RecordingError, match="got unit fraction, expected raw fluorescence, as the format says"):
        read(folder, unit="fraction")


def test_dim_cells_are_named_by_their_row(tmp_path, raw, read):
    neuropil = np.zeros_like(raw)
    neuropil[:, 5] = 200
    folder = write_suite2p(tmp_path / "plane0", raw, neuropil=neuropil, iscell=np.array([0, 0, 0, 1, 1, 1, 1]))
    with pytest.raises(RecordingError, match=r"F0 near or below 0 in 1 of 4 neurons: 5 \(-"):
        read(folder)
    reading = read(folder, baseline=BaselineSection(near_zero="drop"))
    assert reading.kept.roi_rows.tolist() == [3, 4, 6]
    assert any("1 neurons with F0 near or below 0 dropped: 5" in note for note in reading.notes)


def test_rate_is_asked_for(tmp_path, raw, read):
    folder = write_suite2p(tmp_path / "plane0", raw, fs=None)
    with pytest.raises(RecordingError, match=r"field frame_rate_hz: got no rate in ops.npy or Fall.mat, .*30\.0"):
        read(folder)
    assert read(folder, frame_rate_hz=15.0).recording.frame_rate_hz == 15.0
    savemat(folder / "Fall.mat", {"ops": {"fs": 12.5}, "F": raw.T})
    assert read(folder).recording.frame_rate_hz == 12.5
    np.save(folder / "settings.npy", {"fs": np.float32(7.5)}, allow_pickle=True)
    reading = read(folder)
    assert reading.recording.frame_rate_hz == 7.5
    assert not any("own default" in note for note in reading.notes)


def test_default_rate_is_told(tmp_path, raw, read):
    folder = write_suite2p(tmp_path / "plane0", raw, fs=10.0)
    assert any("10 Hz is Suite2p's own default" in note for note in read(folder).notes)
    assert not any("own default" in note for note in read(folder, frame_rate_hz=10.0).notes)


def test_recordings_that_were_joined_have_gaps(tmp_path, raw):
    folder = write_suite2p(tmp_path / "plane0", raw, ops={"frames_per_folder": np.array([100, 150, 50], np.int32)})
    assert read_file(folder).gaps.tolist() == [99, 249]
    folder = write_suite2p(tmp_path / "plane1", raw, ops={"frames_per_folder": np.array([100, 100])})
    assert read_file(folder).gaps.size == 0


def test_malicious_pickles_are_left_out_and_told(tmp_path, raw, read, monkeypatch):
    class Call:
        def __reduce__(self):
            return os.system, ("touch ran",)

    monkeypatch.chdir(tmp_path)
    folder = write_suite2p(tmp_path / "plane0", raw)
    for name in ("ops.npy", "stat.npy"):
        np.save(folder / name, np.array([Call()] * 7, object), allow_pickle=True)
    reading = read(folder, frame_rate_hz=10.0)
    assert reading.recording.roi_xy_um is None
    for name in ("ops.npy", "stat.npy"):
        assert any(f"{name} was left out: Python objects with the name" in note for note in reading.notes)
    (folder / "stat.npy").write_bytes(pickle.dumps(Call()))
    assert any("stat.npy was left out: a NumPy array header" in note for note in read(folder, frame_rate_hz=10.0).notes)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("name", "values", "got"),
    [
        ("F", np.zeros((7, 300), object), "got object of shape"),
        ("F", np.zeros(300), r"got float64 of shape \(300,\)"),
        ("F", np.zeros((0, 300)), "expected a label for each of the 0 regions"),
        ("Fneu", np.zeros((6, 300)), r"Fneu\.npy: got shape \(6, 300\), expected \(7, 300\), as F\.npy"),
        ("iscell", np.ones((6, 2)), r"iscell\.npy: got float64 of shape \(6, 2\), expected a label for each of the 7"),
        ("iscell", np.array([["a", "b"]] * 7), "iscell.npy: got <U1"),
    ],
)
def test_odd_arrays_are_refused(tmp_path, raw, name, values, got):
    folder = write_suite2p(tmp_path / "plane0", raw)
    np.save(folder / f"{name}.npy", values, allow_pickle=True)
    with pytest.raises(RecordingError, match=got):
        read_file(folder)


def test_truncated_traces_are_refused(tmp_path, raw):
    folder = write_suite2p(tmp_path / "plane0", raw)
    for name in ("F.npy", "Fneu.npy"):
        whole = (folder / name).read_bytes()
        (folder / name).write_bytes(whole[:5000])
        with pytest.raises(RecordingError, match=rf"{name}: got an incomplete file \(5,000 of 8,528 bytes\)"):
            read_file(folder)
        (folder / name).write_bytes(whole)


@pytest.mark.parametrize("change", [np.asfortranarray, lambda values: values.astype(">f8"), lambda values: values])
def test_rows_are_those_of_the_matrix(tmp_path, raw, change):
    folder = write_suite2p(tmp_path / "plane0", raw, iscell=np.array([0, 1, 0, 1, 1, 0, 0]))
    np.save(folder / "F.npy", change(raw.T))
    with readers.open_source(folder) as source:
        source.select(rois="accepted", min_probability=None)
        np.testing.assert_array_equal(source.read("F"), raw[:, [1, 3, 4]])
        np.testing.assert_array_equal(source.read("F", dtype=np.float32, transpose=True), raw[:, [1, 3, 4]].T)


def test_rows_of_two_days_are_no_identities(tmp_path, raw):
    sections = [
        RecordingSection(path=str(write_suite2p(tmp_path / day, values)))
        for day, values in (("x", raw), ("y", raw[::-1]))
    ]
    with pytest.raises(PairingError, match="no ROI ids"):
        read_pair(*sections, base_directory=tmp_path)


def test_check_says_what_is_read_and_what_to_write(tmp_path, raw, capsys):
    write_suite2p(tmp_path / "suite2p/plane0", raw, fs=20.0)
    assert check([str(tmp_path / "suite2p"), "--set", "um_per_pixel=1.5", "--set", "baseline.neuropil=0.5"]) == 0
    printed = capsys.readouterr().out
    assert "folder of Suite2p" in printed
    assert "(300, 7)           float32, raw fluorescence" in printed
    assert "read      7 of 7 regions" in printed
    assert "      neuropil: 0.5\n    um_per_pixel: 1.5\n" in printed


def test_other_folders_are_refused(tmp_path):
    with pytest.raises(RecordingError, match=r"got a directory, expected a file, or a folder of suite2p"):
        read_file(tmp_path)
    np.save(tmp_path / "F.npy", np.zeros((3, 40)))  # of somebody else
    with pytest.raises(RecordingError, match="got a directory"):
        read_file(tmp_path)
    assert readers.sniff(tmp_path / "F.npy").name == "npy"


@pytest.mark.skipif(not REAL.exists(), reason="needs a folder of Suite2p")
def test_a_real_folder(read):
    reading = read(REAL, frame_rate_hz=29.87, um_per_pixel=1.0)
    recording = reading.recording
    assert (recording.n_frames, recording.n_neurons) == (300, 20)
    rows = np.flatnonzero(np.load(REAL / "iscell.npy")[:, 0])
    assert recording.roi_rows.tolist() == rows.tolist()
    assert not [finding for finding in reading.check() if finding.severity == "critical"]
    assert np.isfinite(recording.roi_xy_um).all()
