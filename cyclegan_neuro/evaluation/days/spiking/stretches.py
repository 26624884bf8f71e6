"""Which windows of a day are compared, and which parts of it its noise floor compares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from cyclegan_neuro.windows.prepared import Starts
from cyclegan_neuro.windows.segmentation import spaced

__all__ = ["Stretches", "faded", "parts_without_common_frames", "stretches_of_test", "windows_across"]

MOST_PARTS = 5
"""Other parts of a day that its noise floor compares with the test part; each costs as much as a generated signal."""


@dataclass(frozen=True)
class Stretches:
    """Stretches of continuous time, one after the other as rows of one array.

    Attributes
    ----------
    intervals : sequence of (start, stop)
        Half-open, in frames of the recording, ascending.
    """

    intervals: Sequence[tuple[int, int]]

    @property
    def frames(self) -> np.ndarray:
        """The frames of the recording that the rows are; int64, (row,)."""
        return np.concatenate([np.zeros(0, np.int64), *(np.arange(*interval) for interval in self.intervals)])

    @property
    def joints(self) -> np.ndarray:
        """Rows after which time is not continuous."""
        return np.cumsum([stop - start for start, stop in self.intervals])[:-1] - 1


def stretches_of_test(starts: Starts, window_frames: int) -> Stretches:
    """Return the continuous time from the first to the last test window, stretch by stretch.

    Parameters
    ----------
    starts : Starts
    window_frames : int

    Examples
    --------
    >>> some = np.array([0])
    >>> stretches_of_test(Starts(some, some, np.array([12, 15, 22]), ((0, 20), (22, 30))), 4).intervals
    [(12, 19), (22, 26)]
    """
    inside = [starts.test[(start <= starts.test) & (starts.test < stop)] for start, stop in starts.stretches]
    return Stretches([(int(some.min()), int(some.max()) + window_frames) for some in inside if some.size])


def windows_across(stretches: Stretches, window_frames: int) -> np.ndarray:
    """Return the first frames of windows that cover ``stretches``, each by half of its length over the next.

    Parameters
    ----------
    stretches : Stretches
        Each at least a window long.
    window_frames : int

    Examples
    --------
    >>> windows_across(Stretches([(0, 11), (20, 24)]), 4)
    array([ 0,  2,  4,  6,  7, 20])
    """
    hop = max(1, window_frames // 2)
    return np.concatenate([
        np.append(np.arange(start, stop - window_frames, hop), stop - window_frames)
        for start, stop in stretches.intervals
    ])  # fmt: skip


def faded(windows: np.ndarray, starts: np.ndarray, n_frames: int) -> np.ndarray:
    """Join windows that overlap; each weighs most in its middle.

    Parameters
    ----------
    windows : ndarray of float32, shape (window, time, neuron)
    starts : ndarray of int, shape (window,)
        First frames.
    n_frames : int

    Returns
    -------
    ndarray of float32, shape (n_frames, neuron)
        Where one window lies alone, its own values (to rounding); 0 where there is none.
    """
    height = windows.shape[1]
    weight = np.minimum(np.arange(1, height + 1), np.arange(height, 0, -1)).astype(np.float32)[:, np.newaxis]
    total, weights = np.zeros((n_frames, windows.shape[2]), np.float32), np.zeros((n_frames, 1), np.float32)
    for start, window in zip(starts, windows, strict=True):
        total[start : start + height] += weight * window
        weights[start : start + height] += weight
    return np.divide(total, weights, out=total, where=weights > 0)


def parts_without_common_frames(
    compared: np.ndarray, legal: np.ndarray, *, window_frames: int, n_windows: int
) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """Pair parts of a day that share no frame, for its noise floor.

    Where the windows lie in one part of the day (split ``blocked``), that part is paired with others as long, at most
    :data:`MOST_PARTS`, evenly spread. Where they lie everywhere (split ``paper``), the day is cut into four blocks, and
    two of them are paired with the other two in all three ways. Either way both sides hold ``n_windows`` windows, as
    many as are compared, because the bias of a divergence depends on their number.

    Parameters
    ----------
    compared, legal : ndarray of int64, shape (start,)
        Every frame at which a compared window could begin, and every frame at which a window of this day could;
        ascending.
    window_frames : int
    n_windows : int
        Windows of each side; fewer where a side has fewer starts.

    Returns
    -------
    tuple of (first, second)
        Start frames; no frame of a window of ``first`` is in one of ``second``. Empty where the day is too short.

    Examples
    --------
    >>> parts_without_common_frames(np.arange(20, 25), np.arange(25), window_frames=4, n_windows=3)
    ((array([20, 22, 24]), array([0, 2, 4])), (array([20, 22, 24]), array([ 8, 10, 12])))
    """
    others = _as_long_as(compared, legal, window_frames)
    pairs: list[tuple[np.ndarray, ...]]
    if others:
        pairs = [(compared, others[i]) for i in spaced(np.arange(len(others)), MOST_PARTS)]
    else:
        pairs = _halvings(compared, window_frames)
    return tuple((spaced(first, n_windows), spaced(second, n_windows)) for first, second in pairs)


def _as_long_as(compared: np.ndarray, legal: np.ndarray, window_frames: int) -> list[np.ndarray]:
    """Return groups of as many starts as ``compared``, none of which shares a frame with it or with another."""
    n_up_to = np.searchsorted(compared, legal - window_frames, side="right")
    n_before = np.searchsorted(compared, legal + window_frames, side="left")
    free, groups = legal[n_up_to == n_before], []
    while len(free) >= len(compared) > 0:
        group, free = free[: len(compared)], free[len(compared) :]
        groups.append(group)
        free = free[free >= group[-1] + window_frames]
    return groups


def _halvings(compared: np.ndarray, window_frames: int) -> list[tuple[np.ndarray, ...]]:
    """Return the ways to deal out four blocks of time, or two where windows are too long for four."""
    for n_blocks in (4, 2):
        blocks = np.array_split(compared, n_blocks)
        ends = [block[0] if block.size else np.inf for block in blocks[1:]] + [np.inf]
        blocks = [block[block + window_frames <= end] for block, end in zip(blocks, ends, strict=True)]
        if all(block.size for block in blocks):
            sides = [set(side) for side in combinations(range(n_blocks), n_blocks // 2) if 0 in side]
            return [
                tuple(
                    np.concatenate([block for i, block in enumerate(blocks) if (i in side) == first])
                    for first in (True, False)
                )
                for side in sides
            ]
    return []
