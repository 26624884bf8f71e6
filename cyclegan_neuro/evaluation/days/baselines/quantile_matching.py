"""Match the whole distribution of each neuron."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from cyclegan_neuro.evaluation.days.baselines._alignment import Alignment
from cyclegan_neuro.evaluation.days.baselines.training_frames import chunks
from cyclegan_neuro.evaluation.days.translation import Frames
from cyclegan_neuro.windows.prepared import PreparedPair

__all__ = ["QuantileMatching"]

_LEVELS = np.linspace(0.0, 1.0, 1001)
_MOST_FRAMES = 20_000  # that quantiles are taken from, evenly spread


@dataclass(frozen=True, eq=False)
class QuantileMatching(Alignment):
    """Give every neuron the distribution of values that it has on the other day: F_y^{-1}(F_x(x)).

    Attributes
    ----------
    x, y : ndarray of float64, shape (level, neuron)
        Quantiles in ΔF/F, from the minimum to the maximum. Beyond them values are shifted as the outermost one is.
    """

    x: np.ndarray
    y: np.ndarray
    name: str = "quantile_matching"

    @classmethod
    def fit(cls, prepared: PreparedPair) -> QuantileMatching:
        """Fit to the training frames of both days; at most 20,000 evenly spread ones of each."""
        return cls(_quantiles(prepared, "x"), _quantiles(prepared, "y"))

    def forward(self, windows: np.ndarray, frames: Frames | None = None) -> np.ndarray:
        """Translate from day x to day y."""
        return _match(windows, self.x, self.y)

    def backward(self, windows: np.ndarray, frames: Frames | None = None) -> np.ndarray:
        """Translate from day y to day x."""
        return _match(windows, self.y, self.x)


def _quantiles(prepared: PreparedPair, day: Literal["x", "y"]) -> np.ndarray:
    n_frames = sum(frames.index.size for _, frames in chunks(prepared, day))
    step, seen, kept = -(-n_frames // _MOST_FRAMES), 0, []
    for dff, _ in chunks(prepared, day):
        rows = dff.reshape(-1, dff.shape[-1])
        kept.append(rows[-seen % step :: step].copy())
        seen += len(rows)
    return np.quantile(np.concatenate(kept), _LEVELS, axis=0).astype(np.float64)


def _match(windows: np.ndarray, source: np.ndarray, target: np.ndarray) -> np.ndarray:
    moved = np.empty(windows.shape, np.float32)
    for neuron in range(windows.shape[-1]):
        values, of_level = np.unique(source[:, neuron], return_inverse=True)
        goal = np.bincount(of_level, target[:, neuron]) / np.bincount(of_level)  # equal values share their mean goal
        trace = windows[..., neuron]
        beyond = trace - np.clip(trace, values[0], values[-1]) if len(values) > 1 else 0.0
        moved[..., neuron] = np.interp(trace, values, goal) + beyond
    return moved
