"""The methods that Swap-VAE is compared with."""

import numpy as np
import pytest
import tensorflow as tf

from cyclegan_neuro.errors import ConfigurationError
from cyclegan_neuro.systems import base
from cyclegan_neuro.systems.swap_vae import fitting
from cyclegan_neuro.systems.swap_vae.config import LABELS
from cyclegan_neuro.systems.swap_vae.rivals import _injective, _product

SEED = (3, 4)


@pytest.mark.parametrize("method", LABELS)
def test_every_method_learns(prepared, make_config, method):
    learning_rate = 0.001 if method == "pi_vae" else 0.02  # it learns at ten times that
    config = make_config(method=method, training={"learning_rate": learning_rate}, objective={"neighbours": 3})
    trainer = fitting.build(config, prepared)
    before = [np.array(v) for v in trainer.learned["model"]]
    bins = tf.constant(prepared.train[:32], tf.int32)
    losses = [float(trainer.total(trainer.terms(bins, SEED, training=True)))]  # with the same draws before and after
    for _ in range(5):
        trainer.update(bins)
    losses.append(float(trainer.total(trainer.terms(bins, SEED, training=True))))
    assert losses[1] < losses[0]
    unmoved = [v.path for v, was in zip(trainer.learned["model"], before, strict=True) if np.array_equal(v, was)]
    assert unmoved == []
    full = trainer.spaces(trainer.windows)["full"]
    assert full.shape[0] == 60
    assert np.isfinite(full).all()


def test_supervised_networks_learn_from_bins_that_are_decoded(prepared, make_config):
    for label, n_counted in (("direction", 4 / 5), ("time", 3 / 5)):
        trainer = fitting.build(make_config(method=f"supervised_{label}"), prepared)
        bins = tf.constant(prepared.train, tf.int32)
        counted = prepared.decoded(label)[prepared.train]
        assert counted.mean() == pytest.approx(n_counted)
        whole = trainer.terms(bins, SEED, training=False)["error"]
        part = trainer.terms(tf.boolean_mask(bins, counted), SEED, training=False)["error"]
        assert float(whole) == pytest.approx(float(part), rel=1e-5)
        assert float(trainer.terms(tf.boolean_mask(bins, ~counted), SEED, training=False)["error"]) == 0.0


def test_the_target_network_follows_and_is_not_learned(prepared, make_config):
    trainer = fitting.build(make_config(method="byol", objective={"momentum": 0.75}), prepared)
    before = [np.array(v) for v in trainer.target_encoder.trainable_variables]
    trainer.update(tf.constant(prepared.train[:16], tf.int32))
    online = trainer.encoder.trainable_variables
    for was, source, now in zip(before, online, trainer.target_encoder.trainable_variables, strict=True):
        np.testing.assert_allclose(np.asarray(now), 0.75 * was + 0.25 * np.asarray(source), rtol=1e-5, atol=1e-7)
    learned, kept = ({id(v) for v in variables} for variables in (trainer.learned["model"], trainer.variables))
    target = {id(v) for v in trainer.target_encoder.variables}
    assert not learned & target
    assert target <= kept  # what checkpoints hold


def test_mined_views_are_near_neighbours_among_training_bins(prepared, make_config):
    trainer = fitting.build(make_config(method="myow", objective={"neighbours": 1}), prepared)
    seen = tf.gather(trainer.windows, prepared.train[:10])
    mined = trainer.mine(seen, SEED, False)
    # the nearest among 512 draws of 50 training bins is, while both networks are equal, nearly always the bin itself
    assert np.mean(np.all(np.asarray(mined == seen), axis=1)) >= 0.9


def test_the_posterior_given_a_label_is_a_product_of_normals():
    code = {"mean": tf.constant([[1.0]]), "log_variance": tf.constant([[0.0]])}
    prior = {"mean": tf.constant([[4.0]]), "log_variance": tf.constant([[np.log(0.5)]], tf.float32)}
    product = _product(code, prior)
    assert float(product["mean"][0, 0]) == pytest.approx((1.0 * 1 + 4.0 * 2) / 3, rel=1e-5)
    assert float(tf.exp(product["log_variance"])[0, 0]) == pytest.approx(1 / 3, rel=1e-5)


def test_pi_vae_sees_counts_of_rates_and_standardised_activity_as_it_is(prepared, make_config):
    for likelihood, factor in (("poisson", 0.1), ("gaussian", 1.0)):  # bins of 0.1 s
        trainer = fitting.build(make_config(method="pi_vae", model={"likelihood": likelihood}), prepared)
        scaled = tf.gather(trainer.windows, prepared.train[:4])
        seen = trainer.encoder(factor * scaled, training=False)["mean"]
        np.testing.assert_allclose(trainer.spaces(scaled)["full"], seen, atol=1e-6)


def test_the_decoder_of_pi_vae_is_injective():
    decoder = _injective(7, 2, seed=1, positive=False)
    latents = np.random.default_rng(0).normal(size=(200, 2)).astype(np.float32)
    windows = np.asarray(decoder(latents))
    apart = np.linalg.norm(windows[:, None] - windows[None], axis=2) + np.eye(200)
    assert apart.min() > 1e-4


def test_methods_that_need_labels_the_data_lack_are_refused(tmp_path, make_config):
    np.savez(
        tmp_path / "bins.npz", values=np.random.default_rng(0).poisson(2.0, (60, 4)) * 10.0, trial=np.arange(60) // 5
    )
    data = {"source": "rates", "x": {"path": str(tmp_path / "bins.npz"), "fields": {"values": "values"}, "bin_s": 0.1}}
    system = base.get("swap_vae")
    with pytest.raises(ConfigurationError, match=r"objective.method: got 'pi_vae', and no direction in .*bins.npz"):
        system.prepare(make_config(method="pi_vae", data=data, evaluation={"compare": []}))
    with pytest.raises(ConfigurationError, match=r"evaluation.compare: got 'supervised_time', and no time in"):
        system.prepare(make_config(data=data, evaluation={"compare": ["supervised_time"]}))
    assert system.prepare(make_config(data=data)).trials.condition is None
