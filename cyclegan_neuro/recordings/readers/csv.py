"""Tables in text (CSV, TSV): a row per frame, a column per neuron, one of times."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cyclegan_neuro.recordings.readers._table import looks_like_table, read_table
from cyclegan_neuro.recordings.readers._table_source import TableSource
from cyclegan_neuro.recordings.readers.base import Reader, Source

__all__ = ["READER", "Csv"]


class Csv(Reader):
    """Text whose rows have equally many cells, most of them numbers; separated by commas, semicolons, tabs, blanks."""

    name = "csv"
    title = "table in a text file (CSV, TSV)"
    suffixes = (".csv", ".tsv", ".txt")
    writes = False
    specificity = -1  # a table is what nothing else knows

    def recognises(self, path: Path, head: bytes) -> bool:
        return looks_like_table(path, head)

    @contextmanager
    def open(self, path: Path) -> Iterator[Source]:
        yield TableSource(path, read_table(path), "table in text")


READER = Csv()
