"""Van Rossum distances from spikes per frame, by sparse products, only where they are wanted.

Two trains u and v, filtered with ``exp(-t / tau)``, have the scalar product
``K(u, v) = sum over i, j of exp(-|u_i - v_j| / tau)`` (in Elephant's normalisation, where a single spike has
``K(u, u) = 1``), and ``d(u, v) ** 2 = K(u, u) + K(v, v) - 2 K(u, v)``. Where a spike of u lies in an earlier frame than
one of v, the exponential is a product: what is left of u at the beginning of v's frame, a state that one recursion over
frames gives for every frame, times what is left of that when v's spike comes. So K(u, v) is the product of states with
the few frames in which v has spikes, the same the other way round, and a table for spikes of one frame.

For n trains on either side with s spikes each that takes O(n ** 2 s) multiplications, in a sparse product; Elephant
searches the spikes of every train in those of every other, and does so for all pairs of both sides.

References
----------
van Rossum, "A novel spike distance", Neural Computation 13:751-763 (2001).
Houghton and Kreuz, "On the efficient calculation of van Rossum distances", Network 23:48-58 (2012): states
instead of pairs of spikes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial

import numpy as np

__all__ = ["FilteredTrains", "cross_distances", "within_distances"]

_BLOCK = 32


class FilteredTrains:
    """Trains of equal length, and what distances need to know of them.

    Parameters
    ----------
    counts : ndarray of unsigned int, shape (frame, train)
        Spikes per frame, which lie in it as :func:`cyclegan_neuro.spikes.trains.spike_times` says.
    frames_per_constant : float
        Time constant in frames.
    """

    def __init__(self, counts: np.ndarray, frames_per_constant: float):
        from scipy.sparse import csr_array

        self._frame = 1.0 / frames_per_constant  # in time constants
        self._counts = counts
        trains, frames = np.nonzero(np.ascontiguousarray(counts.T))
        in_frame = counts[frames, trains]
        self._values = np.unique(in_frame).tolist()
        # n spikes lie symmetrically in their frame: what is left of them at its end is what is left when they come
        left = self._table(lambda n: np.exp(-self._frame * (np.arange(n) + 0.5) / n).sum())
        self._before = _left_before(left[counts], np.exp(-self._frame))

        def into(weights: np.ndarray, chosen: np.ndarray | slice) -> csr_array:
            ends = np.cumsum(np.bincount(trains[chosen], minlength=counts.shape[1]))
            return csr_array((weights, frames[chosen], np.append(0, ends)), shape=counts.shape[::-1])

        self._spikes = into(left[in_frame], slice(None))
        found = {n: in_frame == n for n in self._values}
        self._of_value = {n: into(np.ones(int(own.sum())), own) for n, own in found.items()}
        own = 2.0 * left[in_frame] * self._before[frames, trains]
        own += self._table(lambda n: _same_frame(n, n, self._frame))[in_frame]
        self._norms = np.bincount(trains, own, minlength=counts.shape[1])

    def _table(self, of: Callable[[int], float]) -> np.ndarray:
        """Return ``of`` every number of spikes that a frame holds, 0 for none, to look up by it."""
        table = np.zeros(max(self._values, default=0) + 1)
        table[self._values] = [of(n) for n in self._values]
        return table

    def distances_from(self, other: FilteredTrains) -> np.ndarray:
        """Return the distance of each of these trains (row) from each of ``other`` (column)."""
        products = self._spikes @ other._before + (other._spikes @ self._before).T
        for n, spikes in self._of_value.items():
            products += spikes @ other._table(partial(_same_frame, n, frame=self._frame))[other._counts]
        # rounding makes some squares of equal trains negative
        return np.sqrt(np.maximum(self._norms[:, np.newaxis] + other._norms - 2.0 * products, 0.0))

    def distances(self) -> np.ndarray:
        """Return the distances between all pairs of these trains: symmetric, 0 on the diagonal."""
        upper = np.triu(self.distances_from(self), 1)  # exactly symmetric, whatever the rounding of the two halves
        return upper + upper.T


def _left_before(left: np.ndarray, decay: float) -> np.ndarray:
    """Return what is left at the beginning of each frame of what the frames before left at their ends; (frame, train).

    Blocks of frames are one product each, with what came before them decaying through them.
    """
    n_frames, n_trains = left.shape
    padded = np.zeros((-(-n_frames // _BLOCK) * _BLOCK, n_trains))
    padded[:n_frames] = left
    blocks = padded.reshape(-1, _BLOCK, n_trains)
    earlier = np.arange(_BLOCK)[:, np.newaxis] - np.arange(_BLOCK) - 1
    before = np.where(earlier < 0, 0.0, decay ** np.maximum(earlier, 0)) @ blocks
    carried, through = np.zeros(n_trains), decay ** np.arange(_BLOCK)[:, np.newaxis]
    for states, last in zip(before, decay * before[:, -1] + blocks[:, -1], strict=True):
        states += through * carried
        carried = carried * decay**_BLOCK + last
    return before.reshape(-1, n_trains)[:n_frames]


@lru_cache(maxsize=4096)
def _same_frame(n: int, m: int, frame: float) -> float:
    """Return the part of K of ``n`` and ``m`` spikes in one frame, which lasts ``frame`` time constants.

    Of the spikes ``(j + 0.5) / m`` on either side of ``(i + 0.5) / n`` a geometric series is left.
    """
    at = (np.arange(n) + 0.5) / n
    before = np.floor(m * at + 0.5)  # how many of the m come before; at the same time it makes no difference
    total = 0.0
    for number, nearest in ((before, at - (before - 0.5) / m), (m - before, (before + 0.5) / m - at)):
        some = number > 0
        shares = np.expm1(-frame * number[some] / m) / np.expm1(-frame / m)
        total += float((np.exp(-frame * nearest[some]) * shares).sum())
    return total


def cross_distances(
    recorded: np.ndarray, generated: np.ndarray, *, frame_rate_hz: float, time_constant_s: float
) -> np.ndarray:
    """Distance of each train of ``recorded`` from each of ``generated``.

    Parameters
    ----------
    recorded, generated : ndarray of unsigned int, shape (frame, train)
        Spikes per frame.
    frame_rate_hz, time_constant_s : float

    Returns
    -------
    distances : ndarray of float64, shape (recorded, generated)
        1 between an empty train and one with a single spike, as Elephant's.

    Examples
    --------
    >>> one = np.array([[0, 1]], np.uint8)
    >>> cross_distances(one, one, frame_rate_hz=1.0, time_constant_s=1.0).tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """
    first, second = (FilteredTrains(counts, time_constant_s * frame_rate_hz) for counts in (recorded, generated))
    return first.distances_from(second)


def within_distances(counts: np.ndarray, *, frame_rate_hz: float, time_constant_s: float) -> np.ndarray:
    """Distances between all pairs of trains.

    Parameters
    ----------
    counts : ndarray of unsigned int, shape (frame, train)
        Spikes per frame.
    frame_rate_hz, time_constant_s : float

    Returns
    -------
    distances : ndarray of float64, shape (train, train)
        Symmetric, 0 on the diagonal.

    Examples
    --------
    >>> within_distances(np.array([[1, 0], [0, 1]], np.uint8), frame_rate_hz=1.0, time_constant_s=1.0).round(3).tolist()
    [[0.0, 1.124], [1.124, 0.0]]
    """
    return FilteredTrains(counts, time_constant_s * frame_rate_hz).distances()
