"""How far an inferred mean rate may be from the true one: quantiles over cells of data sets that were held out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from cyclegan_neuro.spikes.inference.codes import family_of

__all__ = ["calibration_of", "covered_share", "log_ratio", "rate_intervals"]

_QUANTILES = (0.05, 0.5, 0.95)
_FLOOR_HZ = 0.02  # added to both rates: a neuron that hardly fires is not infinitely wrong
_FEWEST_DATA_SETS = 4  # of a family whose own quantiles are used: cells of one preparation err alike
_FEWEST_CELLS = 20


def log_ratio(true_hz: np.ndarray, inferred_hz: np.ndarray) -> np.ndarray:
    """Return the log of true over inferred mean rate, 0.02 Hz added to both."""
    return np.log((np.asarray(true_hz) + _FLOOR_HZ) / (np.asarray(inferred_hz) + _FLOOR_HZ))


def calibration_of(cells: Sequence[tuple[str, float, float]]) -> dict[str, dict[str, Any]]:
    """Return the quantiles of the errors of a family, over cells of data sets that the networks did not see.

    Parameters
    ----------
    cells : sequence of (str, float, float)
        Data set, whose name tells the family, true and inferred mean rate in Hz.

    Returns
    -------
    dict of str to dict
        By family, and ``""`` for all: ``log_ratio`` (quantiles 0.05, 0.5, 0.95 of :func:`log_ratio`), ``n_cells``,
        ``n_data_sets`` and ``coverage``, the share of cells between the outer quantiles of the other data sets. Every
        data set counts alike. Families of fewer than four data sets are left to ``""``, and nothing is said of fewer
        than 20 cells or two data sets.

    Examples
    --------
    >>> cells = [(f"DS{number}-GCaMP6f", 1.0, 1.0 + number) for number in range(4) for _ in range(10)]
    >>> calibration_of(cells)["gcamp6"]
    {'log_ratio': [-1.371, -0.884, 0.0], 'n_cells': 40, 'n_data_sets': 4, 'coverage': 0.5}
    """
    known = [cell for cell in cells if np.isfinite(cell[1:]).all()]
    found = {}
    for family in sorted({"", *(family_of(name, name) for name, _, _ in known)} if known else ()):
        chosen = [cell for cell in known if not family or family_of(cell[0], cell[0]) == family]
        names, true, inferred = (np.array(column) for column in zip(*chosen, strict=True))
        ratios, sizes = log_ratio(true, inferred), np.unique(names).size
        if len(chosen) < _FEWEST_CELLS or sizes < (_FEWEST_DATA_SETS if family else 2):
            continue
        inside = np.concatenate([_inside(ratios, names, name) for name in np.unique(names)])
        found[family] = {
            "log_ratio": [round(float(q), 3) for q in _quantiles(ratios, names)],
            "n_cells": len(chosen),
            "n_data_sets": int(sizes),
            "coverage": round(float(inside.mean()), 3),
        }
    return found


def rate_intervals(mean_rates_hz: np.ndarray, calibration: Mapping[str, Any], family: str) -> np.ndarray | None:
    """Return an interval for the true mean rate of each neuron.

    Parameters
    ----------
    mean_rates_hz : ndarray, shape (neuron,)
        As inferred.
    calibration : mapping
        See :func:`calibration_of`.
    family : str
        See :func:`cyclegan_neuro.spikes.inference.codes.family_of`.

    Returns
    -------
    ndarray of float64, shape (neuron, 2), or None
        Lower and upper bound of 90 % in Hz; None where nothing was measured.

    Examples
    --------
    >>> rate_intervals(np.array([1.0]), {"": {"log_ratio": [-0.6931, 0.0, 0.6931]}}, "gcamp6").round(2).tolist()
    [[0.49, 2.02]]
    """
    measured = calibration.get(family, calibration.get(""))
    if measured is None:
        return None
    low, _, high = measured["log_ratio"]
    rates = np.asarray(mean_rates_hz, np.float64)[:, None]
    return np.maximum((rates + _FLOOR_HZ) * np.exp([low, high]) - _FLOOR_HZ, 0.0)


def covered_share(cells: Sequence[tuple[str, float, float]], calibration: Mapping[str, Any]) -> float:
    """Return the share of cells (as for :func:`calibration_of`) whose true rate lies in the interval."""
    inside = []
    for name, true, inferred in cells:
        interval = rate_intervals(np.array([inferred]), calibration, family_of(name, name))
        if interval is not None and np.isfinite(true):
            inside.append(interval[0, 0] <= true <= interval[0, 1])
    return float(np.mean(inside)) if inside else float("nan")


def _inside(ratios: np.ndarray, names: np.ndarray, left_out: str) -> np.ndarray:
    """Say which cells of a data set lie between the quantiles of the others."""
    there = names == left_out
    low, _, high = _quantiles(ratios[~there], names[~there])
    return (ratios[there] >= low) & (ratios[there] <= high)


def _quantiles(ratios: np.ndarray, names: np.ndarray) -> np.ndarray:
    """Return quantiles in which every data set counts alike."""
    _, place, sizes = np.unique(names, return_inverse=True, return_counts=True)
    weights, order = 1.0 / sizes[place], np.argsort(ratios)
    cumulated = np.cumsum(weights[order])
    return np.interp(np.array(_QUANTILES) * cumulated[-1], cumulated - weights[order] / 2, ratios[order])
