"""What users meet with recordings (docs/faults.md): the message is asserted."""

import pickle
import re
import shutil
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
from scipy.io import savemat

from cyclegan_neuro.configuration.sections import RecordingSection
from cyclegan_neuro.errors import PairingError, RecordingError
from cyclegan_neuro.recordings import memory
from cyclegan_neuro.recordings.checks import check, require
from cyclegan_neuro.recordings.loading import load, read_file
from cyclegan_neuro.recordings.pairing import describe_inputs, pair, read_pair
from cyclegan_neuro.recordings.readers import npz, open_source
from cyclegan_neuro.recordings.recording import Recording
from cyclegan_neuro.recordings.writing import write_recording


def traces(n_frames=400, n_neurons=4, *, seed=0):
    return np.random.default_rng(seed).normal(0.0, 0.05, (n_frames, n_neurons)).astype(np.float32)


def day(dff=None, *, rate=24.0, ids=None, session="day 1"):
    return Recording(traces() if dff is None else dff, frame_rate_hz=rate, roi_ids=ids, session=session)


def finding(recording, code):
    found = [f for f in check(recording, where="day1.h5") if f.code == code]
    assert len(found) == 1
    return found[0]


def refused(recording):
    """Return the message with which training refuses the recording."""
    with pytest.raises(RecordingError) as caught:
        require(check(recording, where="day1.h5"))
    assert caught.value.exit_code == 2
    return str(caught.value)


def cut(path: Path, n_bytes: int) -> Path:
    path.write_bytes(path.read_bytes()[:n_bytes])
    return path


def test_nan_names_neurons_and_frames():
    dff = traces()
    dff[10:15, 1] = dff[100, 3] = np.nan
    assert refused(day(dff, ids=("a", "b", "c", "d"))) == (
        "day1.h5, neurons 1 (b), 3 (d): got 6 NaN in frames 10-14, 100, expected a number in every frame. "
        "Fix: set nan: interpolate (runs up to nan_gap_s) or nan: drop_neuron (on both days)"
    )


def test_nan_is_interpolated_up_to_a_gap_and_noted(tmp_path):
    dff = np.tile(np.arange(100, dtype=np.float32)[:, None] / 100, (1, 3))
    truth = dff.copy()
    dff[20:30, 0] = np.nan  # 10 frames at 20 Hz: 0.5 s
    dff[50:61, 1] = np.nan  # one more
    path = write_recording(day(dff, rate=20.0), tmp_path / "day1.h5")
    reading = load(RecordingSection(path="day1.h5", nan="interpolate"), base_directory=tmp_path)
    recording, notes = reading.kept, list(reading.notes)
    np.testing.assert_allclose(recording.dff[:, 0], truth[:, 0], atol=1e-6)
    assert np.isnan(recording.dff[50:61, 1]).all()
    assert notes == [f"{path}: 10 NaN in 1 neurons interpolated (runs up to 10 frames)"]
    (left,) = (finding for finding in reading.check() if finding.code == "nan")
    assert left.fix == "runs up to nan_gap_s: 0.5 are filled: raise it, or set nan: drop_neuron"


@pytest.mark.parametrize("with_ids", [True, False])
def test_a_dropped_neuron_leaves_both_days(tmp_path, with_ids):
    ids = ("a", "b", "c", "d") if with_ids else None
    left, right = traces(seed=1), traces(seed=2)
    clean_x, clean_y = left.copy(), right.copy()
    left[5, 1], right[7, 2] = np.nan, np.nan
    write_recording(day(left, ids=ids), tmp_path / "x.h5")
    write_recording(day(right, ids=ids), tmp_path / "y.h5")
    sections = [RecordingSection(path=f"{name}.h5", nan="drop_neuron") for name in "xy"]
    matched = read_pair(*sections, base_directory=tmp_path, assume_same_order=not with_ids)
    np.testing.assert_array_equal(matched.x.dff, clean_x[:, [0, 3]])
    np.testing.assert_array_equal(matched.y.dff, clean_y[:, [0, 3]])
    assert "2 of 4 matched neurons dropped on both days" in matched.notes
    assert any("1 neurons with NaN dropped: " + ("b" if with_ids else "1") in note for note in matched.notes)


def test_infinite_values_are_never_mended(tmp_path):
    dff = traces()
    dff[7, 2] = np.inf
    message = "day1.h5, neuron 2: got 1 infinite values in frames 7, expected finite values"
    assert refused(day(dff)).startswith(message)
    write_recording(day(dff), tmp_path / "day1.h5")
    reading = load(RecordingSection(path="day1.h5", nan="interpolate"), base_directory=tmp_path)
    recording = reading.kept
    assert np.isinf(recording.dff[7, 2])


def test_constant_neuron_is_kept_or_dropped(tmp_path):
    dff = traces()
    dff[:, 2] = 0.1
    found = finding(day(dff), "constant")
    assert found.severity == "warning"
    assert str(found) == (
        "day1.h5, neuron 2: got a constant trace (1 of 4 neurons), expected a trace that varies. "
        "Fix: set dead_neurons: drop (on both days), or keep them: they stay at mid-scale and out of correlations"
    )
    path = write_recording(day(dff), tmp_path / "day1.h5")
    reading = load(RecordingSection(path="day1.h5"), base_directory=tmp_path)
    kept = reading.kept
    reading = load(RecordingSection(path="day1.h5", dead_neurons="drop"), base_directory=tmp_path)
    dropped, notes = reading.kept, list(reading.notes)
    assert (kept.n_neurons, dropped.n_neurons) == (4, 3)
    assert notes == [f"{path}: 1 neurons with a constant trace dropped: 2"]


def test_a_field_of_zeros_is_critical():
    assert "got a constant trace (4 of 4 neurons)" in refused(day(np.zeros((50, 4), np.float32)))


def test_unequal_counts_are_never_truncated():
    with pytest.raises(PairingError) as caught:
        pair(day(traces(200, 102)), day(traces(200, 99), session="day 4"), assume_same_order=True)
    assert str(caught.value) == (
        "roi_ids: got day 1 has 102 neurons, day 4 99, expected the same neurons on both days. "
        "Fix: give a neuron match: roi_ids in both files, or a table in data.matching; neurons are never cut off to "
        "fit"
    )


def test_without_ids_the_order_must_be_vouched_for():
    x, y = day(), day(session="day 4")
    with pytest.raises(PairingError) as caught:
        pair(x, y)
    assert str(caught.value) == (
        "roi_ids: got no ROI ids on day 1 and day 4 (day 1 has 4 neurons, day 4 4), expected roi_ids in both files. "
        "Fix: add roi_ids; or, if you know that the columns are the same neurons in the same order, "
        "set assume_same_order: true (the report will say so)"
    )
    matched = pair(x, y, assume_same_order=True)
    assert [f.code for f in matched.findings] == ["assumed_order"]
    assert "assume_same_order: true" in matched.notes[0]


def test_different_frame_rates():
    ids = ("a", "b", "c", "d")
    x, y = day(ids=ids), day(rate=30.0, ids=ids, session="day 4")
    with pytest.raises(PairingError) as caught:
        pair(x, y)
    assert str(caught.value) == (
        "frame_rate_hz: got day 1 at 24 Hz, day 4 at 30 Hz, expected one rate for both days. "
        "Fix: set data.resample_hz: 24 to resample both"
    )
    matched = pair(x, y, resample_hz=24.0)
    assert matched.x.frame_rate_hz == matched.y.frame_rate_hz == 24.0
    assert matched.y.n_frames == 320
    assert matched.notes == ("day 4: resampled from 30 to 24 Hz",)


def test_missing_rate(tmp_path):
    with h5py.File(tmp_path / "day1.h5", "w") as file:
        file["dff"] = traces()
        file.attrs["frame_rate"] = 24.0
    with pytest.raises(RecordingError) as caught:
        read_file(tmp_path / "day1.h5")
    assert str(caught.value) == (
        f"{tmp_path / 'day1.h5'}, field frame_rate_hz: got no 'frame_rate_hz', "
        "expected one of what is there: frame_rate () float64. "
        "Fix: did you mean 'frame_rate'? Set fields: {frame_rate_hz: frame_rate}, "
        "or frame_rate_hz: 30.0 with the rate of your microscope"
    )


@pytest.mark.parametrize(
    ("rate", "hint"),
    [
        (0.04, "did you mean 1/0.04 = 25 Hz? Set frame_rate_hz: 25"),
        (400.0, "set frame_rate_hz to the rate of your microscope"),
        (0.0001, "set frame_rate_hz to the rate of your microscope"),
    ],
)
def test_implausible_rate(rate, hint):
    assert refused(day(rate=rate)) == (
        f"day1.h5, field frame_rate_hz: got {rate:g} Hz, expected 1 to 200 Hz. Fix: {hint}"
    )


@pytest.mark.parametrize("rate", [0.0, -24.0, np.nan, np.inf])
def test_impossible_rate(tmp_path, rate):
    np.savez(tmp_path / "day1.npz", dff=traces(), frame_rate_hz=rate)
    with pytest.raises(RecordingError, match=r"frame_rate_hz: got .*, expected frames per second, above 0"):
        read_file(tmp_path / "day1.npz")


def test_transposed_matrix(tmp_path):
    assert refused(day(traces().T)) == (
        "day1.h5, field dff: got 4 frames of 400 neurons, expected more frames than neurons; the matrix is "
        "(time, neuron). Fix: set transpose: true if the file holds (neuron, time), transpose: false if there are so "
        "many neurons; give an array as (time, neuron)"
    )
    write_recording(day(np.ascontiguousarray(traces().T)), tmp_path / "day1.h5")
    reading = load(RecordingSection(path="day1.h5", transpose=True), base_directory=tmp_path)
    recording, notes = reading.kept, list(reading.notes)
    np.testing.assert_array_equal(recording.dff, traces())
    assert "transposed" in notes[0]


def test_ids_tell_the_transposed_matrix(tmp_path):
    np.savez(tmp_path / "a.npz", dff=traces().T, frame_rate_hz=24.0, roi_ids=np.array(list("abcd")))
    with pytest.raises(RecordingError, match=r"'roi_ids'.*set transpose: true"):
        read_file(tmp_path / "a.npz")


def test_truncated_hdf5(tmp_path):
    path = write_recording(day(), tmp_path / "day1.h5")
    whole = path.stat().st_size
    with pytest.raises(RecordingError) as caught:
        read_file(cut(path, whole // 2))
    assert str(caught.value) == (
        f"{path}: got an incomplete file ({whole // 2:,} of {whole:,} bytes), expected the whole file. "
        "Fix: copy it again from where it came"
    )


def test_damaged_chunk(tmp_path):
    path = write_recording(day(), tmp_path / "day1.h5")
    with h5py.File(path) as file:
        start = file["dff"].id.get_chunk_info(0).byte_offset
    content = bytearray(path.read_bytes())
    content[start : start + 64] = bytes(64)
    path.write_bytes(content)
    with pytest.raises(RecordingError, match="got field 'dff' that cannot be decoded"):
        read_file(path)


def test_truncated_npz(tmp_path):
    path = write_recording(day(), tmp_path / "day1.npz")
    with pytest.raises(RecordingError, match=r"got an incomplete file \(1,000 bytes\), expected the whole file"):
        read_file(cut(path, 1000))


def test_truncated_npy(tmp_path):
    np.save(tmp_path / "day1.npy", traces())
    with pytest.raises(RecordingError, match=r"got an incomplete file \(1,000 of 6,528 bytes\)"):
        read_file(cut(tmp_path / "day1.npy", 1000), frame_rate_hz=24.0)


def test_truncated_mat(tmp_path):
    path = write_recording(day(), tmp_path / "day1.mat")
    whole = path.stat().st_size
    with pytest.raises(RecordingError, match=rf"got an incomplete file \({whole - 40:,} of {whole:,} bytes\)"):
        read_file(cut(path, whole - 40))


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"II*\x00abcdefgh", "a TIFF image"),
        (b"notes of day 1\nno licks\n", r"text \(it begins with 'notes of day 1'\)"),
        (b"\x1f\x8b\x08\x00", "a gzip file"),
        (bytes(range(256)), "a binary file of unknown type"),
        (b"version https://git-lfs.github.com/spec/v1", "a Git LFS pointer"),
    ],
)
def test_the_real_type_is_named(tmp_path, content, name):
    (tmp_path / "day1.h5").write_bytes(content)
    with pytest.raises(RecordingError, match=rf"day1\.h5: got {name}.*, expected one of .*hdf5 \("):
        read_file(tmp_path / "day1.h5")


def test_both_mat_versions_are_routed(tmp_path):
    savemat(tmp_path / "old.mat", {"dff": traces(), "frame_rate_hz": 24.0})
    with h5py.File(tmp_path / "new.mat", "w", userblock_size=512) as file:
        file["dff"], file["frame_rate_hz"] = traces().T, [[24.0]]
    with open(tmp_path / "new.mat", "r+b") as stream:
        stream.write(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM")
    for name in ("old.mat", "new.mat"):
        np.testing.assert_array_equal(read_file(tmp_path / name).dff, traces())


def test_missing_field_lists_what_is_there(tmp_path):
    np.savez(tmp_path / "day1.npz", traces=traces(), fs=24.0, names=np.array(["a"]))
    with pytest.raises(RecordingError) as caught:
        read_file(tmp_path / "day1.npz", fields={"dff": "trace"})
    assert str(caught.value) == (
        f"{tmp_path / 'day1.npz'}, field dff: got no 'trace', expected one of what is there: "
        "traces (400, 4) float32. Fix: did you mean 'traces'? Set fields: {dff: traces}"
    )


def test_a_file_without_arrays_says_so(tmp_path):
    with h5py.File(tmp_path / "day1.h5", "w") as file:
        file.create_group("a/b/c")
    with pytest.raises(RecordingError, match=r"what is there: nothing. Fix: name another file: this one holds no arr"):
        read_file(tmp_path / "day1.h5", frame_rate_hz=24.0)
    with h5py.File(tmp_path / "day1.h5", "w") as file:
        file.create_dataset("/".join("g" * 200) + "/dff", data=traces())
    with pytest.raises(RecordingError, match=r"g/g/g .*nested too deep to be listed"):
        read_file(tmp_path / "day1.h5", frame_rate_hz=24.0)


def test_events_are_not_taken_for_traces(tmp_path):
    np.savez(tmp_path / "day1.npz", events=traces(), frame_rate_hz=24.0)
    with pytest.raises(RecordingError, match=r"got no 'dff'.*Fix: set fields: \{dff: \.\.\.\}"):
        read_file(tmp_path / "day1.npz")


def test_unknown_field_of_the_configuration(tmp_path):
    np.savez(tmp_path / "day1.npz", dff=traces(), frame_rate_hz=24.0)
    with pytest.raises(RecordingError, match=r"fields\.roi_id: got an unknown field.*did you mean 'roi_ids'"):
        read_file(tmp_path / "day1.npz", fields={"roi_id": "cells"})


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (traces().astype(np.complex64), r"complex64 of shape \(400, 4\)"),
        (np.array([["a", "b"]] * 9), r"text of shape \(9, 2\)"),
        (np.zeros((9, 2), dtype=[("a", "f4")]), r"\[\('a', '<f4'\)\] of shape \(9, 2\)"),
    ],
)
def test_wrong_types(tmp_path, values, kind):
    np.savez(tmp_path / "day1.npz", dff=values, frame_rate_hz=24.0)
    with pytest.raises(RecordingError, match=rf"field 'dff': got {kind}, expected real numbers"):
        read_file(tmp_path / "day1.npz")


def test_integers_look_like_raw_fluorescence(tmp_path):
    raw = np.random.default_rng(0).integers(300, 4095, (400, 4)).astype(np.uint16)
    np.savez(tmp_path / "day1.npz", dff=raw, frame_rate_hz=24.0)
    message = refused(read_file(tmp_path / "day1.npz"))
    assert re.search(r"whole numbers only, from 30\d to 409\d: looks like raw fluorescence, expected ΔF/F", message)


def test_percent(tmp_path):
    found = finding(day(traces() * 100 + 5), "percent")
    assert found.severity == "critical"
    assert re.fullmatch(
        r"day1\.h5, field dff: got median 4\.\d+ and 99th percentile 1\d\.\d, expected ΔF/F as a fraction "
        r"\(0\.5 is 50 %\)\. Fix: what is the unit\? If it is percent, set unit: percent \(on a command line add "
        r"--unit percent\), or divide an array by 100; "
        r"if it is a fraction in spite of these values, set unit: fraction; "
        r"if it is raw fluorescence, set unit: raw and ΔF/F is computed; "
        r"if it is none of these \(CaImAn's C\), use ΔF/F \(CaImAn: F_dff\) in its place",
        str(found),
    )
    write_recording(day(traces() * 100), tmp_path / "day1.h5")
    reading = load(RecordingSection(path="day1.h5", unit="percent"), base_directory=tmp_path)
    recording, notes = reading.kept, list(reading.notes)
    np.testing.assert_allclose(recording.dff, traces(), rtol=1e-6)
    assert "divided by 100" in notes[0]


def test_z_scores():
    dff = traces()
    found = finding(day((dff - dff.mean(0)) / dff.std(0)), "z_score")
    assert "99th percentile 2." in found.got
    assert "z-scores" in found.fix


def test_negative_values_are_kept(tmp_path):
    dff = traces()
    write_recording(day(dff), tmp_path / "day1.h5")
    reading = load(RecordingSection(path="day1.h5"), base_directory=tmp_path)
    recording = reading.kept
    np.testing.assert_array_equal(recording.dff, dff)
    assert dff.min() < 0
    found = finding(recording, "negative")
    assert (found.severity, found.fix) == ("info", "nothing to do: they are kept, never clipped")


def test_blanked_stretch_is_found_with_its_frames():
    dff = traces()
    dff[100:140] = dff[100]
    assert str(finding(day(dff), "blanked")) == (
        "day1.h5, frames 100-139: got all neurons constant at once (40 frames), expected traces that vary in every "
        "stretch. Fix: leave these frames out of windows: windows.exclude_x or exclude_y: [[100, 139]]"
    )


def test_bleached_stretch_is_found_with_its_frames():
    dff = traces(4000)
    dff[2400:] -= np.linspace(0.0, 0.6, 1600, dtype=np.float32)[:, None]
    found = finding(day(dff), "bleached")
    first = int(re.search(r"frames (\d+)-3999", found.where).group(1))
    assert 2400 < first < 3300
    assert "standard deviations of the noise" in found.got


def test_changed_data_change_the_description():
    ids = ("a", "b", "c", "d")
    same = [describe_inputs(pair(day(ids=ids), day(ids=ids, session="day 4"))) for _ in range(2)]
    assert same[0] == same[1]
    dff = traces()
    dff[3, 3] += np.float32(1e-6)
    changed = describe_inputs(pair(day(ids=ids), day(dff, ids=ids, session="day 4")))
    assert changed["x"] == same[0]["x"]
    assert {k for k, v in changed["y"].items() if v != same[0]["y"][k]} == {"sha256"}


def test_pickles_are_never_loaded(tmp_path):
    (tmp_path / "day1.npy").write_bytes(pickle.dumps({"dff": 1}))
    with pytest.raises(RecordingError, match=r"got a pickle file \(never loaded: it can run code\)"):
        read_file(tmp_path / "day1.npy")


@pytest.mark.parametrize("suffix", ["npy", "npz"])
def test_object_arrays_are_never_loaded(tmp_path, suffix):
    path = tmp_path / f"day1.{suffix}"
    values = np.array([[1.0, None]], dtype=object)
    if suffix == "npy":
        np.save(path, values, allow_pickle=True)
    else:
        np.savez(path, dff=values)
    with pytest.raises(RecordingError, match=r"field 'dff': got Python objects \(pickle\)"):
        read_file(path, frame_rate_hz=24.0)


def test_whole_models_are_refused(tmp_path):
    with h5py.File(tmp_path / "model.h5", "w") as file:
        file.attrs["model_config"] = "{}"
        file["dff"] = traces()
    with pytest.raises(RecordingError, match="got a Keras model or its weights, expected a recording"):
        read_file(tmp_path / "model.h5", frame_rate_hz=24.0)


def test_size_is_compared_with_memory_before_reading(tmp_path, monkeypatch):
    path = write_recording(day(traces(4000, 10)), tmp_path / "day1.h5")
    monkeypatch.setattr(memory, "available_bytes", lambda: 300_000)
    with pytest.raises(RecordingError) as caught:
        read_file(path)
    assert str(caught.value).startswith(
        f"{path}, field 'dff': got a declared shape of (4000, 10), 160.0 kB in memory, "
        "expected at most 100.0 kB (a third of the 300.0 kB available). Fix: split the recording"
    )


def test_huge_declared_shape_in_a_small_hdf5_file(tmp_path):
    with h5py.File(tmp_path / "day1.h5", "w") as file:
        file.create_dataset("dff", (10**10, 1000), np.float64, chunks=(1000, 1000), compression="gzip")
    assert (tmp_path / "day1.h5").stat().st_size < 10_000
    with pytest.raises(RecordingError, match=r"a declared shape of \(10000000000, 1000\), 40\.0 TB in memory"):
        read_file(tmp_path / "day1.h5", frame_rate_hz=24.0)


def test_huge_declared_shape_in_a_small_npz_file(tmp_path):
    with zipfile.ZipFile(tmp_path / "day1.npz", "w") as archive, archive.open("dff.npy", "w") as stream:
        np.lib.format.write_array_header_1_0(stream, {"descr": "<f8", "fortran_order": False, "shape": (10**10, 1000)})
    with pytest.raises(RecordingError, match=r"a declared shape of \(10000000000, 1000\), 40\.0 TB in memory"):
        read_file(tmp_path / "day1.npz", frame_rate_hz=24.0)


def test_hdf5_that_numpy_cannot_hold_does_not_hide_the_rest(tmp_path):
    with h5py.File(tmp_path / "day1.h5", "w") as file:
        file["dff"], file.attrs["frame_rate_hz"] = traces(), 24.0
        file["note"], file.attrs["title"] = h5py.Empty("S1"), h5py.Empty("f8")
        one = h5py.h5s.create_simple((1,))
        h5py.h5d.create(file.id, b"when", h5py.h5t.UNIX_D32LE, one)
        h5py.h5a.create(file.id, b"made", h5py.h5t.UNIX_D32LE, one)
        h5py.h5g.create(file.id, "größe".encode("latin-1"))
    np.testing.assert_array_equal(read_file(tmp_path / "day1.h5").dff, traces())
    with open_source(tmp_path / "day1.h5") as source:
        listed = {name: (entry.type_name, entry.kind) for name, entry in source.entries().items()}
    unknown = ("of a type that NumPy does not have", "object")
    assert (listed["when"], listed["made"], listed["note"]) == (unknown, unknown, ("empty", "object"))
    with pytest.raises(RecordingError, match=r"field 'title': got empty of shape \(\), expected real numbers"):
        read_file(tmp_path / "day1.h5", fields={"frame_rate_hz": "title"})


def test_hdf5_that_is_open_elsewhere_is_not_called_damaged(tmp_path):
    flock = pytest.importorskip("fcntl")
    with h5py.File(tmp_path / "day1.h5", "w", libver="latest") as file:
        file["dff"] = traces()
        file.flush()
        shutil.copy(tmp_path / "day1.h5", tmp_path / "open.h5")  # as it stands while a program writes
    with pytest.raises(RecordingError, match=r"a program has open for writing.*Fix: close it there.*h5clear -s"):
        read_file(tmp_path / "open.h5")
    with open(tmp_path / "day1.h5", "rb") as stream:
        flock.flock(stream, flock.LOCK_EX)  # as HDF5 does where the system has locks
        with pytest.raises(RecordingError, match=r"cannot be locked .*Fix: close it there .*HDF5_USE_FILE_LOCKING"):
            read_file(tmp_path / "day1.h5")


def test_npz_with_a_damaged_directory_or_a_password(tmp_path):
    path = tmp_path / "day1.npz"
    np.savez(path, dff=traces(), frame_rate_hz=24.0, notes=np.zeros(3))
    sound = path.read_bytes()
    directory = sound.rindex(b"PK\x01\x02")
    path.write_bytes(sound[:directory] + b"QK" + sound[directory + 2 :])
    with pytest.raises(RecordingError, match=r"got an archive's directory that cannot be decoded .*copy it again"):
        read_file(path)
    end = sound.rindex(b"PK\x05\x06")
    path.write_bytes(sound[: end + 12] + b"\xff\xff\xff\x7f" + sound[end + 16 :])  # it begins before the file
    with pytest.raises(RecordingError, match=r"got an archive's directory that cannot be decoded"):
        read_file(path)
    locked = bytearray(sound)
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[sound.rindex(signature) + flags] = 1  # of the last member, the notes
    path.write_bytes(locked)
    assert read_file(path).n_frames == len(traces())
    with open_source(path) as source:
        assert source.entries()["notes"].type_name == "damaged or encrypted"
    with pytest.raises(RecordingError, match=r"field 'notes': got .*encrypted.*Fix: write it anew"):
        read_file(path, fields={"licks": "notes"})


def test_an_absent_field_of_an_npz_does_not_list_the_archive(tmp_path, monkeypatch):
    np.savez(tmp_path / "day1.npz", dff=traces(), frame_rate_hz=24.0)
    monkeypatch.setattr(npz.NpzSource, "entries", None)
    assert read_file(tmp_path / "day1.npz").roi_ids is None
