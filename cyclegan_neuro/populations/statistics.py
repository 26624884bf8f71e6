"""The six statistics by which spike trains are compared (Molano-Mazon et al. 2018, section 2.2), and how far apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = [
    "NAMES", "PopulationStatistics", "StatisticError", "binarise", "compare", "half_against_half", "nearer",
    "population_statistics",
]  # fmt: skip

NAMES = {
    "spike_count": "spike count",
    "time_course_hz": "time course",
    "covariance": "covariance",
    "lag_covariance": "lag-covariance",
    "k_statistic": "k-statistic",
    "autocorrelogram": "autocorrelogram",
}
"""Field of :class:`PopulationStatistics` to its name in tables and figures."""

_ACROSS_TIME_LAGS = 10
_HALVINGS = 4


def binarise(activity: np.ndarray, *, seed: int) -> np.ndarray:
    """Draw spikes from probabilities: 1 where the probability exceeds a uniform number.

    Parameters
    ----------
    activity : ndarray, shape (sample, bin, neuron)
        Probabilities of a spike, or spikes (which stay as they are).
    seed : int

    Returns
    -------
    ndarray of uint8, same shape

    References
    ----------
    Molano-Mazon et al. 2018, section 2.2.
    """
    uniform = np.random.default_rng(seed).random(activity.shape, dtype=np.float32)  # in [0, 1): 1 always spikes
    return (activity > uniform).astype(np.uint8)


@dataclass(frozen=True, eq=False)
class PopulationStatistics:
    """What is compared between recorded and generated activity.

    Attributes
    ----------
    spike_count : ndarray, shape (neuron,)
        Mean number of spikes per sample.
    time_course_hz : ndarray, shape (bin, neuron)
        Mean activity in each bin of the sample, over its duration.
    covariance : ndarray, shape (neuron pairs,)
        Between neurons i < j, over all bins of all samples.
    lag_covariance : ndarray, shape (neuron * neuron,)
        Between neuron i in a bin and neuron j in the next one of the same sample; i = j among them.
    k_statistic : ndarray, shape (neuron + 1,)
        Probability that k neurons are active in a bin.
    autocorrelogram : ndarray, shape (2 lags + 1,)
        Coincidences of each neuron with itself at lags -10 to 10 bins, summed over neurons, over those at lag 0; the
        centre is set to 0.
    """

    spike_count: np.ndarray
    time_course_hz: np.ndarray
    covariance: np.ndarray
    lag_covariance: np.ndarray
    k_statistic: np.ndarray
    autocorrelogram: np.ndarray


def population_statistics(samples: np.ndarray, *, bin_s: float, spikes: bool = True) -> PopulationStatistics:
    """Compute the six statistics.

    Parameters
    ----------
    samples : ndarray, shape (sample, bin, neuron)
        Spikes, 0 or 1, or traces; at least two bins.
    bin_s : float
        Duration of a bin, in seconds.
    spikes : bool
        Of traces (false) the spike count is the mean over the sample, the time course the mean in each bin, the
        autocorrelogram that of deviations from the mean; there is no k-statistic.

    References
    ----------
    Molano-Mazon et al. 2018, section 2.2.

    Examples
    --------
    >>> spikes = np.zeros((4, 3, 2), np.uint8)
    >>> spikes[:, 0] = 1
    >>> found = population_statistics(spikes, bin_s=0.02)
    >>> found.spike_count.tolist(), found.k_statistic.round(2).tolist()
    ([1.0, 1.0], [0.67, 0.0, 0.33])
    """
    n_neurons = samples.shape[2]
    values = samples.astype(np.float32)
    course = samples.mean(axis=0, dtype=np.float64)
    words = values.reshape(-1, n_neurons)
    return PopulationStatistics(
        spike_count=course.sum(axis=0) if spikes else course.mean(axis=0),
        time_course_hz=course / bin_s if spikes else course,
        covariance=_covariance(words, words)[np.triu_indices(n_neurons, 1)],
        lag_covariance=_covariance(values[:, :-1].reshape(-1, n_neurons), values[:, 1:].reshape(-1, n_neurons)).ravel(),
        k_statistic=_k_statistic(samples) if spikes else np.zeros(0),
        autocorrelogram=_autocorrelogram(values if spikes else values - course.mean(axis=0).astype(np.float32)),
    )


@dataclass(frozen=True)
class StatisticError:
    """Distance of one statistic.

    Attributes
    ----------
    rmse : float
        Root mean square of the differences, in the statistic's unit.
    r2 : float
        1 - (sum of squared differences) / (sum of squares of the recorded values around their mean); NaN where the
        recorded values are all equal.
    """

    rmse: float
    r2: float


def compare(model: PopulationStatistics, recorded: PopulationStatistics) -> dict[str, StatisticError]:
    """Return the distance of each statistic by its field name; empty statistics are left out.

    Examples
    --------
    >>> spikes = np.random.default_rng(0).integers(0, 2, (50, 12, 3), np.uint8)
    >>> same = population_statistics(spikes, bin_s=0.01)
    >>> {(error.rmse, error.r2) for error in compare(same, same).values()}
    {(0.0, 1.0)}
    """
    found = {}
    for name in NAMES:
        one, other = getattr(model, name), getattr(recorded, name)
        if other.size:
            squares = float(np.mean(np.square(one - other)))
            spread = float(np.var(other))
            found[name] = StatisticError(squares**0.5, 1.0 - squares / spread if spread > 0 else float("nan"))
    return found


def nearer(one: dict[str, StatisticError], other: dict[str, StatisticError]) -> tuple[str, ...]:
    """Return the statistics in which the first has the smaller RMSE.

    Examples
    --------
    >>> nearer({"covariance": StatisticError(1.0, 0.5)}, {"covariance": StatisticError(2.0, 0.1)})
    ('covariance',)
    """
    return tuple(name for name, error in one.items() if error.rmse < other[name].rmse)


def half_against_half(samples: np.ndarray, *, bin_s: float, spikes: bool, seed: int) -> dict[str, StatisticError]:
    """Compare random halves of the recorded samples with each other: what the number of samples leaves uncertain.

    Root mean square, and mean R², of four halvings. Samples of a perfect model, as many as recorded, would be nearer
    to all recorded ones by a factor of √2; a model that is nearer still was fitted to the same samples.

    Parameters
    ----------
    samples : ndarray, shape (sample, bin, neuron)
        At least two.
    bin_s, spikes
        As of :func:`population_statistics`.
    seed : int
        Of the halves.
    """
    rng, found = np.random.default_rng(seed), []
    for _ in range(_HALVINGS):
        halves = (np.sort(part) for part in np.array_split(rng.permutation(len(samples)), 2))
        found.append(compare(*(population_statistics(samples[half], bin_s=bin_s, spikes=spikes) for half in halves)))
    return {
        name: StatisticError(
            float(np.sqrt(np.mean([one[name].rmse ** 2 for one in found]))),
            float(np.mean([one[name].r2 for one in found])),
        )
        for name in found[0]
    }


def _k_statistic(samples: np.ndarray) -> np.ndarray:
    active = samples.sum(axis=2, dtype=np.int64)
    return np.bincount(active.ravel(), minlength=samples.shape[2] + 1) / active.size


def _covariance(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Covariances between the columns of both; sums of 0 and 1 are exact in float32 below 2²⁴."""
    n = len(first)
    products = first.T @ second if n < 2**24 else np.einsum("ti,tj->ij", first, second, dtype=np.float64)
    means = [part.mean(axis=0, dtype=np.float64) for part in (first, second)]
    return (products.astype(np.float64) - n * np.outer(*means)) / (n - 1)


def _autocorrelogram(values: np.ndarray) -> np.ndarray:
    n_lags = min(_ACROSS_TIME_LAGS, values.shape[1] - 1)
    n_bins = values.shape[1]
    by_lag = np.array([np.vdot(values[:, lag:], values[:, : n_bins - lag]) for lag in range(n_lags + 1)], np.float64)
    positive = by_lag[1:] / (by_lag[0] or 1.0)
    return np.concatenate([positive[::-1], [0.0], positive])
