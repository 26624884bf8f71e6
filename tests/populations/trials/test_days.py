"""Laps become trials, frames bins, and the corridor a circle."""

from dataclasses import replace

import numpy as np
import pytest

from cyclegan_neuro.errors import ConfigurationError, RecordingError
from cyclegan_neuro.populations.trials.days import read_days, trials_of_days
from cyclegan_neuro.populations.trials.sections import TrialsSection
from cyclegan_neuro.recordings.pairing import Pair
from cyclegan_neuro.recordings.recording import Behaviour, Recording
from cyclegan_neuro.recordings.simulate import simulate_days

SIMULATION = {"preset": "mouse_3", "duration_s": 60.0}


def recording(*, n_frames=12, gaps=(), **behaviour):
    dff = np.arange(n_frames, dtype=np.float32)[:, None] + np.float32([0, 100])
    return Recording(dff, 4.0, gaps=np.array(gaps, np.int64), behaviour=Behaviour(**behaviour), session="day")


def trials_of(x, y=None, **options):
    return trials_of_days(Pair(x, y or x), **{"bin_s": 0.5, "n_conditions": 4} | options)


def test_frames_are_averaged_within_laps():
    """Two frames to a bin: lap 0 has five frames, of which the last fills no bin; three frames lie outside laps."""
    lap = np.int32([0, 0, 0, 0, 0, -1, -1, -1, 1, 1, 1, 1])
    speed = np.float32([0, 2, 4, 6, 0, 0, 0, 0, 1, 1, 5, 5])
    trials = trials_of(recording(trial=lap, speed_cm_s=speed))
    assert trials.values[:, 0].tolist() == [0.5, 2.5, 8.5, 10.5] * 2
    assert trials.values[:, 1].tolist() == [100.5, 102.5, 108.5, 110.5] * 2
    assert trials.trial.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert trials.time.tolist() == [0, 1] * 4
    assert trials.day.tolist() == [0] * 4 + [1] * 4
    assert trials.speed[:4].tolist() == [1, 5, 1, 5]
    assert (trials.unit, trials.bin_s, trials.condition, trials.targets) == ("ΔF/F", 0.5, None, None)
    assert trials.notes == ("day: 2 trials (laps); 33% of its frames fill no bin or lie outside laps",) * 2


def test_a_gap_cuts_a_lap():
    trials = trials_of(recording(trial=np.zeros(12, np.int32), gaps=[2]))
    assert trials.values[:5, 0].tolist() == [0.5, 3.5, 5.5, 7.5, 9.5]
    assert trials.trial[:5].tolist() == [0, 1, 1, 1, 1]


def test_the_corridor_is_a_circle_that_both_days_share():
    """Positions 0 to 8: a bin of 7 and 0 lies between them on the circle, at 7.5; 8 is 0."""
    x = recording(position_cm=np.float32([0, 0, 2, 2, 4, 4, 6, 6, 7, 0, 8, 8]), trial=np.zeros(12, np.int32))
    y = replace(x, behaviour=replace(x.behaviour, position_cm=np.full(12, 3, np.float32)))
    trials = trials_of(x, y)
    assert trials.condition.tolist() == [0, 1, 2, 3, 3, 0] + [1] * 6
    angle = np.float32([0, 2, 4, 6, 7.5, 0] + [3] * 6) * np.pi / 4
    np.testing.assert_allclose(trials.targets, np.stack([np.cos(angle), np.sin(angle)], axis=1), atol=1e-6)
    assert trials.target_names == ("position cos", "position sin")


def test_unknown_positions_have_no_condition():
    position = np.float32([0, 1, np.nan, np.nan, np.nan, 3, 4, 4, 0, 1, 2, 3])
    trials = trials_of(recording(position_cm=position, trial=np.zeros(12, np.int32)))
    assert trials.condition[:3].tolist() == [0, -1, 3]
    assert np.isnan(trials.targets[1]).all()


def test_laps_by_position_and_stretches_without_laps():
    by_position = trials_of(recording(position_cm=np.float32([0, 5, 9, 0, 5, 9] * 2)), bin_s=0.25)
    assert by_position.trial[:12].tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]
    stretches = trials_of(recording(n_frames=60, gaps=[9]))  # 10 s are 40 frames
    assert np.bincount(stretches.trial[stretches.day == 0]).tolist() == [5, 20, 5]
    assert stretches.time is None
    assert "stretches of at most 10 s, for want of laps" in stretches.notes[0]


def test_simulated_days_keep_neurons_and_findings():
    section = TrialsSection.model_validate({"source": "recordings", "recordings": {"simulation": SIMULATION}})
    trials = read_days(section)
    novice, _ = simulate_days(**SIMULATION)
    assert trials.data_origin == "simulated"
    assert trials.bin_s == 0.25  # six frames at 24 Hz
    np.testing.assert_allclose(trials.values[0], novice.dff[:6].mean(axis=0), rtol=1e-5)
    assert (np.diff(trials.trial) >= 0).all()
    assert not set(trials.trial[trials.day == 0]) & set(trials.trial[trials.day == 1])
    np.testing.assert_allclose(np.hypot(*trials.targets.T), 1, rtol=1e-6)
    assert np.array_equal(np.unique(trials.condition), np.arange(8))


@pytest.mark.parametrize(
    ("recordings", "message"),
    [
        ({"source": "phi"}, "data.recordings.source: got phi, expected two days as they are"),
        ({"shuffle_days": True}, "data.recordings.shuffle_days: got true, expected two days as they are"),
    ],
)
def test_other_days_are_refused(recordings, message):
    section = TrialsSection.model_validate({"source": "recordings", "recordings": recordings})
    with pytest.raises(ConfigurationError) as error:
        read_days(section)
    assert str(error.value).startswith(message)


def test_trials_shorter_than_a_bin():
    with pytest.raises(RecordingError) as error:
        trials_of(recording(trial=np.arange(12, dtype=np.int32)))
    assert str(error.value).startswith("day, field trial: got no trial as long as a bin, expected trials of 2 frames")
