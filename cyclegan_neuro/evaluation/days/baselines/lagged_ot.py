"""Transport of Gaussians over a few frames around each."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Literal

import numpy as np

from cyclegan_neuro.evaluation.days.baselines._alignment import Alignment
from cyclegan_neuro.evaluation.days.baselines.gaussian_ot import choose_shrinkage, transport
from cyclegan_neuro.evaluation.days.baselines.training_frames import Moments, chunks, moments_of
from cyclegan_neuro.evaluation.days.translation import Frames
from cyclegan_neuro.windows.prepared import PreparedPair

__all__ = ["MOST_NEURONS", "LaggedOT"]

_log = logging.getLogger(__name__)

_LAGS = (-2, -1, 0, 1, 2)
_STEP_S = 0.25  # between lags: together as long as a calcium transient
MOST_NEURONS = 512
"""With five lags a covariance of 2,560 variables, which is decomposed in seconds."""


@dataclass(frozen=True, eq=False)
class LaggedOT(Alignment):
    """Gaussian optimal transport of each frame together with those 0.25 and 0.5 s before and after it.

    The five frames become one vector of 5 x neurons; of the transported vector the middle frame is kept. At the ends of
    a window the first and last frame stand for what lies outside.

    Attributes
    ----------
    to_day_y, to_day_x : tuple of ndarray of float32, shapes (lag, neuron, neuron) and (neuron,)
        What each of the five frames contributes, and the shift.
    step_frames : int
        Between them.
    shrinkage : float
    """

    to_day_y: tuple[np.ndarray, np.ndarray]
    to_day_x: tuple[np.ndarray, np.ndarray]
    step_frames: int
    shrinkage: float
    name: str = "lagged_ot"

    @classmethod
    def fit(cls, prepared: PreparedPair, *, shrinkage: float | None = None) -> LaggedOT | None:
        """Fit to the training frames; None with more than 512 neurons, whose covariances take minutes.

        Parameters
        ----------
        prepared : PreparedPair
        shrinkage : float, optional
            Chosen on validation frames when absent.
        """
        if prepared.n_neurons > MOST_NEURONS:
            _log.warning("%d neurons: Gaussian OT over lags is left out above %d", prepared.n_neurons, MOST_NEURONS)
            return None
        step = max(1, round(_STEP_S * prepared.frame_rate_hz))

        def moments(which: Literal["train", "validation"]) -> tuple[Moments, Moments]:
            x, y = (
                moments_of(np.concatenate(_seen(dff, step), axis=-1) for dff, _ in chunks(prepared, day, which=which))
                for day in ("x", "y")
            )
            return x, y

        x, y = moments("train")
        chosen = choose_shrinkage((x, y), moments("validation")) if shrinkage is None else shrinkage
        return cls(_middle(x, y, chosen), _middle(y, x, chosen), step, chosen)

    def forward(self, windows: np.ndarray, frames: Frames | None = None) -> np.ndarray:
        """Translate from day x to day y."""
        return self._apply(windows, *self.to_day_y)

    def backward(self, windows: np.ndarray, frames: Frames | None = None) -> np.ndarray:
        """Translate from day y to day x."""
        return self._apply(windows, *self.to_day_x)

    def _apply(self, windows: np.ndarray, matrices: np.ndarray, shift: np.ndarray) -> np.ndarray:
        moved = np.broadcast_to(shift, windows.shape).astype(np.float32)
        for seen, matrix in zip(_seen(windows, self.step_frames), matrices, strict=True):
            moved += seen @ matrix
        return moved


def _seen(windows: np.ndarray, step: int) -> list[np.ndarray]:
    """Return the windows as seen at each lag, all of the same shape."""
    reach, n_frames = max(_LAGS) * step, windows.shape[1]
    padded = np.pad(windows, ((0, 0), (reach, reach), (0, 0)), mode="edge")
    return [padded[:, reach + lag * step : reach + lag * step + n_frames] for lag in _LAGS]


def _middle(source: Moments, target: Moments, shrinkage: float) -> tuple[np.ndarray, np.ndarray]:
    """The rows of the transport that make the middle frame."""
    matrix, shift = transport(source, target, shrinkage=shrinkage)
    n = len(shift) // len(_LAGS)
    middle = slice(_LAGS.index(0) * n, (_LAGS.index(0) + 1) * n)
    return np.ascontiguousarray(matrix[:, middle]).reshape(len(_LAGS), n, n), shift[middle]
