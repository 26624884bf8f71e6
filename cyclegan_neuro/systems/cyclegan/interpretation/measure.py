"""One pass over the test windows: the maps of all networks, by all methods."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np

from cyclegan_neuro.configuration.sections import InterpretationSection
from cyclegan_neuro.interpret.averages import AttentionMap, MapAverage
from cyclegan_neuro.interpret.binned import BinnedAverage
from cyclegan_neuro.interpret.coordinates import Coordinate, event_coordinate, position_coordinate
from cyclegan_neuro.interpret.sanity import untrained
from cyclegan_neuro.systems.cyclegan.interpretation.views import NetworkView, explain, view_networks
from cyclegan_neuro.windows.cutting import windows_of
from cyclegan_neuro.windows.prepared import PreparedPair
from cyclegan_neuro.windows.segmentation import spaced

__all__ = ["LEADING", "Maps", "choose_coordinate", "map_networks", "middle_window"]

_CELLS_PER_CALL = 400_000  # (time, neuron) cells of the windows explained at once; bounds the memory
_UNTRAINED_WINDOWS = 25
_CENTRE_WINDOWS = 16  # in which it is measured where the cells of inner layers look
_LOG = logging.getLogger(__name__)

LEADING = "saliency"
"""The method that speaks for a network: it resolves neurons in all of them and found known answers most reliably."""

Maps = dict[str, dict[str, AttentionMap]]
"""Network → method → map."""


def choose_coordinate(section: InterpretationSection, prepared: PreparedPair) -> Coordinate | None:
    """Return what maps are averaged along: position, else time since an event, else nothing.

    Where y is Φ(X) nothing depends on where the animal was.
    """
    if prepared.y.transform is not None:
        return None
    days = prepared.x.recording, prepared.y.recording
    position = position_coordinate(*days, bin_cm=section.position_bin_cm)
    if position is not None:
        return position
    return event_coordinate(
        *days, before_s=section.before_event_s, after_s=section.after_event_s, bin_s=section.event_bin_s
    )


def map_networks(
    section: InterpretationSection, prepared: PreparedPair, trainer, *, coordinate: Coordinate | None
) -> tuple[Maps, Maps]:
    """Explain the trained networks over all test windows, and untrained ones over some of them.

    Parameters
    ----------
    section : InterpretationSection
    prepared : PreparedPair
    trainer : CycleGAN
        Its averaged weights are used where it keeps them.
    coordinate : Coordinate, optional
        What positional maps are averaged along.

    Returns
    -------
    trained, untrained : dict
        Network → method → :class:`AttentionMap`, in the user's neuron order.
    """
    with trainer.average_weights():
        trained = _explain_all(
            view_networks(trainer, section, prepared), section, prepared, coordinate, n_windows=section.max_windows
        )
    initial = view_networks(trainer, section, prepared, exchange=untrained)
    n_windows = min(section.max_windows, _UNTRAINED_WINDOWS)
    return trained, _explain_all(initial, section, prepared, coordinate, n_windows=n_windows)


def _explain_all(
    networks: Sequence[NetworkView], section: InterpretationSection, prepared: PreparedPair, coordinate, *, n_windows
) -> Maps:
    return {
        network.name: _explain_windows(network, section, prepared, coordinate, n_windows=n_windows)
        for network in networks
    }


def _explain_windows(
    network: NetworkView, section: InterpretationSection, prepared: PreparedPair, coordinate, *, n_windows: int
) -> dict[str, AttentionMap]:
    day = getattr(prepared, network.day)
    starts = spaced(day.starts.test, n_windows)
    _LOG.info("explaining %s in %s windows", network.name, len(starts))
    values = None if coordinate is None else getattr(coordinate, network.day)
    per_call = max(1, _CELLS_PER_CALL // (prepared.window_frames * prepared.n_neurons))
    some = windows_of(day, spaced(starts, _CENTRE_WINDOWS), prepared.window_frames)
    offsets = network.centres.offsets(some, seed=section.seed)
    averages: dict[str, MapAverage] = {}
    for first in range(0, len(starts), per_call):
        chunk = starts[first : first + per_call]
        maps = explain(network, windows_of(day, chunk, prepared.window_frames), section)
        for method, found in maps.items():
            if method not in averages:
                offset = offsets.get(method, (0.0, 0.0))
                averages[method] = _average(prepared, coordinate, values, starts, offset)
            averages[method].add(chunk, found)
    return {method: average.result() for method, average in averages.items()}


def _average(prepared: PreparedPair, coordinate: Coordinate | None, values, starts, offset) -> MapAverage:
    size = {"window_frames": prepared.window_frames}
    binned = None if coordinate is None else BinnedAverage(values, starts, edges=coordinate.edges, **size)
    return MapAverage(prepared.order.inverse, binned=binned, example_start=middle_window(starts), offset=offset, **size)


def middle_window(starts: np.ndarray) -> int:
    """Return the first frame of the window whose explanation is kept as an example."""
    return int(starts[len(starts) // 2])
