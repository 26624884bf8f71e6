"""Scaling: what it is learned from, and that it can be undone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cyclegan_neuro.errors import WindowError
from cyclegan_neuro.windows import scaling
from cyclegan_neuro.windows.scaling import Scaling, WindowTransform
from cyclegan_neuro.windows.segmentation import coverage

DFF = np.array([[0.0, 9.0], [1.0, 4.0], [3.0, 4.0], [99.0, -99.0]], np.float32)
TRAINING = np.array([False, True, True, False])


def test_limits_come_from_the_training_frames():
    day = scaling.fit(DFF, covered=TRAINING, mode="day")
    neuron = scaling.fit(DFF, covered=TRAINING, mode="neuron")
    assert (day.minimum.tolist(), day.maximum.tolist()) == ([1, 1], [4, 4])
    assert (neuron.minimum.tolist(), neuron.maximum.tolist()) == ([1, 4], [3, 4])
    assert {limit.dtype for s in (day, neuron) for limit in (s.minimum, s.maximum)} == {np.dtype(np.float32)}


def test_constant_neurons_lie_at_mid_scale_and_come_back():
    limits = scaling.fit(DFF, covered=TRAINING, mode="neuron")
    scaled = scaling.apply(DFF, limits)
    assert scaled.tolist() == [[-0.5, 0.5], [0.0, 0.5], [1.0, 0.5], [49.0, 0.5]]  # nothing is clipped
    assert scaling.invert(scaled, limits)[:, 1].tolist() == [4.0] * 4


def test_a_constant_day_divides_by_nothing():
    limits = scaling.fit(np.full((5, 2), 0.25, np.float32), covered=np.ones(5, bool), mode="day")
    assert scaling.apply(np.full((3, 5, 2), 0.25, np.float32), limits).tolist() == np.full((3, 5, 2), 0.5).tolist()


@given(
    dff=hnp.arrays(np.float32, (12, 3), elements=st.floats(-5, 50, width=32)),
    mode=st.sampled_from(["day", "neuron"]),
)
@settings(deadline=None)
def test_inversion_undoes_scaling(dff, mode):
    limits = scaling.fit(dff, covered=np.ones(12, bool), mode=mode)
    batch = np.stack([dff, dff[::-1]])
    scaled = scaling.apply(batch, limits)
    assert scaled.min() >= 0
    assert scaled.max() <= 1 + 1e-6
    extent = float((limits.maximum - limits.minimum).max())
    np.testing.assert_allclose(scaling.invert(scaled, limits), batch, atol=1e-6 * max(extent, 50.0))


@given(data=st.data(), n_frames=st.integers(8, 40), mode=st.sampled_from(["day", "neuron"]))
@settings(deadline=None, max_examples=50)
def test_limits_of_transformed_windows_equal_those_of_the_windows_themselves(data, n_frames, mode):
    rng = np.random.default_rng(data.draw(st.integers(0, 1000)))
    mask = rng.choice(np.float32([0, 0.5, 1]), (6, 3))
    dff, offset = (rng.normal(size=(n_frames, 3)).astype(np.float32) for _ in range(2))
    starts = np.array(data.draw(st.lists(st.integers(0, n_frames - 6), min_size=1, max_size=5, unique=True)))
    windows = np.stack([mask * dff[s : s + 6] + offset[s : s + 6] for s in starts])
    fitted = scaling.fit_transformed(dff, transform=WindowTransform(mask, offset), starts=starts, mode=mode)
    axis = (0, 1) if mode == "neuron" else None
    np.testing.assert_allclose(fitted.minimum, np.broadcast_to(windows.min(axis), 3), rtol=1e-6)
    np.testing.assert_allclose(fitted.maximum, np.broadcast_to(windows.max(axis), 3), rtol=1e-6)


def test_a_transform_without_effect_is_scaled_like_the_day(monkeypatch):
    monkeypatch.setattr(scaling, "_CHUNK_NEURONS", 2)
    dff = np.random.default_rng(0).normal(size=(50, 5)).astype(np.float32)
    starts = np.array([3, 30])
    nothing = WindowTransform(np.ones((8, 5), np.float32), np.zeros((50, 5), np.float32))
    fitted = scaling.fit_transformed(dff, transform=nothing, starts=starts, mode="neuron")
    covered = coverage(starts, window_frames=8, n_frames=50)
    expected = scaling.fit(dff, covered=covered, mode="neuron")
    assert np.array_equal(fitted.minimum, expected.minimum)
    assert np.array_equal(fitted.maximum, expected.maximum)


def test_nan_in_the_training_frames_is_an_error():
    broken = DFF.copy()
    broken[2, 1] = np.nan
    with pytest.raises(WindowError, match=r"neuron 1: got NaN or infinity in the training frames.*data.x.nan"):
        scaling.fit(broken, covered=TRAINING, mode="day")
    broken[2, 1], broken[3, 1] = 4.0, np.nan
    scaling.fit(broken, covered=TRAINING, mode="day")  # outside the training frames


def test_files_hold_every_bit(tmp_path):
    rng = np.random.default_rng(0)
    x, y = (Scaling(rng.normal(size=4).astype(np.float32), rng.normal(size=4).astype(np.float32)) for _ in range(2))
    scaling.save(tmp_path / "scaling.json", x=x, y=y, mode="day")
    for read, written in zip(scaling.load(tmp_path / "scaling.json", n_neurons=4, mode="day"), (x, y), strict=True):
        assert np.array_equal(read.minimum, written.minimum)
        assert np.array_equal(read.maximum, written.maximum)
    assert [path.name for path in tmp_path.iterdir()] == ["scaling.json"]


@pytest.mark.parametrize(
    ("content", "n_neurons", "mode", "message"),
    [
        (None, 3, "day", "day x: 2 neurons where the recording has 3"),
        (None, 2, "neuron", "scaling 'day' where the configuration says 'neuron'"),
        ('{"scaling": "day"}', 2, "day", "no entry 'x'"),
        ("{", 2, "day", "a file that cannot be used"),
    ],
)
def test_files_that_do_not_fit_are_refused(tmp_path, content, n_neurons, mode, message):
    path = tmp_path / "scaling.json"
    limits = Scaling(np.zeros(2, np.float32), np.ones(2, np.float32))
    scaling.save(path, x=limits, y=limits, mode="day")
    if content is not None:
        path.write_text(content)
    with pytest.raises(WindowError, match=message):
        scaling.load(path, n_neurons=n_neurons, mode=mode)


def test_shared_scaling_spans_both_days():
    x = scaling.fit(np.array([[0.0, 1.0], [2.0, 1.0]], np.float32), covered=np.ones(2, bool), mode="day")
    y = scaling.fit(np.array([[-1.0, 0.5], [0.5, 1.0]], np.float32), covered=np.ones(2, bool), mode="day")
    both = scaling.share(x, y)
    np.testing.assert_array_equal(both.minimum, [-1.0, -1.0])
    np.testing.assert_array_equal(both.maximum, [2.0, 2.0])
