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


@pytest.fixture
def two_days(tmp_path, monkeypatch):
    """Two days of 20 neurons in other orders, and pairs from 1 that say which is which."""
    monkeypatch.chdir(tmp_path)
    loadings = np.random.default_rng(0).normal(size=(4, 20))
    order = np.random.default_rng(9).permutation(20)
    for name, columns in (("day1", np.arange(20)), ("day4", order)):
        rng = np.random.default_rng(len(columns) + columns[0])
        dff = 0.05 * (rng.normal(size=(4800, 4)) @ loadings[:, columns] + rng.normal(size=(4800, 20)))
        write_recording(recording(dff=dff.astype(np.float32), behaviour=Behaviour(), session=name), f"{name}.npz")
    lines = [f"{neuron + 1},{column + 1}" for column, neuron in enumerate(order)]
    (tmp_path / "pairs.csv").write_text("\n".join(lines))
    return ["day1.npz", "day4.npz"]


MATCH = [f"--match={setting}" for setting in ("path=pairs.csv", "kind=pairs", "indices=columns", "index_base=1")]


def test_two_days_by_a_table(two_days, capsys):
    assert main([*two_days, *MATCH]) == 0
    out = capsys.readouterr().out
    assert "neurons     20 matched" in out
    assert "read      20 neurons matched by pairs.csv (pairs): its session 1 is mouse_1 day1 (x)" in out
    assert "info      match_activity mouse_1 day1 and mouse_1 day4" in out
    data = yaml.safe_load(out.partition("in a configuration:\n")[2])["data"]
    matching = {"path": "pairs.csv", "kind": "pairs", "indices": "columns", "index_base": 1}
    assert data == {"source": "files", "x": {"path": "day1.npz"}, "y": {"path": "day4.npz"}, "matching": matching}


def test_two_days_that_the_activity_tells_apart(two_days, capsys):
    assert main([*two_days, "--assume_same_order"]) == 0
    assert "warning   match_unsupported" in capsys.readouterr().out


def test_two_days_as_json(two_days, capsys):
    assert main([*two_days, *MATCH, "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["files"], result["n_neurons"]) == (two_days, 20)
    assert main([*two_days, "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["where"] == "roi_ids"


def test_match_settings_that_are_wrong(two_days, capsys):
    with pytest.raises(SystemExit, match="2"):
        main([*two_days, "--match=path=pairs.csv", "--match=kind=celreg", "--match=indices=columns"])
    assert "--match kind" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="2"):
        main(["day1.npz", "--assume_same_order"])
    assert "need two files" in capsys.readouterr().err
