import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cyclegan_neuro.interpret.binned import BinnedAverage, bin_edges


def curves_of(position, starts, windows, edges, **kwargs):
    accumulator = BinnedAverage(position, starts, window_frames=windows.shape[1], edges=edges, **kwargs)
    accumulator.add(starts, windows)
    return accumulator.curves()


def test_edges_are_multiples_of_the_bin_over_the_range_of_both_days():
    edges = bin_edges(np.array([3.0, np.nan, 5.0]), np.array([1.0, 8.5]), width=4.0)
    np.testing.assert_array_equal(edges, [0, 4, 8, 12])


def test_a_curve_by_hand():
    """Frames 0, 1 at 1 cm with 2 and 4; frame 2 at 5 cm with 6; nobody was at 8 to 12 cm."""
    position = np.array([1.0, 1.0, 5.0, 13.0])
    windows = np.array([[[2.0], [4.0], [6.0], [8.0]]])
    curve = curves_of(position, np.array([0]), windows, np.arange(0, 17, 4))
    np.testing.assert_array_equal(curve[:, 0], [3.0, 6.0, np.nan, 8.0])


def test_the_last_bin_holds_its_right_edge():
    curve = curves_of(np.array([0.0, 8.0]), np.array([0]), np.array([[[1.0], [3.0]]]), np.array([0.0, 4.0, 8.0]))
    np.testing.assert_array_equal(curve[:, 0], [1.0, 3.0])


def test_overlapping_predictions_of_a_frame_are_averaged_before_binning():
    """Frame 1 is predicted 2 and 6: it counts once, as 4. So the bin is (1 + 4 + 10) / 3."""
    starts = np.array([0, 1])
    windows = np.array([[[1.0], [2.0]], [[6.0], [10.0]]])
    curve = curves_of(np.zeros(3), starts, windows, np.array([0.0, 4.0]))
    assert curve[0, 0] == pytest.approx(5.0)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_accumulating_windows_equals_averaging_frames_first(seed):
    rng = np.random.default_rng(seed)
    position = rng.uniform(0, 20, 40)
    position[rng.uniform(size=40) < 0.1] = np.nan
    starts = np.sort(rng.choice(31, 6, replace=False))
    windows = rng.normal(size=(6, 10, 3))
    edges = np.arange(0, 21, 5)
    sums, counts = np.zeros((40, 3)), np.zeros(40)
    for start, window in zip(starts, windows, strict=True):
        sums[start : start + 10] += window
        counts[start : start + 10] += 1
    expected = np.full((4, 3), np.nan)
    for b in range(4):
        inside = (position >= edges[b]) & (position < edges[b + 1]) & (counts > 0)
        if inside.any():
            expected[b] = (sums[inside] / counts[inside, None]).mean(axis=0)
    accumulator = BinnedAverage(position, starts, window_frames=10, edges=edges)
    accumulator.add(starts[:2], windows[:2])
    accumulator.add(starts[2:], windows[2:])
    np.testing.assert_allclose(accumulator.curves(), expected)


def test_chosen_frames_only():
    windows = np.array([[[1.0], [5.0]]])
    frames = np.array([False, True])
    assert curves_of(np.zeros(2), np.array([0]), windows, np.array([0.0, 4.0]), frames=frames)[0, 0] == 5.0
