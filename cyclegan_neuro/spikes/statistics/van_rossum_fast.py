"""Van Rossum distances by a single sweep over the merged spikes, only where they are wanted.

Two trains u and v, filtered with ``exp(-t / tau)``, have the scalar product
``K(u, v) = sum over i, j of exp(-|u_i - v_j| / tau)`` (in Elephant's normalisation, where a single spike has
``K(u, u) = 1``), and ``d(u, v) ** 2 = K(u, u) + K(v, v) - 2 K(u, v)``. K(u, v) is split by which spike comes
first: at each spike of u, all earlier spikes of v have decayed to a state that is known for every v at
once. The states at the spikes of all u are one cumulative sum over the merged, sorted spikes.

For n trains on either side with s spikes each that takes O(n ** 2 s) additions and two sorts, in array
operations; Elephant searches the spikes of every train in those of every other, and does so for all pairs of
both sides.

References
----------
van Rossum, "A novel spike distance", Neural Computation 13:751-763 (2001).
Houghton and Kreuz, "On the efficient calculation of van Rossum distances", Network 23:48-58 (2012): states
instead of pairs of spikes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

__all__ = ["cross_distances", "within_distances"]

_SPAN = 30.0  # time constants per block of the sweep: larger exponents are less exact, and overflow at 700
_ROWS = 4096  # spikes whose states are held at once


def cross_distances(
    recorded: Sequence[np.ndarray], generated: Sequence[np.ndarray], time_constant_s: float
) -> np.ndarray:
    """Distance of each train of ``recorded`` from each of ``generated``.

    Parameters
    ----------
    recorded, generated : sequence of ndarray of float64, shape (spike,)
        Sorted spike times in seconds.
    time_constant_s : float

    Returns
    -------
    distances : ndarray of float64, shape (recorded, generated)
        1 between an empty train and one with a single spike, as Elephant's.

    Examples
    --------
    >>> cross_distances([np.array([0.0]), np.array([])], [np.array([])], time_constant_s=1.0).tolist()
    [[1.0], [0.0]]
    """
    u, v = _scaled(recorded, time_constant_s), _scaled(generated, time_constant_s)
    products = _sums_over_earlier(u, v, ties=True) + _sums_over_earlier(v, u, ties=False).T
    return _distances(_norms(u)[:, np.newaxis] + _norms(v), products)


def within_distances(trains: Sequence[np.ndarray], time_constant_s: float) -> np.ndarray:
    """Distances between all pairs of trains.

    Parameters
    ----------
    trains : sequence of ndarray of float64, shape (spike,)
        Sorted spike times in seconds.
    time_constant_s : float

    Returns
    -------
    distances : ndarray of float64, shape (train, train)
        Symmetric, 0 on the diagonal.

    Examples
    --------
    >>> within_distances([np.array([0.0]), np.array([0.0, 0.0])], time_constant_s=1.0).tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """
    distances = cross_distances(trains, trains, time_constant_s)
    upper = np.triu(distances, 1)  # exactly symmetric, whatever the rounding of the two halves
    return upper + upper.T


def _scaled(trains: Sequence[np.ndarray], time_constant_s: float) -> list[np.ndarray]:
    return [np.asarray(train, np.float64) / time_constant_s for train in trains]


def _distances(norms: np.ndarray, products: np.ndarray) -> np.ndarray:
    """Return distances; squares that rounding made negative become 0."""
    return np.sqrt(np.maximum(norms - 2.0 * products, 0.0))


def _norms(trains: list[np.ndarray]) -> np.ndarray:
    """Return K(u, u): the number of spikes plus twice what each spike finds left of those before it."""
    sizes = np.array([len(train) for train in trains])
    padded = np.full((len(trains), max(1, sizes.max(initial=0))), np.inf)
    for row, train in zip(padded, trains, strict=True):
        row[: len(train)] = train
    left, total = np.zeros(len(trains)), np.zeros(len(trains))
    with np.errstate(invalid="ignore"):  # inf - inf behind the last spike of a train
        decays = np.nan_to_num(np.exp(padded[:, :-1] - padded[:, 1:]), nan=0.0)
    for decay in decays.T:
        left = (left + 1.0) * decay
        total += left
    return sizes + 2.0 * total


def _sums_over_earlier(u: list[np.ndarray], v: list[np.ndarray], *, ties: bool) -> np.ndarray:
    """Return the part of K(u, v) where the spike of v comes before that of u, (u, v).

    Parameters
    ----------
    u, v : list of ndarray
        Times in time constants.
    ties : bool
        Whether equal times count as before.
    """
    times, trains = _merged(u)
    earlier, sources = _merged(v)
    # which spike of u is the first to see each spike of v
    seen_from = np.searchsorted(times, earlier, side="left" if ties else "right")
    sums, state, clock = np.zeros((len(u), len(v))), np.zeros(len(v)), 0.0
    for begin, end in _blocks(times):
        state *= np.exp(clock - times[begin])
        clock = times[begin]
        first, last = np.searchsorted(seen_from, [begin, end])
        states = np.zeros((end - begin, len(v)))
        # spikes long before the block underflow to 0, as they should
        np.add.at(states, (seen_from[first:last] - begin, sources[first:last]), np.exp(earlier[first:last] - clock))
        states[0] += state
        np.cumsum(states, axis=0, out=states)
        state = states[-1].copy()
        states *= np.exp(clock - times[begin:end])[:, np.newaxis]
        _add_rows(sums, trains[begin:end], states)
    return sums


def _merged(trains: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return all spikes in time, and the train of each."""
    times = np.concatenate([*trains, np.zeros(0)])
    owners = np.repeat(np.arange(len(trains)), [len(train) for train in trains])
    order = np.argsort(times, kind="stable")
    return times[order], owners[order]


def _blocks(times: np.ndarray) -> list[tuple[int, int]]:
    """Cut sorted times into stretches of at most ``_SPAN`` time constants and ``_ROWS`` spikes."""
    blocks, begin = [], 0
    while begin < len(times):
        end = min(begin + _ROWS, int(np.searchsorted(times, times[begin] + _SPAN, side="right")))
        blocks.append((begin, end))
        begin = end
    return blocks


def _add_rows(sums: np.ndarray, rows: np.ndarray, values: np.ndarray) -> None:
    """Add each row of ``values`` to the row of ``sums`` that ``rows`` names, in place."""
    order = np.argsort(rows, kind="stable")
    named, starts = np.unique(rows[order], return_index=True)
    sums[named] += np.add.reduceat(values[order], starts, axis=0)
