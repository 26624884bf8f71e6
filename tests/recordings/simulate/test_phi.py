"""The synthetic transformation Φ (Eq. 6) and what no translator of it can beat."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cyclegan_neuro.errors import WindowError
from cyclegan_neuro.recordings.recording import Behaviour, Recording
from cyclegan_neuro.recordings.simulate import best_possible, corner_mask, phi_noise, synthetic_transformation
from cyclegan_neuro.recordings.simulate.phi import phi_recording


def test_mask_by_hand():
    # t/H = 0, 1/6, ... 5/6; n/W = 0, 1/3, 2/3; zero where t/H < n/W
    np.testing.assert_array_equal(corner_mask(6, 3), [[1, 0, 0], [1, 0, 0], [1, 1, 0], [1, 1, 0], [1, 1, 1], [1, 1, 1]])


@given(frames=st.integers(1, 300), neurons=st.integers(1, 120))
@settings(deadline=None, max_examples=50)
def test_mask_follows_the_definition_for_every_size(frames, neurons):
    t, n = np.mgrid[:frames, :neurons]
    removed = t * neurons < n * frames  # t/H < n/W without rounding
    np.testing.assert_array_equal(corner_mask(frames, neurons) == 0, removed)
    assert corner_mask(frames, neurons)[:, 0].all()


def test_noise_has_half_the_mean_and_half_the_deviation_of_each_neuron():
    x = np.random.default_rng(2).normal([1.0, -3.0], [0.5, 2.0], (50_000, 2)).astype(np.float32)
    noise = phi_noise(x, seed=4)
    np.testing.assert_allclose(noise.mean(axis=0), [0.5, -1.5], atol=0.02)
    np.testing.assert_allclose(noise.std(axis=0), [0.25, 1.0], rtol=0.02)
    np.testing.assert_array_equal(noise, phi_noise(x, seed=4))
    assert not np.array_equal(noise, phi_noise(x, seed=5))
    np.testing.assert_allclose(phi_noise(x, weight=1.0, seed=4), 2 * noise, rtol=1e-5)
    assert noise.dtype == np.float32


def test_transformation_by_hand():
    window = np.array([[1.0, 2.0], [3.0, 4.0]])
    noise = np.array([[0.1, 0.2], [0.3, 0.4]])
    got = synthetic_transformation(window, mask=corner_mask(2, 2), noise=noise)
    np.testing.assert_allclose(got, [[1.1, 0.2], [3.3, 4.4]])  # only frame 0 of neuron 1 is removed


def test_best_possible_against_every_constant_prediction():
    rng = np.random.default_rng(6)
    frames, neurons, window = 400, 3, 20
    x = rng.gamma(1.0, [0.2, 1.0, 3.0], (frames, neurons)).astype(np.float32)
    noise = phi_noise(x, seed=1)
    starts, mask = np.arange(0, frames - window + 1, window), corner_mask(window, neurons)
    got = best_possible(x, noise, starts=starts, mask=mask)

    windows = np.stack([x[s : s + window] for s in starts])
    windows_noise = np.stack([noise[s : s + window] for s in starts])
    y = synthetic_transformation(windows, mask=mask, noise=windows_noise)
    guesses = np.linspace(-2.0, 6.0, 1601)
    # G knows m x and adds one constant per neuron, the best of 1,601
    errors = [np.abs(y - mask * windows - g).mean(axis=(0, 1)) for g in guesses]
    assert got.direct_y.mean() == pytest.approx(np.min(errors, axis=0).mean(), rel=0.005)
    # F recovers what is left, and writes one constant per neuron where m is 0
    errors = [((1 - mask) * np.abs(windows - g)).mean(axis=(0, 1)) for g in guesses]
    assert got.direct_x.mean() == pytest.approx(np.min(errors, axis=0).mean(), rel=0.05)
    assert got.direct_x.shape == got.direct_y.shape == starts.shape


def test_best_possible_of_normal_noise_is_its_mean_absolute_deviation():
    x = np.random.default_rng(3).normal(0.0, [1.0, 3.0], (40_000, 2))
    noise = phi_noise(x, seed=9)
    got = best_possible(x, noise, starts=np.arange(0, 40_000, 100), mask=corner_mask(100, 2))
    deviation = np.sqrt(2 / np.pi)
    assert got.direct_y.mean() == pytest.approx(0.5 * 2.0 * deviation, rel=0.01)
    assert got.direct_x.mean() == pytest.approx(0.5 * (0 + 0.5 * 3.0) * deviation, rel=0.02)  # half of neuron 1


def test_phi_recording_transforms_window_by_window_with_gaps_between():
    x = np.random.default_rng(1).normal(size=(25, 4)).astype(np.float32)
    day = Recording(x, frame_rate_hz=24.0, behaviour=Behaviour(trial=np.arange(25, dtype=np.int32)), session="novice")
    got = phi_recording(day, window_frames=10, seed=2)
    noise, mask = phi_noise(x, seed=2), corner_mask(10, 4)
    np.testing.assert_array_equal(got.dff[10:20], mask * x[10:20] + noise[10:20])
    columns = np.array([2, 0, 3, 1])  # from the top of the corner to its bottom
    ordered = phi_recording(day, window_frames=10, seed=2, columns=columns)
    np.testing.assert_array_equal(ordered.dff[:10, columns], mask * x[:10, columns] + noise[:10, columns])
    np.testing.assert_array_equal(got.gaps, [9])
    np.testing.assert_array_equal(got.behaviour.trial, np.arange(20))
    assert got.truth is None
    assert got.data_origin == "semi-synthetic"  # the day was recorded, Φ of it was not
    assert phi_recording(replace(day, data_origin="simulated"), window_frames=10, seed=2).data_origin == "simulated"
    with pytest.raises(WindowError, match="expected 1 to 25 frames"):
        phi_recording(day, window_frames=26, seed=2)
