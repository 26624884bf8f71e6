"""Networks over whole traces, in calls of bounded size."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np

__all__ = ["Inference", "rates_of_traces"]

_LONGEST_TRACE = 1 << 12  # frames of one trace of a call; longer ones are read in overlapping parts


class Inference(Protocol):
    """Networks for traces of one frame rate.

    Attributes
    ----------
    frames_per_call : int
        Frames of all traces of a call, which bound its memory.
    overlap_frames : int, optional
        Frames that successive parts of a trace must share; None where a trace cannot be cut.
    about : dict
        What files and reports say about the networks.
    identity : list
        Everything that rates depend on, for :func:`cyclegan_neuro.spikes.cache.content_key`.
    """

    @property
    def frames_per_call(self) -> int: ...

    @property
    def overlap_frames(self) -> int | None: ...

    @property
    def about(self) -> dict[str, Any]: ...

    @property
    def identity(self) -> list[Any]: ...

    def reachable(self, n_frames: int) -> slice:
        """Return the frames of a stretch that get a rate."""
        ...

    def levels(self, noise_levels: np.ndarray) -> np.ndarray:
        """Return the noise levels that the networks are told or were trained for."""
        ...

    def groups(self, levels: np.ndarray) -> list[np.ndarray]:
        """Return the traces that one call may read together."""
        ...

    def inner_rates(self, rows: np.ndarray, levels: np.ndarray) -> np.ndarray:
        """Return the rates (Hz, not negative) of the reachable frames of traces (trace, frame)."""
        ...


def rates_of_traces(rows: np.ndarray, inference: Inference, levels: np.ndarray) -> np.ndarray:
    """Infer the rates of traces that one call may read together.

    Parameters
    ----------
    rows : ndarray of float32, shape (trace, frame)
        ΔF/F as a fraction.
    inference : Inference
    levels : ndarray, shape (trace,)
        See :meth:`Inference.levels`.

    Returns
    -------
    rates_hz : ndarray of float32, shape (trace, reachable frame)
    """
    inside = inference.reachable(rows.shape[1])
    result = np.empty((len(rows), inside.stop - inside.start), np.float32)
    for traces, frames in _parts(rows.shape, inference):
        found = inference.inner_rates(rows[traces, frames], levels[traces])
        result[traces, frames.start : frames.start + found.shape[1]] = found
    return result


def _parts(shape: tuple[int, ...], inference: Inference) -> Iterator[tuple[slice, slice]]:
    """Cut (trace, frame) into calls."""
    (n_traces, n_frames), overlap = shape, inference.overlap_frames
    length = n_frames if overlap is None else min(n_frames, _LONGEST_TRACE + overlap)
    at_once = max(1, inference.frames_per_call // length)
    for first in range(0, n_traces, at_once):
        for start in range(0, max(1, n_frames - (overlap or 0)), max(1, length - (overlap or 0))):
            yield slice(first, first + at_once), slice(start, min(n_frames, start + length))
