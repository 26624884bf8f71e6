"""From a file to a day that can be used: unit, what is stated beside the file, policies on NaN and dead neurons."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from cyclegan_neuro.configuration.paths import expanded
from cyclegan_neuro.configuration.sections import RecordingSection
from cyclegan_neuro.errors import ConfigurationError, RecordingError
from cyclegan_neuro.recordings.checks import check
from cyclegan_neuro.recordings.checks.outliers import outlying_columns
from cyclegan_neuro.recordings.fields import neuron_names, read
from cyclegan_neuro.recordings.findings import Finding, log_warnings
from cyclegan_neuro.recordings.indicators import CELL_TYPES, INDICATORS, misspelt_cell_type, misspelt_indicator
from cyclegan_neuro.recordings.recording import Recording
from cyclegan_neuro.recordings.repair import constant_columns, interpolate_nan, nan_columns

__all__ = ["Reading", "load", "read_file"]


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
        Columns that the policies ``nan: drop_neuron``, ``dead_neurons: drop`` and ``outlying_neurons: drop`` leave out
        (on both days).
    notes : tuple of str
        What was done to the data.
    unit_stated : bool
        Whether the section or the file says in which unit ΔF/F is.
    findings : tuple of Finding
        What reading itself has to say.
    axes_stated : bool
        Whether the user insists that the first axis is time.
    filled_s : float, optional
        How long the runs of NaN are that were filled, where that was asked for.
    """

    recording: Recording
    where: str
    dropped: np.ndarray
    notes: tuple[str, ...]
    unit_stated: bool
    findings: tuple[Finding, ...] = ()
    axes_stated: bool = False
    filled_s: float | None = None

    @property
    def kept(self) -> Recording:
        """The recording without the dropped neurons."""
        if not self.dropped.size:
            return self.recording
        return self.recording.select_neurons(np.delete(np.arange(self.recording.n_neurons), self.dropped))

    def check(self) -> list[Finding]:
        """Return what the checks say of the recording without the dropped neurons."""
        found = check(self.kept, where=self.where, unit_stated=self.unit_stated)
        if self.axes_stated:
            found = [replace(one, severity="warning") if one.code == "transposed" else one for one in found]
        if self.filled_s is not None:
            fix = f"runs up to nan_gap_s: {self.filled_s:g} are filled: raise it, or set nan: drop_neuron"
            found = [replace(one, fix=fix) if one.code == "nan" else one for one in found]
        return [*found, *self.findings]


def read_file(
    path: str | os.PathLike,
    *,
    fields: Mapping[str, str | None] | None = None,
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
        With ΔF/F as it stands in the file, or computed with the defaults where the file says that it holds raw
        fluorescence.

    Raises
    ------
    RecordingError
        If the file cannot be read, or a field is missing or of the wrong type or shape.

    Examples
    --------
    >>> recording = read_file("day1.h5", fields={"dff": "traces"}, frame_rate_hz=24.0)  # doctest: +SKIP
    """
    path = expanded(path)
    rate = None if frame_rate_hz is None else float(frame_rate_hz)
    section = RecordingSection(
        path=str(path), format=format, fields=dict(fields or {}), frame_rate_hz=rate, transpose=transpose
    )
    found = read(path, section)
    log_warnings(found.findings)
    return found.recording


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
    path = Path(base_directory) / expanded(section.path)
    where = section._called or str(path)
    found = read(path, section)
    recording = found.recording
    notes = [f"{where}: {text}" for text in found.notes]
    if section.transpose:
        notes.append(f"{where}: matrix transposed from (neuron, time)")
    if section.frame_rate_hz is not None:
        notes.append(f"{where}: frame rate {section.frame_rate_hz:g} Hz from the configuration")
    recording = replace(recording, **_stated(section, where))
    unit = section.unit or found.unit
    if unit == "percent":
        recording = replace(recording, dff=recording.dff / np.float32(100))
        notes.append(f"{where}: ΔF/F divided by 100 (percent to fraction)")
    if section.nan == "interpolate":
        recording, note = _interpolated(recording, section.nan_gap_s)
        notes.extend(f"{where}: {text}" for text in note)
    dropped, note = _dropped(recording, section, without_baseline=found.without_baseline)
    notes.extend(f"{where}: {text}" for text in note)
    if dropped.size == recording.n_neurons:
        raise RecordingError(
            where,
            got=f"{dropped.size} neurons, all dropped ({'; '.join(note)})",
            expected="neurons to keep",
            fix="nan: interpolate, or another file" if section.nan == "drop_neuron" else "another file",
        )
    stated = unit in ("fraction", "percent")
    return Reading(
        recording, where, dropped, tuple(notes), unit_stated=stated, findings=found.findings,
        axes_stated=section.transpose is False, filled_s=section.nan_gap_s if section.nan == "interpolate" else None,
    )  # fmt: skip


def _stated(section: RecordingSection, where: str) -> dict[str, Any]:
    """Return what the section says of indicator and cell type; a slip of the pen is an error here, not another name."""
    stated = {}
    for name, misspelt, known in (
        ("indicator", misspelt_indicator, INDICATORS), ("cell_type", misspelt_cell_type, CELL_TYPES)
    ):  # fmt: skip
        if text := getattr(section, name):
            if near := misspelt(text):
                raise ConfigurationError(
                    f"{where}, {name}", got=f"'{text}'", expected=f"one of {', '.join(known)}",
                    fix=f"did you mean '{near}'?",
                )  # fmt: skip
            stated[name] = text
    return stated


def _interpolated(recording: Recording, nan_gap_s: float) -> tuple[Recording, list[str]]:
    max_frames = round(nan_gap_s * recording.frame_rate_hz)
    dff, filled = interpolate_nan(recording.dff, gaps=recording.gaps, max_frames=max_frames)
    runs = [length for lengths in filled.values() for length in lengths]
    if not runs:
        return recording, []
    note = f"{sum(runs)} NaN in {len(filled)} neurons interpolated (runs up to {max(runs)} frames)"
    return replace(recording, dff=dff), [note]


def _dropped(
    recording: Recording, section: RecordingSection, *, without_baseline: np.ndarray
) -> tuple[np.ndarray, list[str]]:
    dropped, notes, ids = np.zeros(0, np.int64), [], neuron_names(recording)
    for wanted, find, reason in (
        (True, lambda dff: without_baseline, "F0 near or below 0"),
        (section.nan == "drop_neuron", lambda dff: np.setdiff1d(nan_columns(dff), without_baseline), "NaN"),
        (section.dead_neurons == "drop", constant_columns, "a constant trace"),
        (section.outlying_neurons == "drop", outlying_columns, "values far beyond all others"),
    ):
        columns = find(recording.dff) if wanted else dropped[:0]
        if columns.size:
            names = ", ".join(ids[column] for column in columns)
            notes.append(f"{columns.size} neurons with {reason} dropped: {names}")
        dropped = np.union1d(dropped, columns)
    return dropped, notes
