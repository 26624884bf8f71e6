"""From a file to trials: firing rates in bins, or spike times with a table of trials."""

from __future__ import annotations

from difflib import get_close_matches
from itertools import pairwise
from pathlib import Path

import numpy as np

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.populations.reading import bin_spike_times, read_origin, split_units
from cyclegan_neuro.populations.trials.arrays import join_days, trials_from_arrays
from cyclegan_neuro.populations.trials.sections import DEFAULT_FIELDS, TrialFileSection, TrialsSection
from cyclegan_neuro.populations.trials.trials import Trials
from cyclegan_neuro.recordings import readers
from cyclegan_neuro.recordings.memory import require_room
from cyclegan_neuro.recordings.readers.base import Source

__all__ = ["read_trials"]

_LISTED = 20
#: Longest piece of a recording without trials: blocks that folds and intervals are made of.
_PIECE_S = 10.0


def read_trials(section: TrialsSection) -> Trials:
    """Read the file, or the files of two days, of source ``rates`` or ``spike_times``.

    Raises
    ------
    RecordingError
        If a file cannot be read, a field is missing or has another shape, or a check finds something critical.
    PairingError
        If the two days do not go together.
    """
    days = [
        _read_day(file, section, key)
        for key, file in (("data.x", section.x), ("data.y", section.y))
        if file is not None
    ]
    return join_days(*days) if len(days) == 2 else days[0]


def _read_day(file: TrialFileSection, section: TrialsSection, key: str) -> Trials:
    with readers.open_source(Path(file.path)) as source:
        fields = _Fields(source, file, section.source, key)
        read = _read_rates if section.source == "rates" else _read_spike_times
        return read(fields, section.n_conditions)


class _Fields:
    """Fields of a group of an open file, by what they mean."""

    def __init__(self, source: Source, file: TrialFileSection, kind: str, key: str):
        self.source, self.file, self.key = source, file, key
        self.group = file.group.strip("/")
        self.names: dict[str, str] = {}
        for field, defaults in DEFAULT_FIELDS[kind].items():
            given = file.fields.get(field)
            names = defaults if given is None else (given,) if given else ()
            found = next((name for name in map(self._full, names) if source.find(name) is not None), None)
            if found is not None:
                self.names[field] = found
            elif given:
                raise self._missing(field, given)

    def _full(self, name: str) -> str:
        return f"{self.group}/{name}" if self.group else name

    def where(self, field: str) -> str:
        return f"{self.source.path}, field '{self.names[field]}'"

    def need(self, field: str, default: str) -> np.ndarray:
        """Return the numbers of a field without which nothing can be read."""
        if field not in self.names:
            raise self._missing(field, default)
        return self.get(field)

    def get(self, field: str) -> np.ndarray | None:
        """Return the numbers of a field, vectors of one axis also where MATLAB gave them two; None if it is absent."""
        if field not in self.names:
            return None
        name = self.names[field]
        entry = self.source.find(name)
        if entry.kind != "number":
            raise RecordingError(
                self.where(field), got=f"{entry.type_name} of shape {entry.shape}", expected="real numbers",
                fix=f"name a field of numbers in {self.key}.fields, for example conditions as whole numbers from 0",
            )  # fmt: skip
        require_room(self.where(field), shape=entry.shape, itemsize=8)
        array = self.source.read(name)
        return array.reshape(-1) if array.ndim == 2 and 1 in array.shape and field != "values" else array

    def attribute(self, name: str) -> np.ndarray | None:
        """Return an attribute of the group or of the file, or a data set of that name."""
        places = [f"{self.group}@{name}", f"{self.group}/{name}", name] if self.group else [name]
        found = next((place for place in places if self.source.find(place) is not None), None)
        return None if found is None else np.asarray(self.source.read(found)).reshape(-1)

    def bin_s(self) -> float:
        """Return the duration of a bin: as configured, else an attribute of the file, else steps of ``time_s``."""
        if self.file.bin_s is not None:
            return self.file.bin_s
        for name, of in (("bin_s", lambda value: value), ("rate_hz", lambda value: 1.0 / value)):
            value = self.attribute(name)
            if value is not None and value.size == 1 and value.dtype.kind in "iuf" and value[0] > 0:
                return float(of(value[0]))
        seconds = self.get("time_s")
        if seconds is not None and len(seconds) > 1 and np.median(np.diff(seconds)) > 0:
            return float(np.round(np.median(np.diff(seconds)), 9))
        raise RecordingError(
            f"{self.source.path}, {self.key}.bin_s", got="nothing", expected="the duration of a bin in seconds, there "
            "or as an attribute bin_s of the group", fix=f"set {self.key}.bin_s, for example 0.1",
        )  # fmt: skip

    def _missing(self, field: str, wanted: str) -> RecordingError:
        entries = {n: e for n, e in self.source.entries().items() if e.kind == "number" and not e.attribute}
        inside = {n.removeprefix(f"{self.group}/"): e for n, e in entries.items() if n.startswith(self._full(""))}
        inside = {n: e for n, e in inside.items() if field != "values" or len(e.shape) == 2}
        near = get_close_matches(wanted, inside, n=1, cutoff=0.5)
        listed = ", ".join(f"{name} {entry.shape}" for name, entry in list(inside.items())[:_LISTED])
        fix = f"set {self.key}.fields: {{{field}: ...}}"
        if near:
            fix = f"did you mean '{near[0]}'? Set {self.key}.fields: {{{field}: {near[0]}}}"
        elif not inside:
            groups = sorted({n.rpartition("/")[0] for n in entries} - {""})
            close = get_close_matches(self.group, groups, n=1, cutoff=0.0) or groups[:1]
            listed = f"groups {', '.join(groups[:_LISTED])}" if groups else ""
            fix = f"set {self.key}.group: {close[0]}" if close else "name another file"
        at = f", group '{self.group}'" if self.group else ""
        return RecordingError(
            f"{self.source.path}{at}", got=f"no '{wanted}' ({field})",
            expected=f"one of what is there: {listed or 'nothing'}", fix=fix,
        )  # fmt: skip


def _read_rates(fields: _Fields, n_conditions: int) -> Trials:
    values, bin_s, notes = fields.need("values", "firing_rates"), fields.bin_s(), []
    trial, targets = fields.get("trial"), fields.get("targets")
    if trial is None:
        trial = _pieces(len(values), bin_s, fields)
        notes.append(
            f"{fields.source.path} has no trials: {trial[-1] + 1} pieces of at most {_PIECE_S:g} s take their place"
        )
    names: tuple[str, ...] = ()
    if targets is not None:
        short = fields.names["targets"].rpartition("/")[2]
        named = fields.attribute(f"{short}_names")
        count = 1 if targets.ndim == 1 else targets.shape[-1]
        names = tuple(map(str, named)) if named is not None else tuple(f"{short} {n}" for n in range(count))
    return trials_from_arrays(
        values, trial, bin_s=bin_s, condition=fields.get("condition"), n_conditions=n_conditions,
        time=fields.get("time"), speed=fields.get("speed"), targets=targets, target_names=names,
        held_out=fields.get("held_out"), source=_source(fields), names=_short(fields),
        data_origin=read_origin(fields.source), notes=notes,
    )  # fmt: skip


def _source(fields: _Fields) -> str:
    return f"{fields.source.path}, {fields.group}" if fields.group else str(fields.source.path)


def _short(fields: _Fields) -> dict[str, str]:
    prefix = f"{fields.group}/" if fields.group else ""
    return {field: name.removeprefix(prefix) for field, name in fields.names.items()}


def _pieces(n_bins: int, bin_s: float, fields: _Fields) -> np.ndarray:
    """Number pieces of a continuous recording, of equal length within a stretch; none crosses a jump of ``time_s``."""
    seconds = fields.get("time_s")
    jumps = np.zeros(0, np.int64)
    if seconds is not None:
        steps = np.diff(seconds)
        if len(seconds) != n_bins or not (steps > 0).all():
            raise RecordingError(
                fields.where("time_s"), got=f"{len(seconds):,} values; {int((steps <= 0).sum()):,} do not rise",
                expected=f"a time in seconds for each of {n_bins:,} bins, rising", fix="name the times of these bins",
            )  # fmt: skip
        if abs(np.median(steps) - bin_s) > 0.05 * bin_s:
            raise RecordingError(
                fields.where("time_s"), got=f"steps of {np.median(steps):g} s", expected=f"bins of {bin_s:g} s",
                fix=f"set {fields.key}.bin_s: {np.median(steps):.6g}, or give times in seconds",
            )  # fmt: skip
        jumps = np.flatnonzero(steps > 1.5 * bin_s) + 1
    borders = [0, *jumps.tolist(), n_bins]
    trial = np.zeros(n_bins, np.int64)
    for first, end in pairwise(borders):
        n_pieces = max(1, int(np.ceil((end - first) * bin_s / _PIECE_S - 1e-9)))
        number = trial[first - 1] + 1 if first else 0
        trial[first:end] = number + np.arange(end - first) * n_pieces // (end - first)
    return trial


def _read_spike_times(fields: _Fields, n_conditions: int) -> Trials:
    times = fields.need("spike_times", "units/spike_times")
    ends = fields.need("spike_times_index", "units/spike_times_index")
    starts = fields.need("start_time", "intervals/trials/start_time")
    stops = fields.need("stop_time", "intervals/trials/stop_time")
    units = split_units(times, ends, where=fields.where("spike_times"), where_ends=fields.where("spike_times_index"))
    bin_s = fields.bin_s()
    _require_table(starts, stops, bin_s, fields)
    in_order = [np.sort(unit) for unit in units]
    counts = [_in_trial(in_order, start, stop, bin_s) for start, stop in zip(starts, stops, strict=True)]
    _require_one_clock(counts, times, starts, stops, fields)
    lengths = [len(part) for part in counts]
    condition = fields.get("condition")
    if condition is not None and len(condition) != len(starts):
        raise RecordingError(
            fields.where("condition"), got=f"{len(condition):,} values",
            expected=f"one for each of {len(starts)} trials", fix="name the column of the table of trials",
        )  # fmt: skip
    names = _short(fields)
    return trials_from_arrays(
        np.concatenate(counts) / bin_s, np.repeat(np.arange(len(counts)), lengths), bin_s=bin_s,
        condition=None if condition is None else np.repeat(condition, lengths), n_conditions=n_conditions,
        time=np.concatenate([np.arange(length) for length in lengths]), held_out=fields.get("held_out"),
        source=_source(fields), names=names | {"values": names["spike_times"]}, data_origin=read_origin(fields.source),
        notes=[f"{len(times):,} spikes of {len(units)} units, in {sum(lengths):,} bins of {bin_s:g} s of trials"],
    )  # fmt: skip


def _in_trial(units: list[np.ndarray], start: float, stop: float, bin_s: float) -> np.ndarray:
    """Count spikes from ``start`` to ``stop``, shape (bin, unit); ``units`` are sorted."""
    inside = [unit[slice(*np.searchsorted(unit, [start - bin_s, stop]))] - start for unit in units]
    return bin_spike_times(inside, bin_s=bin_s, duration_s=stop - start)


def _require_one_clock(
    counts: list[np.ndarray], times: np.ndarray, starts: np.ndarray, stops: np.ndarray, fields: _Fields
) -> None:
    """Refuse trials of which most hold no spike: times in other units, or from another start."""
    empty = np.mean([not part.any() for part in counts])
    if empty > 0.5:
        spikes = f"from {times.min():g} to {times.max():g}" if len(times) else "there are none"
        raise RecordingError(
            fields.where("start_time"), got=f"{empty:.0%} of trials without a spike (trials from {starts[0]:g} to "
            f"{stops[-1]:g}, spikes {spikes})", expected="trials and spikes in seconds of the same clock",
            fix="look at their units, and at what they count from",
        )  # fmt: skip


def _require_table(starts: np.ndarray, stops: np.ndarray, bin_s: float, fields: _Fields) -> None:
    """Refuse trials that overlap, go backwards, or are shorter than a bin."""
    where = fields.where("stop_time")
    if starts.shape != stops.shape or starts.ndim != 1 or not starts.size:
        raise RecordingError(
            where, got=f"{stops.shape} for starts {starts.shape}", expected="one stop for each start",
            fix="name columns of one table of trials",
        )  # fmt: skip
    unknown = np.flatnonzero(~(np.isfinite(starts) & np.isfinite(stops)))
    short = np.flatnonzero(stops - starts < bin_s * (1 - 1e-9))
    overlap = np.flatnonzero(starts[1:] < stops[:-1] - 1e-6) + 1
    for rows, got, expected in (
        (unknown, "NaN or infinity", "a time"),
        (short, "shorter than a bin, or ends before its start", f"at least {bin_s:g} s"),
        (overlap, "starts before the one before it stops", "trials one after the other: none shares spikes"),
    ):
        if rows.size:
            raise RecordingError(
                where, got=f"trial {rows[0]} ({starts[rows[0]]:g} to {stops[rows[0]]:g}): {got} ({rows.size} such)",
                expected=expected, fix="mend the table of trials, or leave these trials out of it",
            )  # fmt: skip
