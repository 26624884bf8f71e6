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
    time, neuron = _weights(maps.shape[1], window_frames), _weights(maps.shape[2], n_neurons)
    return time @ np.asarray(maps, np.float32) @ neuron.T


@cache
def _weights(n_cells: int, n_points: int) -> np.ndarray:
    """Matrix (point, cell) of linear interpolation; one cell serves all points."""
    # every halving rounds up, so that n_cells = ceil(n_points / stride)
    stride = 2 ** int(np.ceil(np.log2(n_points / n_cells))) if n_cells > 1 else n_points
    centres = stride * np.arange(n_cells) + (stride - 1) / 2
    columns = [np.interp(np.arange(n_points), centres, unit) for unit in np.eye(n_cells)]
    return np.stack(columns, axis=1).astype(np.float32)
