"""Swap-VAE against its equations written out (Liu et al. 2021, Eqs. 1 to 3)."""

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from cyclegan_neuro.evaluation.decoding.representations import represent
from cyclegan_neuro.evaluation.methods import Paragraph, render_methods
from cyclegan_neuro.systems.swap_vae import config as config_module
from cyclegan_neuro.systems.swap_vae import fitting
from cyclegan_neuro.systems.swap_vae.model import drawn, kl_divergence
from cyclegan_neuro.systems.swap_vae.trainer import Activity, negative_log_likelihood

SEED = (3, 4)


def bins_of(prepared, n=16):
    return tf.constant(prepared.train[:n], tf.int32)


def test_likelihoods():
    window, mean = tf.constant([[2.0, 0.0], [1.0, 3.0]]), tf.constant([[1.0, 2.0], [1.0, 1.0]])
    assert float(negative_log_likelihood(window, mean, "poisson")) == pytest.approx((3.0 + 2.0) / 2, abs=1e-6)
    assert float(negative_log_likelihood(window, mean, "gaussian")) == pytest.approx((2.5 + 2.0) / 2, abs=1e-6)


def test_divergence_from_a_normal_distribution():
    code = {"mean": tf.constant([[1.0, 0.0]]), "log_variance": tf.constant([[0.0, np.log(2.0)]], tf.float32)}
    assert float(kl_divergence(code)) == pytest.approx(0.5 + 0.5 * (2.0 - np.log(2.0) - 1.0), abs=1e-6)
    prior = {"mean": tf.constant([[1.0, 0.0]]), "log_variance": tf.constant([[0.0, np.log(2.0)]], tf.float32)}
    assert float(kl_divergence(code, prior)) == pytest.approx(0.0, abs=1e-6)


def test_views_are_bins_of_the_same_trial_at_most_so_far_away(prepared, make_config):
    numbered = np.arange(60.0, dtype=np.float32)[:, None] + np.zeros(6, np.float32)
    prepared = replace(prepared, trials=replace(prepared.trials, values=numbered))
    trainer = fitting.build(make_config(views={"max_lag_bins": 2}), prepared)
    bins, lags = bins_of(prepared), []
    for number in range(50):
        one, other = trainer.views(bins, tf.constant([number, 0]), training=True).meant
        assert np.array_equal(one[:, 0], bins)
        assert np.array_equal(prepared.trials.trial[bins], prepared.trials.trial[np.asarray(other[:, 0], int)])
        lags.extend(np.asarray(other - one)[:, 0])
    assert set(lags) == {-2.0, -1.0, 0.0, 1.0, 2.0}


@pytest.mark.parametrize("mask", ["own", "shared"])
def test_views_without_some_neurons(prepared, make_config, mask):
    prepared = replace(prepared, context_bins=1, trials=replace(prepared.trials, values=prepared.trials.values + 1))
    trainer = fitting.build(make_config(views={"dropout": 0.9, "dropout_mask": mask, "max_lag_bins": 0}), prepared)
    views = trainer.views(bins_of(prepared), SEED, training=True)
    (one, other), kept = views.seen, [np.asarray(seen != 0).reshape(16, 3, 6) for seen in views.seen]
    assert 0.2 < kept[0].mean() < 0.9
    assert np.array_equal(kept[0][:, 0], kept[0][:, 2])  # a neuron is left out of all bins of a window
    assert np.array_equal(one, other) == (mask == "shared")
    assert np.all(np.asarray(views.meant[0]) > 0)
    seen = trainer.views(bins_of(prepared), SEED, training=False).seen
    assert np.array_equal(seen[0], views.meant[0])


def test_the_loss_is_that_of_equations_2_and_3(prepared, make_config):
    weights = {"original": 0.7, "swapped": 1.3, "alignment": 2.0, "beta": 3.0}
    trainer = fitting.build(make_config(objective=weights), prepared)
    bins = bins_of(prepared)
    x1, x2 = trainer.views(bins, SEED, training=False).meant
    codes = [trainer.encoder(view, training=False) for view in (x1, x2)]
    seeds = tf.unstack(tf.random.split(trainer.own_seed(SEED), 2))
    (c1, c2), (s1, s2) = (code["content"] for code in codes), map(drawn, codes, seeds)

    def poisson(view, content, style):
        mean = np.asarray(trainer.decoder(tf.concat([content, style], 1), training=False), np.float64)
        return (mean - np.asarray(view) * np.log(mean + 1e-8)).sum(axis=1).mean()

    def kl(code):
        mean, log_variance = np.asarray(code["mean"], np.float64), np.asarray(code["log_variance"], np.float64)
        return 0.5 * (mean**2 + np.exp(log_variance) - log_variance - 1.0).sum(axis=1).mean()

    def unit(c):
        return np.asarray(c) / np.linalg.norm(c, axis=1, keepdims=True)

    expected = (
        0.7 * (poisson(x1, c1, s1) + poisson(x2, c2, s2)) / 2
        + 1.3 * (poisson(x1, c2, s1) + poisson(x2, c1, s2)) / 2
        + 3.0 * (kl(codes[0]) + kl(codes[1])) / 2
        + 2.0 * np.square(unit(c1) - unit(c2)).sum(axis=1).mean()
    )
    assert float(trainer.total(trainer.terms(bins, SEED, training=False))) == pytest.approx(expected, rel=1e-5)


def test_a_vae_is_reconstruction_and_divergence(prepared, make_config):
    for method, beta in (("vae", 1.0), ("beta_vae", 4.0)):
        trainer = fitting.build(make_config(method=method, objective={"beta": 4.0}), prepared)
        terms = trainer.terms(bins_of(prepared), SEED, training=False)
        assert float(trainer.total(terms)) == pytest.approx(float(terms["original"] + beta * terms["kl"]), rel=1e-6)
        assert set(trainer.spaces(trainer.windows[:3])) == {"full"}
        assert trainer.spaces(trainer.windows[:3])["full"].shape == (3, 5)


def test_without_style_nothing_is_parted(prepared, make_config):
    trainer = fitting.build(make_config(model={"content_size": 1, "style_size": 0}), prepared)
    made = represent(fitting.Represented(trainer, "It"), prepared)
    assert {name: space.shape for name, space in made.spaces.items()} == {"full": (60, 1)}
    assert made.reconstructed.shape == (60, 6)


def test_an_epoch_is_its_updates_one_after_the_other(prepared, make_config):
    whole, single = (fitting.build(make_config(), prepared) for _ in range(2))
    ((bins,),) = fitting.training_stream(make_config(), prepared, start_step=0).take(1)
    assert bins.shape == (2 * 3 * 16,)  # two passes of 50 bins, of which three batches are whole
    tf.function(whole.train_step)((bins,))
    for batch in tf.reshape(tf.cast(bins, tf.int32), (-1, 16)):
        single.update(batch)
    for one, other in zip(whole.variables, single.variables, strict=True):
        np.testing.assert_allclose(np.asarray(one), np.asarray(other), rtol=1e-3, atol=1e-4)


def test_an_epoch_has_every_training_bin_as_often_and_no_held_out_one(prepared, make_config):
    config = make_config(training={"batch_size": 25, "passes_per_epoch": 3})
    ((bins,),) = fitting.training_stream(config, prepared, start_step=0).take(1)
    assert np.array_equal(np.bincount(bins, minlength=60), np.where(prepared.is_held_out, 0, 3))


def test_traces_are_standardised_by_training_bins_and_come_back_in_their_unit(prepared, make_config, eager):
    prepared = replace(prepared, trials=replace(prepared.trials, unit="ΔF/F", values=prepared.trials.values / 10))
    activity = Activity.of(prepared.windows()[prepared.train], prepared.trials.unit, "auto")
    assert activity.likelihood == "gaussian"
    scaled = activity.scaled(prepared.windows())
    np.testing.assert_allclose(scaled[prepared.train].mean(axis=0), 0.0, atol=1e-5)
    np.testing.assert_allclose(activity.in_unit(scaled), prepared.windows(), atol=1e-5)
    model = fitting.fit_method(make_config(), "swap_vae", prepared, 1)
    spaces = model.spaces(prepared.windows())
    assert {name: space.shape[1] for name, space in spaces.items()} == {"full": 5, "content": 3, "style": 2}
    assert np.array_equal(spaces["full"], np.concatenate([spaces["content"], spaces["style"]], axis=1))
    assert model.reconstruct(spaces["full"]).mean() == pytest.approx(prepared.windows().mean(), abs=0.3)


def test_held_out_trials_change_nothing(prepared, make_config):
    values = prepared.trials.values.copy()
    values[prepared.held_out] += 5.0
    other = replace(prepared, trials=replace(prepared.trials, values=values))
    one, two = (fitting.build(make_config(views={"max_lag_bins": 5}), p) for p in (prepared, other))
    bins = tf.constant(prepared.train, tf.int32)  # among them the last ones before the held-out trials
    for trainer in (one, two):
        trainer.update(bins)
    assert all(np.array_equal(a, b) for a, b in zip(one.variables, two.variables, strict=True))


def test_compared_networks_compute_as_the_run_asks(prepared, make_config):
    before = keras.config.dtype_policy()
    config = make_config(training={"precision": "mixed_bfloat16", "epochs": 1, "passes_per_epoch": 1})
    trainer = fitting.fit_method(config, "swap_vae", prepared, 1).trainer
    assert trainer.encoder.get_layer("encoder_hidden_1").compute_dtype == "bfloat16"
    assert keras.config.dtype_policy() == before


def test_bins_of_a_call(prepared, make_config):
    trainer = fitting.build(make_config(evaluation={"batch_size": 25}), prepared)
    sizes, whole = [], trainer.spaces(prepared.windows())["full"]
    spaces = trainer.spaces
    trainer.spaces = lambda windows: sizes.append(len(windows)) or spaces(windows)
    np.testing.assert_allclose(fitting.Represented(trainer, "").spaces(prepared.windows())["full"], whole, atol=1e-5)
    assert sizes == [25, 25, 10]


@pytest.mark.parametrize(
    ("method", "said"),
    [
        ("swap_vae", "Views were a bin and another of the same trial, at most 5 bins away. Hidden layers of the "
         "encoder had as many units as there are neurons, then 8. Adam"),
        ("vae", "5 latent dimensions. Hidden layers of the encoder had as many units as there are neurons, then 8."),
        ("supervised_time", "A share of the neurons, drawn for every bin between 0 and 0.6, was left out of its input. "
         "Hidden layers of the encoder had as many units as there are neurons, then 8 and 8."),
        ("pi_vae", "a prior for each direction. The encoder had two hidden layers of 60 units (tanh), the decoder two "
         "GIN blocks."),
    ],
)  # fmt: skip
def test_methods_tell_what_each_network_got(method, said, make_config):
    dropout = 0.6 if method == "supervised_time" else 0.0
    facts = {"label": "It", "updates": 12, "batch_size": 50, "dropout": dropout, "learning_rate": 5e-4}
    template = Path(config_module.__file__).parent / "methods.j2"
    paragraph = Paragraph(template, {"config": make_config(method=method), **facts})
    (text, _), _ = render_methods([paragraph])
    assert said in text
    assert ("Views" in text) == (method == "swap_vae")
    assert "12 times in batches of 50 bins" in text
