"""Trials of a recording: from their numbers, or from where the position starts anew."""

import numpy as np
import pytest

from cyclegan_neuro.recordings.events import trial_durations_s
from cyclegan_neuro.recordings.recording import Behaviour, Recording
from cyclegan_neuro.recordings.simulate import simulate_days

LAPS = np.float32([0, 50, 100, 0, 60, 20, 90, 0])


def durations(**behaviour):
    return trial_durations_s(Recording(np.zeros((8, 1), np.float32), 2.0, behaviour=Behaviour(**behaviour)))


def test_numbers_count_and_frames_outside_trials_do_not():
    numbers = np.int32([-1, 3, 3, 3, -1, 4, 4, -1])
    assert durations(trial=numbers, position_cm=LAPS).tolist() == [1.5, 1.0]


def test_without_numbers_a_jump_back_begins_a_trial_and_walking_back_does_not():
    assert durations(position_cm=LAPS).tolist() == [1.5, 2.0, 0.5]
    gap = LAPS.copy()
    gap[5] = np.nan
    assert durations(position_cm=gap).tolist() == [1.5, 2.0, 0.5]


@pytest.mark.parametrize(
    "behaviour",
    [{}, {"position_cm": np.float32([0, 20, 40, 60, 40, 20, 0, 20])}, {"trial": np.full(8, -1, np.int32)}],
)
def test_there_and_back_on_a_track_and_nothing_are_no_trials(behaviour):
    assert durations(**behaviour) is None


def test_positions_find_the_laps_that_the_simulator_numbered():
    for day in simulate_days(preset="mouse_3", duration_s=120.0):
        without = Recording(day.dff, day.frame_rate_hz, behaviour=Behaviour(position_cm=day.behaviour.position_cm))
        np.testing.assert_array_equal(trial_durations_s(without), trial_durations_s(day))
