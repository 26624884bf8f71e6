"""Importance maps of several critics, and their scores against known packets."""

import numpy as np
import pytest

from cyclegan_neuro.populations.sections import PacketsSection
from cyclegan_neuro.populations.simulate.packets import simulate_packets
from cyclegan_neuro.systems.spike_gan.data import prepare
from cyclegan_neuro.systems.spike_gan.importance.explanation import CriticView, _scored, explain_critics
from cyclegan_neuro.systems.spike_gan.importance.packets import known_packet
from cyclegan_neuro.systems.spike_gan.networks import build_critic

SECTION = PacketsSection(n_samples=20, n_bins=24, n_neurons=8, packet_neurons=4, packet_probability=0.2)
SHOWN = simulate_packets(SECTION, only_packet=1, seed=1)


def test_each_packet_is_scored_in_the_samples_that_show_it():
    first = simulate_packets(SECTION, only_packet=0, seed=2, population_seed=1)
    both = first, SHOWN
    samples = np.concatenate([one.samples for one in both])
    truth = np.concatenate([one.truth.packet_spikes for one in both])
    packets = tuple(known_packet(number, one.truth, one.samples) for number, one in enumerate(both))
    view = CriticView(truth.astype(np.float32), 1.0, np.zeros((5, 8, 4), np.float32))
    view = _scored(view, samples, truth, packets, [one.truth.onsets for one in both])
    assert [packet.neuron_auroc for packet in view.packets] == [1.0, 1.0]
    assert (view.detection.threshold, view.detection.spike_auroc) == (0.5, 1.0)
    assert (view.detection.recall, view.detection.precision) == (1.0, 1.0)


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize(("steps", "critics"), [(2, ["adversary", "coordination"]), (0, ["adversary"])])
def test_critics_explain_the_same_held_out_samples(make_config, steps, critics):
    config = make_config(evaluation={"importance": {"n_samples": 6, "coordination_steps": steps}})
    prepared = prepare(config)
    adversary = build_critic(config.model, n_bins=12, n_neurons=4, seed=0)
    found = explain_critics(config, prepared, adversary)
    assert list(found.critics) == critics
    assert (found.packets, found.truth) == ((), None)
    for view in found.critics.values():
        assert view.maps.shape == found.samples.shape == (6, 12, 4)
        assert (view.maps[found.samples == 0] == 0).all()
        assert view.maps.any()
        assert view.filters.shape == (5, 4, 4)
    np.testing.assert_array_equal(found.critics["adversary"].filters, adversary.get_weights()[0])
