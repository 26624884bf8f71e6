"""What a sceptic would draw first: differences of the recorded days that need no network."""

from __future__ import annotations

import numpy as np

from cyclegan_neuro.evaluation.days.baselines.alignments import Alignment
from cyclegan_neuro.evaluation.days.baselines.places import PlaceMoments, Places, PlaceShift, statistics_per_place
from cyclegan_neuro.evaluation.days.translation import Frames
from cyclegan_neuro.interpret.averages import AttentionMap
from cyclegan_neuro.interpret.binned import binned_mean
from cyclegan_neuro.interpret.coordinates import Coordinate
from cyclegan_neuro.windows.prepared import PreparedPair
from cyclegan_neuro.windows.segmentation import window_frame_indices

__all__ = ["contrasts"]


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
        days; ``tuning_difference_test``, over the explained windows, which is what the maps saw; and, as
        ``position_shift`` and ``position_moments`` (or ``event_...``), how much the two alignments of that name, fitted
        to training frames, change the explained windows of both days, as a generator's own change. Without:
        ``variability_difference``, the difference of the standard deviations over windows at each
        place of the window.
    """
    if coordinate is None:
        place = np.abs(_spread(prepared, "y", starts["y"]) - _spread(prepared, "x", starts["x"]))
        return {"variability_difference": AttentionMap(neurons=place.mean(axis=0), place=place.astype(np.float32))}
    places = Places.along(coordinate)
    statistics = statistics_per_place(prepared, places)
    alignments = (fit(places, *statistics) for fit in (PlaceShift.fit, PlaceMoments.fit))
    in_windows = (_along(prepared, coordinate, day, starts)[1] for day in ("x", "y"))
    of_all = (
        binned_mean(getattr(coordinate, day), prepared[day].recording.dff, edges=coordinate.edges) for day in ("x", "y")
    )
    return {
        "tuning_difference": _difference(*of_all),
        "tuning_difference_test": _difference(*in_windows),
        **{alignment.name: _change(alignment, prepared, coordinate, starts) for alignment in alignments},
    }


def _change(
    alignment: Alignment, prepared: PreparedPair, coordinate: Coordinate, starts: dict[str, np.ndarray]
) -> AttentionMap:
    """Mean |G(x) - x| and |F(y) - y| of an alignment, averaged over the days."""
    both = []
    for day, move in (("x", alignment.forward), ("y", alignment.backward)):
        both.append(_along(prepared, coordinate, day, starts, lambda w, frames, move=move: np.abs(move(w, frames) - w)))
    neurons, positional = zip(*both, strict=True)
    return AttentionMap(neurons=np.mean(neurons, axis=0), positional=np.mean(positional, axis=0))


def _along(prepared: PreparedPair, coordinate: Coordinate, day: str, starts: dict[str, np.ndarray], of=None):
    """Mean over the windows of a day, or of what ``of`` makes of them, per neuron and along the coordinate."""
    average, total = coordinate.average(day, starts[day], prepared.window_frames), np.zeros(prepared.n_neurons)
    for start in starts[day]:
        window = prepared.windows_of(day, [start])
        if of is not None:
            window = of(window, Frames(day, window_frame_indices([start], prepared.window_frames)))
        total += window[0].mean(axis=0)
        average.add([start], window)
    return total / len(starts[day]), average.curves()


def _spread(prepared: PreparedPair, day: str, starts: np.ndarray) -> np.ndarray:
    """Standard deviation over windows, (time, neuron), window by window: all at once would fill the memory."""
    mean, squares = np.zeros((2, prepared.window_frames, prepared.n_neurons))
    for count, start in enumerate(starts, start=1):
        deviation = prepared.windows_of(day, [start])[0] - mean
        mean += deviation / count
        squares += deviation**2 * (count - 1) / count
    return np.sqrt(squares / len(starts))


def _difference(x: np.ndarray, y: np.ndarray) -> AttentionMap:
    change = np.abs(y - x)
    visited = np.isfinite(change).all(axis=1)
    neurons = change[visited].mean(axis=0) if visited.any() else np.full(change.shape[1], np.nan)
    return AttentionMap(neurons=neurons, positional=change)
