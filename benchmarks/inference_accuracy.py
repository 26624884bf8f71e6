"""Accuracy of spike inference on ground truth: ours, CASCADE's published networks and AR(1) deconvolution.

    python benchmarks/inference_accuracy.py --ground_truth FILE FILE --trained DIR [--fold cells] [--frame_rate 30]
        [--cascade FOLDER ...] [--json FILE]

    python benchmarks/inference_accuracy.py --ground_truth FILE

``ours``: DIR is the output of ``train_inference``; each cell is inferred by the networks of ``DIR/networks`` that did
not see it, nor any cell of its data set (with ``--fold cells``: but other cells of its data set). ``ours, not told``:
the same networks, told neither indicator nor cell type. Without DIR the shipped networks infer all cells, for ground
truth that they were not trained on. CASCADE: published folders; their networks were trained on many of these cells.
Where their frame rate is another, ΔF/F is resampled to it and the rates back. ``AR(1)``: ``oasis.functions.deconvolve``
with its defaults (decay, baseline and noise estimated from each trace, L1 penalty); its output has no unit, so that
error and bias are left out. Metrics are those of ``spikes.accuracy``, with truth and rate smoothed alike, medians over
cells; the best lag is one per cell within 0.5 s. Every method is measured on the same frames: those that all networks
reach.
"""

from __future__ import annotations

import argparse
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
from cyclegan_neuro.spikes.inference.rates import infer_rates
from cyclegan_neuro.spikes.inference.spike_networks import SpikeNetworks
from cyclegan_neuro.spikes.inference.storage import FILE_NAME
from cyclegan_neuro.spikes.inference.traces import Inference
from cyclegan_neuro.spikes.inference.training.accuracy import SIGMAS_S, CellAccuracy, measure_cells, summaries
from cyclegan_neuro.spikes.inference.training.folds import CELLS, DATA_SETS, folds_of

#: From ΔF/F (frame,) to a rate (frame,).
Method = Callable[[np.ndarray], np.ndarray]
InferenceOf = Callable[[GroundTruthCell], Inference]
AR1 = "AR(1)"
OASIS_MISSING = "AR(1) is left out: the package oasis is not here. To compare with it: pip install oasis-deconv"


def held_out(trained: Path, kind: str, cells: Sequence[GroundTruthCell]) -> dict[tuple[str, str], SpikeNetworks]:
    """Return, for each cell (data set and name), the networks that did not see it."""
    folds = {name: fold for name, fold in folds_of(cells).items() if name.startswith(f"{kind}_")}
    files = {name: trained / "networks" / name / FILE_NAME for name in folds}
    missing = [str(file) for file in files.values() if not file.is_file()]
    if missing or not folds:
        raise UserError(
            str(trained), got=f"no {missing[0]}" if missing else "one data set",
            expected=f"networks of folds of {kind}",
            fix=f"cyclegan-neuro train_inference --hold_out {kind} with this ground truth, and wait until it has ended",
        )  # fmt: skip
    saw = {name: set(load_models(file).provenance["ground_truth"]) for name, file in files.items()}
    if kind == DATA_SETS:  # the folds follow from the ground truth: from another one they are others
        wrong = sorted(dataset for name, fold in folds.items() for dataset, _ in fold if dataset in saw[name])
        if wrong:
            raise UserError(
                str(trained), got=f"networks that saw {wrong[0]}", expected="networks that did not",
                fix="give the ground truth that they were trained with",
            )  # fmt: skip
    return {cell: load_models(files[name]) for name, fold in folds.items() for cell in fold}


def ours(arguments, cells: Sequence[GroundTruthCell], *, told: bool) -> InferenceOf:
    """Return which networks infer a cell, and what they are told."""
    of_cell = held_out(arguments.trained, arguments.fold, cells) if arguments.trained else None

    def inference_of(cell: GroundTruthCell) -> Inference:
        networks = of_cell[cell.dataset, cell.name] if of_cell else None
        known = {"indicator": cell.dataset, "cell_type": cell.dataset} if told else {}
        return choose_models(networks, arguments.frame_rate, **known)

    return inference_of


def cascade(folder: Path, frame_rate_hz: float) -> tuple[str, InferenceOf]:
    """Return what a folder of CASCADE is called in the table, and its networks."""
    inference = choose_models(folder, frame_rate_hz, resample=True)
    theirs = inference.about["frame_rate_hz"]
    name = f"CASCADE {folder.name}"
    return name if abs(theirs / frame_rate_hz - 1) <= 0.05 else f"{name}, resampled", lambda cell: inference


def ar1() -> Method | None:
    """Return AR(1) deconvolution, if its package is installed."""
    try:
        from oasis.functions import deconvolve
    except ImportError:
        return None
    return lambda dff: np.maximum(deconvolve(dff.astype(np.float64))[1], 0.0)


def rates_by(inference: Inference, frame_rate_hz: float) -> Method:
    return lambda dff: infer_rates(dff[:, None], frame_rate_hz=frame_rate_hz, models=inference).rates_hz[:, 0]


def measure(cells: Sequence[GroundTruthCell], method_of, networks: Sequence[InferenceOf], frame_rate_hz: float):
    """Measure a method on the frames that all networks reach."""
    results: list[CellAccuracy] = []
    for cell in cells:
        method, reaching = method_of(cell), [of_cell(cell) for of_cell in networks]

        def infer(_: str, dff: np.ndarray, method=method, reaching=reaching):
            valid = np.ones(len(dff), bool)
            for inference in reaching:
                inside = inference.reachable(len(dff))
                valid[: inside.start] = valid[inside.stop :] = False
            return method(dff) if valid.any() else np.zeros(len(dff)), valid

        results += measure_cells([cell], infer, frame_rate_hz=frame_rate_hz)
    return results


def rows_of(method: str, results: Sequence[CellAccuracy]) -> list[dict]:
    """Return a row per smoothing and data set, and for all."""
    at_zero, at_best = (summaries(results, best_lag=best) for best in (False, True))
    rows = []
    for sigma in SIGMAS_S:
        for group, zero in at_zero[sigma].items():
            best, unit = at_best[sigma][group], method != AR1
            rows.append(
                {
                    "sigma s": sigma, "cells": group, "n": zero.n_cells, "method": method,
                    "correlation": zero.correlation, "error": zero.error if unit else None,
                    "bias": zero.bias if unit else None, "correlation, best lag": best.correlation,
                    "best lag s": best.lag_s,
                }
            )  # fmt: skip
    return rows


def run(arguments) -> list[dict]:
    """Measure all methods and return the rows of the table."""
    rate = arguments.frame_rate
    cells = [cell for path in arguments.ground_truth for cell in load_ground_truth(path)]
    networks = {"ours": ours(arguments, cells, told=True), "ours, not told": ours(arguments, cells, told=False)}
    networks |= dict(cascade(folder, rate) for folder in arguments.cascade)
    methods: dict[str, Callable[[GroundTruthCell], Method]] = {
        name: lambda cell, of_cell=of_cell: rates_by(of_cell(cell), rate) for name, of_cell in networks.items()
    }
    deconvolve = ar1()
    if deconvolve:
        methods[AR1] = lambda cell: deconvolve
    else:
        print(OASIS_MISSING, file=sys.stderr)
    rows = []
    for method, method_of in methods.items():
        begin = time.perf_counter()
        results = measure(cells, method_of, list(networks.values()), rate)
        print(f"{method}: {len(results)} cells, {time.perf_counter() - begin:.0f} s", file=sys.stderr)
        rows += rows_of(method, results)
    order = {name: place for place, name in enumerate(methods)}
    return sorted(
        rows,
        key=lambda row: (row["sigma s"], row["cells"].startswith("DS"), row["cells"], order[row["method"]]),
    )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--ground_truth", type=Path, nargs="+", required=True, help="as for train_inference")
    options.add_argument("--frame_rate", type=float, default=30.0, help="to which the ground truth is brought (30)")
    options.add_argument("--trained", type=Path, help="output directory of train_inference (the shipped networks)")
    options.add_argument("--fold", choices=(DATA_SETS, CELLS), default=DATA_SETS, help="what the networks did not see")
    options.add_argument("--cascade", type=Path, nargs="+", default=[], help="folders that CASCADE published")
    options.add_argument("--json", type=Path, metavar="FILE", help="write the numbers to FILE")
    arguments = options.parse_args()
    try:
        rows = run(arguments)
    except UserError as error:
        raise SystemExit(f"error: {error}") from None
    print_table(rows)
    about = {"machine": machine(), "frame_rate_hz": arguments.frame_rate, "fold": arguments.trained and arguments.fold}
    write_json(arguments.json, {**about, "rows": rows})


if __name__ == "__main__":
    main()
