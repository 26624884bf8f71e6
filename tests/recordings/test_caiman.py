"""Results of CaImAn: ΔF/F where it is ΔF/F, raw traces with their background, and what has no F0."""

from pathlib import Path

import h5py
import numpy as np
import pytest
from tool_files import MISSING, footprints, write_caiman, write_sparse

from cyclegan_neuro.cli.check import main as check
from cyclegan_neuro.configuration.sections import BaselineSection, RecordingSection
from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings import readers
from cyclegan_neuro.recordings.dff import delta_f_over_f
from cyclegan_neuro.recordings.loading import load, read_file
from cyclegan_neuro.recordings.noise import noise_levels

REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "formats" / "caiman"


@pytest.fixture
def results():
    """What CaImAn keeps of a small movie: 400 frames, 4 components, two background images."""
    rng = np.random.default_rng(0)
    c = np.cumsum(rng.gamma(0.1, 5, (400, 4)) - 0.5, axis=0) % 40
    return {
        "c": c, "yra": rng.normal(0, 3, c.shape), "b": rng.uniform(20, 60, (48, 2)),
        "f": 1 + 0.1 * rng.random((2, 400)), "f_dff": c / 90 + rng.normal(0, 0.03, c.shape),
    }  # fmt: skip


@pytest.fixture
def write(tmp_path, results):
    """Return a function that writes the results, with changes."""
    return lambda **changes: write_caiman(tmp_path / "day1.hdf5", **(results | changes))


@pytest.fixture
def read(tmp_path):
    """Return a function that loads a file with settings of ``data.x``."""
    return lambda path, **settings: load(RecordingSection(path=str(path), **settings), base_directory=tmp_path)


def test_dff_of_accepted_components(write, read, results):
    reading = read(write(accepted=np.array([3, 0, 2])), um_per_pixel=2.0)
    recording = reading.recording
    np.testing.assert_array_equal(recording.dff, results["f_dff"][:, [0, 2, 3]].astype(np.float32))
    assert (recording.frame_rate_hz, recording.roi_ids) == (10.0, None)
    assert recording.roi_rows.tolist() == [0, 2, 3]
    # Pixels 3 i + 1 and 3 i + 2 with weights 2 and 1 in columns of 8
    pixels = np.array([[3 * i + 1, 3 * i + 2] for i in (0, 2, 3)])
    xy = np.stack([pixels // 8, pixels % 8], axis=2)
    np.testing.assert_allclose(recording.roi_xy_um, 2 * (2 * xy[:, 0] + xy[:, 1]) / 3, rtol=1e-6)
    assert "3 of 4 components, those accepted" in reading.notes[0]


@pytest.mark.parametrize("sparse", [False, True])
def test_raw_traces_are_what_the_footprint_sees_of_the_movie(write, results, sparse):
    path = write(f_dff=MISSING, accepted=np.array([1, 2]))
    if sparse:  # as CaImAn keeps the background of patches
        with h5py.File(path, "r+") as file:
            del file["estimates/b"]
            write_sparse(file.create_group("estimates/b"), results["b"])
    a = footprints(4)
    movie = a @ results["c"].T + results["b"] @ results["f"]  # of footprints that do not overlap
    seen = (a.T @ movie) / (a**2).sum(axis=0)[:, None] + results["yra"].T
    with readers.open_source(path) as source:
        source.select(rois="accepted", min_probability=None)
        np.testing.assert_allclose(source.read("C + YrA + background"), seen[1:3].T, rtol=1e-5)
        np.testing.assert_allclose(source.read("C + YrA + background", transpose=True), seen[1:3], rtol=1e-5)
    expected = delta_f_over_f(seen[1:3].T.astype(np.float32), frame_rate_hz=10.0, settings=BaselineSection())
    np.testing.assert_allclose(read_file(path).dff, expected.dff, atol=1e-5)


@pytest.mark.parametrize("missing", ["b", "f"])
def test_without_background_there_is_no_f0(write, read, missing):
    path = write(**{missing: MISSING, "f_dff": MISSING})
    with pytest.raises(
        RecordingError, match=r"field 'C \+ YrA': got traces without their background: .*divide_by: noise"
    ):
        read(path)
    with pytest.raises(RecordingError, match="got unit fraction, expected traces without their background"):
        read(path, unit="fraction")
    reading = read(path, baseline=BaselineSection(divide_by="noise"))
    np.testing.assert_allclose(noise_levels(reading.recording.dff, 10.0), 2.0, rtol=0.01)
    assert "noise_units" in {finding.code for finding in reading.check()}


def test_detrended_traces_are_not_taken_for_dff(write, read, results):
    path = write(b=MISSING, f=MISSING)
    with pytest.raises(
        RecordingError, match=r"'estimates/F_dff': got detrended traces .* unit: fraction if this is ΔF/F"
    ):
        read(path)
    np.testing.assert_array_equal(read(path, unit="fraction").recording.dff, results["f_dff"].astype(np.float32))
    assert read(path, baseline=BaselineSection(divide_by="noise")).findings


@pytest.mark.parametrize("name", ["C", "S"])
def test_denoised_traces_are_refused(write, read, name):
    with pytest.raises(RecordingError, match=rf"field 'estimates/{name}': got denoised or deconvolved traces"):
        read(write(), fields={"dff": f"estimates/{name}"})


def test_only_denoised_traces(write, read):
    with pytest.raises(RecordingError, match=r"got neither F_dff nor YrA; C is denoised, .*detrend_df_f"):
        read(write(f_dff=MISSING, yra=MISSING))


@pytest.mark.parametrize(
    ("accepted", "got"),
    [
        (np.zeros(0, np.int64), "no accepted component"), (np.array([0, 4]), "components 0 to 4"),
        (np.array([-1, 2]), "components -1 to 2"),
    ],
)  # fmt: skip
def test_components_that_cannot_be_are_refused(write, read, accepted, got):
    path = write(accepted=accepted)
    with pytest.raises(RecordingError, match=f"'estimates/idx_components': got {got}"):
        read(path)
    assert read(path, rois="all").recording.n_neurons == 4
    with pytest.raises(RecordingError, match=r"min_probability: 0\.5, and HDF5 of CaImAn"):
        read(path, min_probability=0.5)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("indices", np.arange(8) - 3), ("indices", np.arange(7)), ("indptr", np.array([0, 4, 2, 6, 8], np.uint32)),
        ("indptr", np.array([0, 2, 4, 6, 2**40])), ("indptr", np.zeros(0, np.int64)), ("data", np.array(b"NoneType")),
    ],
)  # fmt: skip
def test_damaged_footprints_leave_the_centres_out(write, read, name, value):
    path = write(f_dff=MISSING)
    with h5py.File(path, "r+") as file:
        del file[f"estimates/A/{name}"]
        file[f"estimates/A/{name}"] = value
    reading = read(path, baseline=BaselineSection(divide_by="noise"))
    assert reading.recording.roi_xy_um is None


def test_pixels_outside_the_background_are_not_looked_up(write, read):
    path = write(f_dff=MISSING)
    with h5py.File(path, "r+") as file:
        file["estimates/A/indices"][-1] = 10**9
    with pytest.raises(RecordingError, match="traces without their background"):
        read(path)


def test_volumes_have_no_plane(write, read):
    assert read(write(dims=(2, 4, 6))).recording.roi_xy_um is None


def test_traces_in_another_file_are_refused(write, tmp_path):
    path = write()
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["secret"] = np.ones((4, 400))
    with h5py.File(path, "r+") as file:
        del file["estimates/F_dff"]
        file["estimates/F_dff"] = h5py.ExternalLink("other.h5", "/secret")
    with pytest.raises(RecordingError, match="a link to another file"):
        read_file(path)


def test_other_hdf5_is_not_taken_for_it(tmp_path, results):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["estimates/C"] = results["c"]
        file["params/data/fr"] = 3.0
    assert readers.sniff(tmp_path / "a.h5").name == "hdf5"


def test_check_says_what_is_read_and_what_to_write(write, capsys):
    assert check([str(write(accepted=np.array([0, 1]))), "--set", "um_per_pixel=1.5"]) == 0
    printed = capsys.readouterr().out
    assert "HDF5 of CaImAn" in printed
    assert "estimates/F_dff                  (400, 4)           float64, ΔF/F" in printed
    assert "estimates/C                      (400, 4)           float64, denoised or deconvolved" in printed
    assert "read      2 of 4 components" in printed
    assert "    um_per_pixel: 1.5\n" in printed


@pytest.mark.skipif(not REAL.is_dir(), reason="files of other tools are not here")
@pytest.mark.parametrize("day", [1, 2])
def test_real_files(read, day):
    reading = read(
        REAL / f"sample_cellset_msr_{day}.hdf5", baseline=BaselineSection(divide_by="noise"), um_per_pixel=1.0
    )
    recording = reading.recording
    assert recording.dff.shape == (100, 5)
    assert recording.frame_rate_hz == pytest.approx(20.0152, abs=1e-4)
    assert (recording.roi_xy_um >= 0).all()
    assert (recording.roi_xy_um < [640, 400]).all()
