"""EXTRACT (MATLAB): ``temporal_weights`` (time, neuron), ``spatial_weights`` (height, width, neuron) and ``config``.

EXTRACT turns the movie into ΔF/F before it looks for cells, unless it is told not to. With a non-negative solver, and
with temporal denoising, the noise of the traces is not what was measured.
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

__all__ = ["READER", "Extract", "ExtractSource"]

_STRUCTURES = ("output", "", "results", "extract_output")
_TRACES, _IMAGES = "temporal_weights", "spatial_weights"
_NON_NEGATIVE = ("nonneg", "nonnegative_least_squares")


class ExtractSource(MatResults):
    """An open file of results."""

    def __init__(self, inner: Source, structure: str):
        super().__init__(inner, structure, "results of EXTRACT")
        self.aliases = {"dff": self._prefix + _TRACES, "roi_xy_um": "centres_px"}
        self._solver = self.text("config/trace_output_option")

    def resolve(
        self, fields: Mapping[str, str], *, frame_rate_hz: float | None, transpose: bool
    ) -> tuple[Source, Mapping[str, str]]:
        if "dff" not in fields and self._quantity() == "denoised":
            raise RecordingError(
                f"{self.path}, field '{self.aliases['dff']}'", got=f"traces {self._changed()}",
                expected="traces as measured", fix="run EXTRACT with config.trace_output_option = 'baseline_adjusted' "
                "(or 'no_constraint') and without temporal_denoising",
            )  # fmt: skip
        self.require_rate(frame_rate_hz, "frame_rate_hz" in fields)
        made = "ΔF/F" if self._quantity() == "dff" else "of a movie that EXTRACT did not turn into ΔF/F"
        self.notes.append(f"temporal weights ({made}; solver {self._solver or 'not stated'})")
        return self, fields

    def find(self, name: str) -> Entry | None:
        if name == "centres_px":
            images, traces = self.inside(_IMAGES), self.matrix(_TRACES)
            fits = images is not None and images.kind == "number" and len(images.shape) == 3 and traces is not None
            known = fits and images.shape[2] == traces[1]
            return Entry(name, (traces[1], 2), "float32", "number") if known else None
        entry = super().find(name)
        if entry is None or name != self.aliases["dff"]:
            return entry
        return replace(entry, quantity=self._quantity(), certain=False)

    def read(self, name: str, *, dtype: type | None = None, transpose: bool = False) -> np.ndarray:
        if name == "centres_px":
            return centres_of_images(self._inner.read(self._prefix + _IMAGES))
        return super().read(name, dtype=dtype, transpose=transpose)

    def _changed(self) -> str:
        """How the noise of the traces was changed, '' where it was not."""
        if self._solver in _NON_NEGATIVE:
            return f"of a solver that leaves nothing below 0 ({self._solver})"
        return "of a movie that was denoised in time" if self.number("config/temporal_denoising") else ""

    def _quantity(self) -> Quantity:
        if self._changed():
            return "denoised"
        preprocess = self.inside("config/preprocess")
        made = preprocess is None or self.number("config/preprocess") is not None
        return "dff" if made and self.number("config/skip_dff") is None else ""


class Extract(Reader):
    """MATLAB files with temporal and spatial weights."""

    name = "extract"
    title = "results of EXTRACT in MATLAB"
    suffixes = (".mat",)
    writes = False
    specificity = 2

    def recognises(self, path: Path, head: bytes) -> bool:
        return located(path, head, _STRUCTURES, _TRACES, _IMAGES) is not None

    @contextmanager
    def open(self, path: Path) -> Iterator[Source]:
        with open(path, "rb") as stream:
            structure = located(path, stream.read(1024), _STRUCTURES, _TRACES, _IMAGES)
        with opened(path) as inner:
            yield ExtractSource(inner, structure or "")


READER = Extract()
