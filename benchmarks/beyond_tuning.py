"""What each translator gets right of changes that mean tuning does not show, where the truth is known.

    python benchmarks/beyond_tuning.py RUNS [--kinds gain timing ...] [--shares 0.4] [--animals mouse_1:3 mouse_1:4 ...]
        [--config configs/cyclegan/best_simulated.yaml] [--set a.b=c ...] [--table]

Every combination is one run in the folder RUNS, trained and evaluated by the commands that a user has; what is there
already is not made again. The table has a row for each kind of learning and score of G(X): means over runs of the
model, of doing nothing and of the alignment that is nearest to the ideal on average, and how much nearer the model is
than that one, with the 95 % interval over runs (Student's t). --json has all translators.
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
_STATE = ("beyond_tuning", "state_slope_truth", 1.0)
_RESIDUALS = ("beyond_tuning", "residual_r_truth", 1.0)
_TUNING = ("tuning", "correlation", 1.0)
#: What a kind of learning changes: group and score of metrics.json, and the value that is ideal; its own score first.
SCORES = {
    "tuning": (_TUNING, ("tuning", "mae", 0.0)),
    "remapping": (_TUNING, ("tuning", "mae", 0.0)),
    "correlations": (("beyond_tuning", "noise_correlation_error_truth", 0.0), _RESIDUALS),
    "gain": (_STATE, _RESIDUALS),
    "timing": (_RESIDUALS, _TUNING),
    "mixed": (_STATE, _RESIDUALS),
    "behaviour": (("tuning_unchanged", "mae", 0.0), ("signals", "direct_y", 0.0)),
}
_OF_ALL = (("beyond_tuning", "two_sample_auc", 0.5), ("signals", "direct_changed_y", 0.0))
_NO_RIVALS = ("model", "identity", "truth", "floor", "training_laps", "best_possible")
_WITHOUT = ("evaluation.spikes.enabled=false", "evaluation.interpretation.enabled=false")


def metrics_of(folder: Path, kind: str, share: float, preset: str, seed: int) -> Path:
    """Return where a run has its metrics."""
    return folder / f"{kind}_{share:g}_{preset}_{seed}" / "report" / "metrics.json"


def run(folder: Path, config: Path, kind: str, share: float, preset: str, seed: int, overrides: list[str]) -> dict:
    """Train and evaluate one run, unless it is there, and return its metrics."""
    found = metrics_of(folder, kind, share, preset, seed)
    output = found.parents[1]
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


def scores(metrics: dict, score: tuple[str, str, float]) -> dict[str, float]:
    """Return translator → a score of G(X) in one run."""
    group, name, _ = score
    if group.startswith("tuning"):
        entries = metrics["tuning"]["unchanged_y" if group == "tuning_unchanged" else "changed_y"]
        return {translator: entry[name] for translator, entry in entries.items()}
    if group == "signals":
        return {one: entry["mean"] for one, entry in metrics["signals"].get(name, {}).items()}
    return metrics["beyond_tuning"]["y"].get(name, {})


def row(kind: str, score: tuple[str, str, float], runs: list[dict]) -> dict | None:
    """Return what the model reaches on one score beside the best alignment; None where the runs have no such score."""
    per_run = [scores(metrics, score) for metrics in runs]
    if not all("model" in one for one in per_run):
        return None
    means = {name: float(np.mean([one[name] for one in per_run])) for name in per_run[0]}
    away = {name: np.array([abs(one[name] - score[2]) for one in per_run]) for name in means}
    best = min((name for name in means if name not in _NO_RIVALS), key=lambda name: away[name].mean())
    gained = away[best] - away["model"]
    half = student.ppf(0.975, len(runs) - 1) * gained.std(ddof=1) / np.sqrt(len(runs)) if len(runs) > 1 else np.nan
    return {
        "learning": kind, "score": f"{score[1]} ({score[2]:g})", "runs": len(runs), "model": means["model"],
        "identity": means["identity"], "best alignment": best, "reaches": means[best], "model nearer by": gained.mean(),
        "low": gained.mean() - half, "high": gained.mean() + half, "nearer in": int((gained > 0).sum()), "all": means,
    }  # fmt: skip


def main() -> None:
    """Run what is missing and print the table of all."""
    options = parser(__doc__.splitlines()[0], repeats=1)
    options.add_argument("folder", type=Path, help="folder of the runs")
    options.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    options.add_argument("--shares", nargs="+", type=float, default=[0.4])
    options.add_argument(
        "--animals", nargs="+", default=[f"mouse_1:{seed}" for seed in range(3, 8)], metavar="MOUSE:SEED"
    )
    options.add_argument("--config", type=Path, default=ROOT / "configs" / "cyclegan" / "best_simulated.yaml")
    options.add_argument("--set", action="append", default=[], metavar="a.b=c", help="over the configuration")
    options.add_argument("--table", action="store_true", help="train nothing: the table of the runs that are there")
    arguments = options.parse_args()
    folder, config = arguments.folder.resolve(), arguments.config.resolve()
    table = []
    for kind in arguments.kinds:
        found = []
        for share, animal in itertools.product(arguments.shares, arguments.animals):
            preset, seed = animal.split(":")
            if arguments.table and not metrics_of(folder, kind, share, preset, int(seed)).exists():
                continue
            found.append(run(folder, config, kind, share, preset, int(seed), arguments.set))
        table += [row(kind, score, found) for score in (*SCORES[kind], *_OF_ALL) if found]
    table = [one for one in table if one]
    print_table([{name: value for name, value in one.items() if name != "all"} for one in table])
    write_json(arguments.json, {"rows": table})


if __name__ == "__main__":
    main()
