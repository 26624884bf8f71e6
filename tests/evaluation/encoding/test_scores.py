"""How near statistics come to those of a reference, by hand."""

import numpy as np
import pytest

from cyclegan_neuro.evaluation.encoding.scores import Match, agreement, estimate, jackknife, neuron_draws
from cyclegan_neuro.evaluation.verdicts import PairedVerdict
from cyclegan_neuro.populations.responses.statistics import compare_pairs

ONCE = np.ones((1, 4))


def symmetric(rng, n=4):
    values = rng.normal(size=(n, n))
    return values + values.T


def test_pairs_are_compared_as_everywhere_else():
    rng = np.random.default_rng(0)
    model, reference = symmetric(rng), symmetric(rng)
    model[0, 1] = np.nan
    found, expected = agreement(model, reference, ONCE), compare_pairs(model, reference)
    assert (found.r.value, found.slope.value, found.rmse.value) == pytest.approx(
        (expected.r, expected.slope, expected.rmse)
    )
    assert found.n == expected.n_pairs == 5


def test_values_of_neurons():
    found = agreement(np.array([1.0, 3.0, np.nan, 5.0]), np.array([0.0, 1.0, 9.0, 2.0]), ONCE)
    assert found.r.value == pytest.approx(1.0)
    assert found.slope.value == pytest.approx(2.0)
    assert found.rmse.value == pytest.approx(np.sqrt((1 + 4 + 9) / 3))
    assert (found.mean.value, found.n) == (pytest.approx(3.0), 3)


def test_a_pair_counts_as_often_as_both_its_neurons_were_drawn():
    rng = np.random.default_rng(1)
    model, reference = symmetric(rng), symmetric(rng)
    times = np.array([2, 1, 0, 1])
    found = agreement(model, reference, np.stack([np.ones(4), times]))
    picked = [(0, 1), (0, 1), (0, 3), (0, 3), (1, 3)]  # neuron 0 twice, with itself never
    squares = [(model[i, j] - reference[i, j]) ** 2 for i, j in picked]
    assert found.rmse_draws == pytest.approx([np.sqrt(np.mean(squares))])


def test_models_without_spread_have_no_correlation():
    found = agreement(np.zeros(4), np.arange(4.0), ONCE)
    assert np.isnan(found.r.value)
    assert found.slope.value == pytest.approx(0.0)


def test_errors_are_compared_in_the_same_neurons():
    rng, draws = np.random.default_rng(2), neuron_draws(20, n_resamples=200, seed=0)
    reference = symmetric(rng, 20)
    near, as_near, far = (agreement(reference + noise * symmetric(rng, 20), reference, draws) for noise in (1, 1, 2))
    assert near.verdict(far) is PairedVerdict.BETTER
    assert far.verdict(near) is PairedVerdict.WORSE
    assert near.verdict(as_near) is PairedVerdict.NOISE
    assert near.verdict(agreement(reference, reference, np.ones((1, 20)))) is PairedVerdict.UNKNOWN


def test_neurons_are_drawn_with_replacement():
    draws = neuron_draws(7, n_resamples=3, seed=0)
    assert draws.shape == (4, 7)
    assert (draws[0] == 1).all()
    assert (draws.sum(axis=1) == 7).all()


def test_jackknife_of_a_mean_is_its_squared_standard_error():
    values = np.random.default_rng(0).normal(size=30)
    left_out = (values.sum() - values) / 29
    assert jackknife(left_out) == pytest.approx(values.var(ddof=1) / 30)
    assert jackknife(left_out[:0]) == 0.0


def test_intervals_are_two_standard_errors_wide():
    assert estimate(1.0, 0.25) == pytest.approx((1.0, 1 - 0.98, 1 + 0.98))


def test_uncertain_trials_widen_intervals_and_blur_verdicts():
    rng, draws = np.random.default_rng(3), neuron_draws(20, n_resamples=100, seed=0)
    reference = symmetric(rng, 20)
    near, far = (reference + noise * symmetric(rng, 20) for noise in (0.2, 0.3))

    def compared(model, spread):
        without = model + spread * rng.normal(size=(20, 1, 1)) * np.ones((20, 20))
        return agreement(model, reference, draws, left_out=[(without, reference[None])])

    assert compared(near, 0.0).verdict(compared(far, 0.0)) is PairedVerdict.BETTER
    assert compared(near, 0.2).verdict(compared(far, 0.2)) is PairedVerdict.NOISE
    sure, unsure = (compared(near, spread).mean for spread in (0.0, 0.2))
    assert unsure.value == sure.value
    assert unsure.high - unsure.low > 1.5 * (sure.high - sure.low)


def test_a_match_is_judged_beside_the_data():
    reference = np.arange(6.0)
    draws = neuron_draws(6, n_resamples=50, seed=0)
    exact = agreement(reference, reference, draws)
    flat = agreement(0.7 * reference, reference, draws)
    assert Match.of(exact, exact) is Match.FULL
    assert Match.of(flat, exact) is Match.PART
    assert Match.of(flat, flat) is Match.FULL  # the data's own trials are as flat
    assert Match.of(agreement(-reference, reference, draws), exact) is Match.NONE
    noise = agreement(np.array([1.0, -1, 1, -1, 1, 0]), reference, draws)
    assert Match.of(exact, noise) is Match.UNKNOWN
