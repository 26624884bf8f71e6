"""``python evaluate.py``: from a trained run to its report."""

from __future__ import annotations

import argparse
import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from cyclegan_neuro import __version__
from cyclegan_neuro.cli.configuration import load, run_config_file
from cyclegan_neuro.cli.console import prepare_console
from cyclegan_neuro.cli.errors import report_user_errors
from cyclegan_neuro.errors import ConfigurationError, RunDirectoryError
from cyclegan_neuro.invocation import command
from cyclegan_neuro.training.lock import EVALUATION_LOCK, locked

if TYPE_CHECKING:
    from cyclegan_neuro.configuration.fields import Section
    from cyclegan_neuro.systems.base import System
    from cyclegan_neuro.training.run import Run

__all__ = ["main"]

_LOG = logging.getLogger(__name__)
_SECTIONS = ("evaluation", "report")
_EPILOG = """\
examples:
  {evaluate} --output_dir runs/demo
  {evaluate} --output_dir runs/demo --set evaluation.weights=last --set report.n_traces=6

--set takes the sections evaluation and report; and, where a run moved to another machine,
the files in section data (such as data.x.path) and training.devices. A run may be evaluated while it trains, but by one
process at a time. The last line printed begins with the path of the report and names the weights it is about.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the command line and the configuration, evaluate, and print the path of the report."""
    options = _parser().parse_args(arguments)
    with report_user_errors():
        system, config = load(run_config_file(options.output_dir), overrides=options.set)
        _refuse_what_was_learned(options.set, system)
        with locked(options.output_dir, EVALUATION_LOCK):
            prepare_console()
            print(_evaluate(options.output_dir, system, config))
    return 0


def _refuse_what_was_learned(overrides: Sequence[str], system: System) -> None:
    from cyclegan_neuro.configuration.fields import input_files

    moved = (*input_files(system.Config, section="data"), "training.devices")
    for override in overrides:
        key = override.partition("=")[0].strip()
        if key.split(".")[0] not in _SECTIONS and key not in moved:
            raise ConfigurationError(
                f"--set {override}",
                got=f"the key '{key}', which is part of how the run was trained",
                expected="evaluation.*, report.*, or one of " + ", ".join(moved),
                fix="train another run with this setting",
            )


def _evaluate(output_dir: Path, system: System, config: Section) -> str:
    """Write the report; return the line that names it and its weights."""
    # Here and not above, so that --help and errors in the configuration do not wait for TensorFlow.
    from cyclegan_neuro.configuration.loading import dump_config
    from cyclegan_neuro.report.write import write_report
    from cyclegan_neuro.training.precision import with_numerics
    from cyclegan_neuro.training.run import load_run

    started = time.perf_counter()
    _LOG.info("loading %s", output_dir)
    run = load_run(output_dir, weights=config.evaluation.weights, config=config, system=system)
    loaded = time.perf_counter()
    _LOG.info("evaluating")
    weights = {"asked_for": config.evaluation.weights, **run.checkpoint.as_dict()}
    environment = _environment(run)
    told = with_numerics(run.config, environment)
    evaluation = system.evaluate(
        told, run.prepared, run.trainer, cache_directory=run.directory.path / "evaluation_cache"
    )
    if weights["damaged"]:
        evaluation = replace(evaluation, summary=(_fallback(weights), *evaluation.summary))
    timing = {
        "training_s": run.status.seconds_trained,
        "training_windows_per_s": run.status.windows_per_second,
        "loading_s": loaded - started,
        "evaluation_s": time.perf_counter() - loaded,
    }
    report = write_report(
        evaluation,
        run_directory=run.directory.path,
        system_name=system.name,
        config_yaml=dump_config(run.config),
        environment=environment,
        inputs=run.directory.read_json(run.directory.inputs_file),
        status=run.status.as_dict(),
        weights=weights,
        timing=timing,
    )
    fallback = f"; damaged: {', '.join(weights['damaged'])}" if weights["damaged"] else ""
    return f"{report}  ({_named(weights)}, sha256 {weights['sha256'][:12]}{fallback})"


def _named(weights: dict) -> str:
    return f"weights '{weights['asked_for']}': epoch {weights['epoch']}, step {weights['step']}"


def _fallback(weights: dict) -> str:
    names = ", ".join(weights["damaged"])
    return f"A newer checkpoint is damaged ({names}). This report is about an older one: {_named(weights)}."


def _environment(run: Run) -> dict:
    """Return where the run was trained; also the versions that evaluate it, if they differ."""
    from cyclegan_neuro.training.environment import library_versions

    now = library_versions()
    try:
        trained = run.directory.read_json(run.directory.environment_file)
    except RunDirectoryError as error:  # it informs; no number depends on it
        _LOG.warning("%s", error)
        return {"evaluated_with": now}
    return trained if trained.get("versions") == now else {**trained, "evaluated_with": now}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=command("evaluate"),
        description="Evaluate a trained run and write its report.",
        epilog=_EPILOG.format(evaluate=command("evaluate")),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"cyclegan_neuro {__version__}")
    parser.add_argument("--output_dir", type=Path, required=True, metavar="DIR", help="directory of the run")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="a.b=c",
        help="change one setting of evaluation or report; may be given again",
    )
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
