"""One pass over the test windows: the maps of all networks, by all methods."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from cyclegan_neuro.configuration.sections import InterpretationSection
from cyclegan_neuro.errors import RunDirectoryError
from cyclegan_neuro.evaluation.days.interpretation.contrasts import contrasts
from cyclegan_neuro.evaluation.days.interpretation.findings import Interpretation, middle_window
from cyclegan_neuro.evaluation.days.interpretation.score import corner_truth, learning_truth, score_maps
from cyclegan_neuro.evaluation.days.interpretation.views import NetworkView, explain
from cyclegan_neuro.evaluation.days.names import CONTRAST
from cyclegan_neuro.interpret import coordinates
from cyclegan_neuro.interpret.averages import AttentionMap, MapAverage, Maps
from cyclegan_neuro.interpret.coordinates import Coordinate
from cyclegan_neuro.interpret.storage import read_maps
from cyclegan_neuro.interpret.views import untrained
from cyclegan_neuro.windows.prepared import PreparedPair
from cyclegan_neuro.windows.segmentation import spaced

__all__ = ["Views", "choose_coordinate", "interpret_networks", "map_networks"]

_CELLS_PER_CALL = 400_000  # (time, neuron) cells of the windows explained at once; bounds the memory
_UNTRAINED_WINDOWS = 25
_CENTRE_WINDOWS = 16  # in which it is measured where the cells of inner layers look
_LOG = logging.getLogger(__name__)

Views = Callable[..., Sequence[NetworkView]]
"""Returns the views of the networks; with ``exchange``, of what that makes of each of them."""


def choose_coordinate(section: InterpretationSection, prepared: PreparedPair) -> Coordinate | None:
    """Return what maps are averaged along: position, else time since an event, else nothing.

    Where y is Φ(X) nothing depends on where the animal was.
    """
    if prepared.is_paired:
        return None
    return coordinates.choose_coordinate(
        section, prepared.x.recording, prepared.y.recording, bin_cm=section.position_bin_cm
    )


def map_networks(
    section: InterpretationSection, prepared: PreparedPair, views: Views, *, coordinate: Coordinate | None
) -> tuple[Maps, Maps]:
    """Explain the trained networks over all test windows, and untrained ones over some of them.

    Parameters
    ----------
    section : InterpretationSection
    prepared : PreparedPair
    views : callable
        See :data:`Views`.
    coordinate : Coordinate, optional
        What positional maps are averaged along.

    Returns
    -------
    trained, untrained : dict
        Network → method → :class:`AttentionMap`, in the user's neuron order.
    """
    chosen = ((views(), section.max_windows), (views(exchange=untrained), min(section.max_windows, _UNTRAINED_WINDOWS)))
    trained, initial = (
        {one.name: _explain_windows(one, section, prepared, coordinate, n_windows=n_windows) for one in networks}
        for networks, n_windows in chosen
    )
    return trained, initial


def _explain_windows(
    network: NetworkView, section: InterpretationSection, prepared: PreparedPair, coordinate, *, n_windows: int
) -> dict[str, AttentionMap]:
    day = prepared[network.day]
    starts = spaced(day.starts.test, n_windows)
    _LOG.info("explaining %s in %s windows", network.name, len(starts))
    per_call = max(1, _CELLS_PER_CALL // (prepared.window_frames * prepared.n_neurons))
    height = prepared.window_frames
    some = spaced(starts, _CENTRE_WINDOWS)
    offsets = network.centres.offsets(day.windows(some, height), seed=section.seed, known=day.known(some, height))
    averages: dict[str, MapAverage] = {}
    for first in range(0, len(starts), per_call):
        chunk = starts[first : first + per_call]
        maps = explain(network, day.windows(chunk, height), section, day.known(chunk, height))
        for method, found in maps.items():
            if method not in averages:
                offset = offsets.get(method, (0.0, 0.0))
                averages[method] = _average(prepared, coordinate, network.day, starts, offset)
            averages[method].add(chunk, found)
    return {method: average.result() for method, average in averages.items()}


def _average(prepared: PreparedPair, coordinate: Coordinate | None, day: str, starts, offset) -> MapAverage:
    height = prepared.window_frames
    return MapAverage(
        prepared.order.inverse, window_frames=height, offset=offset, example_start=middle_window(starts),
        binned=None if coordinate is None else coordinate.average(day, starts, height),
    )  # fmt: skip


def interpret_networks(section: InterpretationSection, prepared: PreparedPair, views: Views) -> Interpretation:
    """Explain the networks over the test windows and score the maps where the truth is known.

    Raises
    ------
    RunDirectoryError
        If ``section.control`` holds no maps, or maps of other neurons, bins or networks.
    """
    coordinate = choose_coordinate(section, prepared)
    control = None
    if section.control is not None:  # refused before the minutes that the maps take
        control = {name: methods for name, methods in read_maps(Path(section.control)).items() if name != CONTRAST}
        _require_same_size(control, prepared, coordinate, where=section.control)
    trained, untrained = map_networks(section, prepared, views, coordinate=coordinate)
    if control is not None:
        _require_same_maps(control, trained, where=section.control)
    corner = corner_truth(prepared)
    learning = None if coordinate is None else learning_truth(prepared, coordinate)
    starts = {day: spaced(prepared[day].starts.test, section.max_windows) for day in ("x", "y")}
    maps = trained | {CONTRAST: contrasts(prepared, coordinate, starts)}
    controls = {"untrained": untrained} | ({} if control is None else {"shuffled_days": control})
    return Interpretation(
        section=section,
        pair=prepared,
        coordinate=coordinate,
        occupancy={
            day: coordinate.average(day, chosen, prepared.window_frames).occupancy
            for day, chosen in starts.items()
            if coordinate is not None
        },
        maps=maps,
        untrained=untrained,
        control=control,
        learning=learning,
        corner=corner,
        scores=score_maps(maps, controls, section=section, learning=learning, corner=corner),
        n_windows={day: len(chosen) for day, chosen in starts.items()},
    )


def _require_same_size(control: Maps, prepared: PreparedPair, coordinate: Coordinate | None, *, where: str) -> None:
    name = "place" if coordinate is None else "positional"
    rows = prepared.window_frames if coordinate is None else len(coordinate.edges) - 1
    expected = (rows, prepared.n_neurons)
    for network, methods in control.items():
        for method, found in methods.items():
            shape = getattr(getattr(found, name), "shape", "none")
            if shape != expected:
                raise _unlike(f"{where}, {name} map '{method}' of {network}", f"{shape}", f"{expected}, as in this run")


def _require_same_maps(control: Maps, trained: Maps, *, where: str) -> None:
    for network, methods in trained.items():
        for method, found in methods.items():
            other = control.get(network, {}).get(method)
            got, expected = _kind(other), _kind(found)
            if got != expected:
                raise _unlike(f"{where}, map '{method}' of {network}", got, expected)


def _kind(found: AttentionMap | None) -> str:
    if found is None:
        return "none"
    return "one that tells neurons apart" if found.neurons_resolved else "one that does not tell neurons apart"


def _unlike(where: str, got: str, expected: str) -> RunDirectoryError:
    fix = "train the control with this run's configuration and data.shuffle_days=true, then evaluate it"
    return RunDirectoryError(f"evaluation.interpretation.control: {where}", got=got, expected=expected, fix=fix)
