"""Streams of responses, a trained generator as an evaluation asks for it, configuration, methods."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from cyclegan_neuro.errors import ConfigurationError
from cyclegan_neuro.evaluation.methods import Paragraph, render_methods
from cyclegan_neuro.populations.responses import preparing
from cyclegan_neuro.systems import base
from cyclegan_neuro.systems.encoding_gan import config as config_module
from cyclegan_neuro.systems.encoding_gan import fitting

# -- samples ---------------------------------------------------------------------------------------


@pytest.fixture
def make_encoder(make_config, make_prepared, eager):
    """Return a function that makes an encoder of a generator with various rates and strong noise."""

    def make(name="generator", *, condition="identity", most_count=1, batch_size=4000):
        config = make_config(model={"noise_scale": 1.0}, evaluation={"batch_size": batch_size})
        trainer = fitting.build(config, make_prepared(condition=condition, most_count=most_count))
        generator = getattr(trainer, name)
        bias = generator.late.get_layer(f"{name}_logits").bias
        bias.assign(np.random.default_rng(1).normal(size=bias.shape))
        return fitting.Encoder(trainer, generator, name)

    return make


@pytest.mark.parametrize(
    ("name", "condition", "most_count"),
    [("generator", "identity", 1), ("generator", "identity", 3), ("generator", "movie", 3), ("supervised", "movie", 2)],
)
def test_samples_agree_with_the_chance_of_each_count(make_encoder, name, condition, most_count):
    encoder, stimuli = make_encoder(name, condition=condition, most_count=most_count), np.array([1, 0, 5, 3])
    chance = encoder.exceedance(stimuli)
    assert chance.shape == (most_count, 4, 5)
    assert chance.dtype == np.float64
    assert np.all(np.diff(chance, axis=0) <= 0)
    counts = encoder.sample(np.repeat(stimuli, 2000), seed=1)
    assert counts.dtype == np.uint8
    reached = (counts.reshape(1, 4, 2000, 5) >= np.arange(1, most_count + 1)[:, None, None, None]).mean(axis=2)
    np.testing.assert_allclose(reached, chance, atol=0.08)  # five standard errors of 200 draws of the noise
    np.testing.assert_allclose(reached.mean(axis=1), chance.mean(axis=1), atol=0.04)
    expected = counts.reshape(4, 2000, 5).mean(axis=1)
    np.testing.assert_allclose(expected, chance.sum(axis=0), atol=0.08 * most_count)
    assert np.ptp(chance[0], axis=0).max() > 0.01  # stimuli differ


def test_the_chance_of_the_supervised_network_is_exact(make_encoder):
    encoder = make_encoder("supervised", most_count=2)
    logits = np.asarray(encoder.trainer.logits(encoder.generator, np.arange(6), None), np.float64).reshape(6, 5, 2)
    p = 1 / (1 + np.exp(-logits))
    np.testing.assert_allclose(encoder.exceedance(np.arange(6)), [p[..., 0], p[..., 0] * p[..., 1]], rtol=1e-4)


def test_noise_is_shared_by_the_neurons_of_a_response(make_encoder):
    largest = {}
    for name in ("generator", "supervised"):
        counts = make_encoder(name).sample(np.zeros(6000, int), seed=1)
        largest[name] = np.abs(np.corrcoef(counts.T)[~np.eye(5, dtype=bool)]).max()
    assert largest["generator"] > 0.06
    assert largest["supervised"] < 0.06  # 4.6 standard errors of none


def test_a_seed_is_a_sample(make_encoder):
    encoder, stimuli = make_encoder(batch_size=50), np.arange(120) % 6
    one, again, other = (encoder.sample(stimuli, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)
    assert not np.array_equal(one[:50], one[60:110])  # nor are calls alike: stimuli repeat


@pytest.mark.parametrize("n", [1, 49, 50, 51, 130])
def test_any_number_of_responses_is_given(make_encoder, n):
    encoder = make_encoder(batch_size=50, most_count=3)
    stimuli = np.arange(n) % 6
    assert encoder.sample(stimuli, seed=1).shape == (n, 5)
    assert encoder.sample(stimuli, seed=1).max() <= 3
    assert encoder.exceedance(stimuli[:3]).shape == (3, min(n, 3), 5)


# -- streams ---------------------------------------------------------------------------------------


def test_streams_give_training_responses_alone(make_config, make_prepared):
    prepared, config = make_prepared(), make_config(training={"updates_per_epoch": 5})
    whole = [rows.numpy() for (rows,) in fitting.training_stream(config, prepared, start_step=0).take(3)]
    assert [len(rows) for rows in whole] == [5 * 2 * 4] * 3
    assert set(np.concatenate(whole)) == set(prepared.train)
    (later,) = [rows.numpy() for (rows,) in fitting.training_stream(config, prepared, start_step=2).take(1)]
    np.testing.assert_array_equal(later, whole[2])
    assert not np.array_equal(whole[0], whole[1])
    once, again = (list(fitting.validation_dataset(config, prepared).as_numpy_iterator()) for _ in range(2))
    assert [number for number, _ in once] == list(range(7))
    seen = np.concatenate([rows for _, rows in once])
    assert len(np.unique(seen)) == len(seen) == 7 * 4  # 30 training responses in whole batches
    assert set(seen) <= set(prepared.train)
    assert all(np.array_equal(a, b) for (_, a), (_, b) in zip(once, again, strict=True))


# -- configuration and methods ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("section", "given", "message"),
    [
        ("model", {"filters": [16]}, "filters: got [16], expected 2 whole numbers from 1 to 16384. Fix: set "
         "model.filters: [16, 32]"),
        ("model", {"hidden": [64, 0]}, "hidden: got [64, 0], expected 2 whole numbers from 1 to 16384. Fix: set "
         "model.hidden: [64, 64]"),
        ("model", {"noise_sources": [1, 1]}, "noise_sources: got [1, 1], expected 3 whole numbers from 0 to 16384. "
         "Fix: set model.noise_sources: [1, 1, 0]"),
        ("model", {"noise_sources": [1, -1, 0]}, "noise_sources: got [1, -1, 0], expected 3 whole numbers"),
        ("training", {"batch_size": 50, "trials_per_stimulus": 8}, "trials_per_stimulus: got 8 with a batch of 50, "
         "expected a divisor of training.batch_size. Fix: set training.trials_per_stimulus=1"),
        ("training", {"epochs": 4, "supervised_epochs": 4}, "supervised_epochs: got 4 of 4 epochs, expected fewer: the "
         "others train the generator. Fix: raise training.epochs"),
        ("objective", {"learn_control": True, "estimator": "concrete"}, "learn_control: got true with estimator "
         "'concrete', expected estimator 'rebar'. Fix: set objective.learn_control=false"),
        ("objective", {"temperature": 0.4, "estimator": "reinforce"}, "temperature: got 0.4 with estimator 'reinforce'"
         ", expected 0.5: it has an effect with rebar and concrete alone. Fix: remove objective.temperature"),
        ("objective", {"eta": 0.7, "estimator": "concrete"}, "eta: got 0.7 with estimator 'concrete', expected 1: it "
         "has an effect with rebar alone. Fix: remove objective.eta"),
        ("data", {"condition": "identity"}, "model.filters: got [2, 3], expected [16, 32] with data.condition "
         "'identity', where there are no convolutions. Fix: remove model.filters; model.hidden sets"),
    ],
)  # fmt: skip
def test_contradictions(make_config, section, given, message):
    with pytest.raises(ValidationError) as error:
        make_config(**{section: given})
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("condition", "sections", "said", "unsaid"),
    [
        ("identity", {}, "a table of stimuli and a dense layer (4 and 3 units), each followed by leaky ReLUs",
         "convolutional"),
        ("movie", {}, "two convolutional layers (2 and 3 filters of 3 x 3), each with max-pooling (3 x 3, stride 2), "
         "each followed by", "a table of stimuli"),
        ("movie", {"model": {"embedding": "learned"}}, "an embedding of the stimulus by a network like the generator's",
         "logits of the supervised network"),
        ("movie", {"model": {"hidden_neurons": 0.3}}, "a logit multiplied by 10; in training it did not see 30 % of "
         "the neurons, others in every response.", "learned on"),
        ("movie", {"objective": {"loss": "minimax"}}, "the minimax cross-entropy", "non-saturating"),
        ("identity", {"objective": {"estimator": "straight_through"}}, "were estimated by straight through.", "REBAR"),
        ("identity", {"objective": {"learn_control": True, "eta": 0.8}}, "temperature 0.5, η = 0.8 to begin with, both "
         "learned on the squared gradient), with the term", "straight through"),
        ("identity", {"model": {"dropout": 0.0}}, "by maximum likelihood (supervised", "without 50"),
        ("identity", {"model": {"dropout": 0.5}}, "likelihood, without 50 % of the units of its second layer "
         "in each update (supervised", "averaged (decay 0.5)"),
        ("identity", {"training": {"warm_start": False, "weight_averaging": 0.0}}, "for 2 updates, by maximum",
         "The generator began"),
    ],
)  # fmt: skip
def test_methods_tell_what_was_trained(make_config, condition, sections, said, unsaid):
    facts = {"config": make_config(**sections), "condition": condition, "updates": 4}
    (text, _), _ = render_methods([Paragraph(Path(config_module.__file__).parent / "methods.j2", facts)])
    assert said in text
    assert unsaid not in text
    assert re.findall(r"\S*(?:[,;]|[a-z0-9]\.)[A-Za-z]\S*", text) == []  # sentences stand apart
    assert "4 updates of the generator with 2 of the discriminator each" in text
    assert "batches of 12 responses, 3 of each stimulus." in text


def test_a_generator_that_was_never_updated_is_not_evaluated(make_config, make_prepared):
    config, prepared = make_config(), make_prepared()
    with pytest.raises(ConfigurationError, match=r"stopped in training.supervised_epochs.*Fix: continue it"):
        base.get("encoding_gan").evaluate(config, prepared, fitting.build(config, prepared))


def test_frames_that_pooling_leaves_nothing_of_are_refused(make_config, make_prepared, monkeypatch):
    prepared = make_prepared(condition="movie")
    system, config = base.get("encoding_gan"), make_config()
    monkeypatch.setattr(preparing, "prepare_responses", lambda section: prepared)
    assert system.prepare(config) is prepared
    small = replace(prepared.responses, movie=prepared.responses.movie[:, :6])
    monkeypatch.setattr(preparing, "prepare_responses", lambda section: replace(prepared, responses=small))
    with pytest.raises(ConfigurationError, match=r"data.condition: got movie, and frames of 6 x 9 pixels.*Fix: "):
        system.prepare(config)
