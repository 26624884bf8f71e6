"""Statistics of responses: by hand, against numpy, and over parts."""

import numpy as np
import pytest

from cyclegan_neuro.populations.responses import statistics
from cyclegan_neuro.populations.responses.statistics import (
    compare_pairs,
    compare_responses,
    measure,
    psth_correlations,
    split_halves,
    total_variation,
)


def population(shown, n_neurons=5, seed=0):
    """Counts that share a stimulus and a gain; stimulus s is shown ``shown[s]`` times."""
    rng = np.random.default_rng(seed)
    stimulus = rng.permutation(np.repeat(np.arange(len(shown)), shown))
    rates = rng.uniform(0.2, 1.5, (len(shown), n_neurons))
    gain = rng.gamma(4.0, 0.25, (len(stimulus), 1))
    return rng.poisson(rates[stimulus] * gain).astype(np.uint8), stimulus


def test_statistics_equal_those_of_numpy():
    counts, stimulus = population([30] * 7)
    found = measure(counts, stimulus)
    psth = np.stack([counts[stimulus == s].mean(axis=0) for s in range(7)])
    np.testing.assert_allclose(found.psth, psth, rtol=1e-12)
    np.testing.assert_allclose(found.rates, counts.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(found.total_correlation, np.corrcoef(counts.T), atol=1e-12)
    np.testing.assert_allclose(found.noise_correlation, np.corrcoef((counts - psth[stimulus]).T), atol=1e-12)
    totals = counts.sum(axis=1)
    assert found.count_histogram.tolist() == [(totals == k).mean() for k in range(totals.max() + 1)]


def test_residuals_of_rare_stimuli_are_scaled():
    """Stimuli shown unequally often, one of them once; the numbers of stimuli have gaps."""
    counts, place = population([40, 2, 3, 1, 11])
    found = measure(counts, np.array([3, 4, 8, 9, 20])[place])
    psth = np.stack([counts[place == s].mean(axis=0) for s in range(5)])
    shown = np.bincount(place)[place]
    residuals = ((counts - psth[place]) * np.sqrt(shown / np.maximum(shown - 1, 1))[:, None])[shown > 1]
    expected = residuals.T @ residuals
    expected /= np.sqrt(np.outer(np.diag(expected), np.diag(expected)))
    assert found.stimuli.tolist() == [3, 4, 8, 9, 20]
    np.testing.assert_allclose(found.psth, psth, rtol=1e-12)
    np.testing.assert_allclose(found.noise_correlation, expected, atol=1e-6)


@pytest.mark.parametrize("shown", [[30] * 7, [40, 2, 3, 1, 11]])
def test_parts_add_up(monkeypatch, shown):
    counts, stimulus = population(shown)
    whole = measure(counts, stimulus)
    monkeypatch.setattr(statistics, "_CHUNK", 17)
    parts = measure(counts, stimulus)
    for name, values in vars(whole).items():
        np.testing.assert_allclose(getattr(parts, name), values, atol=1e-6, err_msg=name)


@pytest.mark.parametrize("shown", [[4, 4], [4, 3]])
def test_pairs_with_a_silent_neuron_are_unknown(shown):
    """Neuron 3 is silent; neuron 4 does as the stimulus says and has a total correlation, but no noise."""
    counts, stimulus = population(shown)
    counts[:, 3], counts[:, 4] = 0, 1 + stimulus
    found = measure(counts, stimulus)
    assert np.isnan(found.noise_correlation).any(axis=0).tolist() == [True] * 5
    assert np.isfinite(found.noise_correlation[:3, :3]).all()
    assert np.isnan(found.noise_correlation[3:]).all()
    assert np.isnan(found.total_correlation[3]).all()
    assert np.isfinite(found.total_correlation[4, [0, 1, 2, 4]]).all()


def test_comparison_of_pairs_by_hand():
    """Pairs (0.1, 0.2, 0.6) against (0.1, 0.3, 0.5): deviations (-0.2, -0.1, 0.3) and (-0.2, 0, 0.2)."""
    model, reference = np.eye(4), np.eye(4)
    for row, (y, x) in zip(((0, 1), (0, 2), (1, 2)), ((0.1, 0.1), (0.2, 0.3), (0.6, 0.5)), strict=True):
        model[row], reference[row] = y, x
    model[:, 3] = np.nan
    errors = compare_pairs(model, reference)
    assert errors.slope == pytest.approx(0.10 / 0.08)
    assert errors.r == pytest.approx(0.10 / np.sqrt(0.14 * 0.08))
    assert errors.rmse == pytest.approx(np.sqrt(0.02 / 3))
    assert errors.n_pairs == 3
    constant = compare_pairs(np.full((4, 4), 0.2), reference)
    assert np.isnan(constant.r)
    assert constant.slope == pytest.approx(0, abs=1e-12)
    assert np.isnan(compare_pairs(reference, np.full((4, 4), 0.2)).slope)
    assert compare_pairs(np.full((4, 4), np.nan), reference).n_pairs == 0


def test_psths_are_compared_per_neuron():
    reference = np.array([[0.0, 0.5, 0.1], [1.0, 0.5, 0.2], [0.0, 0.5, 0.3]])
    model = np.array([[0.1, 0.1, 0.4], [0.2, 0.2, 0.4], [0.3, 0.3, 0.4]])
    found = psth_correlations(model, reference)
    assert found[0] == pytest.approx(0.0, abs=1e-12)
    assert np.isnan(found[1])  # nothing to follow
    assert found[2] == 0  # not followed


def test_a_sample_against_itself_and_against_fewer_stimuli():
    counts, stimulus = population([30] * 7)
    whole, part = measure(counts, stimulus), measure(counts[stimulus > 2], stimulus[stimulus > 2])
    same = compare_responses(whole, whole)
    assert (same.noise_correlation.r, same.noise_correlation.slope) == pytest.approx((1, 1))
    assert (same.noise_correlation.rmse, same.total_correlation.rmse, same.rate_rmse, same.count_distance) == (0,) * 4
    errors = compare_responses(whole, part)
    assert errors.psth_r == pytest.approx(1)
    assert errors.rate_rmse == pytest.approx(np.sqrt(((whole.rates - part.rates) ** 2).mean()))
    assert 0 < errors.count_distance == total_variation(whole.count_histogram, part.count_histogram)


def test_halves_have_half_of_every_stimulus():
    stimulus = np.tile(np.arange(6), 10)
    trial = np.repeat(np.arange(10), 6)
    first, second = split_halves(stimulus, trial, np.random.default_rng(0))
    assert sorted([*first, *second]) == list(range(60))
    assert np.bincount(stimulus[first]).tolist() == [5] * 6
    assert not set(trial[first]) & set(trial[second])  # whole trials
    other, _ = split_halves(stimulus, trial, np.random.default_rng(1))
    assert not np.array_equal(first, other)


def test_halves_of_stimuli_shown_unequally_often():
    rng = np.random.default_rng(3)
    stimulus = rng.permutation(np.repeat([2, 5, 6], [7, 1, 4]))
    first, second = split_halves(stimulus, np.arange(12), rng)
    assert np.bincount(stimulus[first]).tolist() == [0, 0, 3, 0, 0, 0, 2]
    assert np.bincount(stimulus[second]).tolist() == [0, 0, 4, 0, 0, 1, 2]
