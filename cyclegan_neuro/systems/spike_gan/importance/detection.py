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
    Molano-Mazon et al. 2018, section A.2 and Figure S2F (of neurons there).

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
