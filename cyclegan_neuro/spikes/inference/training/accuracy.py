"""How good trained networks are on cells that they never saw, and what that says about the size of a rate."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cyclegan_neuro.recordings.noise import noise_levels
from cyclegan_neuro.spikes.accuracy import Accuracy, AccuracySummary, cell_accuracy, summarise
from cyclegan_neuro.spikes.ground_truth.cells import GroundTruthCell
from cyclegan_neuro.spikes.ground_truth.examples import resample

__all__ = ["SIGMAS_S", "CellAccuracy", "measure_cells", "summaries", "write_cells", "write_summary"]

SIGMAS_S = (0.05, 0.2)
"""Gaussians that smooth both the true and the inferred rate before they are compared, in s."""

#: From a data set, the ΔF/F of a recording (frame,) to its rate in Hz (frame,) and the valid frames.
Inference = Callable[[str, np.ndarray], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class CellAccuracy:
    """How well the spikes of one cell were inferred.

    Attributes
    ----------
    dataset, cell : str
    noise_level : float
        Median over its recordings, in % per sqrt(Hz).
    by_sigma : dict of float to (Accuracy, Accuracy)
        For each of :data:`SIGMAS_S`: at lag 0, and at the best lag.
    true_hz, inferred_hz : float
        Mean rates over the valid frames.
    """

    dataset: str
    cell: str
    noise_level: float
    by_sigma: dict[float, tuple[Accuracy, Accuracy]]
    true_hz: float = float("nan")
    inferred_hz: float = float("nan")


def measure_cells(cells: Iterable[GroundTruthCell], infer: Inference, *, frame_rate_hz: float) -> list[CellAccuracy]:
    """Compare inferred with true rates, cell by cell.

    Parameters
    ----------
    cells : iterable of GroundTruthCell
    infer : callable
        From a data set and the ΔF/F of a recording (frame,) to its rate in Hz (frame,) and the valid frames.
    frame_rate_hz : float
        Recordings are resampled to it first.
    """
    results = []
    for cell in cells:
        segments, noise = [], []
        for segment in cell.segments:
            dff, counts = resample(segment, frame_rate_hz)
            noise.append(float(noise_levels(dff[:, None], frame_rate_hz)[0]))
            rate, valid = infer(cell.dataset, dff)
            segments.append((rate, counts * frame_rate_hz, valid))
        by_sigma = {}
        for sigma in SIGMAS_S:
            how: dict[str, Any] = {"frame_rate_hz": frame_rate_hz, "sigma_s": sigma}
            by_sigma[sigma] = (cell_accuracy(segments, **how), cell_accuracy(segments, **how, best_lag=True))
        inferred, true = (np.concatenate([s[place][s[2]] for s in segments]) for place in (0, 1))
        means = [float(values.mean()) if values.size else float("nan") for values in (true, inferred)]
        results.append(CellAccuracy(cell.dataset, cell.name, float(np.median(noise)), by_sigma, *means))
    return results


def summaries(results: Sequence[CellAccuracy], *, best_lag: bool) -> dict[float, dict[str, AccuracySummary]]:
    """Return, for each smoothing, the medians by data set, over all, and without DS15 and DS16."""
    return {sigma: summarise([(r.dataset, r.by_sigma[sigma][int(best_lag)]) for r in results]) for sigma in SIGMAS_S}


def write_cells(path: Path, results: Sequence[tuple[str, float, CellAccuracy]]) -> None:
    """Write one row per cell, smoothing, frame rate and kind of fold as CSV."""
    header = ["held_out", "frame_rate_hz", "data_set", "cell", "noise_level", "sigma_s", "correlation", "error", "bias",
              "correlation_best_lag", "best_lag_s", "n_frames", "true_hz", "inferred_hz"]  # fmt: skip
    rows = [
        [kind, rate, r.dataset, r.cell, f"{r.noise_level:.3f}", sigma,
         *(f"{v:.4f}" for v in (at.correlation, at.error, at.bias)),
         f"{best.correlation:.4f}", f"{best.lag_s:.4f}", at.n_frames, f"{r.true_hz:.4f}", f"{r.inferred_hz:.4f}"]
        for kind, rate, r in results
        for sigma, (at, best) in r.by_sigma.items()
    ]  # fmt: skip
    _write(path, header, rows)


def write_summary(path: Path, results: Sequence[tuple[str, float, CellAccuracy]]) -> None:
    """Write medians by data set as CSV."""
    rows = []
    for kind, rate in dict.fromkeys((kind, rate) for kind, rate, _ in results):
        group = [r for k, hz, r in results if (k, hz) == (kind, rate)]
        at_zero, at_best = (summaries(group, best_lag=best) for best in (False, True))
        for sigma in SIGMAS_S:
            for name, row in at_zero[sigma].items():
                best = at_best[sigma][name]
                numbers = (row.correlation, row.error, row.bias, best.correlation, best.lag_s)
                rows.append([kind, rate, name, row.n_cells, sigma, *(f"{v:.3f}" for v in numbers)])
    header = ["held_out", "frame_rate_hz", "data_set", "n_cells", "sigma_s", "correlation", "error", "bias",
              "correlation_best_lag", "best_lag_s"]  # fmt: skip
    _write(path, header, rows)


def _write(path: Path, header: list[str], rows: list[list]) -> None:
    with open(path, "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
