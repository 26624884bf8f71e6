"""Everything that the interpretation of one run found; what the report, the figures and the files draw from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cyclegan_neuro.configuration.sections import InterpretationSection
from cyclegan_neuro.errors import RunDirectoryError
from cyclegan_neuro.interpret.averages import AttentionMap
from cyclegan_neuro.interpret.binned import BinnedAverage
from cyclegan_neuro.interpret.coordinates import Coordinate
from cyclegan_neuro.interpret.storage import map_arrays, read_maps
from cyclegan_neuro.systems.cyclegan.interpretation.contrasts import CONTRAST, contrasts
from cyclegan_neuro.systems.cyclegan.interpretation.measure import Maps, choose_coordinate, map_networks
from cyclegan_neuro.systems.cyclegan.interpretation.score import ScoredMap, score_maps
from cyclegan_neuro.systems.cyclegan.interpretation.truth import (
    CornerTruth,
    LearningTruth,
    corner_truth,
    learning_truth,
)
from cyclegan_neuro.windows.prepared import PreparedPair
from cyclegan_neuro.windows.segmentation import spaced

__all__ = ["Interpretation", "interpret_networks"]


@dataclass(frozen=True, eq=False)
class Interpretation:
    """Maps of all networks, what is known, and how well the maps point at it.

    Attributes
    ----------
    section : InterpretationSection
    coordinate : Coordinate, optional
        What positional maps are averaged along.
    occupancy : dict of str to ndarray of int64, shape (bin,)
        Frames per bin of the explained windows, by day; empty without a coordinate.
    maps : dict
        Network → method → :class:`AttentionMap`; under ``"recorded"`` simple contrasts of the days.
    untrained : dict
        The same of networks with initial weights.
    control : dict, optional
        The same of a run trained on mixed days.
    learning, corner : optional
        What is known of where the days differ.
    scores : dict
        Network → method → :class:`ScoredMap`.
    n_windows : dict of str to int
        Windows explained, by day.
    """

    section: InterpretationSection
    coordinate: Coordinate | None
    occupancy: dict[str, np.ndarray]
    maps: Maps
    untrained: Maps
    control: Maps | None
    learning: LearningTruth | None
    corner: CornerTruth | None
    scores: dict[str, dict[str, ScoredMap]]
    n_windows: dict[str, int]

    def to_json(self) -> dict:
        """Return ``metrics.json["interpretation"]``: network → method → scores."""
        return {
            network: {method: scored.to_json() for method, scored in methods.items()}
            for network, methods in self.scores.items()
        }

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the maps for ``maps.h5``, by path."""
        found = map_arrays(self.maps)
        if self.coordinate is not None:
            found[f"edges_{self.coordinate.unit}"] = self.coordinate.edges
            found |= {f"occupancy_{day}": frames for day, frames in self.occupancy.items()}
        return found


def interpret_networks(section: InterpretationSection, prepared: PreparedPair, trainer) -> Interpretation:
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
    trained, untrained = map_networks(section, prepared, trainer, coordinate=coordinate)
    if control is not None:
        _require_same_maps(control, trained, where=section.control)
    corner = corner_truth(prepared)
    learning = None if coordinate is None else learning_truth(prepared, coordinate)
    starts = {day: spaced(getattr(prepared, day).starts.test, section.max_windows) for day in ("x", "y")}
    maps = trained | {CONTRAST: contrasts(prepared, coordinate, starts)}
    controls = {"untrained": untrained} | ({} if control is None else {"shuffled_days": control})
    return Interpretation(
        section=section,
        coordinate=coordinate,
        occupancy={} if coordinate is None else _occupancy(prepared, coordinate, starts),
        maps=maps,
        untrained=untrained,
        control=control,
        learning=learning,
        corner=corner,
        scores=score_maps(maps, controls, section=section, learning=learning, corner=corner),
        n_windows={day: len(chosen) for day, chosen in starts.items()},
    )


def _occupancy(prepared: PreparedPair, coordinate: Coordinate, starts: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    size = {"window_frames": prepared.window_frames, "edges": coordinate.edges}
    return {day: BinnedAverage(getattr(coordinate, day), chosen, **size).occupancy for day, chosen in starts.items()}


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
