import numpy as np

from cyclegan_neuro.evaluation.days.baselines.alignments import MomentMatching
from cyclegan_neuro.evaluation.days.baselines.training_frames import Moments


def test_moment_matching_by_hand():
    """Neuron 0: mean 1, sd 2 to mean 3, sd 4: doubled, then + 1. Neuron 1: only shifted by -1."""
    x = Moments(np.array([1.0, 5.0]), np.diag([4.0, 1.0]))
    y = Moments(np.array([3.0, 4.0]), np.diag([16.0, 1.0]))
    baseline = MomentMatching.fit(x, y)
    windows = np.array([[[0.0, 0.0], [1.0, 5.0]]], np.float32)
    to_y, _ = baseline.to_y(windows, windows[:0])
    np.testing.assert_allclose(to_y, [[[1.0, -1.0], [3.0, 4.0]]])
    _, back = baseline.to_x(windows[:0], to_y)
    np.testing.assert_allclose(back, windows, atol=1e-6)
