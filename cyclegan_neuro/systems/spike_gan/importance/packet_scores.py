"""How well importance finds a known packet: its neurons, and its course."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cyclegan_neuro.interpret.scores import auroc
from cyclegan_neuro.populations.simulate.packets import templates
from cyclegan_neuro.populations.simulate.truth import PacketsTruth
from cyclegan_neuro.systems.spike_gan.importance.detection import importance_threshold, packet_neuron_auroc
from cyclegan_neuro.systems.spike_gan.importance.maps import neuron_importance
from cyclegan_neuro.systems.spike_gan.importance.templates import average_aligned, find_packets, template_correlation

__all__ = ["KnownPacket", "PacketScores", "known_packet", "score_packet"]


@dataclass(frozen=True, eq=False)
class KnownPacket:
    """A packet that was simulated.

    Attributes
    ----------
    members : ndarray of bool, shape (neuron,)
    template : ndarray, shape (packet bin, neuron)
        Where it has its spikes when there is no jitter.
    activity_auroc : float
        How well its neurons are found by their number of spikes alone.
    """

    members: np.ndarray
    template: np.ndarray
    activity_auroc: float


@dataclass(frozen=True, eq=False)
class PacketScores:
    """How well a critic finds one packet, in samples that show no other.

    Attributes
    ----------
    neuron_importance : ndarray, shape (neuron,)
        Mean over samples and bins.
    neuron_auroc : float
        Probability that a neuron of the packet ranks above another one by importance.
    neuron_recall, neuron_precision : float
        Of the packet's neurons, where those count as found whose mean importance exceeds a threshold set by the
        importance of all neurons alone (Otsu's criterion).
    average : ndarray, shape (packet bin, neuron)
        Mean importance around the packet's onsets.
    template_correlation : float
        Pearson correlation of ``average`` with the packet; NaN where no sample shows the packet.
    found : ndarray, shape (packet bin, neuron)
        Mean importance where onsets are not known either: maps are aligned with each other.
    template_correlation_found, place_auroc : float
        Correlation of ``found`` with the packet, and the probability that a place of the packet is more important than
        another one there; NaN where either is constant.
    """

    neuron_importance: np.ndarray
    neuron_auroc: float
    neuron_recall: float
    neuron_precision: float
    average: np.ndarray
    template_correlation: float
    found: np.ndarray
    template_correlation_found: float
    place_auroc: float


def known_packet(packet: int, truth: PacketsTruth, samples: np.ndarray) -> KnownPacket:
    """Return a packet of the truth; ``samples``, shape (sample, bin, neuron), show it and no other."""
    members = np.isin(np.arange(samples.shape[2]), truth.groups[packet])
    return KnownPacket(members, templates(truth)[packet].astype(np.float64), packet_neuron_auroc(samples, members))


def score_packet(number: int, packet: KnownPacket, onsets: np.ndarray, maps: np.ndarray) -> PacketScores:
    """Score the maps of samples that show one packet.

    Parameters
    ----------
    number : int
        Of the packet, in ``onsets``.
    packet : KnownPacket
    onsets : ndarray of int, shape (event, 3)
        Sample, packet, first bin.
    maps : ndarray, shape (sample, bin, neuron)
    """
    importance = neuron_importance(maps).mean(axis=0)
    selected = importance > importance_threshold(importance)
    template, packet_bins = packet.template, len(packet.template)
    if ((onsets[:, 1] == number) & (onsets[:, 2] + packet_bins <= maps.shape[1])).any():
        average = average_aligned(maps, onsets=onsets, packet=number, packet_bins=packet_bins)
    else:
        average = np.full(template.shape, np.nan)
    found = _found_alone(maps, template)
    return PacketScores(
        neuron_importance=importance,
        neuron_auroc=packet_neuron_auroc(maps, packet.members),
        neuron_recall=float(selected[packet.members].mean()),
        neuron_precision=float(packet.members[selected].mean()),
        average=average,
        template_correlation=template_correlation(average, template),
        found=found,
        template_correlation_found=template_correlation(found, template),
        place_auroc=auroc(found.ravel(), template.ravel() > 0),
    )


def _found_alone(maps: np.ndarray, template: np.ndarray) -> np.ndarray:
    """Return what aligning the maps with each other finds, at the small shift that correlates best with the packet."""
    found = find_packets(maps, packet_bins=len(template)).template
    shifted = [np.roll(found, shift, axis=0) for shift in range(-2, 3)]
    return max(shifted, key=lambda one: template_correlation(one, template))
