"""From a file to trials: firing rates in bins, or spike times with a table of trials."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.populations.fields import Fields
from cyclegan_neuro.populations.reading import read_origin
from cyclegan_neuro.populations.spike_tables import count_in_rows
from cyclegan_neuro.populations.trials.arrays import join_days, trials_from_arrays
from cyclegan_neuro.populations.trials.sections import DEFAULT_FIELDS, TrialFileSection, TrialsSection
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
        fields = Fields(source, file, key, defaults=DEFAULT_FIELDS[section.source], axes={"values": 2})
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
    table = count_in_rows(fields, fields.bin_s())
    lengths = [len(part) for part in table.counts]
    condition, held_out = table.column("condition"), table.column("held_out")
    return trials_from_arrays(
        np.concatenate(table.counts) / table.bin_s, np.repeat(table.rows, lengths), bin_s=table.bin_s,
        held_out=held_out, condition=None if condition is None else np.repeat(condition, lengths),
        n_conditions=n_conditions, time=np.concatenate([np.arange(length) for length in lengths]),
        source=fields.label, names=fields.short | {"values": fields.short["spike_times"]}, notes=table.notes,
        data_origin=read_origin(fields.source),
    )  # fmt: skip
