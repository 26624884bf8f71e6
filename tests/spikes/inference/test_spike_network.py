"""The network for every frame rate is what its equations say, at each frame, whatever else a call reads."""

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf
from inference_fakes import SMALL, noise, random_networks, spike_rates

from cyclegan_neuro.spikes.inference import spike_networks, traces
from cyclegan_neuro.spikes.inference.codes import CODES, code_of
from cyclegan_neuro.spikes.inference.spike_network import Architecture, condition_of, hats, initial_weights
from cyclegan_neuro.spikes.inference.spike_networks import SpikeInference
from cyclegan_neuro.spikes.inference.told_network import Look, Scratch, ToldNetworks
from cyclegan_neuro.spikes.inference.traces import rates_of_traces
from cyclegan_neuro.spikes.inference.training.fit import forward

REACH = {10.0: 4, 24.0: 10, 30.0: 12}  # of SMALL: 0.2 s twice, to the end of the frame that 0.2 s lie in


@pytest.fixture(scope="module")
def networks():
    return random_networks()


@pytest.mark.parametrize("frame_rate_hz", [7.5, 30.0])
def test_hats_are_triangles_averaged_over_frames(frame_rate_hz):
    peaks = np.array([-0.3, -0.1, 0.05, 0.4])
    found = hats(tuple(peaks), frame_rate_hz)
    half = len(found) // 2
    parts = 5000
    within = (np.arange(parts) + 0.5) / parts - 0.5
    for frame in range(-half - 1, half + 2):
        times = (frame + within) / frame_rate_hz
        means = np.zeros(4)
        for number, peak in enumerate(peaks):
            sides = [abs(other - peak) for other in peaks[max(number - 1, 0) : number + 2] if other != peak]
            below = sides[0] if number else np.inf  # the outermost have one side
            above = sides[-1] if number < 3 else np.inf
            rise = np.where(times <= peak, 1 - (peak - times) / below, 1 - (times - peak) / above)
            means[number] = np.where((times >= peaks[0]) & (times <= peaks[-1]), np.maximum(rise, 0), 0).mean()
        if abs(frame) > half:
            assert not means.any()
        else:
            area = np.array([0.1, 0.175, 0.25, 0.175]) * frame_rate_hz  # half of each base, in frames
            np.testing.assert_allclose(found[frame + half], means / area, atol=0.02)


@pytest.mark.parametrize("frame_rate_hz", [2.85, 3.0, 5.0, 7.5, 15.0, 30.0, 60.0, 105.0])
def test_every_frame_rate_has_every_hat(frame_rate_hz):
    """Also where a hat is narrower than a frame."""
    for basis in Architecture().bases(frame_rate_hz):
        assert len(basis) % 2 == 1
        assert np.isfinite(basis).all()
        np.testing.assert_allclose(basis, basis[::-1, ::-1], atol=1e-6)  # neither earlier nor later is preferred
    first, second = Architecture().bases(frame_rate_hz)
    np.testing.assert_allclose(first.sum(axis=0), 1, rtol=1e-5)
    np.testing.assert_allclose(second.sum(axis=0), 1, rtol=1e-5)
    assert len(first) // 2 == np.ceil(1.6 * frame_rate_hz - 0.5)


def test_what_is_known_of_traces():
    told = condition_of(np.array([2.0, 4.0]), 15.0, np.eye(1, len(CODES))[0])
    assert told.dtype == np.float32
    np.testing.assert_allclose(told[:, :3], [[0, np.log(0.5), 1], [np.log(2), np.log(0.5), 1]], rtol=1e-6)
    assert not told[:, 3:].any()
    each = condition_of(np.ones(2), 30.0, np.stack([code_of("GCaMP6f"), code_of("jGCaMP8s", "pv")]))
    assert [[CODES[place] for place in np.flatnonzero(row)] for row in each[:, 2:]] == [
        ["gcamp6", "gcamp6f"], ["gcamp8", "gcamp8s", "interneuron", "pv"],
    ]  # fmt: skip


@pytest.mark.parametrize("unknown", [("", ""), ("unknown", "unknown"), ("jRGECO1a", "excitatory"), ("GCaMP3", "mixed")])
def test_what_is_not_known_is_zero(unknown):
    assert not code_of(*unknown).any()


def rates_by_hand(networks, dff, levels, frame_rate_hz, **known):
    """Of every network, not cut off at zero."""
    told = condition_of(levels, frame_rate_hz, code_of(*known.values()))
    return np.stack([spike_rates(member, dff, told, SMALL.bases(frame_rate_hz)) for member in networks.members])


def raw_rates(inference, dff):
    """Mean of the networks at a noise level of 1, not cut off at zero."""
    told = condition_of(np.ones(1), inference.frame_rate_hz, code_of(inference.indicator, inference.cell_type))[0]
    first, second = map(Look, SMALL.bases(inference.frame_rate_hz))
    return ToldNetworks(inference.networks.members, told, (first, second)).rates(dff, Scratch())


@pytest.mark.parametrize("frame_rate_hz", [10.0, 30.0])
def test_rates_are_those_of_the_equations(networks, frame_rate_hz):
    dff = np.stack([noise(level, 70, frame_rate_hz=frame_rate_hz, seed=level) for level in (1, 2, 5)])
    inference = networks.at(frame_rate_hz, indicator="GCaMP8m", cell_type="sst")
    levels = np.array([1.0, 2.0, 5.0])
    expected = rates_by_hand(networks, dff, levels, frame_rate_hz, indicator="GCaMP8m", cell_type="sst")
    assert (expected < 0).any()
    assert (np.ptp(expected, axis=2) > 1).all()
    assert expected.shape[2] == 70 - 2 * REACH[frame_rate_hz]
    np.testing.assert_allclose(inference.inner_rates(dff, levels), np.maximum(expected.mean(axis=0), 0), atol=2e-4)


def test_what_learns_is_what_infers(networks):
    """The same equations, in TensorFlow."""
    dff, levels = noise(1, (2, 70)).astype(np.float32), np.array([1.0, 5.0])
    told = condition_of(levels, 30.0, code_of("GCaMP8m", "sst"))
    expected = rates_by_hand(networks, dff, levels, 30.0, indicator="GCaMP8m", cell_type="sst")
    for weights, rates in zip(networks.members, expected, strict=True):
        found = forward({name: tf.constant(array) for name, array in weights.items()}, dff, told, SMALL.bases(30.0))
        np.testing.assert_allclose(found, rates, atol=2e-4)


def test_everything_that_is_known_changes_the_rates(networks):
    dff = noise(1, (1, 60)).astype(np.float32)
    for member in networks.members:
        alone = replace(networks, members=(member,))
        plain = alone.at(30.0).inner_rates(dff, np.ones(1))
        for indicator, cell_type, level in (("GCaMP6f", "", 1.0), ("", "pv", 1.0), ("", "", 1.2)):
            told = alone.at(30.0, indicator=indicator, cell_type=cell_type).inner_rates(dff, np.full(1, level))
            assert np.abs(told - plain).max() > 1e-2


@pytest.mark.parametrize("frame_rate_hz", [10.0, 24.0, 30.0])
def test_a_rate_depends_on_the_frames_of_its_reach_and_on_no_other(networks, frame_rate_hz):
    inference, reach = networks.at(frame_rate_hz), REACH[frame_rate_hz]
    n_frames = 4 * reach + 1
    dff = np.tile(noise(1, n_frames, frame_rate_hz=frame_rate_hz).astype(np.float32), (n_frames + 1, 1))
    dff[np.arange(n_frames), np.arange(n_frames)] += 1e3  # the last trace is as it was
    rates = raw_rates(inference, dff)
    inside = inference.reachable(n_frames)
    assert (inside.start, inside.stop) == (reach, n_frames - reach)
    assert inference.overlap_frames == 2 * reach
    changed, frames = np.abs(rates[:-1] - rates[-1]) > 1e-4, np.arange(inside.start, inside.stop)
    np.testing.assert_array_equal(changed, np.abs(np.arange(n_frames)[:, None] - frames) <= reach)


@pytest.mark.parametrize(("n_frames", "n_reached"), [(0, 0), (24, 0), (25, 1), (40, 16)])
def test_stretches_with_and_without_a_frame_that_is_reached(networks, n_frames, n_reached):
    inside = networks.at(30.0).reachable(n_frames)
    assert inside.stop - inside.start == n_reached


@pytest.mark.parametrize("per_task", [1, 200, 10**6])
def test_traces_do_not_depend_on_those_beside_them(networks, monkeypatch, per_task):
    monkeypatch.setattr(spike_networks, "_FRAMES_PER_TASK", per_task)
    dff, levels = noise(1, (9, 80)).astype(np.float32), np.array([0.5, 3.0, 5.0, 3.0, 3.0, 0.5, 1.0, 3.0, 5.0])
    inference = networks.at(30.0, indicator="GCaMP6s")
    together = inference.inner_rates(dff, levels)
    assert together.std() > 1
    alone = np.concatenate([inference.inner_rates(dff[[k]], levels[[k]]) for k in range(9)])
    np.testing.assert_allclose(together, alone, atol=2e-5)


@pytest.mark.parametrize(("longest", "per_call"), [(1, 1), (30, 300)])
def test_the_parts_of_a_trace_join_seamlessly(networks, monkeypatch, longest, per_call):
    dff, levels = noise(1, (5, 110)).astype(np.float32), np.linspace(0.5, 5.0, 5)
    inference = networks.at(30.0)
    whole = rates_of_traces(dff, inference, levels)
    monkeypatch.setattr(traces, "_LONGEST_TRACE", longest)
    monkeypatch.setattr(SpikeInference, "frames_per_call", per_call)
    parts = list(traces._parts(dff.shape, inference))
    assert len(parts) >= 3
    assert all(frames.stop - frames.start <= longest + inference.overlap_frames for _, frames in parts)
    np.testing.assert_allclose(rates_of_traces(dff, inference, levels), whole, atol=2e-5)


def test_networks_begin_with_nothing_known():
    """What a condition does is learned from nothing, so that what no training set never does anything."""
    weights = initial_weights(SMALL, np.random.default_rng(0))
    for name in ("first", "second", "around"):
        assert not weights[f"{name}_scale"].any()
        assert not weights[f"{name}_shift"].any()
    assert {array.dtype for array in weights.values()} == {np.dtype(np.float32)}
    again, other = (initial_weights(SMALL, np.random.default_rng(seed)) for seed in (0, 1))
    assert all((again[name] == weights[name]).all() for name in weights)
    assert (other["first_kernel"] != weights["first_kernel"]).all()
