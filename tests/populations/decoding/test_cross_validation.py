"""Every trial is held out once, intervals and p values counted by hand."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.populations.decoding.cross_validation import folds, holm, interval, paired
from cyclegan_neuro.populations.decoding.readouts import Decoded


def times(right, trial):
    """Decoded times, right where told."""
    right = np.asarray(right, float)
    bins = np.arange(len(right))
    return Decoded("time", 9, bins, np.asarray(trial), 5 * (1 - right), np.zeros(len(right), int))


@given(st.integers(12, 50), st.integers(2, 6), st.integers(2, 9), st.booleans(), st.integers(0, 5))
@settings(max_examples=60, deadline=None)
def test_every_trial_is_held_out_once(make_prepared, n_trials, n, n_conditions, two_days, seed):
    prepared = make_prepared(n_trials, n_bins=2, n_conditions=n_conditions, day=two_days)
    dealt = [fold.held_out_trials for fold in folds(prepared, n, seed=seed)]
    assert sorted(np.concatenate(dealt)) == list(range(n_trials))
    condition = prepared.trials.condition[::2]
    day = prepared.trials.day[::2] if two_days else np.zeros(n_trials, int)
    for stratum in [day == d for d in set(day)] + [
        (day == d) & (condition == c) for d, c in set(zip(day, condition, strict=True))
    ]:
        counts = [stratum[fold].sum() for fold in dealt]
        assert max(counts) - min(counts) <= 1


def test_seeds_deal_anew(make_prepared):
    prepared = make_prepared()
    first, again, other = (folds(prepared, 4, seed=seed)[0].held_out_trials for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_without_conditions_trials_are_dealt(make_prepared):
    prepared = make_prepared()
    bare = replace(prepared, trials=replace(prepared.trials, condition=None))
    assert [len(fold.held_out_trials) for fold in folds(bare, 5, seed=0)] == [5, 5, 5, 5, 4]


def test_more_folds_than_trials_are_told(make_prepared):
    with pytest.raises(
        RecordingError, match=r"got 13 folds of 12 trials of a day.*evaluation.folds to 0, or to 2 to 12"
    ):
        folds(make_prepared(day=True), 13, seed=0)
    with pytest.raises(RecordingError, match="at least 2 folds"):
        folds(make_prepared(), 1, seed=0)


def test_interval_of_independent_bins_is_binomial():
    n = 400
    low, high = interval(times(np.arange(n) < 240, np.arange(n)), n_resamples=20_000)
    np.testing.assert_allclose([low, high], binom.ppf([0.025, 0.975], n, 0.6) / n, atol=0.004)


def test_interval_counts_trials_not_bins():
    """100 trials of 9 bins that are all right or all wrong are as uncertain as 100 bins."""
    right = np.arange(100) < 60
    alone = interval(times(right, np.arange(100)))
    assert interval(times(np.repeat(right, 9), np.repeat(np.arange(100), 9))) == pytest.approx(alone, abs=1e-12)
    lone = times([1, 0], [3, 3])
    assert interval(lone) is None
    assert paired(lone, lone) is None


def test_interval_weighs_trials_by_their_bins():
    """Trials of 1 right and of 3 wrong bins: 1, 1/4 or 0."""
    found = times([1, 0, 0, 0], [0, 1, 1, 1])
    assert interval(found) == (0.0, 1.0)
    assert found.accuracy == 0.25


def test_near_accuracy_has_its_own_interval():
    found = Decoded("time", 9, np.arange(4), np.arange(4), np.ones(4), np.zeros(4, int))
    assert interval(found) == (0.0, 0.0)
    assert interval(found, "near_accuracy") == (1.0, 1.0)


def test_p_equals_all_flips_of_signs():
    trial = np.repeat(np.arange(6), [3, 2, 4, 3, 2, 5])
    rng = np.random.default_rng(3)
    a, b = (rng.random(len(trial)) < share for share in (0.8, 0.3))
    more = np.bincount(trial, a) - np.bincount(trial, b)
    flipped = np.array([np.dot(signs, more) for signs in product([-1, 1], repeat=6)])
    assert more.sum() > 0
    found = paired(times(a, trial), times(b, trial))
    assert found.p == pytest.approx(min(1, 2 * np.mean(flipped >= more.sum())))
    assert found.mean == pytest.approx(a.mean() - b.mean())
    assert found.low <= found.mean <= found.high
    assert found.n_trials == 6


def test_pairing_takes_out_what_trials_share():
    """Half the trials are easy for both; a is right in one bin more of each."""
    trial = np.repeat(np.arange(40), 5)
    easy = np.repeat(np.arange(40) < 20, 5)
    b = easy & (np.arange(200) % 5 < 4)
    a = b | (np.arange(200) % 5 == 4)
    found = paired(times(a, trial), times(b, trial), n_resamples=500)
    assert (found.mean, found.low, found.high) == pytest.approx((0.2, 0.2, 0.2))
    assert found.p < 0.01
    assert paired(times(b, trial), times(b, trial), n_resamples=500).p == 1


def test_few_resamplings_leave_a_p_that_survives_its_correction():
    n = 40
    found = paired(times(np.ones(n), np.arange(n)), times(np.zeros(n), np.arange(n)), n_resamples=100)
    assert 12 * found.p < 0.05


def test_other_trials_cannot_be_paired():
    with pytest.raises(ValueError, match="the same bins"):
        paired(times([1, 0], [0, 1]), times([1, 0], [0, 2]))
    with pytest.raises(ValueError, match="the same bins"):
        paired(times([1, 0, 1], [0, 1, 1]), times([1, 0, 1], [0, 0, 1]))


def test_holm_by_hand():
    """0.01·4, then 0.02·3 = 0.06 which 0.03·2 = 0.06 and 0.035·1 must not fall below; never above 1."""
    np.testing.assert_allclose(holm([0.02, 0.01, 0.035, 0.03]), [0.06, 0.04, 0.06, 0.06])
    assert holm([0.7, 0.9]).tolist() == [1.0, 1.0]
