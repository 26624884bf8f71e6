"""Adam as the section ``training`` asks for it."""

import keras
import numpy as np
import pytest

from cyclegan_neuro.configuration.sections import TrainingSection
from cyclegan_neuro.systems.optimizers import adam
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
    for precision in ("float32", "mixed_bfloat16", "auto"):  # auto on a CPU
        assert isinstance(make(precision=precision), keras.optimizers.Adam)
