"""``python evaluate.py``: from a trained run to its report."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cyclegan_neuro import __version__
from cyclegan_neuro.api import TrainedRun, refuse_what_was_learned
from cyclegan_neuro.cli.console import new_parser, path_from, prepare_console, report_user_errors
from cyclegan_neuro.configuration.fields import with_values
from cyclegan_neuro.errors import ConfigurationError
from cyclegan_neuro.evaluation.days.sections import NullPairSection
from cyclegan_neuro.training.configurations import load, run_config_file
from cyclegan_neuro.training.interruption import stopping_on_signals
from cyclegan_neuro.training.lock import EVALUATION_LOCK, locked

if TYPE_CHECKING:
    from cyclegan_neuro.systems.base import System
    from cyclegan_neuro.training.heartbeat import Lock

__all__ = ["main"]

_EPILOG = """\
examples:
  {evaluate} --output_dir runs/demo
  {evaluate} --output_dir runs/demo --set evaluation.weights=last --set report.n_traces=6
  {evaluate} --output_dir runs/demo --null runs/control_1 runs/control_2 runs/control_3
  {evaluate} --output_dir runs/demo --seeds runs/seed_2 runs/seed_3

--set takes the sections evaluation and report; and, where a run moved to another machine,
the files in section data (such as data.x.path) and training.devices. A run may be evaluated while it trains, but by one
process at a time. The last line printed begins with the path of the report and names the weights it is about.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the command line and the configuration, evaluate, and print the path of the report."""
    options = _parser().parse_args(arguments)
    with report_user_errors(), stopping_on_signals():
        system, config = load(run_config_file(options.output_dir), overrides=options.set)
        refuse_what_was_learned(options.set, system, config)
        config = _with_other_runs(_with_null_pairs(config, options.null), options.seeds)
        with locked(options.output_dir, EVALUATION_LOCK) as lock:
            prepare_console()
            print(_evaluate(options.output_dir, lock, system, config))
    return 0


def _evaluate(output_dir: Path, lock: Lock, system: System, config: Any) -> str:
    """Write the report; return the line that names it and its weights."""
    run = TrainedRun.load(output_dir, system, config)
    report, weights = run.write_report_locked(lock), run.weights
    fallback = f"; damaged: {', '.join(weights['damaged'])}" if weights["damaged"] else ""
    return f"{report}  ({run.told_weights}, sha256 {weights['sha256'][:12]}{fallback})"


def _with_null_pairs(config: Any, runs: Sequence[Path]) -> Any:
    """Add the days of other runs, between which nothing was learned, to ``evaluation.null_pairs``."""
    if not runs:
        return config
    if "null_pairs" not in type(config.evaluation).model_fields:
        raise ConfigurationError(
            "--null", got=f"a run of {config.system}", expected="a run on two days", fix="leave --null out"
        )
    days = [load(run_config_file(run))[1].data for run in runs]
    for run, data in zip(runs, days, strict=True):
        if getattr(data, "source", "") != "files":
            raise ConfigurationError(
                f"--null {run}", got=f"days that are no files (data.source: {getattr(data, 'source', 'other')})",
                expected="a run on two recordings", fix="name runs whose data.source is files",
            )  # fmt: skip
    pairs = [NullPairSection(x=data.x, y=data.y) for data in days]
    return with_values(config, {"evaluation.null_pairs": [*config.evaluation.null_pairs, *pairs]})


def _with_other_runs(config: Any, runs: Sequence[Path]) -> Any:
    """Add runs to compare the mapping with to ``evaluation.other_runs``."""
    if not runs:
        return config
    if "other_runs" not in type(config.evaluation).model_fields:
        raise ConfigurationError(
            "--seeds", got=f"a run of {config.system}", expected="a run on two days", fix="leave --seeds out"
        )
    return with_values(config, {"evaluation.other_runs": [*config.evaluation.other_runs, *map(str, runs)]})


def _parser() -> argparse.ArgumentParser:
    parser = new_parser("evaluate", "Evaluate a trained run and write its report.", _EPILOG)
    parser.add_argument("--version", action="version", version=f"cyclegan_neuro {__version__}")
    parser.add_argument("--output_dir", type=path_from, required=True, metavar="DIR", help="directory of the run")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="a.b=c",
        help="change one setting of evaluation or report; may be given again",
    )
    parser.add_argument(
        "--null",
        type=path_from,
        nargs="+",
        default=[],
        metavar="RUN",
        help="runs on days between which nothing was learned: is the change of this run more than drift?",
    )
    parser.add_argument(
        "--seeds",
        type=path_from,
        nargs="+",
        default=[],
        metavar="RUN",
        help="runs with another training.seed, or with permuted identities (data.permuted_share): is this run's "
        "mapping the one that the data ask for?",
    )
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
