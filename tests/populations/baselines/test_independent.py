"""Rates by hand, shape, seeds; and the errors that all baselines share."""

import numpy as np
import pytest

from cyclegan_neuro.errors import ConfigurationError, RecordingError
from cyclegan_neuro.populations.baselines.dichotomized_gaussian import fit_dichotomized_gaussian
from cyclegan_neuro.populations.baselines.independent import fit_independent
from cyclegan_neuro.populations.baselines.k_pairwise import fit_k_pairwise

FITS = {
    "independent": fit_independent,
    "dichotomized_gaussian": fit_dichotomized_gaussian,
    "k_pairwise": lambda samples: fit_k_pairwise(samples, seed=0),
}


def test_rates_by_hand():
    spikes = np.zeros((2, 5, 3), np.uint8)
    spikes[0, :3, 1] = 1
    spikes[..., 2] = 1
    assert fit_independent(spikes).rates.tolist() == [0.0, 0.3, 1.0]


def test_samples_have_the_rates_and_nothing_else():
    rates = np.array([0.1, 0.5])
    spikes = (np.random.default_rng(0).random((2000, 6, 2)) < rates).astype(np.uint8)
    drawn = fit_independent(spikes).sample(20_000, seed=1)
    assert drawn.dtype == np.uint8
    np.testing.assert_allclose(drawn.mean(axis=(0, 1)), spikes.mean(axis=(0, 1)), atol=6e-3)
    assert abs(np.corrcoef(drawn.reshape(-1, 2).T)[0, 1]) < 0.015
    assert abs(np.corrcoef(drawn[:, :-1, 1].ravel(), drawn[:, 1:, 1].ravel())[0, 1]) < 0.015


# -- all baselines ---------------------------------------------------------------------------------


@pytest.mark.parametrize("fit", FITS.values(), ids=FITS)
def test_seeds_repeat(fit):
    spikes = (np.random.default_rng(0).random((200, 4, 3)) < 0.3).astype(np.uint8)
    first, again = fit(spikes), fit(spikes)
    drawn = first.sample(700, seed=5)
    assert drawn.shape == (700, 4, 3)
    np.testing.assert_array_equal(drawn, again.sample(700, seed=5))
    assert (drawn != first.sample(700, seed=6)).any()


@pytest.mark.parametrize("fit", FITS.values(), ids=FITS)
def test_constant_neurons_stay_so(fit):
    spikes = (np.random.default_rng(0).random((200, 4, 4)) < 0.3).astype(np.uint8)
    spikes[..., 1], spikes[..., 3] = 0, 1
    drawn = fit(spikes).sample(500, seed=0)
    assert not drawn[..., 1].any()
    assert drawn[..., 3].all()
    assert abs(drawn[..., 0].mean() - spikes[..., 0].mean()) < 0.06


@pytest.mark.parametrize("value", [0, 1])
@pytest.mark.parametrize("fit", FITS.values(), ids=FITS)
def test_samples_that_are_all_the_same(fit, value):
    assert (fit(np.full((5, 3, 2), value, np.uint8)).sample(4, seed=0) == value).all()


@pytest.mark.parametrize("fit", FITS.values(), ids=FITS)
def test_errors(fit):
    with pytest.raises(RecordingError, match=r"shape \(4, 3\), expected \(sample, bin, neuron\)"):
        fit(np.zeros((4, 3), np.uint8))
    with pytest.raises(RecordingError, match="at least one of each"):
        fit(np.zeros((0, 3, 2), np.uint8))
    counts = np.zeros((2, 3, 2), np.uint8)
    counts[0, 1, 0] = 7
    with pytest.raises(RecordingError, match="1 values other than 0 and 1, the first is 7"):
        fit(counts)
    with pytest.raises(ConfigurationError, match="n_samples: got 0, expected 1 or more"):
        fit(np.zeros((2, 3, 2), np.uint8)).sample(0, seed=0)
