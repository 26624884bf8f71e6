"""The published readout learns a known code; its best epoch is never below its last."""

import numpy as np

from cyclegan_neuro.populations.decoding import paper_readout
from cyclegan_neuro.populations.decoding.paper_readout import ReadoutTrace, follow_readout


def test_it_learns_a_known_code(make_prepared):
    prepared = make_prepared()
    trace = follow_readout(prepared.windows(), prepared, seed=0)
    assert trace.accuracy.shape == trace.near_accuracy.shape == (300,)
    assert trace.last[0] > 0.9
    assert (trace.near_accuracy >= trace.accuracy).all()
    assert np.array_equal(trace.accuracy, follow_readout(prepared.windows(), prepared, seed=0).accuracy)


def test_features_are_taken_as_they_are(make_prepared):
    """A thousandth of the activity is not learned in as many steps; a standardised readout would not notice."""
    prepared = make_prepared()
    assert follow_readout(prepared.windows() / 1000, prepared, seed=0).last[0] < 0.8


def test_last_and_best():
    trace = ReadoutTrace(np.array([0.2, 0.6, 0.5]), np.array([0.9, 0.7, 0.8]))
    assert trace.last == (0.5, 0.8)
    assert trace.best == (0.6, 0.9)


def test_steps_of_adam_by_hand(monkeypatch):
    """One weight, no bias to speak of: the first step is the learning rate, the second follows from both gradients."""
    monkeypatch.setattr(paper_readout, "N_EPOCHS", 2)
    x, targets = np.array([[2.0, 0.0]], np.float32), np.array([[50.0, -50.0]], np.float32)
    start = np.random.default_rng(0).uniform(-1, 1, (2, 2))
    first, second = paper_readout._epochs(x, targets, np.random.default_rng(0))
    np.testing.assert_allclose(first[0] - start[0], [0.01, -0.01], atol=1e-6)
    gradients = [2 * (2 * w[0] - targets[0]) + 1e-5 * w[0] for w in (start, first)]
    mean = (0.09 * gradients[0] + 0.1 * gradients[1]) / (1 - 0.81)
    square = (0.000999 * gradients[0] ** 2 + 0.001 * gradients[1] ** 2) / (1 - 0.999**2)
    np.testing.assert_allclose(second[0], first[0] - 0.01 * mean / np.sqrt(square), rtol=1e-5)


def test_it_ends_at_least_squares():
    """With one batch per epoch Adam settles; weight decay 1e-5 is too small to see."""
    rng = np.random.default_rng(0)
    x = np.c_[rng.normal(size=(200, 3)), np.ones(200)].astype(np.float32)
    targets = rng.normal(size=(200, 2)).astype(np.float32)
    *_, weights = paper_readout._epochs(x, targets, rng)
    np.testing.assert_allclose(weights, np.linalg.lstsq(x, targets, rcond=None)[0], atol=1e-3)
