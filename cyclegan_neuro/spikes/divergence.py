"""How far two sets of numbers differ as distributions, and how sure one can be of a mean of such differences."""

from __future__ import annotations

import numpy as np

__all__ = ["bootstrap_ci", "divergences", "histograms", "kl_ceiling", "kl_divergence", "wasserstein"]

_RESAMPLES = 9999
_DRAWS_AT_ONCE = 2_000_000  # bounds the memory of the bootstrap


def histograms(recorded: np.ndarray, generated: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Count both samples in common bins that the recorded one decides.

    Parameters
    ----------
    recorded, generated : ndarray of float, shape (value,)
        Finite, at least one value each.

    Returns
    -------
    recorded_counts, generated_counts : ndarray of int64, shape (bin,)
    edges : ndarray of float64, shape (bin + 1,)
        Equal bins over the range of ``recorded``, of the width of Freedman and Diaconis (where the quartiles
        are equal, of Scott), at most as many as there are recorded values. Generated values outside that
        range lie in one open bin on their side, which is there only if there are such values.

    Raises
    ------
    ValueError
        If a sample is empty or not finite.

    Notes
    -----
    The outer bins are open because equal ones could be any number, and one added count in each would
    make both histograms alike: the further generated values were off, the smaller their divergence.

    Examples
    --------
    >>> histograms(np.arange(8.0), np.array([0.0, 1.0, 9.0]))
    (array([4, 4, 0]), array([2, 0, 1]), array([0. , 3.5, 7. , inf]))
    """
    recorded, generated = np.sort(recorded, axis=None), np.sort(generated, axis=None)
    return _histograms(recorded, generated)


def _histograms(recorded: np.ndarray, generated: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Do what :func:`histograms` does, of sorted values, of which no more than the edges are looked up."""
    if not (recorded.size and generated.size and np.isfinite([*recorded[[0, -1]], *generated[[0, -1]]]).all()):
        raise ValueError(f"need finite values on both sides, got {recorded.size} and {generated.size} values")
    edges = _edges(recorded)
    if generated[0] < edges[0]:
        edges = np.concatenate([[-np.inf], edges])
    if generated[-1] > edges[-1]:
        edges = np.concatenate([edges, [np.inf]])
    return _counts(recorded, edges), _counts(generated, edges), edges


def _edges(recorded: np.ndarray) -> np.ndarray:
    lowest, highest = float(recorded[0]), float(recorded[-1])
    if lowest == highest:
        return np.array([lowest, np.nextafter(highest, np.inf)])
    quartiles = np.percentile(recorded, [25, 75])
    width = 2.0 * (quartiles[1] - quartiles[0]) or 3.49 * recorded.std()
    n_bins = np.ceil((highest - lowest) / (width * recorded.size ** (-1 / 3)))
    return np.linspace(lowest, highest, int(min(n_bins, recorded.size)) + 1)


def _counts(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Count sorted values in [edge, next edge); the largest recorded value, on the last finite edge, in the bin before.

    No value is infinite.
    """
    before = np.searchsorted(values, edges)
    last = len(edges) - 1 - int(np.isposinf(edges[-1]))
    before[last] = np.searchsorted(values, edges[last], side="right")
    return np.diff(before)


def kl_divergence(recorded: np.ndarray, generated: np.ndarray) -> float:
    """Kullback-Leibler divergence of ``generated`` from ``recorded``, from histograms.

    ``sum of p log(p / q)``, where p and q are the counts of :func:`histograms` plus 1, divided by their sums.

    Parameters
    ----------
    recorded, generated : ndarray of float, shape (value,)
        Finite, at least one value each.

    Returns
    -------
    float
        In nats; 0 for equal histograms of equally many values.

    Raises
    ------
    ValueError
        If a sample is empty or not finite.

    Notes
    -----
    Biased: upward for samples of one distribution, by nearly (bins - 1) / 2 (1 / n_recorded + 1 / n_generated),
    and downward for distant ones, because the added counts bound log(p / q). With 200 normal values on either
    side and N(0, 1) recorded, the mean is 0.054 for equal distributions, 0.155 for N(0.5, 1) (true 0.125), 0.45 for
    N(1, 1) (0.5) and 1.39 for N(2, 1) (2). No sample can reach more than :func:`kl_ceiling`. Compare it with the
    same between recorded values of other times, equally many (with 100 on either side the 0.054 are 0.076), and look
    at :func:`wasserstein` beside it.

    Examples
    --------
    >>> recorded, generated = np.array([0.0, 0.0, 0.0, 1.0]), np.array([0.0, 1.0, 1.0, 1.0])
    >>> round(kl_divergence(recorded, generated), 4)  # four bins: (4/8) log 2 + (2/8) log (1/2)
    0.1733
    """
    return _kl(*histograms(recorded, generated)[:2])


def _kl(n_recorded: np.ndarray, n_generated: np.ndarray) -> float:
    p, q = ((counts + 1.0) / (counts + 1.0).sum() for counts in (n_recorded, n_generated))
    return float(np.sum(p * np.log(p / q)))


def kl_ceiling(recorded: np.ndarray, n_generated: int) -> float:
    """Return the largest :func:`kl_divergence` that ``n_generated`` values can have from ``recorded``.

    Parameters
    ----------
    recorded : ndarray of float, shape (value,)
        Finite, at least one.
    n_generated : int
        At least 1.

    Returns
    -------
    float
        In nats. Reached when all generated values lie beyond the recorded ones: a larger divergence cannot appear,
        however far they are.

    Notes
    -----
    With n recorded values in B bins, and p their shares, it is nearly ``log(n_generated + B + 1)`` less the entropy of
    p, because each recorded bin holds 1 of ``n_generated + B + 1`` counts after the addition of one. Bins of Freedman
    and Diaconis are narrower with more values: for normal ones it grows as ``2/3 log n``, 3.1 for 200 on either side
    (2.6 for 100, 4.2 for 1,000). Where all recorded values are equal it is nearly ``log n_generated``.

    Examples
    --------
    >>> round(kl_ceiling(np.full(20, 0.3), 20), 4)  # (21/22) log 21 + (1/22) log (1/21)
    2.7677
    """
    recorded = np.ravel(recorded)
    beyond = recorded.max() + max(1.0, np.ptp(recorded))
    return kl_divergence(recorded, np.full(n_generated, beyond))


def wasserstein(recorded: np.ndarray, generated: np.ndarray) -> float:
    """First Wasserstein distance, in the unit of the values.

    Examples
    --------
    >>> wasserstein(np.array([0.0, 1.0]), np.array([2.0, 3.0]))
    2.0
    """
    return _wasserstein(np.sort(recorded, axis=None), np.sort(generated, axis=None))


def _wasserstein(recorded: np.ndarray, generated: np.ndarray) -> float:
    """Return the mean difference of sorted values, of equally many, else the area between distribution functions.

    ``scipy.stats.wasserstein_distance`` sorts them four times over.
    """
    if recorded.size == generated.size:
        return float(np.abs(np.subtract(recorded, generated, dtype=np.float64)).mean())
    values = np.concatenate([recorded, generated])
    order = np.argsort(values, kind="stable")  # two sorted runs are merged
    of_recorded = order < recorded.size
    so_far = np.cumsum(of_recorded) / recorded.size - np.cumsum(~of_recorded) / generated.size
    return float(np.abs(so_far[:-1]) @ np.diff(values[order]))


def divergences(recorded: np.ndarray, generated: np.ndarray) -> tuple[float, float]:
    """Return :func:`kl_divergence` and :func:`wasserstein` distance of two samples, which are sorted once for both.

    Examples
    --------
    >>> divergences(np.array([0.0, 1.0]), np.array([0.0, 1.0]))
    (0.0, 0.0)
    """
    recorded, generated = np.sort(recorded, axis=None), np.sort(generated, axis=None)
    return _kl(*_histograms(recorded, generated)[:2]), _wasserstein(recorded, generated)


def bootstrap_ci(values: np.ndarray, *, seed: int = 0) -> tuple[float, float] | None:
    """95 % interval of the mean: percentiles of the means of 9,999 resamples.

    Parameters
    ----------
    values : ndarray of float, shape (value,)
        Finite; one per neuron or window.
    seed : int

    Returns
    -------
    (low, high) or None
        None for fewer than two values, of which no spread is known.

    Notes
    -----
    Neurons or windows count as independent; windows that share frames are not, and their interval is
    too narrow.

    Examples
    --------
    >>> bootstrap_ci(np.array([3.0, 3.0, 3.0]))
    (3.0, 3.0)
    """
    values = np.ravel(values)
    if values.size < 2:
        return None
    rng = np.random.default_rng(seed)
    means = np.empty(_RESAMPLES)
    rows = max(1, _DRAWS_AT_ONCE // values.size)
    for start in range(0, _RESAMPLES, rows):
        part = means[start : start + rows]
        part[...] = values[rng.integers(values.size, size=(part.size, values.size))].mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)
