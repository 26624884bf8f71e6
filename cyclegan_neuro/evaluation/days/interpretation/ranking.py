"""Which neurons the networks attend to most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import uniform_filter1d
from scipy.stats import rankdata

from cyclegan_neuro.evaluation.days.interpretation.contrasts import CONTRAST
from cyclegan_neuro.evaluation.days.interpretation.findings import Interpretation
from cyclegan_neuro.evaluation.days.interpretation.maps import LEADING, middle_window
from cyclegan_neuro.interpret.averages import AttentionMap
from cyclegan_neuro.interpret.resolution import to_window
from cyclegan_neuro.recordings.frames import runs
from cyclegan_neuro.windows.prepared import PreparedPair
from cyclegan_neuro.windows.segmentation import spaced

__all__ = ["Ranking", "attended_stretches", "example_start", "leading_maps", "rank_neurons"]

_SMOOTHING_S = 0.5
_SHARE = 0.1  # of the frames of a window that count as attended


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


def example_start(found: Interpretation, prepared: PreparedPair, day: str) -> int:
    """Return the first frame of the window whose explanation is kept: the middle one of those explained."""
    return middle_window(spaced(prepared[day].starts.test, found.section.max_windows))


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
