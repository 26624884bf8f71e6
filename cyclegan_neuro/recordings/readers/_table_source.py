"""A recording in a table: which column is the time, which are neurons, which are behaviour."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings.layout import FIELDS
from cyclegan_neuro.recordings.readers._clock import Clock, gaps_of_counter, stamped
from cyclegan_neuro.recordings.readers._table import Table
from cyclegan_neuro.recordings.readers.base import Entry, Source

__all__ = ["TRACES", "TableSource"]

#: What the matrix of all neurons, the names of its columns, rate and gaps are called.
TRACES, NAMES, RATE, GAPS = "*", "column names", "rate of the times", "gaps of the times"
_TIME = re.compile(
    r"(time|times|timestamps?|t|seconds?|secs?|zeit)(?![a-z])[\W_]*(ms|msecs?|milliseconds?|s|secs?|seconds)?", re.I
)
_COUNTER = re.compile(r"(|unnamed: 0|index|frames?|frame_?(index|number|no|nr|id)|slices?|no\.?|#)", re.I)
_PER_FRAME = {name for name, spec in FIELDS.items() if spec.axes == ("time",)}
_MOST_DECIMALS = 9
_ROUNDED = 0.1  # share of intervals that are one unit longer or shorter, from which on it is due to rounding


class TableSource(Source):
    """A table of which each row is a frame; with ``transpose`` each row is a neuron.

    Parameters
    ----------
    path : Path
    table : Table
    description : str
    """

    def __init__(self, path: Path, table: Table, description: str):
        self.path, self.table, self.description = path, table, description
        self.notes: list[str] = list(table.notes)
        self.aliases: dict[str, str] = {"dff": TRACES}
        self._made: dict[str, np.ndarray] = {}
        self._called = [name or f"column {i + 1}" for i, name in enumerate(self._names())]
        self.neurons = self._roles({}, TRACES)[2]

    def resolve(
        self, fields: Mapping[str, str], *, frame_rate_hz: float | None, transpose: bool
    ) -> tuple[Source, Mapping[str, str]]:
        if self.table.above and not transpose:
            raise RecordingError(
                str(self.path), got=f"{len(self.table.above) + 1} rows of text above the numbers ("
                f"'{', '.join(self.table.above[0])[:60]}')", expected="one row of names, or none",
                fix="take the other rows out",
            )  # fmt: skip
        if transpose:
            self._turn()
            fields = dict(fields)
        else:
            fields = self._choose(fields, frame_rate_hz)
        if frame_rate_hz is None and "frame_rate_hz" not in fields and RATE not in self._made:
            columns = ", ".join(self._called[:10]) + (", ..." if len(self._called) > 10 else "")
            raise RecordingError(
                f"{self.path}, field frame_rate_hz", got=f"no column of times in numbers ({columns})",
                expected="times in seconds, or a rate",
                fix="set frame_rate_hz: 30.0 with the rate of your microscope, or name the column of times: "
                "fields: {frame_rate_hz: NAME}",
            )  # fmt: skip
        return self, fields

    def entries(self) -> dict[str, Entry]:
        names = (TRACES, *self._made, *self._called)
        return {name: entry for name in names if (entry := self.find(name)) is not None}

    def find(self, name: str) -> Entry | None:
        n_rows = len(self.table.values)
        if name == TRACES:
            return Entry(name, (n_rows, self.neurons.size), "float64", "number")
        if name in self._made:
            value = self._made[name]
            return Entry(name, value.shape, "text" if value.dtype.kind == "U" else str(value.dtype), _kind(value))
        if name in self._called:
            text = self._called.index(name) in self.table.texts
            return Entry(name, (n_rows,), "text" if text else "float64", "text" if text else "number")
        return None

    def read(self, name: str, *, dtype: type | None = None, transpose: bool = False) -> np.ndarray:
        if name == TRACES:
            values = self.table.values[:, self.neurons]
            return np.ascontiguousarray(values.T if transpose else values, dtype=dtype)
        if name in self._made:
            return self._made[name]
        column = self._called.index(name)
        return self.table.texts[column] if column in self.table.texts else self.table.values[:, column]

    def _names(self) -> Sequence[str]:
        return self.table.names or [""] * self.table.values.shape[1]

    def _turn(self) -> None:
        """Take rows for neurons: a first column of text names them."""
        if 0 in self.table.texts:
            self._name_neurons(tuple(self.table.texts[0]))
            self.notes.append(f"neurons are rows, named in {self._called[0]}")

    def _choose(self, fields: Mapping[str, str], frame_rate_hz: float | None) -> dict[str, str]:
        """Say what each column is; what is neither time, counter, text nor behaviour is a neuron."""
        fields = dict(fields)
        wanted = fields.pop("dff", TRACES)
        time, counter, self.neurons = self._roles(fields, wanted)
        if time is not None:
            fields.pop("frame_rate_hz", None)
            self._tell_time(time, regular=frame_rate_hz is None)
        elif counter is not None:
            self._set_gaps(gaps_of_counter(self.table.values[:, counter], where=str(self.path)))
            self.notes.append(f"'{self._called[counter]}' counts frames and was left out")
        if not self.neurons.size:
            raise RecordingError(
                f"{self.path}, field dff", got=f"no column of numbers called '{wanted}'",
                expected=f"some of {', '.join(self._called[:20])}",
                fix="name them with a pattern: fields: {dff: 'cell_*'}",
            )  # fmt: skip
        if self.table.texts:
            self.notes.append(f"columns of text were left out: {', '.join(self._called[i] for i in self.table.texts)}")
        if self.table.names:
            self._name_neurons(tuple(self._called[i] for i in self.neurons))
        return fields

    def _roles(self, fields: Mapping[str, str], wanted: str) -> tuple[int | None, int | None, np.ndarray]:
        """Return the column of times, that which counts frames, and those of neurons."""
        taken = {self._called.index(name) for name in fields.values() if name in self._called}
        taken |= {i for i, name in enumerate(self._called) if name in _PER_FRAME}
        time = self._time_column(fields.get("frame_rate_hz"), taken)
        counter = None if time is not None else self._counter(taken)
        left_out = taken | {time, counter} | set(self.table.texts)
        left_out |= {i for i, name in enumerate(self._names()) if not name and np.isnan(self.table.values[:, i]).all()}
        kept = [i for i in range(len(self._called)) if i not in left_out]
        kept = [i for i in kept if wanted == TRACES or fnmatchcase(self._called[i], wanted)]
        return time, counter, np.array(kept, np.int64)

    def _time_column(self, named: str | None, taken: set[int]) -> int | None:
        """The column of times: as the user says, by its name, or the first if it rises and has no name."""
        if named is not None:
            return self._called.index(named) if named in self._called else None
        free = [i for i in range(len(self._names())) if i not in taken and i not in self.table.texts]
        by_name = [i for i in free if _TIME.fullmatch(self._names()[i].strip(" ()[]"))]
        if by_name:
            return by_name[0]
        first = self.table.values[:, 0]
        rises = first.size > 2 and bool((np.diff(first) > 0).all())
        nameless = 0 not in taken and not self._names()[0]
        return 0 if rises and nameless and not _is_counter(first) else None

    def _counter(self, taken: set[int]) -> int | None:
        first = self.table.values[:, 0]
        named = 0 not in taken and _COUNTER.fullmatch(self._names()[0].strip()) is not None
        return 0 if named and first.size > 2 and _is_counter(first) else None

    def _tell_time(self, column: int, *, regular: bool) -> None:
        name, times = self._called[column], self.table.values[:, column]
        where = f"{self.path}, {name}"
        if column in self.table.texts:
            raise RecordingError(
                where, got=f"'{self.table.texts[column][0][:40]}'", expected="times in seconds",
                fix="write seconds since the first frame",
            )  # fmt: skip
        match = _TIME.fullmatch(name.strip(" ()[]"))
        in_ms = match is not None and (match.group(2) or "").casefold().startswith("m")
        clock = self._clock(times / 1000 if in_ms else times, where, regular)
        self._made[RATE] = np.array(clock.rate_hz)
        self.aliases["frame_rate_hz"] = RATE
        self._set_gaps(clock.gaps)
        unit = "milliseconds" if in_ms else "seconds"
        self.notes.append(f"times in {name}, taken for {unit}: {clock.span}, {clock.rate_hz:g} Hz")

    def _clock(self, times_s: np.ndarray, where: str, regular: bool) -> Clock:
        if len(times_s) < 2:
            raise RecordingError(
                where, got=f"{len(times_s)} rows", expected="frames", fix="name the file of the traces"
            )
        return stamped(times_s, where=where, regular=regular, resolution_s=_resolution(times_s))

    def _set_gaps(self, gaps: np.ndarray) -> None:
        if gaps.size:
            self._made[GAPS] = gaps
            self.aliases["gaps"] = GAPS

    def _name_neurons(self, names: tuple[str, ...]) -> None:
        """Take names for ids of neurons, but where they only count through the columns."""
        self._made[NAMES] = np.array(names, np.str_)
        run = _run_of(names)
        if run:
            self.notes.append(
                f"names of neurons ({run}) only count and were not taken for ids; where they name the same cells on "
                f"both days: fields: {{roi_ids: {NAMES}}}"
            )
        else:
            self.aliases["roi_ids"] = NAMES


def _is_counter(values: np.ndarray) -> bool:
    """Whether a column counts frames from 0 or 1."""
    return bool(values[0] in (0, 1) and (np.diff(values) >= 1).all() and (values == np.round(values)).all())


def _resolution(times: np.ndarray) -> float:
    """Return what times were rounded to, where that changes their intervals; else 0.

    Intervals of 0.03 and 0.04 s are 30 Hz, written with two decimals. Single intervals of 0.02 s among those of 0.01 s
    are frames that were lost.
    """
    if not np.isfinite(times).all():  # 1e999 is none; whoever reads the times says so
        return 0.0
    precise = 1e-9 * max(1.0, float(np.abs(times).max()))
    rounded = (10.0**-n for n in range(_MOST_DECIMALS) if np.allclose(times, np.round(times, n), rtol=0, atol=precise))
    resolution = next(rounded, 0.0)
    if not resolution:
        return 0.0
    steps = np.rint(np.diff(times) / resolution)
    usual = np.median(steps)
    return resolution if np.isin(steps, (usual - 1, usual + 1)).mean() > _ROUNDED else 0.0


def _run_of(names: tuple[str, ...]) -> str:
    """Return the first and the last of names that are a prefix and 0, 1, 2, ... or 1, 2, 3, ...; '' of others."""
    parts = [re.fullmatch(r"(.*?)0*(\d+)", name.strip()) for name in names]
    if not all(parts) or len({part.group(1) for part in parts}) != 1:
        return ""
    numbers = [int(part.group(2)) for part in parts]
    return f"{names[0]} to {names[-1]}" if numbers[0] in (0, 1) and set(np.diff(numbers)) <= {1} else ""


def _kind(value: np.ndarray):
    return "text" if value.dtype.kind == "U" else "number"
