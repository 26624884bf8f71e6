"""What each translator gets right of changes that mean tuning does not show, where the truth is known.

    python benchmarks/beyond_tuning.py RUNS [--kinds gain timing ...] [--shares 0.4] [--presets mouse_1] [--seeds 1 2 3]
        [--config configs/cyclegan/best_simulated.yaml] [--set a.b=c ...] [--table]

Every combination is one run in the folder RUNS, trained and evaluated by the commands that a user has; what is there
already is not made again. The table has one row per kind of learning and translator: means over runs, and the model's
difference to each baseline with its 95 % interval over runs (Student's t).
"""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
from _common import ROOT, parser, print_table, write_json
from scipy.stats import t as student

KINDS = ("tuning", "remapping", "correlations", "gain", "timing", "mixed", "behaviour")
#: What a kind of learning changes: group and score of metrics.json, and the value that is ideal.
OWN_SCORE = {
    "tuning": ("tuning", "correlation", 1.0),
    "remapping": ("tuning", "correlation", 1.0),
    "correlations": ("beyond_tuning", "noise_correlation_error_truth", 0.0),
    "gain": ("beyond_tuning", "state_slope_truth", 1.0),
    "timing": ("beyond_tuning", "residual_r_truth", 1.0),
    "mixed": ("beyond_tuning", "residual_r_truth", 1.0),
    "behaviour": ("beyond_tuning", "lagged_covariance_error", 0.0),
}
_WITHOUT = ("evaluation.spikes.enabled=false", "evaluation.interpretation.enabled=false")


def run(folder: Path, config: Path, kind: str, share: float, preset: str, seed: int, overrides: list[str]) -> dict:
    """Train and evaluate one run, unless it is there, and return its metrics."""
    output = folder / f"{kind}_{share:g}_{preset}_{seed}"
    found = output / "report" / "metrics.json"
    if not found.exists():
        simulation = {"learning.kind": kind, "preset": preset, "seed": seed}
        simulation |= {} if kind == "behaviour" else {"learning.share": share}
        settings = [f"data.simulation.{name}={value}" for name, value in simulation.items()]
        settings += [f"training.seed={seed}", *_WITHOUT, *overrides]
        options = [part for one in settings for part in ("--set", one)]
        command = ["train.py", "--config", str(config), "--output_dir", str(output), "--overwrite", *options]
        for arguments in (command, ["evaluate.py", "--output_dir", str(output)]):
            subprocess.run([sys.executable, *arguments], check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    return json.loads(found.read_text())


def scores(metrics: dict, kind: str, score: tuple[str, str, float]) -> dict[str, float]:
    """Return translator → a score of G(X) in one run."""
    group, name, _ = score
    if group == "tuning":
        entries = metrics["tuning"]["all_y" if kind == "behaviour" else "changed_y"]
        return {translator: entry[name] for translator, entry in entries.items()}
    return metrics["beyond_tuning"]["y"].get(name, {})


def rows(kind: str, score: tuple[str, str, float], runs: list[dict]) -> list[dict]:
    """Return a row per translator: its mean over runs, and how much nearer to the ideal the model is."""
    per_run = [scores(metrics, kind, score) for metrics in runs]
    away = [{name: abs(value - score[2]) for name, value in one.items()} for one in per_run]
    table = []
    for translator in per_run[0]:
        gained = np.array([one[translator] - one["model"] for one in away])
        half = student.ppf(0.975, len(runs) - 1) * gained.std(ddof=1) / np.sqrt(len(runs)) if len(runs) > 1 else np.nan
        table.append(
            {
                "learning": kind, "score": score[1], "translator": translator, "runs": len(runs),
                "mean": np.mean([one[translator] for one in per_run]), "model nearer by": gained.mean(),
                "low": gained.mean() - half, "high": gained.mean() + half,
            }
        )  # fmt: skip
    return table


def main() -> None:
    """Run what is missing and print the table of all."""
    options = parser(__doc__.splitlines()[0], repeats=1)
    options.add_argument("folder", type=Path, help="folder of the runs")
    options.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    options.add_argument("--shares", nargs="+", type=float, default=[0.4])
    options.add_argument("--presets", nargs="+", default=["mouse_1"])
    options.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3, 4, 5])
    options.add_argument("--config", type=Path, default=ROOT / "configs" / "cyclegan" / "best_simulated.yaml")
    options.add_argument("--set", action="append", default=[], metavar="a.b=c", help="over the configuration")
    options.add_argument("--table", action="store_true", help="train nothing: the table of the runs that are there")
    arguments = options.parse_args()
    folder, config = arguments.folder.resolve(), arguments.config.resolve()
    table = []
    for kind in arguments.kinds:
        found = []
        for each in itertools.product(arguments.shares, arguments.presets, arguments.seeds):
            name = f"{kind}_{each[0]:g}_{each[1]}_{each[2]}"
            if arguments.table and not (folder / name / "report" / "metrics.json").exists():
                continue
            found.append(run(folder, config, kind, *each, arguments.set))
        own = OWN_SCORE[kind]
        for score in (own, ("beyond_tuning", "two_sample_auc", 0.5)) if found else ():
            table += rows(kind, score, found)
    print_table(table)
    write_json(arguments.json, {"rows": table})


if __name__ == "__main__":
    main()
