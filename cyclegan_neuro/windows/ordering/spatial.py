"""Neurons that lie near each other in the tissue become neighbours."""

from __future__ import annotations

import numpy as np
from scipy.spatial.distance import cdist

from cyclegan_neuro.errors import WindowError
from cyclegan_neuro.windows.ordering._base import OrderingTask
from cyclegan_neuro.windows.prepared import NeuronOrder

__all__ = ["order", "short_path"]

_SHORTER_UM = 1e-9


def order(task: OrderingTask) -> NeuronOrder:
    """Follow a short path through the centres of the regions of interest (beyond the paper).

    Coordinates are those of day x, or of day y where x has none.

    Raises
    ------
    WindowError
        If neither day has coordinates, or some are not finite.
    """
    prepared = task.prepared
    coordinates = next(
        (day.recording.roi_xy_um for day in (prepared.x, prepared.y) if day.recording.roi_xy_um is not None), None
    )
    if coordinates is None:
        raise _unusable("no roi_xy_um on either day")
    missing = np.flatnonzero(~np.isfinite(coordinates).all(axis=1))
    if missing.size:
        raise _unusable(f"roi_xy_um without a value for {missing.size} of {len(coordinates)} neurons")
    return NeuronOrder("spatial", short_path(np.asarray(coordinates, np.float64)))


def _unusable(got: str) -> WindowError:
    return WindowError(
        "ordering.method spatial",
        got=got,
        expected="roi_xy_um: x and y in micrometres of every neuron",
        fix="add roi_xy_um to the file (data.x.fields names it), or choose another ordering.method",
    )


def short_path(points: np.ndarray) -> np.ndarray:
    """Return an open path that visits every point once, short but not the shortest.

    The nearest unvisited point is next, beginning with the point nearest to the lower corner of
    the field; then stretches of the path are reversed as long as that shortens it (2-opt).

    Parameters
    ----------
    points : ndarray of float64, shape (point, 2)

    Returns
    -------
    path : ndarray of int64, shape (point,)

    Notes
    -----
    O(n²) memory, O(n²) time per round of 2-opt; deterministic.

    References
    ----------
    Croes, "A method for solving traveling-salesman problems", Operations Research 6:791-812 (1958).

    Examples
    --------
    >>> short_path(np.array([[0.0, 0.0], [3.0, 0.0], [1.0, 0.0], [2.0, 0.0]]))
    array([0, 2, 3, 1])
    """
    distances = cdist(points, points)
    path = _nearest_neighbours(distances, int(np.argmin(points.sum(axis=1))))
    while _reverse_once(path, distances):
        pass
    return path


def _nearest_neighbours(distances: np.ndarray, first: int) -> np.ndarray:
    remaining = distances.copy()
    path = [first]
    for _ in range(len(distances) - 1):
        remaining[:, path[-1]] = np.inf
        path.append(int(np.argmin(remaining[path[-1]])))
    return np.array(path, np.int64)


def _reverse_once(path: np.ndarray, distances: np.ndarray) -> bool:
    """Try for every step of the path the reversal that begins there and helps most; say whether any did."""
    shortened = False
    for i in range(-1, len(path) - 2):  # reverse path[i + 1 : j + 1]; before the first and after the last is no step
        here, following = path[i], path[i + 1]
        ends, after = path[i + 2 :], path[i + 3 :]
        change = np.zeros(len(ends))
        if i >= 0:
            change += distances[here, ends] - distances[here, following]
        change[:-1] += distances[following, after] - distances[ends[:-1], after]
        best = int(np.argmin(change))
        if change[best] < -_SHORTER_UM:
            path[i + 1 : i + 3 + best] = path[i + 1 : i + 3 + best][::-1].copy()
            shortened = True
    return shortened
