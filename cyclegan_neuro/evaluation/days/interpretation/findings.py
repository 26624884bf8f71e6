"""Everything that the interpretation of one run found, and which neurons that puts first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import uniform_filter1d
from scipy.stats import rankdata

from cyclegan_neuro.configuration.sections import InterpretationSection
from cyclegan_neuro.evaluation.days.interpretation.score import CornerTruth, LearningTruth, ScoredMap
from cyclegan_neuro.evaluation.days.names import CONTRAST, LEADING
from cyclegan_neuro.interpret.averages import AttentionMap, Maps
from cyclegan_neuro.interpret.coordinates import Coordinate
from cyclegan_neuro.interpret.resolution import to_window
from cyclegan_neuro.interpret.storage import map_arrays
from cyclegan_neuro.recordings.frames import runs
from cyclegan_neuro.windows.prepared import PreparedPair
from cyclegan_neuro.windows.segmentation import spaced

__all__ = ["Interpretation", "Ranking", "attended_stretches", "leading_maps", "middle_window", "rank_neurons"]

_SMOOTHING_S = 0.5
_SHARE = 0.1  # of the frames of a window that count as attended


def middle_window(starts: np.ndarray) -> int:
    """Return the first frame of the window whose explanation is kept as an example."""
    return int(starts[len(starts) // 2])


@dataclass(frozen=True, eq=False)
class Interpretation:
    """Maps of all networks, what is known, and how well the maps point at it.

    Attributes
    ----------
    section : InterpretationSection
    pair : PreparedPair
        Whose windows were explained.
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
    pair: PreparedPair
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

    def example_start(self, day: str) -> int:
        """Return the first frame of the window whose explanation is kept: the middle one of those explained."""
        return middle_window(spaced(self.pair[day].starts.test, self.section.max_windows))

    def example_window(self, day: str) -> np.ndarray:
        """Return this window (time, neuron) in ΔF/F and the user's order."""
        return self.pair.windows_of(day, np.array([self.example_start(day)]))[0]


@dataclass(frozen=True, eq=False)
class Ranking:
    """Neurons by attention; user columns, rank 1 is the most attended.

    Attributes
    ----------
    order : ndarray of int64, shape (neuron,)
        User columns, the most attended first.
    mean_rank : ndarray of float64, shape (neuron,)
        Over networks, per user column.
    ranks : dict of str to ndarray of float64, shape (neuron,)
        Network → rank per user column; equal attention shares its mean rank.
    """

    order: np.ndarray
    mean_rank: np.ndarray
    ranks: dict[str, np.ndarray]

    def of(self, network: str) -> np.ndarray:
        """Return user columns by the attention of one network, the most attended first."""
        return np.argsort(self.ranks[network], kind="stable")


def leading_maps(found: Interpretation) -> dict[str, tuple[str, AttentionMap]]:
    """Return network → the method that leads and its map."""
    return {name: (LEADING, methods[LEADING]) for name, methods in found.maps.items() if name != CONTRAST}


def rank_neurons(found: Interpretation) -> Ranking:
    """Rank neurons by the attention of the leading maps, averaged as ranks: their units differ between networks."""
    ranks = {network: rankdata(-leading.neurons) for network, (_, leading) in leading_maps(found).items()}
    mean_rank = np.mean(list(ranks.values()), axis=0)
    return Ranking(order=np.argsort(mean_rank, kind="stable"), mean_rank=mean_rank, ranks=ranks)


def attended_stretches(found: AttentionMap, prepared: PreparedPair, neuron: int) -> list[tuple[int, int]]:
    """Return the stretches of the example window in which one neuron is attended to most.

    Parameters
    ----------
    found : AttentionMap
        With an example.
    prepared : PreparedPair
    neuron : int
        User column.

    Returns
    -------
    list of (first, stop)
        Together a tenth of the window's frames: those in which the neuron's own map, smoothed over 0.5 s, is largest.
    """
    row = int(prepared.order.inverse[neuron])
    size = {"window_frames": prepared.window_frames, "n_neurons": prepared.n_neurons}
    trace = to_window(found.example[None], **size, offset=found.offset)[0, :, row]
    width = max(1, round(_SMOOTHING_S * prepared.frame_rate_hz))
    smooth = uniform_filter1d(trace.astype(np.float64), width, mode="nearest")
    n_attended = max(1, round(_SHARE * len(smooth)))
    attended = np.zeros(len(smooth), bool)
    attended[np.argsort(-smooth, kind="stable")[:n_attended]] = True
    return runs(attended)
