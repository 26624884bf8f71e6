"""Which spikes belong to packets, decided from their importance alone, and how often that is right."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.interpret.scores import auroc
from cyclegan_neuro.systems.spike_gan.importance.maps import neuron_importance

__all__ = [
    "DetectionScores",
    "detect",
    "detection_scores",
    "importance_threshold",
    "packet_neuron_auroc",
    "packet_spike_auroc",
]

_N_LEVELS = 256
"""Bins of the histogram, the number of grey levels in Otsu's paper."""


def importance_threshold(values: np.ndarray) -> float:
    """Choose, without the truth, the importance above which a spike counts as part of a packet.

    Otsu's criterion with three classes: the two limits that leave the least variance within the classes; the upper
    one is returned.

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
        With fewer than three different values, or values that are not finite.

    References
    ----------
    Otsu 1979, "A threshold selection method from gray-level histograms", section III.C (more than two classes).

    Notes
    -----
    Three classes because there are three kinds of spikes: far from packets; near one, where a shuffle may complete or
    disturb it; inside. On simulated packets with matched filters as critics (one or four packets of 8 neurons, with
    and without jitter, 1 in 10 to 1 in 25 spikes inside), this limit came closest to the best F score that any limit
    reaches (mostly within 0.05). Two classes of the logarithms, and a mixture of two Gaussians fitted to them,
    separated the first kind from the other two: recall 0.9 to 1, precision 0.1 to 0.4.

    Examples
    --------
    >>> bool(2 < importance_threshold(np.array([0.0, 0.1, 0.1, 1.9, 2.0, 9.0, 9.1])) < 9)
    True
    """
    values = np.ravel(values).astype(np.float64)
    n_different = np.unique(values).size
    if not np.isfinite(values).all() or n_different < 3:
        raise RecordingError(
            "importance of spikes",
            got=f"{n_different} different values" if np.isfinite(values).all() else "values that are not finite",
            expected="at least three different, finite ones",
            fix="explain more samples, or check that the critic was trained",
        )
    counts, edges = np.histogram(values, bins=_N_LEVELS)
    total = np.concatenate([[0], np.cumsum(counts)])
    moment = np.concatenate([[0.0], np.cumsum(counts * (edges[1:] + edges[:-1]) / 2)])
    lower, upper = np.triu_indices(_N_LEVELS + 1, 1)  # limits in ascending order; a class may be empty
    between = sum(_between_class(total, moment, *ends) for ends in ((0, lower), (lower, upper), (upper, _N_LEVELS)))
    best = np.flatnonzero(between >= between.max() * (1 - 1e-12))
    return float(np.median(edges[upper[best]]))  # any limit in an empty stretch is as good: its middle


def _between_class(total: np.ndarray, moment: np.ndarray, first: np.ndarray | int, last: np.ndarray | int):
    """Squared sum over number of the values between two edges: what the class adds to the variance between classes."""
    number = total[last] - total[first]
    return (moment[last] - moment[first]) ** 2 / np.maximum(number, 1)


def detect(maps: np.ndarray, samples: np.ndarray, *, threshold: float) -> np.ndarray:
    """Mark the spikes that are more important than a threshold; bool, shape (sample, bin, neuron)."""
    return (samples > 0) & (maps > threshold)


@dataclass(frozen=True)
class DetectionScores:
    """How well spikes of packets were told from the others.

    Attributes
    ----------
    recall : float
        Share of the packets' spikes that were detected; NaN where there are none.
    precision : float
        Share of the detected spikes that belong to packets; NaN where none were detected.
    n_spikes, n_packet_spikes, n_detected : int
    """

    recall: float
    precision: float
    n_spikes: int
    n_packet_spikes: int
    n_detected: int


def detection_scores(detected: np.ndarray, *, truth: np.ndarray, samples: np.ndarray) -> DetectionScores:
    """Compare detected spikes with those that belong to packets.

    Parameters
    ----------
    detected, truth : ndarray of bool, shape (sample, bin, neuron)
    samples : ndarray of 0 and 1, same shape
        Places without a spike do not count.

    References
    ----------
    Molano-Mazon et al. 2018, Figure 4.

    Examples
    --------
    >>> truth, found = np.array([[[True, True, False]]]), np.array([[[True, False, False]]])
    >>> scores = detection_scores(found, truth=truth, samples=np.ones((1, 1, 3)))
    >>> scores.recall, scores.precision
    (0.5, 1.0)
    """
    spikes = samples > 0
    detected, truth = detected & spikes, truth & spikes
    hits, n_packet_spikes, n_detected = (int(part.sum()) for part in (detected & truth, truth, detected))
    return DetectionScores(
        recall=hits / n_packet_spikes if n_packet_spikes else float("nan"),
        precision=hits / n_detected if n_detected else float("nan"),
        n_spikes=int(spikes.sum()),
        n_packet_spikes=n_packet_spikes,
        n_detected=n_detected,
    )


def packet_spike_auroc(maps: np.ndarray, *, truth: np.ndarray, samples: np.ndarray) -> float:
    """Probability that a spike of a packet is more important than another spike; NaN where either kind is missing.

    Parameters
    ----------
    maps, truth, samples : ndarray, shape (sample, bin, neuron)
        Importance, whether a place belongs to a packet (bool), and spikes.
    """
    spikes = samples > 0
    return auroc(maps[spikes], truth[spikes]) if spikes.any() else float("nan")


def packet_neuron_auroc(maps: np.ndarray, packet_neurons: np.ndarray) -> float:
    """Probability that a neuron of a packet is more important than another, by the mean over bins and samples.

    Parameters
    ----------
    maps : ndarray, shape (sample, bin, neuron)
    packet_neurons : ndarray of bool, shape (neuron,)

    Returns
    -------
    float
        NaN where all neurons or none belong to packets.
    """
    return auroc(neuron_importance(maps).mean(axis=0, dtype=np.float64), packet_neurons)
