"""Tables in text: what is a name, a time, a neuron; what a comma is; what is refused."""

from pathlib import Path

import numpy as np
import pytest
from tool_files import write_rows

from cyclegan_neuro.cli.check import main as check
from cyclegan_neuro.configuration.sections import RecordingSection
from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings import readers
from cyclegan_neuro.recordings.loading import load, read_file

REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "formats"
DFF = np.round(np.random.default_rng(0).normal(0.1, 0.2, (300, 3)), 4)
TIMES = np.round(np.arange(300) / 20, 4)


@pytest.fixture
def write(tmp_path):
    """Return a function that writes rows to a file."""
    return lambda rows, **how: write_rows(tmp_path / "day1.csv", rows, **how)


@pytest.fixture
def read(tmp_path):
    """Return a function that loads a file with settings of ``data.x``."""
    return lambda path, **settings: load(RecordingSection(path=str(path), **settings), base_directory=tmp_path)


def with_times(times=TIMES, names=("time", "m7", "m2", "a")):
    return [*([names] if names else []), *zip(times, *DFF.T, strict=True)]


@pytest.mark.parametrize("separator", [",", ";", "\t", "  "])
@pytest.mark.parametrize("names", [("t", "m7", "m2", "a"), None])
def test_separators_and_names(write, separator, names):
    recording = read_file(write(with_times(names=names), separator=separator))
    np.testing.assert_array_equal(recording.dff, DFF.astype(np.float32))
    assert recording.frame_rate_hz == 20.0
    assert recording.roi_ids == (("m7", "m2", "a") if names else None)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_encodings(write, encoding):
    path = write(with_times(names=("time", "né", "m2", "a")), encoding=encoding)
    assert readers.sniff(path).name == "csv"
    assert read_file(path).roi_ids == ("né", "m2", "a")


@pytest.mark.parametrize(
    ("name", "factor", "rate"),
    [("Time (s)", 1, 20.0), ("time_ms", 1000, 20.0), ("Timestamp [ms]", 1000, 20.0), ("TIME", 0.1, 200.0)],
)
def test_names_of_times(write, name, factor, rate):
    assert read_file(write(with_times(TIMES * factor, (name, "x", "y", "z")))).frame_rate_hz == pytest.approx(
        rate, 1e-3
    )


def test_times_under_another_name(write):
    path = write(with_times(names=("clock", "x", "y", "z")))
    recording = read_file(path, fields={"frame_rate_hz": "clock"})
    assert (recording.frame_rate_hz, recording.roi_ids) == (20.0, ("x", "y", "z"))
    with pytest.raises(RecordingError, match=r"times in numbers \(clock, x, y, z\).*\{frame_rate_hz: NAME\}"):
        read_file(path)


@pytest.mark.parametrize(("rate", "decimals"), [(30, 2), (70, 2), (24, 3)])
def test_rounded_times_are_regular(write, rate, decimals):
    times = np.round(np.concatenate([np.arange(150), np.arange(150) + 5000]) / rate, decimals)
    recording = read_file(write(with_times(times)))
    assert recording.frame_rate_hz == pytest.approx(rate, 1e-3)
    assert recording.gaps.tolist() == [149]


def test_a_lost_frame_is_a_gap(write):
    times = np.delete(np.arange(301) / 100, 20)
    assert read_file(write(with_times(times))).gaps.tolist() == [19]


def test_times_that_follow_no_rate(write):
    times = np.cumsum(np.random.default_rng(0).uniform(0.01, 0.05, 300))
    path = write(with_times(times))
    with pytest.raises(RecordingError, match=r"day1\.csv, time: got irregular times"):
        read_file(path)
    assert read_file(path, frame_rate_hz=30.0).frame_rate_hz == 30.0
    with pytest.raises(RecordingError, match="times that do not rise, first after sample 8"):
        read_file(write(with_times(np.where(np.arange(300) == 9, 0.0, TIMES))))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("times", [["1e999999999", *range(1, 300)], [0, *["9" * 3000] * 299]])
def test_times_beyond_all_numbers(write, times):
    with pytest.raises(
        RecordingError, match=r"time: got \d+ times that do not rise, first after sample [01]: inf s"
    ) as c:
        read_file(write(with_times(times)))
    assert len(str(c.value)) < 300


def test_a_long_text_is_not_quoted_whole(write):
    path = write(with_times(["midnight" * 1000] * 300))
    with pytest.raises(RecordingError, match=rf"time: got '{'midnight' * 5}', expected times in seconds"):
        read_file(path, fields={"frame_rate_hz": "time"})


def test_times_in_words(write):
    path = write(with_times([f"2026-05-04 10:00:{i % 60:02}" for i in range(300)]))
    assert read_file(path, frame_rate_hz=5.0).roi_ids == ("m7", "m2", "a")
    with pytest.raises(RecordingError, match="no column of times in numbers"):
        read_file(path)
    with pytest.raises(RecordingError, match=r"time: got '2026-05-04 10:00:00', expected times in seconds"):
        read_file(path, fields={"frame_rate_hz": "time"})


def test_a_counter_of_frames_is_no_neuron(write, read):
    for names in (("", "x", "y", "z"), ("Frame", "x", "y", "z"), ("index", "x", "y", "z")):
        counts = np.arange(300) + 10 * (np.arange(300) > 100)
        reading = read(write(with_times(counts, names)), frame_rate_hz=20.0)
        assert reading.recording.roi_ids == ("x", "y", "z")
        assert reading.recording.gaps.tolist() == [100]
        assert "counts frames and was left out" in reading.notes[0]


@pytest.mark.parametrize(
    ("names", "run"), [(("Mean1", "Mean2", "Mean3"), "Mean1 to Mean3"), (("0", "1", "2"), "0 to 2"),
    (("cell_00", "cell_01", "cell_02"), "cell_00 to cell_02")],
)  # fmt: skip
def test_names_that_only_count_are_no_ids(write, read, names, run):
    path = write(with_times(names=("time", *names)))
    reading = read(path)
    assert reading.recording.roi_ids is None
    assert any(f"names of neurons ({run}) only count" in note for note in reading.notes)
    assert read(path, fields={"roi_ids": "column names"}).recording.roi_ids == names


def test_a_row_of_numbers_that_count_is_one_of_names(write, read):
    reading = read(write([(0, 1, 2), *DFF.tolist()]), frame_rate_hz=10.0)
    assert reading.recording.n_frames == 300


def test_behaviour_and_texts(write, read):
    position = np.where(np.arange(300) < 5, np.nan, np.arange(300.0))
    rows = zip(TIMES, *DFF.T, position, np.arange(300) % 2, ["out", "back"] * 150, strict=True)
    path = write([("time", "a", "b", "c", "position_cm", "licked", "phase"), *rows])
    reading = read(path, fields={"licks": "licked"})
    recording = reading.recording
    assert recording.roi_ids == ("a", "b", "c")
    np.testing.assert_array_equal(recording.behaviour.position_cm, position.astype(np.float32))
    assert recording.behaviour.licks.sum() == 150
    assert any("columns of text were left out: phase" in note for note in reading.notes)
    assert read(path, fields={"dff": "[ab]", "licks": "licked"}).recording.roi_ids == ("a", "b")
    with pytest.raises(RecordingError, match="no column of numbers called 'Mean"):
        read(path, fields={"dff": "Mean*"})


def test_neurons_in_rows(tmp_path, write, read):
    rows = [(name, *column) for name, column in zip(("n", "m", "o"), DFF.T, strict=True)]
    reading = read(write(rows), transpose=True, frame_rate_hz=5.0)
    np.testing.assert_array_equal(reading.recording.dff, DFF.T.astype(np.float32).T)
    assert reading.recording.roi_ids == ("n", "m", "o")
    np.savetxt(tmp_path / "c.txt", DFF.T)
    recording = read_file(tmp_path / "c.txt", transpose=True, frame_rate_hz=5.0)
    np.testing.assert_array_equal(recording.dff, DFF.astype(np.float32))


def test_what_numpy_writes(tmp_path):
    np.savetxt(tmp_path / "a.csv", np.column_stack([TIMES, DFF]), delimiter=",", header="time,m7,m2,a")
    recording = read_file(tmp_path / "a.csv")
    assert recording.roi_ids == ("m7", "m2", "a")
    np.testing.assert_array_equal(recording.dff, DFF.astype(np.float32))


@pytest.mark.parametrize("separator", [";", "\t"])
def test_decimal_commas(tmp_path, read, separator):
    rows = [[str(cell).replace(".", ",") for cell in row] for row in with_times()]
    reading = read(write_rows(tmp_path / "a.csv", rows, separator=separator))
    np.testing.assert_array_equal(reading.recording.dff, DFF.astype(np.float32))
    assert any("decimal commas" in note for note in reading.notes)


@pytest.mark.parametrize(
    ("rows", "separator", "message"),
    [
        ([("t", "a"), *[(f"{i},5", f"{i}.25") for i in range(30)]], ";", "numbers with commas, and others with points"),
        ([("t", "a"), *[(str(i), "1.234,5") for i in range(30)]], ";", r"commas and points in numbers \('1\.234,5'\)"),
        ([("t", "a"), ("0", "1"), ("1", "2", "3"), *[("2", "3")] * 20], ",", r"row 3: got 3 cells, expected 2.*dec"),
        ([("time", "a"), *[(i, 0.5) for i in range(200)], (200, "#N0!")], ",", r"row 202, column 'a': got '#N0!'"),
        ([("a", "a"), *[(0.5, 0.5)] * 5], ",", "'a' as name of columns 1, 2"),
        ([("s", "s2"), ("x", "y"), *[(0.5, 0.5)] * 5], ",", r"2 rows of text above the numbers \('x, y'\)"),
    ],
)  # fmt: skip
def test_tables_that_are_refused(write, rows, separator, message):
    with pytest.raises(RecordingError, match=message):
        read_file(write(rows, separator=separator), frame_rate_hz=10.0)


@pytest.mark.parametrize(
    "text", ["a: 1\nb: 2\n", "one two\nthree four\n", '{"a": 1,\n"b": 2}\n', "1\n2\n3\n", "# a\n\n"]
)
def test_other_text_is_no_table(tmp_path, text):
    (tmp_path / "a.txt").write_text(text)
    with pytest.raises(RecordingError, match=r"a\.txt: got text"):
        read_file(tmp_path / "a.txt")


def test_quotes(tmp_path):
    rows = "".join(f'{i / 10},"{i % 7 / 10}","a, b"\n' for i in range(50))
    (tmp_path / "a.csv").write_text('"time","cell, left","say ""x"""\n' + rows)
    recording = read_file(tmp_path / "a.csv")
    assert (recording.roi_ids, recording.dff[3, 0]) == (("cell, left",), np.float32(0.3))
    (tmp_path / "b.csv").write_text("time,a\n0,1\n1,2\n2," + '"' + "x" * 200_000 + "\n3,4\n4,5\n")
    with pytest.raises(RecordingError, match="row 4, column 'a'"):
        read_file(tmp_path / "b.csv")


def test_check_says_what_is_read(write, capsys):
    assert check([str(write(with_times())), "--field", "licks=null"]) == 0
    printed = capsys.readouterr().out
    assert " * (300, 3)" in " ".join(printed.split())
    assert "read      times in time, taken for seconds: 0 to 14.95 s, 20 Hz" in printed


@pytest.mark.skipif(not REAL.is_dir(), reason="files of other tools are not here")
def test_real_files():
    day = read_file(REAL / "cellreg/2p_valence_91/day1/C_raw.txt", transpose=True, frame_rate_hz=5.02)
    assert day.dff.shape == (7853, 49)
    rois = read_file(next((REAL / "imagej").glob("*.csv")), fields={"dff": "Mean*"}, frame_rate_hz=10.0)
    assert (rois.dff.shape, rois.roi_ids) == ((1000, 10), None)
    assert readers.sniff(REAL / "excel/inscopix_df.xlsx").name == "csv"  # whatever its name says
