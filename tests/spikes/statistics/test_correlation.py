"""Correlations of binned trains by Elephant, and from counts."""

import numpy as np
import pytest

from cyclegan_neuro.errors import ConfigurationError
from cyclegan_neuro.spikes.counts import SpikeCounts
from cyclegan_neuro.spikes.statistics.correlation import BinLayout, bins_of, correlations


@pytest.fixture(params=["elephant", "fast"])
def method(request):
    return request.param


def test_correlation_of_known_bins(method):
    # bins of two frames: (2, 0, 1), (0, 1, 1) and no spike; the seventh frame fills no bin and is not used
    window = np.array([[1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 0], [1, 0, 0], [0, 1, 0], [9, 9, 9]], np.uint8)
    got = correlations(SpikeCounts(window[np.newaxis], 4.0), bin_s=0.5, method=method)
    # deviations (1, -1, 0) and (-2, 1, 1) / 3: -1 / sqrt(2 x 6 / 9)
    np.testing.assert_allclose(got, [[-np.sqrt(3) / 2, np.nan, np.nan]], atol=1e-12)


@pytest.mark.parametrize("rate_hz", [0.1, 4.0])  # Elephant has one way for sparse bins and another for full ones
def test_correlations_are_pearsons(rate_hz, method):
    counts = np.random.default_rng(2).poisson(rate_hz / 24.0, (3, 1985, 6)).astype(np.uint8)
    got = correlations(SpikeCounts(counts, 24.0), method=method)
    assert got.shape == (3, 15)
    for window, values in zip(counts, got, strict=True):
        binned = window[:1980].reshape(165, 12, 6).sum(axis=1)
        np.testing.assert_allclose(values, np.corrcoef(binned.T)[np.triu_indices(6, 1)], atol=1e-12)


def test_a_neuron_alone_has_no_pairs(method):
    assert correlations(SpikeCounts(np.ones((2, 48, 1), np.uint8), 24.0), method=method).shape == (2, 0)


@pytest.mark.parametrize("step", [7, 47])  # full and sparse bins
def test_silence_gives_nan_without_a_warning(step, method, recwarn):
    counts = np.zeros((1, 48, 3), np.uint8)
    counts[0, ::step, :2] = 1
    values = correlations(SpikeCounts(counts, 24.0), method=method)[0]
    assert np.isnan(values).tolist() == [False, True, True]
    assert not [w for w in recwarn if not issubclass(w.category, DeprecationWarning)]  # Elephant's are of Quantities


def test_bins_hold_whole_frames():
    assert bins_of(2048, 24.0, 0.5) == BinLayout(frames_per_bin=12, n_bins=170, dropped_frames=8)
    assert bins_of(100, 7.5, 0.5) == BinLayout(frames_per_bin=4, n_bins=25, dropped_frames=0)  # 3.75 frames
    assert bins_of(10, 2.0, 0.1) == BinLayout(frames_per_bin=1, n_bins=10, dropped_frames=0)


@pytest.mark.parametrize(("n_frames", "bin_s"), [(20, 0.5), (100, 0.0), (100, -1.0), (100, float("nan"))])
def test_bins_that_do_not_fit_are_refused(n_frames, bin_s):
    with pytest.raises(ConfigurationError, match=r"bin_s: got .* expected a positive width that fits"):
        bins_of(n_frames, 24.0, bin_s)
