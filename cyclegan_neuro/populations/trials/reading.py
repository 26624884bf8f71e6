"""From a file to trials: firing rates in bins, or spike times with a table of trials."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.populations.reading import bin_spike_times, read_origin, split_units
from cyclegan_neuro.populations.trials.arrays import join_days, trials_from_arrays
from cyclegan_neuro.populations.trials.fields import Fields
from cyclegan_neuro.populations.trials.sections import TrialFileSection, TrialsSection
from cyclegan_neuro.populations.trials.trials import Trials
from cyclegan_neuro.recordings import readers

__all__ = ["read_trials"]

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
        fields = Fields(source, file, section.source, key)
        read = _read_rates if section.source == "rates" else _read_spike_times
        return read(fields, section.n_conditions)


def _read_rates(fields: Fields, n_conditions: int) -> Trials:
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
        held_out=fields.get("held_out"), source=fields.label, names=fields.short,
        data_origin=read_origin(fields.source), notes=notes,
    )  # fmt: skip


def _pieces(n_bins: int, bin_s: float, fields: Fields) -> np.ndarray:
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


def _read_spike_times(fields: Fields, n_conditions: int) -> Trials:
    times = fields.need("spike_times", "units/spike_times")
    ends = fields.need("spike_times_index", "units/spike_times_index")
    starts = fields.need("start_time", "intervals/trials/start_time")
    stops = fields.need("stop_time", "intervals/trials/stop_time")
    units = split_units(times, ends, where=fields.where("spike_times"), where_ends=fields.where("spike_times_index"))
    bin_s = fields.bin_s()
    known = _known_rows(starts, stops, bin_s, fields)
    in_order = [np.sort(unit) for unit in units]
    counts = [_in_trial(in_order, start, stop, bin_s) for start, stop in zip(starts[known], stops[known], strict=True)]
    _require_one_clock(counts, times, starts[known], stops[known], fields)
    lengths = [len(part) for part in counts]
    condition, held_out = (_column(name, starts, known, fields) for name in ("condition", "held_out"))
    notes = [f"{len(times):,} spikes of {len(units)} units, in {sum(lengths):,} bins of {bin_s:g} s of trials"]
    if len(known) < len(starts):
        notes.append(
            f"{fields.where('stop_time')}: {len(starts) - len(known)} trials without start or stop are left out"
        )
    return trials_from_arrays(
        np.concatenate(counts) / bin_s, np.repeat(known, lengths), bin_s=bin_s, held_out=held_out,
        condition=None if condition is None else np.repeat(condition, lengths), n_conditions=n_conditions,
        time=np.concatenate([np.arange(length) for length in lengths]), source=fields.label,
        names=fields.short | {"values": fields.short["spike_times"]}, notes=notes,
        data_origin=read_origin(fields.source),
    )  # fmt: skip


def _column(name: str, starts: np.ndarray, known: np.ndarray, fields: Fields) -> np.ndarray | None:
    """Return a column of the table of trials, of the rows with known times."""
    column = fields.get(name)
    if column is not None and len(column) != len(starts):
        raise RecordingError(
            fields.where(name), got=f"{len(column):,} values", expected=f"one for each of {len(starts)} trials",
            fix="name the column of the table of trials",
        )  # fmt: skip
    return None if column is None else column[known]


def _in_trial(units: list[np.ndarray], start: float, stop: float, bin_s: float) -> np.ndarray:
    """Count spikes from ``start`` to ``stop``, shape (bin, unit); ``units`` are sorted."""
    inside = [unit[slice(*np.searchsorted(unit, [start - bin_s, stop]))] - start for unit in units]
    return bin_spike_times(inside, bin_s=bin_s, duration_s=stop - start)


def _require_one_clock(
    counts: list[np.ndarray], times: np.ndarray, starts: np.ndarray, stops: np.ndarray, fields: Fields
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


def _known_rows(starts: np.ndarray, stops: np.ndarray, bin_s: float, fields: Fields) -> np.ndarray:
    """Return the rows of the table with known times; refuse trials that overlap, or are shorter than a bin."""
    where = fields.where("stop_time")
    if starts.shape != stops.shape or starts.ndim != 1:
        raise RecordingError(
            where, got=f"{stops.shape} for starts {starts.shape}", expected="one stop for each start",
            fix="name columns of one table of trials",
        )  # fmt: skip
    known = np.flatnonzero(np.isfinite(starts) & np.isfinite(stops))
    if not known.size:
        raise RecordingError(
            where, got=f"NaN in all {len(starts)} trials, there or as start", expected="seconds",
            fix=f"name a column with the ends of trials: {fields.key}.fields: {{stop_time: ...}}",
        )  # fmt: skip
    first, last = starts[known], stops[known]
    short = np.flatnonzero(last - first < bin_s * (1 - 1e-9))
    overlap = np.flatnonzero(first[1:] < last[:-1] - 1e-6) + 1
    for rows, got, expected in (
        (short, "shorter than a bin, or ends before its start", f"at least {bin_s:g} s"),
        (overlap, "starts before the one before it stops", "trials one after the other: none shares spikes"),
    ):
        if rows.size:
            row = rows[0]
            raise RecordingError(
                where, got=f"trial {known[row]} ({first[row]:g} to {last[row]:g}): {got} ({rows.size} such)",
                expected=expected, fix="mend the table of trials, or write NaN there: such trials are left out",
            )  # fmt: skip
    return known
