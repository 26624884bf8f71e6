"""Mean importance around packets: where they are known, and where they have to be found."""

from __future__ import annotations

import numpy as np

from cyclegan_neuro.errors import WindowError

__all__ = ["average_aligned", "find_packets", "template_correlation"]

_MOST_ROUNDS = 50


def average_aligned(maps: np.ndarray, onsets: np.ndarray, *, packet: int, packet_bins: int) -> np.ndarray:
    """Average maps around the known onsets of one packet.

    Parameters
    ----------
    maps : ndarray, shape (sample, bin, neuron)
    onsets : ndarray of int, shape (n, 3)
        Sample, packet and first bin. Packets that do not lie within their sample are left out.
    packet : int
        Which packet.
    packet_bins : int
        Its length.

    Returns
    -------
    ndarray of float64, shape (packet bin, neuron)
        NaN where the packet does not occur.

    References
    ----------
    Molano-Mazon et al. 2018, section A.2 and Figure S2E (there aligned to the first spike above a threshold).

    Examples
    --------
    >>> maps = np.zeros((1, 4, 2))
    >>> maps[0, 1, 0] = maps[0, 2, 1] = 1
    >>> average_aligned(maps, np.array([[0, 0, 1]]), packet=0, packet_bins=2).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    sample, which, first = onsets.T
    inside = (which == packet) & (first >= 0) & (first + packet_bins <= maps.shape[1])
    if not inside.any():
        return np.full((packet_bins, maps.shape[2]), np.nan)
    return _stretches(maps, packet_bins)[sample[inside], first[inside]].mean(axis=0, dtype=np.float64)


def template_correlation(average: np.ndarray, template: np.ndarray) -> float:
    """Pearson correlation of two maps of a packet, shape (packet bin, neuron); NaN where either is constant.

    Examples
    --------
    >>> template_correlation(np.array([[0.2, 0.1], [0.1, 0.2]]), np.eye(2))
    1.0
    """
    centred = [np.asarray(part, np.float64) - np.mean(part, dtype=np.float64) for part in (average, template)]
    norms = [np.linalg.norm(part) for part in centred]
    return float(np.vdot(*centred) / np.prod(norms)) if all(norms) else float("nan")


def find_packets(maps: np.ndarray, *, packet_bins: int) -> tuple[np.ndarray, np.ndarray]:
    """Find the packet that samples share by shifting their maps until they agree.

    The first template is the stretch of the largest total importance, in the sample of the largest total importance.
    Each round takes from each sample the stretch with the largest inner product with the template, averages them and
    moves the template to the bins around the stretches that hold the most importance (else a template that began in
    the middle of a packet would stay there). Stops when no stretch moves, or after 50 rounds.

    Parameters
    ----------
    maps : ndarray, shape (sample, bin, neuron)
        Of samples that show one kind of packet; of several kinds, what is found is a mixture led by the first.
    packet_bins : int
        Length of a stretch.

    Returns
    -------
    template : ndarray of float64, shape (packet bin, neuron)
        Mean map of the stretches that were aligned.
    first_bins : ndarray of int, shape (sample,)
        Where the stretch of each sample begins.

    Raises
    ------
    WindowError
        Where a packet is longer than a sample.

    Examples
    --------
    >>> maps = np.zeros((2, 6, 2))
    >>> maps[0, 1, 0] = maps[0, 2, 1] = maps[1, 3, 0] = maps[1, 4, 1] = 1
    >>> find_packets(maps, packet_bins=2)[1].tolist()
    [1, 3]
    """
    n_bins = maps.shape[1]
    if not 1 <= packet_bins <= n_bins:
        raise WindowError(
            "packet_bins", got=f"{packet_bins} bins", expected=f"1 to {n_bins}", fix="choose another length"
        )
    strongest = np.argmax(maps.sum(axis=(1, 2), dtype=np.float64))
    template = _heaviest(maps[strongest].astype(np.float64), packet_bins)
    stretches, before = _stretches(maps, packet_bins), None
    for _ in range(_MOST_ROUNDS):
        agreement = np.einsum("sfpn,pn->sf", stretches, template, optimize=True)
        first_bins = np.argmax(agreement, axis=1)
        if before is not None and np.array_equal(first_bins, before):
            break
        before = first_bins
        template = _heaviest(_surroundings(maps, first_bins, packet_bins), packet_bins)
    return template, first_bins


def _stretches(maps: np.ndarray, packet_bins: int) -> np.ndarray:
    """View of every stretch, shape (sample, first bin, packet bin, neuron)."""
    return np.moveaxis(np.lib.stride_tricks.sliding_window_view(maps, packet_bins, axis=1), -1, 2)


def _heaviest(mean_map: np.ndarray, packet_bins: int) -> np.ndarray:
    """Values of the stretch of a map (bin, neuron) with the largest sum, the first of equal ones."""
    first = int(np.argmax(np.convolve(mean_map.sum(axis=1), np.ones(packet_bins), mode="valid")))
    return mean_map[first : first + packet_bins]


def _surroundings(maps: np.ndarray, first_bins: np.ndarray, packet_bins: int) -> np.ndarray:
    """Mean map from one packet length before the stretches to one after, over the samples that reach there."""
    bins = first_bins[:, None] + np.arange(-packet_bins, 2 * packet_bins)
    inside = (bins >= 0) & (bins < maps.shape[1])
    values = maps[np.arange(len(maps))[:, None], np.clip(bins, 0, maps.shape[1] - 1)].astype(np.float64)
    summed = np.einsum("sbn,sb->bn", values, inside.astype(np.float64))
    return summed / np.maximum(inside.sum(axis=0), 1)[:, None]
