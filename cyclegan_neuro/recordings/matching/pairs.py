"""Pairs by hand: text with two columns, the ROI of day x and that of day y."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np

from cyclegan_neuro.configuration.sections import MatchingSection
from cyclegan_neuro.errors import PairingError
from cyclegan_neuro.recordings.matching.table import MatchTable, numbered

__all__ = ["read"]

_ABSENT = {"", "nan", "na", "none", "null"}
_WHOLE = re.compile(r"-?\d+(\.0*)?")


def read(path: Path, section: MatchingSection) -> MatchTable:
    """Read pairs separated by commas, semicolons, tabs or blanks; a first line that is no pair is a heading.

    With ``indices`` columns or rows entries are numbers from ``index_base``; an empty entry, NaN, or the number below
    the base means that the neuron was not found. With ``roi_ids`` they are ids as the files have them.
    """
    rows = _rows(path)
    if section.indices != "roi_ids" and rows and not all(map(_is_number, rows[0][1])):
        rows = rows[1:]
    if not rows:
        raise PairingError(str(path), got="no pairs", expected="a line per neuron, with two entries", fix="fill it in")
    for line, row in rows:
        if len(row) != 2 or (section.indices != "roi_ids" and not all(map(_is_number, row))):
            raise PairingError(
                f"{path}, line {line}", got=", ".join(row), expected="two whole numbers, of x and of y"
                if section.indices != "roi_ids" else "two ROI ids, of x and of y",
                fix="keep two columns; leave an entry empty where the neuron was not found",
            )  # fmt: skip
    table = np.array([row for _, row in rows], np.str_)
    absent = np.isin(np.char.lower(table), list(_ABSENT))
    if section.indices == "roi_ids":
        return MatchTable(np.where(absent, "", table), base=0)
    base = section.index_base
    numbers = np.where(absent, str(base), table).astype(np.float64)
    absent |= numbers == base - 1
    if np.any(numbers < base - 1):
        raise PairingError(
            str(path), got=f"the number {numbers.min():.0f}", expected=f"numbers from {base}",
            fix="set data.matching.index_base to what the table counts from",
        )  # fmt: skip
    return MatchTable(numbered(numbers - base, absent=absent), base=base)


def _is_number(text: str) -> bool:
    return text.lower() in _ABSENT or bool(_WHOLE.fullmatch(text))


def _rows(path: Path) -> list[tuple[int, list[str]]]:
    """Return the lines that hold something, with their numbers, cut at the separator of the first of them."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise PairingError(
            str(path), got=error.strerror or str(error), expected="a text file", fix="check the path"
        ) from error
    except UnicodeDecodeError as error:
        raise PairingError(
            str(path), got="no text", expected="a text file in UTF-8 with two columns", fix="save it as CSV (UTF-8)"
        ) from error
    filled = [(number, line) for number, line in enumerate(lines, start=1) if line.strip() and line.lstrip()[0] != "#"]
    separator = next((mark for mark in ",;\t" if filled and mark in filled[0][1]), None)
    if separator is None:
        return [(number, line.split()) for number, line in filled]
    cut = csv.reader((line for _, line in filled), delimiter=separator)
    return [(number, [cell.strip() for cell in row]) for (number, _), row in zip(filled, cut, strict=False)]
