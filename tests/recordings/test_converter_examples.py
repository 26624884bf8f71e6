"""The converters in docs/examples, on the published files where they are present."""

import importlib.util
from pathlib import Path

import h5py
import numpy as np
import pytest

from cyclegan_neuro.cli.check import main as check
from cyclegan_neuro.recordings.calcium import noise_level
from cyclegan_neuro.recordings.loading import read_file
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


def test_odour_days_keep_their_cells(odour_file, tmp_path):
    convert("convert_odour_two_days", [odour_file, tmp_path, "--mouse", "m"])
    days = [read_file(tmp_path / f"m_day{day}.h5") for day in (1, 2)]
    assert days[0].roi_ids == ("cell_000", "cell_001", "cell_002")
    assert days[1].roi_ids == ("cell_000", "cell_002", "cell_003")
    np.testing.assert_allclose(noise_level(days[0].dff, 5.0), 2.0, rtol=1e-5)
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


def test_ca1_sessions_are_made_from_events(tmp_path):
    path = tmp_path / "ca1.h5"
    with h5py.File(path, "w") as file:
        file.attrs["rate_hz"] = 20.0
        group = file.create_group("m/environment_A")
        group["cell_index"] = np.array([[1] + [-1] * 6 + [0], [0] + [-1] * 7, [2] + [-1] * 6 + [1]], np.int32)
        for session, n_cells in ((1, 3), (8, 2)):
            events = np.zeros((400, n_cells))
            events[[5, 198]] = 0.04  # the second decays beyond the end of its trial
            group[f"session_{session}/events"] = events.astype(np.float32)
            group[f"session_{session}/trial"] = np.repeat([1, 2], 200).astype(np.int8)
            group[f"session_{session}/position"] = np.r_[np.full(200, np.nan), np.linspace(0, 1.1, 200)]
            group[f"session_{session}/velocity"] = np.full(400, -3.0, np.float32)
    convert("convert_ca1_linear_track", [path, tmp_path, "--mouse", "m", "--noise_level", "0"])
    first, last = (read_file(tmp_path / f"m_environment_A_{day}.h5") for day in ("first", "last"))
    assert first.roi_ids == last.roi_ids == ("cell_000", "cell_002")
    assert first.gaps.tolist() == [199]
    assert np.nanmax(first.behaviour.position_cm) == 96.0
    assert np.isnan(first.behaviour.position_cm[:200]).all()
    assert (first.behaviour.speed_cm_s == 3.0).all()
    np.testing.assert_allclose(first.dff[:150].max(axis=0), 0.5)
    assert (first.dff[:5] == 0).all()
    assert first.dff[199].min() > 0.3
    assert (first.dff[200:] == 0).all()
    assert first.source.startswith("semi-synthetic")


@pytest.mark.slow
def test_published_ca1_sessions(tmp_path):
    convert("convert_ca1_linear_track", [published("multiday_ca1_linear_track.h5"), tmp_path])
    paths = [tmp_path / f"C6_M4_environment_A_{day}.h5" for day in ("first", "last")]
    assert [check([str(path)]) for path in paths] == [0, 0]
    assert pair(*map(read_file, paths)).x.n_neurons == 270
