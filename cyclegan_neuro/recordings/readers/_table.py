"""Tables of numbers: separator, decimal commas, rows of names, columns of text."""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings.memory import require_room, require_text_room
from cyclegan_neuro.recordings.readers.base import damaged

__all__ = ["Table", "looks_like_table", "of_cells", "read_table"]

_SEPARATORS = ("\t", ";", ",", None)  # None: blanks
_SAMPLE = 50  # rows that decide what a table is
_EVEN = 0.9  # share of them that have as many cells as the last
_CELLS, _ENOUGH = 20_000, 400  # as many cells of wide tables decide, and of a row
_MOST_ABOVE = 10  # rows of names and remarks above the numbers
_BEGINNING, _LONGEST = 2**16, 2**25  # bytes that are looked at; a row of a (neuron, time) table may be long
_EMPTY = {"", "nan", "na", "n/a", "null", "none", "-", "#n/a"}
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eEdD][+-]?\d+)?|[+-]?inf(inity)?", re.IGNORECASE)
_NOT_TABLES = ("{", "[", "<", "%PDF", "---")
_BYTES_PER_CHARACTER = 3  # of text, its lines and the numbers in them, while they are read


@dataclass(frozen=True, eq=False)
class Table:
    """A table as it stands in a file.

    Attributes
    ----------
    names : tuple of str
        Of the columns; empty where there is no row of names.
    above : tuple of tuple of str
        Further rows of text above the numbers.
    values : ndarray of float64, shape (row, column)
        NaN in empty cells, and in columns of text.
    texts : dict of int to ndarray of str, shape (row,)
        Columns of text, by column.
    notes : tuple of str
        What was decided while it was read.
    """

    names: tuple[str, ...]
    above: tuple[tuple[str, ...], ...]
    values: np.ndarray
    texts: dict[int, np.ndarray]
    notes: tuple[str, ...] = ()


def looks_like_table(path: Path, head: bytes) -> bool:
    """Say whether a file is text with rows of equally many cells, at least two, most of them numbers."""
    if (b"\0" in head and not head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))) or not head.strip():
        return False
    lines = _first_lines(path)
    return not lines[0].lstrip().startswith(_NOT_TABLES) and _layout(lines) is not None


def first_rows(path: Path) -> list[list[str]]:
    """Return the cells of the first rows of a file that is a table; nothing of another one."""
    lines = _first_lines(path)
    layout = _layout(lines)
    return [] if layout is None else [_cells(line, layout[0]) for line in lines]


def read_table(path: Path) -> Table:
    """Read a table from text of any usual encoding.

    Raises
    ------
    RecordingError
        If rows have other numbers of cells, a cell of a column of numbers holds something else, or it cannot be told
        what a comma is.
    """
    require_room(str(path), shape=(path.stat().st_size,), itemsize=_BYTES_PER_CHARACTER)
    lines = [line for line in _decoded(_bytes(path)).splitlines() if line.strip(" \t,;")]
    lines, remarks = _without_remarks(lines)
    layout = _layout(lines[:_SAMPLE])
    if layout is None:
        raise RecordingError(str(path), got="text", expected="a table of numbers", fix="name the file with the traces")
    separator, first = layout
    above = [_cells(line, separator) for line in lines[:first]]
    above = above or [row for row in remarks[-1:] if len(row) == len(_cells(lines[0], separator))]
    rows, notes = lines[first:], []
    if separator != "," and _has_decimal_commas(rows[:_SAMPLE], separator, str(path)):
        rows = [line.replace(",", ".") for line in rows]
        notes.append("decimal commas were read as points")
    table = _fast(rows, separator, above) or of_cells(
        [_cells(line, separator) for line in rows], above=above, where=str(path), first_row=first + 1
    )
    return _checked(replace(table, notes=(*notes, *table.notes)), str(path))


def of_cells(rows: Sequence[Sequence[str]], *, above: Sequence[Sequence[str]], where: str, first_row: int) -> Table:
    """Make a table of cells of text, one by one.

    Parameters
    ----------
    rows, above : sequence of sequence of str
        The rows with numbers, and those above them.
    where : str
        For messages.
    first_row : int
        Number of the first row in the file, for messages.

    Raises
    ------
    RecordingError
        As :func:`read_table`.
    """
    n_columns = Counter(map(len, rows[:_SAMPLE])).most_common(1)[0][0]
    names = _padded(above[0], n_columns) if above else ()
    is_text = _columns_of_text(rows[:_SAMPLE], n_columns)
    values = np.full((len(rows), n_columns), np.nan)
    for number, row in enumerate(rows):
        if len(row) != n_columns:
            commas = "; if commas are decimal, separate cells by semicolons" if len(row) > n_columns else ""
            raise RecordingError(
                f"{where}, row {first_row + number}", got=f"{len(row)} cells",
                expected=f"{n_columns}, as in other rows",
                fix=f"write the table anew with as many cells in every row{commas}",
            )  # fmt: skip
        for column, cell in enumerate(row):
            if column not in is_text and cell.strip().casefold() not in _EMPTY:
                called = f"column {names[column]!r}" if names and names[column] else f"column {column + 1}"
                values[number, column] = _number(cell, f"{where}, row {first_row + number}, {called}")
    texts = {column: _column_of_text([row[column] for row in rows], where) for column in is_text}
    return _checked(Table(names, tuple(map(tuple, above[1:])), values, texts), where)


def _bytes(path: Path) -> bytes:
    """The content, which holds no byte 0: not one of a disk that is full of them."""
    parts = []
    with open(path, "rb") as stream:
        wide = stream.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
        stream.seek(0)
        while part := stream.read(_LONGEST):
            if not wide and b"\0" in part:
                raise damaged(path, "text", ValueError("bytes that are 0"))
            parts.append(part)
    return b"".join(parts)


def _column_of_text(cells: Sequence[str], where: str) -> np.ndarray:
    require_text_room(where, n_texts=len(cells), longest=max(map(len, cells), default=0))
    return np.array(cells, np.str_)


def head_rows(rows: Sequence[Sequence[str]]) -> int | None:
    """Return how many rows of names and remarks there are; None where no numbers follow."""
    found = next((i for i, row in enumerate(rows[: _MOST_ABOVE + 1]) if _is_numeric(row)), None)
    if found == 0 and len(rows) > 1 and _counts(rows[0]):
        return 1
    return found


def _fast(lines: list[str], separator: str | None, above: list[list[str]]) -> Table | None:
    """Read rows by NumPy; None where single cells have to be looked at."""
    sample = [_cells(line, separator) for line in lines[:_SAMPLE]]
    n_columns = len(sample[0])
    plain = separator is None or (not any('"' in line for line in lines))
    if not plain or _columns_of_text(sample, n_columns):
        return None
    if separator is not None and {line.count(separator) for line in lines} != {n_columns - 1}:
        return None
    try:
        values = np.loadtxt(lines, delimiter=separator, comments=None, ndmin=2, dtype=np.float64)
    except ValueError:
        return None
    names = _padded(above[0], n_columns) if above else ()
    return Table(names, tuple(map(tuple, above[1:])), values, {}) if values.shape[1] == n_columns else None


def _checked(table: Table, where: str) -> Table:
    repeated = [name for name, count in Counter(filter(None, table.names)).items() if count > 1]
    if repeated:
        places = [i + 1 for i, name in enumerate(table.names) if name == repeated[0]]
        raise RecordingError(
            where, got=f"'{repeated[0]}' as name of columns {', '.join(map(str, places))}", expected="every name once",
            fix="rename the columns",
        )  # fmt: skip
    return table


def _first_lines(path: Path) -> list[str]:
    with open(path, "rb") as stream:
        beginning = stream.read(_BEGINNING)
        while beginning.count(b"\n") < 3 and len(beginning) < _LONGEST:
            more = stream.read(len(beginning))
            if not more:
                break
            beginning += more
        whole = not stream.read(1)
    lines = _decoded(beginning).splitlines()
    lines = lines if whole else lines[:-1]
    return _without_remarks([line for line in lines if line.strip(" \t,;")])[0][:_SAMPLE] or [""]


def _decoded(raw: bytes) -> str:
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw.decode("utf-16", "replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:  # of Windows; only names are not ASCII
        return raw.decode("cp1252", "replace")


def _without_remarks(lines: list[str]) -> tuple[list[str], list[list[str]]]:
    """Take remarks (#, %) off the beginning; the last of them may hold the names, as np.savetxt writes them."""
    n_remarks = next((i for i, line in enumerate(lines) if not line.startswith(("#", "%"))), 0)
    remarks = [line.lstrip("#% ") for line in lines[:n_remarks]]
    layout = _layout(lines[n_remarks : n_remarks + _SAMPLE]) if remarks else None
    return lines[n_remarks:], [_cells(line, layout[0]) for line in remarks] if layout else []


def _layout(lines: Sequence[str]) -> tuple[str | None, int] | None:
    """Return the separator and the number of rows above the numbers; None of what is no table."""
    for separator in _SEPARATORS:
        rows = [_cells(line, separator) for line in lines]
        least = 0.5 if separator else 0.7  # words are separated by blanks, too
        if not rows or len(rows[-1]) < 2 or not _is_numeric(rows[-1], least):
            continue
        first = head_rows(rows)
        if first is None or (first == 0 and len(rows) == 1):
            continue
        even = sum(len(row) == len(rows[-1]) for row in rows[first:])
        if even >= _EVEN * len(rows[first:]):
            return separator, first
    return None


def _cells(line: str, separator: str | None) -> list[str]:
    if separator is None:
        return line.split()
    if '"' not in line:
        return [cell.strip() for cell in line.split(separator)]
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=separator, skipinitialspace=True))]
    except csv.Error:  # a quote that opens a text of hundreds of thousands of characters
        return [cell.strip() for cell in line.split(separator)]


def _is_numeric(row: Sequence[str], least: float = 0.5) -> bool:
    """Whether at least this share of the cells that hold something hold numbers."""
    filled = [cell for cell in row[:_ENOUGH] if cell.strip().casefold() not in _EMPTY]
    numbers = sum(_NUMBER.fullmatch(cell.strip()) is not None for cell in filled)
    return bool(filled) and numbers >= least * len(filled)


def _counts(row: Sequence[str]) -> bool:
    """Whether a row is 0, 1, 2, ... or 1, 2, 3, ..., as programs name columns."""
    numbers = list(row if _NUMBER.fullmatch(row[0].strip()) else row[1:])
    return len(numbers) > 2 and any(numbers == [str(base + i) for i in range(len(numbers))] for base in (0, 1))


def _columns_of_text(rows: Sequence[Sequence[str]], n_columns: int) -> list[int]:
    looked_at = rows[: max(3, _CELLS // n_columns)]
    columns = zip(*(_padded(row, n_columns) for row in looked_at), strict=True)
    return [
        i for i, column in enumerate(columns) if any(cell.strip() for cell in column) and not _is_numeric(column)
    ]  # fmt: skip


def _padded(row: Sequence[str], n_columns: int) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in (*row, *[""] * n_columns)[:n_columns])


def _has_decimal_commas(lines: Sequence[str], separator: str | None, where: str) -> bool:
    if not any("," in line for line in lines):
        return False
    cells = [cell for line in lines for cell in _cells(line, separator) if _NUMBER.fullmatch(cell.strip())]
    grouped = re.compile(r"[+-]?\d{1,3}([.,]\d{3})+[.,]\d+|[+-]?\d{1,3}(,\d{3}){2,}")
    every = [cell for line in lines for cell in _cells(line, separator)]
    odd = next((cell for cell in every if grouped.fullmatch(cell.strip())), None)
    with_comma, with_point = (sum(mark in cell for cell in cells) for mark in ",.")
    if odd is None and not (with_comma and with_point):
        return with_comma > 0
    raise RecordingError(
        where, got=f"commas and points in numbers ('{odd}')" if odd else "numbers with commas, and others with points",
        expected="one decimal mark and no marks between thousands", fix="write the table anew with decimal points",
    )  # fmt: skip


def _number(cell: str, where: str) -> float:
    try:
        return float(cell)
    except ValueError:
        comma = _NUMBER.fullmatch(cell.strip()) is not None
        raise RecordingError(
            where, got=f"'{cell[:40]}'", expected="a number", fix="write the table anew with decimal points" if comma
            else "correct the cell, or leave it empty where the value is unknown",
        ) from None  # fmt: skip
