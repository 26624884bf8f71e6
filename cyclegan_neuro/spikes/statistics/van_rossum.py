"""Van Rossum distances between spike trains: of one neuron between windows, and between neurons in a window.

References
----------
van Rossum, "A novel spike distance", Neural Computation 13:751-763 (2001).
Li et al. 2021, sections 2.3 and 3.2, and the bottom of Figures H.1 to H.4.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from cyclegan_neuro.errors import ConfigurationError, RecordingError
from cyclegan_neuro.spikes.counts import SpikeCounts
from cyclegan_neuro.spikes.statistics import van_rossum_fast
from cyclegan_neuro.spikes.statistics.parallel import Progress, Workers, run_all
from cyclegan_neuro.spikes.trains import neo_trains

__all__ = [
    "VanRossum",
    "distances",
    "neuron_distances",
    "pair_distances",
    "require_comparable",
    "window_pair_distances",
]


@dataclass(frozen=True, eq=False)
class VanRossum:
    """Distances of one signal's windows from another's, neuron by neuron.

    Attributes
    ----------
    cross : ndarray of float64, shape (neuron, recorded window, generated window)
        The heat map at the bottom of Figures H.1 to H.4.
    within : ndarray of float64, shape (neuron, recorded window, recorded window)
        Between recorded windows; symmetric, 0 on the diagonal.
    silent_recorded, silent_generated : ndarray of bool, shape (neuron,)
        Neurons without a spike in any recorded, or generated, window.
    within_generated : ndarray of float64, shape (neuron, generated window, generated window), optional
        As ``within``; only where both ways were asked for.
    """

    cross: np.ndarray
    within: np.ndarray
    silent_recorded: np.ndarray
    silent_generated: np.ndarray
    within_generated: np.ndarray | None = None

    def reversed(self) -> VanRossum:
        """Return the distances with the two signals in each other's place."""
        if self.within_generated is None:
            raise ValueError("distances between generated windows were not computed: ask for both ways")
        return VanRossum(
            np.swapaxes(self.cross, 1, 2), self.within_generated, self.silent_generated, self.silent_recorded,
            self.within,
        )  # fmt: skip


def distances(
    recorded: SpikeCounts,
    generated: SpikeCounts,
    *,
    time_constant_s: float = 0.5,
    method: str = "elephant",
    both_ways: bool = False,
    workers: Workers | None = None,
    progress: Progress | None = None,
) -> VanRossum:
    """Van Rossum distances of each neuron, between windows.

    Parameters
    ----------
    recorded, generated : SpikeCounts
        The same neurons, frame rate and length of windows; the numbers of windows may differ.
    time_constant_s : float
        Of the exponential filter: spikes of two trains that are much closer in time than this are alike.
    method : {"elephant", "fast"}
        ``elephant.spike_train_dissimilarity.van_rossum_distance``, one call per neuron, or sparse products of spikes
        per frame, which leave out the distances between generated windows.
    both_ways : bool
        Keep the distances between generated windows too, for :meth:`VanRossum.reversed`.
    workers : Workers, optional
        Processes that share the neurons; without, the calling process does all.
    progress : callable, optional
        Gets (done, all) neurons.

    Returns
    -------
    VanRossum

    Raises
    ------
    RecordingError
        If neurons, frame rate or length differ.
    ConfigurationError
        If the time constant is not positive or the method not known.

    Notes
    -----
    Normalised as Elephant does: 1 between an empty train and one with a single spike, sqrt(2) times the
    distance of van Rossum (2001). The methods agree to 1e-10, but for trains with the same spikes: their
    distance of 0 is the root of a rounding error, up to 1e-6, in either.

    Examples
    --------
    >>> one = SpikeCounts(np.array([[[1], [0]], [[0], [0]]], np.uint8), frame_rate_hz=24.0)
    >>> distances(one, one, method="fast").cross[0]
    array([[0., 1.],
           [1., 0.]])
    """
    require_comparable(recorded, generated, method=method, time_constant_s=time_constant_s)
    how = (recorded.frame_rate_hz, time_constant_s, method, both_ways)
    tasks = [(recorded.counts[..., n].T, generated.counts[..., n].T, *how) for n in range(recorded.n_neurons)]
    results = run_all(_of_one, tasks, workers=workers, progress=progress)
    cross, within, within_generated = ([result[part] for result in results] for part in range(3))
    n_neurons, n_recorded, n_generated = recorded.n_neurons, recorded.n_windows, generated.n_windows
    return VanRossum(
        cross=np.array(cross).reshape(n_neurons, n_recorded, n_generated),
        within=np.array(within).reshape(n_neurons, n_recorded, n_recorded),
        silent_recorded=recorded.silent,
        silent_generated=generated.silent,
        within_generated=np.array(within_generated).reshape(n_neurons, n_generated, n_generated) if both_ways else None,
    )


def pair_distances(
    counts: SpikeCounts,
    *,
    time_constant_s: float = 0.5,
    method: str = "elephant",
    workers: Workers | None = None,
    progress: Progress | None = None,
) -> np.ndarray:
    """Van Rossum distances of each window, between neurons.

    Parameters
    ----------
    counts : SpikeCounts
    time_constant_s, method, workers, progress
        As for :func:`distances`; progress counts windows.

    Returns
    -------
    distances : ndarray of float64, shape (window, pair)
        Pairs in the order of ``numpy.triu_indices(n_neurons, 1)``; NaN where one of the two neurons has no
        spike in the window, because such a distance only counts the spikes of the other.

    Raises
    ------
    ConfigurationError
        If the time constant is not positive or the method not known.

    Examples
    --------
    >>> window = np.array([[1, 0, 0], [0, 1, 0]], np.uint8)
    >>> counts = SpikeCounts(window[np.newaxis], frame_rate_hz=2.0)
    >>> pair_distances(counts, method="fast").round(3)  # sqrt(2 - 2 / e)
    array([[1.124,   nan,   nan]])
    """
    _require_time_constant(time_constant_s)
    _known(method)
    tasks = [(window, counts.frame_rate_hz, time_constant_s, method) for window in counts.counts]
    rows = run_all(window_pair_distances, tasks, workers=workers, progress=progress)
    return np.array(rows, np.float64).reshape(counts.n_windows, counts.n_neurons * (counts.n_neurons - 1) // 2)


def window_pair_distances(
    window: np.ndarray, frame_rate_hz: float, time_constant_s: float, method: str = "fast"
) -> np.ndarray:
    """Return the distances of one window of counts (frame, neuron), as :func:`pair_distances`: float64, (pair,)."""
    square = _WITHIN[method](window, frame_rate_hz, time_constant_s)
    square = square.reshape(window.shape[1], window.shape[1])
    silent = ~window.any(axis=0)
    square[silent], square[:, silent] = np.nan, np.nan
    return square[np.triu_indices(len(square), 1)]


def _of_one(recorded: np.ndarray, generated: np.ndarray, rate: float, constant: float, method: str, both_ways: bool):
    return next(iter(neuron_distances(recorded, [generated], rate, constant, method=method, both_ways=both_ways)))


def neuron_distances(
    recorded: np.ndarray,
    generated: Sequence[np.ndarray],
    frame_rate_hz: float,
    time_constant_s: float,
    *,
    method: str = "fast",
    both_ways: bool = False,
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray | None]]:
    """Yield the distances of one neuron's windows, columns of (frame, window), from its windows in each other signal.

    Parameters
    ----------
    recorded : ndarray of unsigned int
    generated : sequence of ndarray of unsigned int
    frame_rate_hz, time_constant_s, method, both_ways
        See :func:`distances`.

    Yields
    ------
    cross, within, within_generated : ndarray of float64
        Of :class:`VanRossum`, without the axis of neurons.
    """
    return _BETWEEN[method](recorded, generated, frame_rate_hz, time_constant_s, both_ways)


def _by_elephant(recorded, generated, frame_rate_hz: float, time_constant_s: float, both_ways: bool) -> Iterator[tuple]:
    n_recorded = recorded.shape[1]
    for counts in generated:
        square = _within_by_elephant(np.hstack([recorded, counts]), frame_rate_hz, time_constant_s)
        generated_block = square[n_recorded:, n_recorded:].copy() if both_ways else None
        yield square[:n_recorded, n_recorded:].copy(), square[:n_recorded, :n_recorded].copy(), generated_block


def _by_products(recorded, generated, frame_rate_hz: float, time_constant_s: float, both_ways: bool) -> Iterator[tuple]:
    filtered = partial(van_rossum_fast.FilteredTrains, frames_per_constant=time_constant_s * frame_rate_hz)
    first = filtered(recorded)
    within = first.distances()
    for second in map(filtered, generated):
        yield first.distances_from(second), within, second.distances() if both_ways else None


def _within_by_elephant(counts: np.ndarray, frame_rate_hz: float, time_constant_s: float) -> np.ndarray:
    """Return the distances between all columns of (frame, train)."""
    import quantities
    from elephant.spike_train_dissimilarity import van_rossum_distance

    trains = neo_trains(counts, frame_rate_hz=frame_rate_hz)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # equal trains: rounding below 0, which Elephant sets to 0
        return van_rossum_distance(trains, time_constant_s * quantities.s, sort=False)  # Neo's are sorted


def _within_by_products(counts: np.ndarray, frame_rate_hz: float, time_constant_s: float) -> np.ndarray:
    return van_rossum_fast.within_distances(counts, frame_rate_hz=frame_rate_hz, time_constant_s=time_constant_s)


_BETWEEN = {"elephant": _by_elephant, "fast": _by_products}
_WITHIN = {"elephant": _within_by_elephant, "fast": _within_by_products}


def _known(method: str) -> str:
    if method not in _BETWEEN:
        raise ConfigurationError(
            "method of van Rossum distances",
            got=f"{method!r}",
            expected=" or ".join(_BETWEEN),
            fix="use elephant, or fast for the same numbers sooner",
        )
    return method


def _require_time_constant(time_constant_s: float) -> None:
    if not (np.isfinite(time_constant_s) and time_constant_s > 0):
        raise ConfigurationError(
            "time_constant_s",
            got=f"{time_constant_s}",
            expected="a positive number of seconds",
            fix="0.5 is the default",
        )


def require_comparable(recorded: SpikeCounts, generated: SpikeCounts, *, method: str, time_constant_s: float) -> None:
    """Refuse what :func:`distances` cannot compare, or not in this way."""
    _known(method)
    _require_time_constant(time_constant_s)
    first, second = ((counts.n_neurons, counts.n_frames, counts.frame_rate_hz) for counts in (recorded, generated))
    if first != second:
        raise RecordingError(
            "recorded and generated spikes",
            got="{} neurons x {} frames at {:g} Hz, and {} x {} at {:g} Hz".format(*first, *second),
            expected="the same neurons, frames and rate",
            fix="infer both from windows of the same pair of recordings",
        )
