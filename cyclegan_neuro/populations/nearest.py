"""Whether generated samples are copies: distances to the nearest training sample (Molano-Mazon et al. 2018, S5)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import ks_2samp

from cyclegan_neuro.errors import RecordingError

__all__ = ["Memorisation", "NearestSamples", "memorisation", "nearest_samples"]


@dataclass(frozen=True, eq=False)
class NearestSamples:
    """The nearest reference of each query.

    Attributes
    ----------
    index : ndarray of int64, shape (query,)
        Its row among the references, the first of equally near ones.
    distance : ndarray of int64, shape (query,)
        In how many places (bin and neuron) the two differ.
    """

    index: np.ndarray
    distance: np.ndarray

    @property
    def median(self) -> float:
        """Median distance."""
        return float(np.median(self.distance))

    @property
    def copies(self) -> int:
        """How many queries equal a reference."""
        return int((self.distance == 0).sum())


def nearest_samples(
    queries: np.ndarray, references: np.ndarray, *, but_itself: bool = False, chunk: int = 1024
) -> NearestSamples:
    """Find for each query the reference that differs from it in the fewest places.

    Parameters
    ----------
    queries, references : ndarray of 0 and 1, shape (sample, bin, neuron)
        Fewer than 2**24 places per sample: up to there sums in float32 are exact.
    but_itself : bool
        Whether query i must not find reference i, where both are the same set.
    chunk : int
        Queries at a time; holds ``chunk`` times the number of references in float32, twice.

    Returns
    -------
    NearestSamples

    Raises
    ------
    RecordingError
        Where shapes differ, or no reference is left.

    Examples
    --------
    >>> found = nearest_samples(np.array([[[1, 1]]]), np.array([[[0, 0]], [[0, 1]]]))
    >>> found.index.tolist(), found.distance.tolist()
    ([1], [1])
    """
    _check(queries, references, n_needed=2 if but_itself else 1)
    others = references.reshape(len(references), -1).astype(np.float32)
    spikes_of_others = others.sum(axis=1)
    index, distance = (np.empty(len(queries), np.int64) for _ in range(2))
    for first in range(0, len(queries), chunk):
        part = queries[first : first + chunk].reshape(-1, others.shape[1]).astype(np.float32)
        differing = spikes_of_others - 2 * (part @ others.T)  # |a| + |b| - 2ab, less the query's own |a|
        rows = np.arange(len(part))
        if but_itself:
            differing[rows, first + rows] = np.inf
        nearest = np.argmin(differing, axis=1)
        index[first : first + chunk] = nearest
        distance[first : first + chunk] = differing[rows, nearest] + part.sum(axis=1)
    return NearestSamples(index=index, distance=distance)


@dataclass(frozen=True, eq=False)
class Memorisation:
    """How near samples come to training samples.

    Attributes
    ----------
    nearest : dict of str to NearestSamples
        The nearest training sample of ``"generated"`` samples, of recorded ones that were ``"held_out"``, of each
        ``"training"`` sample (another one), and of other models' samples by the model's name.
    ks_statistic : float
        Two-sample Kolmogorov-Smirnov statistic between generated and held-out samples: how far apart they are, not
        which is nearer; the medians say that.
    """

    nearest: dict[str, NearestSamples]
    ks_statistic: float


def memorisation(
    generated: np.ndarray, *, held_out: np.ndarray, training: np.ndarray, others: dict[str, np.ndarray] | None = None
) -> Memorisation:
    """Compare how near generated samples come to training samples with how near new recorded ones come.

    Parameters
    ----------
    generated, held_out, training : ndarray of 0 and 1, shape (sample, bin, neuron)
        Numbers of samples may differ.
    others : dict of str to ndarray, optional
        Samples of other models, by name.

    Raises
    ------
    RecordingError
        Where shapes differ, samples are missing, or there is a single training sample.

    References
    ----------
    Molano-Mazon et al. 2018, section 3.2 and Figure S5.
    """
    sets = {"generated": generated, "held_out": held_out, **(others or {})}
    for samples in sets.values():
        _check(samples, training, n_needed=2, n_queries=1)
    nearest = {name: nearest_samples(samples, training) for name, samples in sets.items()}
    nearest["training"] = nearest_samples(training, training, but_itself=True)
    test = ks_2samp(nearest["generated"].distance, nearest["held_out"].distance, method="asymp")
    return Memorisation(nearest, ks_statistic=float(test.statistic))


def _check(queries: np.ndarray, references: np.ndarray, *, n_needed: int, n_queries: int = 0) -> None:
    if queries.shape[1:] != references.shape[1:] or len(references) < n_needed or len(queries) < n_queries:
        raise RecordingError(
            "samples to compare",
            got=f"shapes {queries.shape} and {references.shape}",
            expected=f"the same bins and neurons, at least {n_queries} and {n_needed} samples",
            fix="take both from the same data set and split",
        )
