"""Series of ROI responses in an NWB file: which there are, what they hold, and the one that a recording is of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import h5py
import numpy as np

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings.memory import require_room
from cyclegan_neuro.recordings.readers._hdf5_chunks import deflated, stored_bytes
from cyclegan_neuro.recordings.readers._hdf5_values import read_matrix, require_sound
from cyclegan_neuro.recordings.readers._nwb_objects import Objects, Table, number_of, text_of
from cyclegan_neuro.recordings.readers.base import Entry, Quantity, kind_of

__all__ = ["QUANTITIES", "Traces", "choose", "paths", "quantity"]

#: What traces are, in words.
QUANTITIES = {
    "dff": "ΔF/F",
    "": "of a quantity that the file does not name",
    "raw": "raw fluorescence",
    "denoised": "denoised or deconvolved",
    "neuropil": "neuropil",
    "baseline": "baseline",
}
_CONTAINERS = {"DfOverF": "dff", "Fluorescence": "raw"}
#: Series that NWB has no type for are told apart by the names that Suite2p, CaImAn, neuroconv and Allen give them.
_NAMES = {
    "denoised": re.compile("deconv|denois|spike|spks|event", re.IGNORECASE),
    "neuropil": re.compile("neuropil|fneu", re.IGNORECASE),
    "baseline": re.compile("baseline|^f0$", re.IGNORECASE),
    "dff": re.compile("d_?f_?(over_?)?f|dff|delta_?f", re.IGNORECASE),
}
_QUANTITIES: dict[str, Quantity] = {"dff": "dff", "raw": "raw", "denoised": "denoised"}
_PERCENT = ("percent", "%")


def paths(objects: Objects) -> list[str]:
    """Return the paths of all series of ROI responses, types that extend them included."""
    types = objects.types
    regions = {path.removesuffix("/rois") for path in objects.of_type("DynamicTableRegion") if path.endswith("/rois")}
    return [path for path in types if types[path] == "RoiResponseSeries" or path in regions]


def quantity(objects: Objects, path: str) -> str:
    """Return what a series holds: a key of :data:`QUANTITIES`."""
    stated = _CONTAINERS.get(objects.parent_type(path), "")
    if stated == "dff":
        return stated
    for name in reversed(path.split("/")[-2:]):  # Suite2p calls the container Deconvolved, and the series plane0
        for what, pattern in _NAMES.items():
            if pattern.search(name):
                return what
    return stated


@dataclass(frozen=True, eq=False)
class Traces:
    """Traces of one series.

    Attributes
    ----------
    objects : Objects
    path : str
        Of the series.
    data : h5py.Dataset
    table : Table or None
        The regions of the traces, in their order.
    turned : bool
        Whether the file holds (region, time).
    """

    objects: Objects
    path: str
    data: h5py.Dataset
    table: Table | None
    turned: bool

    @classmethod
    def opened(cls, objects: Objects, path: str) -> Traces:
        """Open a series.

        Raises
        ------
        RecordingError
            If it holds no matrix of numbers, or not as many traces as regions.
        """
        data, where = objects.dataset(f"{path}/data"), objects.where(f"{path}/data")
        if data is None or data.ndim not in (1, 2) or 0 in data.shape or kind_of(data.dtype) != "number":
            got = "no numbers" if data is None else f"{data.dtype} of shape {data.shape}"
            raise RecordingError(
                where, got=got, expected="traces, (time, region)", fix="name another series: fields: {dff: ...}"
            )
        table = Table.of_region(objects, f"{path}/rois")
        if table is None or table.rows.size == (data.shape[1] if data.ndim == 2 else 1):
            return cls(objects, path, data, table, turned=False)
        if data.ndim == 2 and table.rows.size == data.shape[0]:
            return cls(objects, path, data, table, turned=True)
        raise RecordingError(
            where, got=f"shape {data.shape} and {table.rows.size} regions", expected="as many regions as traces",
            fix="write the series anew with a region for each trace",
        )  # fmt: skip

    @property
    def n_frames(self) -> int:
        return self.data.shape[-1 if self.turned else 0]

    @property
    def n_rois(self) -> int:
        return 1 if self.data.ndim == 1 else self.data.shape[0 if self.turned else 1]

    @property
    def unit(self) -> Literal["percent"] | None:
        """Percent, where the file says so; what else it says (n.a., lumens) is no unit of ΔF/F."""
        return "percent" if any(word in text_of(self.data, "unit").lower() for word in _PERCENT) else None

    @property
    def axes_note(self) -> tuple[str, ...]:
        """What was decided about the axes, if anything."""
        if self.table is None:
            return (f"{self.path} names no regions: axes taken as (time, region), neurons without ids",)
        if self.turned:
            return (f"{self.path} is stored as (region, time), as its {self.n_rois} regions tell; exchanged",)
        return ()

    def entry(self, name: str, n_neurons: int) -> Entry:
        """Describe the traces of ``n_neurons`` of the regions; containers of types are taken for others at times."""
        stated = _QUANTITIES.get(quantity(self.objects, self.path), "")
        kind = kind_of(self.data.dtype)
        return Entry(name, (self.n_frames, n_neurons), str(self.data.dtype), kind, quantity=stated, certain=False)

    def is_beside(self, other: Traces) -> bool:
        """Whether these are traces of the same frames and regions, in the same order."""
        if (self.n_frames, self.n_rois) != (other.n_frames, other.n_rois):
            return False
        if self.table is None or other.table is None:
            return False
        return self.table.path == other.table.path and np.array_equal(self.table.rows, other.table.rows)

    def read(self, dtype: np.dtype) -> tuple[np.ndarray, tuple[str, ...]]:
        """Return the values, shape (time, region), with conversion and offset applied, and what was done."""
        where = self.objects.where(f"{self.path}/data")
        require_room(where, shape=self.data.shape, itemsize=dtype.itemsize, stored=stored_bytes(self.data))
        require_sound(self.objects.file, self.data, read_here=self.data.ndim == 2 and deflated(self.data))
        if self.data.ndim == 1:
            matrix = self.data[()].astype(dtype)[:, None]
        else:
            matrix = read_matrix(self.data, dtype=dtype, transpose=self.turned)
        factor, offset = number_of(self.data, "conversion", 1.0), number_of(self.data, "offset", 0.0)
        if not factor:
            raise RecordingError(
                where, got="conversion 0", expected="a factor that leaves something", fix="mend the attribute"
            )
        if (factor, offset) == (1.0, 0.0):
            return matrix, ()
        matrix *= dtype.type(factor)
        matrix += dtype.type(offset)
        return matrix, (f"{self.path}: values times {factor:g} (conversion) plus {offset:g} (offset)",)


def choose(objects: Objects, name: str | None) -> str | None:
    """Return the path of the series to read.

    Parameters
    ----------
    objects : Objects
    name : str, optional
        Path of a series, of its data or of what it lies in, or a part of one between slashes.

    Returns
    -------
    str or None
        None if ``name`` is a data set that belongs to no series. Without a name it is the one of ΔF/F; else the one
        of a quantity that is not named, else that of raw fluorescence.

    Raises
    ------
    RecordingError
        If there is none, or several.
    """
    found = paths(objects)
    if name is not None:
        return _named(objects, found, name.strip("/"))
    for wanted in ("dff", "", "raw"):
        fitting = [path for path in found if quantity(objects, path) == wanted]
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            raise _unclear(objects, f"{len(fitting)} series ({QUANTITIES[wanted]})", found, fitting[0])
    got = f"no series of ΔF/F or fluorescence, of {len(found)}" if found else "no RoiResponseSeries"
    raise _unclear(objects, got, found, found[0] if found else None)


def _named(objects: Objects, found: list[str], name: str) -> str | None:
    exact = [path for path in found if name in (path, f"{path}/data")]
    within = [path for path in found if f"/{name}/" in f"/{path}/"]
    fitting = exact or within
    if len(fitting) == 1 and quantity(objects, fitting[0]) not in ("neuropil", "baseline"):
        return fitting[0]
    if not fitting and objects.dataset(name) is not None:
        return None
    got = f"'{name}', which {len(fitting)} series fit" if fitting else f"no '{name}'"
    got = f"'{name}', {QUANTITIES[quantity(objects, fitting[0])]}" if len(fitting) == 1 else got
    raise _unclear(objects, got, found, next(iter(fitting or found), None))


def _unclear(objects: Objects, got: str, found: list[str], example: str | None) -> RecordingError:
    if example:
        fix = f"name the one to read: fields: {{dff: {example}}}, or --field dff={example}"
    elif "units/spike_times" in objects.types:
        spikes = f"{{source: spike_times, path: {objects.file.filename}, bin_s: 0.02}}"
        fix = f"it has spike times of units, which Spike-GAN reads: data: {spikes}"
    else:
        fix = "name a file with traces of cells"
    listed = ", ".join(f"{path} {_shape(objects, path)}, {QUANTITIES[quantity(objects, path)]}" for path in found)
    return RecordingError(
        f"{objects.file.filename}, field dff", got=got, expected=f"one of what is there: {listed or 'nothing'}", fix=fix
    )


def _shape(objects: Objects, path: str) -> str:
    try:
        dataset = objects.dataset(f"{path}/data")
    except RecordingError:
        return "(values in another file)"
    return "(no data)" if dataset is None else str(dataset.shape)
