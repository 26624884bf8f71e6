"""Tables that are one array of numbers from 0, NaN where a neuron was not found: (neuron, session)."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from cyclegan_neuro.errors import PairingError
from cyclegan_neuro.recordings.matching.table import MatchTable, numbered
from cyclegan_neuro.recordings.readers import open_source

__all__ = ["read_array"]


def read_array(path: Path, names: tuple[str, ...], *, complete: bool, objects: str) -> MatchTable:
    """Read a table from any file that holds named arrays.

    Parameters
    ----------
    path : Path
    names : tuple of str
        Names the table has in files that hold several arrays; a single array may be called anything.
    complete : bool
        Whether it names every ROI of a session.
    objects : str
        What to do about an array of Python objects.

    Raises
    ------
    RecordingError, PairingError
        If the file holds no such table, or Python objects.
    """
    with open_source(path) as source:
        entries = source.entries()
        found = next((entries[name] for name in names if name in entries), None)
        if found is None and len(entries) == 1:
            found = next(iter(entries.values()))
        if found is None:
            raise PairingError(
                str(path), got=f"{', '.join(map(str, entries.values())) or 'nothing'}",
                expected=f"an array called {' or '.join(names)}", fix="save the table under this name",
            )  # fmt: skip
        if found.kind == "object":
            raise PairingError(
                f"{path}, field '{found.name}'", got=f"{found.type_name}, which is never loaded: it can run code",
                expected="an array of numbers", fix=objects,
            )  # fmt: skip
        if found.kind != "number" or len(found.shape) != 2 or math.prod(found.shape) == 0 or found.shape[1] < 2:
            raise PairingError(
                f"{path}, field '{found.name}'", got=f"{found.type_name} of shape {found.shape}",
                expected="numbers (neuron, session), two sessions or more", fix="name the file with the table",
            )  # fmt: skip
        values = np.asarray(source.read(found.name), np.float64)
    absent = np.isnan(values)
    if not np.all(absent | ((values >= 0) & (values == np.round(values)) & (values < 2**53))):
        raise PairingError(
            f"{path}, field '{found.name}'", got="negative numbers or fractions",
            expected="numbers of ROIs from 0, NaN for none", fix="write NaN where a neuron was not found",
        )  # fmt: skip
    entries_of = numbered(values, absent=absent)
    largest = tuple(int(np.nanmax(column, initial=-1)) + 1 for column in values.T)
    return MatchTable(entries_of, base=0, n_rois=largest if complete else None)
