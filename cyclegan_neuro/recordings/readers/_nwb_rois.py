"""Regions of interest of an NWB file: what identifies them, which are cells, where they lie."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

import h5py
import numpy as np

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings.readers._hdf5_values import require_sound
from cyclegan_neuro.recordings.readers._nwb_objects import Objects, Table, text_of
from cyclegan_neuro.recordings.readers.base import SLICE_BYTES

__all__ = ["accepted_rois", "centres_px", "ids_of", "pixel_um"]

#: Columns that identify a region, the one that means the same on all days first; then the table's own id.
_IDS = ("cell_specimen_id", "roi_name", "id")
#: Columns that say which regions are cells (Suite2p, neuroconv and CaImAn, Allen), in lower case.
_CELLS = ("iscell", "is_cell", "accepted", "valid_roi")
_REJECTED = "rejected"
_MASKS = ("pixel_mask", "voxel_mask", "image_mask")
_METRES = {"m": 1e6, "meter": 1e6, "meters": 1e6, "metre": 1e6, "metres": 1e6, "mm": 1e3, "millimeters": 1e3} | {
    name: 1.0 for name in ("um", "µm", "μm", "micron", "microns", "micrometer", "micrometers", "micrometre")
}


def ids_of(table: Table, name: str | None) -> tuple[np.ndarray, str]:
    """Return what identifies each row, and the column it comes from.

    Parameters
    ----------
    table : Table
    name : str, optional
        Of a column, or its path; the first of ``cell_specimen_id``, ``roi_name`` and ``id`` when absent.

    Raises
    ------
    RecordingError
        If there is no such column, or it is not one text or whole number for each region.
    """
    columns = dict(_single_columns(table))
    wanted = _IDS if name is None else (name.removeprefix(f"{table.path}/"),)
    found = next((column for column in wanted if column in columns), None)
    if found is None:
        raise RecordingError(
            f"{table.objects.file.filename}, fields.roi_ids", got=f"'{name or _IDS[-1]}'",
            expected=f"a column of {table.path} with one text or whole number for each region: "
            f"{', '.join(columns) or 'none'}", fix="name one of these, or leave roi_ids out",
        )  # fmt: skip
    return columns[found], found


def _single_columns(table: Table) -> Iterator[tuple[str, np.ndarray]]:
    for name in table.names():
        dataset = table.objects.dataset(f"{table.path}/{name}")
        if dataset is not None and dataset.ndim == 1 and not dataset.dtype.names:
            column = table.column(name)
            if column is not None and column.dtype.kind in "iufU":
                yield name, column


def accepted_rois(table: Table, min_probability: float | None = None) -> tuple[np.ndarray, str] | None:
    """Return which regions are cells, shape (region,), and what says so; None where the table does not.

    Parameters
    ----------
    table : Table
    min_probability : float, optional
        Take the probability of Suite2p's ``iscell`` in place of its label.
    """
    names = {name.lower(): name for name in table.names()}
    for key in (*_CELLS, _REJECTED):
        column = table.column(names[key]) if key in names else None
        if column is None or column.dtype.kind not in "biuf" or column.ndim > 2 or not column[:1].size:
            continue
        if column.ndim == 2:  # Suite2p: label, probability
            if min_probability is not None and column.shape[1] > 1:
                return column[
                    :, 1
                ] >= min_probability, f"{names[key]} with a probability of {min_probability:g} or more"
            column = column[:, 0]
        if min_probability is None:
            return (column == 0, f"not {names[key]}") if key == _REJECTED else (column != 0, names[key])
    return None


def centres_px(table: Table) -> np.ndarray | None:
    """Return the centres of the masks, shape (region, 2), x and y in pixels; None where there are no masks.

    Masks are read along their chunks: those of a thousand regions of a field of view do not fit into memory.

    Raises
    ------
    RecordingError
        If there are masks, and none of them fit the regions.
    """
    masks = {name: table.objects.dataset(f"{table.path}/{name}") for name in _MASKS}
    there = {name: dataset for name, dataset in masks.items() if dataset is not None}
    for name, dataset in there.items():
        require_sound(table.objects.file, dataset)
        centres = _of_images(dataset) if name == "image_mask" else _of_pixels(table, name, dataset)
        if centres is not None and len(centres) == table.length:
            return centres[table.rows].astype(np.float32)
    if there:
        raise RecordingError(
            f"{table.objects.file.filename}, field '{table.path}/{next(iter(there))}'",
            got="masks that cannot be read", expected=f"pixels, or an image, for each of {table.length} regions",
            fix="centres in micrometres can be given: fields: {roi_xy_um: NAME}",
        )  # fmt: skip
    return None


def _of_pixels(table: Table, name: str, dataset: h5py.Dataset) -> np.ndarray | None:
    """Centres from lists of pixels with weights, which stand one after the other; shape (row, 2)."""
    ends, fields = table.objects.values(f"{table.path}/{name}_index"), dataset.dtype.fields or {}
    numbers = all(fields[key][0].kind in "biuf" for key in ("x", "y", "weight") if key in fields)
    if ends is None or ends.shape != (table.length,) or ends.dtype.kind not in "iu" or not numbers:
        return None
    ends = ends.astype(np.int64)
    rising = (np.diff(ends, prepend=0) >= 0).all()
    if not {"x", "y"} <= fields.keys() or not rising or not ends.size or ends[-1] != dataset.shape[0]:
        return None
    owner = np.repeat(np.arange(len(ends)), ends - np.concatenate([[0], ends[:-1]]))
    sums = np.zeros((3, len(ends)))
    step = max(1, SLICE_BYTES // dataset.dtype.itemsize)
    for start in range(0, dataset.shape[0], step):
        part, whose = dataset[start : start + step], owner[start : start + step]
        weight = part["weight"].astype(np.float64) if "weight" in part.dtype.names else np.ones(len(part))
        for row, factor in enumerate((part["x"], part["y"], 1.0)):
            sums[row] += np.bincount(whose, weight * factor, minlength=len(ends))
    return _centres(sums)


def _of_images(dataset: h5py.Dataset) -> np.ndarray | None:
    """Centres from an image for each region (region, x, y), tile by tile; shape (row, 2)."""
    if dataset.ndim != 3 or dataset.dtype.kind not in "biuf":
        return None
    sums = np.zeros((3, dataset.shape[0]))
    for tile in _tiles(dataset):
        mask = dataset[tile].astype(np.float64)
        along_x, along_y = mask.sum(axis=2), mask.sum(axis=1)
        at_x, at_y = (np.arange(axis.start, axis.start + n) for axis, n in zip(tile[1:], mask.shape[1:], strict=True))
        sums[0, tile[0]] += along_x @ at_x
        sums[1, tile[0]] += along_y @ at_y
        sums[2, tile[0]] += along_x.sum(axis=1)
    return _centres(sums)


def _tiles(dataset: h5py.Dataset) -> Iterator[tuple[slice, slice, slice]]:
    """Yield parts of a mask that are bounded and, where it is chunked, made of whole chunks."""
    size = list(dataset.chunks or (1, 1, dataset.shape[2]))
    for axis in (2, 1, 0):  # grow along the fastest axis first
        grown = SLICE_BYTES // (prod(size) * dataset.dtype.itemsize)
        size[axis] = min(-(-dataset.shape[axis] // size[axis]), max(1, grown)) * size[axis]
    for first in range(0, dataset.shape[0], size[0]):
        for x in range(0, dataset.shape[1], size[1]):
            for y in range(0, dataset.shape[2], size[2]):
                yield slice(first, first + size[0]), slice(x, x + size[1]), slice(y, y + size[2])


def _centres(sums: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):  # NaN where a mask is empty
        return (sums[:2] / sums[2]).T


def pixel_um(objects: Objects, plane: str) -> np.ndarray | None:
    """Return the size of a pixel along x and y in micrometres, None where the imaging plane does not say."""
    spacing, dataset = objects.values(f"{plane}/grid_spacing"), objects.dataset(f"{plane}/grid_spacing")
    if (
        spacing is None
        or spacing.dtype.kind not in "iuf"
        or spacing.size < 2
        or not (spacing.reshape(-1)[:2] > 0).all()
    ):
        return None
    factor = _METRES.get((text_of(dataset, "unit") or "meters").lower())
    return None if factor is None else spacing.reshape(-1)[:2] * factor
