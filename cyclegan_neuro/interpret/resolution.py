"""From the resolution of a layer back to (time, neuron)."""

from __future__ import annotations

from functools import cache

import numpy as np

__all__ = ["to_window"]


def to_window(maps: np.ndarray, *, window_frames: int, n_neurons: int) -> np.ndarray:
    """Interpolate maps of a layer linearly between the centres of what its cells cover.

    A cell of a layer behind ``k`` convolutions of stride 2 stands for ``2^k`` frames (and neurons);
    beyond the centres of the outermost cells the map is constant.

    Parameters
    ----------
    maps : ndarray, shape (window, time', neuron')
        neuron' is 1 where neurons are channels: every neuron then has the same values.
    window_frames, n_neurons : int

    Returns
    -------
    ndarray of float32, shape (window, window_frames, n_neurons)

    Examples
    --------
    >>> to_window(np.array([[[0.0], [1.0]]]), window_frames=4, n_neurons=1)[0, :, 0].tolist()
    [0.0, 0.25, 0.75, 1.0]
    """
    if maps.shape[1:] == (window_frames, n_neurons):
        return np.asarray(maps, np.float32)
    return _stretch(_stretch(np.asarray(maps, np.float32), n_neurons, axis=2), window_frames, axis=1)


def _stretch(maps: np.ndarray, n_points: int, *, axis: int) -> np.ndarray:
    lower, upper, share = _neighbours(maps.shape[axis], n_points)
    below = maps.take(lower, axis)
    return below + share.reshape(-1, *([1] * (maps.ndim - 1 - axis))) * (maps.take(upper, axis) - below)


@cache
def _neighbours(n_cells: int, n_points: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cells whose centres lie before and behind each point, and how far it is on its way; one cell serves all."""
    # every halving rounds up, so that n_cells = ceil(n_points / stride)
    stride = 2 ** int(np.ceil(np.log2(n_points / n_cells)))
    place = np.clip((np.arange(n_points) - (stride - 1) / 2) / stride, 0, n_cells - 1)
    lower = place.astype(int)
    return lower, np.minimum(lower + 1, n_cells - 1), (place - lower).astype(np.float32)
