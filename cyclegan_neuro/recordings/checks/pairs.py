"""What is implausible about two days together, whatever each looks like by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from cyclegan_neuro.recordings.checks.behaviour import position_range
from cyclegan_neuro.recordings.checks.values import neurons_text
from cyclegan_neuro.recordings.findings import Finding
from cyclegan_neuro.recordings.indicators import cell_type_of, indicator_of
from cyclegan_neuro.recordings.recording import Recording
from cyclegan_neuro.recordings.repair import constant_columns

__all__ = ["PAIR_CHECKS", "check_pair", "distance_apart", "residual_distances"]

#: Distance between the two places of a neuron that alignment and segmentation leave.
_FAR_UM = 20.0
_FAR_TIMES_MEDIAN = 6.0
_OF_CHANCE = 0.5  # of what permuted neurons are apart
_LEAST_NEURONS = 8
#: How many times the range of positions may be that of the other day: tracks differ, units by 10 or 100.
_OTHER_TRACK, _OTHER_UNIT = 3.0, 8.0
_BEGINNING = 256  # frames
_TRIALS = 300
_PERMUTATIONS = 20


def check_pair(x: Recording, y: Recording) -> list[Finding]:
    """Look at two matched days, column i of which is the same neuron.

    Examples
    --------
    >>> day = Recording(np.random.default_rng(1).normal(size=(90, 2)).astype(np.float32), frame_rate_hz=24.0)
    >>> [finding.code for finding in check_pair(day, day)]
    ['one_day_twice']
    """
    where = f"{x.label} and {y.label}"
    return [finding for one_check in PAIR_CHECKS for finding in one_check(x, y, where)]


def subjects(x: Recording, y: Recording, where: str) -> Iterator[Finding]:
    """Two animals: no neuron of one is in the other."""
    names = [" ".join("".join(c if c.isalnum() else " " for c in day.subject).casefold().split()) for day in (x, y)]
    if all(names) and names[0] != names[1]:
        yield Finding(
            "warning", "subjects", f"{where}, field subject", got=f"'{x.subject}' and '{y.subject}'",
            expected="one animal on both days", fix="name two days of one animal, or correct the name in the files",
        )  # fmt: skip


def indicators(x: Recording, y: Recording, where: str) -> Iterator[Finding]:
    """Two indicators or cell types: transients of one spike differ, and neither is told to spike inference."""
    for field, meaning in (("indicator", indicator_of), ("cell_type", cell_type_of)):
        stated = [getattr(day, field) for day in (x, y)]
        if all(stated) and meaning(stated[0]) != meaning(stated[1]):
            yield Finding(
                "warning", "indicators", f"{where}, field {field}", got=f"'{stated[0]}' and '{stated[1]}'",
                expected="the same on both days: the transient of a spike is another one with each",
                fix=f"correct data.x.{field} or data.y.{field}; if the days do differ, compare neither ΔF/F nor spikes",
            )  # fmt: skip


def same_traces(x: Recording, y: Recording, where: str) -> Iterator[Finding]:
    """One day named twice, or single traces copied from one day to the other."""
    if np.array_equal(x.dff, y.dff):
        yield Finding(
            "warning", "one_day_twice", where, got="the same traces on both days",
            expected="two recordings of the same neurons", fix="name the file of the other day in data.y.path",
        )  # fmt: skip
        return
    frames = min(x.n_frames, y.n_frames)
    beginnings = [{day.dff[:_BEGINNING, c].tobytes(): c for c in _varying(day)} for day in (x, y)]
    alike = [(column, beginnings[1][start]) for start, column in beginnings[0].items() if start in beginnings[1]]
    columns = np.array([i for i, k in alike if np.array_equal(x.dff[:frames, i], y.dff[:frames, k])], np.int64)
    if columns.size:
        yield Finding(
            "warning", "same_traces", f"{where}, {neurons_text(x, columns)}",
            got=f"{columns.size} traces of {x.label} that are on {y.label} too, number by number ({frames:,} frames)",
            expected="other numbers on another day", fix="look at how the files were made: a day was copied in part",
        )  # fmt: skip


def _varying(day: Recording) -> np.ndarray:
    return np.setdiff1d(np.arange(day.n_neurons), constant_columns(day.dff))


def position_units(x: Recording, y: Recording, where: str) -> Iterator[Finding]:
    """Positions in centimetres on one day and in metres, millimetres or laps on the other."""
    days = [day.behaviour.position_cm for day in (x, y)]
    spans = [None if values is None else position_range(values) for values in days]
    if None in spans or any(low == high for low, high in spans):
        return
    widths = [high - low for low, high in spans]
    ratio = max(widths) / min(widths)
    if ratio < _OTHER_TRACK:
        return
    named = zip((x, y), spans, strict=True)
    told = " and ".join(f"{low:.4g} to {high:.4g} cm on {day.label}" for day, (low, high) in named)
    yield Finding(
        "critical" if ratio > _OTHER_UNIT else "warning", "position_units", f"{where}, field position_cm",
        got=f"positions of {told}", expected="one corridor in one unit, centimetres",
        fix="bring both days to centimetres, or leave the position out of both (fields: {position_cm: null})",
    )  # fmt: skip


def coordinates(x: Recording, y: Recording, where: str) -> Iterator[Finding]:
    """Centres of matched neurons that do not lie in the same place, however the field of view was moved or turned."""
    found = _distances(x, y)
    if found is None:
        return
    distances, chance = found
    usual, where = float(np.median(distances)), f"{where}, field roi_xy_um"
    if usual > _FAR_UM / 2 and usual >= _OF_CHANCE * chance:
        yield Finding(
            "critical", "coordinates", where,
            got=f"matched neurons that are {usual:.0f} µm apart (median), after the field of view was moved, turned "
            f"and scaled to fit; neurons paired at random are {chance:.0f} µm",
            expected=f"matched neurons in the same place, within {_FAR_UM:.0f} µm",
            fix="match the days with a table (data.matching) or with ids of registered cells; if the coordinates are "
            "wrong and not the match, leave them out of one file",
        )  # fmt: skip
        return
    far = np.flatnonzero(distances > max(_FAR_UM, _FAR_TIMES_MEDIAN * usual))
    if far.size:
        told = ", ".join(f"{distances[column]:.0f}" for column in far[:8])
        yield Finding(
            "warning", "far_apart", f"{where}, {neurons_text(x, far)}",
            got=f"{far.size} of {x.n_neurons} matched neurons that lie {told} µm from each other once the field of "
            f"view is aligned (median of all {usual:.1f})",
            expected=f"at most {max(_FAR_UM, _FAR_TIMES_MEDIAN * usual):.0f} µm",
            fix="look at their footprints on both days: the match may be wrong",
        )  # fmt: skip


def distance_apart(x: Recording, y: Recording) -> float | None:
    """Return how far matched neurons are apart (median, µm, aligned), where that speaks for the match; else None."""
    found = _distances(x, y)
    if found is None:
        return None
    usual = float(np.median(found[0]))
    return usual if usual < _FAR_UM and usual < _OF_CHANCE * found[1] else None


def _distances(x: Recording, y: Recording) -> tuple[np.ndarray, float] | None:
    """Distances of matched neurons in µm, and the median of permuted ones; None where centres are not known."""
    if x.roi_xy_um is None or y.roi_xy_um is None or x.n_neurons < _LEAST_NEURONS:
        return None
    if not (np.isfinite(x.roi_xy_um).all() and np.isfinite(y.roi_xy_um).all()):
        return None
    rng = np.random.default_rng(0)
    permuted = [residual_distances(x.roi_xy_um, rng.permutation(y.roi_xy_um)) for _ in range(_PERMUTATIONS)]
    return residual_distances(x.roi_xy_um, y.roi_xy_um), float(np.median([np.median(one) for one in permuted]))


def residual_distances(x_um: np.ndarray, y_um: np.ndarray) -> np.ndarray:
    """Return how far apart paired points are once y was moved, turned, scaled (to threefold) or mirrored onto x.

    Of the maps that take two points of y onto two of x, the one with the least median distance counts, so that up to
    half of the pairs may be wrong.

    Parameters
    ----------
    x_um, y_um : ndarray, shape (neuron, 2)

    Returns
    -------
    ndarray, shape (neuron,)

    Examples
    --------
    >>> points = np.random.default_rng(0).uniform(0, 500, (30, 2))
    >>> turned = points[:, ::-1] * 0.5 + 40
    >>> bool(residual_distances(points, turned).max() < 1e-6)
    True
    """
    target, source = (points.astype(np.float64) @ (1, 1j) for points in (x_um, y_um))
    rng = np.random.default_rng(0)
    i, k = rng.integers(len(target), size=(2, _TRIALS))
    best = np.full(len(target), np.inf)
    for moving in (source, source.conj()):
        apart = moving[i] - moving[k]
        usable = np.abs(apart) > 0
        factor = (target[i] - target[k])[usable] / apart[usable]
        shift = target[i][usable] - factor * moving[i][usable]
        distances = np.abs(target - (factor[:, None] * moving + shift[:, None]))
        distances = distances[np.abs(np.log(np.maximum(np.abs(factor), 1e-9))) < np.log(3)]  # no collapse onto a point
        if len(distances):
            found = distances[np.argmin(np.median(distances, axis=1))]
            best = min(best, found, key=np.median)
    return best


#: Every check of two matched days, in the order in which findings are listed.
PAIR_CHECKS: tuple[Callable[[Recording, Recording, str], Iterator[Finding]], ...] = (
    subjects,
    indicators,
    same_traces,
    coordinates,
    position_units,
)
