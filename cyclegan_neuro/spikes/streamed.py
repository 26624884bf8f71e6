"""Statistics of pairs, compared window by window or neuron by neuron, and dropped: what is kept are two divergences.

Where the neurons are a sample of a larger population, a jackknife over groups of them tells how far another sample
would lead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from cyclegan_neuro.spikes.comparison import Comparison
from cyclegan_neuro.spikes.counts import SpikeCounts
from cyclegan_neuro.spikes.divergence import divergences
from cyclegan_neuro.spikes.statistics.correlation import window_correlations
from cyclegan_neuro.spikes.statistics.parallel import Progress, Workers, run_all
from cyclegan_neuro.spikes.statistics.van_rossum import neuron_distances, require_comparable, window_pair_distances

__all__ = [
    "VALUES",
    "NeuronSample",
    "NeuronsCompared",
    "compare_neurons",
    "compare_rows",
    "compare_windows",
    "draw_neurons",
]

Values = Callable[[np.ndarray, float, float], np.ndarray]

VALUES: dict[str, Values] = {"correlation": window_correlations, "van_rossum_pairs": window_pair_distances}
"""Statistic → its values (pair,) of one window of counts, given frame rate and bin or time constant."""

_GROUPS = 8  # of neurons, of which one after the other is left out
_WINDOWS_OF_GROUPS = 10  # spread in time: what is sought is the spread over neurons, not over windows


@dataclass(frozen=True, eq=False)
class NeuronSample:
    """The neurons that stand for a larger population.

    Attributes
    ----------
    neurons : ndarray of int64, shape (neuron,)
        As they were drawn, in no order, so that every eighth of them is a random group.
    of : int
        Neurons of the population.
    """

    neurons: np.ndarray
    of: int

    @property
    def error_factor(self) -> float:
        """By what the standard error over neurons is multiplied, because so many of all are in the sample."""
        return float(np.sqrt(1.0 - len(self.neurons) / self.of))


def draw_neurons(n_neurons: int, most: int, *, seed: int) -> NeuronSample | None:
    """Draw ``most`` of ``n_neurons``, each as likely as any other; None where there are no more.

    Examples
    --------
    >>> draw_neurons(5, 3, seed=0).neurons
    array([3, 4, 2])
    >>> draw_neurons(3, 3, seed=0) is None
    True
    """
    if n_neurons <= most:
        return None
    drawn = np.random.default_rng(seed).choice(n_neurons, most, replace=False)
    return NeuronSample(drawn, n_neurons)


def compare_windows(
    recorded: SpikeCounts,
    generated: Sequence[SpikeCounts],
    statistic: str,
    setting: float,
    *,
    sample: NeuronSample | None = None,
    workers: Workers | None = None,
    progress: Progress | None = None,
) -> list[Comparison]:
    """Compare the values of all pairs of neurons of one signal with those of others, window by window, from counts.

    Parameters
    ----------
    recorded : SpikeCounts
    generated : sequence of SpikeCounts
        The same neurons (those of ``sample``); windows of the same index are compared.
    statistic : str
        Key of :data:`VALUES`.
    setting : float
        Bin or time constant in s.
    sample : NeuronSample, optional
        Whose neurons they are; the comparison then says how uncertain its means are for the population.
    workers, progress
        As for :func:`cyclegan_neuro.spikes.statistics.van_rossum.distances`; progress counts windows.

    Returns
    -------
    list of Comparison
        Of each generated signal, by window; what :func:`compare_correlations` and :func:`compare_pair_distances` make
        of all values at once.
    """
    lengths = [min(recorded.n_windows, one.n_windows) for one in generated]
    grouped = [_grouped(n_windows, sample) for n_windows in lengths]
    tasks = []
    for i, window in enumerate(recorded.counts[: max(lengths, default=0)]):
        others = [(k, one.counts[i], i in grouped[k]) for k, one in enumerate(generated) if i < lengths[k]]
        tasks.append((statistic, window, others, recorded.frame_rate_hz, setting))
    found: list[list[tuple]] = [[] for _ in generated]
    for of_window in run_all(_of_counts, tasks, workers=workers, progress=progress):
        for k, compared in of_window:
            found[k].append(compared)
    return [_by_window(statistic, compared, sample) for compared in found]


def compare_rows(
    recorded: np.ndarray, generated: np.ndarray, statistic: str, *, sample: NeuronSample | None = None
) -> Comparison:
    """Compare values (window, pair) that are known already; see :func:`compare_windows`."""
    n_windows = min(len(recorded), len(generated))
    grouped = _grouped(n_windows, sample)
    pairs = zip(recorded, generated, strict=False)
    return _by_window(statistic, [_of_values(*pair, i in grouped) for i, pair in enumerate(pairs)], sample)


def _grouped(n_windows: int, sample: NeuronSample | None) -> set[int]:
    """Windows that the jackknife looks at."""
    return set() if sample is None else set(np.linspace(0, n_windows - 1, _WINDOWS_OF_GROUPS).astype(int).tolist())


def _of_counts(statistic: str, recorded, others: list, frame_rate_hz: float, setting: float) -> list[tuple]:
    """Compare one recorded window with (number, window, whether the jackknife looks at it) of some signals."""
    values = VALUES[statistic]
    first = values(recorded, frame_rate_hz, setting)
    return [(k, _of_values(first, values(window, frame_rate_hz, setting), grouped)) for k, window, grouped in others]


def _of_values(recorded: np.ndarray, generated: np.ndarray, grouped: bool) -> tuple:
    """Return divergences of the pairs known in both, how many those are, and the divergences without each group."""
    known = ~(np.isnan(recorded) | np.isnan(generated))
    groups = _without_groups(known.size) if grouped else ()
    left_out = [_divergences(recorded, generated, known & kept) for kept in groups]
    return _divergences(recorded, generated, known), (int(known.sum()), known.size), left_out


def _divergences(recorded: np.ndarray, generated: np.ndarray, chosen: np.ndarray) -> tuple[float, float]:
    return divergences(recorded[chosen], generated[chosen]) if chosen.any() else (np.nan, np.nan)


def _without_groups(n_pairs: int) -> Iterable[np.ndarray]:
    """Yield which pairs have no neuron of each group."""
    n_neurons = round((1 + np.sqrt(1 + 8 * n_pairs)) / 2)
    group = np.arange(n_neurons) % _GROUPS
    first, second = (group[side] for side in np.triu_indices(n_neurons, 1))
    return ((first != one) & (second != one) for one in range(_GROUPS))


def _by_window(statistic: str, found: Sequence[tuple], sample: NeuronSample | None) -> Comparison:
    kl, wasserstein = np.array([of for of, _, _ in found], np.float64).reshape(-1, 2).T
    known, pairs = np.array([counted for _, counted, _ in found]).reshape(-1, 2).sum(axis=0)
    undefined = 1.0 - known / pairs if pairs else 0.0
    error = (0.0, 0.0)
    if sample is not None:
        left_out = np.nanmean([each for _, _, each in found if each], axis=0)  # (group, measure)
        spread = (_GROUPS - 1) * left_out.var(axis=0)
        kl_error, distance_error = np.nan_to_num(sample.error_factor * np.sqrt(spread)).tolist()
        error = kl_error, distance_error
    return Comparison(statistic, "window", kl, wasserstein, undefined_pairs=float(undefined), neuron_error=error)


@dataclass(frozen=True, eq=False)
class NeuronsCompared:
    """Van Rossum distances of neurons between windows, compared.

    Attributes
    ----------
    comparison : Comparison
        By neuron; what :func:`compare_van_rossum` makes of all distances at once.
    heat_maps : ndarray of float64, shape (shown neuron, recorded window, generated window)
    """

    comparison: Comparison
    heat_maps: np.ndarray


def compare_neurons(
    recorded: SpikeCounts,
    generated: Sequence[SpikeCounts],
    time_constant_s: float,
    *,
    method: str = "fast",
    shown: Sequence[int] = (),
    sample: NeuronSample | None = None,
    both_ways: bool = False,
    workers: Workers | None = None,
    progress: Progress | None = None,
) -> list[list[NeuronsCompared]]:
    """Compare the van Rossum distances between windows of one signal and of others, neuron by neuron.

    Parameters
    ----------
    recorded : SpikeCounts
        At least two windows.
    generated : sequence of SpikeCounts
        The same neurons.
    time_constant_s : float
    method : {"elephant", "fast"}
    shown : sequence of int
        Neurons whose distances are returned.
    sample : NeuronSample, optional
        The neurons that are compared; all without.
    both_ways : bool
        Compare the recorded with the generated windows in each other's place too, from the same distances.
    workers, progress
        As for :func:`cyclegan_neuro.spikes.statistics.van_rossum.distances`; progress counts neurons.

    Returns
    -------
    list of list of NeuronsCompared
        Of each generated signal one, or with ``both_ways`` that and its reverse.
    """
    compared = np.arange(recorded.n_neurons) if sample is None else sample.neurons
    neurons = np.union1d(compared, np.asarray(shown, np.int64))
    for one in generated:
        require_comparable(recorded, one, method=method, time_constant_s=time_constant_s)
    how = (recorded.frame_rate_hz, time_constant_s, method, both_ways)
    tasks = [
        (recorded.counts[..., n].T, [one.counts[..., n].T for one in generated], *how, n in shown) for n in neurons
    ]
    found = dict(zip(neurons.tolist(), run_all(_of_neuron, tasks, workers=workers, progress=progress), strict=True))
    results = []
    for k, one in enumerate(generated):
        silent, ways = [counts.silent for counts in (recorded, one)], []
        for way in range(1 + both_ways):
            values = np.array([found[n][k][0][way] for n in compared.tolist()], np.float64).reshape(-1, 2).T
            names = [tuple(compared[own[compared]].tolist()) for own in (silent[way], silent[1 - way])]
            maps = np.array([found[int(n)][k][1] for n in shown]).reshape(-1, recorded.n_windows, one.n_windows)
            comparison = Comparison("van_rossum", "neuron", *values, *names)
            ways.append(NeuronsCompared(comparison, maps.swapaxes(1, 2) if way else maps))
        results.append(ways)
    return results


def _of_neuron(recorded, generated: list, frame_rate_hz, time_constant_s, method, both_ways, shown) -> list[tuple]:
    """Return the divergences of one neuron's distances, one way or both, and the distances if they are shown."""
    found = []
    between = neuron_distances(recorded, generated, frame_rate_hz, time_constant_s, method=method, both_ways=both_ways)
    for counts, (cross, *within) in zip(generated, between, strict=True):
        ways = zip(within, (recorded, counts), strict=True)
        values = [
            divergences(own[np.triu_indices(len(own), 1)], cross) if spikes.any() else (np.nan, np.nan)
            for own, spikes in ways
            if own is not None
        ]
        found.append((values, cross if shown else None))
    return found
