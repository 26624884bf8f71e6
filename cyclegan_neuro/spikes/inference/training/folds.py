"""Which cells networks do not see, so that they can be measured on them."""

from __future__ import annotations

from collections.abc import Sequence

from cyclegan_neuro.recordings.indicators import cell_type_of, indicator_of
from cyclegan_neuro.spikes.ground_truth.cells import GroundTruthCell
from cyclegan_neuro.spikes.inference.codes import family_of

__all__ = ["CELLS", "DATA_SETS", "Fold", "folds_of"]

DATA_SETS, CELLS = "data_sets", "cells"
"""The two kinds of folds: whole data sets that networks never saw, and cells of data sets that they saw others of."""

_N_DATA_SETS, _N_CELLS = 4, 3

#: Data set and name of each cell that is held out.
Fold = frozenset[tuple[str, str]]


def folds_of(cells: Sequence[GroundTruthCell]) -> dict[str, Fold]:
    """Return the folds by name: ``data_sets_1`` and on, ``cells_1`` and on.

    Data sets are dealt out family by family, so that a fold takes as few as it can from each; the cells of every data
    set are dealt out in the order of their names. A fold that would leave nothing to learn from is left out.

    Examples
    --------
    >>> cells = [GroundTruthCell(name, cell, ()) for name in ("DS1-GCaMP6f", "DS2-GCaMP6s") for cell in "ab"]
    >>> {name: sorted(fold) for name, fold in folds_of(cells).items() if name.startswith("data_sets")}
    {'data_sets_1': [('DS1-GCaMP6f', 'a'), ('DS1-GCaMP6f', 'b')], \
'data_sets_2': [('DS2-GCaMP6s', 'a'), ('DS2-GCaMP6s', 'b')]}
    """
    names = sorted({cell.dataset for cell in cells}, key=lambda name: (*_kind(name), name))
    by_name = {name: sorted(cell.name for cell in cells if cell.dataset == name) for name in names}
    folds: dict[str, set[tuple[str, str]]] = {}
    for number, name in enumerate(names):
        fold = folds.setdefault(f"{DATA_SETS}_{number % _N_DATA_SETS + 1}", set())
        fold.update((name, cell) for cell in by_name[name])
        for place, cell in enumerate(by_name[name]):
            folds.setdefault(f"{CELLS}_{place % _N_CELLS + 1}", set()).add((name, cell))
    return {name: frozenset(fold) for name, fold in sorted(folds.items()) if len(fold) < len(cells)}


def _kind(dataset: str) -> tuple[str, str, str]:
    return family_of(dataset, dataset), indicator_of(dataset), cell_type_of(dataset)
