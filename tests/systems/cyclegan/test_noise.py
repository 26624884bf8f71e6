"""Noise makes of one window many translations, and nothing else depends on how it is batched."""

from dataclasses import replace
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf

from cyclegan_neuro.api import TrainedRun
from cyclegan_neuro.errors import UserError
from cyclegan_neuro.evaluation.days.translation import Frames, ModelTranslator
from cyclegan_neuro.interpret.centres import CellCentres
from cyclegan_neuro.interpret.views import View
from cyclegan_neuro.systems.cyclegan.config import Config, ModelSection
from cyclegan_neuro.systems.cyclegan.noise import build_noise_encoder
from cyclegan_neuro.systems.cyclegan.system import CycleGANSystem
from cyclegan_neuro.training.state import read_state, write_state
from cyclegan_neuro.windows.pipeline import batches, training_stream

SYSTEM = CycleGANSystem()


def config(objective=(), **model):
    data = {
        "source": "simulated",
        "resample_hz": 8.0,
        "simulation": {"preset": "mouse_3", "duration_s": 120.0, "n_neurons": 8},
    }
    windows = {"window_frames": 32, "n_train": 40, "n_validation": 8, "n_test": 8}
    small = {"generator": "agresnet_1d", "filters": 4, "residual_blocks": 1, "noise_channels": 3} | model
    return Config.model_validate({"data": data, "windows": windows, "model": small, "objective": dict(objective)})


@pytest.fixture(scope="module")
def prepared():
    return SYSTEM.prepare(config())


def batch_of(prepared):
    return next(iter(training_stream(prepared, batch_size=4, n_steps_per_epoch=10, seed=1)))


def test_without_noise_nothing_is_added(prepared):
    trainer = SYSTEM.build(config(noise_channels=0), prepared)
    assert len(trainer.generator_g.inputs) == 1
    assert not {"noise_x", "noise_y"} & set(trainer.logs)
    kept = read_state(trainer)
    assert not [path for entries in kept.values() for path, _ in entries if "noise" in path or "E_G" in path]
    parts = {"system": SYSTEM, "config": config(noise_channels=0), "prepared": prepared, "trainer": trainer}
    run = TrainedRun(SimpleNamespace(**parts), 0.0)
    with pytest.raises(UserError, match=r"got a run whose generators read no noise.*model\.noise_channels: 16"):
        run.translate(prepared.x.recording, n_samples=20)


def test_averages_take_the_place_of_the_weights_that_they_are_of(prepared):
    trainer = SYSTEM.build(config(), prepared)
    averaged = trainer.learned["generator"]
    assert [v.path for v in trainer.trainable_variables[: len(averaged)]] == [v.path for v in averaged]


def test_what_an_encoder_reads_is_of_the_size_of_noise():
    section = ModelSection(filters=4, noise_channels=3)
    encoder = build_noise_encoder(section, window_frames=64, n_neurons=5, seed=1, std=1.0, name="E")
    pair = np.random.default_rng(0).normal(3, 2, (2, 6, 64, 5, 1)).astype(np.float32)
    read = encoder(list(pair)).numpy()
    assert read.shape == (6, 64, 3)
    np.testing.assert_allclose(read.mean(axis=1), 0, atol=1e-4)
    np.testing.assert_allclose(read.std(axis=1), 1, atol=0.02)
    assert np.abs(read - encoder([pair[0], pair[1] + np.float32(np.sin(np.arange(64))[:, None, None])])).max() > 0.1


@pytest.mark.parametrize(("generator", "policy"), [("agresnet", "float32"), ("agresnet_1d", "mixed_bfloat16")])
def test_a_step_trains_every_network_with_backbone_behaviour_and_noise(generator, policy):
    settings = config(
        generator=generator, backbone="moments_per_position", condition=["position"], condition_generators=True,
        discriminator_dropout=0.0, dropout=0.0,
    )  # fmt: skip
    prepared = SYSTEM.prepare(settings)
    before_policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        trainer = SYSTEM.build(settings, prepared)
    finally:
        keras.config.set_dtype_policy(before_policy)
    start, batch = read_state(trainer)["variables"], batch_of(prepared)
    for _ in range(3):  # last convolutions begin at zero
        logs = trainer.train_step(batch)
    assert all(np.isfinite(float(value)) for value in logs.values())
    assert float(logs["noise_y"]) > 0
    still = [path for (path, a), (_, b) in zip(start, read_state(trainer)["variables"], strict=True) if np.all(a == b)]
    assert not [path for path in still if path.startswith(("E_", "G", "F", "D_")) and "backbone" not in path]
    (x, at), _ = batch
    noise = tf.unstack(tf.random.stateless_normal((2, 4, 32, 3), (0, 1)))
    first, second = (trainer.generator_g([x, at, one]).numpy() for one in noise)
    assert np.abs(first - second).max() > 1e-6
    assert first.dtype == np.float32


def test_a_resumed_trainer_draws_the_noise_that_would_have_come(prepared):
    whole, resumed = (SYSTEM.build(config(), prepared) for _ in range(2))
    batch = batch_of(prepared)
    whole.train_step(batch)
    write_state(resumed, read_state(whole), where="memory")
    for trainer in (whole, resumed):
        trainer.train_step(batch)
    for group, entries in read_state(whole).items():
        for (path, one), (_, other) in zip(entries, read_state(resumed)[group], strict=True):
            np.testing.assert_array_equal(one, other, err_msg=path)


def test_validation_depends_on_no_batches(prepared):
    trainer = SYSTEM.build(config(), prepared)
    few, many = (trainer.evaluate(batches(prepared, batch_size=size), verbose=0, return_dict=True) for size in (2, 8))
    for name, value in few.items():
        assert value == pytest.approx(many[name], rel=1e-4), name


def test_windows_that_share_a_frame_share_its_noise(prepared):
    window, noise = keras.Input((32, prepared.n_neurons, 1), name="window"), keras.Input((32, 2), name="noise")
    only = keras.layers.Reshape((32, 1, 1))(keras.ops.sum(noise, axis=-1, keepdims=True))
    network = keras.Model([window, noise], window * 0 + only)
    model = ModelTranslator(network, network, prepared)
    index = np.array([[0], [8]]) + np.arange(32)
    windows = prepared.x.recording.dff[index]

    def drawn(one, rows):
        none = Frames("y", index[:0])
        return one.to_y(windows[rows], windows[:0], (Frames("x", index[rows]), none))[0]

    both = drawn(model, [0, 1])
    np.testing.assert_allclose(both[0, 8:], both[1, :-8], atol=1e-6)
    np.testing.assert_allclose(drawn(model, [1])[0], both[1], atol=1e-6)
    assert np.abs(drawn(replace(model, sample=(0, 1)), [0]) - both[0]).max() > 0.1
    assert np.abs(drawn(replace(model, sample=(1, 0)), [0]) - both[0]).max() > 0.1


def test_explanations_are_of_the_generator_without_noise(prepared):
    generator = SYSTEM.build(config(), prepared).generator_g
    windows = prepared.x.windows(prepared.x.starts.test[:2], 32)
    layers = {"grad_cam_layer": "down_2", "layer_cam_layer": "down_1"}
    found = View(generator, **layers, score="absolute").explain(windows)
    given, none = tf.convert_to_tensor(windows[..., None]), tf.zeros((2, 32, 3))
    with tf.GradientTape() as tape:
        tape.watch(given)
        score = tf.reduce_mean(tf.abs(generator([given, none], training=False)), axis=(1, 2, 3))
    np.testing.assert_allclose(found.gradient, tape.gradient(score, given)[..., 0], atol=1e-6)
    assert len(CellCentres(generator, {"grad_cam": "down_2"}).offsets(windows)["grad_cam"]) == 2


def test_samples_of_a_day_are_the_same_however_many_are_drawn(prepared):
    trainer, day = SYSTEM.build(config(), prepared), prepared.x.recording
    run = TrainedRun(SimpleNamespace(system=SYSTEM, config=config(), prepared=prepared, trainer=trainer), 0.0)
    one, two = (run.translate(day, n_samples=n, seed=3) for n in (1, 2))
    (first,), (again, second) = one, two
    np.testing.assert_array_equal(first.dff, again.dff)
    assert (first.data_origin, first.dff.shape) == ("translated", day.dff.shape)
    for other in (second, run.translate(day), next(run.translate(day, n_samples=1, seed=4))):
        assert np.nanmax(np.abs(first.dff - other.dff)) > 1e-5
    with pytest.raises(UserError, match="translate, n_samples: got 0, expected a whole number from 1 on"):
        run.translate(day, n_samples=0)


def test_noise_needs_a_network():
    with pytest.raises(ValueError, match="reads noise"):
        config(generator="identity")
