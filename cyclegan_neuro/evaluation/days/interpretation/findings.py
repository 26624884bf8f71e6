"""Everything that the interpretation of one run found; what the report, the figures and the files draw from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cyclegan_neuro.configuration.sections import InterpretationSection
from cyclegan_neuro.evaluation.days.interpretation.maps import Maps
from cyclegan_neuro.evaluation.days.interpretation.score import ScoredMap
from cyclegan_neuro.evaluation.days.interpretation.truth import (
    CornerTruth,
    LearningTruth,
)
from cyclegan_neuro.interpret.coordinates import Coordinate
from cyclegan_neuro.interpret.storage import map_arrays

__all__ = ["Interpretation"]


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
