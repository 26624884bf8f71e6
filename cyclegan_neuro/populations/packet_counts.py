"""How often packets of spikes occur whole, in samples of any model (Molano-Mazon et al. 2018, Figure 4)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import maximum_filter1d
from scipy.stats import binomtest

__all__ = ["PacketShares", "Share", "count_packets", "packet_shares", "share_of"]


@dataclass(frozen=True)
class Share:
    """How often something occurs, relative to how often it was recorded.

    Attributes
    ----------
    value, low, high : float
        The share, and its 95 % interval; NaN where nothing was recorded.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class PacketShares:
    """How often the packets of a known population occur whole.

    Attributes
    ----------
    spikes : int
        Of a packet: all of them have to be in place.
    slack_bins : int
        How far from its place each spike may lie.
    recorded : ndarray of int64, shape (packet,)
        Whole packets among all recorded samples.
    shares : dict of str to tuple of Share
        Of each model: every packet, then all together, relative to ``recorded``.
    """

    spikes: int
    slack_bins: int
    recorded: np.ndarray
    shares: dict[str, tuple[Share, ...]]


def packet_shares(
    samples: dict[str, np.ndarray], *, recorded: np.ndarray, floor: str, groups: np.ndarray, jitter_bins: float
) -> PacketShares:
    """Count whole packets in the samples of every model.

    Parameters
    ----------
    samples : dict of str to ndarray of 0 and 1, shape (sample, bin, neuron)
        By model.
    recorded : ndarray of 0 and 1, shape (sample, bin, neuron)
    floor : str
        Name under which every second recorded sample is compared with the others.
    groups : ndarray of int, shape (packet, member)
        Neurons in the order in which they fire, one bin after the other.
    jitter_bins : float
        Standard deviation of their times: spikes may lie two of them, rounded up, from their places.
    """
    slack = int(np.ceil(2 * jitter_bins))
    reference = count_packets(recorded, groups, slack_bins=slack)
    shares = {
        name: share_of(count_packets(values, groups, slack_bins=slack), len(values), reference, len(recorded))
        for name, values in samples.items()
    }
    halves = recorded[::2], recorded[1::2]
    one, other = (count_packets(half, groups, slack_bins=slack) for half in halves)
    shares[floor] = share_of(one, len(halves[0]), other, len(halves[1]))
    return PacketShares(groups.shape[1], slack, reference, shares)


def count_packets(samples: np.ndarray, groups: np.ndarray, *, slack_bins: int = 0) -> np.ndarray:
    """Count where a packet begins with every one of its spikes in place.

    Parameters
    ----------
    samples : ndarray of 0 and 1, shape (sample, bin, neuron)
    groups : ndarray of int, shape (packet, member)
    slack_bins : int
        How far from its place each spike may lie; then bins in a row in which a packet begins count once.

    Returns
    -------
    ndarray of int64, shape (packet,)

    Examples
    --------
    >>> sample = np.array([[[1, 0], [0, 1], [1, 0]]])  # neuron 0, neuron 1, neuron 0
    >>> count_packets(sample, np.array([[0, 1], [1, 0]])).tolist()
    [1, 1]
    """
    spikes = maximum_filter1d(samples > 0, 2 * slack_bins + 1, axis=1, mode="constant")
    n_first = spikes.shape[1] - groups.shape[1] + 1
    counts = []
    for group in groups:
        whole = np.all([spikes[:, step : step + n_first, neuron] for step, neuron in enumerate(group)], axis=0)
        if slack_bins:
            whole[:, 1:] &= ~whole[:, :-1].copy()
        counts.append(int(whole.sum()))
    return np.array(counts)


def share_of(counts: np.ndarray, n_samples: int, recorded: np.ndarray, n_recorded: int) -> tuple[Share, ...]:
    """Relate counts to recorded ones: each, and then their sum.

    Parameters
    ----------
    counts, recorded : ndarray of int, shape (packet,)
    n_samples, n_recorded : int
        Samples in which they were counted.

    Notes
    -----
    Intervals are exact for the ratio of two Poisson rates (conditional on the sum of both counts it is a binomial
    probability; Clopper and Pearson 1934). Packets that do not overlap vary less than that, so they are on the safe
    side. They hold for the samples of one network, not for another training.

    Examples
    --------
    >>> one, both = share_of(np.array([50]), 100, np.array([100]), 100)
    >>> one == both, round(one.value, 2), round(one.low, 2), round(one.high, 2)
    (True, 0.5, 0.35, 0.71)
    """
    ratio = n_recorded / n_samples
    found = []
    for k, n in zip([*counts, counts.sum()], [*recorded, recorded.sum()], strict=True):
        if n:
            interval = binomtest(int(k), int(k + n)).proportion_ci()
            found.append(Share(*(float(p / (1 - p) * ratio) for p in (k / (k + n), interval.low, interval.high))))
        else:
            found.append(Share(*[float("nan")] * 3))
    return tuple(found)
