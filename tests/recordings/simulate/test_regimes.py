"""Kinds of learning beyond tuning: what changes, what stays, and the truth of both."""

import numpy as np
import pytest
from pydantic import ValidationError

from cyclegan_neuro.configuration.sections import LearningSection
from cyclegan_neuro.errors import ConfigurationError
from cyclegan_neuro.recordings.loading import load
from cyclegan_neuro.recordings.pairing import pair
from cyclegan_neuro.recordings.resampling import resample
from cyclegan_neuro.recordings.shuffling import shuffle_days
from cyclegan_neuro.recordings.simulate import simulate_days
from cyclegan_neuro.recordings.simulate.hidden import Drive, delayed_spikes, draw_hidden, state_log_gain
from cyclegan_neuro.recordings.writing import write_recording

KINDS = ("remapping", "correlations", "gain", "timing", "mixed")


@pytest.fixture(scope="module")
def simulated():
    return {kind: simulate_days(preset="mouse_2", duration_s=400.0, learning=kind) for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
def test_unchanged_neurons_have_the_same_trace_and_changed_ones_another(simulated, kind):
    for day in simulated[kind]:
        truth = day.truth
        assert truth.changed.sum() == round(0.4 * 59)
        same = (day.dff == truth.other_day_dff).all(axis=0)
        np.testing.assert_array_equal(same, ~truth.changed)
        np.testing.assert_array_equal(truth.changed, truth.change != "none")


@pytest.mark.parametrize("kind", ["correlations", "gain", "timing", "mixed"])
def test_mean_rates_of_changed_neurons_stay(simulated, kind):
    truth = simulated[kind][1].truth  # the expert's: gains are normalised under the expert's occupancy
    own, other = (spikes[:, truth.changed].mean() for spikes in (truth.spikes, truth.other_day_spikes))
    assert own == pytest.approx(other, rel=0.12)


def test_remapped_fields_go_to_unrelated_places(simulated):
    truth = simulated["remapping"][0].truth
    had = truth.changed & np.isfinite(truth.field_before_cm)
    assert abs(np.corrcoef(truth.field_before_cm[had], truth.field_after_cm[had])[0, 1]) < 0.5
    assert np.median(np.abs(truth.field_before_cm - truth.field_after_cm)[had]) > 20


def test_assemblies_form_dissolve_and_turn(simulated):
    truth = simulated["correlations"][0].truth

    def correlations(spikes, kind):
        counts = spikes[: len(spikes) // 24 * 24].reshape(-1, 24, spikes.shape[1]).sum(axis=1)
        members = counts[:, truth.change == kind]
        return np.corrcoef(np.sqrt(members).T)[np.triu_indices(members.shape[1], 1)]

    size = {k: [np.abs(correlations(s, k)).mean() for s in (truth.spikes, truth.other_day_spikes)]
            for k in ("formed", "dissolved", "turned")}  # fmt: skip
    assert size["formed"][1] > 2 * size["formed"][0]
    assert size["dissolved"][0] > 2 * size["dissolved"][1]
    before, after = (correlations(s, "turned") for s in (truth.spikes, truth.other_day_spikes))
    assert (np.sign(before) != np.sign(after))[np.abs(before) > 0.15].mean() > 0.4


def test_the_hidden_state_has_the_occupancy_and_dwell_times_that_are_promised(simulated):
    for day, occupancy in zip(simulated["gain"], (0.35, 0.6), strict=True):
        state = day.truth.state
        assert state.dtype == np.uint8
        assert state.mean() == pytest.approx(occupancy, abs=0.08)
        dwells_s = np.diff(np.flatnonzero(np.diff(state.astype(int)))) / 24
        assert dwells_s.min() >= 18 * 0.35 * 2 / 3 - 0.1
        assert dwells_s.max() <= 18 * 0.65 * 4 / 3 + 0.1
    assert simulated["timing"][0].truth.state is None


def test_changed_neurons_follow_the_state_after_learning_only_and_others_on_both_days(simulated):
    novice, _ = simulated["gain"]
    truth, engaged = novice.truth, novice.truth.state == 1

    def log_ratio(spikes):
        return np.log((spikes[engaged].mean(axis=0) + 1e-3) / (spikes[~engaged].mean(axis=0) + 1e-3))

    own, other = log_ratio(truth.spikes), log_ratio(truth.other_day_spikes)
    strong = truth.spikes.sum(axis=0) > 200
    expected = 2 * np.log(2.5)  # x2.5 against x0.4
    assert np.median(np.abs(own[truth.changed & strong])) < 0.3
    assert np.median(np.abs(other[truth.changed & strong])) == pytest.approx(expected, abs=0.4)
    assert (np.abs(own[~truth.changed & strong]) > 1.0).sum() >= 8  # of 15 that follow it, the active ones


def test_gain_is_one_on_average_under_the_expert_at_any_speed():
    speed = np.array([5.0, 30.0, 90.0])
    high, low = (np.exp(state_log_gain(0.5, 0.8, np.full(3, state), speed)) for state in (1, 0))
    np.testing.assert_allclose(0.6 * high + 0.4 * low, 1.0)
    assert high[1] / low[1] == pytest.approx(np.exp(2 * 0.5))  # at 30 cm/s speed adds nothing
    assert high[2] / low[2] == pytest.approx(np.exp(2 * (0.5 + 0.8 * 1.5)))


def test_a_late_neuron_has_the_same_spikes_later_and_a_broad_one_spreads_them(simulated):
    truth = simulated["timing"][0].truth
    for neuron in np.flatnonzero(truth.change == "late"):
        own, late = truth.spikes[:, neuron], truth.other_day_spikes[:, neuron]
        delays = [d for d in range(1, 30) if np.array_equal(late[d:], own[:-d])]
        assert len(delays) == 1
        assert 7 <= delays[0] <= 20  # 0.3 to 0.8 s at 24 Hz
    drive = Drive.none(2)
    drive.decay_s[1] = 0.5
    spikes = np.zeros((20_000, 2), np.uint8)
    spikes[:10_000] = 1
    hidden = draw_hidden(np.random.SeedSequence(1), n_frames=20_000, frame_rate_hz=8.0, occupancy=0.5, n_assemblies=0)
    late = delayed_spikes(spikes, drive, hidden, frame_rate_hz=8.0, columns=range(2))
    np.testing.assert_array_equal(late[:, 0], spikes[:, 0])
    mean_s = (np.arange(20_000) @ late / late.sum(axis=0) - np.arange(20_000) @ spikes / spikes.sum(axis=0)) / 8
    np.testing.assert_allclose(mean_s, [0.0, 0.5], atol=0.03)


def test_timing_moves_responses_forward_along_the_corridor(simulated):
    novice, _ = simulated["timing"]
    truth = novice.truth
    late = truth.changed & np.isfinite(truth.field_before_cm)
    turn = np.exp(2j * np.pi * novice.behaviour.position_cm / 160)
    shift_cm = np.angle((turn @ truth.other_day_spikes[:, late]) / (turn @ truth.spikes[:, late])) * 160 / (2 * np.pi)
    # by 0.3 to 1.6 s at 23 cm/s
    assert 8 < np.median(shift_cm) < 35


def test_behaviour_alone_changes_no_neuron():
    novice, expert = simulate_days(preset="mouse_3", duration_s=60.0, learning="behaviour")
    for day in (novice, expert):
        assert not day.truth.changed.any()
        np.testing.assert_array_equal(day.dff, day.truth.other_day_dff)
    assert novice.behaviour.trial.max() < expert.behaviour.trial.max()


def test_drift_moves_every_response_and_is_no_change():
    before, _ = simulate_days(preset="mouse_2", duration_s=60.0)
    drifting, _ = simulate_days(preset="mouse_2", duration_s=60.0, drift=0.25)
    np.testing.assert_array_equal(drifting.dff, before.dff)
    np.testing.assert_array_equal(drifting.truth.change, before.truth.change)
    moved = drifting.truth.field_after_cm - before.truth.field_after_cm
    assert np.nanstd(moved) == pytest.approx(5.0, rel=0.4)  # 20 cm times 0.25
    silenced = before.truth.change == "silenced"
    np.testing.assert_array_equal(drifting.truth.other_day_dff[:, silenced], before.truth.other_day_dff[:, silenced])
    field = np.isfinite(moved)
    assert (drifting.truth.other_day_spikes != before.truth.other_day_spikes)[:, field].any(axis=0).mean() > 0.9


def test_share_is_that_of_neurons_and_scales_the_four_kinds_of_tuning():
    for kind, share in (("timing", 1.0), ("gain", 0.75), ("remapping", 0.2)):
        truth = simulate_days(preset="mouse_2", duration_s=5.0, learning=kind, share=share)[0].truth
        assert truth.changed.sum() == round(share * 59)
    truth = simulate_days(preset="mouse_2", duration_s=5.0, share=0.2)[0].truth
    assert (truth.change == "moved").sum() == round(0.07 * 59)
    assert (truth.change == "silenced").sum() == round(0.04 * 59)


def test_the_state_survives_resampling_shuffling_selection_and_files(tmp_path):
    novice, expert = simulate_days(preset="mouse_3", duration_s=60.0, learning="gain")
    slow = resample(novice, 8.0)
    np.testing.assert_array_equal(slow.truth.state, novice.truth.state[::3])
    np.testing.assert_array_equal(novice.select_neurons([3, 1]).truth.state, novice.truth.state)
    mixed = shuffle_days(pair(novice, expert), block_frames=100, seed=1)
    assert {tuple(mixed.x.truth.state[:100]), tuple(mixed.y.truth.state[:100])} == {
        tuple(novice.truth.state[:100]), tuple(expert.truth.state[:100])}  # fmt: skip
    path = write_recording(novice, tmp_path / "novice.h5")
    from cyclegan_neuro.configuration.sections import RecordingSection

    read = load(RecordingSection(path=str(path)), base_directory=tmp_path).kept
    np.testing.assert_array_equal(read.truth.state, novice.truth.state)


def test_a_share_without_effect_is_refused():
    with pytest.raises(ValidationError, match="none where learning changes behaviour alone"):
        LearningSection(kind="behaviour", share=0.4)
    with pytest.raises(
        ConfigurationError, match=r"simulator, share: got 0.8, expected at most 0.75 with the kind gain"
    ):
        simulate_days(learning="gain", share=0.8)
    with pytest.raises(
        ConfigurationError, match=r"simulator, learning: got 'sleep', expected one of tuning, remapping"
    ):
        simulate_days(learning="sleep")
    with pytest.raises(ConfigurationError, match=r"simulator, drift: got -0.1, expected 0 to 1"):
        simulate_days(drift=-0.1)
