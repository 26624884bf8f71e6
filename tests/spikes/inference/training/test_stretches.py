"""Stretches of ground truth: where they lie, what is left out, and the noise that they get."""

import numpy as np
import pytest
from inference_fakes import SMALL, simulated_cell

from cyclegan_neuro.errors import UserError
from cyclegan_neuro.recordings.noise import noise_levels
from cyclegan_neuro.spikes.ground_truth.cells import GroundTruthCell, GroundTruthSegment
from cyclegan_neuro.spikes.inference.training.settings import TrainingSettings
from cyclegan_neuro.spikes.inference.training.stretches import Stretches, cut_stretches

SETTINGS = TrainingSettings(
    frame_rate_hz=10.0, noise_levels=(1, 2, 3), stretch_frames=30, smoothing_s=0.0, architecture=SMALL
)
NEEDED = 30 + SMALL.window_frames - 1  # 49 frames


def ramp_cell(*lengths):
    """Segments whose ΔF/F says the frame, nearly without noise, with a spike in every 7th frame."""
    segments = []
    for n_frames in lengths:
        frames = np.arange(n_frames)
        middles = (frames + 0.5) / 10.0
        segments.append(GroundTruthSegment(middles, frames.astype(np.float32) / 1000, middles[::7].copy()))
    return GroundTruthCell("DS", "cell", tuple(segments))


def test_stretches_touch_and_the_last_one_ends_with_the_recording():
    stretches = cut_stretches([ramp_cell(NEEDED + 30 + 11, NEEDED - 1)], SETTINGS, 1)
    assert stretches.dff.shape == (3, NEEDED)
    assert stretches.target.shape == (3, 30)
    first = np.round(stretches.dff[:, 0] * 1000).astype(int)
    assert first.tolist() == [0, 30, 41]
    for start, dff, target in zip(first, stretches.dff, stretches.target, strict=True):
        np.testing.assert_allclose(dff * 1000, start + np.arange(NEEDED), atol=1e-3)
        # the k-th target is that of the frame ``before_frames`` after the start of the k-th window
        frames = start + SMALL.before_frames + np.arange(30)
        np.testing.assert_array_equal(target, frames % 7 == 0)


def test_recordings_noisier_than_a_level_are_left_out():
    quiet, loud = (simulated_cell("DS", "c", seed=1, level=level, spikes_hz=0.1) for level in (0.5, 2.0))
    settings = TrainingSettings(frame_rate_hz=30.0, noise_levels=(1, 2), stretch_frames=64, architecture=SMALL)
    by_level = {level: cut_stretches([quiet, loud], settings, level) for level in (1, 2)}
    assert by_level[1].noise.max() < 0.6
    assert len(by_level[2].noise) == 2 * len(by_level[1].noise)
    with pytest.raises(UserError) as caught:
        cut_stretches([loud], settings, 1)
    assert (
        "noise level 1 at 30 Hz: got no recording that is long and quiet enough, expected one of at least 3 s with"
        in (str(caught.value))
    )


def test_intervals_cover_all_noise_below_the_lowest_level():
    assert [SETTINGS.noise_interval(level) for level in (1, 2, 3)] == [(0.0, 1.5), (1.5, 2.5), (2.5, 3.5)]


def test_noise_reaches_the_wanted_level():
    """White noise adds to white noise; a stretch that is noisier than what is drawn stays as it is."""
    rng = np.random.default_rng(0)
    own = np.array([0.0, 1.0, 4.0])
    dff = rng.normal(0, 1, (3, 40000)) * own[:, None] * np.sqrt(30.0) / 100 / 0.9539
    stretches = Stretches(dff.astype(np.float32), np.zeros((3, 1), np.float32), own)
    noisy = stretches.noisy(rng, (2.5, 2.5), 30.0)
    np.testing.assert_allclose(noise_levels(noisy.T, 30.0), [2.5, 2.5, 4.0], rtol=0.03)
    np.testing.assert_array_equal(noisy[2], stretches.dff[2])
    assert noisy.dtype == np.float32
    levels = noise_levels(Stretches(np.zeros((200, 4000), np.float32), noisy, np.zeros(200)).noisy(
        rng, (0.5, 1.5), 24.0).T, 24.0)  # fmt: skip
    assert 0.45 < levels.min() < 0.6
    assert 1.4 < levels.max() < 1.6
    assert levels.mean() == pytest.approx(1.0, abs=0.06)
