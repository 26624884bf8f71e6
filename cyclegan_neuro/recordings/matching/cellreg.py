"""CellReg: ``cell_to_index_map`` (neuron, session) of its MATLAB files, counted from 1, 0 where there is none."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cyclegan_neuro.configuration.sections import MatchingSection
from cyclegan_neuro.errors import PairingError
from cyclegan_neuro.recordings.matching.table import MatchTable, numbered
from cyclegan_neuro.recordings.readers import open_source
from cyclegan_neuro.recordings.readers.base import Source

__all__ = ["read"]

_MAP, _SCORES = "cell_to_index_map", "cell_scores"
_GROUPS = ("", "cell_registered_struct/")
_VERSIONS = (
    "the file does not say which CellReg wrote it: versions 1.5.0 to 1.5.3 had a fault in the alignment of sessions, "
    "so look at its figures of the aligned footprints"
)


def read(path: Path, section: MatchingSection) -> MatchTable:
    """Read ``cellRegistered_*.mat`` (version 7.3), or an export of the map alone (version 5).

    Notes
    -----
    In version 7.3, which is HDF5, the axes lie in reverse; the MATLAB reader gives them in MATLAB's order. Numbers of
    any type are made int64 first: exports in uint16 would turn 0 - 1 into 65,535.
    """
    with open_source(path, "mat") as source:
        name = _find(source, _MAP)
        values = np.asarray(source.read(name), np.float64)
        scores = _scores(source, len(values))
    where = f"{path}, field '{name}'"
    if values.ndim != 2 or values.shape[1] < 2:
        raise PairingError(
            where, got=f"shape {values.shape}", expected="(neuron, session), two sessions or more",
            fix="name the file that CellReg wrote after registering both days",
        )  # fmt: skip
    if not np.all((values >= 0) & (values == np.round(values)) & (values < 2**53)):  # NaN too
        raise PairingError(
            where, got="negative numbers, NaN or fractions", expected="numbers of ROIs from 1, 0 for none",
            fix="name the file as CellReg wrote it",
        )  # fmt: skip
    largest = tuple(int(column.max()) for column in values.T)
    return MatchTable(
        numbered(values - 1, absent=values == 0), base=1, n_rois=largest, scores=scores, score_name=_SCORES,
        notes=(_VERSIONS,),
    )  # fmt: skip


def _find(source: Source, wanted: str) -> str:
    for group in _GROUPS:
        if source.find(group + wanted):
            return group + wanted
    entries = source.entries()
    nested = next((name for name in entries if name.rsplit("/", 1)[-1] == wanted), None)
    if nested is None:
        raise PairingError(
            f"{source.path}, field {wanted}", got="none", expected=f"one of what is there: {', '.join(entries) or '-'}",
            fix="name the file cellRegistered_*.mat that CellReg wrote, not its footprints",
        )  # fmt: skip
    return nested


def _scores(source: Source, n_cells: int) -> np.ndarray | None:
    """Return the confidences, which some versions do not write."""
    for group in _GROUPS:
        entry = source.find(group + _SCORES)
        if entry is not None and entry.kind == "number" and int(np.prod(entry.shape)) == n_cells:
            return np.asarray(source.read(entry.name), np.float64).reshape(-1)
    return None
