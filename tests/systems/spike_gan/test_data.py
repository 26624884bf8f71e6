"""How many samples a step and an epoch take."""

import tensorflow as tf

from cyclegan_neuro.systems.spike_gan.data import prepare, samples_per_step, steps_per_epoch, training_stream


def test_a_batch_feeds_all_updates_of_a_step(make_config):
    config = make_config(objective={"critic_updates": 3})
    prepared = prepare(config)
    assert samples_per_step(config) == 24
    assert steps_per_epoch(config, prepared) == 180 // 24
    assert steps_per_epoch(make_config(training={"generator_updates": 11}), prepared) == 11
    assert steps_per_epoch(make_config(training={"batch_size": 500}), prepared) == 1
    (batch,) = next(iter(training_stream(config, prepared, start_step=0)))
    assert batch.shape == (24, 12, 4)
    assert batch.dtype == tf.float32
