"""What it costs to tell the networks of spike inference nothing, or another indicator than the recording has.

    python benchmarks/told_indicator.py --ground_truth FILE FILE --trained DIR [--frame_rate 30] [--json FILE]

DIR is the output of ``train_inference``: every cell is inferred by the networks of ``DIR/networks/cells_*`` that did
not see it, only other cells of its data set. Rows are what the cells are, columns what the networks are told; medians
over cells of the correlation (both rates smoothed by 0.2 s, lag 0) and of the bias (inferred less true spikes, over
true).
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path

import numpy as np
from _common import machine, print_table, write_json
from inference_accuracy import held_out

from cyclegan_neuro.errors import UserError
from cyclegan_neuro.recordings.indicators import cell_type_of, indicator_of
from cyclegan_neuro.spikes.accuracy import cell_accuracy
from cyclegan_neuro.spikes.ground_truth.examples import resample
from cyclegan_neuro.spikes.ground_truth.loading import load_ground_truth
from cyclegan_neuro.spikes.inference.rates import infer_rates
from cyclegan_neuro.spikes.inference.training.folds import CELLS

TOLD = {
    "as it is": None, "nothing": ("", ""), "gcamp6f": ("gcamp6f", ""), "gcamp6s": ("gcamp6s", ""),
    "gcamp7f": ("gcamp7f", ""), "gcamp8f": ("gcamp8f", ""), "gcamp8m": ("gcamp8m", ""), "gcamp8s": ("gcamp8s", ""),
}  # fmt: skip
SIGMA_S = 0.2


def kind_of(dataset: str) -> str:
    """Return what the cells of a data set are."""
    cell = cell_type_of(dataset)
    return indicator_of(dataset) if cell == "unknown" else f"{cell}, {indicator_of(dataset)}"


def run(arguments) -> list[dict]:
    cells = [cell for path in arguments.ground_truth for cell in load_ground_truth(path)]
    by_name = {(cell.dataset, cell.name): cell for cell in cells}
    rate = arguments.frame_rate
    found: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    for (dataset, name), networks in held_out(arguments.trained, CELLS, cells).items():
        segments = [resample(segment, rate) for segment in by_name[dataset, name].segments]
        for label, told in TOLD.items():
            indicator, cell_type = told or (dataset, dataset)
            inference = networks.at(rate, indicator=indicator, cell_type=cell_type)
            parts = []
            for dff, counts in segments:
                if inference.reachable(len(dff)).stop <= inference.reachable(len(dff)).start:
                    continue
                inferred = infer_rates(dff[:, None], frame_rate_hz=rate, models=inference)
                parts.append((inferred.rates_hz[:, 0], counts * rate, inferred.valid))
            result = cell_accuracy(parts, frame_rate_hz=rate, sigma_s=SIGMA_S)
            if not np.isnan(result.correlation):
                found[kind_of(dataset), label].append((result.correlation, result.bias))
    rows = []
    for kind in sorted({kind for kind, _ in found}):
        row: dict = {"cells are": kind, "n": len(found[kind, "as it is"])}
        for label in TOLD:
            correlation, bias = np.median(found[kind, label], axis=0)
            row[label] = f"{correlation:.3f} {bias:+.2f}"
        rows.append(row)
    return rows


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--ground_truth", type=Path, nargs="+", required=True, help="as for train_inference")
    options.add_argument("--trained", type=Path, required=True, help="output directory of train_inference")
    options.add_argument("--frame_rate", type=float, default=30.0)
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
