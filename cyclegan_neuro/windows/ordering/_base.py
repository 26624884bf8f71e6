"""What every ordering method is given, and how scores become an order."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cyclegan_neuro.configuration.sections import OrderingSection
from cyclegan_neuro.windows.prepared import Day, NeuronOrder, PreparedPair

__all__ = ["OrderingTask", "apart", "identity_order", "ranked", "training_windows"]


@dataclass(frozen=True, eq=False)
class OrderingTask:
    """What to order, and how.

    Attributes
    ----------
    prepared : PreparedPair
        Scaled, in the user's neuron order.
    section : OrderingSection
    seed : int
    log_directory : Path, optional
        For TensorBoard curves of methods that learn.
    """

    prepared: PreparedPair
    section: OrderingSection
    seed: int = 0
    log_directory: Path | None = None


def identity_order(n_neurons: int) -> NeuronOrder:
    """Return the recording's own order."""
    return NeuronOrder("original", np.arange(n_neurons))


def ranked(method: str, score: np.ndarray, *, descending: bool) -> NeuronOrder:
    """Sort neurons by ``score``; equal ones keep their order, NaN comes last.

    Examples
    --------
    >>> ranked("demo", np.array([1.0, np.nan, 3.0, 1.0]), descending=True).columns
    array([2, 0, 3, 1])
    """
    score = np.asarray(score, np.float32)
    return NeuronOrder(method, np.argsort(-score if descending else score, kind="stable"), score)


def apart(starts: np.ndarray, window_frames: int) -> np.ndarray:
    """Return windows without a common frame, taken greedily in time order, so that each frame counts once.

    Examples
    --------
    >>> apart(np.array([0, 3, 10, 12, 25]), 10)
    array([ 0, 10, 25])
    """
    chosen: list[int] = []
    for start in np.sort(starts):
        if not chosen or start >= chosen[-1] + window_frames:
            chosen.append(int(start))
    return np.array(chosen, np.int64)


def training_windows(prepared: PreparedPair, day: str) -> np.ndarray:
    """Return training windows of a day that share no frame.

    Returns
    -------
    ndarray of float32, shape (window, time, neuron)
        In ΔF/F and the user's neuron order; with Φ where the day has it.
    """
    chosen: Day = prepared[day]
    return prepared.windows_of(day, apart(chosen.starts.train, prepared.window_frames))
