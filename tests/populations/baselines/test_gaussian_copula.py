"""A Gaussian copula has the rates that it is given and the noise correlations of its training responses."""

import numpy as np
import pytest
from scipy.stats import norm, poisson

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.populations.baselines.gaussian_copula import fit_gaussian_copula, psth_exceedance
from cyclegan_neuro.populations.responses.statistics import measure

N_STIMULI = 12
LATENT = np.array([[1, 0.6, -0.3], [0.6, 1, 0.1], [-0.3, 0.1, 1]])  # of the normal variables


def known_exceedance(most_count):
    """P(count >= k) of neurons that are tuned to the stimulus, cut at ``most_count``."""
    rates = np.random.default_rng(0).uniform(0.1, 1.2, (N_STIMULI, 3))
    return np.stack([poisson.sf(level, rates) for level in range(most_count)])


def responses(exceedance, n_trials, *, seed=1):
    """Counts of the known population, thresholds on one normal distribution."""
    stimulus = np.tile(np.arange(N_STIMULI), n_trials)
    normal = np.random.default_rng(seed).multivariate_normal(np.zeros(3), LATENT, len(stimulus))
    return (normal > norm.isf(exceedance)[:, stimulus]).sum(axis=0).astype(np.uint8), stimulus


@pytest.mark.parametrize("most_count", [1, 3])
@pytest.mark.parametrize("rates", ["given", "psth"])
def test_known_correlations_are_recovered(most_count, rates):
    """36,000 responses: standard error of a correlation of counts 0.005, of one beneath at most about 0.01."""
    exceedance = known_exceedance(most_count)
    counts, stimulus = responses(exceedance, 3000)
    assert counts.max() == most_count
    given = exceedance if rates == "given" else psth_exceedance(counts, stimulus, n_stimuli=N_STIMULI)
    model = fit_gaussian_copula(counts, stimulus, given)
    np.testing.assert_allclose(model.correlation, LATENT, atol=0.05)
    np.testing.assert_allclose(model.reached, model.wanted, atol=1e-6)
    drawn = measure(model.sample(stimulus, seed=2), stimulus)
    np.testing.assert_allclose(drawn.noise_correlation, measure(counts, stimulus).noise_correlation, atol=0.04)
    np.testing.assert_allclose(drawn.psth, model.exceedance(drawn.stimuli).sum(axis=0), atol=0.08)
    np.testing.assert_array_equal(model.exceedance(np.array([3, 3, 0])), given[:, [3, 3, 0]])


def test_errors_of_the_rates_are_no_noise():
    """Rates that know nothing of the stimulus leave noise correlations as they are."""
    exceedance = known_exceedance(1)
    counts, stimulus = responses(exceedance, 1000)
    flat = np.repeat(exceedance.mean(axis=1, keepdims=True), N_STIMULI, axis=1)
    model = fit_gaussian_copula(counts, stimulus, flat)
    np.testing.assert_allclose(model.wanted, measure(counts, stimulus).noise_correlation)
    np.testing.assert_allclose(model.reached, model.wanted, atol=1e-6)


def test_it_draws_at_stimuli_without_training_responses():
    exceedance = known_exceedance(1)
    counts, stimulus = responses(exceedance, 500)
    shown = stimulus < 9
    model = fit_gaussian_copula(counts[shown], stimulus[shown], exceedance)
    drawn = model.sample(np.full(4000, 11), seed=0)
    np.testing.assert_allclose(drawn.mean(axis=0), exceedance[0, 11], atol=0.04)
    psth = psth_exceedance(counts[shown], stimulus[shown], n_stimuli=N_STIMULI)
    np.testing.assert_allclose(psth[0, 11], counts[shown].mean(axis=0))


def test_pairs_that_do_not_go_together_get_the_nearest_that_do():
    """Of three neurons one spikes at a time: normal variables cannot all have correlations below -0.5."""
    rng = np.random.default_rng(0)
    counts = np.eye(3, dtype=np.uint8)[rng.integers(3, size=3000)]
    stimulus = rng.integers(2, size=3000)
    model = fit_gaussian_copula(counts, stimulus, psth_exceedance(counts, stimulus, n_stimuli=2))
    assert np.linalg.eigvalsh(model.correlation).min() > -1e-9
    pairs = np.triu_indices(3, 1)
    np.testing.assert_allclose(model.wanted[pairs], -0.5, atol=0.05)
    np.testing.assert_allclose(model.correlation[pairs], -0.5, atol=0.06)
    assert (model.reached[pairs] > model.wanted[pairs] + 0.1).all()
    drawn = measure(model.sample(stimulus, seed=1), stimulus)
    np.testing.assert_allclose(drawn.noise_correlation, model.reached, atol=0.08)


def test_silent_neurons_stay_silent():
    counts, stimulus = responses(known_exceedance(1), 200)
    counts[:, 1] = 0
    model = fit_gaussian_copula(counts, stimulus, psth_exceedance(counts, stimulus, n_stimuli=N_STIMULI))
    drawn = model.sample(stimulus, seed=0)
    assert not drawn[:, 1].any()
    assert drawn[:, [0, 2]].any(axis=0).all()
    assert np.isnan(model.reached[1]).all()
    assert np.isfinite(model.reached[0, [0, 2]]).all()


def test_seed_decides():
    counts, stimulus = responses(known_exceedance(3), 20)
    model = fit_gaussian_copula(counts, stimulus, known_exceedance(3), name="copula around the PSTH")
    first, again, other = (model.sample(stimulus, seed=seed) for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert (first.dtype, model.name) == (np.uint8, "copula around the PSTH")


def test_stimuli_that_were_shown_once():
    counts, stimulus = responses(known_exceedance(1), 1)
    with pytest.raises(RecordingError, match="training responses: got 12 stimuli, each shown once, expected stimuli"):
        fit_gaussian_copula(counts, stimulus, known_exceedance(1))
