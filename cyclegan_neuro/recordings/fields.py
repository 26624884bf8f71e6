"""From a file to a :class:`Recording`: fields found by name, which neurons, ΔF/F of what is raw fluorescence."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

import numpy as np

from cyclegan_neuro.configuration.sections import BaselineSection, RecordingSection
from cyclegan_neuro.errors import RecordingError, UserError
from cyclegan_neuro.recordings import readers
from cyclegan_neuro.recordings.conversion import convert, matrix_sizes, require_valid_time
from cyclegan_neuro.recordings.dff import RELATIVE_NOISE, delta_f_over_f
from cyclegan_neuro.recordings.findings import Finding
from cyclegan_neuro.recordings.layout import FIELDS, FieldSpec, Value, from_fields
from cyclegan_neuro.recordings.memory import require_room
from cyclegan_neuro.recordings.readers.base import Entry, Source, damaged
from cyclegan_neuro.recordings.recording import Recording

__all__ = ["Read", "neuron_names", "read"]

_LISTED = 20
_READ_ANYWAY, _MOST_TIMES = 2**20, 4  # values of an array that says too late that it is of another length
_NEEDED = ("dff", "frame_rate_hz")
_DECISIVE = (*_NEEDED, "neuropil", "gaps", "data_origin", "days_mixed")  # without them traces are something else
_KNOWN = {
    "raw": "raw fluorescence", "dff": "ΔF/F", "no background": "traces without their background",
    "detrended": "detrended traces without their background",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Read:
    """A recording as it stands in the file, but for ΔF/F of raw fluorescence.

    Attributes
    ----------
    recording : Recording
    without_baseline : ndarray of int64, shape (neuron,)
        Columns of NaN, where F0 is near or below 0.
    notes : tuple of str
        Which neurons were chosen, and how ΔF/F was computed.
    findings : tuple of Finding
        What is worth a warning about that, and which fields could not be read.
    unit : {"fraction", "percent"}, optional
        Unit of ΔF/F, where the file states it.
    """

    recording: Recording
    without_baseline: np.ndarray
    notes: tuple[str, ...]
    findings: tuple[Finding, ...] = ()
    unit: Literal["fraction", "percent"] | None = None


def read(path: Path, section: RecordingSection) -> Read:
    """Read what a file holds; unit, indicator and policies of the section are left to the caller.

    Raises
    ------
    RecordingError
        If the file cannot be read, a field is missing or of the wrong type or shape, the traces are denoised, or F0 of
        raw fluorescence is near 0.
    """
    with readers.open_source(path, section.format) as opened:
        _require_known(section.fields)
        named = {field: name for field, name in section.fields.items() if name is not None}
        source, names = opened.resolve(named, frame_rate_hz=section.frame_rate_hz, transpose=bool(section.transpose))
        source.select(rois=section.rois, min_probability=section.min_probability)
        values, is_raw, left_out = _read_fields(source, names, section)
        notes = (*source.notes, *_centres_in_um(values, source, section))
    neuropil = values.pop("neuropil", None)
    if not values.get("source"):
        values["source"] = str(path)
    recording = from_fields(values)
    if not is_raw:
        return Read(recording, np.zeros(0, np.int64), notes, tuple(left_out), unit=source.unit)
    settings = section.baseline or BaselineSection()
    made = delta_f_over_f(
        recording.dff, frame_rate_hz=recording.frame_rate_hz, settings=settings, neuropil=neuropil,
        names=neuron_names(recording), where=str(path),
    )  # fmt: skip
    findings = [*left_out, *([_not_dff(str(path))] if settings.divide_by == "noise" else [])]
    return Read(replace(recording, dff=made.dff), made.without_baseline, (*notes, made.note), tuple(findings))


def _not_dff(where: str) -> Finding:
    return Finding(
        "warning",
        "noise_units",
        f"{where}, field dff",
        got=f"raw traces divided by their noise ({RELATIVE_NOISE:g} % per sqrt(Hz) in every neuron)",
        expected="ΔF/F",
        fix="compare no amplitudes between neurons, nor with other recordings; export ΔF/F where there is an F0",
    )


def neuron_names(recording: Recording) -> tuple[str, ...]:
    """Return what messages call the neurons: ROI ids, rows in the program that found them, or columns."""
    rows = range(recording.n_neurons) if recording.roi_rows is None else recording.roi_rows
    return recording.roi_ids or tuple(str(row) for row in rows)


def _centres_in_um(values: dict, source: Source, section: RecordingSection) -> tuple[str, ...]:
    in_pixels = source.centres_in_pixels and "roi_xy_um" in values and "roi_xy_um" not in section.fields
    if section.um_per_pixel is not None:
        if not in_pixels:
            raise RecordingError(
                f"{source.path}, um_per_pixel", got=f"{section.um_per_pixel:g}, and no ROI centres in pixels",
                expected="a file with ROI centres in pixels", fix="remove um_per_pixel",
            )  # fmt: skip
        values["roi_xy_um"] = values["roi_xy_um"] * np.float32(section.um_per_pixel)
        return (f"ROI centres from pixels of {section.um_per_pixel:g} µm",)
    if in_pixels:
        del values["roi_xy_um"]
        return ("ROI centres are in pixels of unknown size and were left out (um_per_pixel)",)
    return ()


def _require_known(fields: Mapping[str, str | None]) -> None:
    for name in fields:
        if name not in FIELDS:
            near = get_close_matches(name, FIELDS, n=1)
            raise RecordingError(
                f"fields.{name}",
                got="an unknown field",
                expected=f"one of {', '.join(FIELDS)}",
                fix=f"did you mean '{near[0]}'?" if near else "remove it",
            )
        if fields[name] is None and name in _NEEDED:
            raise RecordingError(
                f"fields.{name}", got="null", expected="a name: nothing can be read without it", fix="remove it"
            )


def _read_fields(
    source: Source, fields: Mapping[str, str], section: RecordingSection
) -> tuple[dict, bool, list[Finding]]:
    """Return values by field, whether those of ``dff`` are raw fluorescence, and which fields had to be left out."""
    is_raw, left_out = False, []
    values: dict = {} if section.frame_rate_hz is None else {"frame_rate_hz": float(section.frame_rate_hz)}
    sizes: dict[str, int] = {}
    for name, spec in FIELDS.items():
        ignored = name in section.fields and section.fields[name] is None
        if name in values or ignored or (name == "neuropil" and not is_raw):  # dff comes first
            continue
        needed = name in (*_DECISIVE, *fields, *section.fields)
        entry = None
        try:
            entry = _find(source, name, fields)
            if entry is None or (0 in entry.shape and not needed):
                continue
            if name == "dff":
                is_raw, sizes = _require_traces(source, entry, section)
            values[name] = _value(source, entry, spec, sizes=sizes, transpose=bool(section.transpose))
        except Exception as error:  # whatever a library makes of damaged bytes
            told = error if isinstance(error, UserError) else damaged(source.path, f"field '{name}'", error)
            if needed or (entry is not None and _tells_transposed(entry, spec, sizes)):
                raise told from (error if told is not error else error.__cause__)
            left_out.append(_left_out(name, told))
    require_valid_time(values, where=str(source.path))
    return values, is_raw, left_out


def _value(source: Source, entry: Entry, spec: FieldSpec, *, sizes: dict[str, int], transpose: bool) -> Value:
    where = f"{source.path}, field '{entry.name}'"
    _require_kind(entry, spec.name, where)
    _require_fitting(entry, spec, where, sizes)
    matrix = spec.axes == ("time", "neuron")
    dtype = spec.dtype if spec.kind == "real" and matrix else None
    value = source.read(entry.name, dtype=dtype, transpose=transpose and matrix)
    return convert(value, spec, where=where, sizes=sizes)


def _require_fitting(entry: Entry, spec: FieldSpec, where: str, sizes: dict[str, int]) -> None:
    """Refuse a large array whose values cannot be those of the field, before they are read."""
    values, needed = math.prod(entry.shape), math.prod(sizes.get(axis, 2) for axis in spec.axes)
    if sizes and values > max(_READ_ANYWAY, _MOST_TIMES * needed):
        raise RecordingError(
            where, got=f"shape {entry.shape}", expected=f"{' by '.join(spec.axes) or 'a single value'}, of "
            f"{sizes['time']:,} frames of {sizes['neuron']:,} neurons", fix="name the field of this day",
        )  # fmt: skip


def _require_traces(source: Source, entry: Entry, section: RecordingSection) -> tuple[bool, dict[str, int]]:
    where = f"{source.path}, field '{entry.name}'"
    _require_kind(entry, "dff", where)
    return _require_quantity(entry, section, where), _require_matrix(entry, where, bool(section.transpose))


def _tells_transposed(entry: Entry, spec: FieldSpec, sizes: dict[str, int]) -> bool:
    """Whether a field of one axis is as long as the other one: then it is the matrix that is wrong."""
    if spec.axes not in (("neuron",), ("time",)) or sizes["time"] == sizes["neuron"]:
        return False
    return math.prod(entry.shape) == sizes["time" if spec.axes == ("neuron",) else "neuron"]


def _left_out(name: str, error: UserError) -> Finding:
    fix = f"{name} is left out: {error.fix}; fields: {{{name}: null}} leaves it out without a warning"
    return Finding("warning", "left_out", error.where, error.got, error.expected, fix)


def _find(source: Source, name: str, fields: Mapping[str, str]) -> Entry | None:
    wanted = fields.get(name, source.aliases.get(name, name))
    entry = source.find(wanted)
    if entry is None and (name in fields or name in _NEEDED):
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
    if not entries:
        hint = "name another file: this one holds no array, or groups and structures without one"
    listed = [str(entries[key]) for key in fitting or entries]
    more = f" and {len(listed) - _LISTED} more" if len(listed) > _LISTED else ""
    return RecordingError(
        f"{source.path}, field {name}",
        got=f"no '{wanted}'",
        expected=f"one of what is there: {', '.join(listed[:_LISTED]) or 'nothing'}{more}",
        fix=hint,
    )


def _require_quantity(entry: Entry, section: RecordingSection, where: str) -> bool:
    """Return whether the traces are raw fluorescence, as the format or the user says; denoised ones are refused."""
    if entry.quantity == "denoised":
        raise RecordingError(
            where,
            got="denoised or deconvolved traces",
            expected="traces as measured: spike inference and every comparison of noise would be wrong",
            fix="leave fields.dff out, or name the measured traces",
        )
    known, stated = _KNOWN.get(entry.quantity), section.unit in ("fraction", "percent")
    wrong = (stated and entry.quantity in ("raw", "no background")) or (section.unit, entry.quantity) == ("raw", "dff")
    if wrong and entry.certain:
        expected = f"{known}, as the format says"
        raise RecordingError(where, got=f"unit {section.unit}", expected=expected, fix="remove unit")
    has_no_f0 = entry.quantity in ("no background", "detrended") and not stated
    if has_no_f0 and (section.baseline is None or section.baseline.divide_by == "F0"):
        other = "; set unit: fraction if this is ΔF/F all the same" if entry.quantity == "detrended" else ""
        raise RecordingError(
            where, got=f"{known}: there is no F0 of the cell in them",
            expected="ΔF/F, or raw fluorescence with its background",
            fix="export ΔF/F from the program that made them, with the background (CaImAn: detrend_df_f where "
            "estimates has b and f, then cnm.save), or set baseline: {divide_by: noise}, which gives traces in units "
            f"of their noise{other}",
        )  # fmt: skip
    is_raw = has_no_f0 or (section.unit or entry.quantity) == "raw"
    for name, setting in (("baseline", section.baseline), ("fields.neuropil", section.fields.get("neuropil"))):
        if setting is not None and not is_raw:
            raise RecordingError(
                where, got=f"{name}, and {known or 'traces of which nobody says that they are raw'}",
                expected="raw fluorescence to compute ΔF/F of", fix=f"remove {name}, or set unit: raw",
            )  # fmt: skip
    return is_raw


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
            fix=entry.remedy or "name another field, or save it as a plain array",
        )


def _require_matrix(entry: Entry, where: str, transpose: bool) -> dict[str, int]:
    sizes = matrix_sizes(entry.shape[::-1] if transpose else entry.shape, where)
    require_room(where, shape=entry.shape, itemsize=4)
    return sizes
