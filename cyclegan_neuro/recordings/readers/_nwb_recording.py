"""The fields of a recording, made of one series of ROI responses of an NWB file and of what belongs to it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

import h5py
import numpy as np

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings.memory import require_room
from cyclegan_neuro.recordings.readers import _nwb_rois as rois
from cyclegan_neuro.recordings.readers import _nwb_series
from cyclegan_neuro.recordings.readers._hdf5_source import Hdf5Source, read_matrix, require_filters
from cyclegan_neuro.recordings.readers._nwb_behaviour import Behaviours
from cyclegan_neuro.recordings.readers._nwb_clock import Clock, frame_clock, sampled
from cyclegan_neuro.recordings.readers._nwb_objects import Objects, Table, number_of, text_of
from cyclegan_neuro.recordings.readers.base import Entry, Source, kind_of

__all__ = ["NwbRecording"]

_log = logging.getLogger(__name__)
_BEHAVIOUR = ("position_cm", "speed_cm_s", "licks", "rewards", "trial", "events")
_PERCENT = ("percent", "%")
_RATES_DIFFER = 0.05


class NwbRecording(Source):
    """What is read for one series.

    Fields are made when they are asked for. Those that nobody named are left out with a warning where they cannot be
    made; those in ``fields`` are errors.

    Parameters
    ----------
    source : Hdf5Source
        The open file.
    objects : Objects
    path : str
        Of the series.
    fields : mapping
        Names that the user gives, by field.
    frame_rate_hz : float, optional
        The rate that the user gives.
    """

    def __init__(
        self, source: Hdf5Source, objects: Objects, path: str, fields: Mapping[str, str], *, frame_rate_hz: float | None
    ):
        self.path, self.description = source.path, source.description
        self.notes: list[str] = []
        self._source, self._objects, self._series, self._fields = source, objects, path, fields
        self._values: dict[str, Any] = {}
        if "dff" not in fields and _nwb_series.quantity(objects, path) == "raw":
            raise RecordingError(
                objects.where(f"{path}/data"), got="raw fluorescence", expected="ΔF/F",
                fix="compute ΔF/F = (F - F0) / F0 and write it as DfOverF; if it is ΔF/F all the same, name it: "
                f"fields: {{dff: {path}}}",
            )  # fmt: skip
        self._table = Table.of_region(objects, f"{path}/rois")
        self._data = self._opened()
        self._turned = self._oriented()
        shape = self._data.shape[::-1] if self._turned else self._data.shape
        self._n_frames, self._n_rois = shape[0], shape[1] if len(shape) == 2 else 1
        self._plane = self._plane_of_table() or self._only_plane()
        self._clock = self._timed(frame_rate_hz)
        self._behaviours = Behaviours(objects, self._clock) if self._clock else None
        self._kept = self._cells()
        percent = any(word in text_of(self._data, "unit").lower() for word in _PERCENT)
        self.unit = "percent" if percent else None

    def entries(self) -> dict[str, Entry]:
        return self._source.entries()

    def find(self, name: str) -> Entry | None:
        if name == "dff":
            return Entry(name, (self._n_frames, self._kept.size), str(self._data.dtype), kind_of(self._data.dtype))
        if name not in self._values:
            self._values[name] = self._made(name)
        value = self._values[name]
        if value is None:
            return None
        value = np.asarray(value)
        return Entry(name, value.shape, str(value.dtype), kind_of(value.dtype))

    def read(self, name: str, *, dtype: type | None = None, transpose: bool = False) -> np.ndarray:
        if transpose:
            raise RecordingError(
                f"{self.path}, transpose", got="true", expected="false: which axis is time follows from the number of "
                f"regions of {self._series}", fix="remove transpose",
            )  # fmt: skip
        return self._traces(np.dtype(dtype or np.float32)) if name == "dff" else np.asarray(self._values[name])

    def _opened(self) -> h5py.Dataset:
        data = self._objects.dataset(f"{self._series}/data")
        if data is None or data.ndim not in (1, 2) or 0 in data.shape or kind_of(data.dtype) != "number":
            raise RecordingError(
                self._objects.where(f"{self._series}/data"), got="no numbers" if data is None else str(data),
                expected="traces, (time, region)", fix="name another series: fields: {dff: ...}",
            )  # fmt: skip
        return data

    def _oriented(self) -> bool:
        """Whether the file has the axes the other way round, as the number of regions tells."""
        shape, n_rois = self._data.shape, self._table.rows.size if self._table else None
        if n_rois is None:
            self.notes.append(f"{self._series} names no regions: axes taken as (time, region), neurons without ids")
            return False
        if n_rois == (shape[1] if len(shape) == 2 else 1):
            return False
        if len(shape) == 2 and n_rois == shape[0]:
            self.notes.append(f"{self._series} is stored as (region, time), as its {n_rois} regions tell; exchanged")
            return True
        raise RecordingError(
            self._objects.where(f"{self._series}/data"), got=f"shape {shape} and {n_rois} regions",
            expected="as many regions as traces", fix="write the series anew with a region for each trace",
        )  # fmt: skip

    def _plane_of_table(self) -> str:
        path = f"{self._table.path}/imaging_plane" if self._table else ""
        return path if path and self._objects.open(path) is not None else ""

    def _only_plane(self) -> str:
        planes = self._objects.of_type("ImagingPlane")
        return planes[0] if len(planes) == 1 else ""

    def _timed(self, frame_rate_hz: float | None) -> Clock | None:
        clock = frame_clock(self._objects, self._series, self._n_frames, frame_rate_hz=frame_rate_hz)
        dataset = self._objects.dataset(f"{self._plane}/imaging_rate") if self._plane else None
        plane = (
            float(dataset[()]) if dataset is not None and dataset.shape == () and dataset.dtype.kind in "fiu" else 0.0
        )
        if clock is None and plane > 0:
            self.notes.append(f"{self._series} has neither a rate nor timestamps: {plane:g} Hz of the imaging plane")
            return sampled(0.0, plane, self._n_frames)
        if clock is None:
            return None
        if clock.stamps:
            self.notes.append(
                f"frame rate {clock.rate_hz:g} Hz and {clock.gaps.size} gaps from the timestamps of {self._series}"
            )
        if plane > 0 and abs(clock.rate_hz / plane - 1) > _RATES_DIFFER:
            self.notes.append(f"{self._series} has {clock.rate_hz:g} Hz, its imaging plane says {plane:g} Hz")
        return clock

    def _cells(self) -> np.ndarray:
        """Return the columns that are cells."""
        every = np.arange(self._n_rois)
        said = rois.accepted_rois(self._table) if self._table else None
        if said is None:
            return every
        kept = np.flatnonzero(said[0])
        if not kept.size:
            raise RecordingError(
                self._objects.where(f"{self._table.path}/{said[1]}"), got=f"no cell among {self._n_rois} regions",
                expected="regions that are cells", fix="curate the regions, or leave the column out of the file",
            )  # fmt: skip
        if kept.size < self._n_rois:
            self.notes.append(f"{kept.size} of {self._n_rois} regions are cells, as '{said[1]}' says; others left out")
        return kept

    def _traces(self, dtype: np.dtype) -> np.ndarray:
        where = self._objects.where(f"{self._series}/data")
        require_room(where, shape=self._data.shape, itemsize=dtype.itemsize)
        require_filters(self._objects.file, self._data)
        if self._data.ndim == 1:
            matrix = self._data[()].astype(dtype)[:, None]
        else:
            matrix = read_matrix(self._data, dtype=dtype, transpose=self._turned)
        factor, offset = number_of(self._data, "conversion", 1.0), number_of(self._data, "offset", 0.0)
        if not factor:
            raise RecordingError(
                where, got="conversion 0", expected="a factor that leaves something", fix="mend the attribute"
            )
        if (factor, offset) != (1.0, 0.0):
            matrix *= dtype.type(factor)
            matrix += dtype.type(offset)
            self.notes.append(f"{self._series}: values times {factor:g} (conversion) plus {offset:g} (offset)")
        return matrix if self._kept.size == self._n_rois else np.ascontiguousarray(matrix[:, self._kept])

    def _made(self, name: str) -> Any:
        """Return the value of a field, None where there is none, or nobody named what cannot be read."""
        given = self._fields.get(name)
        if given is not None:
            return self._named(name, given)
        try:
            return self._behaviour(name) if name in _BEHAVIOUR else self._unnamed(name)
        except RecordingError as error:
            if name == "frame_rate_hz":
                raise
            said: object = error
            told = f"{error.where.rpartition(', ')[2]}: {error.got}. {error.fix}"
        except (OSError, RuntimeError) as error:  # of HDF5
            said, told = error, str(error)
        _log.warning("%s left out: %s", name, said)
        self.notes.append(f"{name} left out: {told}")
        return None

    def _named(self, name: str, given: str) -> Any:
        if name in _BEHAVIOUR:
            plain = self._objects.dataset(given)
            if plain is None or plain.shape != (self._n_frames,) or given.endswith(("/data", "_time")):
                return self._told(name, given, named=True)
        if name == "roi_ids" and self._table and self._is_column(given):
            return self._ids(given)
        return self._plain(name, given)

    def _unnamed(self, name: str) -> Any:
        return {
            "frame_rate_hz": self._rate, "gaps": self._gaps, "roi_ids": self._ids, "roi_xy_um": self._centres,
            "subject": self._subject, "session": self._session, "indicator": self._indicator,
        }.get(name, lambda: None)()  # fmt: skip

    def _ids(self, given: str | None = None) -> np.ndarray | None:
        if self._table is None:
            return None
        ids, column = rois.ids_of(self._table, given)
        self.notes.append(f"neurons by {column} of {self._table.path}")
        return ids[self._kept]

    def _is_column(self, name: str) -> bool:
        if name.removesuffix("/data").strip("/") == f"{self._series}/rois":
            raise RecordingError(
                f"{self.path}, fields.roi_ids", got="rows of the table of regions, counted from 0",
                expected="what identifies a neuron on every day", fix="leave roi_ids out: rows lead to the table's ids",
            )  # fmt: skip
        return "/" not in name or name.strip("/").startswith(f"{self._table.path}/")

    def _plain(self, name: str, given: str) -> np.ndarray:
        """Return a data set as it stands in the file; what has a value for each region holds the cells."""
        entry = self._source.find(given)
        if entry is None or entry.kind not in ("number", "text"):
            near = get_close_matches(given, self._source.entries(), n=1, cutoff=0.4)
            fix = f"did you mean '{near[0]}'?" if near else "name another one, or leave it out"
            if name == "frame_rate_hz":
                fix = f"leave it out: the rate is that of the clock of {self._series}"
            raise RecordingError(
                f"{self.path}, fields.{name}", got=f"no '{given}'" if entry is None else entry.type_name,
                expected="a data set or an attribute (owner@name) of the file",
                fix=fix,
            )  # fmt: skip
        value = self._source.read(given)
        per_region = name.startswith("roi_") and value.ndim and len(value) == self._n_rois
        return value[self._kept] if per_region else value

    def _behaviour(self, name: str) -> np.ndarray | None:
        found = self._behaviours.candidates(name) if self._behaviours else []
        if len(found) > 1:
            self.notes.append(f"{name} left out: {', '.join(found)} could be it (fields: {{{name}: ...}} names one)")
        return self._told(name, found[0], named=False) if len(found) == 1 else None

    def _told(self, name: str, path: str, *, named: bool) -> np.ndarray:
        if self._behaviours is None:
            raise RecordingError(
                f"{self.path}, fields.{name}", got=f"'{path}', and frames without times", expected="a frame rate",
                fix="set frame_rate_hz",
            )  # fmt: skip
        values, note = self._behaviours.read(name, path.strip("/"), named=named)
        self.notes.append(note)
        return values

    def _rate(self) -> float | None:
        return self._clock.rate_hz if self._clock else None

    def _gaps(self) -> np.ndarray | None:
        return self._clock.gaps if self._clock and self._clock.gaps.size else None

    def _centres(self) -> np.ndarray | None:
        centres = rois.centres_px(self._table) if self._table else None
        size = rois.pixel_um(self._objects, self._plane) if self._plane else None
        if centres is None or not np.isfinite(centres[self._kept]).all():
            return None
        if size is None:
            self.notes.append("ROI centres are in pixels, whose size the file does not say: left out")
            return None
        return centres[self._kept] * size

    def _subject(self) -> str | None:
        return self._objects.text("general/subject/subject_id") or None

    def _session(self) -> str | None:
        return self._objects.text("general/session_id") or self._objects.text("session_start_time")[:10] or None

    def _indicator(self) -> str | None:
        return (self._objects.text(f"{self._plane}/indicator") if self._plane else "") or None
