"""Adam as the section ``training`` asks for it, and what ``auto`` means on this machine."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from cyclegan_neuro.configuration.sections import TrainingSection
from cyclegan_neuro.systems.optimizers import WarmupDecay, adam, precision, resolve_jit, resolve_precision
from cyclegan_neuro.systems.spike_gan import config as spike_gan


def make(section=None, *, averaging=0.0, updates_per_step=1, **settings):
    section = section or TrainingSection(**settings)
    return adam(section, 0.01, steps=100, updates_per_step=updates_per_step, name="o", averaging=averaging)


def rates_after(optimizer, steps):
    rates = []
    for step in steps:
        optimizer.iterations.assign(step)
        rates.append(float(optimizer.learning_rate))
    return rates


def test_warm_up_and_decay():
    optimizer = make(warmup_steps=10, decay="linear", decay_start=0.5)
    optimizer.build([keras.Variable(np.zeros(2, np.float32))])
    rates = rates_after(optimizer, (4, 30, 49, 75, 100))
    assert rates[0] < 0.006
    assert rates[1:3] == pytest.approx([0.01, 0.01], rel=0.03)
    assert rates[3:] == pytest.approx([0.005, 0.0], abs=3e-4)


def test_steps_of_several_updates_warm_up_and_decay_alike():
    schedule = {"warmup_steps": 10, "decay": "cosine", "decay_start": 0.3}
    one, five = make(**schedule), make(**schedule, updates_per_step=5)
    for optimizer in (one, five):
        optimizer.build([keras.Variable(np.zeros(2, np.float32))])
    steps = np.array([5, 20, 50, 99])
    assert rates_after(five, 5 * steps) == pytest.approx(rates_after(one, steps), abs=1e-3)
    assert rates_after(five, [20])[0] < 0.5 * 0.01 < rates_after(five, [40])[0]


def test_rates_of_decay_of_each_system():
    cyclegan, spikes = make(), make(spike_gan.TrainingSection())
    assert (cyclegan.beta_1, cyclegan.beta_2) == (0.9, 0.999)
    assert (spikes.beta_1, spikes.beta_2) == (0.0, 0.9)


def test_averages_are_kept_where_asked_for_and_never_put_in_place():
    variable = keras.Variable(np.zeros(2, np.float32))
    plain, averaging = make(), make(averaging=0.9)
    assert not plain.use_ema
    assert (averaging.use_ema, averaging.ema_momentum, averaging.ema_overwrite_frequency) == (True, 0.9, None)
    averaging.build([variable])
    for _ in range(3):
        averaging.apply([np.ones(2, np.float32)], [variable])
    np.testing.assert_allclose(variable, -0.03, rtol=1e-3)  # the trained values stay


def test_only_float16_needs_a_loss_scale():
    assert isinstance(make(precision="mixed_float16"), keras.optimizers.LossScaleOptimizer)
    for name in ("float32", "mixed_bfloat16", "auto"):  # auto on a CPU
        assert isinstance(make(precision=name), keras.optimizers.Adam)


def test_schedule_rises_stays_and_falls():
    schedule = WarmupDecay(2.0, total_steps=100, warmup_steps=10, decay="linear", decay_start=0.5)
    np.testing.assert_allclose([schedule(s) for s in (0, 4, 9, 50, 75, 100)], [0.2, 1.0, 2.0, 2.0, 1.0, 0.0], rtol=1e-6)
    cosine = WarmupDecay(2.0, total_steps=100, decay="cosine", decay_start=0.0)
    np.testing.assert_allclose([cosine(s) for s in (0, 50, 100)], [2.0, 1.0, 0.0], atol=1e-6)
    assert float(WarmupDecay(2.0, total_steps=10)(9)) == 2.0


@pytest.mark.parametrize(
    ("gpus", "settings", "expected"),
    [
        (0, {"deterministic": False}, False),
        (0, {}, False),
        (1, {"deterministic": False}, True),
        (1, {}, True),
        (1, {"devices": "cpu"}, False),
        (2, {"devices": "one_gpu"}, True),
        (0, {"jit_compile": True, "deterministic": True}, True),
        (1, {"jit_compile": False, "deterministic": False}, False),
    ],
)
def test_auto_compiles_on_one_gpu(monkeypatch, gpus, settings, expected):
    monkeypatch.setattr(tf.config, "get_visible_devices", lambda kind: ["gpu"] * gpus)
    assert resolve_jit(TrainingSection(**settings)) is expected


def test_auto_does_not_compile_mirrored_replicas(monkeypatch):
    monkeypatch.setattr(tf.config, "get_visible_devices", lambda kind: ["gpu"] * 2)
    strategy = type("Two", (), {"num_replicas_in_sync": 2})()
    monkeypatch.setattr(tf.distribute, "get_strategy", lambda: strategy)
    assert resolve_jit(TrainingSection(deterministic=False)) is False


@pytest.mark.parametrize(
    ("capabilities", "settings", "expected"),
    [
        ([], {}, "float32"),
        ([(8, 0)], {}, "mixed_bfloat16"),
        ([(9, 0), (8, 6)], {}, "mixed_bfloat16"),
        ([(7, 5)], {}, "mixed_float16"),
        ([(9, 0), (7, 0)], {}, "mixed_float16"),
        ([(9, 0), (7, 0)], {"devices": "one_gpu"}, "mixed_bfloat16"),
        ([(9, 0)], {"devices": "cpu"}, "float32"),
        ([None], {}, "float32"),
        ([(9, 0)], {"precision": "float32"}, "float32"),
        ([], {"precision": "mixed_bfloat16"}, "mixed_bfloat16"),
    ],
)
def test_auto_computes_in_what_the_gpus_have(monkeypatch, capabilities, settings, expected):
    details = [{} if capability is None else {"compute_capability": capability} for capability in capabilities]
    monkeypatch.setattr(tf.config, "get_visible_devices", lambda kind: list(range(len(details))))
    monkeypatch.setattr(tf.config.experimental, "get_device_details", details.__getitem__)
    assert resolve_precision(TrainingSection(**settings)) == expected


def test_precision_is_put_back():
    before = keras.config.dtype_policy()
    with precision("mixed_bfloat16"):
        layer = keras.layers.Dense(1)
        layer.build((None, 1))
    assert (layer.compute_dtype, layer.kernel.dtype) == ("bfloat16", "float32")
    assert keras.config.dtype_policy() == before
