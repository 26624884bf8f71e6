"""Values that are missing, infinite, constant or not ΔF/F at all."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cyclegan_neuro.recordings.findings import Finding
from cyclegan_neuro.recordings.frames import frames_text, runs
from cyclegan_neuro.recordings.recording import Recording
from cyclegan_neuro.recordings.repair import constant_columns, nan_columns

__all__ = ["constant", "infinite", "neurons_text", "not_a_number", "whole_numbers"]

_LISTED = 8
_SAMPLE = 1_000_000


def neurons_text(recording: Recording, columns: np.ndarray) -> str:
    """Name neurons by column, with their ids where there are any; long lists are cut."""
    ids = recording.roi_ids
    names = [str(c) if ids is None else f"{c} ({ids[c]})" for c in columns[:_LISTED]]
    more = f" and {len(columns) - _LISTED} more" if len(columns) > _LISTED else ""
    return f"neuron{'s' if len(columns) > 1 else ''} {', '.join(names)}{more}"


def not_a_number(recording: Recording, where: str) -> Iterator[Finding]:
    """NaN, with neurons and runs of frames."""
    columns = nan_columns(recording.dff)
    if not columns.size:
        return
    missing = np.isnan(recording.dff[:, columns])
    intervals = runs(missing.any(axis=1))
    yield Finding(
        "critical",
        "nan",
        f"{where}, {neurons_text(recording, columns)}",
        got=f"{int(missing.sum()):,} NaN in {frames_text(intervals)}",
        expected="a number in every frame",
        fix="set nan: interpolate (runs up to nan_gap_s) or nan: drop_neuron (on both days)",
    )


def infinite(recording: Recording, where: str) -> Iterator[Finding]:
    """Infinite values, which are never mended."""
    mask = np.isinf(recording.dff)
    columns = np.flatnonzero(mask.any(axis=0))
    if not columns.size:
        return
    yield Finding(
        "critical",
        "infinite",
        f"{where}, {neurons_text(recording, columns)}",
        got=f"{int(mask.sum()):,} infinite values in {frames_text(runs(mask.any(axis=1)))}",
        expected="finite values; a baseline F0 of 0 makes them infinite",
        fix="compute ΔF/F again with a baseline above 0, or write NaN there and choose a nan policy",
    )


def constant(recording: Recording, where: str) -> Iterator[Finding]:
    """Dead neurons: one value in all frames."""
    columns = constant_columns(recording.dff)
    if not columns.size:
        return
    everywhere = columns.size == recording.n_neurons
    yield Finding(
        "critical" if everywhere else "warning",
        "constant",
        f"{where}, {neurons_text(recording, columns)}",
        got=f"a constant trace ({columns.size} of {recording.n_neurons} neurons)",
        expected="a trace that varies",
        fix="name the field that holds the traces"
        if everywhere
        else "set dead_neurons: drop (on both days), or keep them: they stay at mid-scale and out of correlations",
    )


def whole_numbers(recording: Recording, where: str) -> Iterator[Finding]:
    """Integers: camera counts, spike counts or labels, but not ΔF/F."""
    dff = recording.dff
    if _has_fraction(dff[: max(1, _SAMPLE // recording.n_neurons)]):  # spares a copy of nearly every recording
        return
    finite = dff[np.isfinite(dff)]
    if not finite.size or finite.min() == finite.max() or _has_fraction(finite):
        return
    low, high = finite.min(), finite.max()
    looks = "looks like raw fluorescence" if high > 20 else "looks like spike or event counts"
    yield Finding(
        "critical",
        "whole_numbers",
        f"{where}, field dff",
        got=f"whole numbers only, from {low:.0f} to {high:.0f}: {looks}",
        expected="ΔF/F as a fraction",
        fix="set unit: raw and ΔF/F is computed, or name the field that holds ΔF/F"
        if high > 20
        else "name the field that holds ΔF/F",
    )


def _has_fraction(values: np.ndarray) -> bool:
    return bool(np.any(np.isfinite(values) & (values != np.round(values))))
