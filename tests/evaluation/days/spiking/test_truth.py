"""Inferred against true spikes: the same frames, and metrics that are right where the answer is known."""

import warnings
from dataclasses import replace

import numpy as np
import pytest

from cyclegan_neuro.evaluation.days.spiking.truth import inference_accuracy, true_counts, true_parts
from cyclegan_neuro.report.tables import json_ready
from cyclegan_neuro.spikes.counts import SpikeCounts

SIGMAS = (0.05, 0.2)


def test_true_spikes_are_those_of_the_compared_frames(make_days, make_recorder):
    prepared = make_days(split="paper")
    recorder = make_recorder(prepared, max_windows=5)
    for name in "xy":
        spikes = prepared[name].recording.truth.spikes
        parts = list(true_parts(recorder, name))
        assert len(parts) == len(recorder.parts[name]) > 0
        sides = [side for pair in zip(recorder.parts[name], parts, strict=True) for side in zip(*pair, strict=True)]
        for starts, true in [(recorder.starts[name], true_counts(recorder, name)), *sides]:
            assert true.counts.shape == (5, 128, 6)
            for window, start in zip(true.counts, starts, strict=True):
                np.testing.assert_array_equal(window, spikes[start : start + 128])


def test_inference_that_is_right_meets_the_truth_frame_by_frame(make_days, make_recorder, stand_in_networks):
    """ΔF/F that is 2.4 / 1.03 at each spike gives exactly its spike: a truth one frame away would not agree."""
    prepared = make_days()
    for name in "xy":
        recording = prepared[name].recording
        recording.dff[:] = recording.truth.spikes * 2.4 / 1.03 + 1e-5  # networks are told noise level 0.3
    recorder = make_recorder(prepared)
    for name in "xy":
        inferred = recorder.recorded(name, label=name).counts
        result = inference_accuracy(inferred, true_counts(recorder, name))
        assert result.n_neurons == 6
        for sigma in SIGMAS:
            assert result.by_sigma[sigma]["correlation"] > 0.9999
            assert result.by_sigma[sigma]["error"] < 0.01
        later = SpikeCounts(np.roll(inferred.counts, 1, axis=1), 24.0)
        assert inference_accuracy(later, true_counts(recorder, name)).by_sigma[0.05]["correlation"] < 0.9


def poisson(seed, *, n_windows=4, silent=()):
    counts = np.random.default_rng(seed).poisson(0.1 + 0.02 * np.arange(5), (n_windows, 60, 5)).astype(np.uint8)
    counts[..., list(silent)] = 0
    return SpikeCounts(counts, 24.0)


def test_perfect_inference():
    result = inference_accuracy(poisson(1), poisson(1))
    for sigma in SIGMAS:
        assert result.by_sigma[sigma] == pytest.approx({"correlation": 1.0, "error": 0.0, "bias": 0.0}, abs=1e-9)
    assert result.rate_correlation == pytest.approx(1.0)
    assert result.n_neurons == 5
    assert result.to_json().keys() == {"sigma_0.05_s", "sigma_0.2_s", "mean_rate_correlation", "n_neurons"}


def test_twice_as_many_spikes_have_a_bias_of_one():
    true = poisson(1)
    result = inference_accuracy(SpikeCounts(true.counts * 2, 24.0), true)
    for sigma in SIGMAS:
        assert result.by_sigma[sigma] == pytest.approx({"correlation": 1.0, "error": 1.0, "bias": 1.0})


def test_nothing_inferred_is_an_error_of_one_and_no_nan():
    result = inference_accuracy(SpikeCounts(np.zeros((4, 60, 5), np.uint8), 24.0), poisson(1))
    for sigma in SIGMAS:
        assert result.by_sigma[sigma] == pytest.approx({"correlation": 0.0, "error": 1.0, "bias": -1.0})


def test_every_frame_of_a_window_counts():
    """A spike in the last frame of a window is compared too."""
    counts = np.zeros((2, 30, 1), np.uint8)
    counts[0, -1] = 1
    true = SpikeCounts(counts, 24.0)
    assert inference_accuracy(true, true).by_sigma[0.05]["correlation"] == pytest.approx(1.0)
    wrong = SpikeCounts(counts[::-1].copy(), 24.0)
    assert inference_accuracy(wrong, true).by_sigma[0.05]["error"] == pytest.approx(2.0)


def test_smoothing_does_not_join_windows():
    """A true spike at the end of one window is not explained by one at the beginning of the next."""
    true, inferred = np.zeros((2, 30, 1), np.uint8), np.zeros((2, 30, 1), np.uint8)
    true[0, -1], inferred[1, 0] = 1, 1
    found = inference_accuracy(SpikeCounts(inferred, 24.0), SpikeCounts(true, 24.0)).by_sigma[0.2]
    assert found["error"] == pytest.approx(2.0)
    assert found["correlation"] < 0


def test_neurons_without_a_true_spike_are_left_out():
    true = poisson(1, silent=[0, 3])
    result = inference_accuracy(poisson(1), true)
    assert result.n_neurons == 3
    assert result.by_sigma[0.05]["correlation"] == pytest.approx(1.0)


@pytest.mark.parametrize("silent", [[0, 1, 2, 3, 4], [1, 2, 3]])
def test_few_or_no_neurons_make_no_noise(silent):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for inferred in (poisson(1), SpikeCounts(np.zeros((4, 60, 5), np.uint8), 24.0)):
            entry = json_ready(inference_accuracy(inferred, poisson(1, silent=silent)).to_json())
            assert entry["mean_rate_correlation"] is None
            assert (entry["sigma_0.2_s"]["correlation"] is None) == (len(silent) == 5)


def test_equal_rates_have_no_correlation():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        equal = SpikeCounts(np.ones((4, 60, 5), np.uint8), 24.0)
        assert np.isnan(inference_accuracy(equal, poisson(1)).rate_correlation)


def test_recordings_and_phi_have_no_true_spikes(make_days, make_recorder):
    recorded = make_recorder(make_days(truth=False))
    assert [true_counts(recorded, name) for name in "xy"] == [None, None]
    transformed = make_recorder(make_days(phi=True))
    assert true_counts(transformed, "y") is None
    prepared = make_days(phi=True)
    spiking = replace(prepared.y, recording=prepared.x.recording)  # Φ removes signal, not spikes
    assert true_counts(make_recorder(replace(prepared, y=spiking)), "y") is None
