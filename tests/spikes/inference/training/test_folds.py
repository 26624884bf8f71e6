"""Folds: every cell is held out once by its data set and once by itself."""

from collections import Counter

import numpy as np
import pytest

from cyclegan_neuro.spikes.ground_truth.cells import GroundTruthCell
from cyclegan_neuro.spikes.inference.codes import family_of
from cyclegan_neuro.spikes.inference.training.folds import CELLS, DATA_SETS, folds_of

NUMBERS = {
    "DS09-GCaMP6f-m-V1": 7, "DS10-GCaMP6f-m-V1": 4, "DS11-GCaMP6f-m-V1": 1, "DS12-GCaMP6s-m-V1": 2,
    "DS13-GCaMP6s-m-V1": 5, "DS24-GCaMP6f-m-PV-V1": 3, "DS25-GCaMP6f-m-SST-V1": 3, "DS29-GCaMP7f-m-V1": 4,
    "DS30-GCaMP8f-m-V1": 6, "DS31-GCaMP8m-m-V1": 8, "DS32-GCaMP8s-m-V1": 2,
}  # fmt: skip


def cells_of(numbers):
    return [GroundTruthCell(name, f"cell_{k:02}", ()) for name, number in numbers.items() for k in range(number)]


def of_kind(folds, kind):
    return [fold for name, fold in folds.items() if name.startswith(f"{kind}_")]


@pytest.mark.parametrize(("kind", "n_folds"), [(DATA_SETS, 4), (CELLS, 3)])
def test_every_cell_is_in_one_fold_of_each_kind(kind, n_folds):
    cells = cells_of(NUMBERS)
    folds = of_kind(folds_of(cells), kind)
    assert len(folds) == n_folds
    held_out = Counter(cell for fold in folds for cell in fold)
    assert held_out == Counter((cell.dataset, cell.name) for cell in cells)


def test_data_sets_are_whole_and_their_families_are_spread():
    folds = of_kind(folds_of(cells_of(NUMBERS)), DATA_SETS)
    names = [{dataset for dataset, _ in fold} for fold in folds]
    assert sum(map(len, names)) == len(NUMBERS)
    for family in ("gcamp6", "gcamp7", "gcamp8", "interneuron"):
        counts = [sum(family_of(name, name) == family for name in of_fold) for of_fold in names]
        assert max(counts) - min(counts) <= 1
    eights = [sum("GCaMP8" in name for name in of_fold) for of_fold in names]
    assert sorted(eights) == [0, 1, 1, 1]  # whoever is measured on GCaMP8f learned from 8m and 8s


def test_the_cells_of_every_data_set_are_dealt_out():
    folds = of_kind(folds_of(cells_of(NUMBERS)), CELLS)
    for name in NUMBERS:
        counts = [sum(dataset == name for dataset, _ in fold) for fold in folds]
        assert max(counts) - min(counts) <= 1


def test_the_order_of_the_files_does_not_matter():
    cells = cells_of(NUMBERS)
    shuffled = [cells[place] for place in np.random.default_rng(0).permutation(len(cells))]
    assert folds_of(shuffled) == folds_of(cells)


def test_a_fold_leaves_something_to_learn_from():
    assert set(folds_of(cells_of({"DS09-GCaMP6f": 2}))) == {"cells_1", "cells_2"}
    assert folds_of(cells_of({"DS09-GCaMP6f": 1})) == {}
    assert set(folds_of(cells_of({"DS09-GCaMP6f": 1, "DS12-GCaMP6s": 1}))) == {"data_sets_1", "data_sets_2"}
