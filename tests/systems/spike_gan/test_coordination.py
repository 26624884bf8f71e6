"""A critic of coordination sees what neurons do together, and nothing that they do alone."""

import h5py
import numpy as np
import pytest
import tensorflow as tf

from cyclegan_neuro.systems.spike_gan.coordination import fit_coordination_critic, mixed_neurons
from cyclegan_neuro.systems.spike_gan.data import prepare
from cyclegan_neuro.systems.spike_gan.importance.scores import score_of

N_SAMPLES, N_BINS = 400, 8


def test_mixing_takes_each_neuron_whole_from_some_sample_and_none_twice():
    samples = np.arange(5 * 3 * 2).reshape(5, 3, 2)
    mixed = mixed_neurons(tf.constant(samples), tf.constant([1, 2])).numpy()
    sources = []
    for neuron in range(2):
        courses = [tuple(course) for course in samples[:, :, neuron]]
        sources.append([courses.index(tuple(course)) for course in mixed[:, :, neuron]])
        assert sorted(sources[-1]) == list(range(5))
    assert sources[0] != sources[1]


def test_other_seeds_mix_otherwise_and_the_same_seed_alike():
    samples = tf.random.stateless_uniform((20, 3, 4), (1, 2))
    first, again, other = (mixed_neurons(samples, tf.constant([1, seed])).numpy() for seed in (2, 2, 3))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


@pytest.fixture
def fit(tmp_path, make_config):
    """Return a function that fits the critic to activity, shape (sample, bin, neuron)."""

    def fit(activity, *, steps=60, **training):
        with h5py.File(tmp_path / "activity.h5", "w") as file:
            file["samples"] = activity.transpose(0, 2, 1)
        config = make_config(
            data={"source": "samples", "path": str(tmp_path / "activity.h5"), "field": "samples", "bin_s": 0.01},
            model={"features": 8},
            training={"batch_size": 32, "learning_rate_discriminator": 0.003, "adam_beta_1": 0.5, **training},
            evaluation={"importance": {"coordination_steps": steps}},
        )
        return fit_coordination_critic(config, prepare(config))

    return fit


def pairs_and_loners(rng):
    """Neurons 0 and 1 fire together; 2 and 3 alone, neuron 3 in bursts and four times as often."""
    activity = (rng.random((N_SAMPLES, N_BINS, 4)) < 0.15).astype(np.uint8)
    activity[..., 1] = activity[..., 0]
    activity[..., 3] = np.repeat(rng.random((N_SAMPLES, N_BINS // 4)) < 0.6, 4, axis=1)
    return activity


@pytest.mark.parametrize("warmup_steps", [0, 100_000])
def test_it_sees_who_fires_together_however_long_the_run_warms_up(fit, warmup_steps):
    rng = np.random.default_rng(1)
    score = score_of(fit(pairs_and_loners(rng), warmup_steps=warmup_steps), batch_size=512)
    new = pairs_and_loners(rng).astype(np.float32)
    change = []
    for neuron in range(4):
        apart = new.copy()
        apart[..., neuron] = new[rng.permutation(N_SAMPLES), :, neuron]
        change.append((score(new) - score(apart)).mean())
    assert min(change[:2]) > 10 * max(np.abs(change[2:]))


def test_the_same_seed_gives_the_same_critic(fit):
    activity = pairs_and_loners(np.random.default_rng(2))
    first, again = (fit(activity, steps=5).get_weights() for _ in range(2))
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, other)
