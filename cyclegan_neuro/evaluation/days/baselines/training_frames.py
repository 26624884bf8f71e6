"""What alignments are fitted to: frames and moments of the training part, in chunks that bound the memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from cyclegan_neuro.evaluation.days.translation import Frames
from cyclegan_neuro.recordings.frames import runs, segments
from cyclegan_neuro.windows.prepared import PreparedPair
from cyclegan_neuro.windows.segmentation import coverage, spaced, window_frame_indices

__all__ = ["Chunk", "MomentSums", "Moments", "chunks", "moments_of", "moments_of_days", "spread_of"]

_CHUNK_FRAMES = 4096
_WINDOWED_FRAMES = 2**19  # of windows that are taken as they are, evenly spread: 256 windows of 2,048 frames

Chunk = tuple[np.ndarray, Frames]
"""Windows (window, time, neuron) in ΔF/F and their frames."""


@dataclass(frozen=True, eq=False)
class Moments:
    """First two moments of a day over some of its frames.

    Attributes
    ----------
    mean : ndarray of float64, shape (neuron,)
        In ΔF/F.
    covariance : ndarray of float64, shape (neuron, neuron)
        Divided by the number of frames.
    """

    mean: np.ndarray
    covariance: np.ndarray

    @property
    def std(self) -> np.ndarray:
        return np.sqrt(np.diag(self.covariance))


def chunks(
    prepared: PreparedPair,
    day: Literal["x", "y"],
    *,
    which: Literal["train", "validation"] = "train",
    as_windows: bool = False,
) -> Iterator[Chunk]:
    """Yield what the windows of one part of the split hold.

    Parameters
    ----------
    prepared : PreparedPair
    day : {"x", "y"}
    which : {"train", "validation"}
    as_windows : bool
        Yield windows as they are, at most as many as hold about half a million frames, evenly spread. So it is always
        where the day is Φ(X), whose values depend on the place in the window. Otherwise every frame comes once, however
        many windows share it, in stretches (1, time, neuron) of continuous time.
    """
    starts = getattr(prepared[day].starts, which)
    if as_windows or prepared[day].transform is not None:
        yield from _windows(prepared, day, starts)
    else:
        yield from _stretches(prepared, day, starts)


def _windows(prepared: PreparedPair, day: Literal["x", "y"], starts: np.ndarray) -> Iterator[Chunk]:
    height = prepared.window_frames
    picked = spaced(starts, -(-_WINDOWED_FRAMES // height))
    per_chunk = max(1, _CHUNK_FRAMES // height)
    for first in range(0, len(picked), per_chunk):
        chosen = picked[first : first + per_chunk]
        yield prepared.windows_of(day, chosen), Frames(day, window_frame_indices(chosen, height))


def _stretches(prepared: PreparedPair, day: Literal["x", "y"], starts: np.ndarray) -> Iterator[Chunk]:
    recording = prepared[day].recording
    covered = coverage(starts, window_frames=prepared.window_frames, n_frames=recording.n_frames)
    for begin, end in segments(recording.n_frames, recording.gaps):
        for start, stop in runs(covered[begin:end]):
            for first in range(begin + start, begin + stop, _CHUNK_FRAMES):
                frames = np.arange(first, min(first + _CHUNK_FRAMES, begin + stop))[None]
                yield recording.dff[frames], Frames(day, frames)


class MomentSums:
    """Adds up what moments are made of, in float64 around a pivot so that small variances survive."""

    def __init__(self) -> None:
        self._pivot: np.ndarray | None = None
        self._count = 0
        self._total: np.ndarray | float = 0.0
        self._outer: np.ndarray | float = 0.0

    def add(self, chunk: np.ndarray) -> None:
        """Take in values (..., variable)."""
        rows = chunk.reshape(-1, chunk.shape[-1]).astype(np.float64)
        self._pivot = rows[0].copy() if self._pivot is None else self._pivot
        rows -= self._pivot
        self._count += len(rows)
        self._total += rows.sum(axis=0)
        self._outer += rows.T @ rows

    def moments(self) -> Moments:
        """Return the moments of all that was added."""
        mean = self._total / self._count
        return Moments(mean=mean + self._pivot, covariance=self._outer / self._count - np.outer(mean, mean))


def moments_of(frames: Iterable[np.ndarray]) -> Moments:
    """Return the moments of chunks (..., variable)."""
    sums = MomentSums()
    for chunk in frames:
        sums.add(chunk)
    return sums.moments()


def spread_of(frames: Iterable[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard deviation of chunks (..., variable): of moments, what takes no products of variables."""
    pivot, count = None, 0
    total: np.ndarray | float = 0.0
    squares: np.ndarray | float = 0.0
    for chunk in frames:
        rows = chunk.reshape(-1, chunk.shape[-1]).astype(np.float64)
        pivot = rows[0].copy() if pivot is None else pivot
        rows -= pivot
        count += len(rows)
        total += rows.sum(axis=0)
        squares += np.einsum("ij,ij->j", rows, rows)
    mean = total / count
    return mean + pivot, np.sqrt(np.clip(squares / count - mean**2, 0.0, None))


def moments_of_days(
    prepared: PreparedPair, which: Literal["train", "validation"] = "train", *, seen=None, as_windows: bool = False
) -> tuple[Moments, Moments]:
    """Return the moments of both days over the frames of some of their windows.

    Parameters
    ----------
    prepared, which, as_windows
        See :func:`chunks`.
    seen : callable, optional
        Makes of each chunk what moments are taken of.
    """
    x, y = (
        moments_of(
            dff if seen is None else seen(dff, frames)
            for dff, frames in chunks(prepared, day, which=which, as_windows=as_windows)
        )
        for day in ("x", "y")
    )
    return x, y
