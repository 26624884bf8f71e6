"""Kernel, saturation and noise of the calcium model."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cyclegan_neuro.recordings import calcium
from cyclegan_neuro.recordings.noise import noise_levels


@pytest.mark.parametrize(
    ("indicator", "peak_s", "half_s", "amplitude"),
    [
        (calcium.GCAMP6F, 0.045, 0.142, 0.19), (calcium.GCAMP6S, 0.179, 0.550, 0.23),  # Chen et al. 2013
        (calcium.GCAMP7F, 0.029, 0.176, 0.35), (calcium.GCAMP8F, 0.011, 0.081, 0.33),  # as fitted
        (calcium.GCAMP8M, 0.011, 0.094, 0.61), (calcium.GCAMP8S, 0.017, 0.196, 0.77),
    ],
)  # fmt: skip
def test_kernel_has_the_known_time_to_peak_and_half_decay(indicator, peak_s, half_s, amplitude):
    rate_hz = 5000.0
    kernel = calcium.gcamp6_kernel(
        rate_hz, rise_s=indicator.rise_s, decay_s=indicator.decay_s, amplitude=indicator.amplitude
    )
    peak = kernel.argmax()
    half = np.flatnonzero(kernel[peak:] < amplitude / 2)[0]
    assert kernel.max() == pytest.approx(amplitude)
    assert peak / rate_hz == pytest.approx(peak_s, abs=0.003)
    assert half / rate_hz == pytest.approx(half_s, abs=0.005)
    assert kernel[-1] < 1e-3 * amplitude


@given(rate_hz=st.floats(2.0, 200.0), rise_s=st.floats(0.005, 0.2), decay_s=st.floats(0.05, 2.0))
@settings(deadline=None, max_examples=50)
def test_kernel_peaks_at_the_amplitude_at_every_rate(rate_hz, rise_s, decay_s):
    kernel = calcium.gcamp6_kernel(rate_hz, rise_s=rise_s, decay_s=decay_s, amplitude=0.5)
    assert kernel.max() == pytest.approx(0.5)
    assert (kernel >= 0).all()


def test_kernel_refuses_a_rate_of_zero():
    with pytest.raises(ValueError, match="must be positive"):
        calcium.gcamp6_kernel(0.0)


def test_convolution_is_causal_and_adds_up():
    spikes = np.zeros((6, 2))
    spikes[1, 0], spikes[2, 1], spikes[3, 1] = 2, 1, 1
    got = calcium.convolve_spikes(spikes, np.array([1.0, 0.5]))
    np.testing.assert_allclose(got.T, [[0, 2, 1, 0, 0, 0], [0, 0, 1, 1.5, 0.5, 0]])


def test_saturation_by_hand():
    np.testing.assert_allclose(calcium.saturate(np.array([0.0, 4.0, 4e9]), 4.0), [0.0, 2.0, 4.0])


@pytest.mark.parametrize("level", [0.9, 3.0])
def test_shot_noise_has_the_level_that_was_asked_for(level):
    rest = np.zeros((20_000, 3))
    normal = np.random.default_rng(1).standard_normal(rest.shape)
    noise = calcium.shot_noise(rest, 24.0, level=level, normal=normal)
    np.testing.assert_allclose(noise_levels(noise, 24.0), level, rtol=0.04)
    bright = calcium.shot_noise(rest + 3.0, 24.0, level=level, normal=normal)
    np.testing.assert_allclose(bright, 2.0 * noise)


def test_slow_fluctuations_have_unit_variance_and_the_time_constant():
    series = calcium.slow_fluctuations(40_000, 10.0, time_constant_s=2.0, rng=np.random.default_rng(3), n_series=20)
    lag = 20
    correlation = (series[lag:] * series[:-lag]).mean() / (series**2).mean()
    assert series.var() == pytest.approx(1.0, abs=0.05)
    assert correlation == pytest.approx(np.exp(-1.0), abs=0.05)
    assert series[0].std() > 0.5
