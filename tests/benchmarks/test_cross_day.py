"""Decoding across days: what is fitted to what, on two days of which the later one has other gains and offsets."""

import importlib
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d

from cyclegan_neuro.evaluation.days.baselines.alignments import Identity, MomentMatching
from cyclegan_neuro.evaluation.days.baselines.training_frames import moments_of_days
from cyclegan_neuro.populations.trials.preparing import split_trials
from cyclegan_neuro.populations.trials.trials import Trials

ROOT = Path(__file__).resolve().parents[2]
EMG = ROOT.parent / "shared" / "data" / "monkey_cross_day_emg.h5"
N_BINS, N_CHANNELS = 4000, 6


@pytest.fixture
def helpers(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    yield importlib.import_module("_cross_day")
    for name in ("cross_day", "_cross_day", "_common"):
        sys.modules.pop(name, None)


@pytest.fixture
def days(helpers):
    """Two targets drive six channels; on the later day, of another behaviour, gains are halved and offsets doubled."""
    rng = np.random.default_rng(0)
    targets = gaussian_filter1d(rng.normal(size=(2 * N_BINS, 2)), 3, axis=0) * 3
    rates = 40 + 8 * targets @ rng.normal(size=(2, N_CHANNELS)) + rng.normal(size=(2 * N_BINS, N_CHANNELS))
    rates[N_BINS:] = 80 + 0.5 * (rates[N_BINS:] - 40)
    trials = Trials(
        rates.astype(np.float32), "spikes/s", 0.05, trial=np.arange(2 * N_BINS) // 200,
        day=np.arange(2 * N_BINS) // N_BINS, targets=targets.astype(np.float32), target_names=("a", "b"),
    )  # fmt: skip
    return helpers.EmgDays.of(split_trials(trials, held_out_fraction=0.25), n_resamples=20)


def test_moments_mend_gains_and_offsets(days):
    pair = days.pair(200)
    r2, criteria = {}, {}
    for one in (Identity(), MomentMatching.fit(*moments_of_days(pair))):
        rates = days.aligned(one, pair)
        r2[one.name], criteria[one.name] = days.r2(rates)[0], days.criteria(rates)
        np.testing.assert_array_equal(rates[:N_BINS], days.rates[:N_BINS])  # day 0 stays what it is
    retrained = days.r2(days.rates, decoder=days.retrained)[0]
    assert r2["identity"] < 0.5 < retrained - 0.05 < r2["moment_matching"] < retrained + 0.05
    for name in ("energy", "covariance"):
        assert criteria["moment_matching"][name] < criteria["identity"][name]


def test_nothing_is_fitted_to_the_last_quarter(days):
    pair = days.pair(200)
    for day, bins in zip((pair.x, pair.y), days.split.held_out, strict=True):
        last = max(day.starts.train.max(), day.starts.validation.max()) + pair.window_frames
        assert last <= bins.min() % N_BINS == 0.75 * N_BINS


def test_energy_distance(helpers):
    points = np.array([[0.0], [0.0], [3.0]])  # E|a - b| = (0 + 0 + 3) / 3, E|a - a'| = 4 · 3 / 9
    assert helpers.energy_distance(points, np.zeros((2, 1))) == pytest.approx(2 * 1 - 4 / 3 - 0)
    assert helpers.energy_distance(points, points) == 0


def test_a_line_of_the_table_pairs_resamplings(helpers):
    line = importlib.import_module("cross_day").row("a", np.array([0.5, 0.4, 0.6]), np.array([0.4, 0.3, 0.5]))
    assert line["- moments"] == pytest.approx(0.1)
    assert (line["from"], line["to"]) == pytest.approx((0.1, 0.1))  # whichever stretches are drawn
    assert line["low"] < 0.41 < 0.59 < line["high"]


@pytest.mark.skipif(not EMG.is_file(), reason="the recording is not there")
def test_the_recording(helpers):
    days = helpers.EmgDays.read(EMG, n_resamples=2)
    found = days.r2(days.rates, day=0)[0], days.r2(days.rates)[0], days.r2(days.rates, decoder=days.retrained)[0]
    assert found == pytest.approx((0.70, -0.01, 0.64), abs=0.03)
    assert days.rates.shape == (42_000, 94)


@pytest.fixture
def networks(helpers):
    yield importlib.import_module("_cross_day_networks")
    sys.modules.pop("_cross_day_networks", None)


@pytest.mark.usefixtures("eager")
def test_networks_on_moments_begin_as_moment_matching_and_learn(days, networks):
    pair = days.pair(200)
    moments = days.aligned(MomentMatching.fit(*moments_of_days(pair)), pair)
    learner = replace(networks.LEARNERS["residual"], updates=2, every=1)
    learner = replace(learner, training=learner.training | {"weight_averaging": 0.0, "learning_rate_generator": 1e-9})
    first, second = networks.looks(days, learner, seed=0)
    np.testing.assert_allclose(first, moments, atol=1e-2)  # spikes/s
    learner = replace(learner, training=learner.training | {"learning_rate_generator": 1e-3})
    assert np.abs(list(networks.looks(days, learner, seed=0))[1] - second).max() > 0.01


@pytest.mark.usefixtures("eager")
def test_the_published_aligner_makes_counts(days, networks):
    trainer, trained_on, translated = networks.LEARNERS["published"].build(days, seed=0)
    assert trained_on.window_frames == 1
    np.testing.assert_allclose(np.concatenate([translated.x.values, translated.y.values]), days.rates * 0.05, rtol=1e-5)
    assert trainer.generator_f.count_params() == 6 * 96 + 96 + 96 * 96 + 96 + 96 * 6 + 6


def test_settings_of_the_package_are_valid(networks):
    backbones = {}
    for name in ("package", "package_residual"):
        learner = networks.LEARNERS[name]
        config = networks.load_config(networks.CONFIG, networks.Config, overrides=learner.settings)
        backbones[name] = config.model.backbone
        assert learner.batch_size == config.training.batch_size
    assert backbones == {"package": None, "package_residual": "moments"}
