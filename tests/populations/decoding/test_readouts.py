"""Angles on both sides of every bound, a ridge in closed form, and nothing fitted to held-out trials."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.populations.decoding import readouts
from cyclegan_neuro.populations.decoding.readouts import Decoded, decode, predict

EIGHTH = np.pi / 8


def decoded(predicted, true, *, label="direction", n_labels=8, trial=None):
    predicted, true = np.asarray(predicted, float), np.asarray(true)
    bins = np.arange(len(true))
    return Decoded(label, n_labels, bins, bins if trial is None else np.asarray(trial), predicted, true)


def test_angles_by_hand():
    """Bounds of acc (π/8) and delta-acc (3π/16) around 0, where angles start again, and around 3π/2 (direction 6)."""
    turn, e = 2 * np.pi, 1e-6
    angles = [EIGHTH - e, -EIGHTH + e, turn - EIGHTH + e, EIGHTH + e, turn - EIGHTH - e, 1.5 * EIGHTH + e, np.pi]
    angles += [-np.pi / 2 + EIGHTH - e, 3 * np.pi / 2 + 1.5 * EIGHTH - e, -np.pi / 2 - 1.5 * EIGHTH - e]
    found = decoded(angles, [0] * 7 + [6] * 3)
    assert found.correct.tolist() == [True, True, True, False, False, False, False, True, False, False]
    assert found.near.tolist() == [True, True, True, True, True, False, False, True, True, False]
    assert (found.accuracy, found.near_accuracy) == pytest.approx((0.4, 0.7))
    np.testing.assert_allclose(found.error[[0, 2, 6, 9]], [EIGHTH, EIGHTH, np.pi, 1.5 * EIGHTH], atol=2e-6)


def test_the_bounds_follow_the_number_of_directions():
    found = decoded([0.99 * np.pi / 3, 1.01 * np.pi / 3, 1.51 * np.pi / 3], [0, 0, 0], n_labels=3)
    assert found.correct.tolist() == [True, False, False]
    assert found.near.tolist() == [True, True, False]


def test_times_and_trials_by_hand():
    found = decoded([3, 4, 5, 0], [3, 3, 3, 1], label="time", trial=[7, 7, 7, 2])
    assert found.correct.tolist() == [True, False, False, False]
    assert found.near.tolist() == [True, True, False, True]
    numbers, correct, near = found.by_trial()
    assert numbers.tolist() == [2, 7]
    np.testing.assert_allclose(correct, [0, 1 / 3])
    np.testing.assert_allclose(near, [1, 2 / 3])


def test_folds_are_joined():
    one, other = decoded([0.0, 0.0], [0, 1]), decoded([np.pi / 4], [1], trial=[5])
    both = Decoded.joined([one, other])
    assert both.accuracy == pytest.approx(2 / 3)
    assert both.trial.tolist() == [0, 1, 5]


def test_ridge_equals_a_closed_form(monkeypatch):
    rng = np.random.default_rng(0)
    x, asked, labels = rng.normal(size=(60, 4)), rng.normal(size=(5, 4)), rng.integers(8, size=60)
    monkeypatch.setattr(readouts, "RIDGE_PENALTIES", np.array([7.0]))
    found = predict(x, labels, np.arange(60) // 6, asked, label="direction", n_labels=8, seed=0)
    z, z_asked = ((rows - x.mean(axis=0)) / x.std(axis=0) for rows in (x, asked))
    y = np.exp(2j * np.pi * labels / 8)
    weights = np.linalg.solve(z.T @ z + 7 * np.eye(4), z.T @ (y - y.mean()))
    np.testing.assert_allclose(found, np.angle(z_asked @ weights + y.mean()), atol=1e-8)


def test_every_penalty_is_fitted_as_if_alone():
    rng = np.random.default_rng(1)
    for n_features in (5, 80):  # fewer and more than bins
        x, targets = rng.normal(size=(50, n_features)), readouts.unit_circle(rng.integers(4, size=50), 4)
        found = readouts._ridge(x, targets, x)
        centred, middle = x - x.mean(axis=0), targets.mean(axis=0)
        for penalty, outputs in zip(readouts.RIDGE_PENALTIES, found, strict=True):
            gram = centred.T @ centred + penalty * np.eye(n_features)
            weights = np.linalg.solve(gram, centred.T @ (targets - middle))
            np.testing.assert_allclose(outputs, centred @ weights + middle, atol=1e-6)


def test_softmax_equals_a_fit_from_scratch(monkeypatch, make_prepared):
    prepared = make_prepared(noise=1.0)
    monkeypatch.setattr(readouts, "SOFTMAX_CS", np.array([0.01, 0.3]))
    x, labels, targets = prepared.trials.values, prepared.trials.condition, np.eye(4)[prepared.trials.condition]
    found = readouts._softmax(x, targets, x)
    alone = LogisticRegression(C=0.3, tol=1e-6, max_iter=1000).fit(x, labels).predict_log_proba(x)
    np.testing.assert_allclose(found[1], alone, atol=0.02)


def test_log_probabilities_of_unseen_classes_are_small():
    x = np.random.default_rng(0).normal(size=(20, 2))
    found = readouts._softmax(x, np.eye(3)[np.arange(20) % 2], x)
    assert (found[..., 2] < -25).all()
    assert (found[..., :2] > -25).all()


@pytest.mark.parametrize("readout", ["linear", "softmax"])
def test_a_known_code_is_decoded(make_prepared, readout):
    prepared = make_prepared()
    found = decode(prepared.windows(), prepared, "direction", seed=0, readout=readout)
    assert found.bins.tolist() == list(range(90, 120))
    assert found.true.tolist() == prepared.trials.condition[90:].tolist()
    assert found.accuracy > 0.9
    time = decode(prepared.windows(), prepared, "time", seed=0, readout=readout)
    assert time.accuracy > 0.8
    assert set(time.predicted) <= set(range(5))
    noise = decode(prepared.windows()[:, 3:], prepared, "direction", seed=0, readout=readout)
    assert noise.accuracy < 0.6


@pytest.mark.parametrize("label", ["direction", "time"])
def test_held_out_trials_change_nothing_that_is_fitted(make_prepared, label):
    prepared = make_prepared()
    features = prepared.windows()
    changed = features.copy()
    changed[prepared.held_out[1:]] = 1e3  # all of them but one bin
    relabelled = prepared.labels(label).copy()
    relabelled[prepared.held_out[1:]] = 0
    others = replace(
        prepared, trials=replace(prepared.trials, **{{"direction": "condition"}.get(label, label): relabelled})
    )
    expected = decode(features, prepared, label, seed=0).predicted[0]
    assert decode(changed, others, label, seed=0).predicted[0] == expected


def test_the_penalty_that_decodes_new_trials_is_chosen(make_prepared):
    """60 columns of noise beside the code, 90 training bins: the smallest penalty fits them."""
    prepared = make_prepared(noise=0.8)
    features = np.c_[prepared.windows(), np.random.default_rng(5).normal(size=(120, 60))]
    scored = decode(features, prepared, "direction", seed=0).error.mean()
    readouts_alone = {}
    for penalty in (0.1, 1e4):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(readouts, "RIDGE_PENALTIES", np.array([penalty]))
            readouts_alone[penalty] = decode(features, prepared, "direction", seed=0).error.mean()
    assert scored < readouts_alone[0.1]


def test_slow_bins_take_no_part(make_prepared):
    prepared = make_prepared()
    speed = np.where(prepared.trials.time == 0, 1.0, 9.0)
    fast = replace(prepared, trials=replace(prepared.trials, speed=speed), min_speed=5.0)
    assert decode(fast.windows(), fast, "direction", seed=0).bins.tolist() == [b for b in range(90, 120) if b % 5]
    assert len(decode(fast.windows(), fast, "time", seed=0).bins) == 30


def test_too_few_trials_are_told(make_prepared):
    prepared = make_prepared(n_trials=6, held_out=2)
    with pytest.raises(
        RecordingError, match=r"decoding of direction: got 4 training trials with 4 directions, 10 held"
    ):
        decode(prepared.windows(), prepared, "direction", seed=0)
    with pytest.raises(RecordingError, match="0 held-out bins, expected at least 5 training trials with 2 times"):
        decode(prepared.windows(), prepared.with_held_out([]), "time", seed=0)


def test_a_direction_of_one_trial_breaks_no_fold(make_prepared):
    prepared = make_prepared(n_trials=12, held_out=6)
    condition = np.where(prepared.trials.trial == 3, 1, 0)
    lone = replace(prepared, trials=replace(prepared.trials, condition=condition))
    assert decode(lone.windows(), lone, "direction", seed=0, readout="softmax").accuracy > 0.5
