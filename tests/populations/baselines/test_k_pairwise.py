"""Moments by hand, known distributions by enumeration, Gibbs chains against enumeration; the published retina."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from cyclegan_neuro.populations.baselines import k_pairwise
from cyclegan_neuro.populations.baselines.k_pairwise import fit_k_pairwise, word_probabilities
from cyclegan_neuro.populations.baselines.moments import (
    all_words,
    data_moments,
    feature_covariance,
    features,
    gibbs_sweep,
    moments_of,
    pack,
    unpack,
)
from cyclegan_neuro.populations.statistics import population_statistics

RETINA = Path(__file__).resolve().parents[4] / "shared" / "data" / "spike_gan_retina.h5"


@pytest.fixture
def model_of_four():
    """Fields, couplings and bias by number of active neurons of four neurons."""
    rng = np.random.default_rng(7)
    couplings = np.triu(rng.normal(0, 0.8, (4, 4)), 1)
    return rng.normal(-0.7, 0.4, 4), couplings + couplings.T, np.array([0.0, 0.3, -0.4, 0.9, 0.2])


def words_of(probabilities, n_words, n_neurons):
    """Words as often as they are probable, to the nearest whole number, in samples of one bin."""
    return np.repeat(all_words(n_neurons), np.round(probabilities * n_words).astype(int), axis=0)[:, None]


# -- moments ---------------------------------------------------------------------------------------


def test_moments_by_hand():
    """Words 110, 100, 000: rates 2/3, 1/3, 0; pair (1, 2) 1/3; 0, 1 and 2 active a third each."""
    words = np.array([[1, 1, 0], [1, 0, 0], [0, 0, 0]], np.uint8)
    np.testing.assert_allclose(moments_of(words), np.array([2, 1, 0, 1, 0, 0, 1, 1, 1, 0]) / 3)
    np.testing.assert_allclose(features(words).mean(axis=0), moments_of(words))


def test_added_word_by_hand():
    """Two of three active at most: 2/7 for 0, 1 and 2 active, 1/7 for 3; 9/7 active neurons, 5/7 active pairs."""
    words = np.array([[1, 1, 0]], np.uint8)
    values = data_moments(words).values
    np.testing.assert_allclose(values[:3], (np.array([1, 1, 0]) + 3 / 7) / 2)
    np.testing.assert_allclose(values[3:6], (np.array([1, 0, 0]) + 5 / 21) / 2)
    np.testing.assert_allclose(values[6:], (np.array([0, 0, 1, 0]) + np.array([2, 2, 2, 1]) / 7) / 2)


def test_moments_stay_consistent():
    words = (np.random.default_rng(0).random((50, 6)) < 0.2).astype(np.uint8)
    values, number = data_moments(words).values, np.arange(7)
    assert values[:6].sum() == pytest.approx(values[21:] @ number)
    assert values[6:21].sum() == pytest.approx(values[21:] @ (number * (number - 1) / 2))
    assert (values > 0).all()


def test_errors_by_hand():
    """400 words of two neurons at 0.5: standard error 0.025 of rates; those of one word where less is expected."""
    wanted = data_moments(np.tile(np.array([[1, 0], [0, 1]], np.uint8), (200, 1)))
    found = wanted.values.copy()
    found[0] += 0.05
    found[4] += 1 / 400
    rms = wanted.errors(found)
    np.testing.assert_allclose(rms[0], 2 / np.sqrt(2), rtol=1e-2)


def test_feature_covariance():
    words = (np.random.default_rng(0).random((5000, 4)) < 0.4).astype(np.uint8)
    found = feature_covariance(words, np.random.default_rng(0))
    np.testing.assert_allclose(found, np.cov(features(words).T, ddof=0), atol=1e-6)


def test_unpack_is_the_inverse_of_pack(model_of_four):
    for found, expected in zip(unpack(pack(*model_of_four), 4), model_of_four, strict=True):
        np.testing.assert_array_equal(found, expected)


# -- few neurons: all words ------------------------------------------------------------------------


def test_probabilities_by_hand():
    """Two neurons: weights of 00, 01, 10, 11 are 1, 2, 3 and 2 * 3 * 4 * 5."""
    probabilities = word_probabilities(
        np.log([3.0, 2.0]), np.log(4.0) * (1 - np.eye(2)), np.array([0.0, 0.0, np.log(5.0)])
    )
    np.testing.assert_allclose(probabilities, np.array([1, 2, 3, 120]) / 126)


def test_a_known_distribution_is_found_again(model_of_four):
    wanted = word_probabilities(*model_of_four)
    fitted = fit_k_pairwise(words_of(wanted, 10_000_000, 4), seed=0)
    found = word_probabilities(fitted.fields, fitted.couplings, fitted.count_bias)
    np.testing.assert_allclose(found, wanted, atol=1e-6)
    assert fitted.converged
    assert fitted.rms[-1].max() < 1e-5 < fitted.rms[0].min()


def test_all_moments_are_reached_where_words_are_not_those_of_the_model():
    """Five neurons with a fifth order correlation: rates, pairs and numbers agree, words do not."""
    words = (np.random.default_rng(0).random((4000, 5)) < 0.5).astype(np.uint8)
    words[:, 4] = words[:, :4].sum(axis=1) % 2
    fitted = fit_k_pairwise(words[:, None], seed=0)
    probabilities = word_probabilities(fitted.fields, fitted.couplings, fitted.count_bias)
    np.testing.assert_allclose(probabilities @ features(all_words(5)), data_moments(words).values, atol=1e-9)


def test_samples_of_few_neurons(model_of_four):
    wanted = word_probabilities(*model_of_four)
    drawn = fit_k_pairwise(words_of(wanted, 100_000, 4), seed=0).sample(200_000, seed=1)
    index = drawn.reshape(-1, 4) @ np.array([8, 4, 2, 1])
    np.testing.assert_allclose(np.bincount(index, minlength=16) / index.size, wanted, atol=4e-3)


def test_numbers_never_seen_keep_a_little_probability():
    words = np.array([[0, 0, 0]] * 50 + [[1, 0, 0], [0, 1, 0], [0, 0, 1]] * 10, np.uint8)
    fitted = fit_k_pairwise(words[:, None], seed=0)
    probabilities = word_probabilities(fitted.fields, fitted.couplings, fitted.count_bias)
    number = np.bincount(all_words(3).sum(axis=1), probabilities)
    np.testing.assert_allclose(number[2:], np.array([0.5, 0.25]) / 2.75 / 81, rtol=1e-6)


# -- more neurons: Gibbs chains --------------------------------------------------------------------


def test_gibbs_agrees_with_enumeration(model_of_four):
    rng, states = np.random.default_rng(0), np.zeros((4, 20_000), np.float32)
    total = np.zeros(16)
    for sweep in range(60):
        gibbs_sweep(states, fields=model_of_four[0], couplings=model_of_four[1], count_bias=model_of_four[2], rng=rng)
        if sweep >= 20:
            total += np.bincount((states.T @ np.array([8, 4, 2, 1])).astype(int), minlength=16)
    np.testing.assert_allclose(total / total.sum(), word_probabilities(*model_of_four), atol=2e-3)


def test_fit_by_chains_agrees_with_enumeration(model_of_four, monkeypatch):
    wanted = word_probabilities(*model_of_four)
    monkeypatch.setattr(k_pairwise, "_MOST_ENUMERATED", 3)
    fitted = fit_k_pairwise(words_of(wanted, 100_000, 4), seed=0)
    found = word_probabilities(fitted.fields, fitted.couplings, fitted.count_bias)
    np.testing.assert_allclose(found, wanted, atol=2e-3)
    assert fitted.converged
    drawn = fitted.sample(30_000, seed=0).reshape(-1, 4) @ np.array([8, 4, 2, 1])
    np.testing.assert_allclose(np.bincount(drawn, minlength=16) / drawn.size, wanted, atol=0.012)


def test_what_has_not_converged_says_so(model_of_four, monkeypatch):
    monkeypatch.setattr(k_pairwise, "_MOST_ENUMERATED", 3)
    monkeypatch.setattr(k_pairwise, "_STEPS", 2)
    monkeypatch.setattr(k_pairwise, "_STEPS_AT_FULL_RATE", 0)
    fitted = fit_k_pairwise(words_of(word_probabilities(*model_of_four), 100_000, 4), seed=0)
    assert not fitted.converged
    assert fitted.rms.shape == (3, 3)


def test_seeds_of_the_chains_repeat(model_of_four, monkeypatch):
    spikes = words_of(word_probabilities(*model_of_four), 20_000, 4)
    for name, value in {"_MOST_ENUMERATED": 3, "_STEPS": 10, "_STEPS_AT_FULL_RATE": 4, "_SWEEPS_TO_CHECK": 5}.items():
        monkeypatch.setattr(k_pairwise, name, value)
    first, again, other = (fit_k_pairwise(spikes, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.couplings, again.couplings)
    assert (first.couplings != other.couplings).any()
    np.testing.assert_array_equal(first.sample(900, seed=3), again.sample(900, seed=3))


def test_bins_of_a_sample_do_not_know_each_other(model_of_four, monkeypatch):
    spikes = words_of(word_probabilities(*model_of_four), 8_000, 4)
    spikes = spikes[: len(spikes) // 8 * 8].reshape(-1, 8, 4)
    monkeypatch.setattr(k_pairwise, "_MOST_ENUMERATED", 3)
    drawn = fit_k_pairwise(spikes, seed=0).sample(5000, seed=0)
    number = drawn.sum(axis=2)
    assert abs(np.corrcoef(number[:, :-1].ravel(), number[:, 1:].ravel())[0, 1]) < 0.02


@pytest.mark.slow
@pytest.mark.skipif(not RETINA.exists(), reason="the published retina is not here")
def test_published_retina():
    """As good as the published samples: covariance 0.998, k-statistic 5e-4 (0.9999), spike count 0.9995."""
    with h5py.File(RETINA) as file:
        spikes = file["samples/original"][()].transpose(0, 2, 1)
    fitted = fit_k_pairwise(spikes, seed=0)
    found = population_statistics(fitted.sample(8192, seed=0), bin_s=0.02)
    real = population_statistics(spikes, bin_s=0.02)
    for name, least in {"covariance": 0.998, "k_statistic": 0.9999, "spike_count": 0.9995}.items():
        difference = getattr(found, name) - getattr(real, name)
        assert 1 - np.mean(difference**2) / getattr(real, name).var() > least, name
    assert np.sqrt(np.mean((found.k_statistic - real.k_statistic) ** 2)) < 5e-4
    assert fitted.converged
