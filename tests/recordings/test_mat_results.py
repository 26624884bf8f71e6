"""Results in MATLAB files: CNMF-E, CaImAn in MATLAB, EXTRACT."""

import h5py
import numpy as np
import pytest
from scipy.sparse import csc_matrix
from tool_files import footprints, write_mat, write_sparse

from cyclegan_neuro.configuration.sections import BaselineSection, RecordingSection
from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings import readers
from cyclegan_neuro.recordings.loading import load
from cyclegan_neuro.recordings.noise import noise_levels

RAW = np.random.default_rng(0).normal(20, 5, (4, 300))  # (neuron, time)
CENTRES = [[0, 4 / 3], [0, 13 / 3], [1 / 3, 14 / 3], [1, 7 / 3]]  # of `footprints`, x and y
NOISE = BaselineSection(divide_by="noise")


@pytest.fixture
def read(tmp_path):
    """Return a function that loads a file with settings of ``data.x``."""
    return lambda path, **settings: load(RecordingSection(path=str(path), **settings), base_directory=tmp_path)


def cnmfe(path, structure="results", **changes):
    values = {
        "A": footprints(4), "C": RAW * 0, "C_raw": RAW, "S": csc_matrix(RAW > 30), "Fs": 10.0,
        "options": {"d1": 8, "d2": 6}, "ids": np.array([1, 4, 5, 9]),
    }  # fmt: skip
    values = {name: value for name, value in (values | changes).items() if value is not None}
    return write_mat(path, {structure: values} if structure else values)


@pytest.mark.parametrize("structure", ["results", "neuron", ""])
def test_raw_traces_of_cnmfe(tmp_path, read, structure):
    path = cnmfe(tmp_path / "day1.dat", structure)
    assert readers.sniff(path).name == "cnmfe"
    with pytest.raises(RecordingError, match="C_raw': got traces without their background"):
        read(path)
    reading = read(path, baseline=NOISE, um_per_pixel=2.0)
    recording = reading.recording
    assert (recording.dff.shape, recording.frame_rate_hz, recording.roi_ids) == ((300, 4), 10.0, None)
    np.testing.assert_allclose(noise_levels(recording.dff, 10.0), 2.0, rtol=0.01)
    assert recording.roi_rows.tolist() == [1, 4, 5, 9]
    np.testing.assert_allclose(recording.roi_xy_um, 2 * np.array(CENTRES), rtol=1e-5)
    with readers.open_source(path) as source:
        np.testing.assert_allclose(source.read(source.aliases["dff"]), RAW.T)
        np.testing.assert_allclose(source.read(source.aliases["dff"], transpose=True), RAW)


def test_dff_of_caiman_in_matlab(tmp_path, read):
    path = cnmfe(tmp_path / "a.mat", F_dff=RAW / 100, Fs=np.nan, options={"fr": 15.0}, ids=np.array([1, 1, 2, 3]))
    recording = read(path).recording
    np.testing.assert_allclose(recording.dff, RAW.T / 100, rtol=1e-6)
    assert (recording.frame_rate_hz, recording.roi_xy_um, recording.roi_rows) == (15.0, None, None)


def test_sparse_footprints_of_a_version_7_file(tmp_path, read, write_mat73):
    values = {"C": RAW * 0, "C_raw": RAW, "Fs": 10.0, "options/d1": 8.0, "options/d2": 6.0}
    path = write_mat73(tmp_path / "a.mat", {f"results/{name}": value for name, value in values.items()})
    with h5py.File(path, "r+") as file:
        group = file.create_group("results/A")
        write_sparse(group, footprints(4))
        for ours, matlabs in (("indices", "ir"), ("indptr", "jc")):
            group.move(ours, matlabs)
        del group["shape"]
        group.attrs["MATLAB_sparse"] = np.uint64(48)
    assert readers.sniff(path).name == "cnmfe"
    recording = read(path, baseline=NOISE, um_per_pixel=1.0).recording
    np.testing.assert_allclose(recording.roi_xy_um, CENTRES, rtol=1e-5)
    with h5py.File(path, "r+") as file:
        file["results/A/ir"][0] = 10**6
    assert read(path, baseline=NOISE).recording.roi_xy_um is None


def test_what_cnmfe_does_not_say_or_must_not_be_read(tmp_path, read):
    with pytest.raises(RecordingError, match="got no rate in the results"):
        read(cnmfe(tmp_path / "a.mat", Fs=np.nan), baseline=NOISE)
    path = cnmfe(tmp_path / "b.mat", C_raw=None, S=RAW)
    with pytest.raises(RecordingError, match="field dff: got results/C, results/S, which a model denoised"):
        read(path)
    with pytest.raises(RecordingError, match="field 'results/C': got denoised"):
        read(path, fields={"dff": "results/C"})
    with pytest.raises(RecordingError, match=r"transpose: got true, expected false.*\(neuron, time\)"):
        read(path, transpose=True)
    reading = read(cnmfe(tmp_path / "c.mat", C=np.zeros((4, 400))), baseline=NOISE)
    assert any("C_raw has 300 frames, C 400" in note for note in reading.notes)
    assert readers.sniff(write_mat(tmp_path / "d.mat", {"C": RAW, "dff": RAW})).name == "mat"


def extract(path, structure="output", **config):
    images = footprints(4).reshape(8, 6, 4, order="F")
    values = {"temporal_weights": RAW.T / 100, "spatial_weights": images, "config": {"preprocess": True, **config}}
    return write_mat(path, {structure: values} if structure else values)


@pytest.mark.parametrize("structure", ["output", ""])
def test_extract(tmp_path, read, structure):
    path = extract(tmp_path / "a.dat", structure, trace_output_option="baseline_adjusted", skip_dff=False)
    assert readers.sniff(path).name == "extract"
    with pytest.raises(RecordingError, match="got no rate in the results"):
        read(path)
    reading = read(path, frame_rate_hz=20.0, um_per_pixel=1.0)
    np.testing.assert_allclose(reading.recording.dff, RAW.T / 100, rtol=1e-6)
    np.testing.assert_allclose(reading.recording.roi_xy_um, CENTRES, rtol=1e-5)
    assert any("temporal weights (ΔF/F; solver baseline_adjusted)" in note for note in reading.notes)


def test_extract_of_a_movie_that_is_no_dff(tmp_path, read):
    path = extract(tmp_path / "a.mat", skip_dff=True)
    assert any("did not turn into ΔF/F" in note for note in read(path, frame_rate_hz=20.0).notes)
    assert read(path, frame_rate_hz=20.0, unit="raw").recording.dff.shape == (300, 4)


@pytest.mark.parametrize(
    ("config", "why"),
    [({"trace_output_option": "nonneg"}, r"nothing below 0 \(nonneg\)"), ({"temporal_denoising": 1.0}, "denoised in")],
)  # fmt: skip
def test_changed_traces_of_extract_are_refused(tmp_path, read, config, why):
    path = extract(tmp_path / "a.mat", **config)
    with pytest.raises(RecordingError, match=rf"{why}.*trace_output_option = 'baseline_adjusted'"):
        read(path, frame_rate_hz=20.0)
    with pytest.raises(RecordingError, match="got denoised or deconvolved traces"):
        read(path, frame_rate_hz=20.0, fields={"dff": "output/temporal_weights"})
