"""CaImAn: the HDF5 file that ``cnm.save`` writes.

Its matrices are (component, time). ``F_dff`` is ΔF/F where it was computed; else the raw traces are put together from
``C + YrA`` and the background that each footprint sees. Whatever was not computed is the text ``NoneType``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import h5py
import numpy as np

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings.memory import require_room
from cyclegan_neuro.recordings.readers._hdf5_gate import follow
from cyclegan_neuro.recordings.readers._hdf5_source import Hdf5Source, has, open_hdf5
from cyclegan_neuro.recordings.readers.base import Entry, Quantity, Reader, Source

__all__ = ["READER", "Caiman", "CaimanSource"]

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_MATRICES: dict[str, Quantity] = {
    "estimates/F_dff": "dff", "estimates/C": "denoised", "estimates/S": "denoised", "estimates/YrA": "",
}  # fmt: skip
_RAW, _WITH_BACKGROUND = "C + YrA", "C + YrA + background"


class Sparse(NamedTuple):
    """The elements of a sparse matrix, in no order.

    Attributes
    ----------
    value : ndarray of float64, shape (element,)
    row, column : ndarray of int64, shape (element,)
    """

    value: np.ndarray
    row: np.ndarray
    column: np.ndarray


class CaimanSource(Hdf5Source):
    """An open file of CaImAn; of the components those that :meth:`select` chose."""

    centres_in_pixels = True

    def __init__(self, path: Path, file: h5py.File):
        super().__init__(path, file, "HDF5 of CaImAn")
        self.notes: list[str] = []
        shape = self._shape("estimates/C", ndim=2)
        if shape is None:
            raise RecordingError(
                f"{path}, field 'estimates/C'", got="no matrix of numbers", expected="(component, time)",
                fix="save the results again (cnm.save)",
            )  # fmt: skip
        self._n_components, self._n_frames = shape
        self._rows = np.arange(self._n_components)
        self._a: Sparse | None = None
        self._raw = ""
        self._keeps_background = self._has_background()
        if self._is_matrix("estimates/YrA"):
            self._raw = _WITH_BACKGROUND if self._keeps_background else _RAW
        traces = "estimates/F_dff" if self._is_matrix("estimates/F_dff") else self._raw
        self.aliases: dict[str, str] = {
            "dff": traces, "frame_rate_hz": "params/data/fr", "roi_xy_um": "centres_px",
        }  # fmt: skip

    def resolve(
        self, fields: Mapping[str, str], *, frame_rate_hz: float | None, transpose: bool
    ) -> tuple[Source, Mapping[str, str]]:
        if not (self.aliases["dff"] or "dff" in fields):
            raise RecordingError(
                str(self.path), got="neither F_dff nor YrA; C is denoised", expected="ΔF/F, or raw traces C + YrA",
                fix="run cnm.estimates.detrend_df_f(use_residuals=True), then cnm.save again",
            )  # fmt: skip
        if fields.get("dff", self.aliases["dff"]) == _RAW:
            self.notes.append("traces C + YrA; the file keeps no background")
        elif fields.get("dff", self.aliases["dff"]) == _WITH_BACKGROUND:
            self.notes.append("traces C + YrA, with the background that each footprint sees")
        return self, fields

    def select(self, *, rois: str, min_probability: float | None) -> None:
        if min_probability is not None:
            super().select(rois="accepted", min_probability=min_probability)
        accepted = self._array("estimates/idx_components", whole=True)
        if rois == "all" or accepted is None:
            self.notes.append(f"all {self._n_components} components{'' if rois == 'all' else ', none were rejected'}")
            return
        rows = np.unique(accepted)
        if not rows.size or rows[0] < 0 or rows[-1] >= self._n_components:
            raise RecordingError(
                f"{self.path}, field 'estimates/idx_components'",
                got=f"components {rows[0]} to {rows[-1]}" if rows.size else "no accepted component",
                expected=f"some of 0 to {self._n_components - 1}", fix="evaluate the components anew, or set rois: all",
            )  # fmt: skip
        self._rows = rows.astype(np.int64)
        self.notes.append(f"{rows.size} of {self._n_components} components, those accepted (idx_components)")

    def entries(self) -> dict[str, Entry]:
        own = (self.find(name) for name in (self._raw, "centres_px", "roi_rows") if name)
        return {entry.name: entry for entry in own if entry is not None} | super().entries()

    def find(self, name: str) -> Entry | None:
        n_components = self._rows.size
        if name and name == self._raw:
            quantity: Quantity = "raw" if name == _WITH_BACKGROUND else "no background"
            return Entry(name, (self._n_frames, n_components), "float32", "number", quantity=quantity)
        if name == "roi_rows":
            return Entry(name, (n_components,), "int64", "number")
        if name == "centres_px":
            known = self._footprints() is not None and self._dims() is not None
            return Entry(name, (n_components, 2), "float32", "number") if known else None
        return super().find(name)

    def read(self, name: str, *, dtype: type | None = None, transpose: bool = False) -> np.ndarray:
        if name == "roi_rows":
            return self._rows
        if name == "centres_px":
            return self._centres()[self._rows]
        if name == self._raw:
            values = self._component_traces("estimates/C") + self._component_traces("estimates/YrA")
            if name == _WITH_BACKGROUND:
                values += self._background()
            return np.ascontiguousarray(values.T if transpose else values)
        if name in _MATRICES and self._is_matrix(name):
            values = self._component_traces(name)
            return np.ascontiguousarray(values.T if transpose else values)
        return super().read(name, dtype=dtype, transpose=transpose)

    def _entry(self, name: str, dataset: h5py.Dataset) -> Entry:
        entry = super()._entry(name, dataset)
        if name not in _MATRICES or entry.kind != "number" or len(entry.shape) != 2:
            return entry
        quantity = _MATRICES[name]
        if quantity == "dff" and not self._keeps_background:  # CaImAn then subtracts F0 and divides by nothing
            quantity = "detrended"
        return replace(entry, shape=(entry.shape[1], self._rows.size), quantity=quantity)

    def _component_traces(self, name: str) -> np.ndarray:
        """A matrix as (time, chosen component)."""
        traces = super().read(name, dtype=np.float32, transpose=True)
        return traces if self._rows.size == self._n_components else traces[:, self._rows]

    def _shape(self, name: str, *, ndim: int, whole: bool = False) -> tuple[int, ...] | None:
        """The shape of a data set of (whole) numbers with so many axes; None of anything else."""
        dataset = follow(self.file, name)
        if not isinstance(dataset, h5py.Dataset):
            return None
        entry = super()._entry(name, dataset)
        fits = entry.kind == "number" and len(entry.shape) == ndim and (not whole or "int" in entry.type_name)
        return entry.shape if fits else None

    def _is_matrix(self, name: str) -> bool:
        return self._shape(name, ndim=2) == (self._n_components, self._n_frames)

    def _array(self, name: str, *, ndim: int = 1, whole: bool = False) -> np.ndarray | None:
        return None if self._shape(name, ndim=ndim, whole=whole) is None else super().read(name)

    def _dims(self) -> np.ndarray | None:
        """Height and width of the field of view; None of volumes."""
        dims = self._array("dims")
        dims = self._array("estimates/dims") if dims is None else dims
        return dims if dims is not None and dims.size == 2 and (dims > 0).all() else None

    def _sparse(self, name: str, n_columns: int) -> Sparse | None:
        """Read a matrix that is sparse by columns; None where there is none, or none that can be."""
        value = self._array(f"{name}/data")
        pixel, starts = (self._array(f"{name}/{part}", whole=True) for part in ("indices", "indptr"))
        if value is None or pixel is None or starts is None or starts.size != n_columns + 1:
            return None
        pixel, starts = pixel.astype(np.int64), starts.astype(np.int64)
        counts = np.diff(starts)
        whole = starts[0] == 0 and starts[-1] == value.size == pixel.size
        if not whole or (counts < 0).any() or (pixel < 0).any():
            return None
        return Sparse(value.astype(np.float64), pixel, np.repeat(np.arange(n_columns), counts))

    def _footprints(self) -> Sparse | None:
        if self._a is None:
            self._a = self._sparse("estimates/A", self._n_components)
        return self._a

    def _centres(self) -> np.ndarray:
        """Centres of mass of the footprints, x and y in pixels; pixels are counted down the columns."""
        a, height, n = self._footprints(), int(self._dims()[0]), self._n_components
        weight = np.abs(a.value)
        with np.errstate(invalid="ignore", divide="ignore"):  # of a component without a footprint: NaN
            total = np.bincount(a.column, weight, n)
            x = np.bincount(a.column, weight * (a.row // height), n) / total
            y = np.bincount(a.column, weight * (a.row % height), n) / total
        return np.stack([x, y], axis=1).astype(np.float32)

    def _background_columns(self) -> list[np.ndarray] | None:
        """The spatial background b, one image (pixel,) after the other; None where the file keeps none."""
        f = self._shape("estimates/f", ndim=2)
        if f is None or f[1] != self._n_frames:
            return None
        if isinstance(follow(self.file, "estimates/b"), h5py.Group):  # of patches: sparse
            sparse, shape = self._sparse("estimates/b", f[0]), self._array("estimates/b/shape", whole=True)
            n_pixels = 0 if shape is None or shape.size != 2 else int(shape[0])
            if sparse is None or sparse.row.max(initial=-1) >= n_pixels:
                return None
            require_room(f"{self.path}, field 'estimates/b'", shape=(n_pixels, f[0]), itemsize=8)
            parts = (sparse.column == i for i in range(f[0]))
            return [np.bincount(sparse.row[part], sparse.value[part], n_pixels) for part in parts]
        dense = self._array("estimates/b", ndim=2)
        return list(dense.T) if dense is not None and dense.shape[1] == f[0] else None

    def _has_background(self) -> bool:
        images, a = self._background_columns(), self._footprints()
        return bool(images) and a is not None and a.row.max(initial=0) < images[0].size

    def _background(self) -> np.ndarray:
        """What the footprint of each component sees of the background, (time, component), in units of C.

        A trace is the footprint's projection of the movie, a·Y / a·a, so the background b f adds a·b / a·a of f.
        """
        a, n = self._footprints(), self._n_components
        norm = np.bincount(a.column, a.value**2, n)
        with np.errstate(invalid="ignore", divide="ignore"):  # of a component without a footprint: NaN, so no F0
            seen = [np.bincount(a.column, a.value * image[a.row], n) / norm for image in self._background_columns()]
        return super().read("estimates/f", dtype=np.float32).T @ np.stack(seen)[:, self._rows].astype(np.float32)


class Caiman(Reader):
    """The results of CaImAn, recognised by the groups ``estimates`` and ``params``."""

    name = "caiman"
    title = "results of CaImAn in HDF5"
    suffixes = (".hdf5",)
    writes = False
    specificity = 2

    def recognises(self, path: Path, head: bytes) -> bool:
        if not head.startswith(_SIGNATURE):
            return False
        return has(path, _is_results)

    @contextmanager
    def open(self, path: Path) -> Iterator[Source]:
        with open_hdf5(path, closed=False) as file:
            yield CaimanSource(path, file)


def _is_results(file: h5py.File) -> bool:
    groups = (follow(file, name) for name in ("estimates/A", "params"))
    has_c = isinstance(follow(file, "estimates/C"), h5py.Dataset)
    return has_c and all(isinstance(group, h5py.Group) for group in groups)


READER = Caiman()
