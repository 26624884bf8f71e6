"""Scores of importance maps against known packets."""

import numpy as np

from cyclegan_neuro.populations.sections import PacketsSection
from cyclegan_neuro.populations.simulate.packets import simulate_packets, templates
from cyclegan_neuro.systems.spike_gan.importance.packet_scores import known_packet, score_packet

SECTION = PacketsSection(n_samples=20, n_bins=24, n_neurons=8, packet_neurons=4, packet_probability=0.2)
SHOWN = simulate_packets(SECTION, only_packet=1, seed=1)
ONSETS = SHOWN.truth.onsets
MAPS = SHOWN.truth.packet_spikes.astype(np.float32)  # of a critic that sees packets and nothing else


def test_maps_that_are_the_packets_get_perfect_scores():
    known = known_packet(1, SHOWN.truth, SHOWN.samples)
    assert known.members.tolist() == np.isin(np.arange(8), SHOWN.truth.groups[1]).tolist()
    assert 0.5 < known.activity_auroc <= 1.0
    found = score_packet(1, known, ONSETS, MAPS)
    assert (found.neuron_auroc, found.neuron_recall, found.neuron_precision) == (1.0, 1.0, 1.0)
    np.testing.assert_allclose(found.average, templates(SHOWN.truth)[1], atol=0.5)
    assert found.template_correlation > 0.95
    assert found.template_correlation_found > 0.9
    assert found.found.shape == (4, 8)
    assert found.place_auroc == 1.0


def test_a_packet_that_no_sample_shows_has_no_course():
    found = score_packet(0, known_packet(0, SHOWN.truth, SHOWN.samples), ONSETS, MAPS)
    assert np.isnan(found.template_correlation)
    assert np.isnan(found.average).all()
    assert found.neuron_auroc == 0.0  # the other packet's neurons are the important ones
