"""Simulated days: repeatable, with a truth that holds."""

import dataclasses
from typing import get_args

import numpy as np
import pytest

from cyclegan_neuro.configuration.sections import IndicatorName
from cyclegan_neuro.errors import ConfigurationError
from cyclegan_neuro.recordings.calcium import INDICATORS, convolve_spikes, gcamp6_kernel
from cyclegan_neuro.recordings.noise import noise_levels
from cyclegan_neuro.recordings.simulate import simulate_days
from cyclegan_neuro.recordings.simulate.presets import PRESETS


def position_tuning(values, behaviour, bin_cm=4.0):
    """Mean of each neuron in each position bin, shape (bin, neuron)."""
    index = np.minimum((behaviour.position_cm / bin_cm).astype(int), int(160 / bin_cm) - 1)
    return np.stack([values[index == i].mean(axis=0) for i in range(int(160 / bin_cm))])


@pytest.fixture(scope="module")
def days():
    return simulate_days(preset="mouse_2", seed=3)


@pytest.mark.parametrize("preset", list(PRESETS))
def test_every_mouse_can_be_simulated(preset):
    for day in simulate_days(preset=preset, seed=1, duration_s=20.0):
        assert day.dff.shape == (480, PRESETS[preset].n_neurons)
        assert day.dff.dtype == np.float32
        assert np.isfinite(day.dff).all()
        assert set(day.behaviour.available()) == {"position_cm", "licks", "rewards", "trial", "speed_cm_s"}


def test_days_have_the_length_and_the_neurons_of_the_mouse(days):
    novice, expert = days
    assert novice.dff.shape == expert.dff.shape == (21_471, 59)
    assert novice.roi_ids == expert.roi_ids
    np.testing.assert_array_equal(novice.roi_xy_um, expert.roi_xy_um)
    assert (novice.session, expert.session) == ("novice", "expert")


def arrays(day):
    truth = {f.name: getattr(day.truth, f.name) for f in dataclasses.fields(day.truth)}
    return {"dff": day.dff, "xy": day.roi_xy_um} | day.behaviour.available() | truth


def test_one_seed_gives_one_recording_bit_for_bit():
    first = simulate_days(preset="mouse_3", seed=7, duration_s=30.0)
    second = simulate_days(preset="mouse_3", seed=7, duration_s=30.0)
    other = simulate_days(preset="mouse_3", seed=8, duration_s=30.0)
    for a, b, c in zip(first, second, other, strict=True):
        for name, values in arrays(a).items():
            np.testing.assert_array_equal(values, arrays(b)[name], err_msg=name)
        assert not np.array_equal(a.dff, c.dff)


def test_simulating_does_not_touch_global_random_numbers():
    np.random.seed(5)  # noqa: NPY002 - the global generator is what is tested
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    simulate_days(preset="mouse_3", duration_s=5.0)
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # noqa: NPY002


def test_unchanged_neurons_answer_alike_with_either_brain(days):
    for day in days:
        stays = ~day.truth.changed
        np.testing.assert_array_equal(day.dff[:, stays], day.truth.other_day_dff[:, stays])
        np.testing.assert_array_equal(day.truth.spikes[:, stays], day.truth.other_day_spikes[:, stays])


def test_changed_neurons_answer_differently_and_only_where_their_response_differs(days):
    novice, _ = days
    truth, position = novice.truth, novice.behaviour.position_cm
    assert (truth.spikes[:, truth.changed] != truth.other_day_spikes[:, truth.changed]).any(axis=0).all()
    far_from_zone = (position > 30) & (position < 60)
    recruited = truth.change == "recruited"
    np.testing.assert_array_equal(
        truth.spikes[far_from_zone][:, recruited], truth.other_day_spikes[far_from_zone][:, recruited]
    )


def test_forty_percent_change_in_all_four_ways(days):
    truth = days[0].truth
    kinds = dict(zip(*np.unique(truth.change, return_counts=True), strict=True))
    assert kinds == {"none": 36, "moved": 8, "strengthened": 5, "silenced": 5, "recruited": 5}
    np.testing.assert_array_equal(truth.changed, truth.change != "none")
    np.testing.assert_array_equal(truth.change, days[1].truth.change)


def test_fields_lie_where_the_truth_says(days):
    novice, expert = days
    truth = novice.truth
    # the indicator drags its answer behind the position, the spikes do not
    for day, centre in ((novice, truth.field_before_cm), (expert, truth.field_after_cm)):
        curves = position_tuning(day.truth.spikes, day.behaviour)
        inside = (centre > 15) & (centre < 145)
        positions = np.arange(2, 160, 4)[:, None]
        above = np.maximum(curves - np.median(curves, axis=0), 0) ** 2
        measured = (positions * above).sum(axis=0) / above.sum(axis=0)
        np.testing.assert_allclose(measured[inside], centre[inside], atol=6.0)


def test_moved_fields_come_to_the_reward_zone(days):
    truth = days[0].truth
    moved = truth.change == "moved"
    before, after = (np.abs(c[moved] - 130.0) for c in (truth.field_before_cm, truth.field_after_cm))
    assert (after < 0.16 * before).all()
    assert (before - after >= 30.0).all()
    np.testing.assert_array_equal(np.isnan(truth.field_after_cm[truth.change == "silenced"]), True)
    np.testing.assert_array_equal(np.isnan(truth.field_before_cm[truth.change == "recruited"]), True)
    same = np.isin(truth.change, ["none", "strengthened"])
    np.testing.assert_array_equal(truth.field_before_cm[same], truth.field_after_cm[same])


def test_tuning_of_changed_neurons_differs_between_days_and_that_of_the_others_hardly(days):
    x, y = (position_tuning(day.dff, day.behaviour) for day in days)
    difference = np.abs(x - y).mean(axis=0) / np.maximum(np.ptp(x, axis=0), np.ptp(y, axis=0))
    changed = days[0].truth.changed
    assert np.median(difference[changed]) > 3 * np.median(difference[~changed])
    moved = days[0].truth.change == "moved"
    correlation = [np.corrcoef(x[:, i], y[:, i])[0, 1] for i in np.flatnonzero(moved)]
    assert max(correlation) < 0.5


def test_strengthened_more_silenced_and_recruited_as_named(days):
    truth = days[0].truth
    own, other = truth.spikes.mean(axis=0), truth.other_day_spikes.mean(axis=0)
    ratio = other / own
    assert (ratio[truth.change == "strengthened"] > 1.4).all()
    assert (ratio[truth.change == "silenced"] < 0.7).all()
    assert (ratio[truth.change == "recruited"] > 1.5).all()


def test_no_neuron_is_dead_and_the_noise_is_low(days):
    for day in days:
        assert day.truth.spikes.sum(axis=0).min() >= 10
        assert 0.7 < np.median(noise_levels(day.dff, day.frame_rate_hz)) < 1.3
        assert day.dff.min() < 0


def test_somata_do_not_overlap(days):
    xy = days[0].roi_xy_um.astype(float)
    distance = np.linalg.norm(xy[:, None] - xy[None], axis=2)[np.triu_indices(len(xy), 1)]
    assert distance.min() > 9.99
    assert xy.min() >= 0
    assert xy.max() <= 500


@pytest.mark.slow
def test_a_thousand_neurons():
    novice, _ = simulate_days(duration_s=100.0, n_neurons=1000)
    assert novice.dff.shape == (2400, 1000)


def test_another_frame_rate():
    novice, _ = simulate_days(preset="mouse_3", duration_s=30.0, frame_rate_hz=7.5)
    assert novice.n_frames == 225
    assert 0.6 < np.median(noise_levels(novice.dff, 7.5)) < 2.0  # transients are fast for this rate


@pytest.mark.parametrize("name", get_args(IndicatorName))
def test_spikes_are_answered_by_the_indicator(name):
    own, default = (simulate_days(preset="mouse_3", duration_s=60.0, indicator=i)[0] for i in (name, "gcamp6f"))
    np.testing.assert_array_equal(own.truth.spikes, default.truth.spikes)
    assert own.indicator.lower() == name
    indicator = INDICATORS[name]
    kernel = gcamp6_kernel(24.0, rise_s=indicator.rise_s, decay_s=indicator.decay_s, amplitude=1.0)
    seen = convolve_spikes(own.truth.spikes, kernel)
    slopes = [np.polyfit(s[s < 2], d[s < 2], 1)[0] for s, d in zip(seen.T, own.dff.T, strict=True)]  # less saturated
    assert np.median(slopes) == pytest.approx(indicator.median, rel=0.35)  # 21 neurons that spread by 40 %


def test_every_indicator_has_a_name_for_the_configuration():
    assert set(get_args(IndicatorName)) == set(INDICATORS)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"indicator": "gcamp9"}, "simulator, indicator: got 'gcamp9', expected one of gcamp6f, gcamp6s, gcamp7f"),
        ({"preset": "mouse_5"}, "simulator, preset: got 'mouse_5', expected one of mouse_1, mouse_2, mouse_3, mouse_4"),
        ({"seed": -1}, "simulator, seed: got -1, expected at least 0"),
        ({"duration_s": 0.0}, "simulator, duration_s: got 0.0, expected 0.08"),
        ({"frame_rate_hz": 0.04}, "simulator, frame_rate_hz: got 0.04, expected 1 to 200"),
        ({"n_neurons": 7}, "simulator, n_neurons: got 7, expected 8 to 1500"),
        ({"n_neurons": 1501}, "simulator, n_neurons: got 1501, expected 8 to 1500"),
    ],
)
def test_impossible_requests_are_refused(wrong, message):
    with pytest.raises(ConfigurationError) as caught:
        simulate_days(**({"duration_s": 5.0} | wrong))
    assert message in str(caught.value)
    assert "Fix: " in str(caught.value)
