"""CASCADE's networks over whole traces: the rates of one window per frame, masked where none reaches."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import h5py
import numpy as np
import pytest
from inference_fakes import SMALL_WINDOW as SMALL
from inference_fakes import noise, random_models, windowed_rates

from cyclegan_neuro.errors import UserError
from cyclegan_neuro.recordings.noise import noise_levels
from cyclegan_neuro.spikes.cache import content_key
from cyclegan_neuro.spikes.inference import traces
from cyclegan_neuro.spikes.inference.models import choose_models, load_models
from cyclegan_neuro.spikes.inference.rates import infer_rates, infer_windows
from cyclegan_neuro.spikes.inference.window_inference import WindowInference

DATA = Path(__file__).parents[4] / "shared" / "data"
published = pytest.mark.skipif(not (DATA / "cascade_pretrained_example").exists(), reason="no published networks here")
BEFORE, AFTER = SMALL.before_frames, SMALL.window_frames - SMALL.before_frames - 1  # 10 and 9


@pytest.fixture(scope="module")
def models():
    return random_models((1, 2, 4))


def test_rates_are_those_of_one_window_per_frame_at_the_level_of_the_neuron(models):
    dff = np.stack([noise(level, 120, seed=i) for i, level in enumerate((0.5, 2.1, 9.0, 1.1))], axis=1)
    dff = dff.astype(np.float32)
    found = infer_rates(dff, frame_rate_hz=30.0, models=models)
    assert found.network_levels.tolist() == [1, 2, 4, 1]
    np.testing.assert_array_equal(found.noise_levels, noise_levels(dff, 30.0))
    assert found.rates_hz.dtype == np.float32
    assert found.valid.tolist() == [False] * BEFORE + [True] * (120 - BEFORE - AFTER) + [False] * AFTER
    assert not found.rates_hz[~found.valid].any()
    for column, level in enumerate(found.network_levels):
        expected = windowed_rates(dff[:, column], models, level)
        assert np.ptp(expected) > 1
        np.testing.assert_allclose(found.rates_hz[found.valid, column], expected, atol=1e-4)


def test_a_rate_within_five_percent_counts_spikes_per_second_of_the_recording(models):
    dff = noise(1, (60, 1))
    at_30, at_31 = (infer_rates(dff, frame_rate_hz=rate, models=models) for rate in (30.0, 31.0))
    np.testing.assert_allclose(at_31.rates_hz, at_30.rates_hz * 31 / 30, rtol=1e-5)
    assert at_31.frame_rate_hz == 31.0


@pytest.mark.parametrize(("longest", "per_call"), [(7, 1), (90, 300)])
def test_parts_join_seamlessly(models, monkeypatch, longest, per_call):
    dff = noise(1, (200, 5)).astype(np.float32)
    whole = infer_rates(dff, frame_rate_hz=30.0, models=models)
    monkeypatch.setattr(traces, "_LONGEST_TRACE", longest)
    monkeypatch.setattr(WindowInference, "frames_per_call", per_call)
    assert len(list(traces._parts((5, 200), choose_models(models, 30.0)))) > 5
    parts = infer_rates(dff, frame_rate_hz=30.0, models=models)
    np.testing.assert_allclose(parts.rates_hz, whole.rates_hz, atol=1e-4)  # float32: processors sum in other orders
    np.testing.assert_array_equal(parts.valid, whole.valid)


def test_networks_of_a_level_are_built_once(models, monkeypatch):
    from cyclegan_neuro.spikes.inference import network

    infer_rates(noise(1, (60, 1)), frame_rate_hz=30.0, models=models)
    monkeypatch.setattr(network, "ensemble", None)
    infer_rates(noise(1, (90, 2)), frame_rate_hz=30.0, models=models)


def test_another_frame_rate_is_refused(models):
    with pytest.raises(UserError) as caught:
        infer_rates(noise(1, (60, 2)), frame_rate_hz=20.0, models=models)
    message = str(caught.value)
    assert "frame rate: got 20 Hz, expected 30 Hz within 5%" in message
    assert "let ΔF/F be resampled to 30 Hz (--resample, or" in message
    with pytest.raises(UserError, match="got 20 Hz, expected 30 Hz"):
        infer_windows(noise(1, (2, 60, 2)), frame_rate_hz=20.0, models=models)


def test_results_are_kept_by_everything_that_rates_depend_on(models):
    members = models.noise_levels
    ways = [
        WindowInference(models, 30.0),
        WindowInference(models, 30.5),
        WindowInference(models, 20.0, Fraction(3, 2)),
        *(
            WindowInference(replace(models, **change), 30.0)
            for change in (
                {"before_frames": models.before_frames - 1},
                {"noise_levels": {level + 1: own for level, own in members.items()}},
                {"noise_levels": {1: members[1]}},
                {"noise_levels": {**members, 2: members[1]}},
            )
        ),
    ]
    assert len({content_key(*way.identity) for way in ways}) == len(ways)
    told = choose_models(models, 30.0, indicator="GCaMP8m")  # of which they know nothing
    assert content_key(*told.identity) == content_key(*ways[0].identity)


@pytest.mark.parametrize("ratio", [Fraction(1), Fraction(3, 2), Fraction(2, 3), Fraction(30, 7), Fraction(4, 13)])
def test_only_frames_between_two_that_the_networks_reach_are_valid(models, ratio):
    for n_frames in range(1, 120):
        inside = WindowInference(models, 30.0 / ratio, ratio).reachable(n_frames)
        at = np.arange(n_frames) * ratio  # exact positions among the frames that the networks see
        there = int(np.ceil(n_frames * ratio))
        reached = (at >= BEFORE) & (at <= there - 1 - AFTER)
        assert np.flatnonzero(reached).tolist() == list(range(*inside.indices(n_frames)))


@pytest.mark.parametrize("frame_rate_hz", [20.0, 45.0])
def test_the_last_resampled_frame_is_not_mixed_with_one_that_no_window_reaches(frame_rate_hz, models):
    """On a slow trace the rate cannot drop to a fraction from one frame to the next."""
    weights = models.noise_levels[1][0]
    above = replace(weights, biases=(*weights.biases[:4], weights.biases[4] + 20))
    models = replace(models, noise_levels={1: (above,)})
    dff = np.full((100, 1), 0.5)
    dff += 1e-3 * np.sin(np.arange(100) / 10)[:, None]
    found = infer_rates(dff, frame_rate_hz=frame_rate_hz, models=models, resample=True)
    rates = found.rates_hz[found.valid, 0]
    assert rates.min() > 0
    assert np.abs(np.diff(rates)).max() < 0.05 * rates.mean()


@published
@pytest.mark.parametrize("frame_rate_hz", [20.0, 45.0])
def test_resampling_keeps_the_number_of_spikes(frame_rate_hz):
    """A slow transient seen at 30 Hz, and at another rate with ``resample``, holds as many spikes."""
    folder = load_models(DATA / "cascade_pretrained_example")
    totals = []
    for rate in (30.0, frame_rate_hz):
        time = np.arange(int(40 * rate)) / rate
        dff = 1.5 * np.exp(-0.5 * ((time - 18) / 2.0) ** 2)[:, None]
        found = infer_rates(dff, frame_rate_hz=rate, models=folder, resample=True)
        totals.append(found.rates_hz.sum() / rate)
        assert found.rates_hz.shape == dff.shape
    assert totals[0] > 1
    assert totals[1] == pytest.approx(totals[0], rel=0.05)


@published
def test_the_allen_excerpt_against_its_published_prediction():
    """The prediction is that of another network of the family, smoothed symmetrically: it leads by 0.1 s.

    Medians over the 74 neurons at the best lag within 0.3 s: 0.981 as the rates are, 0.995 when both are smoothed
    with a Gaussian of 0.05 s.
    """
    from scipy.ndimage import gaussian_filter1d

    with h5py.File(DATA / "allen_visual_coding_excerpt.h5") as file:
        dff, reference = file["dff"][()].T, file["cascade_reference/spike_prob"][()].T
    found = infer_rates(dff, frame_rate_hz=30.0, models=load_models(DATA / "cascade_pretrained_example"))
    assert (found.network_levels == 2).all()
    frames = np.flatnonzero(found.valid & np.isfinite(reference).all(axis=1))
    both = [values[frames[0] : frames[-1] + 1].astype(np.float64) for values in (found.rates_hz, reference)]
    assert len(both[0]) == len(frames) > 5900
    for sigma_frames, least in ((0.0, 0.975), (1.5, 0.99)):
        ours, theirs = (gaussian_filter1d(v, sigma_frames, axis=0) if sigma_frames else v for v in both)
        assert np.median(best_correlations(ours, theirs, furthest=9)) > least


def best_correlations(a, b, *, furthest):
    """Largest correlation of each column over lags of up to ``furthest`` frames."""
    columns = range(a.shape[1])
    by_lag = [
        [np.corrcoef(a[max(lag, 0) : len(a) + min(lag, 0), c], b[max(-lag, 0) : len(b) - max(lag, 0), c])[0, 1]
         for c in columns]
        for lag in range(-furthest, furthest + 1)
    ]  # fmt: skip
    return np.max(by_lag, axis=0)
