"""Train the four objectives on Φ with and without neuron ordering: the shape of the paper's Table 1.

    python benchmarks/objectives.py --output_dir runs/objectives [--jobs 2] [--json FILE] [--set a.b=c ...]

Every run is ``train.py`` and ``evaluate.py`` with ``configs/cyclegan/synthetic_cpu.yaml``; runs that have
a report are not repeated. ``--jobs`` runs side by side, each bound to one processor where there are enough.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Queue

from _common import ROOT, machine, parser, print_table, write_json

CONFIGURATION = ROOT / "configs" / "cyclegan" / "synthetic_cpu.yaml"
OBJECTIVES = ("gan", "lsgan", "wgangp", "dragan")
ORDERINGS = ("original", "autoencoder")
SIGNALS = ("direct_y", "direct_x", "cycle_x", "cycle_y", "identity_x", "identity_y")


def train_and_evaluate(directory: Path, overrides: list[str], processor: int | None) -> None:
    """Make one run unless it has a report."""
    if (directory / "report" / "metrics.json").exists():
        return
    bind = (lambda: os.sched_setaffinity(0, {processor})) if processor is not None else None
    train = [sys.executable, str(ROOT / "train.py"), "--config", str(CONFIGURATION), "--output_dir", str(directory)]
    if directory.exists():
        train.append("--overwrite")
    for override in overrides:
        train += ["--set", override]
    evaluate = [sys.executable, str(ROOT / "evaluate.py"), "--output_dir", str(directory)]
    for command in (train, evaluate):
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=bind)


def row(objective: str, ordering: str, directory: Path) -> dict:
    """Read one line of the table from a run's metrics."""
    metrics = json.loads((directory / "report" / "metrics.json").read_text(encoding="utf-8"))
    signals = metrics["signals"]
    return {
        "objective": objective,
        "ordering": ordering,
        **{name: signals[name]["model"]["mean"] for name in SIGNALS},
        "gap closed": signals["direct_y"]["model"].get("gap_closed"),
        "training s": metrics["timing"]["training_s"],
    }


def references(directory: Path) -> list[dict]:
    """Return every baseline and the best possible, from any of the runs."""
    signals = json.loads((directory / "report" / "metrics.json").read_text(encoding="utf-8"))["signals"]
    rows = []
    for name in [name for name in signals["direct_y"] if name != "model"]:
        means = {signal: signals[signal].get(name, {}).get("mean") for signal in SIGNALS}
        rows.append({"objective": name, "ordering": None, **means, "gap closed": None, "training s": None})
    return rows


def main() -> None:
    options = parser(__doc__.splitlines()[0], repeats=1)
    options.add_argument("--output_dir", type=Path, required=True, help="folder for the eight runs")
    options.add_argument("--jobs", type=int, default=1, help="runs side by side")
    options.add_argument("--set", action="append", default=[], metavar="a.b=c", help="override for all runs")
    arguments = options.parse_args()
    processors: Queue = Queue()
    available = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    for job in range(arguments.jobs):
        processors.put(available[job] if 1 < arguments.jobs <= len(available) else None)

    def run(case: tuple[str, str]) -> dict:
        objective, ordering = case
        directory = arguments.output_dir / f"{objective}_{ordering}"
        processor = processors.get()
        try:
            overrides = [f"objective.name={objective}", f"ordering.method={ordering}", *arguments.set]
            train_and_evaluate(directory, overrides, processor)
        finally:
            processors.put(processor)
        return row(objective, ordering, directory)

    cases = [(objective, ordering) for ordering in ORDERINGS for objective in OBJECTIVES]
    with ThreadPoolExecutor(arguments.jobs) as pool:
        rows = list(pool.map(run, cases))
    rows += references(arguments.output_dir / f"{OBJECTIVES[0]}_{ORDERINGS[0]}")
    print_table(rows)
    write_json(arguments.json, {"machine": machine(), "rows": rows})


if __name__ == "__main__":
    main()
