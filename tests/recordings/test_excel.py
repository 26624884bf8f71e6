"""Workbooks: which sheet, which cells, and what else is called .xlsx."""

import sys
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from tool_files import write_workbook

from cyclegan_neuro.configuration.sections import RecordingSection
from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings import readers
from cyclegan_neuro.recordings.loading import load, read_file

pytest.importorskip("openpyxl")

REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "formats" / "excel"
DFF = np.round(np.random.default_rng(0).normal(0.1, 0.2, (60, 3)), 4)
SHEET = [("time", "n7", "n2", "n9"), *zip((np.arange(60) / 20).tolist(), *DFF.T.tolist(), strict=True)]


@pytest.fixture
def read(tmp_path):
    """Return a function that loads a file with settings of ``data.x``."""
    return lambda path, **settings: load(RecordingSection(path=str(path), **settings), base_directory=tmp_path)


def test_the_only_sheet_with_numbers(tmp_path, read):
    sheets = {"notes": [("mouse", "m1"), ("day", datetime(2026, 5, 4))], "empty": [], "dff": [*SHEET, (None, None)]}
    path = write_workbook(tmp_path / "day1.dat", sheets)
    assert readers.sniff(path).name == "excel"
    recording = read(path).recording
    np.testing.assert_array_equal(recording.dff, DFF.astype(np.float32))
    assert (recording.frame_rate_hz, recording.roi_ids) == (20.0, ("n7", "n2", "n9"))
    assert read(path, fields={"dff": "n[79]"}).recording.roi_ids == ("n7", "n9")


def test_several_sheets_are_asked_for(tmp_path, read):
    path = write_workbook(tmp_path / "a.xlsx", {"day 1": SHEET, "day 2": SHEET[:30]})
    with pytest.raises(RecordingError, match=r"2 sheets with numbers: 'day 1' \(60, 4\), 'day 2' .*dff: SHEET"):
        read(path)
    assert read(path, fields={"dff": "day 2"}).recording.n_frames == 29
    with readers.open_source(path) as source:
        np.testing.assert_array_equal(source.read("day 1"), DFF)


def test_cells_that_are_empty_or_no_numbers(tmp_path, read):
    rows = [list(row) for row in SHEET]
    rows[4][2] = None
    recording = read(write_workbook(tmp_path / "a.xlsx", {"s": rows})).recording
    assert np.isnan(recording.dff[3, 1])
    rows[55][3] = "#N0!"
    with pytest.raises(RecordingError, match=r"sheet 's', row 56, column 'n9': got '#N0!'"):
        read(write_workbook(tmp_path / "b.xlsx", {"s": rows}))


def test_what_is_refused(tmp_path, monkeypatch):
    path = write_workbook(tmp_path / "a.xlsx", {"s": [("a", "b")]})
    with pytest.raises(RecordingError, match="got no sheet with a table of numbers"):
        read_file(path)
    path = write_workbook(tmp_path / "b.xlsx", {"s": SHEET})
    raw = bytearray(path.read_bytes())
    raw[200:1200] = bytes(1000)
    (tmp_path / "c.xlsx").write_bytes(raw)
    with pytest.raises(RecordingError, match=r"c\.xlsx: got a workbook that cannot be decoded"):
        read_file(tmp_path / "c.xlsx")
    (tmp_path / "d.xls").write_bytes(b"\xd0\xcf\x11\xe0" + bytes(2000))
    with pytest.raises(RecordingError, match=r"an old Office file, as \.xls \(save it as \.xlsx\)"):
        read_file(tmp_path / "d.xls")
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(RecordingError, match=r"and no openpyxl.*pip install 'cyclegan_neuro\[excel\]'.*CSV"):
        read_file(path)


@pytest.mark.skipif(not REAL.is_dir(), reason="files of other tools are not here")
def test_real_file(read):
    reading = read(REAL / "dfoverf.xlsx", frame_rate_hz=10.0)
    assert reading.recording.dff.shape == (38, 150)
    assert any("only count and were not taken for ids" in note for note in reading.notes)
