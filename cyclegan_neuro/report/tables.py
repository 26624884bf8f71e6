"""Cells as people read them, and as programs do."""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cyclegan_neuro.evaluation.contents import Table, significant

__all__ = ["column_order", "format_cell", "json_ready", "sort_number", "write_csv", "write_json"]

_LEADING_NUMBER = re.compile(r"\s*([+-]?[\d,]*\.?\d+(?:e[+-]?\d+)?)\s*(?:±.*)?", re.DOTALL)
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


def sort_number(value: Any) -> float | None:
    """Return the number by which a cell is sorted: its value, or the mean of ``mean ± spread``; None if it has none.

    Examples
    --------
    >>> [sort_number(v) for v in (12, float("nan"), "0.0123 ± 0.0012 [0.01, 0.02]", "1,234", "novice", None)]
    [12.0, None, 0.0123, 1234.0, None, None]
    """
    if isinstance(value, str):
        found = _LEADING_NUMBER.fullmatch(value)
        return float(found[1].replace(",", "")) if found else None
    return float(value) if value is not None and math.isfinite(value) else None


def column_order(cells: Sequence[Any]) -> str | None:
    """Say how a column can be sorted: ``"number"``, ``"text"``, or None where it mixes both or is empty.

    Dashes (None and what is not finite) belong to either.

    Examples
    --------
    >>> [column_order(c) for c in ((1, None, "0.5 ± 0.1"), ("b", "a", None), (24.0, "recorded"), (None,))]
    ['number', 'text', None, None]
    """
    known = [cell for cell in cells if isinstance(cell, str) or sort_number(cell) is not None]
    if not known:
        return None
    if all(sort_number(cell) is not None for cell in known):
        return "number"
    return "text" if all(isinstance(cell, str) for cell in known) else None


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
