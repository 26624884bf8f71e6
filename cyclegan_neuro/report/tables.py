"""Cells as people read them, and as programs do."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from cyclegan_neuro.systems.evaluation import Table, significant

__all__ = ["format_cell", "json_ready", "write_csv", "write_json"]

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def format_cell(value: Any) -> str:
    """Return ``value`` for the eye: a dash for nothing, floats with three significant digits.

    Examples
    --------
    >>> [format_cell(v) for v in (None, float("nan"), 12345, 0.012345, 894.61, 2e-7, "novice")]
    ['–', '–', '12,345', '0.0123', '895', '2.00e-07', 'novice']
    """
    if value is None or isinstance(value, str):
        return "–" if value is None else value
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, int | np.integer):
        return f"{value:,}"
    return significant(value)


def write_csv(table: Table, path: Path) -> None:
    """Write ``table`` as UTF-8 CSV with full precision; None and NaN are empty.

    Text that a spreadsheet would take for a formula gets an apostrophe in front.
    """
    with open(path, "w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(table.columns)
        writer.writerows([_csv_cell(cell) for cell in row] for row in table.rows)


def _csv_cell(value: Any) -> Any:
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA_STARTS) else value
    if value is None or (isinstance(value, float | np.floating) and not math.isfinite(value)):
        return ""
    return value.item() if isinstance(value, np.generic) else value


def json_ready(value: Any) -> Any:
    """Return ``value`` with NumPy types as Python's and every non-finite number as None."""
    if isinstance(value, dict):
        return {str(key): json_ready(entry) for key, entry in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        return json_ready(value.tolist())
    if isinstance(value, list | tuple):
        return [json_ready(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def write_json(content: dict, path: Path) -> None:
    """Write ``content`` as JSON that every parser accepts (null in place of NaN)."""
    text = json.dumps(json_ready(content), indent=2, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")
