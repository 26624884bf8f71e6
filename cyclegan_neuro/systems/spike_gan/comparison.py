"""How far statistics of generated activity are from those of recorded activity, and how far they could not but be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cyclegan_neuro.systems.spike_gan.statistics import NAMES, PopulationStatistics, population_statistics

__all__ = ["StatisticError", "compare", "half_against_half"]


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
    >>> import numpy as np
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


def half_against_half(samples: np.ndarray, *, bin_s: float, spikes: bool, seed: int) -> dict[str, StatisticError]:
    """Compare two random halves of the recorded samples: what the number of samples leaves uncertain.

    No model that is compared with all samples needs to come closer than this; a smaller distance means only that it
    was fitted to the same samples.

    Parameters
    ----------
    samples : ndarray, shape (sample, bin, neuron)
        At least two.
    bin_s, spikes
        As of :func:`population_statistics`.
    seed : int
        Of the halves.
    """
    order = np.random.default_rng(seed).permutation(len(samples))
    halves = (np.sort(part) for part in np.array_split(order, 2))
    one, other = (population_statistics(samples[half], bin_s=bin_s, spikes=spikes) for half in halves)
    return compare(one, other)
