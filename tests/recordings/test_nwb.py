"""NWB: which series is read, which column is which neuron, when frames and behaviour were, what is refused."""

import re
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nwb_files import (
    OPHYS,
    PLANE,
    SERIES,
    TABLE,
    add_intervals,
    add_rois,
    add_series,
    add_table,
    new_nwb,
    typed,
)

from cyclegan_neuro.cli.check import main as check_command
from cyclegan_neuro.configuration.sections import BaselineSection, RecordingSection
from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.populations.reading import read_activity
from cyclegan_neuro.populations.sections import DataSection
from cyclegan_neuro.recordings import readers
from cyclegan_neuro.recordings.dff import delta_f_over_f
from cyclegan_neuro.recordings.loading import load, read_file
from cyclegan_neuro.recordings.pairing import read_pair
from cyclegan_neuro.recordings.readers import _nwb_rois, nwb
from cyclegan_neuro.recordings.readers._clock import stamped

DFF = np.random.default_rng(0).normal(0, 0.1, (60, 4)).astype(np.float32)
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "formats"


@pytest.fixture
def nwb_file(tmp_path):
    """Return a function that writes a file by other functions, each of which gets it open, and returns its path."""

    def write(*parts, name="day1.nwb"):
        with new_nwb(tmp_path / name) as file:
            for part in parts:
                part(file)
        return tmp_path / name

    return write


def table(n_rows=4, **options):
    return lambda file: add_table(file, n_rows, **options)


def rois(data=DFF, rows=(0, 1, 2, 3), **options):
    return lambda file: add_rois(file, data, rows, **options)


def series(path, data, **options):
    return lambda file: add_series(file, path, data, **options)


def notes(path, **section):
    return "\n".join(load(RecordingSection(path=str(path), **section), base_directory=Path()).notes)


# Which column is which neuron


def test_ids_are_those_of_the_rows_of_the_region(nwb_file):
    recording = read_file(nwb_file(table(10), rois(rows=[7, 2, 4, 0])))
    assert recording.roi_ids == ("107", "102", "104", "100")
    np.testing.assert_array_equal(recording.dff, DFF)
    assert (recording.frame_rate_hz, recording.source[-8:]) == (30.0, "day1.nwb")


def test_what_means_the_same_on_all_days_is_the_id(nwb_file):
    columns = {"roi_name": list("abcd"), "cell_specimen_id": [5, 6, 7, 8], "global": [1, 2, 3, 4]}
    path = nwb_file(table(**columns), rois(rows=[3, 1, 0, 2]))
    assert read_file(path).roi_ids == ("8", "6", "5", "7")
    assert read_file(path, fields={"roi_ids": "global"}).roi_ids == ("4", "2", "1", "3")
    assert read_file(path, fields={"roi_ids": f"{TABLE}/roi_name"}).roi_ids == ("d", "b", "a", "c")
    assert f"neurons by cell_specimen_id of {TABLE}" in notes(path)
    named = nwb_file(table(roi_name=list("abcd")), rois(), name="named.nwb")
    assert read_file(named).roi_ids == ("a", "b", "c", "d")


def test_rows_are_not_ids_and_an_unknown_column_lists_the_columns(nwb_file):
    path = nwb_file(table(depth=[1.0, 2.0, 3.0, 4.0]), rois())
    with pytest.raises(RecordingError, match=r"fields\.roi_ids: got rows of the table .*leave roi_ids out"):
        read_file(path, fields={"roi_ids": f"{SERIES}/rois"})
    with pytest.raises(RecordingError, match=r"got 'cell', expected a column of .*: depth, id"):
        read_file(path, fields={"roi_ids": "cell"})


def test_rows_that_the_table_does_not_have_are_refused(nwb_file):
    with pytest.raises(RecordingError, match=r"rois': got rows 0 to 4, expected rows of .*, which has 4"):
        read_file(nwb_file(table(), rois(rows=[0, 1, 2, 4])))


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("accepted", [1, 0, 1, 1, 0]),
        ("Accepted", [True, False, True, True, False]),
        ("valid_roi", [True, False, True, True, False]),
        ("iscell", [[1, 0.9], [0, 0.6], [1, 0.1], [1, 0.5], [0, 0.9]]),
        ("Rejected", [0, 1, 0, 0, 1]),
    ],
)
def test_regions_that_are_no_cells_are_left_out(nwb_file, column, values):
    path = nwb_file(table(5, **{column: values}), rois(rows=[4, 2, 1, 0]))
    recording = read_file(path)
    assert recording.roi_ids == ("102", "100")
    np.testing.assert_array_equal(recording.dff, DFF[:, [1, 3]])
    assert "2 of 4 regions are cells, as '" in notes(path)


def test_all_regions_or_the_probable_ones_where_that_is_asked_for(nwb_file):
    def ids(**section):
        return load(RecordingSection(path=str(path), **section), base_directory=Path()).recording.roi_ids

    path = nwb_file(table(iscell=[[1, 0.9], [0, 0.6], [1, 0.1], [1, 0.5]]), rois(rows=[3, 2, 1, 0]))
    assert ids() == ("103", "102", "100")
    assert ids(rois="all") == ("103", "102", "101", "100")
    assert ids(min_probability=0.5) == ("103", "101", "100")
    path = nwb_file(table(accepted=[1, 1, 0, 0]), rois(), name="accepted.nwb")
    with pytest.raises(RecordingError, match=r"got min_probability: 0.5, and NWB 2.7.0, expected a file that says"):
        ids(min_probability=0.5)


def test_rows_of_the_table_are_kept_for_tables_of_matched_cells(nwb_file):
    path = nwb_file(table(10, accepted=[1] * 7 + [0] * 3), rois(rows=[7, 2, 4, 0]))
    assert read_file(path).roi_rows.tolist() == [2, 4, 0]


def test_a_table_without_a_cell_is_refused(nwb_file):
    with pytest.raises(RecordingError, match=r"got no cell among 4 regions, as 'iscell' says, .*rois: all"):
        read_file(nwb_file(table(iscell=[0, 0, 0, 0]), rois()))


# Values


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int16])
def test_conversion_and_offset_are_applied(nwb_file, dtype):
    raw = np.round(DFF * 1000).astype(dtype)
    recording = read_file(nwb_file(table(), rois(raw, conversion=0.25, offset=-0.1)))
    np.testing.assert_allclose(recording.dff, raw.astype(np.float64) * 0.25 - 0.1, rtol=1e-6, atol=1e-6)
    assert recording.dff.dtype == np.float32


def test_conversion_that_is_unknown_is_one_and_zero_is_refused(nwb_file):
    np.testing.assert_array_equal(read_file(nwb_file(table(), rois(conversion=np.nan))).dff, DFF)
    with pytest.raises(RecordingError, match="got conversion 0"):
        read_file(nwb_file(table(), rois(conversion=0.0), name="zero.nwb"))


def test_percent_that_the_file_states_is_believed_unless_the_user_says_more(nwb_file):
    path = nwb_file(table(), rois(DFF * 100, unit="percent"))
    reading = load(RecordingSection(path=str(path)), base_directory=Path())
    np.testing.assert_allclose(reading.recording.dff, DFF, rtol=1e-5)
    assert reading.unit_stated
    said = load(RecordingSection(path=str(path), unit="fraction"), base_directory=Path())
    np.testing.assert_array_equal(said.recording.dff, DFF * 100)


def test_the_number_of_regions_tells_which_axis_is_time(nwb_file):
    turned = nwb_file(table(), rois(np.ascontiguousarray(DFF.T)))
    np.testing.assert_array_equal(read_file(turned).dff, DFF)
    assert "stored as (region, time), as its 4 regions tell" in notes(turned)
    square = nwb_file(table(), rois(DFF[:4]), name="square.nwb")
    np.testing.assert_array_equal(read_file(square).dff, DFF[:4])
    one = nwb_file(table(), rois(DFF[:, 0], rows=[2]), name="one.nwb")
    assert (read_file(one).dff.shape, read_file(one).roi_ids) == ((60, 1), ("102",))
    with pytest.raises(RecordingError, match=r"got shape \(60, 4\) and 3 regions, expected as many regions as traces"):
        read_file(nwb_file(table(), rois(rows=[0, 1, 2]), name="three.nwb"))
    with pytest.raises(RecordingError, match=r"transpose: got true, .*remove transpose"):
        read_file(turned, transpose=True)


def test_a_series_without_regions_is_read_as_nwb_says(nwb_file):
    path = nwb_file(rois(rows=None))
    assert read_file(path).roi_ids is None
    assert "names no regions: axes taken as (time, region), neurons without ids" in notes(path)


# Which series


def test_several_series_are_listed_with_shapes_and_one_is_named(nwb_file):
    other = f"{OPHYS}/DfOverF/plane_2"
    path = nwb_file(
        table(), rois(), rois(DFF[:, :2] + 1, rows=[3, 1], path=other),
        rois(DFF + 100, path=f"{OPHYS}/Fluorescence/F", within="Fluorescence"),
    )  # fmt: skip
    with pytest.raises(RecordingError, match=r"2 series .*RoiResponseSeries") as caught:
        read_file(path)
    assert f"{other} (60, 2), ΔF/F" in str(caught.value)
    assert f"{OPHYS}/Fluorescence/F (60, 4), raw fluorescence" in str(caught.value)
    for name in (other, f"/{other}", f"{other}/data", "plane_2", "DfOverF/plane_2"):
        recording = read_file(path, fields={"dff": name})
        np.testing.assert_array_equal(recording.dff, DFF[:, :2] + 1)
        assert recording.roi_ids == ("103", "101")
    with pytest.raises(RecordingError, match="got no 'DfOverX'"):
        read_file(path, fields={"dff": "DfOverX"})
    with pytest.raises(RecordingError, match=f"got '{OPHYS}/DfOverF', which 2 series fit"):
        read_file(path, fields={"dff": f"{OPHYS}/DfOverF"})


def test_series_are_found_by_type_wherever_they_lie(nwb_file):
    path = nwb_file(table(), rois(path="acquisition/traces", within=""))
    np.testing.assert_array_equal(read_file(path).dff, DFF)
    extended = nwb_file(table(), rois(path="analysis/x/y", of_type="MyRoiResponseSeries"), name="extended.nwb")
    np.testing.assert_array_equal(read_file(extended).dff, DFF)


def test_delta_f_over_f_is_preferred_to_what_lies_beside_it(nwb_file):
    beside = [
        rois(DFF + n, path=f"{OPHYS}/Fluorescence/{name}", within="Fluorescence")
        for n, name in enumerate(("RoiResponseSeries", "Neuropil", "Deconvolved", "Denoised"), start=1)
    ]
    np.testing.assert_array_equal(read_file(nwb_file(table(), rois(), *beside)).dff, DFF)
    spikes = f"{OPHYS}/Deconvolved/plane0"
    only = nwb_file(table(), rois(path=spikes, within="Fluorescence"), name="spikes.nwb")
    with pytest.raises(RecordingError, match=r"no series of ΔF/F or fluorescence, of 1.*plane0 .*, denoised"):
        read_file(only)


def test_raw_fluorescence_becomes_delta_f_over_f(nwb_file):
    neuropil = 20 + np.abs(DFF)
    raw = np.float32([100, 150, 200, 50]) * (1 + np.abs(DFF)) + np.float32(0.5) * neuropil
    path = nwb_file(
        table(accepted=[1, 0, 1, 1]), rois(raw, path=f"{OPHYS}/Fluorescence/plane0", within="Fluorescence"),
        rois(np.ascontiguousarray(neuropil.T), path=f"{OPHYS}/Neuropil/plane0", within="Fluorescence"),
        rois(raw, path=f"{OPHYS}/Deconvolved/plane0", within="Fluorescence"),
    )  # fmt: skip
    baseline = BaselineSection(neuropil=0.5, percentile=20.0)
    reading = load(RecordingSection(path=str(path), baseline=baseline), base_directory=Path())
    kept = [0, 2, 3]
    expected = delta_f_over_f(raw[:, kept], frame_rate_hz=30.0, settings=baseline, neuropil=neuropil[:, kept]).dff
    np.testing.assert_array_equal(reading.recording.dff, expected)
    assert f"neuropil from {OPHYS}/Neuropil/plane0" in "\n".join(reading.notes)
    as_it_stands = load(RecordingSection(path=str(path), unit="fraction"), base_directory=Path()).recording
    np.testing.assert_array_equal(as_it_stands.dff, raw[:, kept])
    with pytest.raises(RecordingError, match="got denoised or deconvolved traces"):
        read_file(path, fields={"dff": "Deconvolved"})
    with pytest.raises(RecordingError, match="got 'Neuropil', neuropil, expected one of"):
        read_file(path, fields={"dff": "Neuropil"})
    misfiled = nwb_file(table(), rois(path=f"{OPHYS}/Fluorescence/dff", within="Fluorescence"), name="misfiled.nwb")
    np.testing.assert_array_equal(read_file(misfiled).dff, DFF)


def test_spike_times_are_for_spike_gan(nwb_file):
    def units(file):
        file["units/spike_times"], file["units/spike_times_index"] = [0.011, 0.035, 0.02], [2, 3]
        file["units/obs_intervals"], file["units/obs_intervals_index"] = [[0.0, 0.04], [0.01, 0.04]], [1, 2]

    path = nwb_file(units)
    with pytest.raises(RecordingError, match=r"got no RoiResponseSeries, .*nothing.*source: spike_times"):
        read_file(path)
    found = read_activity(DataSection(source="spike_times", path=str(path), bin_s=0.01))
    np.testing.assert_array_equal(found.values.T, [[1, 0, 1], [0, 1, 0]])


def test_any_data_set_can_be_named_by_its_path(nwb_file):
    def plain(file):
        file["scratch/traces"], file["scratch/cells"] = DFF, list("abcd")

    path = nwb_file(plain)
    fields = {"dff": "scratch/traces", "roi_ids": "scratch/cells"}
    assert read_file(path, fields=fields, frame_rate_hz=9.0).roi_ids == ("a", "b", "c", "d")


# When


def test_pauses_are_gaps_and_the_rate_is_that_between_them(nwb_file):
    times = np.arange(60) / 20.0
    times[25:] += 120.0
    recording = read_file(nwb_file(table(), rois(rate=None, timestamps=times)))
    assert (recording.frame_rate_hz, recording.gaps.tolist()) == (20.0, [24])


@pytest.mark.parametrize(
    ("times", "message"),
    [
        (np.cumsum(np.tile([0.01, 0.09], 30)), r"irregular times: intervals of 0.01 to 0.09 s .*frame_rate_hz: "),
        (np.concatenate([np.arange(30), np.arange(30)]) / 30, r"1 times that do not rise, first after sample 29"),
        (np.full(60, np.nan), "59 times that do not rise"),
        (np.arange(59) / 30, r"59 timestamps, expected one for each of 60 samples"),
    ],
)
def test_times_that_follow_no_rate_are_refused_with_the_numbers(nwb_file, times, message):
    path = nwb_file(table(), rois(rate=None, timestamps=times))
    with pytest.raises(RecordingError, match=message):
        read_file(path)
    if "irregular" in message:
        assert read_file(path, frame_rate_hz=12.5).frame_rate_hz == 12.5


def test_a_rate_that_changes_is_refused_and_jitter_is_not():
    frames = np.arange(400)
    with pytest.raises(RecordingError, match=r"x: got irregular times: .* 0 pauses, 27 to 30 Hz along the recording"):
        stamped(np.concatenate([frames / 30, 400 / 30 + frames / 27]), where="x", regular=True)
    jitter = np.random.default_rng(0).normal(0, 0.03, 400)
    assert stamped((frames + jitter) / 30, where="x", regular=True).rate_hz == pytest.approx(30, rel=1e-3)


@settings(max_examples=30, deadline=None)
@given(
    rate=st.floats(2, 100), lengths=st.lists(st.integers(30, 60), min_size=1, max_size=4), pause=st.floats(2.0, 1000),
    seed=st.integers(0, 99),
)  # fmt: skip
def test_rate_and_gaps_come_back_from_jittered_times(rate, lengths, pause, seed):
    steps = np.ones(sum(lengths) - 1)
    borders = np.cumsum(lengths)[:-1] - 1
    steps[borders] = pause
    jitter = np.random.default_rng(seed).uniform(-0.04, 0.04, sum(lengths))
    clock = stamped((np.concatenate([[0], np.cumsum(steps)]) + jitter) / rate, where="x", regular=True)
    assert clock.gaps.tolist() == borders.tolist()
    assert clock.rate_hz == pytest.approx(rate, rel=0.01)


def test_without_rate_and_times_it_is_that_of_the_imaging_plane_or_asked_for(nwb_file):
    path = nwb_file(table(imaging_rate=15.0), rois(rate=None))
    assert read_file(path).frame_rate_hz == 15.0
    assert "neither a rate nor timestamps: 15 Hz of the imaging plane" in notes(path)
    none = nwb_file(table(), rois(rate=None), name="none.nwb")
    with pytest.raises(RecordingError, match=r"field frame_rate_hz: got no 'frame_rate_hz'.*frame_rate_hz: 30.0"):
        read_file(none)
    assert read_file(none, frame_rate_hz=8.0).frame_rate_hz == 8.0


# Behaviour


def test_position_is_interpolated_at_the_frames_from_its_own_clock(nwb_file):
    own = np.array([0.5, 1.0, 1.5, 2.0, 2.5])
    position = series("processing/behavior/Position/track", [[0.0], [0.5], [1.0], [np.nan], [0.2]],
                      of_type="SpatialSeries", within="Position", unit="meters", timestamps=own)  # fmt: skip
    path = nwb_file(table(), rois(DFF[:13], rate=4.0, start=-0.25), position)
    found = read_file(path).behaviour.position_cm  # frames from -0.25 s on; outside it holds for one sample
    expected = [np.nan, 0, 0, 0, 25, 50, 75, 100, np.nan, np.nan, np.nan, 20, 20]
    np.testing.assert_allclose(found, expected, atol=1e-4)
    assert "position_cm from processing/behavior/Position/track, times 100 (meters)" in notes(path)


def test_no_position_between_two_laps_or_in_a_hole(nwb_file):
    own = np.array([0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 5.0, 5.2])
    values = [80.0, 90.0, 100.0, 0.0, 10.0, 20.0, 60.0, 70.0]
    path = nwb_file(table(), rois(DFF, rate=10.0), series(
        "processing/behavior/Position/track", values, of_type="SpatialSeries", within="Position", timestamps=own
    ))  # fmt: skip
    found = read_file(path).behaviour.position_cm
    np.testing.assert_allclose(found[:11], [80, 85, 90, 95, 100, 0, 0, 5, 10, 15, 20], atol=1e-3)
    assert np.isnan(found[11:50]).all()
    np.testing.assert_allclose(found[50:53], [60, 65, 70], atol=1e-3)


def test_a_position_that_needs_a_decision_is_left_out_with_what_to_write(nwb_file, caplog):
    xy = np.stack([np.linspace(0, 600, 60), np.full(60, 7.0)], axis=1)
    path = nwb_file(table(), rois(), series(
        "processing/behavior/Position/LED", xy, of_type="SpatialSeries", within="Position", unit="pixels", rate=30.0
    ))  # fmt: skip
    assert read_file(path).behaviour.position_cm is None
    assert "name the axis along the track: fields: {position_cm: processing/behavior/Position/LED[0]}" in caplog.text
    taken = read_file(path, fields={"position_cm": "processing/behavior/Position/LED[0]"}).behaviour.position_cm
    np.testing.assert_allclose(taken, xy[:, 0], atol=1e-3)
    with pytest.raises(RecordingError, match="got axis 2, expected 0 to 1"):
        read_file(path, fields={"position_cm": "processing/behavior/Position/LED[2]"})


@pytest.mark.parametrize(
    ("unit", "values", "message"),
    [
        ("pixels", 50.0, "unit 'pixels'. .*takes the numbers"),
        ("meters", 1800.0, "a span of 1800 meters. .*track/data}"),
    ],
)
def test_numbers_without_a_length_are_taken_only_where_they_are_named(nwb_file, unit, values, message):
    track = "processing/behavior/Position/track"
    path = nwb_file(table(), rois(), series(
        track, np.linspace(0, values, 60), of_type="SpatialSeries", within="Position", unit=unit, rate=30.0
    ))  # fmt: skip
    assert read_file(path).behaviour.position_cm is None
    assert re.search(message, notes(path))
    name = track if unit == "pixels" else f"{track}/data"
    found = read_file(path, fields={"position_cm": name}).behaviour.position_cm
    np.testing.assert_allclose(found, np.linspace(0, values, 60), rtol=1e-5)


def test_series_of_another_time_and_several_series_are_left_out(nwb_file):
    late = series("processing/behavior/speed", np.ones(9), unit="cm/s", rate=1.0, start=500.0)
    said = notes(nwb_file(table(), rois(), late))
    assert "speed_cm_s left out: field 'processing/behavior/speed': samples from 500 to 508 s" in said
    two = [
        series(f"processing/behavior/{side}_speed", np.ones(60), unit="m/s", rate=30.0) for side in ("left", "right")
    ]
    path = nwb_file(table(), rois(), *two, name="two.nwb")
    assert "could be it (fields: {speed_cm_s: ...} names one)" in notes(path)
    speed = read_file(path, fields={"speed_cm_s": "processing/behavior/left_speed"}).behaviour.speed_cm_s
    np.testing.assert_allclose(speed, 100.0)


def test_trials_and_events_fall_into_frames(nwb_file):
    def tables(file):
        add_intervals(file, "trials", [1.0, 0.2, np.nan], [1.5, 0.8, 2.0], go_cue_time=[1.1, 0.3, np.nan])
        add_intervals(file, "odours", [0.21, 0.25, 1.05, 99.0], [0.3, 0.4, 1.2, 100.0])
        licks = [0.3, 0.31, 0.32, 1.95]
        add_series(file, "acquisition/lick_times/licks", licks, within="BehavioralEvents", timestamps=licks)

    path = nwb_file(table(), rois(DFF[:20], rate=10.0), tables)
    behaviour = read_file(path).behaviour
    expected = np.full(20, -1)
    expected[2:8], expected[10:15] = 1, 0
    np.testing.assert_array_equal(behaviour.trial, expected)
    np.testing.assert_array_equal(np.flatnonzero(behaviour.events), [2, 10])
    assert behaviour.events[2] == 2
    assert (behaviour.licks[3], behaviour.licks[19], behaviour.licks.sum()) == (3, 1, 4)
    assert "events from intervals/odours/start_time: 3 of 4 fall into a frame" in notes(path)
    cues = read_file(path, fields={"events": "intervals/trials/go_cue_time"}).behaviour.events
    np.testing.assert_array_equal(np.flatnonzero(cues), [3, 11])


def test_trials_that_overlap_are_left_out_and_told(nwb_file):
    path = nwb_file(table(), rois(), lambda file: add_intervals(file, "trials", [0.0, 0.5], [1.0, 1.5]))
    assert read_file(path).behaviour.trial is None
    assert "trial left out: field 'intervals/trials': trials that overlap (0 to 1 s and 0.5 to 1.5 s)" in notes(path)
    assert "trial left out" not in notes(path, fields={"trial": None})
    with pytest.raises(RecordingError, match="trials that overlap"):
        read_file(path, fields={"trial": "intervals/trials"})


# Words and places


def test_subject_session_indicator(nwb_file):
    def words(file):
        typed(file, "general/subject", "Subject")["subject_id"] = "mouse 7"
        file["session_start_time"] = "2026-05-04T10:00:00+00:00"

    recording = read_file(nwb_file(table(indicator="GCaMP6f"), rois(), words))
    assert (recording.subject, recording.session, recording.indicator) == ("mouse 7", "2026-05-04", "GCaMP6f")
    path = nwb_file(table(imaging_rate=10.0), rois(), words, lambda f: f.__setitem__("general/session_id", "day 2"))
    assert read_file(path).session == "day 2"
    assert "has 30 Hz, its imaging plane says 10 Hz" in notes(path)


@pytest.mark.parametrize(
    ("column", "cells", "read"),
    [
        (["PV"] * 4, [1, 1, 1, 1], "PV"),
        (["PV", "PV", "SST", "PV"], [1, 1, 1, 1], ""),
        (["PV", "PV", "SST", "PV"], [1, 1, 0, 1], "PV"),
    ],
)
def test_a_cell_type_is_that_of_all_neurons_that_are_read(nwb_file, column, cells, read):
    assert read_file(nwb_file(table(cell_type=column, accepted=np.array(cells, bool)), rois())).cell_type == read


MASKS = [[(2, 4, 1.0)], [(0, 0, 1.0), (4, 2, 3.0)], [(1, 1, 0.5), (3, 3, 0.5)], [(7, 5, 2.0)]]
CENTRES = np.array([[2, 4], [3, 1.5], [2, 2], [7, 5]])


def test_centres_of_pixel_masks_in_micrometres(nwb_file):
    spacing = np.array([2e-6, 3e-6])  # metres, as NWB has them
    recording = read_file(nwb_file(table(masks=MASKS, spacing=spacing), rois(rows=[3, 1, 0, 2])))
    np.testing.assert_allclose(recording.roi_xy_um, CENTRES[[3, 1, 0, 2]] * [2, 3], rtol=1e-6)
    unknown = nwb_file(table(masks=MASKS), rois(), name="unknown.nwb")
    assert read_file(unknown).roi_xy_um is None
    assert "ROI centres are in pixels of unknown size and were left out (um_per_pixel)" in notes(unknown)
    said = load(RecordingSection(path=str(unknown), um_per_pixel=1.5), base_directory=Path()).recording
    np.testing.assert_allclose(said.roi_xy_um, CENTRES * 1.5, rtol=1e-6)


@pytest.mark.parametrize("chunks", [None, (1, 9, 7), (3, 4, 4), (4, 2, 7)])
def test_centres_of_image_masks_read_in_tiles(nwb_file, monkeypatch, chunks):
    images = np.zeros((4, 9, 7), np.float32)
    for image, mask in zip(images, MASKS, strict=True):
        for x, y, weight in mask:
            image[x, y] = weight
    monkeypatch.setattr(_nwb_rois, "SLICE_BYTES", 200)

    def masks(file):
        add_table(file, 4, spacing=[1e-6, 1e-6])
        file[TABLE].create_dataset("image_mask", data=images, chunks=chunks)

    np.testing.assert_allclose(read_file(nwb_file(masks, rois())).roi_xy_um, CENTRES, rtol=1e-6)


# Odd and hostile files


def test_what_lies_in_another_file_is_refused(nwb_file, tmp_path):
    with h5py.File(tmp_path / "secret.h5", "w") as file:
        file["data"], file["times"] = np.full((60, 4), 1234.5), np.arange(60.0)
    outside = nwb_file(table(), rois(h5py.ExternalLink("secret.h5", "data")))
    with pytest.raises(RecordingError, match=r"data': got a link to another file, .*external links are refused"):
        read_file(outside)
    two = nwb_file(table(), rois(h5py.ExternalLink("secret.h5", "data")), rois(path=f"{OPHYS}/DfOverF/b"), name="2.nwb")
    with pytest.raises(RecordingError, match=r"RoiResponseSeries \(values in another file\)"):
        read_file(two)

    def linked(file):
        add_series(file, "processing/behavior/speed", np.ones(60), unit="cm/s")
        file["processing/behavior/speed/timestamps"] = h5py.ExternalLink("secret.h5", "times")

    path = nwb_file(table(), rois(), linked, name="clock.nwb")
    assert read_file(path).behaviour.speed_cm_s is None
    assert "speed_cm_s left out" in notes(path)


def test_links_inside_the_file_are_followed(nwb_file):
    def shared_clock(file):
        add_rois(file, DFF, [0, 1, 2, 3], rate=None)
        file["acquisition/times"] = np.arange(60) / 5.0
        file[f"{SERIES}/timestamps"] = h5py.SoftLink("/acquisition/times")

    assert read_file(nwb_file(table(), shared_clock)).frame_rate_hz == 5.0


def test_members_that_nobody_asked_for_do_not_veto(nwb_file):
    def odd(file):
        add_rois(file, DFF, [0, 1, 2, 3])
        h5py.h5d.create(file[TABLE].id, b"accepted", h5py.h5t.UNIX_D32LE, h5py.h5s.create_simple((4,)))
        file[f"{TABLE}/roi_name"] = h5py.Empty("S1")
        file["general/session_id"] = h5py.Empty("S1")
        file["processing/behavior"].attrs["description"] = h5py.Empty("f8")
        for group in (file, file[TABLE], file["processing/behavior"]):
            h5py.h5g.create(group.id, "größe".encode("latin-1"))
        space = h5py.h5s.create_simple((3,))
        h5py.h5d.create(file.id, "länge".encode("latin-1"), h5py.h5t.NATIVE_DOUBLE, space)
        file.create_dataset("acquisition/movie", (3,), "f4", external=[("elsewhere.raw", 0, 12)])
        typed(file, f"{TABLE}/pixel_mask_index", "VectorIndex", [1, 2, 3])
        typed(file, f"{TABLE}/pixel_mask", "VectorData", [1.0, 2.0])

    path = nwb_file(table(), odd)
    recording = read_file(path)
    assert recording.roi_ids == ("100", "101", "102", "103")
    with readers.open_source(path) as source:
        assert source.entries()["acquisition/movie"].type_name == "values in another file"
    assert (recording.session, recording.roi_xy_um) == ("", None)


@pytest.mark.parametrize("ends", [[3, 1, 4, 5], [1, 3, 5, 9], ["a", "b", "c", "d"], [[1, 3, 5, 6]], []])
def test_masks_that_do_not_fit_are_left_out(nwb_file, ends):
    def broken(file):
        add_table(file, 4, masks=MASKS, spacing=[1e-6, 1e-6])
        del file[f"{TABLE}/pixel_mask_index"]
        file[f"{TABLE}/pixel_mask_index"] = ends

    path = nwb_file(broken, rois())
    assert read_file(path).roi_xy_um is None
    assert f"roi_xy_um left out: field '{TABLE}/pixel_mask': masks that cannot be read" in notes(path)


def test_clocks_and_regions_of_a_wrong_type(nwb_file):
    def odd(file):
        add_rois(file, DFF, [0, 1, 2, 3])
        del file[f"{SERIES}/starting_time"]
        file[f"{SERIES}/starting_time"] = "noon"
        file[f"{SERIES}/starting_time"].attrs["rate"] = 25.0
        file[f"{SERIES}/rois"].attrs["table"] = file[f"{TABLE}/id"].ref
        file[PLANE]["imaging_rate"] = "31 Hz"
        add_series(file, "processing/behavior/speed", np.full(60, b"fast"), unit="cm/s", rate=25.0)

    recording = read_file(nwb_file(table(), odd))
    assert (recording.frame_rate_hz, recording.roi_ids, recording.behaviour.speed_cm_s) == (25.0, None, None)


def test_a_filter_that_is_not_installed_is_named(nwb_file, monkeypatch):
    path = nwb_file(table(), lambda f: add_rois(f, DFF, [0, 1, 2, 3]))
    with h5py.File(path, "a") as file:
        del file[f"{SERIES}/data"]
        file[SERIES].create_dataset("data", data=DFF, compression="gzip")
    monkeypatch.setattr(h5py.h5z, "filter_avail", lambda code: False)
    monkeypatch.setitem(sys.modules, "hdf5plugin", None)
    with pytest.raises(RecordingError, match=r"data': got values compressed by HDF5 filter 1 \(deflate\).*hdf5plugin"):
        read_file(path)


def test_filters_of_hdf5plugin_are_used_where_it_is_installed(nwb_file):
    plugin = pytest.importorskip("hdf5plugin")

    def compressed(file):
        add_rois(file, DFF[:0], [0, 1, 2, 3])
        del file[f"{SERIES}/data"]
        file[SERIES].create_dataset("data", data=DFF, **plugin.Blosc())

    path = nwb_file(table(), compressed)
    program = f"from cyclegan_neuro.recordings.loading import read_file; print(read_file({str(path)!r}).dff.sum())"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert float(done.stdout) == pytest.approx(float(DFF.sum()), rel=1e-4)


def test_old_and_truncated_files(nwb_file, tmp_path):
    with h5py.File(tmp_path / "old.nwb", "w") as file:
        file["nwb_version"], file["x"] = "NWB-1.0.5", DFF
    with pytest.raises(RecordingError, match=r"got NWB 1\.0\.5, expected NWB 2, .*format: hdf5"):
        read_file(tmp_path / "old.nwb")
    assert read_file(tmp_path / "old.nwb", fields={"dff": "x"}, format="hdf5", frame_rate_hz=9.0).n_neurons == 4
    whole = nwb_file(table(), rois()).read_bytes()
    (tmp_path / "half.nwb").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(RecordingError, match=r"an incomplete file \([\d,]+ of [\d,]+ bytes\)"):
        read_file(tmp_path / "half.nwb")


def test_ten_thousand_objects_are_listed_once(nwb_file, monkeypatch):
    visits = []
    listed = nwb.Objects
    monkeypatch.setattr(nwb, "Objects", lambda file: visits.append(file) or listed(file))
    read_file(nwb_file(table(), rois()))
    assert len(visits) == 1


def test_check_says_what_would_be_read_and_what_to_write(nwb_file, capsys):
    path = nwb_file(table(accepted=[1, 1, 1, 0]), rois(rows=[3, 2, 1, 0]))
    assert check_command([str(path), "--field", "dff=RoiResponseSeries"]) == 0
    out = capsys.readouterr().out
    assert f"{path}: NWB 2.7.0\n   {SERIES}/data" in out
    assert "specifications" not in out
    assert "read      3 of 4 regions are cells, as 'accepted' says (rois: all reads all)" in out
    assert "    fields:\n      dff: RoiResponseSeries\n" in out


def test_days_are_matched_by_what_is_registered_whatever_the_order_of_rows(nwb_file):
    ids = {"global_id": ["n5", "n2", "n9", "n7"]}
    x = nwb_file(table(**ids), rois(DFF, rows=[3, 0, 2, 1]), name="x.nwb")
    y = nwb_file(
        table(global_id=["n7", "n8", "n5", "n9"]), rois(DFF[:, ::-1] * 2, rows=[2, 3, 1, 0], rate=30.0), name="y.nwb"
    )
    days = [RecordingSection(path=str(path), fields={"roi_ids": "global_id"}) for path in (x, y)]
    pair = read_pair(*days, base_directory=Path())
    assert pair.x.roi_ids == pair.y.roi_ids == ("n7", "n5", "n9")
    np.testing.assert_array_equal(pair.x.dff, DFF[:, [0, 1, 2]])
    np.testing.assert_array_equal(pair.y.dff, 2 * DFF[:, [0, 3, 2]])


# Other people's files


def test_pynwb_writes_what_is_read(tmp_path):
    pynwb = pytest.importorskip("pynwb")
    from datetime import datetime, timezone

    from pynwb.ophys import DfOverF, ImageSegmentation, OpticalChannel, RoiResponseSeries

    file = pynwb.NWBFile("s", "id", datetime(2026, 5, 4, tzinfo=timezone.utc), session_id="day 1")
    channel = OpticalChannel(name="oc", description="d", emission_lambda=500.0)
    plane = file.create_imaging_plane(
        name="p", optical_channel=channel, description="d", device=file.create_device("m"), excitation_lambda=900.0,
        indicator="GCaMP6s", location="V1", imaging_rate=20.0, grid_spacing=[2.0, 2.0], grid_spacing_unit="micrometers",
    )  # fmt: skip
    segmentation = ImageSegmentation()
    cells = segmentation.create_plane_segmentation(name="PlaneSegmentation", description="d", imaging_plane=plane)
    cells.add_column("global_id", "registered")
    for number, mask in enumerate(MASKS):
        cells.add_roi(pixel_mask=mask, id=number + 50, global_id=f"n{number}")
    ophys = file.create_processing_module("ophys", "d")
    ophys.add(segmentation)
    region = cells.create_roi_table_region(description="d", region=[2, 0])
    traces = (DFF[:, :2] * 100).astype(np.float32)
    ophys.add(DfOverF(roi_response_series=RoiResponseSeries(
        name="r", data=traces, rois=region, unit="n.a.", rate=20.0, starting_time=1.0, conversion=0.01
    )))  # fmt: skip
    position = pynwb.behavior.SpatialSeries(
        name="track", data=np.arange(60.0) / 100, timestamps=1 + np.arange(60) / 20, reference_frame="start"
    )
    file.create_processing_module("behavior", "d").add(pynwb.behavior.Position(spatial_series=position))
    file.add_trial(start_time=1.5, stop_time=2.0)
    with pynwb.NWBHDF5IO(tmp_path / "a.nwb", "w") as io:
        io.write(file)
    recording = read_file(tmp_path / "a.nwb", fields={"roi_ids": "global_id"})
    np.testing.assert_allclose(recording.dff, DFF[:, :2], rtol=1e-5, atol=1e-7)
    assert (recording.roi_ids, recording.frame_rate_hz, recording.session) == (("n2", "n0"), 20.0, "day 1")
    np.testing.assert_allclose(recording.roi_xy_um, CENTRES[[2, 0]] * 2, rtol=1e-6)
    np.testing.assert_allclose(recording.behaviour.position_cm, np.arange(60.0), atol=1e-4)
    np.testing.assert_array_equal(np.flatnonzero(recording.behaviour.trial == 0), range(10, 20))


@pytest.mark.skipif(not (SHARED / "derived_nwb").is_dir(), reason="files of other tools are not here")
class TestSharedFiles:
    def test_subset_with_timestamps(self):
        path = SHARED / "derived_nwb" / "timestamps_dfoverf_subset.nwb"
        recording = read_file(path)
        assert recording.roi_ids == ("157", "45", "90", "0")
        assert recording.frame_rate_hz == pytest.approx(20.1363, abs=1e-3)
        assert np.isnan(recording.dff[100:120, 1]).all()
        assert recording.gaps.size == 1

    def test_transposed_and_compressed(self):
        pytest.importorskip("hdf5plugin")
        recording = read_file(SHARED / "derived_nwb" / "transposed_blosc_dfoverf.nwb")
        assert recording.dff.shape == (2000, 10)

    def test_fluorescence_with_position_and_trials(self):
        path = SHARED / "derived_nwb" / "rate_fluorescence_position_trials.nwb"
        section = RecordingSection(
            path=str(path), fields={"position_cm": "processing/behavior/Position/LED[1]"},
            unit="fraction",
        )  # fmt: skip
        recording = load(section, base_directory=Path()).recording
        assert recording.roi_ids == ("0", "22", "67", "90", "112", "157", "180", "203")
        assert np.isfinite(recording.behaviour.position_cm[:1980]).all()
        assert recording.behaviour.trial.max() == 4

    def test_one_trace_and_a_file_without_any(self):
        recording = read_file(SHARED / "nwb" / "test_RoiResponseSeries.nwb")
        assert (recording.dff.shape, recording.frame_rate_hz) == ((10, 1), 10.0)
        for name, message in (("496908818s", "NWB 1.0.5"), ("sub-anm369963_ses-20170228", "source: spike_times")):
            with pytest.raises(RecordingError, match=message):
                read_file(SHARED / "nwb" / f"{name}.nwb")
