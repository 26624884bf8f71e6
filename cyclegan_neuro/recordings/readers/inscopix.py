"""Inscopix: the table that IDPS exports of a cell set, and the table of its cells beside it (``*-props.csv``)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings.readers._table import Table, first_rows, looks_like_table, read_table
from cyclegan_neuro.recordings.readers._table_source import NAMES, TableSource
from cyclegan_neuro.recordings.readers.base import Entry, Reader, Source

__all__ = ["READER", "Inscopix", "InscopixSource"]

_CELL = re.compile(r"C\d+")
_NUMBER = re.compile(r"-?\d+(\.\d*)?")
_STATUS = {"accepted", "undecided", "rejected"}
_CENTRES = ("CentroidX", "CentroidY")


class InscopixSource(TableSource):
    """Traces of one cell set. The first column is the time; a row of states may follow the names.

    Cells are named within a cell set (C00, C01, ...), so that the same name on another day is another cell. Only where
    the table of properties tells of several sessions (a longitudinal registration) are names ids.
    """

    centres_in_pixels = True

    def __init__(self, path: Path, table: Table, props: tuple[Path, dict[str, dict[str, str]]] | None):
        status = _status_row(table.above)
        table = Table(("Time", *table.names[1:]), (), table.values, table.texts, table.notes)
        super().__init__(path, table, "table of Inscopix")
        self._props = props[1] if props else {}
        self._status = {}
        if status:
            self._status = dict(zip(table.names, status, strict=False))
        elif props:
            self._status = {name: row.get("Status", "").casefold() for name, row in self._props.items()}
        if props:
            self.notes.append(f"states and centres of cells from {props[0].name}")

    def resolve(
        self, fields: Mapping[str, str], *, frame_rate_hz: float | None, transpose: bool
    ) -> tuple[Source, Mapping[str, str]]:
        if transpose:
            raise RecordingError(
                f"{self.path}, transpose", got="true", expected="false: Inscopix writes (time, cell)",
                fix="remove transpose",
            )  # fmt: skip
        return super().resolve(fields, frame_rate_hz=frame_rate_hz, transpose=False)

    def select(self, *, rois: str, min_probability: float | None) -> None:
        if min_probability is not None:
            super().select(rois="accepted", min_probability=min_probability)
        states = [self._status.get(name, "") for name in self._cells()]
        counts = {state: states.count(state) for state in sorted(set(states) - {""})}
        told = ", ".join(f"{count} {state}" for state, count in counts.items())
        if rois == "accepted" and counts:
            wanted = "accepted" if "accepted" in counts else "undecided"
            kept = [i for i, state in enumerate(states) if state in (wanted, "")]
            if not kept:
                raise RecordingError(
                    str(self.path), got=f"no accepted cell ({told})", expected="accepted cells",
                    fix="accept them in IDPS and export again, or set rois: all",
                )  # fmt: skip
            self.neurons = self.neurons[kept]
        self.notes.append(f"{self.neurons.size} of {len(states)} cells ({told or 'their states are not known'})")
        self._identify()

    def find(self, name: str) -> Entry | None:
        if name == "roi_rows":
            return Entry(name, (self.neurons.size,), "int64", "number")
        if name == "centres_px":
            known = np.isfinite(self._centres()).all()
            return Entry(name, (self.neurons.size, 2), "float32", "number") if known else None
        return super().find(name)

    def read(self, name: str, *, dtype: type | None = None, transpose: bool = False) -> np.ndarray:
        if name == "roi_rows":
            return np.array([int(cell[1:]) for cell in self._cells()], np.int64)
        if name == "centres_px":
            return self._centres()
        return super().read(name, dtype=dtype, transpose=transpose)

    def _centres(self) -> np.ndarray:
        """Centres from the table of properties; NaN where it has none."""
        rows = [[self._props.get(cell, {}).get(column, "") for column in _CENTRES] for cell in self._cells()]
        return np.array(
            [[float(text) if _NUMBER.fullmatch(text) else np.nan for text in row] for row in rows], np.float32
        )

    def _cells(self) -> list[str]:
        return [self.table.names[column] for column in self.neurons]

    def _identify(self) -> None:
        """Take the names for ids where they are those of a registration over sessions."""
        self._made[NAMES] = np.array(self._cells(), np.str_)
        self.aliases["roi_xy_um"] = "centres_px"
        first = next(iter(self._props.values()), {})
        sessions = sum(column.startswith("ActiveSegment") for column in first)
        if sessions > 1:
            self.aliases["roi_ids"] = NAMES
            self.notes.append(f"cells are named by a registration over {sessions} sessions")
            return
        self.aliases.pop("roi_ids", None)
        self.notes.append(
            "cells are numbered within this session, so their names are no ids; where a registration named them: "
            f"fields: {{roi_ids: {NAMES}}}"
        )

    def _name_neurons(self, names: tuple[str, ...]) -> None:
        """Names are looked at when the cells have been chosen."""


class Inscopix(Reader):
    """Told from other tables by cells that are called C00, C01, ..., with a row of states or a file of properties."""

    name = "inscopix"
    title = "traces that Inscopix's IDPS exported (CSV)"
    suffixes = (".csv",)
    writes = False

    def recognises(self, path: Path, head: bytes) -> bool:
        if path.is_dir() or not looks_like_table(path, head):
            return False
        rows = first_rows(path)
        cells = [name.strip() for name in rows[0][1:]]
        if not cells or not all(_CELL.fullmatch(name) for name in cells):
            return False
        return bool(_status_row(rows[1:2])) or _props_of(path, cells) is not None

    @contextmanager
    def open(self, path: Path) -> Iterator[Source]:
        table = read_table(path)
        if len(table.above) > 1 or (table.above and not _status_row(table.above)):
            raise RecordingError(
                str(path), got=f"{len(table.above) + 1} rows above the numbers", expected="names, and a row of states",
                fix="export the traces again",
            )  # fmt: skip
        yield InscopixSource(path, table, _props_of(path, list(table.names[1:])))


def _status_row(above: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """The states of the cells, lower case, with a first cell that belongs to the times; empty where there are none."""
    rows = [tuple(cell.strip().casefold() for cell in row) for row in above]
    return rows[0] if rows and len(rows[0]) > 1 and set(rows[0][1:]) <= _STATUS else ()


def _props_of(path: Path, cells: list[str]) -> tuple[Path, dict[str, dict[str, str]]] | None:
    """Return the table of properties that knows these cells: the one named like the file, else the only one."""
    named = path.with_name(f"{path.stem}-props.csv")
    paths = [named] if named.is_file() else sorted(filter(Path.is_file, path.parent.glob("*-props.csv")))
    found = [(other, props) for other in paths if set(cells) <= (props := _properties(other)).keys()]
    return found[0] if len(found) == 1 else None


def _properties(path: Path) -> dict[str, dict[str, str]]:
    """Return the rows of a table of properties by the name of the cell; nothing of another table."""
    import csv

    try:
        with open(path, newline="", encoding="utf-8-sig", errors="replace") as stream:
            rows = [{str(k).strip(): str(v).strip() for k, v in row.items()} for row in csv.DictReader(stream)]
    except Exception:  # no such table
        return {}
    return {row["Name"]: row for row in rows if row.get("Name")}


READER = Inscopix()
