"""Parts of days, one value per frame, and what is left of it when the mean of its place is removed."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import sparse

from cyclegan_neuro.evaluation.days.baselines.places import Places
from cyclegan_neuro.evaluation.days.names import SIGNALS
from cyclegan_neuro.evaluation.days.translation import Translation
from cyclegan_neuro.windows.prepared import PreparedPair
from cyclegan_neuro.windows.segmentation import coverage, spaced

__all__ = ["FIELDS", "N_BLOCKS", "FrameCollector", "Part", "Signal", "leave_one_out", "part_of", "residuals"]

N_BLOCKS = 8
"""Blocks of time that a part is cut into, for intervals and for folds."""
FIELDS = {"y": "g_x", "x": "f_y"}
"""Day that is made → the signal that translators make of the other day."""
_MOST_FRAMES = 6000
_LEAST_FRAMES = 10  # of a place; with fewer the mean of the whole part is removed


@dataclass(frozen=True, eq=False)
class Part:
    """Frames of a day, each once, in the order of time.

    Attributes
    ----------
    day : {"x", "y"}
    frames : ndarray of int64, shape (row,)
    at : ndarray of int64, shape (row,)
        Place of each frame.
    block : ndarray of int64, shape (row,)
        Block of time, from 0 to 7, equally many frames in each.
    pieces : tuple of (start, stop)
        Rows of continuous time within one block, half-open.
    """

    day: str
    frames: np.ndarray
    at: np.ndarray
    block: np.ndarray
    pieces: tuple[tuple[int, int], ...]

    def delayed(self, lag: int) -> np.ndarray:
        """Return the rows whose piece reaches ``lag`` frames back."""
        parts = [np.arange(start + lag, stop) for start, stop in self.pieces]
        return np.concatenate([np.zeros(0, np.int64), *parts])


@dataclass(frozen=True, eq=False)
class Signal:
    """Residuals of a part, in standard deviations of the day that they should look like; (row, neuron), float32."""

    part: Part
    values: np.ndarray


def part_of(prepared: PreparedPair, places: Places | None, day: str, starts: np.ndarray) -> Part:
    """Return the frames that windows hold; of more than 6,000, stretches of a window's length, evenly spread.

    Parameters
    ----------
    prepared : PreparedPair
    places : Places, optional
        Without them all frames have one place.
    day : {"x", "y"}
    starts : ndarray of int, shape (window,)
    """
    recording, height = prepared[day].recording, prepared.window_frames
    frames = np.flatnonzero(coverage(starts, window_frames=height, n_frames=recording.n_frames))
    if len(frames) > _MOST_FRAMES:
        stretch = np.arange(len(frames)) // height
        kept = spaced(np.arange(stretch[-1] + 1), max(1, _MOST_FRAMES // height))
        frames = frames[np.isin(stretch, kept)]
    block = np.arange(len(frames)) * N_BLOCKS // max(len(frames), 1)
    ends = (np.diff(frames) > 1) | np.isin(frames[:-1], recording.gaps) | (np.diff(block) > 0)
    borders = [0, *(np.flatnonzero(ends) + 1).tolist(), len(frames)]
    at = np.zeros(len(frames), np.int64) if places is None else places.bins[day][frames]
    return Part(day, frames, at, block, tuple(pairwise(borders)))


def residuals(part: Part, dff: np.ndarray, scale: np.ndarray | float = 1.0) -> Signal:
    """Remove from each frame the mean of its place, and divide by ``scale``.

    Parameters
    ----------
    part : Part
    dff : ndarray, shape (row, neuron)
    scale : ndarray, shape (neuron,), or float
        In ΔF/F.
    """
    shape = (int(part.at.max()) + 1, len(part.at))
    into = sparse.csr_array((np.ones(shape[1]), (part.at, np.arange(shape[1]))), shape=shape)
    count, dff = into.sum(axis=1), dff.astype(np.float64)
    means = into @ dff / np.maximum(count, 1)[:, None]
    means[count < _LEAST_FRAMES] = dff.mean(axis=0)
    return Signal(part, ((dff - means[part.at]) / scale).astype(np.float32))


def leave_one_out(per_block: np.ndarray) -> np.ndarray:
    """Return the sum over blocks, and the sums without each of them: (1 + block, ...) of (block, ...).

    Examples
    --------
    >>> leave_one_out(np.array([1.0, 2.0, 4.0]))
    array([7., 6., 5., 3.])
    """
    total = per_block.sum(axis=0)
    return np.concatenate([total[None], total - per_block])


class FrameCollector:
    """Collects what a translator makes of the frames of the test parts, each from the window in whose middle it lies.

    The mean over overlapping windows would have less noise than either.

    Parameters
    ----------
    prepared : PreparedPair
    parts : dict of str to Part
        Day → its test part.

    Attributes
    ----------
    made : dict of str to ndarray of float32, shape (row, neuron)
        Signal (``g_x``, ``f_y``) → ΔF/F.
    """

    def __init__(self, prepared: PreparedPair, parts: dict[str, Part]):
        self._height, self._parts, self._chosen = prepared.window_frames, parts, {}
        for day, part in parts.items():
            starts = np.sort(prepared[day].starts.test)
            middles = starts + (self._height - 1) / 2
            right = np.searchsorted(middles, part.frames).clip(1, max(len(starts) - 1, 1)).clip(max=len(starts) - 1)
            left = np.maximum(right - 1, 0)
            nearer = part.frames - middles[left] <= middles[right] - part.frames
            self._chosen[day] = starts[np.where(nearer, left, right)]
        self.made = {field: np.empty((0, 0), np.float32) for field in FIELDS.values()}

    def add(self, translation: Translation) -> None:
        """Take the windows of ``translation`` in."""
        for field in FIELDS.values():
            day, windows = SIGNALS[field].source, getattr(translation, field)
            part, chosen = self._parts[day], self._chosen[day]
            if not self.made[field].size:
                self.made[field] = np.empty((len(part.frames), windows.shape[2]), np.float32)
            for start, window in zip(getattr(translation, f"{day}_starts"), windows, strict=True):
                rows = np.flatnonzero(chosen == start)
                self.made[field][rows] = window[part.frames[rows] - start]
