"""Explanations of many windows as three averages: per place of the window, per neuron, per position."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cyclegan_neuro.interpret.binned import BinnedAverage
from cyclegan_neuro.interpret.resolution import to_window

__all__ = ["AttentionMap", "MapAverage", "Maps"]


@dataclass(frozen=True, eq=False)
class AttentionMap:
    """Where one network looks, by one method, on average over windows; in the user's neuron order.

    Attributes
    ----------
    neurons : ndarray of float64, shape (neuron,)
        Mean over windows and frames.
    place : ndarray of float32, shape (time, neuron), optional
        Mean over windows at each place of the window.
    positional : ndarray of float64, shape (bin, neuron), optional
        Mean over all frames in a bin; NaN in bins never visited.
    example : ndarray of float32, shape (time', neuron'), optional
        Of the middle window, at the resolution of its layer and in the order of the networks.
    offset : (float, float)
        Of the example's cells, in frames and neurons; see :func:`~cyclegan_neuro.interpret.resolution.to_window`.
    neurons_resolved : bool
        Whether neurons have values of their own; not so behind a layer where neurons are channels.
    """

    neurons: np.ndarray
    place: np.ndarray | None = None
    positional: np.ndarray | None = None
    example: np.ndarray | None = None
    offset: tuple[float, float] = (0.0, 0.0)
    neurons_resolved: bool = True


Maps = dict[str, dict[str, AttentionMap]]
"""Network → method → map."""


class MapAverage:
    """Collects the explanations of windows, chunk by chunk; memory is that of one window.

    Parameters
    ----------
    columns : ndarray of int, shape (neuron,)
        Row of the network for each user column: the inverse of the order.
    window_frames : int
    binned : BinnedAverage, optional
        Averages along a coordinate.
    example_start : int, optional
        First frame of the window that is kept as an example.
    offset : (float, float)
        Of the cells of the maps; see :func:`~cyclegan_neuro.interpret.resolution.to_window`.
    """

    def __init__(
        self,
        columns: np.ndarray,
        *,
        window_frames: int,
        binned: BinnedAverage | None = None,
        example_start: int | None = None,
        offset: tuple[float, float] = (0.0, 0.0),
    ):
        self._columns, self._height, self._binned = columns, window_frames, binned
        self._example_start, self._offset = example_start, offset
        self._sum = np.zeros((window_frames, len(columns)))
        self._n = 0
        self._resolved = True
        self._example: np.ndarray | None = None

    def add(self, starts: np.ndarray, maps: np.ndarray) -> None:
        """Take in maps (window, time', neuron') of the windows that begin at ``starts``."""
        for index in np.flatnonzero(starts == self._example_start):
            self._example = np.asarray(maps[index], np.float32)
        self._resolved = maps.shape[2] > 1 or len(self._columns) == 1
        size = {"window_frames": self._height, "n_neurons": len(self._columns)}
        whole = to_window(maps, **size, offset=self._offset)[..., self._columns]
        self._sum += whole.sum(axis=0, dtype=np.float64)
        self._n += len(whole)
        if self._binned is not None:
            self._binned.add(starts, whole)

    def result(self) -> AttentionMap:
        """Return the averages.

        Raises
        ------
        ValueError
            If no window was added.
        """
        if not self._n:
            raise ValueError("no window has been added")
        place = self._sum / self._n
        return AttentionMap(
            neurons=place.mean(axis=0),
            place=place.astype(np.float32),
            positional=None if self._binned is None else self._binned.curves(),
            example=self._example,
            offset=self._offset,
            neurons_resolved=self._resolved,
        )
