"""Importance maps of several critics, and their scores against known packets."""

import numpy as np
import pytest

from cyclegan_neuro.systems.spike_gan.data import prepare
from cyclegan_neuro.systems.spike_gan.explanation import _known, _score_packet, _scored, explain_critics, score_of
from cyclegan_neuro.systems.spike_gan.networks import build_critic
from cyclegan_neuro.systems.spike_gan.simulate import simulate_packets, templates

SHOWN = simulate_packets(
    n_samples=20, n_bins=24, n_neurons=8, packet_neurons=4, packet_probability=0.2, only_packet=1, seed=1
)
ONSETS = SHOWN.truth.onsets
MAPS = SHOWN.truth.packet_spikes.astype(np.float32)  # of a critic that sees packets and nothing else


def test_maps_that_are_the_packets_get_perfect_scores():
    known = _known(1, SHOWN.truth, SHOWN.samples)
    assert known.members.tolist() == np.isin(np.arange(8), SHOWN.truth.groups[1]).tolist()
    assert 0.5 < known.activity_auroc <= 1.0
    found = _score_packet(1, known, ONSETS, MAPS)
    assert (found.neuron_auroc, found.neuron_recall, found.neuron_precision) == (1.0, 1.0, 1.0)
    np.testing.assert_allclose(found.average, templates(SHOWN.truth)[1], atol=0.5)
    assert found.template_correlation > 0.95
    assert found.template_correlation_found > 0.9


def test_a_packet_that_no_sample_shows_has_no_course():
    found = _score_packet(0, _known(0, SHOWN.truth, SHOWN.samples), ONSETS, MAPS)
    assert np.isnan(found.template_correlation)
    assert np.isnan(found.average).all()
    assert found.neuron_auroc == 0.0  # the other packet's neurons are the important ones


def test_each_packet_is_scored_in_the_samples_that_show_it():
    first = simulate_packets(
        n_samples=20, n_bins=24, n_neurons=8, packet_neurons=4, packet_probability=0.2, only_packet=0,
        seed=2, population_seed=1,
    )  # fmt: skip
    both = first, SHOWN
    samples = np.concatenate([one.samples for one in both])
    truth = np.concatenate([one.truth.packet_spikes for one in both])
    packets = tuple(_known(number, one.truth, one.samples) for number, one in enumerate(both))
    view = _scored(truth.astype(np.float32), 1.0, samples, truth, packets, [one.truth.onsets for one in both])
    assert [packet.neuron_auroc for packet in view.packets] == [1.0, 1.0]
    assert (view.threshold, view.spike_auroc) == (0.5, 1.0)
    assert (view.detection.recall, view.detection.precision) == (1.0, 1.0)


def test_scores_do_not_depend_on_the_batch(make_config):
    config = make_config()
    critic = build_critic(config.model, n_bins=24, n_neurons=8, seed=0)
    samples = SHOWN.samples.astype(np.float32)
    expected = np.asarray(critic(samples))[:, 0]
    for batch_size in (20, 64):
        np.testing.assert_allclose(score_of(critic, batch_size=batch_size)(samples), expected, rtol=1e-5, atol=1e-6)


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
