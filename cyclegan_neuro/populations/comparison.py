"""How far statistics of generated activity are from those of recorded activity, and how far they could not but be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cyclegan_neuro.populations.statistics import NAMES, PopulationStatistics, population_statistics

__all__ = ["StatisticError", "compare", "half_against_half", "nearer"]

_HALVINGS = 4


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
