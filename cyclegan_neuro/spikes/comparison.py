"""Recorded against generated spikes: one divergence per neuron or window, and their means.

References
----------
Li et al. 2021, sections 2.3 and 3.2, and Tables G.2, I.2, J.2 and K.2 (one mouse each).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cyclegan_neuro.spikes.divergence import bootstrap_ci, divergences
from cyclegan_neuro.spikes.statistics.van_rossum import VanRossum

__all__ = [
    "DESCRIPTIONS",
    "Comparison",
    "Floor",
    "compare_correlations",
    "compare_firing_rates",
    "compare_pair_distances",
    "compare_van_rossum",
]

DESCRIPTIONS = {
    "firing_rate": "For each neuron, the firing rates (Hz) in the recorded windows against those in the generated "
    "windows; mean over neurons.",
    "correlation": "For each window, the Pearson correlations of pairs of neurons in the recorded window against "
    "those of the same pairs in the generated window; mean over windows.",
    "van_rossum": "For each neuron, the van Rossum distances between recorded windows against those from recorded to "
    "generated windows; mean over neurons.",
    "van_rossum_pairs": "For each window, the van Rossum distances between pairs of neurons in the recorded window "
    "against those of the same pairs in the generated window; mean over windows.",
}
"""Statistic → which distribution is compared with which: the sentence under its table."""

_NONE = np.zeros(0)
_NORMAL_95 = 1.96


@dataclass(frozen=True, eq=False)
class Comparison:
    """How far generated spikes are from recorded ones in one statistic.

    Attributes
    ----------
    statistic : str
        Key of :data:`DESCRIPTIONS`.
    unit : str
        ``"neuron"`` or ``"window"``: what each value belongs to.
    kl, wasserstein : ndarray of float64, shape (unit,)
        Kullback-Leibler divergence in nats, and Wasserstein distance in the unit of the statistic; NaN where
        there is nothing to compare.
    silent_recorded, silent_generated : tuple of int
        Neurons without a spike in any recorded, or generated, window. The former have no value and are in
        no mean; the latter stay in, because silence that the recording does not have is an error. Empty for statistics
        over pairs of neurons.
    undefined_pairs : float
        Share of the pairs of neurons that were left out because one neuron is silent in the recorded
        or in the generated window; 0 for statistics of single neurons.
    neuron_error : tuple of float
        Standard errors of both means over windows, for the population of which the neurons are a sample; 0 where all
        were compared.
    """

    statistic: str
    unit: str
    kl: np.ndarray
    wasserstein: np.ndarray
    silent_recorded: tuple[int, ...] = ()
    silent_generated: tuple[int, ...] = ()
    undefined_pairs: float = 0.0
    neuron_error: tuple[float, float] = (0.0, 0.0)

    def to_json(self) -> dict[str, dict]:
        """Return mean, standard deviation (divided by n), n and 95 % interval of both, as in ``metrics.json``.

        Units without a value do not count; ``mean`` and ``std`` are None without any, ``ci95`` with fewer than two. It
        is that of the units' bootstrap, wider in squares by what a sample of neurons leaves uncertain.
        """
        return {"kl": dict(self._summaries[0]), "wasserstein": dict(self._summaries[1])}

    @cached_property
    def _summaries(self) -> tuple[dict, dict]:
        """Computed once: a bootstrap takes a tenth of a second."""
        return _summary(self.kl, self.neuron_error[0]), _summary(self.wasserstein, self.neuron_error[1])


@dataclass(frozen=True, eq=False)
class Floor:
    """How far a recorded day is from itself in one statistic: comparisons between parts that share no frame.

    What a generator that were as good as another recording of the same day would have.

    Attributes
    ----------
    comparisons : tuple of Comparison
        One per pair of parts; empty where the day has no two parts without a common frame.
    """

    comparisons: tuple[Comparison, ...]

    @property
    def mean_kl(self) -> float:
        """Mean over pairs of parts of the mean KL divergence in nats; NaN without any."""
        mean = self.to_json()["kl"]["mean"]
        return float("nan") if mean is None else mean

    @property
    def interval_kl(self) -> tuple[float, float]:
        """Where the mean KL divergence of another pair of parts would lie (95 %), in nats; NaN for fewer than two."""
        return tuple(self.to_json()["kl"]["interval95"] or (float("nan"),) * 2)

    def to_json(self) -> dict[str, dict]:
        """Return, for both measures, mean and standard deviation over pairs of parts, their number, and an interval.

        ``interval95`` is the 95 % prediction interval for one more pair, ``mean ± t s sqrt(1 + 1/n)`` with Student's t
        of n - 1 degrees of freedom and s divided by n - 1, not below 0: a translator within it is as near to the
        recorded day as another part of that day. The lowest and highest of n pairs would leave out one more pair in
        2 of n + 1 cases. ``mean`` and ``std`` are None without a value, ``interval95`` with fewer than two.
        """
        return {
            "kl": _over_parts([comparison.kl for comparison in self.comparisons]),
            "wasserstein": _over_parts([comparison.wasserstein for comparison in self.comparisons]),
        }


def _over_parts(values: list[np.ndarray]) -> dict[str, float | int | list[float] | None]:
    known = np.array([v[~np.isnan(v)].mean() for v in values if not np.isnan(v).all()])
    if not known.size:
        return {"mean": None, "std": None, "n": 0, "interval95": None}
    mean, n = float(known.mean()), int(known.size)
    return {"mean": mean, "std": float(known.std()), "n": n, "interval95": _prediction(known) if n > 1 else None}


def _prediction(values: np.ndarray) -> list[float]:
    from scipy.stats import t  # a second that --help need not wait

    n = values.size
    half = float(t.ppf(0.975, n - 1) * values.std(ddof=1) * np.sqrt(1 + 1 / n))
    return [max(0.0, float(values.mean()) - half), float(values.mean()) + half]


def compare_firing_rates(recorded_hz: np.ndarray, generated_hz: np.ndarray) -> Comparison:
    """Compare the rates of each neuron over windows.

    Parameters
    ----------
    recorded_hz, generated_hz : ndarray of float, shape (window, neuron)
        From :func:`cyclegan_neuro.spikes.statistics.firing_rate.mean_rates`; the same neurons.

    Returns
    -------
    Comparison
        By neuron.

    Examples
    --------
    >>> rates_hz = np.array([[1.0, 0.0], [2.0, 0.0], [3.0, 0.0]])
    >>> comparison = compare_firing_rates(rates_hz, rates_hz + 1.0)
    >>> comparison.wasserstein, comparison.silent_recorded
    (array([ 1., nan]), (1,))
    """
    return _by_neuron(
        "firing_rate",
        zip(recorded_hz.T, generated_hz.T, strict=True),
        silent_recorded=np.asarray(~recorded_hz.any(axis=0)),
        silent_generated=np.asarray(~generated_hz.any(axis=0)),
    )


def compare_correlations(recorded: np.ndarray, generated: np.ndarray) -> Comparison:
    """Compare the correlations of each window over pairs of neurons.

    Parameters
    ----------
    recorded, generated : ndarray of float, shape (window, pair)
        From :func:`cyclegan_neuro.spikes.statistics.correlation.correlations`; the same neurons. Windows of the
        same index are compared; where one holds more windows than the other, the surplus is left out. Pairs
        that are NaN in either are left out of both.

    Returns
    -------
    Comparison
        By window.

    Examples
    --------
    >>> recorded, generated = np.array([[0.1, 0.2, np.nan]]), np.array([[0.2, 0.3, 0.4]])
    >>> comparison = compare_correlations(recorded, generated)
    >>> comparison.wasserstein.round(3), round(comparison.undefined_pairs, 3)
    (array([0.1]), 0.333)
    """
    return _by_window("correlation", recorded, generated)


def compare_pair_distances(recorded: np.ndarray, generated: np.ndarray) -> Comparison:
    """Compare the van Rossum distances of each window over pairs of neurons; otherwise :func:`compare_correlations`."""
    return _by_window("van_rossum_pairs", recorded, generated)


def compare_van_rossum(distances: VanRossum) -> Comparison:
    """Compare, for each neuron, distances within the recorded windows with those from them to generated ones.

    Parameters
    ----------
    distances : VanRossum
        From :func:`cyclegan_neuro.spikes.statistics.van_rossum.distances`, at least two recorded windows.

    Returns
    -------
    Comparison
        By neuron. The recorded distribution holds each pair of recorded windows once; the generated one all of
        the heat map.
    """
    return _by_neuron(
        "van_rossum",
        zip(_upper(distances.within), distances.cross, strict=True),
        silent_recorded=distances.silent_recorded,
        silent_generated=distances.silent_generated,
    )


def _upper(square: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the values above the diagonal of each matrix."""
    above = np.triu_indices(square.shape[1], 1)
    return (matrix[above] for matrix in square)


def _by_neuron(
    statistic: str,
    samples: Iterable[tuple[np.ndarray, np.ndarray]],
    *,
    silent_recorded: np.ndarray,
    silent_generated: np.ndarray,
) -> Comparison:
    """Compare one pair of samples per neuron; neurons that the recording does not hear have no value."""
    kl, distance = _compare(
        (_NONE, _NONE) if silent else sample for sample, silent in zip(samples, silent_recorded, strict=True)
    )
    return Comparison(
        statistic, "neuron", kl, distance,
        silent_recorded=_indices(silent_recorded), silent_generated=_indices(silent_generated),
    )  # fmt: skip


def _by_window(statistic: str, recorded: np.ndarray, generated: np.ndarray) -> Comparison:
    """Compare window by window the pairs of neurons that have a value in both."""
    n_windows = min(len(recorded), len(generated))
    recorded, generated = recorded[:n_windows], generated[:n_windows]
    known = ~(np.isnan(recorded) | np.isnan(generated))
    kl, distance = _compare((r[k], g[k]) for r, g, k in zip(recorded, generated, known, strict=True))
    undefined = 1.0 - float(known.mean()) if known.size else 0.0
    return Comparison(statistic, "window", kl, distance, undefined_pairs=undefined)


def _compare(samples: Iterable[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """Return divergence and distance of each pair of samples, NaN where one is empty."""
    values = [divergences(r, g) if r.size and g.size else (np.nan, np.nan) for r, g in samples]
    kl, distance = np.array(values, np.float64).reshape(-1, 2).T
    return kl, distance


def _indices(mask: np.ndarray) -> tuple[int, ...]:
    return tuple(int(index) for index in np.flatnonzero(mask))


def _summary(values: np.ndarray, neuron_error: float) -> dict[str, float | int | list[float] | None]:
    known = values[~np.isnan(values)]
    interval = bootstrap_ci(known)
    if interval is not None and neuron_error:
        mean, reach = float(known.mean()), _NORMAL_95 * neuron_error
        low, high = (float(np.hypot(end - mean, reach)) for end in interval)
        interval = max(0.0, mean - low), mean + high
    return {
        "mean": float(known.mean()) if known.size else None,
        "std": float(known.std()) if known.size else None,
        "n": int(known.size),
        "ci95": None if interval is None else list(interval),
    }
