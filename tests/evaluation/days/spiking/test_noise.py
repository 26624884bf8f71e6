"""Days that differ in noise: what is added, and that a difference of noise alone vanishes."""

import json

import numpy as np
import pytest

from cyclegan_neuro.evaluation.days.measurements import measure
from cyclegan_neuro.evaluation.days.spiking.measure import measure_spikes
from cyclegan_neuro.evaluation.days.spiking.noise import NoiseMatch
from cyclegan_neuro.evaluation.days.story.spikes import spikes_block
from cyclegan_neuro.recordings.calcium import white_noise_sd
from cyclegan_neuro.recordings.noise import noise_levels
from cyclegan_neuro.systems.cyclegan.config import Config

LOUD = {"seed": 1, "noise": 0.15}  # the spikes of the other day


def test_what_is_added_by_hand():
    match = NoiseMatch({"x": np.array([3.0, 2.0]), "y": np.array([5.0, 1.0])}, 24.0)
    assert match.target.tolist() == [5.0, 2.0]
    one = white_noise_sd(1.0, 24.0)
    np.testing.assert_allclose(match.added_sd("x"), [4 * one, 0.0])  # 3² + 4² = 5²
    np.testing.assert_allclose(match.added_sd("y"), [0.0, np.sqrt(3) * one])  # 1² + 3 = 2²


@pytest.mark.parametrize(("levels", "differ"), [((1.0, 1.09), False), ((1.0, 1.11), True), ((1.11, 1.0), True)])
def test_days_differ_from_ten_per_cent_on(levels, differ):
    x, y = (np.array([0.2, level, 5.0]) for level in levels)
    assert NoiseMatch({"x": x, "y": y}, 24.0).differ == differ


def test_noise_of_that_variance_is_added_to_the_quieter_neuron_alone():
    quiet, loud = (np.random.default_rng(1).normal(0, sd, (20_000, 2)).astype(np.float32) for sd in (0.03, 0.05))
    days = {"x": np.stack([quiet[:, 0], loud[:, 0]], 1), "y": np.stack([loud[:, 1], quiet[:, 1]], 1)}
    match = NoiseMatch({name: noise_levels(day, 24.0) for name, day in days.items()}, 24.0)
    noisy = {name: match.noisy(day, name, rng=np.random.default_rng(2)) for name, day in days.items()}
    np.testing.assert_array_equal(noisy["x"][:, 1], loud[:, 0])
    np.testing.assert_array_equal(noisy["y"][:, 0], loud[:, 1])
    assert (noisy["x"] - days["x"])[:, 0].var() == pytest.approx(0.05**2 - 0.03**2, rel=0.05)
    np.testing.assert_allclose(noise_levels(noisy["x"], 24.0), match.target, rtol=0.03)


@pytest.fixture
def run(make_days, make_recorder, make_trainer, model_of, stand_in_networks):
    """Return a function that measures the spikes of two days with a model that does nothing."""

    def run(y, *, section=None, **days):
        prepared = make_days(y=y, n_neurons=12, **days)
        recorder = make_recorder(prepared, **section or {})
        found = measure(Config().evaluation, prepared, model_of(make_trainer(), prepared), recorder=recorder)
        return measure_spikes(recorder, found.spikes, model="CycleGAN")

    return run


def told(found):
    """The block of the report: what is above, what is below, tables by name."""
    block = spikes_block(found.recorder.prepared, found)
    above, below = (" ".join(" ".join(part).split()) for part in (block.paragraphs, block.how))
    return above, below, {table.slug: table for _, table in block.tables}


def test_a_quieter_copy_of_a_day_fires_at_other_rates_until_it_is_as_noisy(run):
    found = run(LOUD, noise=0.05)
    above, below, tables = told(found)
    assert "The days differ in noise (median" in above
    assert "Once made equally noisy, identity has firing rate" in above
    assert len(above.split()) < 120
    assert "white noise (seed 0) is added" in below
    rows = tables["spikes_noise_matched"].rows
    assert [row[0] for row in rows[:4]] == [
        "Firing rate, Y | X", "Firing rate, Y | G(X)", "Firing rate, X | Y", "Firing rate, X | F(Y)"
    ]  # fmt: skip
    kl, kl_after, distance_hz, distance_after_hz = rows[0][1:]
    assert distance_after_hz < 0.3 * distance_hz
    assert kl_after < kl
    metrics = json.loads(json.dumps(found.to_json()["inference"]))
    assert metrics["recorded_noise"]["differs"] is True
    assert metrics["noise_matched"]["firing_rate"]["y_from_x"]["identity"]["wasserstein"]["mean"] == distance_after_hz


def test_generated_signals_get_the_noise_of_the_day_that_they_stand_for(run):
    """The model does nothing: F(Y) is Y and stands for X, the quiet day; G(X) is X and stands for Y, the noisy one."""
    found = run(LOUD, noise=0.05)
    recorded, model = found.signals["recorded"], found.signals["model"]
    np.testing.assert_array_equal(model["g_x"].matched.counts, model["g_x"].counts.counts)
    assert model["f_y"].matched.counts.sum() > model["f_y"].counts.counts.sum()
    assert recorded["x"].matched.counts.sum() > recorded["x"].counts.counts.sum()
    assert model["g_f_y"].matched is None
    assert set(found.matched) == {"x_from_y", "y_from_x"}


@pytest.mark.parametrize(
    ("y", "section", "words"),
    [
        ({}, {}, "equal within 10 % (median"),
        (LOUD, {"noise_matched": False}, "evaluation.spikes.noise_matched is off"),
    ],
)  # fmt: skip
def test_nothing_is_inferred_again_where_nothing_differs_or_nobody_wants_it(run, stand_in_networks, y, section, words):
    found = run(y, section=section)
    assert found.matched is None
    assert all(signal.matched is None for own in found.signals.values() for signal in own.values())
    assert len(stand_in_networks.frames) == 2 + 2 + 4 * 2
    above, below, tables = told(found)
    assert words in above + below
    assert "spikes_noise_matched" not in tables


def test_windows_that_stand_alone_are_left_as_they_are(make_days, make_recorder, stand_in_networks):
    recorder = make_recorder(make_days(phi=True))
    assert recorder.noise is None
    assert not recorder.matches_noise
