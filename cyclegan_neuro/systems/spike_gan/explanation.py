"""Which spikes a trained critic finds important, and whether these are the ones that matter (section 2.4, Figure 4)."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from cyclegan_neuro.systems.spike_gan.config import Config
from cyclegan_neuro.systems.spike_gan.importance.detection import (
    DetectionScores,
    detect,
    detection_scores,
    importance_threshold,
    packet_neuron_auroc,
    packet_spike_auroc,
)
from cyclegan_neuro.systems.spike_gan.importance.maps import importance_maps, neuron_importance
from cyclegan_neuro.systems.spike_gan.importance.templates import average_aligned, find_packets, template_correlation
from cyclegan_neuro.systems.spike_gan.networks import build_critic
from cyclegan_neuro.systems.spike_gan.prepared import PreparedSamples
from cyclegan_neuro.systems.spike_gan.simulate import PacketsTruth, templates
from cyclegan_neuro.systems.spike_gan.simulate.configured import simulate_shown
from cyclegan_neuro.windows.segmentation import spaced

__all__ = ["Explanation", "PacketScores", "explain_critic", "score_of"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class PacketScores:
    """How well importance finds one packet, in samples that show no other.

    Attributes
    ----------
    packet : int
    n_samples : int
    members : ndarray of bool, shape (neuron,)
    neuron_importance : ndarray, shape (neuron,)
        Mean over samples and bins.
    neuron_auroc, neuron_auroc_untrained, neuron_auroc_activity : float
        Probability that a neuron of the packet ranks above another one: by importance, by importance to a critic
        that was not trained, and by its number of spikes alone.
    neuron_recall, neuron_precision : float
        Of the packet's neurons, where those count as found whose mean importance exceeds a threshold set by the
        importance of all neurons alone (Otsu's criterion).
    template, average : ndarray, shape (packet bin, neuron)
        Where the packet has its spikes, and mean importance around its onsets.
    template_correlation, template_correlation_untrained : float
        Pearson correlation of the two, for either critic; NaN where no sample shows the packet.
    template_correlation_found : float
        The same where onsets are not known either: maps are aligned with each other.
    """

    packet: int
    n_samples: int
    members: np.ndarray
    neuron_importance: np.ndarray
    neuron_auroc: float
    neuron_auroc_untrained: float
    neuron_auroc_activity: float
    neuron_recall: float
    neuron_precision: float
    template: np.ndarray
    average: np.ndarray
    template_correlation: float
    template_correlation_untrained: float
    template_correlation_found: float


@dataclass(frozen=True, eq=False)
class Explanation:
    """Importance maps, and their scores where packets are known.

    Attributes
    ----------
    samples : ndarray of uint8, shape (sample, bin, neuron)
        That were explained: held-out ones, or new ones of the simulated population.
    maps : ndarray of float32, shape (sample, bin, neuron)
        Importance of each spike; 0 where there is none.
    seconds : float
        What the maps took.
    packets : tuple of PacketScores
    threshold : float or None
        Importance above which a spike counts as a packet's; chosen without the truth.
    detection, detection_untrained : DetectionScores or None
    spike_auroc : float or None
    truth : ndarray of bool or None, shape of ``samples``
        Spikes of packets.
    """

    samples: np.ndarray
    maps: np.ndarray
    seconds: float
    packets: tuple[PacketScores, ...] = ()
    threshold: float | None = None
    detection: DetectionScores | None = None
    detection_untrained: DetectionScores | None = None
    spike_auroc: float | None = None
    truth: np.ndarray | None = None


def score_of(critic, *, batch_size: int) -> Callable[[np.ndarray], np.ndarray]:
    """Return a function from samples (batch, bin, neuron) to the critic's scores (batch,), compiled once.

    Parameters
    ----------
    critic : keras.Model
    batch_size : int
        Largest batch; smaller ones are filled up, so that there is one compiled shape.
    """
    call = tf.function(lambda samples: critic(samples, training=False)[:, 0], jit_compile=True)

    def score(samples: np.ndarray) -> np.ndarray:
        filled = np.zeros((batch_size, *samples.shape[1:]), np.float32)
        filled[: len(samples)] = samples
        return call(filled).numpy()[: len(samples)]

    return score


def explain_critic(config: Config, prepared: PreparedSamples, critic) -> Explanation | None:
    """Compute importance maps of samples that the networks did not see, and score them where packets are known.

    Parameters
    ----------
    config : Config
    prepared : PreparedSamples
    critic : keras.Model

    Returns
    -------
    Explanation
        None for traces, which have no spikes to shuffle.
    """
    if not prepared.spikes:
        return None
    if isinstance(prepared.truth, PacketsTruth):
        return _explain_packets(config, prepared, critic)
    samples = prepared.samples(spaced(prepared.held_out, config.evaluation.importance.n_samples))
    began = time.perf_counter()
    maps = _maps(config, critic, samples)
    return Explanation(samples, maps, seconds=time.perf_counter() - began)


def _maps(config: Config, critic, samples: np.ndarray) -> np.ndarray:
    section = config.evaluation.importance
    _log.info("importance maps of %d samples", len(samples))
    batch_size = config.evaluation.batch_size
    return importance_maps(
        score_of(critic, batch_size=batch_size),
        samples,
        window_bins=min(section.window_bins, samples.shape[1]),
        step_bins=section.step_bins,
        n_shuffles=section.n_shuffles,
        seed=config.evaluation.seed,
        batch_size=batch_size,
    )


def _explain_packets(config: Config, prepared: PreparedSamples, critic) -> Explanation:
    n_packets = len(prepared.truth.groups)
    each = -(-config.evaluation.importance.n_samples // n_packets)
    shown = [simulate_shown(config.data.simulation, packet=packet, n_samples=each) for packet in range(n_packets)]
    samples = np.concatenate([one.samples for one in shown])
    truth = np.concatenate([one.truth.packet_spikes for one in shown])
    began = time.perf_counter()
    maps = _maps(config, critic, samples)
    seconds = time.perf_counter() - began
    size = {"n_bins": prepared.n_bins, "n_neurons": prepared.n_neurons}
    untrained = _maps(config, build_critic(config.model, **size, seed=config.training.seed + 100), samples)
    parts = [slice(packet * each, (packet + 1) * each) for packet in range(n_packets)]
    packets = tuple(
        _score_packet(packet, one.truth, samples[part], maps[part], untrained[part])
        for packet, (one, part) in enumerate(zip(shown, parts, strict=True))
    )
    limits = [importance_threshold(found[samples > 0]) for found in (maps, untrained)]
    detections = [
        detection_scores(detect(found, samples, threshold=limit), truth=truth, samples=samples)
        for found, limit in zip((maps, untrained), limits, strict=True)
    ]
    return Explanation(
        samples,
        maps,
        seconds,
        packets,
        threshold=limits[0],
        detection=detections[0],
        detection_untrained=detections[1],
        spike_auroc=packet_spike_auroc(maps, truth=truth, samples=samples),
        truth=truth,
    )


def _score_packet(packet: int, truth: PacketsTruth, samples, maps, untrained) -> PacketScores:
    template = templates(truth)[packet].astype(np.float64)
    members = np.isin(np.arange(samples.shape[2]), truth.groups[packet])
    importance = neuron_importance(maps).mean(axis=0)
    found = importance > importance_threshold(importance)
    aligned = {"onsets": truth.onsets, "packet": packet, "packet_bins": len(template)}
    shown = ((truth.onsets[:, 1] == packet) & (truth.onsets[:, 2] + len(template) <= samples.shape[1])).any()
    average, other = (
        average_aligned(one, **aligned) if shown else np.full(template.shape, np.nan) for one in (maps, untrained)
    )
    return PacketScores(
        packet=packet,
        n_samples=len(samples),
        members=members,
        neuron_importance=importance,
        neuron_auroc=packet_neuron_auroc(maps, members),
        neuron_auroc_untrained=packet_neuron_auroc(untrained, members),
        neuron_auroc_activity=packet_neuron_auroc(samples, members),
        neuron_recall=float(found[members].mean()),
        neuron_precision=float(members[found].mean()),
        template=template,
        average=average,
        template_correlation=template_correlation(average, template),
        template_correlation_untrained=template_correlation(other, template),
        template_correlation_found=_found_alone(maps, template),
    )


def _found_alone(maps: np.ndarray, template: np.ndarray) -> float:
    """Correlation of the packet with what aligning the maps with each other finds, at the best of small shifts."""
    found = find_packets(maps, packet_bins=len(template)).template
    return max(template_correlation(np.roll(found, shift, axis=0), template) for shift in range(-2, 3))
