"""What a sceptic would draw first: differences of the recorded days that need no network."""

from __future__ import annotations

import numpy as np

from cyclegan_neuro.interpret.averages import AttentionMap
from cyclegan_neuro.interpret.binned import BinnedAverage
from cyclegan_neuro.interpret.coordinates import Coordinate
from cyclegan_neuro.windows.cutting import raw_windows
from cyclegan_neuro.windows.prepared import PreparedPair

__all__ = ["CONTRAST", "contrasts"]

CONTRAST = "recorded"
"""Key of the contrasts, beside the networks."""


def contrasts(
    prepared: PreparedPair, coordinate: Coordinate | None, starts: dict[str, np.ndarray]
) -> dict[str, AttentionMap]:
    """Return simple contrasts of the two recorded days by method, in ΔF/F.

    Parameters
    ----------
    prepared : PreparedPair
    coordinate : Coordinate, optional
    starts : dict of str to ndarray of int64, shape (window,)
        Explained windows by day.

    Returns
    -------
    dict
        With a coordinate: ``tuning_difference``, |tuning of y - tuning of x| over all frames of both
        days, and ``tuning_difference_test``, over the explained windows, which is what the maps saw. Without:
        ``variability_difference``, the difference of the standard deviations over windows at each
        place of the window.
    """
    if coordinate is None:
        spread = [raw_windows(prepared, day, starts[day]).std(axis=0) for day in ("x", "y")]
        place = np.abs(spread[1] - spread[0])
        return {"variability_difference": AttentionMap(neurons=place.mean(axis=0, dtype=np.float64), place=place)}
    return {
        "tuning_difference": _difference(*(_tuning_of_all_frames(prepared, coordinate, day) for day in ("x", "y"))),
        "tuning_difference_test": _difference(
            *(_tuning_of_windows(prepared, coordinate, day, starts[day]) for day in ("x", "y"))
        ),
    }


def _difference(x: np.ndarray, y: np.ndarray) -> AttentionMap:
    change = np.abs(y - x)
    visited = np.isfinite(change).all(axis=1)
    return AttentionMap(neurons=change[visited].mean(axis=0), positional=change)


def _tuning_of_all_frames(prepared: PreparedPair, coordinate: Coordinate, day: str) -> np.ndarray:
    dff, values = getattr(prepared, day).recording.dff, getattr(coordinate, day)
    average = BinnedAverage(values, [0], window_frames=len(dff), edges=coordinate.edges)
    average.add([0], dff[None])
    return average.curves()


def _tuning_of_windows(prepared: PreparedPair, coordinate: Coordinate, day: str, starts: np.ndarray) -> np.ndarray:
    average = BinnedAverage(
        getattr(coordinate, day), starts, window_frames=prepared.window_frames, edges=coordinate.edges
    )
    for start in starts:
        average.add([start], raw_windows(prepared, day, np.array([start])))
    return average.curves()
