"""Samples of translations, scored by hand and on days whose truth is known, and what the report says of them."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from cyclegan_neuro.evaluation.days import measurements
from cyclegan_neuro.evaluation.days.baselines import find_places
from cyclegan_neuro.evaluation.days.baselines.alignments import Identity
from cyclegan_neuro.evaluation.days.beyond.parts import part_of, residuals
from cyclegan_neuro.evaluation.days.one_to_many import N_SAMPLES, PlaceResiduals, sample_scores
from cyclegan_neuro.evaluation.days.sections import EvaluationSection
from cyclegan_neuro.evaluation.days.story.one_to_many import one_to_many_block


class Drawn(Identity):
    """What the simulator knows, with noise of its own in every sample."""

    name, label = "model", "network"

    def __init__(self, prepared, number, std=0.2):
        self._truth = {day: prepared[day].recording.truth.other_day_dff for day in "xy"}
        self._number, self._std = number, std

    def move(self, windows, to, frames):
        rng = np.random.default_rng([self._number, "xy".index(frames.day)])
        noise = rng.normal(0, self._std, self._truth[frames.day].shape).astype(np.float32)
        return (self._truth[frames.day] + noise)[frames.index]


class Unscored:
    """In place of scores that take seconds."""

    def __init__(self, prepared, places):
        self.collector = lambda: SimpleNamespace(add=lambda translation: None, made={"g_x": None})
        self.take, self.result = lambda name, collected: None, lambda: None


@pytest.fixture(scope="module")
def places(state_pair):
    return find_places(EvaluationSection(), state_pair)


@pytest.fixture(scope="module")
def samples(state_pair):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(measurements, "fit_baselines", lambda *_, **__: (Identity(),))
        patch.setattr(measurements, "BeyondTuning", Unscored)
        draw = lambda number: Drawn(state_pair, number)  # noqa: E731
        return measurements.measure(EvaluationSection(), state_pair, draw(0), draw=draw).samples


def test_scores_of_twenty_numbers_by_hand(signal_of):
    part = signal_of(np.zeros((8, 1))).part
    numbers = np.tile(np.arange(20.0)[:, None, None], (1, 8, 1))
    truth = np.array([9.5, 9.5, 9.5, 9.5, 0.04, 0.06, 18.94, 18.96])[:, None]
    scores = sample_scores(numbers, part, truth, goal=2.0)
    assert scores["band_width"] == pytest.approx(18.95 - 0.05)  # the 1.05th and the 19.95th of 20
    assert scores["coverage"] == 6 / 8
    assert scores["spread"] == pytest.approx(np.sqrt(35))
    middle = sample_scores(numbers, part, np.full((8, 1), 9.5), goal=2.0)
    assert middle["crps"] == pytest.approx(5.0 - 7.0 / 2)  # mean |sample - truth| less half of mean |difference of two|
    assert sample_scores(numbers[4:5], part, truth, 1.0)["crps"] == pytest.approx(np.abs(truth - 4).mean())


def test_truth_drawn_as_samples_are_lies_in_nine_bands_of_ten(signal_of):
    rng = np.random.default_rng(0)
    drawn = rng.normal(0, 2, (N_SAMPLES + 1, 4000, 3))
    scores = sample_scores(drawn[1:], signal_of(drawn[0]).part, drawn[0], goal=4.0)
    assert scores["coverage"] == pytest.approx(0.9, abs=0.01)
    assert scores["crps"] == pytest.approx(2 / np.sqrt(np.pi), rel=0.03)
    assert scores["variance_ratio"] == pytest.approx(1.0, abs=0.02)


def test_drawn_residuals_are_seconds_of_training_frames_that_begin_at_the_place(state_pair, places):
    train, test = (part_of(state_pair, places, day, starts) for day, starts in (
        ("y", state_pair.y.starts.train), ("x", state_pair.x.starts.test)
    ))  # fmt: skip
    dff = state_pair.y.recording.dff[train.frames]
    known = residuals(train, dff).values
    sceptic = PlaceResiduals(state_pair, places, "y")
    drawn = sceptic.draw(test, np.random.default_rng(3))
    for start, _ in test.pieces[:4]:
        (first,) = np.flatnonzero((known == drawn[start]).all(axis=1))
        assert train.at[first] == test.at[start]
        np.testing.assert_array_equal(drawn[start : start + 8], known[first : first + 8])
    at_place = [dff[train.at == place].mean(axis=0) for place in test.at[:5]]
    np.testing.assert_allclose(sceptic.means(test)[:5], at_place, atol=1e-4)


def test_samples_around_the_truth_cover_it_and_the_sceptic_is_scored_alike(samples, state_pair):
    assert samples.neurons == "changed"
    for own in samples.scores.values():
        assert set(own) == {"model", "alignment_alone", "alignment_residuals", "place_residuals"}
        assert own["model"]["coverage"] > 0.99
        assert own["model"]["spread"] == pytest.approx(0.2, rel=0.05)
        assert own["model"]["crps"] < min(scores["crps"] for name, scores in own.items() if name != "model")
        assert own["alignment_alone"]["band_width"] == 0
        # residuals at places are as wide as those of the truth: neurons 0 to 3 have a state there that x does not show
        assert 0.85 < own["place_residuals"]["coverage"] < 0.95
    assert samples.spread["y"].shape == (len(samples.frames["y"]), 8)
    assert set(samples.arrays()) == {f"samples/to_{day}/{what}" for day in "xy" for what in ("spread", "frames")}
    assert samples.to_json()["to_y"]["model"]["coverage"] == samples.scores["y"]["model"]["coverage"]
    assert samples.example.truth.shape == samples.example.low.shape == (100, 3)


def test_the_report_says_how_wide_bands_are_and_who_tells_more(measured, samples, state_pair):
    assert one_to_many_block(state_pair, measured) is None
    block = one_to_many_block(state_pair, replace(measured, samples=samples))
    assert block.paragraphs[0].startswith("20 samples of G(X) spread by 0.20 ΔF/F")
    assert "100\u00a0% of frames: too wide." in block.paragraphs[0]
    assert "they are the best." in block.paragraphs[0]
    (_, to_y), (_, to_x) = block.tables
    assert (to_y.slug, to_x.slug, len(to_y.rows)) == ("samples_y", "samples_x", 4)
    assert to_y.rows[0][0] == "network, 20 samples"
    (picture,) = block.pictures
    assert len(picture.figure.axes) == 3
    assert sum(len(text.split()) for text in block.paragraphs) < 120
    bad = {"crps": 1.0, "coverage": 0.5}
    worse = {day: own | {"model": own["model"] | bad} for day, own in samples.scores.items()}
    block = one_to_many_block(state_pair, replace(measured, samples=replace(samples, scores=worse)))
    assert "50\u00a0% of frames: too narrow." in block.paragraphs[0]
    assert "they are worse than all others." in block.paragraphs[0]


def test_days_without_truth_are_told_how_samples_spread(measured, samples, state_pair):
    known = ("spread", "band_width", "variance_ratio")
    scores = {
        day: {name: {one: values[one] for one in known} for name, values in own.items()}
        for day, own in samples.scores.items()
    }
    found = replace(samples, scores=scores, example=replace(samples.example, truth=None), neurons="all")
    block = one_to_many_block(state_pair, replace(measured, samples=found))
    assert block.paragraphs[0] == "20 samples of G(X) spread by 0.20 ΔF/F (standard deviation per neuron and frame)."
    assert "CRPS" not in " ".join(block.how)
