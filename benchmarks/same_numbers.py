"""Are the numbers of two versions of the package the same, bit for bit? For changes that must not change any.

    python benchmarks/same_numbers.py --before REF --output_dir runs/same [--small] [--only CONFIGURATION ...]

Trains and evaluates README's quickstart, ``synthetic_cpu`` and Spike-GAN's quickstart with commit REF and with this
checkout, on this machine, and compares ``history.csv``, ``metrics.json``, every table and the words of the report. Runs
that have a report are not repeated. Exit code 1, and every difference, where something differs. ``--small`` takes
minutes: a few windows, one epoch.
"""

from __future__ import annotations

import argparse
import difflib
import html
import json
import os
import re
import subprocess
import sys
from pathlib import Path

from _common import ROOT

CONFIGURATIONS = ("cyclegan/quickstart", "cyclegan/synthetic_cpu", "spike_gan/quickstart")
SMALL = {
    "cyclegan": (
        "training.epochs=1",
        "windows.n_train=32",
        "windows.n_test=8",
        "evaluation.interpretation.max_windows=4",
    ),
    "spike_gan": ("training.epochs=1", "training.generator_updates=5"),
}
#: Columns and entries that tell the time, the place or the version, not a result.
CLOCKS = ("seconds", "windows_per_second", "timing", "versions", "weights")
#: The same in words; a number alone on a line stands in a table of the page, and tables are compared apart.
WORDS_OF_CLOCKS = re.compile(
    r"\d{4}-\d\d-\d\dT\S+|^[\d.,]+$|\d[\d,.]* (?:s|min|ms|windows/s|GB|MB)\b|[0-9a-f]{12,64}"
    r"|\S*/runs?/\S*|\S*same\S*"
)


def make(checkout: Path, directory: Path, configuration: str, overrides: tuple[str, ...]) -> None:
    """Train and evaluate with the code of a checkout."""
    if (directory / "report" / "metrics.json").exists():
        return
    path = checkout / "configs" / f"{configuration}.yaml"
    train = [sys.executable, checkout / "train.py", "--config", path, "--output_dir", directory]
    train += ["--overwrite"] * directory.exists()
    for override in overrides:
        train += ["--set", override]
    for command in (train, [sys.executable, checkout / "evaluate.py", "--output_dir", directory]):
        subprocess.run(list(map(str, command)), check=True, cwd=checkout, env=_environment(checkout), stdout=sys.stderr)


def _environment(checkout: Path) -> dict[str, str]:

    return {**os.environ, "PYTHONPATH": str(checkout)}


def contents(directory: Path) -> dict[str, str]:
    """Return what must be equal, as text by the name of the file."""
    found = {"history.csv": _without_clocks(directory / "history.csv")}
    metrics = json.loads((directory / "report" / "metrics.json").read_text(encoding="utf-8"))
    found["metrics.json"] = json.dumps(_kept(metrics), indent=1, sort_keys=True)
    for table in sorted((directory / "report" / "tables").glob("*.csv")):
        found[f"tables/{table.name}"] = table.read_text(encoding="utf-8")
    page = (directory / "report" / "index.html").read_text(encoding="utf-8")
    page = re.sub(r"<(script|style|svg)\b.*?</\1>", "", page, flags=re.DOTALL)
    words = html.unescape(re.sub(r"<[^>]+>", "\n", page))
    lines = (WORDS_OF_CLOCKS.sub("#", line).strip() for line in words.splitlines())
    found["words of the report"] = "\n".join(line for line in lines if line)
    return found


def _kept(value):
    """Leave clocks out, at any depth."""
    if not isinstance(value, dict):
        return value
    return {key: _kept(entry) for key, entry in value.items() if key not in CLOCKS}


def _without_clocks(file: Path) -> str:
    rows = [line.split(",") for line in file.read_text(encoding="utf-8").splitlines()]
    kept = [index for index, name in enumerate(rows[0]) if name not in CLOCKS]
    return "\n".join(",".join(row[index] for index in kept) for row in rows)


def differences(before: dict[str, str], after: dict[str, str]) -> dict[str, list[str]]:
    """Return, by file, the lines that differ; a file on one side only differs as a whole."""
    found = {}
    for name in sorted(before.keys() | after.keys()):
        old, new = (side.get(name, "").splitlines() for side in (before, after))
        lines = [
            line for line in difflib.unified_diff(old, new, "before", "after", lineterm="", n=0) if line[:2] != "@@"
        ]
        if lines:
            found[name] = lines
    return found


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--before", required=True, metavar="REF", help="commit to compare this checkout with")
    options.add_argument("--output_dir", type=Path, required=True, help="folder for the runs")
    options.add_argument("--small", action="store_true", help="a few windows and one epoch")
    options.add_argument("--only", nargs="+", choices=CONFIGURATIONS, default=CONFIGURATIONS)
    arguments = options.parse_args()
    folder = arguments.output_dir.resolve()
    other = folder / "before"
    if not other.exists():
        command = ["git", "-C", str(ROOT), "worktree", "add", "--detach", str(other), arguments.before]
        subprocess.run(command, check=True, stdout=sys.stderr)
    differ = False
    for configuration in arguments.only:
        overrides = SMALL[configuration.split("/")[0]] if arguments.small else ()
        runs = [folder / f"{configuration.replace('/', '_')}_{side}" for side in ("before", "after")]
        for checkout, directory in zip((other, ROOT), runs, strict=True):
            make(checkout, directory, configuration, overrides)
        old, new = map(contents, runs)
        found = differences(old, new)
        print(f"{configuration}: {len(old)} files, {len(found)} differ")
        for name, lines in found.items():
            print(f"  {name}: {len(lines)} lines", *(f"    {line}" for line in lines[:20]), sep="\n")
        differ = differ or bool(found)
    return int(differ)


if __name__ == "__main__":
    raise SystemExit(main())
