"""``history.csv``: a row per epoch."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from statistics import median

from cyclegan_neuro.errors import RunDirectoryError
from cyclegan_neuro.recordings.atomic import replacing

__all__ = ["History"]


class History:
    """The table of all epochs; the file is replaced as a whole, so it is never cut in a row.

    Parameters
    ----------
    path : Path
    epochs : int
        Rows of later epochs are dropped: the run goes on before them.

    Raises
    ------
    RunDirectoryError
        If the file is there and is no history.
    """

    def __init__(self, path: Path, *, epochs: int):
        self.path = path
        self.rows = [row for row in _read(path) if int(row["epoch"]) <= epochs]

    def append(self, row: dict[str, float | int]) -> None:
        """Add a row (``epoch`` counts from 1) and write the file.

        A column that comes up later, as validation logs do, is empty in the rows before.
        """
        self.rows.append({name: str(value) for name, value in row.items()})
        columns = list(dict.fromkeys(name for known in self.rows for name in known))
        text = io.StringIO()
        writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows)
        with replacing(self.path, error_type=RunDirectoryError) as temporary:
            temporary.write_text(text.getvalue(), encoding="utf-8")

    def median(self, column: str) -> float | None:
        """Return the median of a column; None if no row has it."""
        values = [float(row[column]) for row in self.rows if row.get(column)]
        return median(values) if values else None


def _read(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    try:
        with open(path, encoding="utf-8", newline="") as stream:
            rows = [{name: value for name, value in row.items() if value} for row in csv.DictReader(stream)]
        for row in rows:
            int(row["epoch"])
            if None in row:
                raise ValueError(f"more values than columns in epoch {row['epoch']}")
    except (OSError, ValueError, KeyError, AttributeError, csv.Error) as error:
        raise RunDirectoryError(
            str(path), got=f"{error}", expected="the table that training wrote", fix="delete it and resume again"
        ) from error
    return rows
