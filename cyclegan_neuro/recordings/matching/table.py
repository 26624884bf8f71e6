"""The table that a registration tool wrote: which ROI of each session is one neuron."""

from __future__ import annotations

import importlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cyclegan_neuro.configuration.paths import expanded
from cyclegan_neuro.configuration.sections import MatchingSection
from cyclegan_neuro.errors import PairingError
from cyclegan_neuro.recordings.conversion import require_distinct_ids
from cyclegan_neuro.recordings.findings import Finding
from cyclegan_neuro.recordings.matching.ids import Matched, normalised
from cyclegan_neuro.recordings.readers._guard import decoding, require_file
from cyclegan_neuro.recordings.recording import Recording

__all__ = ["MatchTable", "match_by_table", "numbered", "read_table"]

_SHOWN = 5


@dataclass(frozen=True, eq=False)
class MatchTable:
    """Neurons by sessions, as one file of a registration tool says.

    Attributes
    ----------
    entries : ndarray of str, shape (neuron, session)
        The ROI that the neuron is in the session: a number from 0, or (of pairs by hand) an id; empty where it is none.
    base : int
        What the file counts ROIs from: 0 or 1.
    n_rois : tuple of int, optional
        ROIs that the table knows of each session, where it names all of them.
    scores : ndarray of float64, shape (neuron,), optional
        The tool's confidence in each neuron.
    score_name : str
        What the tool calls it.
    notes : tuple of str
        What is to be said of the file.
    """

    entries: np.ndarray
    base: int
    n_rois: tuple[int, ...] | None = None
    scores: np.ndarray | None = None
    score_name: str = ""
    notes: tuple[str, ...] = ()


def numbered(numbers: np.ndarray, *, absent: np.ndarray) -> np.ndarray:
    """Return ROI numbers from 0 as entries of a table, empty where a neuron is ``absent``: (neuron, session)."""
    return np.where(absent, "", np.where(absent, 0, numbers).astype(np.int64).astype(np.str_))


def read_table(section: MatchingSection, *, base_directory: Path) -> MatchTable:
    """Read a match table of the kind that the section names (a module of this folder with ``read``).

    Raises
    ------
    RecordingError, PairingError
        If the file cannot be read, is of another kind, or names one ROI for two neurons.
    """
    path = Path(base_directory) / expanded(section.path)
    require_file(path, folder=True)
    with decoding(path, "a match table"):
        return importlib.import_module(f"{__package__}.{section.kind}").read(path, section)


def match_by_table(x: Recording, y: Recording, section: MatchingSection, *, base_directory: Path) -> Matched:
    """Match two days by a table; raises as :func:`read_table`, and if its numbers are none of these days' ROIs."""
    table, where = read_table(section, base_directory=base_directory), f"data.matching, {section.path}"
    sessions = _sessions(table, section, where)
    findings, columns = [], []
    for day, session in zip((x, y), sessions, strict=True):
        columns.append(_columns(day, table, session, section, f"{where}, session {session}"))
        findings += _sizes(day, table, session, section, f"{where}, session {session}")
    both = (columns[0] >= 0) & (columns[1] >= 0)
    kept, notes = _confident(table, section, both, where)
    if not kept.any():
        raise PairingError(
            where, got=f"no neuron in both session {sessions[0]} and session {sessions[1]}{'; '.join(['', *notes])}",
            expected="neurons that were found on both days", fix="name two other sessions in data.matching.sessions",
        )  # fmt: skip
    order = np.flatnonzero(kept)[np.argsort(columns[0][kept])]
    columns_x, columns_y = columns[0][order], columns[1][order]
    told = (
        f"{len(order)} neurons matched by {section.path} ({section.kind}): its session {sessions[0]} is {x.label} (x), "
        f"its session {sessions[1]} {y.label} (y), its numbers are {_SPACES[section.indices]}; left out: "
        f"{x.n_neurons - len(order)} only on {x.label}, {y.n_neurons - len(order)} only on {y.label}"
    )
    return columns_x, columns_y, findings, [told, *notes, _first_pairs(x, y, columns_x, columns_y), *table.notes]


_SPACES = {"columns": "columns of the matrices", "rows": "rows of the ROIs' own list", "roi_ids": "ROI ids"}


def _sessions(table: MatchTable, section: MatchingSection, where: str) -> tuple[int, int]:
    """Return the sessions of the table that are x and y, counted from 1."""
    number = table.entries.shape[1]
    wanted = section.sessions or ((1, 2) if number == 2 else None)
    if wanted is None or max(wanted) > number:
        raise PairingError(
            f"{where}, data.matching.sessions", got="nothing" if wanted is None else f"{list(wanted)}",
            expected=f"which of its {number} sessions are x and y, counted from 1", fix="set sessions: [1, 2]",
        )  # fmt: skip
    return wanted


def _columns(day: Recording, table: MatchTable, session: int, section: MatchingSection, where: str) -> np.ndarray:
    """Return the column of each neuron of the table on this day, -1 without one; refuse what cannot be."""
    entries = table.entries[:, session - 1]
    repeated = [name for name, count in Counter(entries[entries != ""]).items() if count > 1]
    if repeated:
        raise PairingError(
            where, got=f"ROI {_as_written(repeated[0], table)} for {np.count_nonzero(entries == repeated[0])} neurons "
            f"({len(repeated)} ROIs repeat)", expected="every ROI once in a session",
            fix="look at the table: is it (neuron, session), and not (session, neuron)? Does 0 or -1 mean 'not found'?",
        )  # fmt: skip
    if section.indices != "columns":
        return _by_name(day, entries, section.indices, where)
    numbers = np.array([int(entry) if entry else -1 for entry in entries], np.int64)
    beyond = numbers[numbers >= day.n_neurons]
    if beyond.size:
        hint = "; 65,535 is what 0 - 1 gives in 16 bits: use the table as the tool wrote it" * bool(
            np.any(beyond + table.base == 65535)
        )
        raise PairingError(
            where, got=f"ROIs up to {_as_written(str(beyond.max()), table)} ({beyond.size} beyond the last column)",
            expected=f"a column of {day.label}, which has {day.n_neurons}",
            fix="name the sessions that these two days are (data.matching.sessions), or set data.matching.indices: "
            f"rows if the table counts all ROIs and the file holds some of them{hint}",
        )  # fmt: skip
    return numbers


def _as_written(entry: str, table: MatchTable) -> str:
    """Name an entry as it stands in the file."""
    return str(int(entry) + table.base) if entry.isdecimal() else f"'{entry}'"


def _by_name(day: Recording, entries: np.ndarray, indices: str, where: str) -> np.ndarray:
    """Return the columns of ROIs that the table names by row or by id; ROIs of its that were not read have none."""
    rows = day.roi_rows if indices == "rows" else day.roi_ids
    what = {"rows": "rows of the ROIs (roi_rows)", "roi_ids": "ROI ids"}[indices]
    fix = "set data.matching.indices: columns, if the table counts the neurons as they are read"
    if rows is None:
        raise PairingError(
            where, got=f"{day.label} without {what}", expected=f"{what} that are the table's numbers", fix=fix
        )
    names = tuple(map(str, rows))
    if indices == "roi_ids":
        require_distinct_ids(names, where=day.label, error_type=PairingError)
    column_of = {normalised(name): column for column, name in enumerate(names)}
    columns = np.array([column_of.get(normalised(entry), -1) if entry else -1 for entry in entries], np.int64)
    if np.all(columns < 0):
        shown = ", ".join(entries[entries != ""][:3])
        raise PairingError(
            where, got=f"no ROI that {day.label} has (the table: {shown}, ...; the file: {', '.join(names[:3])}, ...)",
            expected=f"{what} that are the table's numbers, from 0", fix=fix,
        )  # fmt: skip
    return columns


def _sizes(day: Recording, table: MatchTable, session: int, section: MatchingSection, where: str) -> list[Finding]:
    if table.n_rois is None or section.indices != "columns" or table.n_rois[session - 1] == day.n_neurons:
        return []
    return [
        Finding(
            "warning", "match_sizes", where, got=f"{table.n_rois[session - 1]} ROIs in the table",
            expected=f"as many as {day.label} has columns, {day.n_neurons}",
            fix="check that the table was made of exactly these ROIs, in this order: with accepted ROIs alone in one "
            "and all in the other, every neuron would be another one",
        )
    ]  # fmt: skip


def _confident(
    table: MatchTable, section: MatchingSection, both: np.ndarray, where: str
) -> tuple[np.ndarray, list[str]]:
    """Return which neurons are kept, and what is said of the tool's confidence."""
    if table.scores is None:
        if section.min_score is not None:
            raise PairingError(
                f"{where}, data.matching.min_score", got=f"{section.min_score:g} for a table without confidences",
                expected="a table that has them (CellReg's cell_scores, ROICaT's cluster_silhouette)",
                fix="remove min_score",
            )  # fmt: skip
        return both, []
    scores = table.scores[both]
    known = scores[np.isfinite(scores)]
    if not known.size:
        return both, []
    low, median, high = np.percentile(known, (0, 50, 100))
    note = f"confidence of the match ({table.score_name}): {low:.2g} to {high:.2g}, median {median:.2g}"
    if section.min_score is None:
        return both, [note]
    kept = both & (np.nan_to_num(table.scores, nan=-np.inf) >= section.min_score)
    return kept, [f"{note}; {int(both.sum() - kept.sum())} neurons below {section.min_score:g} left out"]


def _first_pairs(x: Recording, y: Recording, columns_x: np.ndarray, columns_y: np.ndarray) -> str:
    """Tell the first pairs, by column from 0, with their distances where both days have coordinates."""
    told = []
    for i, k in zip(columns_x[:_SHOWN], columns_y[:_SHOWN], strict=True):
        names = [_column(x, i), _column(y, k)]
        if x.roi_xy_um is not None and y.roi_xy_um is not None:
            names[1] += f", {np.linalg.norm(x.roi_xy_um[i] - y.roi_xy_um[k]):.1f} µm apart"
        told.append(" and ".join(names))
    return f"first pairs, columns of x and y from 0: {'; '.join(told)}"


def _column(day: Recording, column: int) -> str:
    """Name a column with its id, or else its row."""
    if day.roi_ids is not None:
        return f"{column} ({day.roi_ids[column]})"
    return str(column) if day.roi_rows is None else f"{column} (row {day.roi_rows[column]})"
