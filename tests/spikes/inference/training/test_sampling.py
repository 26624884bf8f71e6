"""Batches of training: which stretches, aligned with their spikes, with what noise and what is told."""

from dataclasses import replace

import numpy as np
import pytest
from inference_fakes import SMALL, simulated_cell

from cyclegan_neuro.errors import UserError
from cyclegan_neuro.recordings.calcium import white_noise_sd
from cyclegan_neuro.recordings.noise import noise_levels
from cyclegan_neuro.spikes.ground_truth.cells import GroundTruthCell, GroundTruthSegment
from cyclegan_neuro.spikes.inference.codes import CODES, code_of
from cyclegan_neuro.spikes.inference.training import sampling
from cyclegan_neuro.spikes.inference.training.sampling import Sampler
from cyclegan_neuro.spikes.inference.training.settings import TrainingSettings

SETTINGS = TrainingSettings(frames_per_update=4000, architecture=SMALL, forget_all=0.0, forget_variant=0.0)
LENGTH, REACH = 80, 4  # of a stretch at 10 Hz: 8 s; what the small network reads before and after


def ramp_cell(n_frames, spiking=(), *, name="DS-GCaMP6f", first=0, cell="cell"):
    """ΔF/F at 10 Hz that says the frame, nearly without noise, with spikes in the middles of some frames."""
    frames = np.arange(n_frames)
    middles = (frames + 0.5) / 10.0
    segment = GroundTruthSegment(middles, ((first + frames) / 1000).astype(np.float32), middles[list(spiking)])
    return GroundTruthCell(name, cell, (segment,))


def noisy_cell(level, n_frames, *, name="DS-GCaMP6f", seed=0):
    dff = np.random.default_rng(seed).normal(0, white_noise_sd(level, 10.0), n_frames).astype(np.float32)
    return GroundTruthCell(name, "c", (GroundTruthSegment((np.arange(n_frames) + 0.5) / 10.0, dff, np.zeros(0)),))


def sampler(*cells, settings=SETTINGS, rate_hz=10.0, seed=0):
    return Sampler(cells, settings, rate_hz, np.random.default_rng(seed))


@pytest.fixture
def without_noise(monkeypatch):
    monkeypatch.setattr(sampling, "NOISE_LEVELS", (1e-6, 1e-6))


def test_true_rates_are_those_of_the_inner_frames(without_noise):
    """One spike is one spike, smoothed by 1.5 frames, in the frame in which it fell."""
    dff, told, target, weights = sampler(ramp_cell(200, [100])).batch()
    n = int(4000 * np.sqrt(1 / 3)) // LENGTH
    assert (dff.shape, told.shape) == ((n, LENGTH + 2 * REACH), (n, 2 + len(CODES)))
    assert (target.shape, weights.shape) == ((n, LENGTH), (n,))
    assert {array.dtype for array in (dff, told, target, weights)} == {np.dtype(np.float32)}
    starts = np.round(dff[:, 0] * 1000).astype(int)
    assert starts.min() < 20
    assert starts.max() > 200 - dff.shape[1] - 20
    gauss = np.exp(-0.5 * (np.arange(-6, 7) / 1.5) ** 2)
    expected = np.zeros(200)
    expected[94:107] = 10.0 * gauss / gauss.sum()
    for start, trace, rate in zip(starts, dff, target, strict=True):
        np.testing.assert_allclose(trace * 1000, start + np.arange(LENGTH + 2 * REACH), atol=1e-2)
        np.testing.assert_allclose(rate, expected[start + REACH : start + REACH + LENGTH], atol=1e-5)


def test_a_causal_target_begins_with_the_spike(without_noise):
    dff, _, target, _ = sampler(ramp_cell(200, [100]), settings=replace(SETTINGS, causal=True)).batch()
    starts = np.round(dff[:, 0] * 1000).astype(int)
    frames = starts[:, None] + REACH + np.arange(LENGTH)
    assert not target[frames < 100].any()
    assert target[frames == 100].min() > 2.0


@pytest.mark.parametrize(("rate_hz", "length", "share"), [(5.0, 40, 6**-0.5), (30.0, 240, 1.0), (60.0, 256, 0.5)])
def test_batches_of_other_rates(rate_hz, length, share):
    cell = simulated_cell("DS-GCaMP6f", "c", seed=1)
    dff, told, target, _ = sampler(cell, rate_hz=rate_hz).batch()
    assert target.shape == (max(8, int(4000 * share) // length), length)
    assert dff.shape[1] == length + 2 * SMALL.reach_frames(rate_hz)
    np.testing.assert_allclose(told[:, 1], np.log(rate_hz / 30), rtol=1e-6)


def test_cells_count_by_their_length_and_by_the_variance_of_their_rate(without_noise):
    """A cell of four times the length is drawn twice as often; squared errors are parts of a variance."""
    settings = replace(SETTINGS, frames_per_update=1_000_000)
    busy = range(0, 200, 7)
    dff, _, target, weights = sampler(
        ramp_cell(800, name="A-GCaMP6f"), ramp_cell(200, busy, name="B-GCaMP6f", first=5000), settings=settings
    ).batch()
    of_second = dff[:, 0] > 4.9
    assert of_second.mean() == pytest.approx(1 / 3, abs=0.02)
    counts = np.zeros(200)
    counts[list(busy)] = 1
    gauss = np.exp(-0.5 * (np.arange(-6, 7) / 1.5) ** 2)
    variance = np.var(10 * np.convolve(counts, gauss / gauss.sum(), "same"))
    per_cell = np.array([1 / 0.3, 1 / (variance + 0.3)])
    per_cell /= per_cell @ [2 / 3, 1 / 3]
    np.testing.assert_allclose(weights, per_cell[of_second.astype(int)], rtol=0.02)  # ends of the convolution
    assert target[of_second].mean() > 1


def test_noise_reaches_the_wanted_level(monkeypatch):
    """White noise adds to white noise; a stretch that is noisier than what is drawn stays as it is."""
    monkeypatch.setattr(sampling, "NOISE_LEVELS", (2.5, 2.5))
    monkeypatch.setattr(sampling, "_LONGEST", 4000)
    monkeypatch.setattr(sampling, "_STRETCH_S", 400.0)
    quiet, loud = noisy_cell(1.0, 4008), noisy_cell(4.0, 4008, name="DS-GCaMP8m", seed=1)
    dff, told, *_ = sampler(quiet, loud).batch()
    is_loud = told[:, 2 + CODES.index("gcamp8")] > 0
    assert 0 < is_loud.sum() < len(dff)
    found = noise_levels(dff.T, 10.0)
    np.testing.assert_allclose(found[~is_loud], 2.5, rtol=0.06)
    np.testing.assert_array_equal(dff[is_loud], np.tile(loud.segments[0].dff, (is_loud.sum(), 1)))
    np.testing.assert_allclose(told[~is_loud, 0], np.log(2.5 / 2.0), rtol=1e-4)
    np.testing.assert_allclose(told[is_loud, 0], np.log(2.5 / 2.0), rtol=1e-4)  # nothing beyond the training is told


def test_levels_are_drawn_evenly_on_a_logarithmic_scale():
    settings = replace(SETTINGS, frames_per_update=400_000)
    _, told, *_ = sampler(
        noisy_cell(0.1, 400), noisy_cell(20.0, 400, name="DS-GCaMP8m", seed=1), settings=settings
    ).batch()
    is_loud = told[:, 2 + CODES.index("gcamp8")] > 0
    np.testing.assert_allclose(told[is_loud, 0], np.log(10.0 / 2.0), rtol=1e-5)
    levels = np.exp(told[~is_loud, 0]) * 2.0
    assert 0.3 <= levels.min() < 0.32
    assert 9.5 < levels.max() < 10.001
    assert np.median(levels) == pytest.approx(np.sqrt(0.3 * 10.0), rel=0.1)


def test_some_stretches_are_told_less_than_is_known():
    settings = replace(SETTINGS, frames_per_update=1_000_000, forget_all=0.3, forget_variant=0.1)
    _, told, *_ = sampler(noisy_cell(1.0, 400, name="DS-GCaMP8m-m-PV-V1"), settings=settings).batch()
    codes = told[:, 2:]
    full, generation = code_of("GCaMP8m", "PV"), code_of("GCaMP8m", "PV")
    generation[CODES.index("gcamp8m")] = 0
    shares = [(codes == wanted).all(axis=1).mean() for wanted in (np.zeros(len(CODES)), generation, full)]
    np.testing.assert_allclose(shares, [0.3, 0.1, 0.6], atol=0.02)
    assert sum(shares) == pytest.approx(1)


def test_one_seed_draws_the_same_batches():
    cells = [simulated_cell("DS-GCaMP6f", "c", seed=seed, duration_s=30.0) for seed in (1, 2)]
    first, again, other = (sampler(*cells, settings=TrainingSettings(architecture=SMALL), seed=s) for s in (0, 0, 1))
    for _ in range(2):
        batches = [each.batch() for each in (first, again, other)]
        assert all((a == b).all() for a, b in zip(*batches[:2], strict=True))
        assert (batches[0][0] != batches[2][0]).any()


def test_recordings_shorter_than_a_stretch_are_left_out(without_noise):
    needed = LENGTH + 2 * REACH
    dff, *_ = sampler(ramp_cell(needed), ramp_cell(needed - 1, first=5000, name="B-GCaMP6f")).batch()
    assert dff.max() < 1
    with pytest.raises(UserError) as caught:
        sampler(ramp_cell(needed - 1))
    assert "ground truth at 10 Hz: got no recording that is long enough, expected one of at least 9 s" in str(
        caught.value
    )
