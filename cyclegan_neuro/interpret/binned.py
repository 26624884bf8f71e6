"""Averages of windows along a coordinate of the recording: position in the corridor, time since an event."""

from __future__ import annotations

import numpy as np
from scipy import sparse

__all__ = ["BinnedAverage", "bin_edges", "binned_mean", "bins_of"]


def bin_edges(*coordinates: np.ndarray, width: float) -> np.ndarray:
    """Return the edges of bins over the range found in all ``coordinates``.

    Parameters
    ----------
    *coordinates : ndarray, shape (time,)
        Position, time since an event, ...; NaN belongs to no bin.
    width : float
        Of a bin, in the coordinate's unit; edges are multiples of it.

    Returns
    -------
    ndarray of float64, shape (bin + 1,)

    Examples
    --------
    >>> bin_edges(np.array([0.5, 9.0]), width=4.0)
    array([ 0.,  4.,  8., 12.])
    """
    low = min(np.nanmin(values) for values in coordinates)
    high = max(np.nanmax(values) for values in coordinates)
    first = np.floor(low / width)
    last = max(np.ceil(high / width), first + 1)
    return np.arange(first, last + 1) * width


def bins_of(coordinate: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Return the bin of each value: int64, (time,); -1 for NaN and outside. The last bin holds its right edge.

    Examples
    --------
    >>> bins_of(np.array([0.0, 1.0, 2.0, 2.5, np.nan]), np.array([0.0, 1.0, 2.0]))
    array([ 0,  1,  1, -1, -1])
    """
    bins = np.searchsorted(edges, coordinate, side="right") - 1
    bins[coordinate == edges[-1]] = len(edges) - 2
    return np.where(np.isfinite(coordinate) & (bins >= 0) & (bins < len(edges) - 1), bins, -1)


class BinnedAverage:
    """Averages windows per bin of a coordinate (position, time since an event), chunk by chunk.

    Memory is (bin, neuron). A frame that ``k`` windows share counts ``1/k`` in each of them, which equals averaging the
    predictions per frame before binning.

    Parameters
    ----------
    coordinate : ndarray, shape (time,)
        Of the whole recording; NaN belongs to no bin.
    starts : ndarray of int, shape (window,)
        All windows that will be added.
    window_frames : int
    edges : ndarray, shape (bin + 1,)
        The last bin holds its right edge.
    frames : ndarray of bool, shape (time,), optional
        Frames that count; all when absent.

    Attributes
    ----------
    occupancy : ndarray of int64, shape (bin,)
        Frames per bin that the windows hold; each frame counts once.
    """

    def __init__(self, coordinate, starts, *, window_frames: int, edges: np.ndarray, frames=None):
        shared = np.zeros(len(coordinate), np.int64)
        for start in starts:
            shared[start : start + window_frames] += 1
        bins = bins_of(coordinate, edges)
        counts = (bins >= 0) & (shared > 0)
        if frames is not None:
            counts &= frames
        self._weights = np.divide(1.0, shared, out=np.zeros(len(shared)), where=counts)
        self._bins = np.where(counts, bins, 0)
        self._height = window_frames
        self.occupancy = np.bincount(bins[counts], minlength=len(edges) - 1)
        self._sums: np.ndarray | None = None

    def add(self, starts: np.ndarray, windows: np.ndarray) -> None:
        """Take in ``windows`` (window, time, neuron) that begin at ``starts``."""
        if self._sums is None:
            self._sums = np.zeros((len(self.occupancy), windows.shape[-1]))
        frame = np.arange(self._height)
        for start, window in zip(starts, windows, strict=True):
            where = slice(start, start + self._height)
            entries = (self._weights[where], (self._bins[where], frame))
            self._sums += sparse.csr_array(entries, shape=(len(self._sums), self._height)) @ window.astype(np.float64)

    @property
    def has_windows(self) -> bool:
        return self._sums is not None

    def curves(self) -> np.ndarray:
        """Return the curves (bin, neuron), float64, in the unit of the windows; NaN in bins never visited."""
        if self._sums is None:
            raise ValueError("no window has been added")
        visited = self.occupancy[:, None] > 0
        return np.divide(self._sums, self.occupancy[:, None], out=np.full_like(self._sums, np.nan), where=visited)


def binned_mean(coordinate: np.ndarray, values: np.ndarray, *, edges: np.ndarray, frames=None) -> np.ndarray:
    """Average a whole recording per bin.

    Parameters
    ----------
    coordinate : ndarray, shape (time,)
        NaN belongs to no bin.
    values : ndarray, shape (time, neuron)
    edges : ndarray, shape (bin + 1,)
    frames : ndarray of bool, shape (time,), optional
        Frames that count; all when absent.

    Returns
    -------
    ndarray of float64, shape (bin, neuron)
        In the unit of ``values``; NaN in bins never visited.

    Examples
    --------
    >>> binned_mean(np.array([0.5, 0.6, 2.5]), np.array([[1.0], [3.0], [5.0]]), edges=np.arange(4.0))[:, 0]
    array([ 2., nan,  5.])
    """
    average = BinnedAverage(coordinate, [0], window_frames=len(values), edges=edges, frames=frames)
    average.add([0], values[None])
    return average.curves()
