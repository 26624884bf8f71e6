"""Translators that are fitted to training frames, without networks; here those that treat every neuron by itself."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from cyclegan_neuro.evaluation.days.baselines.training_frames import Moments, chunks
from cyclegan_neuro.evaluation.days.translation import At, Frames
from cyclegan_neuro.windows.prepared import PreparedPair

__all__ = ["Alignment", "Identity", "MomentMatching", "QuantileMatching", "Table", "Which", "gain_and_shift"]

_LEVELS = np.linspace(0.0, 1.0, 1001)
_MOST_FRAMES = 20_000  # that quantiles are taken from, evenly spread

Which = Literal["x", "y"]
Table = tuple[np.ndarray, np.ndarray]
"""Gain (or matrix) and shift, float32."""


class Alignment:
    """A translator that is fitted to training frames, without networks.

    Attributes
    ----------
    name : str
        Key in ``metrics.json``.
    shrinkage : float, optional
        Of the covariances, where it uses any.
    """

    name: str
    shrinkage: float | None = None

    def move(self, windows: np.ndarray, to: Which, frames: Frames | None) -> np.ndarray:
        """Translate windows (window, time, neuron) in ΔF/F, recorded at ``frames``, to a day from the other one."""
        raise NotImplementedError

    def forward(self, windows: np.ndarray, frames: Frames | None = None) -> np.ndarray:
        """Translate from day x to day y."""
        return self.move(windows, "y", frames)

    def backward(self, windows: np.ndarray, frames: Frames | None = None) -> np.ndarray:
        """Translate from day y to day x."""
        return self.move(windows, "x", frames)

    def to_y(self, x: np.ndarray, y: np.ndarray, at: At | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return G(x) and G(y); ΔF/F windows (window, time, neuron), float32."""
        of_x, of_y = at or (None, None)
        return self.forward(x, of_x), self.forward(y, of_y)

    def to_x(self, x: np.ndarray, y: np.ndarray, at: At | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return F(x) and F(y); ΔF/F windows (window, time, neuron), float32."""
        of_x, of_y = at or (None, None)
        return self.backward(x, of_x), self.backward(y, of_y)


class Identity(Alignment):
    """G(x) = x and F(y) = y: what is reached without any mapping."""

    name = "identity"

    def move(self, windows, to, frames):
        return windows


@dataclass(frozen=True, eq=False)
class MomentMatching(Alignment):
    """Give every neuron the mean and standard deviation that it has on the other day.

    Attributes
    ----------
    to : dict of str to tuple of ndarray of float32, shape (neuron,)
        Day that is made → gain and shift.
    """

    to: dict[Which, Table]
    name = "moment_matching"

    @classmethod
    def fit(cls, x: Moments, y: Moments) -> MomentMatching:
        """Fit from the moments of both days; a constant neuron takes the other day's mean."""
        return cls(gains_and_shifts(x, y))

    def move(self, windows, to, frames):
        gain, shift = self.to[to]
        return windows * gain + shift


def gains_and_shifts(x, y) -> dict[Which, Table]:
    """Return gain and shift to day x and to day y; of each day ``mean`` and ``std`` are taken."""
    return {"y": gain_and_shift(x.mean, x.std, y.mean, y.std), "x": gain_and_shift(y.mean, y.std, x.mean, x.std)}


def gain_and_shift(source_mean, source_std, target_mean, target_std) -> Table:
    """Return gain and shift, float32, that give the source the mean and standard deviation of the target.

    All arrays have the same shape and are in ΔF/F. What is constant in the source takes the mean of the target.
    """
    alive = source_std > 1e-9
    gain = np.divide(target_std, source_std, out=np.zeros_like(target_std), where=alive)
    return gain.astype(np.float32), (target_mean - source_mean * gain).astype(np.float32)


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
    name = "quantile_matching"

    @classmethod
    def fit(cls, prepared: PreparedPair) -> QuantileMatching:
        """Fit to the training frames of both days; at most 20,000 evenly spread ones of each."""
        return cls(_quantiles(prepared, "x"), _quantiles(prepared, "y"))

    def move(self, windows, to, frames):
        moved = np.empty(windows.shape, np.float32)
        for neuron, (values, goal) in enumerate(self._goals[to]):
            trace = windows[..., neuron]
            beyond = trace - np.clip(trace, values[0], values[-1]) if len(values) > 1 else 0.0
            moved[..., neuron] = np.interp(trace, values, goal) + beyond
        return moved

    @cached_property
    def _goals(self) -> dict[Which, list[tuple[np.ndarray, np.ndarray]]]:
        """Day that is made → of each neuron, values and what becomes of them."""
        ways: dict[Which, tuple[np.ndarray, np.ndarray]] = {"y": (self.x, self.y), "x": (self.y, self.x)}
        return {
            to: [_goal(*own) for own in zip(source.T, target.T, strict=True)] for to, (source, target) in ways.items()
        }


def _quantiles(prepared: PreparedPair, day: Which) -> np.ndarray:
    n_frames = sum(frames.index.size for _, frames in chunks(prepared, day))
    step, seen, kept = -(-n_frames // _MOST_FRAMES), 0, []
    for dff, _ in chunks(prepared, day):
        rows = dff.reshape(-1, dff.shape[-1])
        kept.append(rows[-seen % step :: step].copy())
        seen += len(rows)
    return np.quantile(np.concatenate(kept), _LEVELS, axis=0).astype(np.float64)


def _goal(source: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the values of one neuron's levels, and their mean goal, which equal values share."""
    values, of_level = np.unique(source, return_inverse=True)
    return values, np.bincount(of_level, target) / np.bincount(of_level)
