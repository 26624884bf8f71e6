"""Rates over recordings and windows: those of every trace by itself, masked where the networks do not reach."""

import numpy as np
import pytest
from inference_fakes import SMALL, noise, random_models, random_networks, spike_rates

from cyclegan_neuro.errors import UserError
from cyclegan_neuro.recordings.noise import noise_levels
from cyclegan_neuro.spikes.inference import rates as module
from cyclegan_neuro.spikes.inference import traces
from cyclegan_neuro.spikes.inference.codes import code_of
from cyclegan_neuro.spikes.inference.rates import infer_rates, infer_windows
from cyclegan_neuro.spikes.inference.spike_network import condition_of
from cyclegan_neuro.spikes.inference.spike_networks import SpikeInference
from cyclegan_neuro.spikes.inference.storage import read_networks, save_networks

REACH = 12  # of the small networks, at 30 Hz


@pytest.fixture(scope="module")
def networks():
    return random_networks()


def by_hand(networks, trace, level, indicator=""):
    told = condition_of(np.array([level]), 30.0, code_of(indicator))
    members = [spike_rates(weights, trace[None], told, SMALL.bases(30.0))[0] for weights in networks.members]
    return np.maximum(np.mean(members, axis=0), 0)


def test_every_neuron_has_the_rates_of_its_noise_level(networks):
    dff = np.stack([noise(level, 120, seed=i) for i, level in enumerate((0.1, 2.1, 30.0))], axis=1).astype(np.float32)
    found = infer_rates(dff, frame_rate_hz=30.0, models=networks, indicator="GCaMP6f")
    np.testing.assert_array_equal(found.noise_levels, noise_levels(dff, 30.0))
    assert found.network_levels.dtype == np.float64
    assert found.network_levels.tolist() == [0.3, found.noise_levels[1], 10.0]
    assert (found.rates_hz.dtype, found.frame_rate_hz) == (np.float32, 30.0)
    assert found.valid.tolist() == [False] * REACH + [True] * (120 - 2 * REACH) + [False] * REACH
    assert not found.rates_hz[~found.valid].any()
    for column, level in enumerate(found.network_levels):
        expected = by_hand(networks, dff[:, column], level, "GCaMP6f")
        assert np.ptp(expected) > 0.3
        np.testing.assert_allclose(found.rates_hz[found.valid, column], expected, atol=2e-3)


def test_one_neuron_or_many_are_the_same(networks):
    dff = noise(np.array([0.5, 1.0, 4.0]), (90, 3)).astype(np.float32)
    together = infer_rates(dff, frame_rate_hz=30.0, models=networks)
    for column in range(3):
        alone = infer_rates(dff[:, [column]], frame_rate_hz=30.0, models=networks)
        np.testing.assert_allclose(together.rates_hz[:, [column]], alone.rates_hz, atol=1e-4)


def test_gaps_are_borders(networks):
    dff = noise(1, (150, 2)).astype(np.float32)
    # stretches of 60, 15 (too short) and 75 frames; the jump at a gap is no noise
    dff[60:] += 10.0
    found = infer_rates(dff, frame_rate_hz=30.0, models=networks, gaps=[59, 74])
    assert (found.network_levels < 1.5).all()
    reached = np.zeros(150, bool)
    reached[REACH : 60 - REACH] = reached[75 + REACH : 150 - REACH] = True
    np.testing.assert_array_equal(found.valid, reached)
    told = {"frame_rate_hz": 30.0, "models": networks, "levels": found.noise_levels}
    first, last = (infer_rates(part, **told) for part in (dff[:60], dff[75:]))
    np.testing.assert_allclose(found.rates_hz[:60], first.rates_hz, atol=1e-4)
    np.testing.assert_allclose(found.rates_hz[75:], last.rates_hz, atol=1e-3)
    assert not found.rates_hz[60:75].any()


@pytest.mark.parametrize(("longest", "per_call"), [(7, 1), (90, 300)])
def test_parts_join_seamlessly(networks, monkeypatch, longest, per_call):
    dff = noise(1, (200, 5)).astype(np.float32)
    whole = infer_rates(dff, frame_rate_hz=30.0, models=networks)
    monkeypatch.setattr(traces, "_LONGEST_TRACE", longest)
    monkeypatch.setattr(SpikeInference, "frames_per_call", per_call)
    monkeypatch.setattr(module, "_CALLS_AT_ONCE", 2)
    parts = infer_rates(dff, frame_rate_hz=30.0, models=networks)
    np.testing.assert_allclose(parts.rates_hz, whole.rates_hz, atol=1e-4)  # float32: processors sum in other orders
    np.testing.assert_array_equal(parts.valid, whole.valid)


@pytest.mark.parametrize("per_call", [1, 10**6])
def test_windows_have_the_rates_of_recordings_and_one_level_over_all(networks, monkeypatch, per_call):
    monkeypatch.setattr(SpikeInference, "frames_per_call", per_call)
    # the second neuron is quiet in one window and loud in the other two: one level for all three
    levels = [(1.0, 0.4), (1.0, 5.0), (1.0, 5.0)]
    windows = np.stack([noise(np.array(pair), (70, 2), seed=i) for i, pair in enumerate(levels)])
    windows = windows.astype(np.float32)
    found = infer_windows(windows, frame_rate_hz=30.0, models=networks)
    assert found.rates_hz.shape == (3, 70 - 2 * REACH, 2)
    assert (found.first_frame, found.n_masked) == (REACH, 2 * REACH)
    joined = noise_levels(windows.reshape(-1, 2), 30.0, gaps=[69, 139])
    np.testing.assert_array_equal(found.noise_levels, joined)
    np.testing.assert_array_equal(found.network_levels, joined)
    for window, rates in zip(windows, found.rates_hz, strict=True):
        alone = infer_rates(window, frame_rate_hz=30.0, models=networks, levels=joined)
        np.testing.assert_allclose(rates, alone.rates_hz[alone.valid], atol=1e-4)


def test_windows_of_networks_that_serve_one_level_each():
    models = random_models((1, 2, 4))
    windows = np.stack([noise(np.array([1.0, 1.0]), (70, 2), seed=i) for i in range(3)]).astype(np.float32)
    found = infer_windows(windows, frame_rate_hz=30.0, models=models, levels=np.array([4.2, 1.9]))
    assert found.network_levels.tolist() == [4.0, 2.0]
    alone = infer_rates(windows[1], frame_rate_hz=30.0, models=models, levels=np.array([4.2, 1.9]))
    np.testing.assert_allclose(found.rates_hz[1], alone.rates_hz[alone.valid], atol=1e-4)


def test_progress_reaches_its_total(networks):
    seen = []
    told = {"frame_rate_hz": 30.0, "models": networks, "progress": lambda *done: seen.append(done)}
    infer_rates(noise(1, (100, 3)), gaps=[9], **told)
    assert seen[-1] == (300, 300)
    infer_windows(noise(1, (2, 50, 3)), **told)
    assert seen[-1] == (300, 300)
    assert [done for done, _ in seen[-2:]] == sorted(done for done, _ in seen[-2:])


def test_networks_from_a_file(networks, tmp_path):
    path = save_networks(tmp_path / "spike_networks.h5", networks)
    dff = noise(1, (60, 2))
    found = infer_rates(dff, frame_rate_hz=30.0, models=tmp_path)
    stored = infer_rates(dff, frame_rate_hz=30.0, models=read_networks(path))
    np.testing.assert_array_equal(found.rates_hz, stored.rates_hz)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_not_finite_are_refused(networks, value):
    dff = noise(1, (60, 4))
    dff[5, 2] = dff[6, 3] = value
    with pytest.raises(UserError, match="not finite in 2 neurons, first 2, expected finite ΔF/F"):
        infer_rates(dff, frame_rate_hz=30.0, models=networks)
    with pytest.raises(UserError, match="not finite in 2 neurons, first 2"):
        infer_windows(dff[None], frame_rate_hz=30.0, models=networks)


def test_another_shape_is_refused(networks):
    with pytest.raises(UserError, match=r"got an array of shape \(60,\), expected \(time, neuron\)"):
        infer_rates(noise(1, 60), frame_rate_hz=30.0, models=networks)
    with pytest.raises(UserError, match=r"got an array of shape \(60, 0\), expected \(time, neuron\)"):
        infer_rates(noise(1, (60, 0)), frame_rate_hz=30.0, models=networks)
    with pytest.raises(UserError, match=r"got an array of shape \(60, 2\), expected \(window, time, neuron\)"):
        infer_windows(noise(1, (60, 2)), frame_rate_hz=30.0, models=networks)


def test_too_short_is_refused_with_the_length_that_is_enough(networks):
    dff = noise(1, (2 * 24, 2))
    with pytest.raises(UserError, match="got stretches of at most 24 frames, expected at least 25 frames without a"):
        infer_rates(dff, frame_rate_hz=30.0, models=networks, gaps=[23])
    assert infer_rates(dff, frame_rate_hz=30.0, models=networks, gaps=[24]).valid.sum() == 1
    with pytest.raises(UserError, match="got stretches of at most 24 frames, expected at least 25"):
        infer_windows(dff[None, :24], frame_rate_hz=30.0, models=networks)


def test_a_frame_rate_beyond_the_training_is_refused(networks):
    for call in (infer_rates, lambda dff, **how: infer_windows(dff[None], **how)):
        with pytest.raises(UserError, match=r"frame rate: got 2\.5 Hz, expected 3 to 100 Hz"):
            call(noise(1, (60, 2)), frame_rate_hz=2.5, models=networks)
