"""Laps, licks and rewards of the virtual corridor."""

import numpy as np
import pytest

from cyclegan_neuro.recordings.simulate.corridor import run_laps, zone_profile
from cyclegan_neuro.recordings.simulate.presets import EXPERT, NOVICE, PRESETS

FRAMES, RATE_HZ = 24_000, 24.0


def laps(style, n_frames=FRAMES, seed=5):
    return run_laps(style, n_frames=n_frames, frame_rate_hz=RATE_HZ, rng=np.random.default_rng(seed))


def test_presets_are_the_mice_of_the_paper():
    assert [p.n_neurons for p in PRESETS.values()] == [102, 59, 21, 32]
    assert all(p.novice.lap_mean_s == 6.9 and p.expert.lap_mean_s == 4.4 for p in PRESETS.values())
    assert PRESETS["mouse_1"].duration_s == pytest.approx(894.625)


@pytest.mark.parametrize("style", [NOVICE, EXPERT], ids=["novice", "expert"])
def test_lap_durations_are_the_preset_s(style):
    behaviour = laps(style)
    durations_s = np.bincount(behaviour.trial)[:-1] / RATE_HZ  # the last lap is cut off
    n_laps = durations_s.size
    error = 4 * style.lap_mean_s * style.lap_variation / np.sqrt(n_laps)
    assert durations_s.mean() == pytest.approx(style.lap_mean_s, abs=error)
    assert durations_s.std() / durations_s.mean() == pytest.approx(style.lap_variation, rel=0.3)


def test_position_runs_from_0_to_160_and_resets_at_each_lap():
    behaviour = laps(NOVICE)
    position, trial = behaviour.position_cm, behaviour.trial
    new_lap = np.diff(trial) == 1
    assert set(np.diff(trial)) == {0, 1}
    assert (np.diff(position)[~new_lap] > 0).all()
    assert (position[1:][new_lap] < 6.0).all()
    assert (position[:-1][new_lap] > 154.0).all()
    assert position.min() >= 0.0
    assert position.max() <= 160.0


def test_speed_is_the_slope_of_the_position():
    behaviour = laps(EXPERT)
    same_lap = np.diff(behaviour.trial) == 0
    slope = np.diff(behaviour.position_cm)[same_lap] * RATE_HZ
    middle = (behaviour.speed_cm_s[1:] + behaviour.speed_cm_s[:-1])[same_lap] / 2
    np.testing.assert_allclose(slope, middle, rtol=0.1)


def test_experts_slow_down_and_lick_in_the_reward_zone_and_novices_lick_everywhere():
    in_zone, far = {}, {}
    for name, style in (("novice", NOVICE), ("expert", EXPERT)):
        behaviour = laps(style)
        zone = (behaviour.position_cm >= 120) & (behaviour.position_cm < 140)
        away = behaviour.position_cm < 90
        in_zone[name] = behaviour.licks[zone].mean() * RATE_HZ
        far[name] = behaviour.licks[away].mean() * RATE_HZ
        slowing = behaviour.speed_cm_s[zone].mean() / behaviour.speed_cm_s[away].mean()
        assert (slowing < 0.65) == (name == "expert")
    assert in_zone["expert"] > 10 * far["expert"]  # some drink on into the next lap
    assert far["novice"] > 0.5


def test_at_most_one_reward_a_lap_at_the_first_lick_in_the_zone():
    behaviour = laps(NOVICE)
    frames = np.flatnonzero(behaviour.rewards)
    zone = (behaviour.position_cm >= 120) & (behaviour.position_cm < 140)
    assert np.bincount(behaviour.trial[frames]).max() == 1
    for frame in frames:
        earlier = zone & (behaviour.trial == behaviour.trial[frame]) & (np.arange(FRAMES) < frame)
        assert zone[frame]
        assert behaviour.licks[frame] > 0
        assert behaviour.licks[earlier].sum() == 0


def test_a_shorter_recording_has_the_first_laps_of_a_longer_one():
    short, long = laps(EXPERT, n_frames=1000), laps(EXPERT, n_frames=3000)
    np.testing.assert_array_equal(short.position_cm, long.position_cm[:1000])


def test_zone_profile_by_hand():
    np.testing.assert_allclose(
        zone_profile(np.array([0.0, 100.0, 110.0, 120.0, 140.0, 145.0, 150.0])),
        [0.0, 0.0, 0.5, 1.0, 1.0, 0.5, 0.0],
        atol=1e-12,
    )
