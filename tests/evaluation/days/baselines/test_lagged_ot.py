import numpy as np
import pytest

from cyclegan_neuro.evaluation.days.baselines.transports import LaggedOT


def test_every_lag_has_its_own_matrix():
    """One neuron, steps of two frames: weights 1, 10, 100, 1,000, 10,000 for frames t - 4 to t + 4; shift 0.5."""
    weights = 10.0 ** np.arange(5, dtype=np.float32)[:, None, None]
    there = weights, np.array([0.5], np.float32)
    lagged = LaggedOT({"x": there, "y": there}, step_frames=2, shrinkage=0.0)
    window = np.arange(1.0, 10.0, dtype=np.float32)[None, :, None]
    moved = lagged.forward(window)
    assert moved[0, 4, 0] == pytest.approx(97531.5)  # 1 x 1 + 3 x 10 + 5 x 100 + 7 x 1,000 + 9 x 10,000
    assert moved[0, 0, 0] == pytest.approx(53111.5)  # the first frame, 1, stands for those before it
    np.testing.assert_array_equal(lagged.backward(window), moved)


def test_it_finds_a_filter_that_no_single_frame_shows(make_pair):
    """x is white noise, y adds 0.6 of the frames 0.25 s (2 frames) before and after: correlation 1.2 / 1.72 = 0.70.

    Transport of single frames would leave white noise white.
    """
    rng = np.random.default_rng(0)
    prepared = make_pair()
    noise = rng.normal(size=(100, 5)).astype(np.float32)
    prepared.x.recording.dff[:] = noise[2:-2]
    prepared.y.recording.dff[:] = noise[2:-2] + 0.6 * (noise[:-4] + noise[4:])
    windows = rng.normal(size=(40, 64, 5)).astype(np.float32)
    moved = LaggedOT.fit(prepared, shrinkage=0.01).forward(windows)[:, 8:-8]
    correlation = np.mean([np.corrcoef(moved[:, :-2, n].ravel(), moved[:, 2:, n].ravel())[0, 1] for n in range(5)])
    assert correlation > 0.3  # fitted to 48 frames


def test_too_many_neurons_are_left_out(make_pair, monkeypatch):
    monkeypatch.setattr("cyclegan_neuro.evaluation.days.baselines.transports.MOST_NEURONS", 4)
    assert LaggedOT.fit(make_pair()) is None  # of five neurons
