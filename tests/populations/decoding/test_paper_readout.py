"""The published readout learns a known code; its best epoch is never below its last."""

import numpy as np

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
