"""Which spikes critics find important, and whether these are the ones that matter (section 3.3, Figure 4)."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from cyclegan_neuro.populations.prepared import PreparedSamples
from cyclegan_neuro.populations.simulate.configured import simulate_shown
from cyclegan_neuro.populations.simulate.truth import PacketsTruth
from cyclegan_neuro.systems.spike_gan.config import Config
from cyclegan_neuro.systems.spike_gan.coordination import fit_coordination_critic
from cyclegan_neuro.systems.spike_gan.importance.maps import importance_maps
from cyclegan_neuro.systems.spike_gan.importance.packets import (
    Detection,
    KnownPacket,
    PacketScores,
    detect,
    known_packet,
    score_packet,
)
from cyclegan_neuro.systems.spike_gan.importance.scores import score_of
from cyclegan_neuro.systems.spike_gan.networks import build_critic, first_filters
from cyclegan_neuro.windows.segmentation import spaced

__all__ = ["ADVERSARY", "COORDINATION", "CRITIC_LABELS", "UNTRAINED", "CriticView", "Explanation", "explain_critics"]

_log = logging.getLogger(__name__)

ADVERSARY, COORDINATION, UNTRAINED = "adversary", "coordination", "untrained"
CRITIC_LABELS = {
    ADVERSARY: "generator's critic",
    COORDINATION: "critic of coordination",
    UNTRAINED: "untrained critic",
}
"""What the critics are called whose importance maps are made."""


@dataclass(frozen=True, eq=False)
class CriticView:
    """What one critic finds important.

    Attributes
    ----------
    maps : ndarray of float32, shape (sample, bin, neuron)
        Importance of each spike; 0 where there is none.
    seconds : float
        What the maps took.
    filters : ndarray of float32, shape (bin, neuron, feature)
        Of the critic's first layer.
    packets : tuple of PacketScores
        Of each packet, where packets are known; so is the detection.
    detection : Detection or None
    """

    maps: np.ndarray
    seconds: float
    filters: np.ndarray
    packets: tuple[PacketScores, ...] = ()
    detection: Detection | None = None


@dataclass(frozen=True, eq=False)
class Explanation:
    """What critics find important in the same samples, scored where packets are known.

    Attributes
    ----------
    samples : ndarray of uint8, shape (sample, bin, neuron)
        That were explained: held-out ones, or new ones of the simulated population, equally many of each packet.
    critics : dict of str to CriticView
        ``"adversary"``, which the generator was trained with; ``"coordination"``, which tells recorded samples from
        ones whose neurons were never recorded together, where it was asked for; ``"untrained"``, where packets are
        known.
    packets : tuple of KnownPacket
    truth : ndarray of bool or None, shape of ``samples``
        Spikes of packets.
    """

    samples: np.ndarray
    critics: dict[str, CriticView]
    packets: tuple[KnownPacket, ...] = ()
    truth: np.ndarray | None = None


def explain_critics(config: Config, prepared: PreparedSamples, adversary) -> Explanation | None:
    """Compute importance maps of samples that the networks did not see, and score them where packets are known.

    Parameters
    ----------
    config : Config
    prepared : PreparedSamples
    adversary : keras.Model
        The critic that the generator was trained with.

    Returns
    -------
    Explanation
        None for traces, which have no spikes to shuffle.

    References
    ----------
    Adebayo et al. 2018, "Sanity checks for saliency maps": an untrained critic beside the trained ones.
    """
    if not prepared.spikes:
        return None
    section = config.evaluation.importance
    critics = {ADVERSARY: adversary}
    if section.coordination_steps:
        critics[COORDINATION] = fit_coordination_critic(config, prepared)
    if not isinstance(prepared.truth, PacketsTruth):
        samples = prepared.samples(spaced(prepared.held_out, section.n_samples))
        return Explanation(samples, {name: _view(config, one, samples) for name, one in critics.items()})
    size = {"n_bins": prepared.n_bins, "n_neurons": prepared.n_neurons}
    critics[UNTRAINED] = build_critic(config.model, **size, seed=config.training.seed + 100)
    n_packets = len(prepared.truth.groups)
    each = -(-section.n_samples // n_packets)
    shown: list[Any] = [
        simulate_shown(config.data.simulation, packet=packet, n_samples=each) for packet in range(n_packets)
    ]
    samples = np.concatenate([one.samples for one in shown])
    truth = np.concatenate([one.truth.packet_spikes for one in shown])
    packets = tuple(known_packet(packet, one.truth, one.samples) for packet, one in enumerate(shown))
    onsets = [one.truth.onsets for one in shown]
    views = {
        name: _scored(_view(config, critic, samples), samples, truth, packets, onsets)
        for name, critic in critics.items()
    }
    return Explanation(samples, views, packets, truth)


def _view(config: Config, critic, samples: np.ndarray) -> CriticView:
    """Compute importance maps, and time them."""
    section, batch_size = config.evaluation.importance, config.evaluation.batch_size
    _log.info("importance maps of %d samples", len(samples))
    began = time.perf_counter()
    maps = importance_maps(
        score_of(critic, batch_size=batch_size),
        samples,
        window_bins=min(section.window_bins, samples.shape[1]),
        step_bins=section.step_bins,
        n_shuffles=section.n_shuffles,
        seed=config.evaluation.seed,
        batch_size=batch_size,
    )
    return CriticView(maps, time.perf_counter() - began, first_filters(critic))


def _scored(view: CriticView, samples, truth, packets, onsets) -> CriticView:
    """Score maps whose samples show one packet after the other, equally many each."""
    parts = zip(packets, onsets, np.split(view.maps, len(packets)), strict=True)
    return replace(
        view,
        packets=tuple(score_packet(number, *one) for number, one in enumerate(parts)),
        detection=detect(view.maps, samples, truth),
    )
