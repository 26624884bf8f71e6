"""The fields of a recording, made of one series of ROI responses of an NWB file and of what belongs to it."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cached_property
from typing import Any

import numpy as np

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings.readers._clock import Clock, sampled
from cyclegan_neuro.recordings.readers._hdf5_source import Hdf5Source
from cyclegan_neuro.recordings.readers._nwb_behaviour import Behaviours
from cyclegan_neuro.recordings.readers._nwb_clock import frame_clock
from cyclegan_neuro.recordings.readers._nwb_objects import Objects
from cyclegan_neuro.recordings.readers._nwb_rois import accepted_rois, centres_px, ids_of, pixel_um
from cyclegan_neuro.recordings.readers._nwb_series import Traces, paths, quantity
from cyclegan_neuro.recordings.readers._nwb_writer import NOTED
from cyclegan_neuro.recordings.readers.base import Entry, Source, kind_of

__all__ = ["NwbRecording"]

_log = logging.getLogger(__name__)
_BEHAVIOUR = ("position_cm", "speed_cm_s", "licks", "rewards", "trial", "events")
_NOTED = ("data_origin", "days_mixed", "source")
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
        self._traces = Traces.opened(objects, path)
        self._table = self._traces.table
        self._plane = self._plane_of_table() or self._only_plane()
        self._clock = self._timed(frame_rate_hz)
        self._behaviours = Behaviours(objects, self._clock) if self._clock else None
        self._kept = np.arange(self._traces.n_rois)
        self.unit = self._traces.unit
        self.notes.extend(self._traces.axes_note)

    def entries(self) -> dict[str, Entry]:
        return self._source.entries()

    def select(self, *, rois: str, min_probability: float | None) -> None:
        said = accepted_rois(self._table, min_probability) if self._table else None
        if said is None:
            super().select(rois=rois, min_probability=min_probability)
            return
        n_rois = self._traces.n_rois
        if rois == "all":
            self.notes.append(f"all {n_rois} regions, cells or not as '{said[1]}' says")
            return
        self._kept = np.flatnonzero(said[0])
        if not self._kept.size:
            raise RecordingError(
                f"{self.path}, {self._table.path}", got=f"no cell among {n_rois} regions, as '{said[1]}' says",
                expected="regions that are cells", fix="curate the regions, or set rois: all",
            )  # fmt: skip
        self.notes.append(f"{self._kept.size} of {n_rois} regions are cells, as '{said[1]}' says (rois: all reads all)")

    def find(self, name: str) -> Entry | None:
        if name in ("dff", "neuropil") and name not in self._values:
            traces = self._traces if name == "dff" else self._neuropil
            return None if traces is None else traces.entry(name, self._kept.size)
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
        if name not in ("dff", "neuropil"):
            return np.asarray(self._values[name])
        traces = self._traces if name == "dff" else self._neuropil
        matrix, note = traces.read(np.dtype(dtype or np.float32))
        self.notes.extend(note)
        return matrix if self._kept.size == traces.n_rois else np.ascontiguousarray(matrix[:, self._kept])

    @cached_property
    def _neuropil(self) -> Traces | None:
        """Return the neuropil of the same regions, where the file has it, and it alone."""
        if "neuropil" in self._fields:
            return Traces.opened(self._objects, self._fields["neuropil"].strip("/").removesuffix("/data"))
        of_type = [path for path in paths(self._objects) if quantity(self._objects, path) == "neuropil"]
        found = [Traces.opened(self._objects, path) for path in of_type]
        same = [traces for traces in found if traces.is_beside(self._traces)]
        if len(same) != 1:
            return None
        self.notes.append(f"neuropil from {same[0].path}")
        return same[0]

    def _plane_of_table(self) -> str:
        path = f"{self._table.path}/imaging_plane" if self._table else ""
        return path if path and self._objects.open(path) is not None else ""

    def _only_plane(self) -> str:
        planes = self._objects.of_type("ImagingPlane")
        return planes[0] if len(planes) == 1 else ""

    def _timed(self, frame_rate_hz: float | None) -> Clock | None:
        clock = frame_clock(self._objects, self._series, self._traces.n_frames, frame_rate_hz=frame_rate_hz)
        plane = (self._objects.number(f"{self._plane}/imaging_rate") if self._plane else None) or 0.0
        if clock is None and plane > 0:
            self.notes.append(f"{self._series} has neither a rate nor timestamps: {plane:g} Hz of the imaging plane")
            return sampled(0.0, plane, self._traces.n_frames)
        if clock is None:
            return None
        if clock.stamps:
            rate = f"frame rate {clock.rate_hz:g} Hz and " if frame_rate_hz is None else ""
            self.notes.append(f"{rate}{clock.gaps.size} gaps from the timestamps of {self._series}")
        if plane > 0 and abs(clock.rate_hz / plane - 1) > _RATES_DIFFER:
            self.notes.append(f"{self._series} has {clock.rate_hz:g} Hz, its imaging plane says {plane:g} Hz")
        return clock

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
            if plain is None or plain.shape != (self._traces.n_frames,) or given.endswith(("/data", "_time")):
                return self._told(name, given, named=True)
        if name == "roi_ids" and self._table and self._is_column(given):
            return self._ids(given)
        return self._plain(name, given)

    def _unnamed(self, name: str) -> Any:
        return {
            "frame_rate_hz": self._rate, "gaps": self._gaps, "roi_ids": self._ids, "roi_xy_um": self._centres,
            "roi_rows": self._rows, "subject": self._subject, "session": self._session, "indicator": self._indicator,
            "cell_type": self._cell_type,
        }.get(name, lambda: self._noted.get(name) if name in _NOTED else None)()  # fmt: skip

    @cached_property
    def _noted(self) -> dict[str, Any]:
        """What :mod:`_nwb_writer` noted of a recording beside what NWB has a place for."""
        try:
            said = json.loads(self._objects.text("general/notes"))
        except ValueError:
            return {}
        noted = said.get(NOTED) if isinstance(said, dict) else None
        return noted if isinstance(noted, dict) else {}

    def _ids(self, given: str | None = None) -> np.ndarray | None:
        if self._table is None or (given is None and self._noted.get("roi_ids") is False):
            return None
        ids, column = ids_of(self._table, given)
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
        per_region = name.startswith("roi_") and value.ndim and len(value) == self._traces.n_rois
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
        centres = centres_px(self._table) if self._table else None
        size = pixel_um(self._objects, self._plane) if self._plane else None
        if centres is None or not np.isfinite(centres[self._kept]).all():
            return None
        self.centres_in_pixels = size is None
        return centres[self._kept] * (1.0 if size is None else size)

    def _rows(self) -> np.ndarray | None:
        if self._table is None or self._noted.get("roi_rows") is False:
            return None
        rows = ids_of(self._table, "id")[0] if self._noted.get("roi_rows") else self._table.rows
        return rows[self._kept]

    def _subject(self) -> str | None:
        return self._objects.text("general/subject/subject_id") or None

    def _session(self) -> str | None:
        day = "" if self._noted else self._objects.text("session_start_time")[:10]  # which NWB demands, known or not
        return self._objects.text("general/session_id") or day or None

    def _indicator(self) -> str | None:
        indicator = self._objects.text(f"{self._plane}/indicator") if self._plane else ""
        return None if indicator.casefold() in ("", "unknown") else indicator

    def _cell_type(self) -> str | None:
        """Return what a column ``cell_type`` says, where it says the same of all neurons that are read."""
        column = self._table.column("cell_type") if self._table and "cell_type" in self._table.names() else None
        if column is None or column.ndim != 1 or column.dtype.kind != "U":
            return None
        said = set(column[self._kept].tolist())
        return said.pop() if len(said) == 1 else None
