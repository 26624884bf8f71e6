"""NWB 2: ΔF/F of one series of ROI responses, found by its type, with the neurons, behaviour and trials beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import h5py

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings.readers import _nwb_series, _nwb_writer
from cyclegan_neuro.recordings.readers._hdf5_gate import walk
from cyclegan_neuro.recordings.readers._hdf5_source import Hdf5Source, has, open_hdf5
from cyclegan_neuro.recordings.readers._nwb_objects import NO_DATA, Objects, attribute_of
from cyclegan_neuro.recordings.readers._nwb_recording import NwbRecording
from cyclegan_neuro.recordings.readers.base import Entry, Reader, Source
from cyclegan_neuro.recordings.readers.hdf5 import READER as HDF5

__all__ = ["READER", "Nwb", "NwbSource"]

_OLD = "1"


class NwbSource(Hdf5Source):
    """An open NWB file; data sets by their paths, as in any HDF5 file, until a recording is asked for."""

    def __init__(self, path: Path, file: h5py.File):
        super().__init__(path, file, f"NWB {_version(file) or 'of unknown version'}")

    @cached_property
    def objects(self) -> Objects:
        """Objects of the file, listed when a recording is asked for; spike times are read without."""
        return Objects(self.file)

    def entries(self) -> dict[str, Entry]:
        """Return what can be named, series of ROIs first; without attributes, and the words of the format."""
        found: dict[str, Entry] = {}

        def visit(name: str, item: h5py.Group | h5py.Dataset) -> None:
            if isinstance(item, h5py.Dataset) and not name.startswith(NO_DATA):
                found[name] = self._listed(name, item)

        walk(self.file, visit)
        first = [f"{path}/data" for path in _nwb_series.paths(self.objects)]
        return {name: found[name] for name in first if name in found} | found

    def resolve(
        self, fields: Mapping[str, str], *, frame_rate_hz: float | None, transpose: bool
    ) -> tuple[Source, Mapping[str, str]]:
        version = _version(self.file)
        if version.startswith(_OLD):
            raise RecordingError(
                str(self.path), got=f"NWB {version}", expected="NWB 2, whose tables say which trace is which neuron",
                fix="convert the file, or name its data sets: format: hdf5, fields: {dff: ..., roi_ids: ...}",
            )  # fmt: skip
        series = _nwb_series.choose(self.objects, fields.get("dff"))
        if series is None:  # a plain data set that the user names
            return self, fields
        return NwbRecording(self, self.objects, series, fields, frame_rate_hz=frame_rate_hz), {}


def _version(file: h5py.File) -> str:
    """Return the version that the file states: NWB 2 in an attribute, NWB 1 in a data set."""
    value = attribute_of(file, "nwb_version")
    if value is None and isinstance(file.get("nwb_version", getlink=True), h5py.HardLink):
        item = file["nwb_version"]
        value = item[()] if isinstance(item, h5py.Dataset) and item.shape == () else None
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value or "")
    return text.removeprefix("NWB-")


class Nwb(Reader):
    """Told from other HDF5 by the version that the file states."""

    name = "nwb"
    title = "NWB 2 (Neurodata Without Borders)"
    suffixes = (".nwb",)
    leaves_out = ("truth/",)
    specificity = 2

    def recognises(self, path: Path, head: bytes) -> bool:
        if not HDF5.recognises(path, head):
            return False
        return has(path, lambda file: bool(_version(file)))

    @contextmanager
    def open(self, path: Path) -> Iterator[Source]:
        with open_hdf5(path, closed=False) as file:
            yield NwbSource(path, file)

    def write(self, path: Path, values: Mapping[str, Any]) -> None:
        _nwb_writer.write(path, values)


READER = Nwb()
