"""Scores of importance maps against known packets."""

import numpy as np

from cyclegan_neuro.systems.spike_gan.explanation import _score_packet, score_of
from cyclegan_neuro.systems.spike_gan.networks import build_critic
from cyclegan_neuro.systems.spike_gan.simulate import simulate_packets, templates

SHOWN = simulate_packets(
    n_samples=20, n_bins=24, n_neurons=8, packet_neurons=4, packet_probability=0.2, only_packet=1, seed=1
)


def test_maps_that_are_the_packets_get_perfect_scores():
    maps = SHOWN.truth.packet_spikes.astype(np.float32)
    found = _score_packet(1, SHOWN.truth, SHOWN.samples, maps, np.zeros_like(maps))
    assert found.members.tolist() == np.isin(np.arange(8), SHOWN.truth.groups[1]).tolist()
    assert (found.neuron_auroc, found.neuron_recall, found.neuron_precision) == (1.0, 1.0, 1.0)
    np.testing.assert_allclose(found.average, templates(SHOWN.truth)[1], atol=0.5)
    assert found.template_correlation > 0.95
    assert found.template_correlation_found > 0.9
    assert found.neuron_auroc_untrained == 0.5


def test_a_packet_that_no_sample_shows_has_no_course():
    maps = SHOWN.truth.packet_spikes.astype(np.float32)
    found = _score_packet(0, SHOWN.truth, SHOWN.samples, maps, maps)
    assert np.isnan(found.template_correlation)
    assert np.isnan(found.average).all()
    assert found.neuron_auroc == 0.0  # the other packet's neurons are the important ones


def test_scores_do_not_depend_on_the_batch(make_config):
    config = make_config()
    critic = build_critic(config.model, n_bins=24, n_neurons=8, seed=0)
    samples = SHOWN.samples.astype(np.float32)
    expected = np.asarray(critic(samples))[:, 0]
    for batch_size in (20, 64):
        np.testing.assert_allclose(score_of(critic, batch_size=batch_size)(samples), expected, rtol=1e-5, atol=1e-6)
