"""What the animal did, from series and tables of an NWB file with clocks of their own, per imaging frame."""

from __future__ import annotations

import re

import h5py
import numpy as np

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings.memory import require_room
from cyclegan_neuro.recordings.readers._clock import Clock
from cyclegan_neuro.recordings.readers._hdf5_values import require_sound
from cyclegan_neuro.recordings.readers._nwb_clock import clock_of
from cyclegan_neuro.recordings.readers._nwb_objects import Objects, number_of, text_of

__all__ = ["Behaviours"]

_CM = {"cm": 1.0, "centimeter": 1.0, "centimetre": 1.0, "m": 100.0, "meter": 100.0, "metre": 100.0} | {
    name: 0.1 for name in ("mm", "millimeter", "millimetre")
}
_SECOND = ("s", "sec", "second", "seconds")
_POSITION = re.compile(r"position$", re.IGNORECASE)
_SPEED = re.compile(r"(speed|velocity)$", re.IGNORECASE)
_EVENTS = {"licks": re.compile("lick", re.IGNORECASE), "rewards": re.compile("reward", re.IGNORECASE)}
_NOT_STIMULI = ("trials", "epochs", "invalid_times")
#: A position in metres that spans more than this, in cm, has no unit: pynwb writes metres where none is given.
_FARTHEST_CM = 20_000.0
#: Samples of a series further apart than this, in median intervals and in seconds, have no values between them.
_HOLE, _HOLE_S = 5.0, 0.5
_AXIS = re.compile(r"^(.*)\[(\d+)\]$")


class Behaviours:
    """Fields of behaviour, brought to the frames of an imaging clock.

    Parameters
    ----------
    objects : Objects
    clock : Clock
        Of the frames.
    """

    def __init__(self, objects: Objects, clock: Clock):
        self.objects, self.clock = objects, clock

    def candidates(self, field: str) -> list[str]:
        """Return what a field can be read from without being named; a field is read where it is one."""
        types, parent = self.objects.types, self.objects.parent_type
        series = [path for path in types if f"{path}/data" in types]
        if field == "position_cm":
            found = [path for path in series if types[path] == "SpatialSeries"]
            named = [path for path in series if types[path] == "TimeSeries" and _POSITION.search(path)]
            return [path for path in found if parent(path) in ("Position", "ProcessingModule", "")] + named
        if field == "speed_cm_s":
            return [path for path in series if types[path] == "TimeSeries" and _SPEED.search(path)]
        if field == "trial":
            return [path for path in self.objects.of_type("TimeIntervals") if path.endswith("/trials")]
        if field == "events":
            tables = self.objects.of_type("TimeIntervals")
            return [path for path in tables if path.rpartition("/")[2] not in _NOT_STIMULI]
        events = [path for path in series if parent(path) == "BehavioralEvents"]
        return [path for path in events if _EVENTS[field].search(path)]

    def read(self, field: str, name: str, *, named: bool) -> tuple[np.ndarray, str]:
        """Return a field, shape (time,), from the series or the table called ``name``, and where it came from.

        Parameters
        ----------
        field, name : str
        named : bool
            Whether the user names it, so that numbers without a unit of length are taken as they stand.

        Raises
        ------
        RecordingError
            If there is nothing of that name, or nothing that the field can be made of.
        """
        if field in ("position_cm", "speed_cm_s"):
            return self._sampled(field, name, named)
        if field == "trial":
            return self._trials(name)
        return self._counted(field, name)

    def _sampled(self, field: str, name: str, named: bool) -> tuple[np.ndarray, str]:
        axis = _AXIS.match(name)
        path = (axis.group(1) if axis else name).removesuffix("/data")
        as_it_stands = path != (axis.group(1) if axis else name)
        dataset, where = self.objects.dataset(f"{path}/data"), self.objects.where(path)
        if dataset is None or dataset.ndim not in (1, 2) or dataset.dtype.kind not in "biuf":
            raise RecordingError(
                where, got="no samples", expected="a series with data and a clock of its own",
                fix=f"name another one: fields: {{{field}: ...}}",
            )  # fmt: skip
        n_axes = 1 if dataset.ndim == 1 else dataset.shape[1]
        if n_axes != 1 and axis is None:
            raise RecordingError(
                where, got=f"{n_axes} axes (shape {dataset.shape})", expected="one value for each sample",
                fix=f"name the axis along the track: fields: {{{field}: {path}[0]}}",
            )  # fmt: skip
        if axis and int(axis.group(2)) >= n_axes:
            raise RecordingError(where, got=f"axis {axis.group(2)}", expected=f"0 to {n_axes - 1}", fix="name another")
        own = clock_of(self.objects, path, dataset.shape[0])
        if own is None:
            raise RecordingError(
                where, got="neither a rate nor timestamps", expected="a clock", fix="write starting_time or timestamps"
            )
        values = self._read_axis(dataset, int(axis.group(2)) if axis else 0, path)
        factor = None if as_it_stands else self._factor(dataset, values, field, path, named)
        unit = text_of(dataset, "unit")
        said = f"times {factor:g} ({unit})" if factor else f"as it stands (unit '{unit}')"
        values, said_of_time = self._at_frames(values * (factor or 1.0), own, field, where)
        return values, f"{field} from {path}, {said}, {said_of_time}"

    def _read_axis(self, dataset: h5py.Dataset, axis: int, path: str) -> np.ndarray:
        require_room(self.objects.where(path), shape=dataset.shape[:1], itemsize=8)
        require_sound(self.objects.file, dataset)
        values = np.asarray(dataset[()] if dataset.ndim == 1 else dataset[:, axis], np.float64)
        return values * (number_of(dataset, "conversion", 1.0) or 1.0) + number_of(dataset, "offset", 0.0)

    def _factor(self, dataset: h5py.Dataset, values: np.ndarray, field: str, path: str, named: bool) -> float | None:
        """Return centimetres per unit, None where the user takes the numbers as they stand."""
        unit, finite = text_of(dataset, "unit"), values[np.isfinite(values)]
        factor = _cm_per(unit, speed=field == "speed_cm_s")
        if factor is None and not named:
            raise RecordingError(
                self.objects.where(path), got=f"unit '{unit}'", expected="a length",
                fix=f"fields: {{{field}: {path}}} takes the numbers as they stand",
            )  # fmt: skip
        span = float(np.ptp(finite)) if finite.size else 0.0
        if factor and field == "position_cm" and span * factor > _FARTHEST_CM:
            raise RecordingError(
                self.objects.where(path), got=f"a span of {span:g} {unit}", expected=f"up to {_FARTHEST_CM / 100:g} m",
                fix="if these are cm (pynwb writes meters where it is told no unit), name the data: "
                f"fields: {{{field}: {path}/data}}",
            )  # fmt: skip
        return factor

    def _at_frames(self, values: np.ndarray, own: Clock, field: str, where: str) -> tuple[np.ndarray, str]:
        found = _interpolated(self.clock.times_s, own, values, jumps=field == "position_cm").astype(np.float32)
        unknown = int(np.isnan(found).sum())
        if unknown == len(found):
            raise RecordingError(
                where, got=f"samples from {own.span}", expected=f"samples at the frames, {self.clock.span}",
                fix=f"name another series: fields: {{{field}: ...}}",
            )  # fmt: skip
        left = f"; unknown in {unknown:,} frames" if unknown else ""
        return found, f"interpolated from {len(values):,} samples of its own clock{left}"

    def _trials(self, path: str) -> tuple[np.ndarray, str]:
        starts = self.objects.column_of_times(f"{path}/start_time")
        stops = self.objects.column_of_times(f"{path}/stop_time")
        where = self.objects.where(path)
        rows = np.flatnonzero(np.isfinite(starts) & np.isfinite(stops))
        rows = rows[np.argsort(starts[rows], kind="stable")]
        first, last = starts[rows], stops[rows]
        overlap = np.flatnonzero(first[1:] < last[:-1] - 1e-6)
        if overlap.size:
            at = overlap[0]
            raise RecordingError(
                where, got=f"trials that overlap ({first[at]:g} to {last[at]:g} s and {first[at + 1]:g} to "
                f"{last[at + 1]:g} s)", expected="one trial at a time", fix="mend the table, or leave trial out",
            )  # fmt: skip
        times = self.clock.times_s
        place = np.searchsorted(first, times, side="right") - 1
        inside = (place >= 0) & (times < last[np.maximum(place, 0)]) if rows.size else np.zeros(len(times), bool)
        if not inside.any():
            span = f"{first[0]:g} to {last.max():g} s" if rows.size else "no times"
            raise RecordingError(
                where, got=f"trials of {span}", expected=f"trials at the frames, {self.clock.span}",
                fix="check the clocks of both",
            )  # fmt: skip
        numbers = np.where(inside, rows[np.maximum(place, 0)], -1).astype(np.int32)
        return numbers, f"trial from {path}: frames of {len(np.unique(place[inside]))} of {len(starts)} rows"

    def _counted(self, field: str, name: str) -> tuple[np.ndarray, str]:
        path = self._times_of(name)
        if path is None:
            raise RecordingError(
                self.objects.where(name), got="nothing with times", expected="a table of intervals, a column of times "
                "or a series with timestamps", fix=f"name another one: fields: {{{field}: ...}}",
            )  # fmt: skip
        onsets, times = self.objects.column_of_times(path), self.clock.times_s
        frame = np.searchsorted(times, onsets, side="right") - 1
        known = (frame >= 0) & (onsets - times[np.maximum(frame, 0)] < 1.5 / self.clock.rate_hz)
        if onsets.size and not known.any():
            raise RecordingError(
                self.objects.where(path), got=f"times of {np.nanmin(onsets):g} to {np.nanmax(onsets):g} s",
                expected=f"times within {self.clock.span}, the frames", fix="check the clocks of both",
            )  # fmt: skip
        counts = np.minimum(np.bincount(frame[known], minlength=len(times)), np.iinfo(np.uint8).max)
        return counts.astype(
            np.uint8
        ), f"{field} from {path}: {int(known.sum()):,} of {onsets.size:,} fall into a frame"

    def _times_of(self, name: str) -> str | None:
        """Return the path of the times in what is called ``name``."""
        places = (f"{name}/start_time", f"{name}/timestamps", name)
        return next((path for path in places if self.objects.dataset(path) is not None), None)


def _cm_per(unit: str, *, speed: bool) -> float | None:
    """Return centimetres, or centimetres per second, per unit; None where this is no length."""
    length, _, time = unit.strip().lower().replace(" per ", "/").partition("/")
    if speed != (time.strip() in _SECOND):
        return None
    length = length.strip()
    return _CM.get(length, _CM.get(length.removesuffix("s")))


def _interpolated(times: np.ndarray, own: Clock, values: np.ndarray, *, jumps: bool) -> np.ndarray:
    """Interpolate linearly; NaN outside and in holes of the clock, the nearest sample at a jump back to the start."""
    clock = own.times_s
    left = np.clip(np.searchsorted(clock, times, side="right") - 1, 0, len(clock) - 1)
    right = np.minimum(left + 1, len(clock) - 1)
    span = clock[right] - clock[left]
    weight = np.clip(np.divide(times - clock[left], span, out=np.zeros(len(times)), where=span > 0), 0.0, 1.0)
    nearest = values[np.where(weight < 0.5, left, right)]
    exact = (weight == 0) | (weight == 1)  # so that an unknown neighbour does not spread
    result = np.where(exact, nearest, (1 - weight) * values[left] + weight * values[right])
    if jumps and np.isfinite(values).any():
        far = np.abs(values[right] - values[left]) > np.nanmax(values) / 2 - np.nanmin(values) / 2
        result = np.where(far, nearest, result)
    usual = 1.0 / own.rate_hz
    hole = (span > max(_HOLE * usual, _HOLE_S)) & ~exact
    result[hole | (times < clock[0] - usual) | (times > clock[-1] + usual)] = np.nan
    return result
