"""Minian: the folder of zarr stores that it saves, one for each variable (``YrA.zarr``, ``C.zarr``, ``A.zarr``).

``YrA`` is the raw trace of a unit: the movie, of which Minian has taken the background away, as the footprint sees it.
``C`` and ``S`` are the model's. Units keep the numbers that they had before others were left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings.readers._clock import gaps_of_counter
from cyclegan_neuro.recordings.readers._zarr import ZarrArray, arrays_in, blocks, open_array, read_array
from cyclegan_neuro.recordings.readers.base import Entry, Quantity, Reader, Source, kind_of

__all__ = ["READER", "Minian", "MinianSource"]

_RAW, _MODEL = "YrA", ("C", "S", "b0", "c0")
_UNIT, _FRAME = "unit_id", "frame"
_DISCARDED = -1  # a label that Minian's window gives
_NAMED = 3


class Variable(NamedTuple):
    """One array, and those of its axes beside it.

    Attributes
    ----------
    array : ZarrArray
    beside : dict of str to Path
        Folders of the arrays in its group, by name.
    """

    array: ZarrArray
    beside: dict[str, Path]

    def axis(self, name: str) -> np.ndarray:
        """Return the values along an axis; 0, 1, 2, ... where they are not kept."""
        if name in self.beside:
            return read_array(open_array(self.beside[name]))
        return np.arange(self.array.shape[self.array.axes.index(name)])


class MinianSource(Source):
    """The variables of one session; of the units those that :meth:`select` chose."""

    description = "folder of Minian (zarr)"
    centres_in_pixels = True

    def __init__(self, path: Path):
        self.path = path
        self.notes: list[str] = []
        self._gaps = np.zeros(0, np.int64)
        self._variables = _variables(path)
        traces = self._traces()
        self._units = self._variables[_RAW if _RAW in traces else traces[0]].axis(_UNIT)
        self.aliases: dict[str, str] = {
            "dff": _RAW, "frame_rate_hz": "fps", "gaps": "gaps", "roi_xy_um": "centres_px", "roi_rows": _UNIT,
            "subject": "animal",
        }  # fmt: skip

    def resolve(
        self, fields: Mapping[str, str], *, frame_rate_hz: float | None, transpose: bool
    ) -> tuple[Source, Mapping[str, str]]:
        if transpose:
            raise RecordingError(
                f"{self.path}, transpose",
                got="true",
                expected="false: the axes have names",
                fix="remove transpose",
            )
        if "dff" not in fields and _RAW not in self._variables:
            raise RecordingError(
                f"{self.path}, field dff", got=f"{', '.join(self._traces())}, which a model denoised or deconvolved",
                expected="raw traces (YrA)",
                fix="save them beside C, save_minian(YrA.rename('YrA'), **param_save_minian), or name the folder of "
                "intermediate results",
            )  # fmt: skip
        self.aliases["dff"] = fields.get("dff", _RAW)
        self._units = self._of_traces(self.aliases["dff"]).axis(_UNIT)
        self._gaps = gaps_of_counter(self._frames, where=f"{self.path}, frame")
        self._tell_frames()
        if frame_rate_hz is None and "frame_rate_hz" not in fields and self.find("fps") is None:
            kept = f"; the store has one frame of {self._step} of the movie" if self._step > 1 else ""
            raise RecordingError(
                f"{self.path}, field frame_rate_hz", got="no rate", expected=f"frames per second of the traces{kept}",
                fix=f"set frame_rate_hz: 30.0 with the rate of your camera{f' / {self._step}' if kept else ''}",
            )  # fmt: skip
        return self, fields

    def select(self, *, rois: str, min_probability: float | None) -> None:
        if min_probability is not None:
            super().select(rois="accepted", min_probability=min_probability)
        every, kept = self._units, np.ones(self._units.size, bool)
        why = []
        if rois == "accepted":
            if self.aliases["dff"] == _RAW and "C" in self._variables:
                kept &= np.isin(every, self._variables["C"].axis(_UNIT))
                why.append("those that C has")
            if "unit_labels" in self._variables:
                variable = self._variables["unit_labels"]
                labels = read_array(variable.array)
                kept &= ~np.isin(every, variable.axis(_UNIT)[labels == _DISCARDED])
                why.append("without those labelled -1")
                self._tell_merged(labels)
        self._units = every[kept]
        if not self._units.size:
            raise RecordingError(
                str(self.path), got=f"0 of {every.size} units, {' and '.join(why)}", expected="units",
                fix="set rois: all",
            )  # fmt: skip
        told = f", {' and '.join(why)}" if why else ""
        self.notes.append(f"{self._units.size} of {every.size} units{told}; numbers (unit_id) are of this session")

    def entries(self) -> dict[str, Entry]:
        names = (*self._variables, "fps", "gaps", "centres_px", _UNIT)
        return {name: entry for name in names if (entry := self.find(name)) is not None}

    def find(self, name: str) -> Entry | None:
        n_units = self._units.size
        if name == _UNIT:
            return Entry(name, (n_units,), str(self._units.dtype), "number")
        if name == "gaps":
            gaps = self._gaps
            return Entry(name, gaps.shape, str(gaps.dtype), "number") if gaps.size else None
        if name == "fps":
            return Entry(name, (), "float64", "number", attribute=True) if self._fps is not None else None
        if name == "centres_px":
            found = self._variables.get("A")
            complete = found is not None and {_UNIT, "height", "width"} == set(found.array.axes)
            return Entry(name, (n_units, 2), "float32", "number") if complete else None
        if name not in self._variables:
            return None
        array = self._variables[name].array
        shape = (self._n_frames(name), n_units) if name in self._traces() else array.shape
        kind = "object" if array.dtype is None else kind_of(array.dtype)
        return Entry(name, shape, array.type_name, kind, quantity=_quantity(name))

    def read(self, name: str, *, dtype: type | None = None, transpose: bool = False) -> np.ndarray:
        if name == _UNIT:
            return self._units
        if name == "gaps":
            return self._gaps
        if name == "fps":
            return np.array(self._fps)
        if name == "centres_px":
            return self._centres()
        array = self._variables[name].array
        values = read_array(array, dtype=dtype)
        if name not in self._traces():
            return np.char.decode(values, "utf-8", "replace") if values.dtype.kind == "S" else values
        units = self._of_traces(name).axis(_UNIT)
        values = values if array.axes == (_UNIT, _FRAME) else values.T
        chosen = values if np.array_equal(units, self._units) else values[np.isin(units, self._units)]
        return np.ascontiguousarray(chosen if transpose else chosen.T)

    def _traces(self) -> list[str]:
        return [name for name, one in self._variables.items() if {_UNIT, _FRAME} == set(one.array.axes)]

    def _of_traces(self, name: str) -> Variable:
        if name not in self._traces():
            raise RecordingError(
                f"{self.path}, field dff",
                got=f"'{name}'",
                expected=f"one of {', '.join(self._traces())}",
                fix="name one",
            )
        return self._variables[name]

    def _n_frames(self, name: str) -> int:
        array = self._variables[name].array
        return array.shape[array.axes.index(_FRAME)]

    @cached_property
    def _frames(self) -> np.ndarray:
        name = self.aliases["dff"]
        return self._of_traces(name if name in self._variables else self._traces()[0]).axis(_FRAME)

    @property
    def _step(self) -> int:
        return int(np.median(np.diff(self._frames))) if self._frames.size > 1 else 1

    @property
    def _fps(self) -> float | None:
        """The rate, where whoever made the traces wrote it beside them."""
        found = self._variables.get(self.aliases["dff"])
        rate = found.array.attributes.get("fps") if found else None
        return float(rate) if isinstance(rate, int | float) else None

    def _tell_frames(self) -> None:
        if self._step > 1:
            first = ", ".join(str(frame) for frame in self._frames[:_NAMED])
            self.notes.append(
                f"frames {first}, ... of the movie: the rate of the traces is the camera's divided by {self._step}"
            )

    def _tell_merged(self, labels: np.ndarray) -> None:
        values, counts = np.unique(labels[labels != _DISCARDED], return_counts=True)
        if (counts > 1).any():
            first = ", ".join(map(str, values[counts > 1][:_NAMED]))
            self.notes.append(
                f"{int(counts[counts > 1].sum())} units share a label with another ({first}): Minian would merge them, "
                "here they stay apart"
            )

    def _centres(self) -> np.ndarray:
        """Centres of mass of the footprints, x and y in pixels; NaN of units without one."""
        variable = self._variables["A"]
        axes = variable.array.axes
        unit, height, width = (axes.index(name) for name in (_UNIT, "height", "width"))
        sums = np.zeros((variable.array.shape[unit], 3))
        across, down = (variable.axis(name).astype(np.float64) for name in ("width", "height"))
        for part, values in blocks(variable.array):
            weight = np.abs(np.transpose(values, (unit, height, width)).astype(np.float64))
            where = part[unit]
            sums[where, 0] += weight.sum(axis=1) @ across[part[width]]
            sums[where, 1] += weight.sum(axis=2) @ down[part[height]]
            sums[where, 2] += weight.sum(axis=(1, 2))
        with np.errstate(invalid="ignore", divide="ignore"):
            centres = dict(zip(variable.axis(_UNIT).tolist(), sums[:, :2] / sums[:, 2:], strict=True))
        unknown = np.full(2, np.nan)
        return np.array([centres.get(number, unknown) for number in self._units.tolist()], np.float32).reshape(-1, 2)


def _quantity(name: str) -> Quantity:
    if name == _RAW:
        return "no background"
    return "denoised" if name in _MODEL or name.startswith(("C_", "S_")) else ""


def _variables(path: Path) -> dict[str, Variable]:
    """Return the arrays of a folder of stores, or of one store, by name; those of axes lie beside each."""
    found: dict[str, Variable] = {}
    for group in _groups(path):
        beside = arrays_in(group)
        names = [group.stem] if group.suffix == ".zarr" and group.stem in beside else beside
        for name in names:
            found.setdefault(name, Variable(open_array(beside[name]), beside))
        scalars = {name: open_array(folder) for name, folder in beside.items() if name in ("animal", "session")}
        for name, array in scalars.items():
            found.setdefault(name, Variable(array, beside))
    return found


def _groups(path: Path) -> list[Path]:
    """The store itself, or the stores in a folder, in that of a session, or in its folder ``minian``."""
    if arrays_in(path):
        return [path]
    for folder in (path, path / "minian"):
        stores = [store for store in sorted(folder.glob("*.zarr")) if store.is_dir() and arrays_in(store)]
        if stores:
            return stores
    return []


class Minian(Reader):
    """A folder of zarr stores, or one store, with traces over the axes ``unit_id`` and ``frame``."""

    name = "minian"
    title = "folder of Minian (zarr stores)"
    suffixes = (".zarr",)
    writes = False
    folders = True

    def recognises(self, path: Path, head: bytes) -> bool:
        if not path.is_dir():
            return False
        try:
            return any({_UNIT, _FRAME} == set(one.array.axes) for one in _variables(path).values())
        except Exception:  # no folder of Minian
            return False

    @contextmanager
    def open(self, path: Path) -> Iterator[Source]:
        try:
            yield MinianSource(path)
        except OSError as error:
            raise RecordingError(
                str(error.filename or path), got=error.strerror or str(error), expected="a folder that can be read",
                fix="check the permissions and the disk",
            ) from error  # fmt: skip


READER = Minian()
