"""What every ordering method is given, how scores become an order, and an order a file of the run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cyclegan_neuro.configuration.sections import OrderingSection
from cyclegan_neuro.windows.prepared import NeuronOrder, PreparedPair
from cyclegan_neuro.windows.storage import read_json, write_json

__all__ = ["OrderingTask", "apart", "identity_order", "load_order", "ranked", "save_order", "training_windows"]


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
    return prepared.windows_of(day, apart(prepared[day].starts.train, prepared.window_frames))


def save_order(path: Path, order: NeuronOrder) -> None:
    """Write an order, whole or not at all; scores that are not a number become null."""
    score = None if order.score is None else [float(s) if np.isfinite(s) else None for s in order.score]
    write_json(path, {"method": order.method, "columns": order.columns.tolist(), "score": score})


def load_order(path: Path, *, n_neurons: int, method: str) -> NeuronOrder:
    """Read what :func:`save_order` wrote.

    Raises
    ------
    WindowError
        If the file is damaged or belongs to other neurons or another method.
    """
    return read_json(path, lambda content: _order(content, n_neurons, method), what="the neuron order of a run")


def _order(content: Mapping, n_neurons: int, method: str) -> NeuronOrder:
    if content["method"] != method:
        raise ValueError(f"ordering '{content['method']}' where the configuration says '{method}'")
    columns = np.array(content["columns"], np.int64)
    if not np.array_equal(np.sort(columns), np.arange(n_neurons)):
        raise ValueError(f"columns that do not name each of {n_neurons} neurons once")
    score = content["score"]
    if score is not None:
        score = np.array([np.nan if s is None else s for s in score], np.float32)
        if score.shape != (n_neurons,):
            raise ValueError(f"{score.size} scores for {n_neurons} neurons")
    return NeuronOrder(method, columns, score)
