"""Excel: a sheet of a workbook (.xlsx) as a table, a row per frame and a column per neuron, read by openpyxl."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings.memory import require_room, size_text
from cyclegan_neuro.recordings.readers._guard import decoding
from cyclegan_neuro.recordings.readers._table import Table, head_rows, of_cells
from cyclegan_neuro.recordings.readers._table_source import TRACES, TableSource
from cyclegan_neuro.recordings.readers.base import Entry, Reader, Source, damaged

__all__ = ["READER", "Excel", "WorkbookSource"]

_WORKBOOK = "xl/workbook.xml"
_BYTES_PER_BYTE = 4  # of unpacked XML, as cells of text
_BYTES_OF_CELL, _CELLS_ANYWAY = 8, 2**20  # a cell takes <c><v>0</v></c> or so
_SMALL, _MOST_TIMES = 2**26, 60  # unpacked bytes of any workbook, and of a larger one for one packed byte


class WorkbookSource(Source):
    """The sheets of a workbook that hold tables of numbers, of which one is read."""

    description = "Excel workbook"

    def __init__(self, path: Path, tables: Mapping[str, Table]):
        self.path, self._tables = path, tables

    def resolve(
        self, fields: Mapping[str, str], *, frame_rate_hz: float | None, transpose: bool
    ) -> tuple[Source, Mapping[str, str]]:
        fields = dict(fields)
        named = fields.get("dff", TRACES)
        if named in self._tables:
            del fields["dff"]
        elif len(self._tables) == 1:
            named = next(iter(self._tables))
        else:
            listed = ", ".join(f"'{name}' {table.values.shape}" for name, table in self._tables.items())
            raise RecordingError(
                str(self.path), got=f"{len(self._tables)} sheets with numbers: {listed}" if listed else "no sheet with "
                "a table of numbers", expected="one sheet that holds the traces",
                fix="name it: fields: {dff: SHEET}" if listed else "name another file",
            )  # fmt: skip
        sheet = TableSource(self.path, self._tables[named], f"sheet '{named}' of an Excel workbook")
        return sheet.resolve(fields, frame_rate_hz=frame_rate_hz, transpose=transpose)

    def entries(self) -> dict[str, Entry]:
        return {name: entry for name in self._tables if (entry := self.find(name)) is not None}

    def find(self, name: str) -> Entry | None:
        table = self._tables.get(name)
        return Entry(name, self._neurons(name).shape, "sheet", "number") if table is not None else None

    def read(self, name: str, *, dtype: type | None = None, transpose: bool = False) -> np.ndarray:
        values = self._neurons(name)
        return np.ascontiguousarray(values.T if transpose else values, dtype=dtype)

    def _neurons(self, name: str) -> np.ndarray:
        return TableSource(self.path, self._tables[name], name).read(TRACES)


class Excel(Reader):
    """Workbooks of Excel since 2007, whatever their ending."""

    name = "excel"
    title = "sheet of an Excel workbook (.xlsx)"
    suffixes = (".xlsx", ".xlsm")
    writes = False

    def recognises(self, path: Path, head: bytes) -> bool:
        if not head.startswith(b"PK\x03\x04"):
            return False
        try:
            with zipfile.ZipFile(path) as archive:
                return _WORKBOOK in archive.namelist()
        except Exception:  # another archive, or a damaged one
            return False

    @contextmanager
    def open(self, path: Path) -> Iterator[Source]:
        with decoding(path, "a workbook"), zipfile.ZipFile(path) as archive:
            members = archive.infolist()
        if any(member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for member in members):
            raise damaged(path, "a workbook", ValueError("a compression other than deflate"))
        unpacked = sum(member.file_size for member in members)
        packed = sum(member.compress_size for member in members)
        if unpacked > max(_SMALL, _MOST_TIMES * packed):
            raise RecordingError(
                str(path), got=f"{size_text(unpacked)} of text, packed to {size_text(packed)}",
                expected=f"at most {_MOST_TIMES} times as much, as of numbers", fix="save the sheet as CSV",
            )  # fmt: skip
        require_room(str(path), shape=(unpacked,), itemsize=_BYTES_PER_BYTE)
        yield WorkbookSource(path, _tables(path, most_cells=unpacked // _BYTES_OF_CELL + _CELLS_ANYWAY))


def _tables(path: Path, *, most_cells: int) -> dict[str, Table]:
    try:
        from openpyxl import load_workbook
    except ImportError:
        raise RecordingError(
            str(path), got="an Excel workbook, and no openpyxl", expected="openpyxl, which reads it",
            fix="pip install 'cyclegan_neuro[excel]', or save the sheet as CSV",
        ) from None  # fmt: skip
    with decoding(path, "a workbook"), open(path, "rb") as stream:  # of a path openpyxl looks at the ending
        workbook = load_workbook(stream, read_only=True, data_only=True)
        sheets = {sheet.title: _rows(sheet, most_cells=most_cells) for sheet in workbook.worksheets}
    tables = {}
    for title, rows in sheets.items():
        first = head_rows(rows)
        if first is not None and rows and len(rows[0]) > 1:
            where = f"{path}, sheet '{title}'"
            tables[title] = of_cells(rows[first:], above=rows[:first], where=where, first_row=first + 1)
    return tables


def _rows(sheet: Any, *, most_cells: int) -> list[list[str]]:
    """The cells of a sheet as text, without rows and last columns that are empty.

    A sheet need not hold the cells that it has: one in the last corner makes 17 thousand million of them.
    """
    sheet.reset_dimensions()  # what the sheet says of its size
    rows, n_cells = [], 0
    for cells in sheet.iter_rows(values_only=True):
        n_cells += len(cells) + 1
        if n_cells > most_cells:
            raise ValueError(f"sheet '{sheet.title}' with single cells far from the others")
        row = [_text(cell) for cell in cells]
        if any(row):
            rows.append(row)
    width = max((i + 1 for row in rows for i, cell in enumerate(row) if cell), default=0)
    return [(row + [""] * width)[:width] for row in rows]


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    return str(int(cell)) if isinstance(cell, bool) else str(cell).strip()


READER = Excel()
