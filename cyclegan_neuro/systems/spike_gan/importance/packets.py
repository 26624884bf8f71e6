"""How well importance finds known packets: their spikes, their neurons and their course."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.interpret.scores import auroc
from cyclegan_neuro.populations.simulate.packets import templates
from cyclegan_neuro.populations.simulate.truth import PacketsTruth
from cyclegan_neuro.systems.spike_gan.importance.maps import neuron_importance
from cyclegan_neuro.systems.spike_gan.importance.templates import average_aligned, find_packets, template_correlation

__all__ = [
    "Detection", "KnownPacket", "PacketScores", "detect", "importance_threshold", "known_packet", "score_packet",
]  # fmt: skip


def importance_threshold(values: np.ndarray) -> float:
    """Choose, without the truth, the importance above which a spike counts as part of a packet.

    Otsu's criterion: the limit that leaves the least variance within the two classes. It lies midway between the
    highest value below it and the lowest above.

    Parameters
    ----------
    values : ndarray of float
        Importance of spikes, any shape; places without a spike must be left out.

    Returns
    -------
    float

    Raises
    ------
    RecordingError
        Where all values are equal, or some are not finite.

    References
    ----------
    Otsu 1979, "A threshold selection method from gray-level histograms".

    Notes
    -----
    Chosen among several on 28 simulated sets with critics that are matched filters (one or four packets of 8 neurons,
    two stimuli of 18; with and without jitter; several thresholds and amounts of noise of the critic). The best F
    score that any limit reaches was 0.72 on average; this rule came within 0.05 of it on average and 0.13 at worst.
    Otsu's criterion on logarithms (0.21 and 0.59) and a mixture of two Gaussians on them (0.18 and 0.72) tell spikes
    that matter at all from those that do not, and three classes (0.07 and 0.46) depend more on the critic.

    Examples
    --------
    >>> importance_threshold(np.array([0.0, 1.0, 1.0, 4.0, 5.0]))
    2.5
    """
    values = np.sort(values, axis=None).astype(np.float64)
    finite = bool(np.isfinite(values).all())
    if not finite or not values.size or values[0] == values[-1]:
        raise RecordingError(
            "importance of spikes",
            got=f"{values.size} equal values" if finite else "values that are not finite",
            expected="finite values that differ",
            fix="explain more samples, or check that the critic was trained",
        )
    n_below, total = np.arange(1, values.size), values.cumsum()
    n_above = values.size - n_below
    between = n_below * n_above * (total[:-1] / n_below - (total[-1] - total[:-1]) / n_above) ** 2
    best = int(np.argmax(between))  # never between equal values: keeping them together is better
    return float((values[best] + values[best + 1]) / 2)


@dataclass(frozen=True)
class Detection:
    """How well spikes of packets are told from the others by their importance.

    Attributes
    ----------
    threshold : float
        Importance above which a spike counts as a packet's; chosen without the truth.
    recall : float
        Share of the packets' spikes that were detected; NaN where there are none.
    precision : float
        Share of the detected spikes that belong to packets; NaN where none were detected.
    spike_auroc : float
        Probability that a spike of a packet is more important than another spike; NaN where either kind is missing.
    n_spikes, n_packet_spikes, n_detected : int
    """

    threshold: float
    recall: float
    precision: float
    spike_auroc: float
    n_spikes: int
    n_packet_spikes: int
    n_detected: int


def detect(maps: np.ndarray, samples: np.ndarray, truth: np.ndarray) -> Detection:
    """Detect the spikes of packets by their importance, and compare with the truth.

    Parameters
    ----------
    maps : ndarray of float, shape (sample, bin, neuron)
    samples : ndarray of 0 and 1, same shape
        Places without a spike do not count.
    truth : ndarray of bool, same shape
        Spikes of packets.

    References
    ----------
    Molano-Mazon et al. 2018, section A.2 and Figure S2F (of neurons there).

    Examples
    --------
    >>> truth, maps = np.array([[[True, True, False]]]), np.array([[[3.0, 1.0, 1.0]]])
    >>> found = detect(maps, np.ones((1, 1, 3)), truth)
    >>> found.threshold, found.recall, found.precision
    (2.0, 0.5, 1.0)
    """
    importance, truth = maps[samples > 0], truth[samples > 0]
    threshold = importance_threshold(importance)
    detected = importance > threshold
    hits, n_packet_spikes, n_detected = (int(part.sum()) for part in (detected & truth, truth, detected))
    return Detection(
        threshold=threshold,
        recall=hits / n_packet_spikes if n_packet_spikes else float("nan"),
        precision=hits / n_detected if n_detected else float("nan"),
        spike_auroc=auroc(importance, truth),
        n_spikes=truth.size,
        n_packet_spikes=n_packet_spikes,
        n_detected=n_detected,
    )


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
    return KnownPacket(members, templates(truth)[packet].astype(np.float64), _neuron_auroc(samples, members))


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
    template = packet.template
    average = average_aligned(maps, onsets=onsets, packet=number, packet_bins=len(template))
    found = _found_alone(maps, template)
    return PacketScores(
        neuron_auroc=_neuron_auroc(maps, packet.members),
        neuron_recall=float(selected[packet.members].mean()),
        neuron_precision=float(packet.members[selected].mean()),
        average=average,
        template_correlation=template_correlation(average, template),
        found=found,
        template_correlation_found=template_correlation(found, template),
        place_auroc=auroc(found.ravel(), template.ravel() > 0),
    )


def _neuron_auroc(maps: np.ndarray, members: np.ndarray) -> float:
    """Probability that a neuron of a packet is more important than another, by the mean over bins and samples."""
    return auroc(neuron_importance(maps).mean(axis=0, dtype=np.float64), members)


def _found_alone(maps: np.ndarray, template: np.ndarray) -> np.ndarray:
    """Return what aligning the maps with each other finds, at the small shift that correlates best with the packet."""
    found, _ = find_packets(maps, packet_bins=len(template))
    shifted = [np.roll(found, shift, axis=0) for shift in range(-2, 3)]
    return max(shifted, key=lambda one: template_correlation(one, template))
