"""The pool of past fakes and learning rates over a run."""

import numpy as np
import tensorflow as tf

from cyclegan_neuro.networks.history import HistoryBuffer
from cyclegan_neuro.networks.schedules import WarmupDecay


def _windows(*values):
    return tf.reshape(tf.constant(values, tf.float32), (-1, 1, 1, 1))


def test_history_passes_windows_while_it_fills():
    history = HistoryBuffer(4, seed=1)
    np.testing.assert_array_equal(history(_windows(1, 2)), _windows(1, 2))
    np.testing.assert_array_equal(history(_windows(3, 4)), _windows(3, 4))
    np.testing.assert_array_equal(tf.squeeze(history.pool.value), [1, 2, 3, 4])


def test_history_exchanges_about_half_and_loses_nothing():
    history = HistoryBuffer(8, seed=2)
    given = set()
    returned = []
    for step in range(200):
        window = _windows(step + 1)
        given.add(step + 1)
        returned.append(int(tf.squeeze(history(window))))
    assert set(returned) <= given
    older = np.mean(np.array(returned[8:]) != np.arange(9, 201))
    assert 0.4 < older < 0.6
    kept = set(np.array(tf.squeeze(history.pool.value), int))
    assert kept | set(returned) == given


def test_schedule_rises_stays_and_falls():
    schedule = WarmupDecay(2.0, total_steps=100, warmup_steps=10, decay="linear", decay_start=0.5)
    np.testing.assert_allclose([schedule(s) for s in (0, 4, 9, 50, 75, 100)], [0.2, 1.0, 2.0, 2.0, 1.0, 0.0], rtol=1e-6)
    cosine = WarmupDecay(2.0, total_steps=100, decay="cosine", decay_start=0.0)
    np.testing.assert_allclose([cosine(s) for s in (0, 50, 100)], [2.0, 1.0, 0.0], atol=1e-6)
    assert float(WarmupDecay(2.0, total_steps=10)(9)) == 2.0
