"""Fields of a file with trials or responses: looked for under usual names, or those of the configuration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Protocol

import numpy as np

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings.memory import require_room
from cyclegan_neuro.recordings.readers.base import Source

__all__ = ["Fields"]

_LISTED = 12


class _FileSection(Protocol):
    @property
    def group(self) -> str: ...
    @property
    def fields(self) -> dict[str, str]: ...
    @property
    def bin_s(self) -> float | None: ...


class Fields:
    """Fields of a group of an open file, by what they mean.

    Parameters
    ----------
    source : Source
    file : section
        With ``group``, ``fields`` and ``bin_s``.
    key : str
        What messages call this section.
    defaults : mapping
        Field → names that are looked for, in this order.
    axes : mapping
        Field → axes that it has at least; other fields are vectors.
    text : sequence of str
        Fields that may be text.
    """

    def __init__(
        self, source: Source, file: _FileSection, key: str, *, defaults: Mapping[str, tuple[str, ...]],
        axes: Mapping[str, int], text: Sequence[str] = (),
    ):  # fmt: skip
        self.source, self.file, self.key, self.axes, self.text = source, file, key, axes, text
        self.group = file.group.strip("/")
        self.names: dict[str, str] = {}
        for field, names in defaults.items():
            given = file.fields.get(field)
            wanted = names if given is None else (given,) if given else ()
            found = next((name for name in map(self._full, wanted) if source.find(name) is not None), None)
            if found is not None:
                self.names[field] = found
            elif given:
                raise self._missing(field, given)

    def _full(self, name: str) -> str:
        return f"{self.group}/{name}" if self.group else name

    @property
    def label(self) -> str:
        """The file and the group, as messages and reports call them."""
        return f"{self.source.path}, {self.group}" if self.group else str(self.source.path)

    @property
    def short(self) -> dict[str, str]:
        """Names within the group."""
        return {field: name.removeprefix(self._full("")) for field, name in self.names.items()}

    def where(self, field: str) -> str:
        return f"{self.source.path}, field '{self.names[field]}'"

    def need(self, field: str, default: str) -> np.ndarray:
        """Return the numbers of a field without which nothing can be read."""
        if field not in self.names:
            raise self._missing(field, default)
        return self.get(field)

    def get(self, field: str) -> np.ndarray | None:
        """Return the values of a field, vectors of one axis also where MATLAB gave them two; None if it is absent."""
        if field not in self.names:
            return None
        name = self.names[field]
        entry = self.source.find(name)
        if entry.kind not in self._kinds(field):
            raise RecordingError(
                self.where(field), got=f"{entry.type_name} of shape {entry.shape}", expected="real numbers",
                fix=f"name a field of numbers in {self.key}.fields, for example conditions as whole numbers from 0",
            )  # fmt: skip
        require_room(self.where(field), shape=entry.shape, itemsize=8)
        array = self.source.read(name)
        return array.reshape(-1) if array.ndim == 2 and 1 in array.shape and field not in self.axes else array

    def _kinds(self, field: str) -> tuple[str, ...]:
        return ("number", "text") if field in self.text else ("number",)

    def attribute(self, name: str) -> np.ndarray | None:
        """Return an attribute of the group or of the file, or a data set of that name."""
        places = [f"{self.group}@{name}", f"{self.group}/{name}", name] if self.group else [name]
        found = next((place for place in places if self.source.find(place) is not None), None)
        return None if found is None else np.asarray(self.source.read(found)).reshape(-1)

    def bin_s(self) -> float:
        """Return the duration of a bin: as configured, else an attribute of the file, else steps of ``time_s``."""
        if self.file.bin_s is not None:
            return self.file.bin_s
        for name, of in (("bin_s", lambda value: value), ("rate_hz", lambda value: 1.0 / value)):
            value = self.attribute(name)
            if value is not None and value.size == 1 and value.dtype.kind in "iuf" and value[0] > 0:
                return float(of(value[0]))
        seconds = self.get("time_s")
        if seconds is not None and len(seconds) > 1 and np.median(np.diff(seconds)) > 0:
            return float(np.round(np.median(np.diff(seconds)), 9))
        raise RecordingError(
            f"{self.source.path}, {self.key}.bin_s", got="nothing", expected="the duration of a bin in seconds, there "
            "or as an attribute bin_s of the group", fix=f"set {self.key}.bin_s, for example 0.1",
        )  # fmt: skip

    def _missing(self, field: str, wanted: str) -> RecordingError:
        kinds = self._kinds(field)
        entries = {n: e for n, e in self.source.entries().items() if e.kind in kinds and not e.attribute and e.shape}
        inside = {n.removeprefix(self._full("")): e for n, e in entries.items() if n.startswith(self._full(""))}
        inside = {n: e for n, e in inside.items() if len(e.shape) >= self.axes.get(field, 0)}
        listed = ", ".join(f"{name} {entry.shape}" for name, entry in list(inside.items())[:_LISTED])
        expected, fix = f"one of what is there: {listed or 'nothing'}", f"set {self.key}.fields: {{{field}: ...}}"
        groups = [name.removesuffix(f"/{wanted}") for name in entries if name.endswith(f"/{wanted}")]
        near = get_close_matches(wanted, inside, n=1, cutoff=0.5)
        if groups:
            below = [name for name in groups if name.startswith(self._full(""))]
            close = (below or get_close_matches(self.group, groups, n=1, cutoff=0.0))[0]
            expected, fix = f"a group with it: {', '.join(groups[:_LISTED])}", f"set {self.key}.group: {close}"
        elif near:
            fix = f"did you mean '{near[0]}'? Set {self.key}.fields: {{{field}: {near[0]}}}"
        at = f", group '{self.group}'" if self.group else ""
        return RecordingError(
            f"{self.source.path}{at}", got=f"no '{wanted}' ({field})", expected=expected, fix=fix
        )  # fmt: skip
