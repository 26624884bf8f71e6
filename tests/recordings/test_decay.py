"""Decay times of isolated events, and whether they contradict the stated indicator."""

from dataclasses import replace

import numpy as np
import pytest

from cyclegan_neuro.recordings.calcium import INDICATORS, convolve_spikes, gcamp6_kernel, white_noise_sd
from cyclegan_neuro.recordings.checks import check
from cyclegan_neuro.recordings.decay import decay_time
from cyclegan_neuro.recordings.recording import Recording
from cyclegan_neuro.recordings.simulate import simulate_days

N_NEURONS, DURATION_S = 12, 300.0


def a_day(kernel="gcamp6f", rate_hz=30.0, spikes_hz=0.15, level=1.0, **about):
    """Poisson spikes with a kernel of :mod:`calcium` and white noise of a level."""
    rng = np.random.default_rng(3)
    shape = (round(DURATION_S * rate_hz), N_NEURONS)
    of = INDICATORS[kernel]
    shape_of_one = gcamp6_kernel(rate_hz, rise_s=of.rise_s, decay_s=of.decay_s, amplitude=0.6)
    dff = convolve_spikes(rng.poisson(spikes_hz / rate_hz, shape), shape_of_one)
    dff += rng.normal(0, white_noise_sd(level, rate_hz), shape)
    return Recording(dff.astype(np.float32), rate_hz, **about)


def found(recording):
    return [finding for finding in check(recording, where="day1.h5") if finding.code == "decay"]


@pytest.mark.parametrize("rate_hz", [7.5, 15.0, 30.0, 60.0])
@pytest.mark.parametrize("kernel", ["gcamp6f", "gcamp6s"])
def test_the_time_constant_of_the_kernel_is_found(kernel, rate_hz):
    measured = decay_time(a_day(kernel, rate_hz))
    assert measured.n_neurons >= 10
    assert measured.median_s == pytest.approx(INDICATORS[kernel].decay_s, rel=0.25)
    low, high = measured.spread_s
    assert low <= measured.median_s <= high


def test_noise_hardly_moves_it():
    quiet, noisy = (decay_time(a_day("gcamp6s", level=level)) for level in (0.3, 1.5))
    assert noisy.median_s == pytest.approx(quiet.median_s, rel=0.2)


def test_without_isolated_events_nothing_is_said():
    assert decay_time(a_day(spikes_hz=0.0)).n_neurons == 0
    assert np.isnan(decay_time(a_day(spikes_hz=0.0)).median_s)
    assert found(a_day(spikes_hz=0.0, indicator="GCaMP8m")) == []
    assert "no neuron" in str(decay_time(Recording(np.full((90, 3), np.nan, np.float32), 30.0)))


@pytest.mark.parametrize("length", [1, 30, 70, 120])
def test_events_do_not_reach_across_gaps(length):
    day = a_day()
    assert decay_time(replace(day, gaps=np.arange(length - 1, day.n_frames - 1, length))).n_events == 0


@pytest.mark.parametrize("stated", ["GCaMP6f", "jRGECO1a", ""])
def test_a_right_statement_of_a_simulated_day_is_no_finding_nor_one_of_which_nothing_is_known(stated):
    for day in simulate_days(preset="mouse_3", seed=1, duration_s=300.0):
        assert found(replace(day, indicator=stated)) == []


def test_a_wrong_statement_of_a_simulated_day_is_found():
    for day in simulate_days(preset="mouse_3", seed=1, duration_s=300.0):
        (finding,) = found(replace(day, indicator="GCaMP6s"))
        assert finding.severity == "warning"
        assert "such a decay is that of gcamp6f" in finding.fix


def test_a_slow_kernel_is_found_and_may_be_one_of_interneurons():
    (finding,) = found(a_day("gcamp6s", indicator="GCaMP8m"))
    assert "gcamp6s" in finding.fix
    slow = a_day("gcamp6s", indicator="GCaMP6f")
    assert found(replace(slow, cell_type="pv")) == []
    assert found(replace(slow, cell_type="SST")) == []
