"""Excel: a sheet of a workbook (.xlsx) as a table, a row per frame and a column per neuron, read by openpyxl."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings.memory import require_room
from cyclegan_neuro.recordings.readers._table import Table, head_rows, of_cells
from cyclegan_neuro.recordings.readers._table_source import TRACES, TableSource
from cyclegan_neuro.recordings.readers.base import Entry, Reader, Source, damaged

__all__ = ["READER", "Excel", "WorkbookSource"]

_WORKBOOK = "xl/workbook.xml"
_BYTES_PER_BYTE = 4  # of unpacked XML, as cells of text


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
        except (zipfile.BadZipFile, OSError):
            return False

    @contextmanager
    def open(self, path: Path) -> Iterator[Source]:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
        require_room(str(path), shape=(unpacked,), itemsize=_BYTES_PER_BYTE)
        yield WorkbookSource(path, _tables(path))


def _tables(path: Path) -> dict[str, Table]:
    try:
        from openpyxl import load_workbook
    except ImportError:
        raise RecordingError(
            str(path), got="an Excel workbook, and no openpyxl", expected="openpyxl, which reads it",
            fix="pip install 'cyclegan_neuro[excel]', or save the sheet as CSV",
        ) from None  # fmt: skip
    try:
        with open(path, "rb") as stream:  # of a path openpyxl looks at the ending
            workbook = load_workbook(stream, read_only=True, data_only=True)
            sheets = {sheet.title: _rows(sheet) for sheet in workbook.worksheets}
    except (OSError, ValueError, LookupError, TypeError, AttributeError, zlib.error, zipfile.BadZipFile) as error:
        raise damaged(path, "a workbook", error) from error
    except SyntaxError as error:  # of XML
        raise damaged(path, "a workbook", error) from error
    tables = {}
    for title, rows in sheets.items():
        first = head_rows(rows)
        if first is not None and rows and len(rows[0]) > 1:
            where = f"{path}, sheet '{title}'"
            tables[title] = of_cells(rows[first:], above=rows[:first], where=where, first_row=first + 1)
    return tables


def _rows(sheet: Any) -> list[list[str]]:
    """The cells of a sheet as text, without rows and last columns that are empty."""
    rows = [[_text(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
    rows = [row for row in rows if any(row)]
    width = max((i + 1 for row in rows for i, cell in enumerate(row) if cell), default=0)
    return [(row + [""] * width)[:width] for row in rows]


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    return str(int(cell)) if isinstance(cell, bool) else str(cell).strip()


READER = Excel()
