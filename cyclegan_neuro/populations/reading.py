"""From a file to population activity in bins: samples, continuous activity, spike times."""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import get_close_matches
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.invocation import command
from cyclegan_neuro.populations.clocks import from_their_start, rates, spike_clock
from cyclegan_neuro.populations.observed import observed_by_all, within
from cyclegan_neuro.recordings import readers
from cyclegan_neuro.recordings.checks import require
from cyclegan_neuro.recordings.conversion import convert
from cyclegan_neuro.recordings.findings import Finding
from cyclegan_neuro.recordings.layout import FIELDS
from cyclegan_neuro.recordings.memory import require_room
from cyclegan_neuro.recordings.readers.base import Source
from cyclegan_neuro.recordings.recording import Origin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cyclegan_neuro.populations.sections import DataSection

__all__ = ["Activity", "bin_spike_times", "read_activity", "read_origin", "split_units"]

_LISTED = 20


@dataclass(frozen=True, eq=False)
class Activity:
    """Activity of a population as it was read.

    Attributes
    ----------
    values : ndarray of uint8, shape (bin, neuron)
        Spikes, 0 or 1; samples of a file follow one another.
    sample_bins : int or None
        Length of the samples in the file; None for continuous activity.
    source : str
    findings : tuple of Finding
    notes : tuple of str
    data_origin : {"recorded", "simulated", "semi-synthetic", "translated"}
    stretches : tuple of (int, int)
        Of continuous time: the first bin, and the bin after the last; empty where all of it is one.
    """

    values: np.ndarray
    sample_bins: int | None
    source: str
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    data_origin: Origin = "recorded"
    stretches: tuple[tuple[int, int], ...] = ()


def read_activity(section: DataSection) -> Activity:
    """Read what ``section`` names.

    Parameters
    ----------
    section : DataSection
        Of source ``samples``, ``continuous`` or ``spike_times``; in any format of the package's readers.

    Raises
    ------
    RecordingError
        If the file cannot be read, the field is missing or has another shape, or its values are not spikes.
    """
    path = Path(section.path)
    with readers.open_source(path) as source:
        origin = read_origin(source)
        if section.source == "spike_times":
            return replace(_from_spike_times(source, section), data_origin=origin)
        name, axes = section.field or "", {"samples": 3, "continuous": 2}[section.source]
        array = _read(source, name, axes=axes)
    where = f"{path}, field '{name}'"
    notes: list[str] = []
    spikes = _as_spikes(array, where=where, several=section.several_spikes, notes=notes)
    if axes == 2:
        found = tuple(rates(spikes.mean(axis=0) / section.bin_s, where))
        return _checked(Activity(spikes, None, str(path), found, tuple(notes), origin), where)
    n_samples, n_neurons, n_bins = spikes.shape
    values = np.ascontiguousarray(spikes.transpose(0, 2, 1)).reshape(n_samples * n_bins, n_neurons)
    found = tuple(rates(values.mean(axis=0) / section.bin_s, where))
    return _checked(Activity(values, n_bins, str(path), found, tuple(notes), origin), where)


def bin_spike_times(times_s: Sequence[np.ndarray], *, bin_s: float, duration_s: float | None = None) -> np.ndarray:
    """Count spikes in bins.

    Parameters
    ----------
    times_s : sequence of ndarray, shape (spike,), one per neuron
        In seconds from the start, in any order.
    bin_s : float
    duration_s : float, optional
        End of the recording; the last spike when absent. A last bin that is not whole is left out.

    Returns
    -------
    ndarray of int64, shape (bin, neuron)

    Examples
    --------
    >>> bin_spike_times([np.array([0.001, 0.015]), np.array([0.031])], bin_s=0.01, duration_s=0.04).T.tolist()
    [[1, 1, 0, 0], [0, 0, 0, 1]]
    """
    last = max((float(np.max(times)) for times in times_s if len(times)), default=0.0)
    if duration_s is None:
        n_bins = int(np.floor(last / bin_s + 1e-9)) + 1
    else:
        n_bins = int(np.floor(duration_s / bin_s + 1e-9))
    require_room("spike times in bins", shape=(n_bins, len(times_s)), itemsize=8)
    counts = np.zeros((n_bins, len(times_s)), np.int64)
    for neuron, times in enumerate(times_s):
        # a time on a border between bins, such as 0.3 in bins of 0.1, may lie a rounding error before it
        index = np.floor(np.asarray(times, np.float64) / bin_s + 1e-9).astype(np.int64)
        counts[:, neuron] = np.bincount(index[(index >= 0) & (index < n_bins)], minlength=n_bins)
    return counts


def read_origin(source: Source) -> Origin:
    """What the file says of itself, as the samples that our generators write do; without a word, it was recorded."""
    spec = FIELDS["data_origin"]
    if source.find(spec.name) is None:
        return "recorded"
    return convert(source.read(spec.name), spec, where=f"{source.path}, field '{spec.name}'", sizes={})


def split_units(
    times: np.ndarray, ends: np.ndarray, *, where: str, where_ends: str, before_0: bool = False
) -> list[np.ndarray]:
    """Return the spike times of each unit, float64, as NWB keeps them in one array.

    Parameters
    ----------
    times : ndarray, shape (spike,)
        In seconds.
    ends : ndarray, shape (unit,)
        Index in ``times`` of the end of each unit.
    where, where_ends : str
        What messages call them.
    before_0 : bool
        Whether times may be negative: the file says when units were observed.

    Raises
    ------
    RecordingError
        If the ends do not fit, or times are negative or not finite.
    """
    times = times.astype(np.float64)
    whole = np.equal(np.mod(ends, 1), 0).all() and (np.diff(ends, prepend=0) >= 0).all()
    if not len(ends) or not whole or ends[-1] != len(times):
        raise RecordingError(
            where_ends,
            got=f"{len(ends)} values ending at {ends[-1] if len(ends) else 'none'}",
            expected=f"rising whole numbers, where the spikes of each unit end; the last is {len(times)}, the spikes",
            fix="write the units as NWB does: all spike times in one array, and the index of each unit's end",
        )
    wrong = ~np.isfinite(times) if before_0 else ~(np.isfinite(times) & (times >= 0))
    if wrong.any():
        raise RecordingError(
            where, got=f"{int(wrong.sum())} times that are negative or not finite", expected="seconds from 0 on",
            fix="check the unit and the start of the recording; with obs_intervals times may begin before 0",
        )  # fmt: skip
    return np.split(times, ends[:-1].astype(np.int64))


def _from_spike_times(source: Source, section: DataSection) -> Activity:
    group = section.field or "units"
    times = _read(source, f"{group}/spike_times", axes=1)
    ends = _read(source, f"{group}/spike_times_index", axes=1)
    where = f"{source.path}, field '{group}/spike_times'"
    observed = source.find(f"{group}/obs_intervals") is not None
    where_ends = f"{source.path}, field '{group}/spike_times_index'"
    units = split_units(times, ends, where=where, where_ends=where_ends, before_0=observed)
    findings = list(spike_clock(units, where))
    require(findings)
    if not observed:
        units, late = from_their_start(units, section.bin_s, where)
        findings += late
    counts, stretches, told = _counted(units, source, group, section.bin_s)
    notes = [
        f"{int(counts.sum()):,} spikes of {len(units)} units counted in {len(counts):,} bins of {section.bin_s:g} s",
        *told,
    ]
    spikes = _as_spikes(counts, where=where, several=section.several_spikes, notes=notes)
    activity = Activity(spikes, None, str(source.path), tuple(findings), tuple(notes), stretches=tuple(stretches))
    return _checked(activity, where)


def _counted(
    units: list[np.ndarray], source: Source, group: str, bin_s: float
) -> tuple[np.ndarray, list[tuple[int, int]], list[str]]:
    """Count spikes while all units were observed, and from 0 to the last spike where the file does not say."""
    name = f"{group}/obs_intervals"
    if source.find(name) is None:
        return bin_spike_times(units, bin_s=bin_s), [], []
    where = f"{source.path}, field '{name}'"
    ends = source.read(f"{name}_index") if source.find(f"{name}_index") is not None else np.zeros(0)
    if len(ends) != len(units):
        raise RecordingError(
            f"{where}_index", got=f"{len(ends)} values", expected=f"one for each of {len(units)} units",
            fix="write the end of each unit's intervals",
        )  # fmt: skip
    stretches_s = observed_by_all(source.read(name), ends, where=where)
    parts = [
        bin_spike_times([within(unit, stretch) for unit in units], bin_s=bin_s, duration_s=float(np.diff(stretch)[0]))
        for stretch in stretches_s
    ]
    parts = [part for part in parts if len(part)]
    longest, together = float(np.diff(stretches_s, axis=1).max()), float(np.diff(stretches_s, axis=1).sum())
    if not parts:
        raise RecordingError(
            where, got=f"stretches of up to {longest:g} s in which all units were observed",
            expected=f"at least one bin, {bin_s:g} s", fix="use smaller bins (data.bin_s)",
        )  # fmt: skip
    counts = np.concatenate(parts)
    note = (
        f"the units were observed together for {together:,.6g} s in {len(parts)} stretches, which no sample crosses; "
        f"{sum(map(len, units)) - int(counts.sum()):,} spikes outside of their bins are left out"
    )
    return counts, [(int(a), int(b)) for a, b in pairwise(np.cumsum([0, *map(len, parts)]))], [note]


def _read(source: Source, name: str, *, axes: int) -> np.ndarray:
    entry = source.find(name)
    fitting = {k: e for k, e in source.entries().items() if e.kind == "number" and len(e.shape) == axes}
    shapes = {1: "(value,)", 2: "(bin, neuron)", 3: "(sample, neuron, bin)"}
    if entry is None or entry.kind != "number" or len(entry.shape) != axes or 0 in entry.shape:
        near = get_close_matches(name, fitting, n=1, cutoff=0.4) or list(fitting)[:1]
        listed = ", ".join(str(entry) for entry in list(fitting.values())[:_LISTED])
        raise RecordingError(
            f"{source.path}, data.field",
            got=f"no '{name}'" if entry is None else f"'{name}' of shape {entry.shape}, {entry.type_name}",
            expected=f"numbers of shape {shapes[axes]}; of {axes} axes there are: {listed or 'none'}",
            fix=f"did you mean '{near[0]}'?" if near else "name another file, or another data.source",
        )
    require_room(f"{source.path}, field '{name}'", shape=entry.shape, itemsize=8)
    return source.read(name)


def _as_spikes(values: np.ndarray, *, where: str, several: str, notes: list[str]) -> np.ndarray:
    if not np.isfinite(values).all():
        raise RecordingError(
            where, got="NaN or infinity", expected="0 and 1", fix="cut these bins out of the file; they are not mended"
        )
    if (values < 0).any() or (np.mod(values, 1) != 0).any():
        raise RecordingError(
            where,
            got=f"values such as {values[(values < 0) | (np.mod(values, 1) != 0)][0]:g}",
            expected="0 and 1, spikes in bins",
            fix=f"for ΔF/F set data.source: recording; to infer spikes use {command('infer')}",
        )
    n_several = int(np.count_nonzero(values > 1))
    if n_several and several == "error":
        raise RecordingError(
            where,
            got=f"{n_several:,} bins with up to {int(values.max())} spikes",
            expected="0 and 1",
            fix="use smaller bins (data.bin_s), or set data.several_spikes: one",
        )
    if n_several:
        share = n_several / max(1, int(np.count_nonzero(values)))
        notes.append(f"{where}: {n_several:,} bins with several spikes ({share:.2%} of those with any) count as one")
    return (values > 0).astype(np.uint8)


def _checked(activity: Activity, where: str) -> Activity:
    n_bins, n_neurons = activity.values.shape
    if n_neurons > n_bins:
        raise RecordingError(
            where, got=f"{n_neurons} neurons and {n_bins} bins", expected="more bins than neurons",
            fix="the axes may be exchanged: (bin, neuron), or samples (sample, neuron, bin)",
        )  # fmt: skip
    rates = activity.values.mean(axis=0)
    silent, always = np.flatnonzero(rates == 0), np.flatnonzero(rates == 1)
    if silent.size + always.size == n_neurons:
        raise RecordingError(
            where, got="no neuron that sometimes fires and sometimes does not", expected="spikes in bins",
            fix="name the data set with the spikes",
        )  # fmt: skip
    findings = [
        Finding(
            "warning", code, f"{where}, neurons {', '.join(map(str, columns[:_LISTED]))}",
            got=f"{got} in {columns.size} neurons", expected="neurons that sometimes fire",
            fix="leave them out of the file: nothing can be learned of them",
        )
        for code, columns, got in (("silent", silent, "no spike"), ("always", always, "a spike in every bin"))
        if columns.size
    ]  # fmt: skip
    return replace(activity, findings=(*activity.findings, *findings))
