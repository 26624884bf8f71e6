"""HDF5 files that lead to another file are refused by every way, and nothing of the other file is shown."""

import h5py
import numpy as np
import pytest

from cyclegan_neuro.cli.check import main as check_command
from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.interpret.storage import MAPS_FILE, read_maps
from cyclegan_neuro.populations.reading import read_activity
from cyclegan_neuro.populations.sections import DataSection
from cyclegan_neuro.recordings.loading import read_file
from cyclegan_neuro.spikes.ground_truth.loading import load_ground_truth
from cyclegan_neuro.spikes.inference.cascade_folder import read_cascade_folder
from cyclegan_neuro.spikes.inference.files import read_spikes
from cyclegan_neuro.spikes.inference.storage import read_networks

SHAPE = (40, 4)
SECRET = 1234.5
TEXT = "root:x:0:0"
REFUSED = r"field '.*': got .* another file.*, expected data inside this file; external links are refused"


@pytest.fixture
def outside(tmp_path):
    """A folder with what must not be read: numbers and text, raw and in HDF5."""
    np.full(SHAPE, SECRET, np.float32).tofile(tmp_path / "secret.raw")
    (tmp_path / "secret.txt").write_bytes(TEXT.encode("utf-16-le"))
    with h5py.File(tmp_path / "secret.h5", "w") as file:
        file["inner/dff"] = np.full(SHAPE, SECRET, np.float32)
        file.create_dataset("inner/grows", data=file["inner/dff"], maxshape=(None, SHAPE[1]))
    return tmp_path


def raw(file, folder, name):
    return file.create_dataset(name, SHAPE, np.float32, external=[(str(folder / "secret.raw"), 0, 640)])


def virtual(file, source, inner, name):
    layout = h5py.VirtualLayout(SHAPE, np.float32)
    layout[:] = h5py.VirtualSource(source, inner, SHAPE)
    return file.create_virtual_dataset(name, layout)


def growing(file, source, inner, name):
    longest, every = (None, SHAPE[1]), slice(0, h5py.h5s.UNLIMITED)
    layout = h5py.VirtualLayout(SHAPE, np.float32, maxshape=longest)
    layout[every, :] = h5py.VirtualSource(source, inner, SHAPE, maxshape=longest)[every, :]
    return file.create_virtual_dataset(name, layout)


def links(file, folder):
    file["out"] = h5py.ExternalLink("secret.h5", "/inner/dff")
    file["out_group"] = h5py.ExternalLink("secret.h5", "/inner")


WAYS = {
    "link": lambda f, d: f.__setitem__("dff", h5py.ExternalLink("secret.h5", "/inner/dff")),
    "soft link to a link": lambda f, d: (links(f, d), f.__setitem__("dff", h5py.SoftLink("/out"))),
    "soft link through a link": lambda f, d: (links(f, d), f.__setitem__("dff", h5py.SoftLink("out_group/dff"))),
    "external storage": lambda f, d: raw(f, d, "dff"),
    "soft link to external storage": lambda f, d: (raw(f, d, "a"), f.__setitem__("dff", h5py.SoftLink("/a"))),
    "virtual": lambda f, d: virtual(f, str(d / "secret.h5"), "inner/dff", "dff"),
    "virtual of unknown length": lambda f, d: growing(f, str(d / "secret.h5"), "inner/grows", "dff"),
    "virtual of a link": lambda f, d: (links(f, d), virtual(f, ".", "out", "dff")),
    "virtual of a path through a link": lambda f, d: (links(f, d), virtual(f, ".", "/out_group/dff", "dff")),
    "virtual of external storage": lambda f, d: (raw(f, d, "a"), virtual(f, ".", "a", "dff")),
    "virtual of virtual": lambda f, d: (
        virtual(f, str(d / "secret.h5"), "inner/dff", "a"), virtual(f, ".", "a", "dff")),
    "virtual of virtual of a link": lambda f, d: (
        links(f, d), virtual(f, ".", "out", "a"), virtual(f, ".", "a", "b"), virtual(f, ".", "b", "dff")),
    "virtual of a soft link to external storage": lambda f, d: (
        raw(f, d, "a"), f.__setitem__("b", h5py.SoftLink("/a")), virtual(f, ".", "b", "dff")),
    "virtual of itself": lambda f, d: virtual(f, ".", "dff", "dff"),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_traces_outside_the_file_are_refused(outside, way, capsys):
    with h5py.File(outside / "day1.h5", "w") as file:
        file.attrs["frame_rate_hz"] = 24.0
        WAYS[way](file, outside)
    with pytest.raises(RecordingError, match=REFUSED):
        read_file(outside / "day1.h5")
    with pytest.raises(RecordingError, match=REFUSED):
        read_activity(DataSection(source="continuous", path=str(outside / "day1.h5"), field="dff", bin_s=0.01))
    with pytest.raises(SystemExit):
        check_command([str(outside / "day1.h5")])  # lists what a file holds
    assert str(SECRET) not in "".join(capsys.readouterr())


def test_a_virtual_data_set_within_the_file_is_read(outside):
    with h5py.File(outside / "day1.h5", "w") as file:
        file.attrs["frame_rate_hz"] = 24.0
        file["parts/a"] = np.random.default_rng(0).normal(size=SHAPE).astype(np.float32)
        file["parts/b"] = h5py.SoftLink("/parts/a")
        virtual(file, ".", "parts/b", "between")
        virtual(file, ".", "/between", "dff")
        links(file, outside)  # that nobody asks for
        values = file["parts/a"][()]
    np.testing.assert_array_equal(read_file(outside / "day1.h5").dff, values)


@pytest.mark.parametrize("kind", ["object", "region"])
@pytest.mark.parametrize("element", ["external storage", "virtual"])
def test_cells_of_matlab_outside_the_file_are_refused(outside, write_mat73_file, kind, element, capsys):
    """The first line of a system file was printed as the id of a neuron."""

    def ids(file):
        if element == "virtual":
            units = np.frombuffer(TEXT.encode("utf-16-le"), "<u2")
            with h5py.File(outside / "words.h5", "w") as words:
                words["a"] = units
            layout = h5py.VirtualLayout(units.shape, "<u2")
            layout[:] = h5py.VirtualSource(str(outside / "words.h5"), "a", units.shape)
            cell = file.create_virtual_dataset("#refs#/a", layout)
        else:
            size = (outside / "secret.txt").stat().st_size
            cell = file.create_dataset(
                "#refs#/a", (size // 2,), "<u2", external=[(str(outside / "secret.txt"), 0, size)]
            )
        cell.attrs["MATLAB_class"] = np.bytes_("char")
        reference, dtype = (cell.ref, h5py.ref_dtype) if kind == "object" else (cell.regionref[:], h5py.regionref_dtype)
        cells = file.create_dataset("roi_ids", (4, 1), dtype)
        for row in range(4):
            cells[row, 0] = reference
        cells.attrs["MATLAB_class"] = np.bytes_("cell")

    path = write_mat73_file(outside / "day1.mat", ids)
    with pytest.raises(RecordingError, match=r"'roi_ids': got .* another file") as caught:
        read_file(path, fields={"roi_ids": "roi_ids"})
    assert TEXT not in str(caught.value)
    assert read_file(path).roi_ids is None
    check_command([str(path)])
    printed = "".join(capsys.readouterr())
    assert TEXT not in printed
    assert "values in another file" in printed
    assert "roi_ids is left out" in printed


@pytest.fixture
def write_mat73_file():
    """Return a function that writes a MATLAB 7.3 file with traces and what another function adds."""

    def write(path, add):
        with h5py.File(path, "w", userblock_size=512) as file:
            file["dff"], file["frame_rate_hz"] = np.random.default_rng(0).normal(size=SHAPE[::-1]), [[24.0]]
            for name in file:
                file[name].attrs["MATLAB_class"] = np.bytes_("double")
            add(file)
        with open(path, "r+b") as stream:
            stream.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\x00\x02IM")
        return path

    return write


def _ground_truth(path):
    with h5py.File(path, "a") as file:
        file.require_group("DS01/cell/segment")
    return load_ground_truth(path)


def _cascade(path):
    folder = path.parent / "cascade"
    folder.mkdir()
    path.rename(folder / "Model_NoiseLevel_2_Ensemble_0.h5")
    keys = {"windowsize": 64, "sampling_rate": 30, "before_frac": 0.5, "smoothing": 0.05, "causal_kernel": 0}
    (folder / "config.yaml").write_text("noise_levels: [2]\n" + "".join(f"{k}: {v}\n" for k, v in keys.items()))
    return read_cascade_folder(folder)


def _maps(path):
    (path.parent / MAPS_FILE).parent.mkdir()
    path.rename(path.parent / MAPS_FILE)
    return read_maps(path.parent)


@pytest.mark.parametrize("way", ["link", "soft link to a link", "external storage", "virtual", "virtual of a link"])
@pytest.mark.parametrize("read", [read_networks, _cascade, read_spikes, _ground_truth, _maps])
def test_files_of_the_project_lead_nowhere_else(outside, read, way):
    with h5py.File(outside / "file.h5", "w") as file:
        WAYS[way](file, outside)
    with pytest.raises(RecordingError, match=r"field '\w+': got .*(another file|virtual)"):
        read(outside / "file.h5")
