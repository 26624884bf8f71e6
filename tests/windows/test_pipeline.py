"""Streams of windows: the right values in an order that depends on seed and step alone."""

import numpy as np
import pytest
import tensorflow as tf
from windows_data import prepared, recording

from cyclegan_neuro.windows.pipeline import batches, steps_per_epoch, training_stream
from cyclegan_neuro.windows.streams import shared_tensor


def starts_of(pair, name, batch):
    """Start frames of the windows of a batch, by comparison with every training window."""
    day = pair[name]
    windows = day.windows(day.starts.train, pair.window_frames)
    found = [np.flatnonzero((windows == window).all(axis=(1, 2))) for window in np.asarray(batch)[..., 0]]
    assert all(len(match) == 1 for match in found)
    return [int(day.starts.train[match[0]]) for match in found]


def stream(pair, *, batch_size=4, seed=0, **steps):
    n = steps.pop("n_steps_per_epoch", None) or steps_per_epoch(pair, batch_size)
    return training_stream(pair, batch_size=batch_size, n_steps_per_epoch=n, seed=seed, **steps)


def as_arrays(dataset):
    return [tuple(part.numpy() for part in batch) for batch in dataset]


@pytest.mark.parametrize("phi", [False, True])
@pytest.mark.parametrize("method", ["original", "correlation"])
def test_batches_are_windows_as_numpy_cuts_them(phi, method):
    pair = prepared(phi=phi, method=method)
    for x, y in stream(pair, end_step=5):
        assert (x.shape, x.dtype) == ((4, 32, 5, 1), tf.float32)
        assert (y.shape, y.dtype) == ((4, 32, 5, 1), tf.float32)
        for name, batch in (("x", x), ("y", y)):
            starts_of(pair, name, batch)  # every window is one of the training windows


@pytest.mark.parametrize(("n_windows", "batch_size"), [(40, 4), (42, 4), (5, 2)])
def test_an_epoch_takes_no_window_twice(n_windows, batch_size):
    pair = prepared(n_train=n_windows)
    n_steps = steps_per_epoch(pair, batch_size)
    assert n_steps == n_windows // batch_size
    epochs = {"x": [], "y": []}
    for step, pairs in enumerate(as_arrays(stream(pair, batch_size=batch_size, end_step=3 * n_steps))):
        for name, batch in zip("xy", pairs, strict=True):
            if step % n_steps == 0:
                epochs[name].append([])
            epochs[name][-1] += starts_of(pair, name, batch)
    for name, orders in epochs.items():
        for order in orders:
            assert len(set(order)) == len(order) == n_steps * batch_size
            assert set(order) <= set(pair[name].starts.train.tolist())
        assert orders[0] != orders[1] != orders[2]
    assert epochs["x"] != epochs["y"]


def test_days_are_shuffled_independently():
    pair = prepared(phi=True)  # same start frames on both days
    epoch = zip(*as_arrays(stream(pair, end_step=10)), strict=True)
    x, y = (starts_of(pair, name, np.concatenate(parts)) for name, parts in zip("xy", epoch, strict=True))
    assert sorted(x) == sorted(y)
    assert np.mean(np.equal(x, y)) < 0.3


def test_the_shorter_day_goes_on_with_permutations_of_its_own():
    pair = prepared(recording(400), recording(200, seed=1), n_train=300)
    n_x, n_y = len(pair.x.starts.train), len(pair.y.starts.train)
    assert n_x > 2 * n_y
    assert steps_per_epoch(pair, 1) == n_x
    starts = [starts_of(pair, "y", y)[0] for _, y in as_arrays(stream(pair, batch_size=1, end_step=n_x))]
    assert sorted(starts[:n_y]) == sorted(starts[n_y : 2 * n_y]) == pair.y.starts.train.tolist()
    assert starts[:n_y] != starts[n_y : 2 * n_y]


def test_a_batch_may_be_larger_than_a_day():
    pair = prepared(n_train=3)
    assert steps_per_epoch(pair, 8) == 1
    ((x, _), (z, _)) = as_arrays(stream(pair, batch_size=8, end_step=2))
    assert sorted(starts_of(pair, "x", x)[:3]) == sorted(starts_of(pair, "x", x)[3:6]) == pair.x.starts.train.tolist()
    assert not np.array_equal(x, z)


@pytest.mark.parametrize("start_step", [1, 7, 10, 13, 25])
def test_starting_at_a_step_equals_skipping_to_it(start_step):
    pair = prepared()  # 10 steps per epoch
    skipped = as_arrays(stream(pair, end_step=30).skip(start_step))
    started = as_arrays(stream(pair, start_step=start_step, end_step=30))
    assert len(started) == 30 - start_step
    for a, b in zip(skipped, started, strict=True):
        assert np.array_equal(a[0], b[0])
        assert np.array_equal(a[1], b[1])


def test_the_order_depends_on_the_seed_and_on_nothing_else():
    pair = prepared()

    def order(seed):
        return [starts_of(pair, "x", x) for x, _ in as_arrays(stream(pair, seed=seed, end_step=10))]

    first = order(5)
    tf.random.set_seed(99)
    tf.random.uniform([3])
    assert order(5) == first
    assert order(6) != first
    assert order(5 + 256) != first


def test_a_stream_without_end_step_goes_on():
    pair = prepared(n_train=4)
    assert len(as_arrays(stream(pair, batch_size=2).take(9))) == 9


@pytest.mark.parametrize(("which", "batch_size", "sizes"), [("validation", 4, [4, 2]), ("test", 6, [6])])
def test_evaluation_batches_come_in_order_and_whole(which, batch_size, sizes):
    pair = prepared(phi=True)
    found = as_arrays(batches(pair, which=which, batch_size=batch_size))
    assert [len(x) for x, _ in found] == sizes
    for name, parts in zip("xy", zip(*found, strict=True), strict=True):
        day = pair[name]
        expected = day.windows(getattr(day.starts, which), pair.window_frames)
        np.testing.assert_allclose(np.concatenate(parts)[..., 0], expected, atol=1e-6)


def test_evaluation_leaves_surplus_windows_out():
    pair = prepared(recording(400), recording(100, seed=1), n_validation=20)
    n = [len(pair.x.starts.validation), len(pair.y.starts.validation)]
    assert n[0] > n[1]
    assert sum(len(x) for x, _ in batches(pair, batch_size=8)) == n[1]


@pytest.mark.parametrize("method", ["original", "correlation"])
def test_tensorflow_shares_the_memory_of_the_days(method):
    pair = prepared(phi=True, method=method)
    for values in (pair.x.values, pair.y.values, pair.y.transform.offset):
        assert np.shares_memory(np.asarray(memoryview(shared_tensor(values))), values)


def test_arrays_that_cannot_be_shared_are_copied():
    values = np.zeros((6, 4), np.float32)[1:, ::2]
    tensor = shared_tensor(values)
    assert np.array_equal(tensor, values)
    assert "CPU" in tensor.device
