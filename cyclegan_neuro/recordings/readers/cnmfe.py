"""CNMF-E and CaImAn in MATLAB: a structure with ``A``, ``C`` and ``C_raw`` or ``F_dff``, all (neuron, time).

``C_raw`` is what is left of the movie in a footprint when the background is taken away: not denoised, without an F0.
``F_dff`` (or ``F_df``) is ΔF/F as CaImAn computes it. ``C``, ``C_df`` and ``S`` are the model's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings.readers._mat_results import MatResults, centres_of_images, located, opened
from cyclegan_neuro.recordings.readers.base import Entry, Quantity, Reader, Source

__all__ = ["READER", "Cnmfe", "CnmfeSource"]

_STRUCTURES = ("", "results", "neuron", "neuron_results", "cnmfe", "cnmf", "output")
_TRACES: dict[str, Quantity] = {
    "F_dff": "dff", "F_df": "dff", "C_raw": "no background", "C": "denoised", "C_df": "denoised", "S": "denoised",
}  # fmt: skip
_READ = ("F_dff", "F_df", "C_raw")  # the first that is there
_RATES = ("Fs", "options/Fs", "options/fr")


class CnmfeSource(MatResults):
    """An open file of results; matrices of traces are turned round."""

    def __init__(self, inner: Source, structure: str):
        super().__init__(inner, structure, "results of CNMF-E or CaImAn")
        self._traces = {self._prefix + name: name for name in _TRACES if self.matrix(name) is not None}
        rate = next((name for name in _RATES if self.number(name) is not None), None)
        if rate is not None:
            self.aliases["frame_rate_hz"] = self._prefix + rate
        traces = next((name for name in _READ if self.matrix(name) is not None), None)
        if traces is not None:
            self.aliases |= {"dff": self._prefix + traces, "roi_xy_um": "centres_px"}
        if self._are_numbers("ids"):
            self.aliases["roi_rows"] = f"{self._prefix}ids"

    def resolve(
        self, fields: Mapping[str, str], *, frame_rate_hz: float | None, transpose: bool
    ) -> tuple[Source, Mapping[str, str]]:
        if transpose:
            raise RecordingError(
                f"{self.path}, transpose", got="true", expected="false: these programs write (neuron, time)",
                fix="remove transpose",
            )  # fmt: skip
        if "dff" not in fields and "dff" not in self.aliases:
            raise RecordingError(
                f"{self.path}, field dff", got=f"{', '.join(self._traces)}, which a model denoised or deconvolved",
                expected="C_raw, or ΔF/F in F_dff", fix="save C_raw with the results, or F_dff of detrend_df_f",
            )  # fmt: skip
        self.require_rate(frame_rate_hz, "frame_rate_hz" in fields)
        chosen = fields.get("dff", self.aliases.get("dff", ""))
        self.notes.append(f"traces {chosen}{', turned to (time, neuron)' if chosen in self._traces else ''}")
        shape, model = self.matrix("C_raw"), self.matrix("C")
        if self._traces.get(chosen) == "C_raw" and model is not None and model[1] != shape[1]:
            self.notes.append(f"C_raw has {shape[1]:,} frames, C {model[1]:,}")
        return self, fields

    def find(self, name: str) -> Entry | None:
        if name == "centres_px":
            known = self._footprints() is not None
            return Entry(name, (self._n_neurons(), 2), "float32", "number") if known else None
        entry = super().find(name)
        if entry is None or name not in self._traces:
            return entry
        return replace(entry, shape=entry.shape[::-1], quantity=_TRACES[self._traces[name]])

    def read(self, name: str, *, dtype: type | None = None, transpose: bool = False) -> np.ndarray:
        if name == "centres_px":
            return centres_of_images(self._footprints())
        return super().read(name, dtype=dtype, transpose=transpose != (name in self._traces))

    def _n_neurons(self) -> int:
        shape = self.matrix(self._traces[self.aliases["dff"]])
        return 0 if shape is None else shape[0]

    def _are_numbers(self, name: str) -> bool:
        """Whether a field numbers the neurons, each once."""
        entry = self.inside(name)
        if entry is None or entry.kind != "number" or "dff" not in self.aliases:
            return False
        values = self._inner.read(self._prefix + name).reshape(-1)
        whole = values.size == self._n_neurons() and bool((values == np.round(values)).all())
        return whole and np.unique(values).size == values.size

    def _footprints(self) -> np.ndarray | None:
        """Footprints as images (height, width, neuron); None of sparse ones in a version 5 file, or without a size."""
        height, width = self.number("options/d1"), self.number("options/d2")
        if height is None or width is None or "dff" not in self.aliases:
            return None
        n_pixels, n = int(height * width), self._n_neurons()
        dense = self._dense(n_pixels, n)
        return None if dense is None else dense.reshape(int(height), int(width), n, order="F")

    def _dense(self, n_pixels: int, n_neurons: int) -> np.ndarray | None:
        if self.matrix("A") == (n_pixels, n_neurons):
            return self._inner.read(f"{self._prefix}A")
        parts = [f"{self._prefix}A/{part}" for part in ("data", "ir", "jc")]  # sparse, in a version 7.3 file
        if any((entry := self._inner.find(part)) is None or entry.kind != "number" for part in parts):
            return None
        value, pixel, starts = (self._inner.read(part).reshape(-1) for part in parts)
        pixel, starts = pixel.astype(np.int64), starts.astype(np.int64)
        whole = starts.size == n_neurons + 1 and starts[0] == 0 and starts[-1] == value.size == pixel.size
        if not whole or (np.diff(starts) < 0).any() or (pixel < 0).any() or (pixel >= n_pixels).any():
            return None
        dense = np.zeros((n_pixels, n_neurons))
        dense[pixel, np.repeat(np.arange(n_neurons), np.diff(starts))] = value
        return dense


class Cnmfe(Reader):
    """MATLAB files with ``A``, ``C`` and one of ``C_raw``, ``F_dff`` and ``S``, at the top or in a structure."""

    name = "cnmfe"
    title = "results of CNMF-E or CaImAn in MATLAB"
    suffixes = (".mat",)
    writes = False
    specificity = 2

    def recognises(self, path: Path, head: bytes) -> bool:
        return self._structure(path, head) is not None

    @contextmanager
    def open(self, path: Path) -> Iterator[Source]:
        with open(path, "rb") as stream:
            structure = self._structure(path, stream.read(1024))
        with opened(path) as inner:
            yield CnmfeSource(inner, structure or "")

    @staticmethod
    def _structure(path: Path, head: bytes) -> str | None:
        return located(path, head, _STRUCTURES, "A", "C", (*_READ, "S"))


READER = Cnmfe()
