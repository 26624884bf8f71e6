"""``cyclegan-neuro convert``."""

import numpy as np
import pytest

from cyclegan_neuro.cli.convert import main
from cyclegan_neuro.recordings.layout import to_fields
from cyclegan_neuro.recordings.loading import read_file
from cyclegan_neuro.recordings.recording import Behaviour, Recording
from cyclegan_neuro.recordings.simulate.days import simulate_days
from cyclegan_neuro.recordings.writing import write_recording

DFF = np.random.default_rng(0).normal(0.1, 0.1, (300, 3)).astype(np.float32)


def failing(options, capsys):
    """Return what a command that ends with 2 has to say."""
    with pytest.raises(SystemExit) as caught:
        main([str(option) for option in options])
    assert caught.value.code == 2
    return capsys.readouterr().err


@pytest.fixture
def table(tmp_path):
    """A table in percent, which names its neurons."""
    rows = np.column_stack([np.arange(300) / 10, 100 * DFF])
    np.savetxt(tmp_path / "day1.csv", rows, delimiter=",", header="time,n7,n2,n9", comments="")
    return tmp_path / "day1.csv"


@pytest.mark.parametrize("ending", [".h5", ".npz", ".mat"])
def test_another_format(table, tmp_path, capsys, ending):
    out = tmp_path / f"out{ending}"
    assert main([str(table), str(out), "--unit", "percent", "--indicator", "GCaMP6s"]) == 0
    printed = capsys.readouterr()
    assert printed.out == f"{out}: 3 neurons, 300 frames at 10 Hz\n"
    assert "ΔF/F divided by 100" in printed.err
    recording = read_file(out)
    np.testing.assert_allclose(recording.dff, DFF, atol=1e-6)
    assert (recording.roi_ids, recording.indicator, recording.source) == (("n7", "n2", "n9"), "GCaMP6s", str(table))


def test_what_is_in_the_way(table, tmp_path, capsys):
    assert "ending '.txt', expected one of .h5" in failing([table, tmp_path / "a.txt"], capsys)
    assert "got the recording itself" in failing([tmp_path / "x.h5", tmp_path / "x.h5"], capsys)
    write_recording(Recording(DFF, frame_rate_hz=10.0), tmp_path / "a.h5")
    assert "a.h5" in (said := failing([table, tmp_path / "a.h5"], capsys))
    assert "--overwrite" in said
    assert main([str(tmp_path / "a.h5"), str(tmp_path / "b.npz")]) == 0


def test_what_is_no_dff_is_not_written(table, tmp_path, capsys):
    out = tmp_path / "out.h5"
    assert "what is the unit" in failing([table, out], capsys)
    noise = ["--unit", "raw", "--set", "baseline.divide_by=noise"]
    assert "raw traces divided by their noise" in failing([table, out, *noise], capsys)
    assert not out.exists()


def everything(**changes):
    """Return a recording with all that NWB has a place for."""
    rng = np.random.default_rng(1)
    position = rng.uniform(0, 160, 300).astype(np.float32)
    position[:3] = np.nan
    behaviour = Behaviour(
        position_cm=position, licks=rng.poisson(0.2, 300).astype(np.uint8),
        rewards=rng.poisson(0.02, 300).astype(np.uint8), trial=(np.arange(300) // 50 - 1).astype(np.int32),
        speed_cm_s=rng.uniform(0, 40, 300).astype(np.float32), events=(np.arange(300) % 60 == 12).astype(np.uint8),
    )  # fmt: skip
    values = {
        "frame_rate_hz": 24.0, "roi_ids": ("a", "né", "c"), "roi_xy_um": np.float32([[1.5, 2], [300, 4.2], [5, 60]]),
        "roi_rows": np.array([3, 17, 40]), "behaviour": behaviour, "subject": "m1", "session": "2026-05-04",
        "source": "rig 2", "indicator": "GCaMP6f", "cell_type": "excitatory",
    }  # fmt: skip
    return Recording(DFF, **(values | changes))


@pytest.mark.parametrize(
    "changes",
    [
        {}, {"session": ""}, {"gaps": np.array([9, 100]), "data_origin": "translated", "days_mixed": True},
        {"roi_ids": None, "roi_xy_um": None, "roi_rows": None, "behaviour": Behaviour(), "subject": "", "indicator": "",
         "session": "day 2026-13-45", "cell_type": ""},
    ],
)  # fmt: skip
def test_nwb_is_valid_and_reads_back(tmp_path, changes):
    pynwb = pytest.importorskip("pynwb")
    recording = everything(**changes)
    path = write_recording(recording, tmp_path / "day1.nwb")
    assert not pynwb.validate(path=str(path))
    back, expected = to_fields(read_file(path)), to_fields(recording)
    assert back.keys() == expected.keys()
    for name, value in expected.items():
        if name == "roi_xy_um":
            np.testing.assert_allclose(back[name], value, atol=0.06)
        else:
            np.testing.assert_array_equal(back[name], value, err_msg=name)


def test_what_nwb_has_no_place_for_is_told(tmp_path, caplog):
    pytest.importorskip("pynwb")
    day = simulate_days(preset="mouse_1", seed=1, duration_s=20.0, n_neurons=8)[0]
    path = write_recording(day, tmp_path / "a.nwb")
    assert "left out, NWB 2 (Neurodata Without Borders) has no place for it: truth/spikes" in caplog.text
    assert read_file(path).data_origin == "simulated"
    trial = np.full(300, 7, np.int32)
    write_recording(everything(behaviour=Behaviour(trial=trial)), tmp_path / "b.nwb")
    assert "trial left out" in caplog.text


def test_without_pynwb_it_is_named(table, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("cyclegan_neuro.recordings.readers._nwb_writer.find_spec", lambda name: None)
    said = failing([table, tmp_path / "a.nwb", "--unit", "percent"], capsys)
    assert "got NWB, and no pynwb" in said
    assert "pip install 'cyclegan_neuro[nwb]'" in said
    assert not (tmp_path / "a.nwb").exists()
