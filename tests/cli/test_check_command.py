"""The command that checks a file."""

import json
import subprocess
import sys

import numpy as np
import pytest
import yaml

from cyclegan_neuro.cli.check import main
from cyclegan_neuro.recordings.recording import Behaviour, Recording
from cyclegan_neuro.recordings.writing import write_recording


def recording(**changes):
    dff = np.random.default_rng(0).normal(0, 0.05, (480, 3)).astype(np.float32)
    licks = np.zeros(480, np.uint8)
    licks[:7] = 1
    behaviour = Behaviour(licks=licks, events=2 * licks, position_cm=np.linspace(0, 160, 480, dtype=np.float32))
    values = {"dff": dff, "frame_rate_hz": 24.0, "behaviour": behaviour, "subject": "mouse_1", "session": "day 1"}
    return Recording(**(values | changes))


def test_good_file(tmp_path, capsys):
    path = write_recording(recording(), tmp_path / "day1.h5")
    assert main([str(path)]) == 0
    out = capsys.readouterr().out
    assert f"{path}: HDF5, cyclegan_neuro.recording version 1" in out
    assert "3 neurons, 480 frames, 24 Hz, 20.0 s" in out
    assert "position_cm 0 to 160, licks 7, events 14" in out
    assert "findings: 0 critical, 0 warning, 2 info" in out


def test_critical_finding_ends_with_2(tmp_path, capsys):
    bad = recording()
    bad.dff[3, 1] = np.nan
    assert main([str(write_recording(bad, tmp_path / "day1.npz"))]) == 2
    assert "critical  nan " in capsys.readouterr().out


def test_unreadable_file_ends_with_2_and_shows_what_is_there(tmp_path, capsys):
    np.savez(tmp_path / "a.npz", traces=np.zeros((9, 2)), fs=20.0)
    with pytest.raises(SystemExit) as caught:
        main([str(tmp_path / "a.npz")])
    assert caught.value.code == 2
    out, err = capsys.readouterr()
    assert "traces" in out
    assert err.startswith("error: ")
    assert "did you mean 'traces'" in err


def test_fields_rate_unit_and_transpose(tmp_path, capsys):
    np.savez(tmp_path / "a.npz", traces=recording().dff.T * 100)
    options = ["--field", "dff=traces", "--frame_rate", "24", "--transpose", "--unit", "percent", "--format", "npz"]
    assert main([str(tmp_path / "a.npz"), *options]) == 0
    out = capsys.readouterr().out
    assert "0 warning" in out
    assert "read      ΔF/F divided by 100 (percent to fraction)" in out
    section = yaml.safe_load(out.split("(the other day as y):")[1])["data"]
    assert section["source"] == "files"
    assert section["x"] == {
        "path": str(tmp_path / "a.npz"), "format": "npz", "fields": {"dff": "traces"}, "frame_rate_hz": 24.0,
        "transpose": True, "unit": "percent",
    }  # fmt: skip


def test_json(tmp_path, capsys):
    path = write_recording(recording(frame_rate_hz=0.04), tmp_path / "day1.h5")
    assert main([str(path), "--json"]) == 2
    result = json.loads(capsys.readouterr().out)
    assert result["recording"]["n_neurons"] == 3
    assert result["findings"][0]["code"] == "frame_rate"
    assert main([str(tmp_path / "day2.h5"), "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["fix"] == "did you mean 'day1.h5'?"


@pytest.mark.parametrize(
    ("option", "message"), [("--field=dff", "FIELD=NAME"), ("--frame_rate=0", "a number from 0.001 on")]
)
def test_wrong_options(option, message, capsys):
    with pytest.raises(SystemExit):
        main(["a.h5", option])
    assert message in capsys.readouterr().err


def test_neither_tensorflow_nor_a_stack_trace(tmp_path):
    (tmp_path / "a.h5").write_bytes(b"nonsense")
    program = (
        "import sys; from cyclegan_neuro.cli.check import main\n"
        "try: main(sys.argv[1:])\n"
        "finally: assert 'tensorflow' not in sys.modules and 'keras' not in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "a.h5")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
