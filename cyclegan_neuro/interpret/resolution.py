"""From the resolution of a layer back to (time, neuron)."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

__all__ = ["cell_centre", "to_window"]


def cell_centre(cell: int, *, n_cells: int, n_points: int) -> float:
    """Return the middle of the frames, or neurons, that a cell covers.

    A cell of a layer behind ``k`` convolutions of stride 2 stands for ``2^k`` of them.

    Examples
    --------
    >>> cell_centre(1, n_cells=4, n_points=16)  # frames 4 to 7
    5.5
    """
    stride = _stride(n_cells, n_points)
    return stride * cell + (stride - 1) / 2


def to_window(
    maps: np.ndarray, *, window_frames: int, n_neurons: int, offset: tuple[float, float] = (0.0, 0.0)
) -> np.ndarray:
    """Interpolate maps of a layer linearly between the centres of its cells; constant beyond the outermost.

    Parameters
    ----------
    maps : ndarray, shape (window, time', neuron')
        neuron' is 1 where neurons are channels: every neuron then has the same values.
    window_frames, n_neurons : int
    offset : (float, float)
        Frames and neurons by which what a cell tells of lies beyond the middle of those that it covers
        (:class:`~cyclegan_neuro.interpret.centres.CellCentres`).

    Returns
    -------
    ndarray of float32, shape (window, window_frames, n_neurons)

    Examples
    --------
    >>> to_window(np.array([[[0.0], [1.0]]]), window_frames=4, n_neurons=1)[0, :, 0].tolist()
    [0.0, 0.25, 0.75, 1.0]
    """
    maps = np.asarray(maps, np.float32)
    for axis, n_points in ((2, n_neurons), (1, window_frames)):
        if maps.shape[axis] != n_points or offset[axis - 1]:
            maps = _stretch(maps, n_points, axis=axis, offset=offset[axis - 1])
    return maps


def _stretch(maps: np.ndarray, n_points: int, *, axis: int, offset: float) -> np.ndarray:
    lower, upper, share = _neighbours(maps.shape[axis], n_points, offset)
    below = maps.take(lower, axis)
    return below + share.reshape(-1, *([1] * (maps.ndim - 1 - axis))) * (maps.take(upper, axis) - below)


def _stride(n_cells: int, n_points: int) -> int:
    """Points per cell; every halving rounds up, so that n_cells = ceil(n_points / stride)."""
    return 2 ** int(np.ceil(np.log2(n_points / n_cells)))


@lru_cache(maxsize=64)
def _neighbours(n_cells: int, n_points: int, offset: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cells whose centres lie before and behind each point, and how far it is on its way; one cell serves all."""
    first = cell_centre(0, n_cells=n_cells, n_points=n_points) + offset
    place = np.clip((np.arange(n_points) - first) / _stride(n_cells, n_points), 0, n_cells - 1)
    lower = place.astype(int)
    return lower, np.minimum(lower + 1, n_cells - 1), (place - lower).astype(np.float32)
