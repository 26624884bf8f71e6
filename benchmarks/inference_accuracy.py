"""Accuracy of spike inference on the ground truth: ours, CASCADE's published networks and AR(1) deconvolution.

    python benchmarks/inference_accuracy.py --ground_truth FILE --frame_rate 30 --trained DIR [--cascade FOLDER]
        [--json FILE]

    python benchmarks/inference_accuracy.py --ground_truth FILE --frame_rate 30

``ours``: DIR is the output of ``train_inference``; each cell is inferred by ``DIR/networks/<its data set>``, the
networks that did not see its data set. Without DIR the shipped networks infer all cells, for ground truth of other
indicators and cell types, and every data set has a row. ``CASCADE``: a published folder; its networks were trained on
these cells.
``AR(1)``: ``oasis.functions.deconvolve`` with its defaults (decay, baseline and noise estimated from each trace, L1
penalty); its output has no unit, so that error and bias are left out. Metrics are those of ``spikes.accuracy``, with
truth and rate smoothed alike, medians over cells; the best lag is one per cell within 0.5 s. Every method is measured
on the same frames: those that all networks reach.
"""

from __future__ import annotations

import argparse
import functools
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from _common import machine, print_table, write_json

from cyclegan_neuro.errors import UserError
from cyclegan_neuro.spikes.ground_truth.cells import GroundTruthCell
from cyclegan_neuro.spikes.ground_truth.loading import load_ground_truth
from cyclegan_neuro.spikes.inference.models import choose_models, load_models
from cyclegan_neuro.spikes.inference.rate_models import RateModels
from cyclegan_neuro.spikes.inference.rates import infer_rates, reachable
from cyclegan_neuro.spikes.inference.training.accuracy import SIGMAS_S, CellAccuracy, measure_cells, summaries
from cyclegan_neuro.spikes.inference.training.workflow import file_name

#: From ΔF/F (frame,) to a rate (frame,).
Method = Callable[[np.ndarray], np.ndarray]
OASIS_MISSING = "AR(1) is left out: the package oasis is not here. To compare with it: pip install oasis-deconv"
APART = ("DS15", "DS16")


def networks_of(models: RateModels, frame_rate_hz: float) -> Method:
    def infer(dff: np.ndarray) -> np.ndarray:
        return infer_rates(dff[:, None], frame_rate_hz=frame_rate_hz, models=models).rates_hz[:, 0]

    return infer


def held_out_models(trained: Path, names: Sequence[str], frame_rate_hz: float) -> dict[str, RateModels]:
    """Return, for each data set, the networks that did not see it."""
    files = {name: trained / "networks" / name / file_name(frame_rate_hz) for name in names}
    missing = [str(file) for file in files.values() if not file.is_file()]
    if missing:
        raise UserError(
            str(trained), got=f"no {missing[0]} ({len(missing)} of {len(files)} missing)",
            expected="networks trained without each data set in turn",
            fix="cyclegan-neuro train_inference (without --no_accuracy), and wait until it has ended",
        )  # fmt: skip
    return {name: load_models(file) for name, file in files.items()}


def ar1() -> Method | None:
    """Return AR(1) deconvolution, if its package is installed."""
    try:
        from oasis.functions import deconvolve
    except ImportError:
        return None
    return lambda dff: np.maximum(deconvolve(dff.astype(np.float64))[1], 0.0)


def measure(
    cells: Sequence[GroundTruthCell], method_of: Callable[[str], Method], valid_of, frame_rate_hz: float
) -> list[CellAccuracy]:
    """Measure a method, which may depend on the data set of a cell."""
    results = []
    for name in sorted({cell.dataset for cell in cells}):
        method = method_of(name)

        def infer(dff, method=method):
            return method(dff), valid_of(len(dff))

        results += measure_cells(
            [cell for cell in cells if cell.dataset == name], infer, frame_rate_hz=frame_rate_hz
        )  # fmt: skip
    return results


def common_frames(models: Sequence[RateModels]) -> Callable[[int], np.ndarray]:
    """Return which frames of a segment every network reaches."""

    @functools.cache
    def valid_of(n_frames: int) -> np.ndarray:
        valid = np.ones(n_frames, bool)
        for each in models:
            inside = np.zeros(n_frames, bool)
            inside[reachable(n_frames, each)] = True
            valid &= inside
        return valid

    return valid_of


def rows_of(method: str, results: Sequence[CellAccuracy], *, with_unit: bool, every: bool) -> list[dict]:
    """Return a row per smoothing and group of cells: all, without DS15 and DS16, and each of these or ``every``."""
    at_zero, at_best = (summaries(results, best_lag=best) for best in (False, True))
    rows = []
    for sigma in SIGMAS_S:
        for group, zero in at_zero[sigma].items():
            if not every and group.startswith("DS") and group.split("-")[0] not in APART:
                continue
            best = at_best[sigma][group]
            rows.append(
                {
                    "sigma s": sigma, "cells": group, "n": zero.n_cells, "method": method,
                    "correlation": zero.correlation, "error": zero.error if with_unit else None,
                    "bias": zero.bias if with_unit else None, "correlation, best lag": best.correlation,
                    "error, best lag": best.error if with_unit else None,
                    "bias, best lag": best.bias if with_unit else None, "best lag s": best.lag_s,
                }
            )  # fmt: skip
    return rows


def run(arguments) -> list[dict]:
    """Measure all methods and return the rows of the table."""
    rate = arguments.frame_rate
    cells = load_ground_truth(arguments.ground_truth)
    names = sorted({cell.dataset for cell in cells})
    ours = (
        held_out_models(arguments.trained, names, rate)
        if arguments.trained
        else dict.fromkeys(names, choose_models(None, rate)[0])
    )
    methods = {"ours": lambda name: networks_of(ours[name], rate)}
    models = list(ours.values())
    if arguments.cascade:
        cascade = load_models(arguments.cascade)
        if cascade.frame_rate_hz == rate:
            methods["CASCADE"] = lambda _: networks_of(cascade, rate)
            models.append(cascade)
        else:
            print(f"CASCADE is left out: its networks are for {cascade.frame_rate_hz:g} Hz", file=sys.stderr)
    deconvolve = ar1()
    if deconvolve:
        methods["AR(1)"] = lambda _: deconvolve
    else:
        print(OASIS_MISSING, file=sys.stderr)
    valid_of, rows = common_frames(models), []
    for method, method_of in methods.items():
        begin = time.perf_counter()
        results = measure(cells, method_of, valid_of, rate)
        print(f"{method}: {len(results)} cells, {time.perf_counter() - begin:.0f} s", file=sys.stderr)
        rows += rows_of(method, results, with_unit=method != "AR(1)", every=arguments.trained is None)
    order = {name: place for place, name in enumerate(methods)}
    return sorted(rows, key=lambda row: (row["sigma s"], row["cells"].startswith("DS"), row["cells"],
                                         order[row["method"]]))  # fmt: skip


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--ground_truth", type=Path, required=True, help="file or folder, as for train_inference")
    options.add_argument("--frame_rate", type=float, default=30.0, help="of the networks (30)")
    options.add_argument("--trained", type=Path, help="output directory of train_inference (the shipped networks)")
    options.add_argument("--cascade", type=Path, help="a folder that CASCADE published")
    options.add_argument("--json", type=Path, metavar="FILE", help="write the numbers to FILE")
    arguments = options.parse_args()
    try:
        rows = run(arguments)
    except UserError as error:
        raise SystemExit(f"error: {error}") from None
    print_table(rows)
    write_json(arguments.json, {"machine": machine(), "frame_rate_hz": arguments.frame_rate, "rows": rows})


if __name__ == "__main__":
    main()
