"""A day as laps: what every neuron does at every place of every lap, and with whom it deviates from that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from scipy import sparse

from cyclegan_neuro.interpret.binned import bins_of
from cyclegan_neuro.recordings.events import laps_by_position
from cyclegan_neuro.recordings.frames import segments
from cyclegan_neuro.recordings.recording import Recording

__all__ = ["Laps", "Visits", "at_one_speed", "laps_of", "visits"]

_STRETCH_S = 10.0
_BIN_S = 0.5  # of noise correlations
_REACH = 2.0  # standard deviations of durations within days
_PARTNERS = 200  # neurons whose correlations with all others are kept, evenly spread; bounds the memory


@dataclass(frozen=True, eq=False)
class Visits:
    """Where the frames of a day belong.

    Attributes
    ----------
    lap, place : ndarray of int64, shape (time,)
        -1 where a frame belongs to none.
    n_places : int
    """

    lap: np.ndarray
    place: np.ndarray
    n_places: int

    @property
    def frames_per_visit(self) -> np.ndarray:
        """Median number of frames of a visit to each place, shape (place,); NaN where there is none."""
        known = (self.lap >= 0) & (self.place >= 0)
        visit, counts = np.unique(self.lap[known] * self.n_places + self.place[known], return_counts=True)
        place = visit % self.n_places
        return np.array([np.median(counts[place == p]) if (place == p).any() else np.nan for p in range(self.n_places)])

    def limited(self, most: np.ndarray) -> np.ndarray:
        """Return the frames that are kept, bool (time,): evenly spread, at most ``most[place]`` of a visit."""
        known = np.flatnonzero((self.lap >= 0) & (self.place >= 0))
        visit = self.lap[known] * self.n_places + self.place[known]
        order = np.argsort(visit, kind="stable")
        _, first, index, counts = np.unique(visit[order], return_index=True, return_inverse=True, return_counts=True)
        rank, count, limit = np.arange(len(visit)) - first[index], counts[index], most[self.place[known][order]]
        kept = np.zeros(len(self.lap), bool)
        kept[known[order]] = np.floor((rank + 1) * limit / count) > np.floor(rank * limit / count)
        kept[known[order][count <= limit]] = True
        return kept


def visits(recording: Recording, coordinate: np.ndarray | None, edges: np.ndarray | None, used: np.ndarray) -> Visits:
    """Return lap and place of every frame.

    Parameters
    ----------
    recording : Recording
    coordinate : ndarray, shape (time,), optional
        Position, or time since an event (which begins anew with every event); without it there is one place, and
        stretches of 10 s stand for laps.
    edges : ndarray, shape (place + 1,), optional
        Bins of the coordinate.
    used : ndarray of bool, shape (time,)
        Other frames belong to no lap.
    """
    if coordinate is None or edges is None:
        lap, n_places = _stretches(recording), 1
        place = np.zeros(recording.n_frames, np.int64)
    else:
        place, n_places = bins_of(coordinate, edges), len(edges) - 1
        trial = recording.behaviour.trial if recording.behaviour.position_cm is not None else None
        lap = _restarts(coordinate) if recording.behaviour.position_cm is None else trial
        lap = laps_by_position(coordinate) if lap is None else lap.astype(np.int64)
    lap = np.where(used & (place >= 0), lap, -1)
    return Visits(lap, place, n_places)


def _stretches(recording: Recording) -> np.ndarray:
    """Stretches of 10 s that cross no gap; what is left over at the end of continuous time belongs to none."""
    length, lap, count = max(1, round(_STRETCH_S * recording.frame_rate_hz)), [], 0
    for start, stop in segments(recording.n_frames, recording.gaps):
        whole = (stop - start) // length
        lap.append(np.where(np.arange(stop - start) < whole * length, np.arange(stop - start) // length + count, -1))
        count += whole
    return np.concatenate(lap)


def _restarts(time_s: np.ndarray) -> np.ndarray:
    known = np.flatnonzero(np.isfinite(time_s))
    lap = np.full(len(time_s), -1)
    lap[known] = np.concatenate([[0], np.cumsum(np.diff(time_s[known]) < 0)])
    return lap


@dataclass(frozen=True, eq=False)
class Laps:
    """Activity of a day by lap.

    Attributes
    ----------
    means : ndarray of float32, shape (lap, place, neuron)
        Mean ΔF/F of a visit; 0 where there was none.
    visited : ndarray of bool, shape (lap, place)
    log_duration : ndarray of float64, shape (lap, place)
        Logarithm of the frames of the way to a place; 0 where there was no visit.
    n_bins : ndarray, shape (lap,)
        Bins of 0.5 s behind the sums below.
    sums, squares : ndarray of float32, shape (lap, neuron)
        Of residuals: what is left of a frame without the day's mean at its place.
    products : ndarray of float32, shape (lap, neuron, partner)
        Sums of products of residuals with those of ``partners``.
    partners : ndarray of int64, shape (partner,)
    """

    means: np.ndarray
    visited: np.ndarray
    log_duration: np.ndarray
    n_bins: np.ndarray
    sums: np.ndarray
    squares: np.ndarray
    products: np.ndarray
    partners: np.ndarray

    def __len__(self) -> int:
        return len(self.means)

    def spread(self, n: int) -> Laps:
        """Return ``n`` of the laps, evenly spread."""
        return self.select(np.linspace(0, len(self) - 1, n).round().astype(np.int64))

    def select(self, laps: slice | np.ndarray) -> Laps:
        """Return some of the laps."""
        parts = {f.name: getattr(self, f.name)[laps] for f in fields(self) if f.name != "partners"}
        return Laps(**parts, partners=self.partners)


def laps_of(recording: Recording, at: Visits, most: np.ndarray) -> Laps:
    """Sum a day up.

    Parameters
    ----------
    recording : Recording
    at : Visits
    most : ndarray, shape (place,)
        Frames of a visit that count, so that days on which the animal stays longer are no better known.
    """
    kept = np.flatnonzero(at.limited(most))
    dff, place = recording.dff[kept], at.place[kept]
    numbers, lap = np.unique(at.lap[kept], return_inverse=True)
    size, n_neurons = (len(numbers), at.n_places), dff.shape[1]
    total, count = _summed(lap * at.n_places + place, dff, size[0] * size[1])
    means = (total / np.maximum(count, 1)[:, None]).astype(np.float32).reshape(*size, n_neurons)
    visited = (count > 0).reshape(size)
    log_duration = _log_durations(at, numbers)
    expected = curve_of(means, visited) + response_to_speed([(means, visited, log_duration)])[0]
    width = max(1, round(_BIN_S * recording.frame_rate_hz))
    _, position = np.unique(np.stack([lap, kept // width]), axis=1, return_inverse=True)
    residual, frames = _summed(position.ravel(), dff - expected[lap, place], int(position.max()) + 1)
    residual /= frames[:, None]
    of_bin = np.zeros(len(frames), np.int64)
    of_bin[position.ravel()] = lap
    partners = np.unique(np.linspace(0, n_neurons - 1, min(n_neurons, _PARTNERS)).round().astype(np.int64))
    products = np.stack(
        [own.T @ own[:, partners] for own in (residual[of_bin == number] for number in range(len(numbers)))]
    )
    sums, n_bins = _summed(of_bin, residual, len(numbers))
    squares, _ = _summed(of_bin, residual**2, len(numbers))
    return Laps(means, visited, log_duration, n_bins, sums, squares, products.astype(np.float32), partners)


def _summed(group: np.ndarray, rows: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Sums of rows (row, neuron) by group, float64, and rows per group."""
    into = sparse.csr_array((np.ones(len(group)), (group, np.arange(len(group)))), shape=(n, len(group)))
    return into @ rows.astype(np.float64), np.bincount(group, minlength=n)


def _log_durations(at: Visits, numbers: np.ndarray) -> np.ndarray:
    """Logarithm of frames per visit (lap, place), averaged over this place and the two before; 0 without a visit."""
    known = np.flatnonzero(at.lap >= 0)
    visit = np.searchsorted(numbers, at.lap[known]) * at.n_places + at.place[known]
    frames = np.bincount(visit, minlength=len(numbers) * at.n_places).reshape(len(numbers), -1)
    logs, seen = np.log(np.maximum(frames, 1)), frames > 0
    ways = [np.pad(values, ((0, 0), (2, 0)))[:, start : start + at.n_places] for values in (logs * seen, seen)
            for start in range(3)]  # fmt: skip
    return np.where(seen, sum(ways[:3]) / np.maximum(sum(ways[3:]), 1), 0.0)


def curve_of(means: np.ndarray, visited: np.ndarray) -> np.ndarray:
    """Return the mean over visits, shape (place, neuron)."""
    return means.sum(axis=0) / np.maximum(visited.sum(axis=0), 1)[:, None]


def response_to_speed(days: Sequence[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> list[np.ndarray]:
    """Return what of the activity of each visit follows from how long it took, shape (lap, place, neuron) per day.

    Least squares per neuron, over the visits of all days: the deviation of a visit from the day's mean at its place is
    explained by that of the logarithm of its duration, times 1, times the tuning curve and times its slope. Slopes are
    shrunk towards 0 by their errors over laps (1 - 3 / Wald's chi-squared, not below 0). What is returned is relative
    to a duration that all days share, if no further from it than visits of one day differ (2 standard deviations): what
    is not seen within days is not extrapolated to.

    Parameters
    ----------
    days : sequence of (means, visited, log_duration)
        As in :class:`Laps`.
    """
    shapes, squares, by_lap, mean_duration = [], [], [], []
    for means, visited, log_duration in days:
        curve = curve_of(means, visited)
        slope = np.gradient(curve, axis=0) if len(curve) > 1 else 0 * curve
        shapes.append(np.stack([np.ones_like(curve), curve, slope]))
        mean_duration.append(curve_of(log_duration[..., None], visited)[:, 0])
        deviation = (log_duration - mean_duration[-1]) * visited
        squares.append((deviation**2).sum(axis=0))
        by_lap.append(np.einsum("apn,lp,lpn->nal", shapes[-1], deviation, means - curve, optimize=True))
    slopes = _shrunk_slopes(sum(map(_gram, squares, shapes)), np.concatenate(by_lap, axis=2))
    n_visits = np.sum([visited.sum(axis=0) for _, visited, _ in days], axis=0)
    shared, reach = np.mean(mean_duration, axis=0), _REACH * np.sqrt(np.sum(squares, axis=0) / np.maximum(n_visits, 1))
    return [
        ((log_duration - own + np.clip(own - shared, -reach, reach)) * visited)[..., None]
        * np.einsum("na,apn->pn", slopes, shape)
        for (_, visited, log_duration), own, shape in zip(days, mean_duration, shapes, strict=True)
    ]


def _gram(squares: np.ndarray, shapes: np.ndarray) -> np.ndarray:
    return np.einsum("p,apn,bpn->nab", squares, shapes, shapes, optimize=True)


def _shrunk_slopes(gram: np.ndarray, by_lap: np.ndarray) -> np.ndarray:
    """Slopes (neuron, 3) from normal equations (neuron, 3, 3) and their right sides by lap (neuron, 3, lap)."""
    ridge = (1e-6 * np.trace(gram, axis1=1, axis2=2)[:, None, None] + 1e-12) * np.eye(3)
    slopes = np.linalg.solve(gram + ridge, by_lap.sum(axis=2)[..., None])[..., 0]
    scores = by_lap - np.einsum("nab,nb->na", gram, slopes)[..., None] / by_lap.shape[2]
    spread = scores @ scores.swapaxes(1, 2)
    spread += (1e-6 * np.trace(spread, axis1=1, axis2=2)[:, None, None] + 1e-12) * np.eye(3)
    total = by_lap.sum(axis=2)
    wald = np.einsum("na,na->n", total, np.linalg.solve(spread, total[..., None])[..., 0])
    return slopes * np.maximum(0.0, 1 - 3 / np.maximum(wald, 1e-12))[:, None]


def at_one_speed(x: Laps, y: Laps) -> tuple[Laps, Laps]:
    """Return both days without what follows from how fast the animal passed; see :func:`response_to_speed`."""
    days = (x, y)
    responses = response_to_speed([(day.means, day.visited, day.log_duration) for day in days])
    a, b = (replace(d, means=d.means - r.astype(np.float32)) for d, r in zip(days, responses, strict=True))
    return a, b
