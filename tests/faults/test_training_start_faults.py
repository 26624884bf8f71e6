"""Through ``train.py``: what a user sees before the first epoch, and when there is none."""

import logging
import sys

import numpy as np
import pytest
import yaml

from cyclegan_neuro.cli.train import main
from cyclegan_neuro.evaluation.days.story.inputs import inputs_block
from cyclegan_neuro.recordings.recording import Behaviour, Recording
from cyclegan_neuro.recordings.writing import write_recording

IDS = tuple(f"roi_{i}" for i in range(12))
SMALL = {
    "system": "cyclegan",
    "model": {"generator": "identity", "filters": 2, "residual_blocks": 1},
    "training": {"epochs": 1, "jit_compile": False},
}


@pytest.fixture
def start(tmp_path, monkeypatch):
    """Run ``train.py`` up to its first epoch; return the run that would be trained."""
    runs = []
    monkeypatch.setattr("cyclegan_neuro.training.run.fit", lambda run, status, worker: runs.append(run))
    log = logging.getLogger("cyclegan_neuro")
    before = log.handlers[:], log.level, log.propagate
    log.setLevel(logging.INFO)

    def start(*, scale=1.0, n_frames=400, windows=None, data=None, position=None):
        log.handlers = [logging.StreamHandler(sys.stderr)]  # the console of this test, as capsys has it now
        for name, seed in (("x", 1), ("y", 2)):
            dff = np.random.default_rng(seed).normal(0.2, 0.1, (n_frames, len(IDS))).astype(np.float32)
            behaviour = Behaviour() if position is None else Behaviour(position_cm=np.float32(position))
            day = Recording(
                dff * np.float32(scale), frame_rate_hz=24.0, roi_ids=IDS, session=f"day {name}", behaviour=behaviour
            )
            write_recording(day, tmp_path / f"{name}.h5", overwrite=True)
        files = {name: {"path": f"{name}.h5", **(data or {})} for name in "xy"}
        config = SMALL | {"data": {"source": "files", **files}}
        config["windows"] = {"window_frames": 32, "n_train": 8, "n_validation": 2, "n_test": 2, **(windows or {})}
        (tmp_path / "run.yaml").write_text(yaml.safe_dump(config))
        assert main(["--config", str(tmp_path / "run.yaml"), "--output_dir", str(tmp_path / f"run_{len(runs)}")]) == 0
        return runs[-1]

    yield start
    log.handlers, log.propagate = before[0], before[2]
    log.setLevel(before[1])


LAP = np.arange(400) % 100 * 1.5


@pytest.mark.parametrize(
    ("position", "says"),
    [
        (
            LAP / 100,
            "position_bin_cm: got 4 cm, of which positions from 0 to 1.485 cm make 1, expected 3 to 1,000 bins",
        ),
        (np.append(LAP[:-1], 1e8), "of which positions from 0 to 1e+08 cm make 25,000,000, expected 3 to 1,000 bins"),
        (
            np.append(LAP[:-1], np.inf),
            "field position_cm: got 1 infinite values in frames 399, expected numbers, or NaN",
        ),
    ],
    ids=["metres", "a glitch", "infinite"],
)
def test_positions_that_evaluation_would_fail_on_stop_training_before_it_starts(start, capsys, position, says):
    with pytest.raises(SystemExit) as caught:
        start(position=position)
    assert caught.value.code == 2
    assert says in capsys.readouterr().err


def test_percent_stops_training_before_it_starts(start, tmp_path, capsys):
    with pytest.raises(SystemExit) as caught:
        start(scale=100)
    assert caught.value.code == 2
    error = capsys.readouterr().err
    assert f"error: {tmp_path / 'x.h5'}, field dff: got median 19.8 and 99th percentile 43" in error
    assert "expected ΔF/F as a fraction (0.5 is 50 %). Fix: what is the unit? If it is percent, set unit: per" in error
    assert f"Also critical: {tmp_path / 'y.h5'}, field dff" in error
    assert not (tmp_path / "run_0" / "config.yaml").exists()


def test_a_unit_that_is_stated_is_believed_with_a_warning(start, tmp_path, capsys):
    run = start(scale=100, data={"unit": "fraction"})
    assert run.prepared.x.recording.dff.mean() == pytest.approx(20, rel=0.05)
    assert f"warning: {tmp_path / 'x.h5'}, field dff: got median 19.8 and 99th" in capsys.readouterr().err
    run = start(scale=100, data={"unit": "percent"})
    assert "field dff" not in capsys.readouterr().err


def test_fewer_windows_than_asked_for_are_told_before_training_and_in_the_report(start, capsys):
    run = start(n_frames=96, windows={"n_train": 24, "n_validation": 1, "n_test": 1})
    text = (
        "day x (day x), train windows: got 1 of 24, because its stretch, frames 0-31, holds 32 - 32 + 1 = 1 start "
        "frame of windows of 32 frames, expected windows.n_train = 24 different ones. "
        "Fix: set windows.window_frames to 24 or less, of which there are enough, or ask for fewer windows "
        "(windows.n_train: 1)"
    )
    assert f"warning: {text}" in capsys.readouterr().err
    tables = dict(inputs_block(run.config, run.prepared).tables)
    (told,) = [table for caption, table in tables.items() if caption.startswith("What the checks had to say")]
    found = {(row[0], row[1], row[2].split(",")[0]) for row in told.rows}
    assert ("warning", "day x (day x), train windows", "1 of 24") in found
