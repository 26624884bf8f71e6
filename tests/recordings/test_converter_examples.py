"""The converters in docs/examples, on the published files where they are present."""

import importlib.util
from pathlib import Path

import h5py
import numpy as np
import pytest

from cyclegan_neuro.cli.check import main as check
from cyclegan_neuro.recordings.loading import read_file
from cyclegan_neuro.recordings.noise import noise_levels
from cyclegan_neuro.recordings.pairing import pair

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"


def convert(name, arguments):
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / "examples" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.main([str(argument) for argument in arguments]) == 0


def published(name):
    path = DATA / name
    if not path.exists():
        pytest.skip(f"{name} is not here")
    return path


@pytest.fixture(scope="module")
def odour_file(tmp_path_factory):
    """A small file of the published layout: 4 registered cells, 3 on day 1 and 3 on day 2, in other orders."""
    path = tmp_path_factory.mktemp("odour") / "odour.h5"
    rng = np.random.default_rng(0)
    with h5py.File(path, "w") as file:
        file.attrs["rate_hz"] = 5.0
        file["m/cell_index"] = np.array([[2, 0], [0, -1], [1, 2], [-1, 1]], np.int32)
        for day in (1, 2):
            file[f"m/day{day}/C_raw"] = rng.normal(size=(3, 90)).astype(np.float32) * np.array([[1], [5], [9]])
            trials = file.create_group(f"m/day{day}/trials")
            trials["frame_start"] = np.array([0, 30, 60])
            trials["begin_s"] = np.array([100.0, 120.0, 130.0])
            trials["end_s"] = trials["begin_s"][()] + 6.0
            trials["onset_s"] = trials["begin_s"][()] + np.array([2.0, 2.0, 2.49])
            trials["type"] = ["ODOR4", "SHOCK", "ODOR6"]
    return path


def test_a_file_that_leads_to_another_is_refused(odour_file, tmp_path, capsys):
    with h5py.File(tmp_path / "linked.h5", "w") as file:
        file["m"] = h5py.ExternalLink(odour_file, "m")
        file.attrs["rate_hz"] = 5.0
    with pytest.raises(SystemExit):
        convert("convert_odour_two_days", [tmp_path / "linked.h5", tmp_path, "--mouse", "m"])
    assert "field 'm': got a link to another file" in capsys.readouterr().err


def test_odour_days_keep_their_cells(odour_file, tmp_path):
    convert("convert_odour_two_days", [odour_file, tmp_path, "--mouse", "m"])
    days = [read_file(tmp_path / f"m_day{day}.h5") for day in (1, 2)]
    assert days[0].roi_ids == ("cell_000", "cell_001", "cell_002")
    assert days[1].roi_ids == ("cell_000", "cell_002", "cell_003")
    np.testing.assert_allclose(noise_levels(days[0].dff, 5.0), 2.0, rtol=1e-5)
    with h5py.File(odour_file) as file:
        raw = file["m/day1/C_raw"][2]
    assert np.corrcoef(days[0].dff[:, 0], raw)[0, 1] == pytest.approx(1.0)
    assert days[0].behaviour.trial.tolist() == [0] * 30 + [1] * 30 + [2] * 30
    assert days[0].gaps.size == 0
    assert "not dF/F" in days[0].source
    assert "not marked as gaps" in days[0].source


def test_odour_onsets_are_events(odour_file, tmp_path):
    convert("convert_odour_two_days", [odour_file, tmp_path, "--mouse", "m"])
    day = read_file(tmp_path / "m_day1.h5")
    # 2 of 6 s are 10 of 30 frames; 2.49 s are 12.45 frames
    assert np.flatnonzero(day.behaviour.events).tolist() == [10, 72]
    assert "events are onsets of 2 trials of type ODOR4 and ODOR6, whose frames are approximate" in day.source
    convert("convert_odour_two_days", [odour_file, tmp_path, "--mouse", "m", "--event_type", ""])
    assert np.flatnonzero(read_file(tmp_path / "m_day1.h5").behaviour.events).tolist() == [10, 40, 72]


def test_unknown_type_of_event_is_named(odour_file, tmp_path, capsys):
    with pytest.raises(SystemExit) as caught:
        convert("convert_odour_two_days", [odour_file, tmp_path, "--mouse", "m", "--event_type", "tone"])
    assert caught.value.code == 2
    message = "m, day 1: got no trial of a type that begins with 'tone', expected one of ODOR4, ODOR6, SHOCK."
    assert message in capsys.readouterr().err


def test_unknown_mouse_is_named(odour_file, tmp_path, capsys):
    with pytest.raises(SystemExit) as caught:
        convert("convert_odour_two_days", [odour_file, tmp_path, "--mouse", "n"])
    assert caught.value.code == 2
    assert "got no mouse 'n', expected one of m" in capsys.readouterr().err


@pytest.mark.parametrize(("mouse", "matched"), [("mouse_91", 31), ("mouse_991", 43)])
def test_published_odour_days(tmp_path, mouse, matched):
    convert("convert_odour_two_days", [published("multiday_2p_odour_two_days.h5"), tmp_path, "--mouse", mouse])
    paths = [tmp_path / f"{mouse}_day{day}.h5" for day in (1, 2)]
    assert [check([str(path)]) for path in paths] == [0, 0]
    days = [read_file(path) for path in paths]
    assert pair(*days).x.n_neurons == matched
    assert [int(day.behaviour.events.sum()) for day in days] == [30, 30]  # 15 of each odour
    for day in days:  # 6 of 20 s are 30 frames at about 5 Hz, in every trial
        onsets = np.flatnonzero(day.behaviour.events)
        starts = np.searchsorted(day.behaviour.trial, day.behaviour.trial[onsets])
        assert set(onsets - starts) <= {29, 30, 31}


def test_published_allen_excerpt(tmp_path):
    convert("convert_allen_excerpt", [published("allen_visual_coding_excerpt.h5"), tmp_path])
    assert check([str(tmp_path / "allen_excerpt.h5")]) == 0
    recording = read_file(tmp_path / "allen_excerpt.h5")
    assert (recording.dff.shape, recording.frame_rate_hz) == ((6001, 74), 30.0)
    with h5py.File(DATA / "allen_visual_coding_excerpt.h5") as file:
        np.testing.assert_array_equal(recording.dff[:, 7], file["dff"][7])


@pytest.fixture
def ca1_file(tmp_path):
    """A small file of the published layout: trial 1 without position, trial 2 out, back and half out again."""
    path = tmp_path / "ca1.h5"
    way = np.r_[np.full(20, 0.05), np.linspace(0.1, 0.9, 50), np.full(29, 0.95), 1.1, np.linspace(0.9, 0.1, 50)]
    way = np.r_[way, 0.0, np.full(29, 0.05), np.linspace(0.1, 0.5, 20)]
    with h5py.File(path, "w") as file:
        file.attrs["rate_hz"] = 20.0
        for name, position in (("A", way), ("B", 70 * np.clip(way, 0, 1) - 30)):
            group = file.create_group(f"m/environment_{name}")
            group["cell_index"] = np.array([[1] + [-1] * 6 + [0], [0] + [-1] * 7, [2] + [-1] * 6 + [1]], np.int32)
            for session, n_cells in ((1, 3), (8, 2)):
                events = np.zeros((400, n_cells))
                events[[5, 198]] = 0.04  # the second decays beyond the end of its trial
                group[f"session_{session}/events"] = events.astype(np.float32)
                group[f"session_{session}/trial"] = np.repeat([1, 2], 200).astype(np.int8)
                group[f"session_{session}/position"] = np.r_[np.full(200, np.nan), position]
                group[f"session_{session}/velocity"] = np.full(400, -3.0, np.float32)
    return path


def ca1_session(file, folder, *arguments, name="m_A_session_1"):
    convert("convert_ca1_linear_track", [file, folder, "--mouse", "m", "--noise_level", "0", *arguments])
    return read_file(folder / f"{name}.h5")


def test_ca1_sessions_are_made_from_events(ca1_file, tmp_path):
    first = ca1_session(ca1_file, tmp_path)
    last = read_file(tmp_path / "m_A_session_8.h5")
    assert first.roi_ids == ("cell_000", "cell_001", "cell_002")
    assert last.roi_ids == ("cell_000", "cell_002")
    assert first.gaps.tolist() == [199]
    assert (first.behaviour.speed_cm_s == 3.0).all()
    np.testing.assert_allclose(first.dff[:150].max(axis=0), 0.5)
    assert (first.dff[:5] == 0).all()
    assert first.dff[199].min() > 0.3
    assert (first.dff[200:] == 0).all()
    assert (first.data_origin, first.indicator) == ("semi-synthetic", "GCaMP6s")


@pytest.mark.parametrize("environment", ["A", "B"])
def test_ca1_position_tells_the_directions_apart(ca1_file, tmp_path, environment):
    session = ca1_session(ca1_file, tmp_path, "--environment", environment, name=f"m_{environment}_session_1")
    position, lap = session.behaviour.position_cm, session.behaviour.trial
    assert np.isnan(position[:200]).all()
    assert (lap[:200] == -1).all()
    # 0.05, 0.1 and 0.9 of 96 cm; the way turns at the frames in which the animal touches an end, 299 and 350
    np.testing.assert_allclose(position[[200, 220, 269, 299]], [4.8, 9.6, 86.4, 96.0], rtol=1e-5)
    np.testing.assert_allclose(position[[300, 349, 350, 351, 399]], [105.6, 182.4, 0.0, 4.8, 48.0], rtol=1e-5)
    assert lap[200:].tolist() == [0] * 150 + [1] * 50


def test_ca1_position_from_the_other_end(ca1_file, tmp_path):
    session = ca1_session(ca1_file, tmp_path, "--reverse", name="m_A_session_1_reversed")
    # 0.1 of the track going out is 0.9 coming back: 192 - 0.9 * 96
    np.testing.assert_allclose(session.behaviour.position_cm[[220, 269]], [105.6, 182.4], rtol=1e-5)
    np.testing.assert_allclose(session.behaviour.position_cm[[300, 349]], [9.6, 86.4], rtol=1e-5)
    assert session.source.endswith("; reversed")


def test_ca1_runs_without_the_stays(ca1_file, tmp_path):
    session = ca1_session(ca1_file, tmp_path, "--around_runs", "0.5", name="m_A_session_1_runs")
    whole = ca1_session(ca1_file, tmp_path)
    # out: frames 220-269; back: 300-349 (from 0.9 to 0.1), each with 10 frames beside it; not the last, half way
    kept = np.r_[210:280, 290:360]
    assert session.gaps.tolist() == [69]
    np.testing.assert_array_equal(session.dff, whole.dff[kept])
    np.testing.assert_array_equal(session.behaviour.position_cm, whole.behaviour.position_cm[kept])
    assert session.source.endswith("; runs")


def test_ca1_unknown_session_is_named(ca1_file, tmp_path, capsys):
    with pytest.raises(SystemExit) as caught:
        convert("convert_ca1_linear_track", [ca1_file, tmp_path, "--mouse", "m", "--sessions", "3"])
    assert caught.value.code == 2
    message = "got no session 3 of 'm' in environment A, expected one of the mice m and a session it was recorded in."
    assert message in capsys.readouterr().err


@pytest.mark.slow
def test_published_ca1_sessions(tmp_path):
    convert("convert_ca1_linear_track", [published("multiday_ca1_linear_track.h5"), tmp_path])
    paths = [tmp_path / f"C6_M4_A_session_{session}.h5" for session in (1, 8)]
    assert [check([str(path)]) for path in paths] == [0, 0]
    assert pair(*map(read_file, paths)).x.n_neurons == 270


@pytest.mark.slow
def test_published_ca1_runs(tmp_path):
    arguments = [tmp_path, "--mouse", "C12_M4", "--environment", "B", "--around_runs", "1"]
    convert("convert_ca1_linear_track", [published("multiday_ca1_linear_track.h5"), *arguments])
    days = [read_file(tmp_path / f"C12_M4_B_session_{session}_runs.h5") for session in (1, 8)]
    assert pair(*days).x.n_neurons == 288
    assert [len(day.gaps) + 1 for day in days] == [31, 64]  # runs from end to end
    for day in days:
        steps = np.abs(np.diff(day.behaviour.position_cm)) % 192
        assert np.quantile(np.minimum(steps, 192 - steps), 0.99) < 6  # cm per frame: it goes on where the way turns
