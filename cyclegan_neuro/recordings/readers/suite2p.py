"""Suite2p: the folder of a plane (``F.npy``, ``Fneu.npy``, ``iscell.npy``), or the one above it.

Suite2p's arrays are (region, time) and hold every region that it found. The traces are raw fluorescence. ``stat.npy``
and ``ops.npy`` are pickles, read by :mod:`cyclegan_neuro.recordings.readers._npy_objects`: for centres and the rate.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings.memory import require_room
from cyclegan_neuro.recordings.readers import _npy_stream
from cyclegan_neuro.recordings.readers._npy_objects import numbers, read_objects
from cyclegan_neuro.recordings.readers.base import Entry, Quantity, Reader, Source, incomplete, kind_of

__all__ = ["READER", "Suite2p", "Suite2pSource"]

_TRACES: dict[str, Quantity] = {"F": "raw", "Fneu": "raw", "spks": "denoised"}
_BESIDE = ("Fneu.npy", "iscell.npy", "stat.npy", "ops.npy")
_FILES = ("F.npy", "spks.npy", *_BESIDE)
_ROWS_AT_ONCE = 64
_MOST_LABELS = 16  # columns of iscell.npy
_DEFAULT_RATE_HZ = 10.0  # of Suite2p, where nobody set one


class Suite2pSource(Source):
    """The open folder of one plane; of the regions those that :meth:`select` chose."""

    description = "folder of Suite2p"
    centres_in_pixels = True

    def __init__(self, path: Path):
        self.path = path
        self.notes: list[str] = []
        self._shape = _shape_of(path / "F.npy")
        self._rows = np.arange(self._shape[0])
        self._single: dict[str, np.ndarray] | None = None
        self.aliases: dict[str, str] = {"dff": "F", "neuropil": "Fneu", "roi_xy_um": "centres_px"}

    def select(self, *, rois: str, min_probability: float | None) -> None:
        n_rois, labels = self._shape[0], self._labels()
        if rois == "all" or (labels is None and min_probability is None):
            self.notes.append(f"all {n_rois} regions{'' if rois == 'all' else ', as there is no iscell.npy'}")
            return
        if labels is None or (min_probability is not None and labels.shape[1] < 2):
            raise RecordingError(
                f"{self.path}, min_probability", got="no probabilities in iscell.npy",
                expected="a second column of iscell.npy", fix="remove min_probability",
            )  # fmt: skip
        if min_probability is None:
            chosen, how = labels[:, 0] > 0, "labelled as cells in iscell.npy"
        else:
            chosen, how = labels[:, 1] >= min_probability, f"cells with a probability of {min_probability:g} or more"
        self._rows = np.flatnonzero(chosen)
        if not self._rows.size:
            raise RecordingError(
                str(self.path), got=f"0 of {n_rois} regions {how}", expected="neurons",
                fix="label them in Suite2p's window, or set min_probability or rois: all",
            )  # fmt: skip
        self.notes.append(f"{self._rows.size} of {n_rois} regions, those {how}")

    def resolve(
        self, fields: Mapping[str, str], *, frame_rate_hz: float | None, transpose: bool
    ) -> tuple[Source, Mapping[str, str]]:
        single = self._read_single()
        if frame_rate_hz is None and "frame_rate_hz" not in fields and "frame_rate_hz" not in single:
            raise RecordingError(
                f"{self.path}, field frame_rate_hz", got="no rate in ops.npy or Fall.mat",
                expected="frames per second of this plane",
                fix="set frame_rate_hz: 30.0 with the rate of your microscope",
            )  # fmt: skip
        if frame_rate_hz is None and single["frame_rate_hz"] == _DEFAULT_RATE_HZ:
            self.notes.append("10 Hz is Suite2p's own default, where no rate was set: frame_rate_hz if it is another")
        return self, fields

    def entries(self) -> dict[str, Entry]:
        found = {}
        for name, quantity in _TRACES.items():
            if (self.path / f"{name}.npy").is_file():
                dtype = self._header(name)[2]
                shape = (self._shape[1], self._rows.size)
                found[name] = Entry(name, shape, str(dtype), kind_of(dtype), quantity=quantity)
        for name, value in self._per_file().items():
            found[name] = Entry(name, value.shape, str(value.dtype), "number")
        return found

    def read(self, name: str, *, dtype: type | None = None, transpose: bool = False) -> np.ndarray:
        if name not in _TRACES:
            return self._per_file()[name]
        path, (shape, fortran, stored) = self.path / f"{name}.npy", self._header(name)
        target = np.dtype(dtype or stored)
        require_room(f"{self.path}, field '{name}'", shape=(shape[1], self._rows.size), itemsize=target.itemsize)
        if fortran:
            with open(path, "rb") as stream:
                traces = _npy_stream.read_array(stream, path, name, dtype=dtype, transpose=False)[self._rows].T
        else:
            traces = _read_rows(path, self._rows, dtype=target)
        return np.ascontiguousarray(traces.T if transpose else traces)

    def _header(self, name: str) -> _npy_stream.Header:
        """The header of a matrix of traces, which must be as large as F."""
        path = self.path / f"{name}.npy"
        with open(path, "rb") as stream:
            header = _npy_stream.read_header(stream, path)
        if header[0] != self._shape:
            raise RecordingError(
                str(path), got=f"shape {header[0]}", expected=f"{self._shape}, as F.npy", fix="copy the folder again"
            )
        return header

    def _labels(self) -> np.ndarray | None:
        path = self.path / "iscell.npy"
        if not path.is_file():
            return None
        with open(path, "rb") as stream:
            shape, _, dtype = _npy_stream.read_header(stream, path)
            fits = shape[:1] == self._shape[:1] and (len(shape) == 1 or (len(shape) == 2 and shape[1] <= _MOST_LABELS))
            if not fits or dtype.kind not in "biuf":
                raise RecordingError(
                    str(path), got=f"{dtype} of shape {shape}", fix="copy the folder again",
                    expected=f"a label for each of the {self._shape[0]} regions of F.npy",
                )  # fmt: skip
            stream.seek(0)
            labels = _npy_stream.read_array(stream, path, "iscell", dtype=None, transpose=False)
        return labels.reshape(len(labels), -1)

    def _per_file(self) -> dict[str, np.ndarray]:
        """What is known of the whole recording, and of the chosen regions."""
        single = dict(self._read_single())
        single["roi_rows"] = self._rows
        if "centres_px" in single:
            single["centres_px"] = single["centres_px"][self._rows]
        return single

    def _read_single(self) -> dict[str, np.ndarray]:
        """What ``ops`` and ``stat`` say; what they do not say, or cannot be read, is left out and told."""
        if self._single is None:
            self._single = {}
            for name in ("ops.npy", "settings.npy"):  # the rate is in the latter since Suite2p 1.0
                for ops in self._objects(name, 1):
                    self._single = _of_ops(ops, n_frames=self._shape[1]) | self._single
            if "frame_rate_hz" not in self._single:
                self._single |= _rate_of_fall(self.path / "Fall.mat")
            stat = self._objects("stat.npy", self._shape[0])
            middles = [numbers(region.get("med")) if isinstance(region, dict) else None for region in stat]
            if middles and all(middle is not None and len(middle) == 2 for middle in middles):
                self._single["centres_px"] = np.array(middles, np.float32)[:, ::-1]  # y, x
        return self._single

    def _objects(self, name: str, n_expected: int) -> list:
        path = self.path / name
        if not path.is_file():
            return []
        try:
            found = read_objects(path)
        except RecordingError as error:
            self.notes.append(f"{name} was left out: {error.got}")
            return []
        if len(found) != n_expected:
            self.notes.append(f"{name} was left out: {len(found)} elements, {n_expected} expected")
            return []
        return found


def _of_ops(ops: Any, *, n_frames: int) -> dict[str, np.ndarray]:
    """Rate, and the borders between recordings that Suite2p was given together."""
    found: dict[str, np.ndarray] = {}
    if not isinstance(ops, dict):
        return found
    rate = numbers(ops.get("fs"))
    if rate and len(rate) == 1 and np.isfinite(rate[0]) and rate[0] > 0:
        found["frame_rate_hz"] = np.array(rate[0])
    lengths = numbers(ops.get("frames_per_folder", ops.get("nframes_per_folder")))
    if lengths and sum(lengths) == n_frames and all(n >= 1 and n == int(n) for n in lengths):
        found["gaps"] = np.cumsum(np.array(lengths, np.int64))[:-1] - 1
    return found


def _rate_of_fall(path: Path) -> dict[str, np.ndarray]:
    if not path.is_file():
        return {}
    from cyclegan_neuro.recordings.readers import mat

    for group in ("ops", "settings"):
        try:
            with mat.READER.open(path) as fall:
                rate = fall.read(f"{group}/fs").reshape(-1)
        except Exception:  # one of several places of one number
            continue
        if rate.size == 1 and rate.dtype.kind in "iuf" and np.isfinite(rate[0]) and rate[0] > 0:
            return {"frame_rate_hz": np.array(rate[0], np.float64)}
    return {}


def _shape_of(path: Path) -> tuple[int, int]:
    """The shape of a matrix of traces, (region, time)."""
    with open(path, "rb") as stream:
        shape, _, dtype = _npy_stream.read_header(stream, path)
        declared = stream.tell() + int(np.prod(shape, dtype=object)) * dtype.itemsize
    if len(shape) != 2 or dtype.kind not in "iuf":
        raise RecordingError(
            str(path), got=f"{dtype} of shape {shape}", expected="numbers, (region, time)", fix="name another folder"
        )
    if path.stat().st_size < declared:
        raise incomplete(path, found=path.stat().st_size, declared=declared)
    return shape


def _read_rows(path: Path, rows: np.ndarray, *, dtype: np.dtype) -> np.ndarray:
    """Read rows of a matrix in C order, as (time, row); the others are passed by."""
    with open(path, "rb") as stream:
        shape, _, stored = _npy_stream.read_header(stream, path)
        begin, row_bytes = stream.tell(), shape[1] * stored.itemsize
        result = np.empty((shape[1], rows.size), dtype)
        for start in range(0, rows.size, _ROWS_AT_ONCE):
            block = np.empty((min(_ROWS_AT_ONCE, rows.size - start), shape[1]), dtype)
            for place, row in enumerate(rows[start : start + _ROWS_AT_ONCE]):
                stream.seek(begin + int(row) * row_bytes)
                values = stream.read(row_bytes)
                if len(values) < row_bytes:
                    raise incomplete(path, found=stream.tell(), declared=begin + shape[0] * row_bytes)
                block[place] = np.frombuffer(values, stored)
            result[:, start : start + len(block)] = block.T
    return result


class Suite2p(Reader):
    """A plane of Suite2p, recognised by ``F.npy`` and one of the files that Suite2p writes beside it."""

    name = "suite2p"
    title = "the plane of a Suite2p folder, plane0"
    suffixes = (".npy",)
    writes = False
    specificity = 1
    folders = True

    def recognises(self, path: Path, head: bytes) -> bool:
        if not path.is_dir():
            return path.name in _FILES and _is_plane(path.parent)
        return bool(_planes(path))

    @contextmanager
    def open(self, path: Path) -> Iterator[Source]:
        if not path.is_dir():
            raise RecordingError(
                str(path), got="one file of a Suite2p folder", expected="the folder", fix=f"path: {path.parent}"
            )
        planes = _planes(path)
        if len(planes) != 1:
            raise RecordingError(
                str(path), got=f"{len(planes)} planes: {', '.join(plane.name for plane in planes)}",
                expected="one of them; their frames are taken one after the other, at times of their own",
                fix=f"path: {planes[0]}",
            )  # fmt: skip
        if planes[0].name == "combined":
            raise RecordingError(
                str(path), got="all planes in one (combined)", expected="the folder of one plane",
                fix="path: plane0 beside it; Suite2p pads shorter planes with zeros here",
            )  # fmt: skip
        yield Suite2pSource(planes[0])


def _is_plane(folder: Path) -> bool:
    return (folder / "F.npy").is_file() and any((folder / name).is_file() for name in _BESIDE)


def _planes(path: Path) -> list[Path]:
    """The folder itself where it is a plane; else the planes in it, or in its folder ``suite2p``."""
    if _is_plane(path):
        return [path]
    for parent in (path, path / "suite2p"):
        planes = [folder for folder in sorted(parent.glob("plane*")) if _is_plane(folder)]
        if planes:
            return planes
    return []


READER = Suite2p()
