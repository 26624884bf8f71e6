"""Reconstructions beside averages, and what needs no network, by hand."""

import numpy as np
import pytest

from cyclegan_neuro.evaluation.decoding.floors import RawActivity, fit_components
from cyclegan_neuro.evaluation.decoding.reconstruction import AVERAGE, MEAN, measure_reconstruction, training_averages
from cyclegan_neuro.evaluation.decoding.representations import Represented, bins_of, represent
from cyclegan_neuro.populations.trials.trials import PreparedTrials, Trials


def prepared(values, *, held_out, trial, condition=None, time=None, context_bins=0):
    trials = Trials(
        np.asarray(values, np.float32), "spikes/s", 0.1, np.asarray(trial),
        condition=None if condition is None else np.asarray(condition), n_conditions=2,
        time=None if time is None else np.asarray(time),
    )  # fmt: skip
    return PreparedTrials(trials, np.asarray(held_out), n_times=2, context_bins=context_bins)


TRIAL = [0, 0, 1, 1, 2, 2, 3, 3]
SMALL = {"trial": TRIAL, "held_out": [2, 3], "condition": [0, 0, 1, 1, 0, 0, 0, 0], "time": [0, 1] * 4}
VALUES = [[1.0], [3.0], [5.0], [7.0], [2.0], [5.0], [4.0], [1.0]]


def test_averages_are_of_training_trials_with_the_same_condition_and_time():
    np.testing.assert_allclose(training_averages(prepared(VALUES, **SMALL))[:, 0], [1, 3, 5, 7, 1, 3, 1, 3])


def test_averages_where_labels_are_missing_or_new():
    without_time = prepared(VALUES, **{**SMALL, "time": None})
    np.testing.assert_allclose(training_averages(without_time)[:, 0], [2, 2, 6, 6, 2, 2, 2, 2])
    assert training_averages(prepared(VALUES, **{**SMALL, "time": None, "condition": None})) is None
    later = prepared(VALUES, **{**SMALL, "time": [0, 1, 0, 1, 0, 2, 0, 1]})
    assert training_averages(later)[5, 0] == 2  # no training bin at that time: the condition alone
    alone = prepared(VALUES, **{**SMALL, "condition": [0, 0, 0, 0, 1, 1, 0, 0]})
    assert training_averages(alone)[4, 0] == 4  # a new condition: the mean of all


def test_errors_against_the_bin_and_against_other_trials_like_it():
    data = prepared(VALUES, **SMALL)
    copied = Represented(np.zeros((8, 2), np.float32), reconstructed=data.trials.values)
    found = measure_reconstruction(data, {"copy": ("copy", copied)}, n_components=1, n_resamples=100, seed=0)
    assert found.rmse["copy"] == (0.0, 0.0, 0.0)
    assert found.rmse_elsewhere["copy"][0] == pytest.approx(
        np.sqrt((2**2 + 4**2) / 2)
    )  # 2 for 4 and 5 for 1, both ways
    assert found.rmse[AVERAGE][0] == pytest.approx(np.sqrt((1 + 4 + 9 + 4) / 4))  # 1, 3, 1, 3 for 2, 5, 4, 1
    assert found.rmse_elsewhere[AVERAGE][0] == pytest.approx(found.rmse[AVERAGE][0])
    assert found.rmse[MEAN][0] == pytest.approx(np.sqrt((4 + 1 + 0 + 9) / 4))
    np.testing.assert_allclose(found.by_time[AVERAGE], [np.sqrt((1 + 9) / 2), 2])
    np.testing.assert_allclose(found.by_condition[MEAN], [found.rmse[MEAN][0], np.nan])
    assert list(found.labels) == ["copy", AVERAGE, MEAN]  # as many components as neurons would copy: left out


def test_intervals_hold_the_error_and_are_of_trials():
    data = prepared(VALUES, **SMALL)
    made = Represented(np.zeros((8, 2), np.float32), reconstructed=np.zeros((8, 1), np.float32))
    value, low, high = measure_reconstruction(
        data, {"zero": ("zero", made)}, n_components=1, n_resamples=500, seed=1
    ).rmse["zero"]
    by_trial = [np.sqrt((4 + 25) / 2), np.sqrt((16 + 1) / 2)]
    assert (low, high) == (pytest.approx(min(by_trial)), pytest.approx(max(by_trial)))
    assert low < value < high


def test_all_components_give_back_the_windows_and_some_their_share():
    rng = np.random.default_rng(0)
    data = prepared(
        rng.normal(size=(60, 3)), trial=np.repeat(np.arange(20), 3), held_out=[18, 19], context_bins=1,
    )  # fmt: skip
    windows = data.windows()
    whole, some = fit_components(data, 9), fit_components(data, 2)
    np.testing.assert_allclose(whole.reconstruct(whole.spaces(windows)["full"]), windows, atol=1e-5)
    assert some.spaces(windows)["full"].shape == (60, 2)
    assert some.name == "PCA (2)"
    np.testing.assert_allclose(represent(whole, data).reconstructed, data.trials.values, atol=1e-5)  # the middle bins


def test_the_middle_bin_of_windows():
    data = prepared(np.arange(8.0)[:, None] ** 2, **SMALL, context_bins=1)
    np.testing.assert_array_equal(bins_of(data.windows(), data), data.trials.values)


def test_raw_activity_is_the_windows():
    data = prepared(VALUES, **SMALL, context_bins=2)
    made = represent(RawActivity(), data)
    np.testing.assert_array_equal(made.full, data.windows())
    assert made.reconstructed is None
    assert list(made.spaces) == ["full"]
