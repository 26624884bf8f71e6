"""The order of a run as a JSON file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from cyclegan_neuro.windows.prepared import NeuronOrder
from cyclegan_neuro.windows.storage import read_json, write_json

__all__ = ["load_order", "save_order"]


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
