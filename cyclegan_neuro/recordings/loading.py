"""From a file to a :class:`Recording`: fields found by name, unit, orientation, policies on NaN and dead neurons."""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path

import numpy as np

from cyclegan_neuro.configuration.sections import RecordingSection
from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings import readers
from cyclegan_neuro.recordings.checks import check
from cyclegan_neuro.recordings.conversion import convert, matrix_sizes, require_valid_time
from cyclegan_neuro.recordings.findings import Finding
from cyclegan_neuro.recordings.layout import FIELDS, FieldSpec, from_fields
from cyclegan_neuro.recordings.memory import require_room
from cyclegan_neuro.recordings.readers.base import Entry, Source
from cyclegan_neuro.recordings.recording import Recording
from cyclegan_neuro.recordings.repair import constant_columns, interpolate_nan, nan_columns

__all__ = ["Reading", "load", "read_file"]

_log = logging.getLogger(__name__)
_LISTED = 20


@dataclass(frozen=True, eq=False)
class Reading:
    """One day as it was read.

    Attributes
    ----------
    recording : Recording
        All neurons of the file; short runs of NaN are filled if that was asked for.
    where : str
        The file, for messages.
    dropped : ndarray of int64, shape (dropped neuron,)
        Columns that the policies ``nan: drop_neuron`` and ``dead_neurons: drop`` leave out (on both days).
    notes : tuple of str
        What was done to the data.
    unit_stated : bool
        Whether the section or the file says in which unit ΔF/F is.
    """

    recording: Recording
    where: str
    dropped: np.ndarray
    notes: tuple[str, ...]
    unit_stated: bool

    @property
    def kept(self) -> Recording:
        """The recording without the dropped neurons."""
        if not self.dropped.size:
            return self.recording
        return self.recording.select_neurons(np.delete(np.arange(self.recording.n_neurons), self.dropped))

    def check(self) -> list[Finding]:
        """Return what the checks say of the recording without the dropped neurons."""
        return check(self.kept, where=self.where, unit_stated=self.unit_stated)


def read_file(
    path: str | os.PathLike,
    *,
    fields: Mapping[str, str] | None = None,
    format: str = "auto",
    frame_rate_hz: float | None = None,
    transpose: bool = False,
) -> Recording:
    """Read a recording from a file of any known format.

    Parameters
    ----------
    path : path
    fields : mapping, optional
        Names in the file by field, for example ``{"dff": "traces/dff", "roi_ids": "cells"}``.
        Fields that are not named are looked for under their own name.
    format : str
        ``"auto"`` looks at the content.
    frame_rate_hz : float, optional
        Frame rate, if the file does not hold it or holds it wrongly.
    transpose : bool
        The matrix in the file is (neuron, time).

    Returns
    -------
    Recording
        With ΔF/F as it stands in the file.

    Raises
    ------
    RecordingError
        If the file cannot be read, or a field is missing or of the wrong type or shape.

    Examples
    --------
    >>> recording = read_file("day1.h5", fields={"dff": "traces"}, frame_rate_hz=24.0)  # doctest: +SKIP
    """
    return _read(Path(path).expanduser(), fields or {}, format, frame_rate_hz, transpose)[0]


def _read(
    path: Path, fields: Mapping[str, str], format: str, frame_rate_hz: float | None, transpose: bool
) -> tuple[Recording, Source]:
    """Return the recording, and what it was read from: closed, with what it has to say."""
    with readers.open_source(path, format) as opened:
        _require_known(fields)
        source, names = opened.resolve(fields, frame_rate_hz=frame_rate_hz)
        values = _read_fields(source, names, frame_rate_hz, transpose)
    if not values.get("source"):
        values["source"] = str(path)
    return from_fields(values), source


def load(section: RecordingSection, *, base_directory: Path) -> Reading:
    """Read one day as its section of the configuration says.

    Parameters
    ----------
    section : RecordingSection
    base_directory : Path
        Directory that relative paths start from.

    Raises
    ------
    RecordingError
        As :func:`read_file`, and if no neuron is left.

    Notes
    -----
    A pair of days has its own entry, :func:`cyclegan_neuro.recordings.pairing.read_pair`, which drops a neuron on both
    days even if the files have no ROI ids.
    """
    path = Path(base_directory) / Path(section.path).expanduser()
    where = section._called or str(path)
    recording, source = _read(path, section.fields, section.format, section.frame_rate_hz, section.transpose)
    notes = [f"{where}: {text}" for text in source.notes]
    if section.transpose:
        notes.append(f"{where}: matrix transposed from (neuron, time)")
    if section.frame_rate_hz is not None:
        notes.append(f"{where}: frame rate {section.frame_rate_hz:g} Hz from the configuration")
    if section.indicator:
        recording = replace(recording, indicator=section.indicator)
    unit = section.unit or source.unit
    if unit == "percent":
        recording = replace(recording, dff=recording.dff / np.float32(100))
        notes.append(f"{where}: ΔF/F divided by 100 (percent to fraction)")
    if section.nan == "interpolate":
        recording, note = _interpolated(recording, section.nan_gap_s)
        notes.extend(f"{where}: {text}" for text in note)
    dropped, note = _dropped(recording, section)
    notes.extend(f"{where}: {text}" for text in note)
    if dropped.size == recording.n_neurons:
        raise RecordingError(
            where,
            got=f"{dropped.size} neurons, all dropped ({'; '.join(note)})",
            expected="neurons to keep",
            fix="nan: interpolate, or another file",
        )
    return Reading(recording, where, dropped, tuple(notes), unit_stated=unit is not None)


def _interpolated(recording: Recording, nan_gap_s: float) -> tuple[Recording, list[str]]:
    max_frames = round(nan_gap_s * recording.frame_rate_hz)
    dff, filled = interpolate_nan(recording.dff, gaps=recording.gaps, max_frames=max_frames)
    runs = [length for lengths in filled.values() for length in lengths]
    if not runs:
        return recording, []
    note = f"{sum(runs)} NaN in {len(filled)} neurons interpolated (runs up to {max(runs)} frames)"
    return replace(recording, dff=dff), [note]


def _dropped(recording: Recording, section: RecordingSection) -> tuple[np.ndarray, list[str]]:
    dropped, notes, ids = np.zeros(0, np.int64), [], recording.roi_ids or range(recording.n_neurons)
    for wanted, find, reason in (
        (section.nan == "drop_neuron", nan_columns, "NaN"),
        (section.dead_neurons == "drop", constant_columns, "a constant trace"),
    ):
        columns = find(recording.dff) if wanted else dropped[:0]
        if columns.size:
            names = ", ".join(str(ids[column]) for column in columns)
            notes.append(f"{columns.size} neurons with {reason} dropped: {names}")
        dropped = np.union1d(dropped, columns)
    return dropped, notes


def _require_known(fields: Mapping[str, str]) -> None:
    for name in fields:
        if name not in FIELDS:
            near = get_close_matches(name, FIELDS, n=1)
            raise RecordingError(
                f"fields.{name}",
                got="an unknown field",
                expected=f"one of {', '.join(FIELDS)}",
                fix=f"did you mean '{near[0]}'?" if near else "remove it",
            )


def _read_fields(source: Source, fields: Mapping[str, str], frame_rate_hz: float | None, transpose: bool) -> dict:
    values: dict = {}
    sizes: dict[str, int] = {}
    for name, spec in FIELDS.items():
        if name == "frame_rate_hz" and frame_rate_hz is not None:
            values[name] = float(frame_rate_hz)
            continue
        entry = _find(source, name, fields)
        if entry is None:
            continue
        where = f"{source.path}, field '{entry.name}'"
        if name == "events" and name not in fields and not _counts_per_frame(entry, sizes):
            _log.warning("%s: %s of shape %s, not one count per frame: left out", where, entry.type_name, entry.shape)
            continue
        _require_kind(entry, name, where)
        matrix = spec.axes == ("time", "neuron")
        if name == "dff":
            sizes = _require_matrix(entry, where, transpose)
        dtype = spec.dtype if spec.kind == "real" and matrix else None
        values[name] = convert(
            source.read(entry.name, dtype=dtype, transpose=transpose and matrix), spec, where=where, sizes=sizes
        )
    require_valid_time(values, where=str(source.path))
    return values


def _find(source: Source, name: str, fields: Mapping[str, str]) -> Entry | None:
    wanted = fields.get(name, source.aliases.get(name, name))
    entry = source.find(wanted)
    if entry is None and (name in fields or name in ("dff", "frame_rate_hz")):
        raise _missing(source, name, wanted)
    return entry


def _missing(source: Source, name: str, wanted: str) -> RecordingError:
    entries = source.entries()
    others = FIELDS.keys() - {name}
    fitting = [key for key, entry in entries.items() if _could_be(entry, FIELDS[name]) and key not in others]
    near = get_close_matches(wanted, fitting, n=1, cutoff=0.5)
    if not near:  # 'dff' is near to 'session_1/dff', and near to anything if nothing else fits
        near = [key for key in fitting if key.replace("@", "/").rsplit("/", 1)[-1] == wanted][:1]
        near = near or (fitting if len(fitting) == 1 else [])
    hint = f"did you mean '{near[0]}'? Set fields: {{{name}: {near[0]}}}" if near else f"set fields: {{{name}: ...}}"
    if name == "frame_rate_hz":
        hint = f"{hint}, or frame_rate_hz: 30.0 with the rate of your microscope"
    listed = [str(entries[key]) for key in fitting or entries]
    more = f" and {len(listed) - _LISTED} more" if len(listed) > _LISTED else ""
    return RecordingError(
        f"{source.path}, field {name}",
        got=f"no '{wanted}'",
        expected=f"one of what is there: {', '.join(listed[:_LISTED]) or 'nothing'}{more}",
        fix=hint,
    )


def _counts_per_frame(entry: Entry, sizes: dict[str, int]) -> bool:
    """Whether 'events' can be onsets per frame: laboratories also call calcium events and tables of onset times so."""
    return entry.kind == "number" and math.prod(entry.shape) == sizes["time"]


def _could_be(entry: Entry, spec: FieldSpec) -> bool:
    if entry.kind not in _kinds(spec):
        return False
    if not spec.axes:
        return math.prod(entry.shape) == 1
    return len(entry.shape) == len(spec.axes) and not entry.attribute


def _kinds(spec: FieldSpec) -> tuple[str, ...]:
    return ("number", "text") if spec.kind == "text" else ("number",)


def _require_kind(entry: Entry, name: str, where: str) -> None:
    allowed = _kinds(FIELDS[name])
    if entry.kind not in allowed:
        raise RecordingError(
            where,
            got=f"{entry.type_name} of shape {entry.shape}",
            expected="text or numbers" if "text" in allowed else "real numbers",
            fix="name another field, or save it as a plain array",
        )


def _require_matrix(entry: Entry, where: str, transpose: bool) -> dict[str, int]:
    sizes = matrix_sizes(entry.shape[::-1] if transpose else entry.shape, where)
    require_room(where, shape=entry.shape, itemsize=4)
    return sizes
