"""Spikes of units, counted in the bins of every trial of a table, as NWB keeps both."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.populations.clocks import spike_clock
from cyclegan_neuro.populations.fields import Fields
from cyclegan_neuro.populations.reading import bin_spike_times, split_units
from cyclegan_neuro.recordings.checks import require

__all__ = ["SpikeTable", "count_in_rows", "one_bin_s"]

#: Shortest trial, relative to the median, when all are counted over its duration.
_SHORTEST = 0.8


@dataclass(frozen=True, eq=False)
class SpikeTable:
    """Counts of the trials of a table whose times are known.

    Attributes
    ----------
    counts : list of ndarray of int64, shape (bin, unit)
        One for each of ``rows``.
    rows : ndarray of int64, shape (trial,)
        Rows of the table.
    bin_s : float
    notes : tuple of str
    """

    fields: Fields
    counts: list[np.ndarray]
    rows: np.ndarray
    n_rows: int
    bin_s: float
    notes: tuple[str, ...]

    def column(self, name: str) -> np.ndarray | None:
        """Return a column of the table, of ``rows``; None if there is none.

        Raises
        ------
        RecordingError
            If it has another length, or is text where numbers are asked for.
        """
        column = self.fields.get(name)
        if column is not None and len(column) != self.n_rows:
            raise RecordingError(
                self.fields.where(name), got=f"{len(column):,} values",
                expected=f"one for each of {self.n_rows} trials", fix="name the column of the table of trials",
            )  # fmt: skip
        return None if column is None else column[self.rows]


def count_in_rows(fields: Fields, bin_s: float | None) -> SpikeTable:
    """Count spikes in bins within trials.

    Parameters
    ----------
    fields : Fields
        With spike_times, spike_times_index, start_time and stop_time.
    bin_s : float, optional
        A last bin that is not whole is left out; when absent each trial is one bin, as long as the shortest trial.

    Raises
    ------
    RecordingError
        If fields are missing or do not fit, trials overlap, are shorter than a bin, or are mostly without spikes.
    """
    times = fields.need("spike_times", "units/spike_times")
    ends = fields.need("spike_times_index", "units/spike_times_index")
    starts = fields.need("start_time", "intervals/trials/start_time")
    stops = fields.need("stop_time", "intervals/trials/stop_time")
    where, where_ends = fields.where("spike_times"), fields.where("spike_times_index")
    units = split_units(times, ends, where=where, where_ends=where_ends, before_0=True)  # trials say when
    require(spike_clock(units, where))
    rows = _known_rows(starts, stops, bin_s or 0.0, fields)
    first, last = starts[rows], stops[rows]
    one_each = bin_s is None
    if bin_s is None:
        bin_s = one_bin_s(last - first, fields.where("stop_time"))
    in_order = [np.sort(unit) for unit in units]
    counts = [_in_trial(in_order, start, stop, bin_s) for start, stop in zip(first, last, strict=True)]
    counts = [part[:1] for part in counts] if one_each else counts
    _require_one_clock(counts, times, first, last, fields)
    notes = [f"{len(times):,} spikes of {len(units)} units, in {sum(map(len, counts)):,} bins of {bin_s:g} s of trials"]
    if len(rows) < len(starts):
        notes.append(
            f"{fields.where('stop_time')}: {len(starts) - len(rows)} trials without start or stop are left out"
        )
    return SpikeTable(fields, counts, rows, len(starts), bin_s, tuple(notes))


def one_bin_s(durations_s: np.ndarray, where: str) -> float:
    """Return the duration that every trial has: the shortest, so that all are counted alike.

    Raises
    ------
    RecordingError
        If it is under 0.8 of the median.
    """
    shortest, median = float(np.min(durations_s)), float(np.median(durations_s))
    if shortest < _SHORTEST * median:
        raise RecordingError(
            where, got=f"trials of {shortest:g} to {float(np.max(durations_s)):g} s (median {median:g} s)",
            expected="trials of about one duration where each is one bin",
            fix="give a bin (bin_s), or leave the short ones out",
        )  # fmt: skip
    return round(shortest, 9)


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
    """Return the rows of the table with known times; refuse trials that overlap, or are shorter than a bin.

    With a bin of 0 s a trial may be as short as it likes, but not without duration.
    """
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
    short = np.flatnonzero((last - first < bin_s * (1 - 1e-9)) | (last <= first))
    overlap = np.flatnonzero(first[1:] < last[:-1] - 1e-6) + 1
    for rows, got, expected in (
        (short, "shorter than a bin, or ends before its start", f"at least {bin_s:g} s" if bin_s else "some duration"),
        (overlap, "starts before the one before it stops", "trials one after the other: none shares spikes"),
    ):
        if rows.size:
            row = rows[0]
            raise RecordingError(
                where, got=f"trial {known[row]} ({first[row]:g} to {last[row]:g}): {got} ({rows.size} such)",
                expected=expected, fix="mend the table of trials, or write NaN there: such trials are left out",
            )  # fmt: skip
    return known
