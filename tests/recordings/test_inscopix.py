"""What IDPS exports: states of cells, their names, and the table of their properties."""

from pathlib import Path

import numpy as np
import pytest
from tool_files import write_rows

from cyclegan_neuro.configuration.sections import BaselineSection, RecordingSection
from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings import readers
from cyclegan_neuro.recordings.loading import load

REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "formats" / "inscopix"
DFF = np.round(np.random.default_rng(0).normal(0.1, 0.2, (300, 4)), 4)
TIMES = np.round(np.arange(300) / 10, 3)
NAMES = ("C00", "C02", "C05", "C11")


def write(folder, states=("accepted", "rejected", "accepted", "undecided"), times=TIMES, props=None):
    """Write traces with a row of states, and properties with a number of sessions, where they are given."""
    status = [["Time(s)/Cell Status", *states]] if states else []
    path = write_rows(
        folder / "traces.csv", [["Time" if not states else " ", *NAMES], *status, *zip(times, *DFF.T, strict=True)]
    )
    if props:
        segments = [f"ActiveSegment{i}" for i in range(props)]
        rows = [[name, "accepted" if i else "rejected", 10 * i, 5, *[1] * props] for i, name in enumerate(NAMES)]
        write_rows(folder / "some-props.csv", [["Name", "Status", "CentroidX", "CentroidY", *segments], *rows])
    return path


@pytest.fixture
def read(tmp_path):
    """Return a function that loads a file with settings of ``data.x``."""
    return lambda path, **settings: load(RecordingSection(path=str(path), **settings), base_directory=tmp_path)


def test_accepted_cells(tmp_path, read):
    path = write(tmp_path)
    assert readers.sniff(path).name == "inscopix"
    reading = read(path)
    np.testing.assert_array_equal(reading.recording.dff, DFF[:, [0, 2]].astype(np.float32))
    assert reading.recording.roi_rows.tolist() == [0, 5]
    assert reading.recording.roi_ids is None  # C05 of another session is another cell
    assert any("2 of 4 cells (2 accepted, 1 rejected, 1 undecided)" in note for note in reading.notes)
    assert read(path, rois="all").recording.n_neurons == 4
    assert read(path, fields={"roi_ids": "column names"}).recording.roi_ids == ("C00", "C05")


def test_undecided_cells_where_none_is_accepted(tmp_path, read):
    assert read(write(tmp_path, ("undecided", "rejected", "undecided", "undecided"))).recording.n_neurons == 3
    with pytest.raises(RecordingError, match=r"got no accepted cell \(4 rejected\).*rois: all"):
        read(write(tmp_path, ["rejected"] * 4))


def test_properties_beside_the_traces(tmp_path, read):
    path = write(tmp_path, states=None, props=1)
    assert readers.sniff(path).name == "inscopix"
    recording = read(path, um_per_pixel=2.0).recording
    assert recording.roi_rows.tolist() == [2, 5, 11]
    assert recording.roi_xy_um.tolist() == [[20, 10], [40, 10], [60, 10]]
    assert recording.roi_ids is None


@pytest.mark.parametrize("props", ["Name,Status\nC00,x\n", "Name\n" * 9, '"' + "x" * 200_000, ""])
def test_properties_without_centres(tmp_path, read, props):
    path = write(tmp_path)
    (tmp_path / "traces-props.csv").write_text(props + "C00,accepted\nC02,,\nC05,None,1\nC11\n")
    assert read(path).recording.roi_xy_um is None


def test_names_of_a_longitudinal_registration_are_ids(tmp_path, read):
    reading = read(write(tmp_path, states=None, props=5))
    assert reading.recording.roi_ids == ("C02", "C05", "C11")
    assert any("registration over 5 sessions" in note for note in reading.notes)


def test_pauses_are_gaps(tmp_path, read):
    times = TIMES + 84440 + 600 * (np.arange(300) >= 120)
    recording = read(write(tmp_path, times=times)).recording
    assert (recording.frame_rate_hz, recording.gaps.tolist()) == (10.0, [119])


def test_without_states_and_properties_it_is_a_table(tmp_path):
    assert readers.sniff(write(tmp_path, states=None)).name == "csv"


def test_what_is_refused(tmp_path, read):
    path = write(tmp_path)
    with pytest.raises(RecordingError, match="transpose: got true, expected false: Inscopix writes"):
        read(path, transpose=True)
    with pytest.raises(RecordingError, match=r"min_probability: 0\.5, and table of Inscopix"):
        read(path, min_probability=0.5)


@pytest.mark.skipif(not REAL.is_dir(), reason="files of other tools are not here")
def test_real_file(read):
    path = REAL / "mouse_CON_469" / "CCK.csv"
    recording = read(path, unit="raw", baseline=BaselineSection(divide_by="noise"), um_per_pixel=1.0).recording
    assert recording.dff.shape == (7794, 18)
    assert recording.frame_rate_hz == pytest.approx(9.99385, abs=1e-5)
    assert recording.roi_ids[:9] == ("C00", "C01", "C02", "C03", "C04", "C05", "C06", "C08", "C09")
    assert recording.roi_xy_um[0].tolist() == [426, 90]
