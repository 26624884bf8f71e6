"""``python train.py``: from a configuration to a trained run directory."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Sequence
from pathlib import Path

from cyclegan_neuro import __version__
from cyclegan_neuro.cli.console import new_parser, path_from, prepare_console, report_user_errors
from cyclegan_neuro.cli.describe import describe_system
from cyclegan_neuro.cli.systems import list_systems
from cyclegan_neuro.invocation import command
from cyclegan_neuro.training.configurations import configuration_file, load
from cyclegan_neuro.training.interruption import stopping_on_signals

__all__ = ["main"]

_EPILOG = """\
examples:
  {train} --output_dir runs/demo
      the quickstart: simulated novice and expert days, minutes on a CPU
  {train} --config cyclegan/paper_recorded.yaml --output_dir runs/mine --set data.x.path=novice.h5
  {train} --output_dir runs/demo --resume
      go on where an interrupted run stopped; in a job's script --resume auto, which also starts it (docs/cluster.md)
  {train} --describe cyclegan
      every setting with its default, unit and the paper's value

then: {evaluate} --output_dir runs/demo
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the command line and the configuration, then train."""
    parser = _parser()
    options = parser.parse_args(arguments)
    with report_user_errors(), stopping_on_signals():
        if options.list_systems:
            print(list_systems())
        elif options.describe:
            print(describe_system(options.describe))
        elif options.output_dir is None:
            parser.error("--output_dir is needed: the folder that the run is written to")
        else:
            _train(options)
    return 0


def _train(options: argparse.Namespace) -> None:
    system, config = load(
        configuration_file(options.config, resumed=_resumed(options)),
        overrides=options.set,
    )
    prepare_console()
    from cyclegan_neuro.training.run import train

    train(system, config, output_dir=options.output_dir, resume=options.resume, overwrite=options.overwrite)
    print(f"now: {command('evaluate')} --output_dir {shlex.quote(str(options.output_dir))}")


def _resumed(options: argparse.Namespace) -> Path | None:
    """The run whose configuration counts where none is named."""
    there = options.resume == "auto" and (options.output_dir / "config.yaml").is_file()
    return options.output_dir if there or options.resume is True else None


def _parser() -> argparse.ArgumentParser:
    told = "Train a system on two recordings (or on simulated days) and write a run directory."
    parser = new_parser("train", told, _EPILOG)
    parser.add_argument("--version", action="version", version=f"cyclegan_neuro {__version__}")
    parser.add_argument(
        "--config",
        type=path_from,
        metavar="FILE",
        help="YAML configuration: a file, or one that comes with the package (default: cyclegan/quickstart.yaml)",
    )
    parser.add_argument("--output_dir", type=path_from, metavar="DIR", help="run directory; must not exist yet")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="a.b=c",
        help="change one setting, for example training.epochs=3; may be given again",
    )
    again = parser.add_mutually_exclusive_group()
    again.add_argument(
        "--resume",
        nargs="?",
        choices=["auto"],
        const=True,
        default=False,
        help="continue the run in DIR (without --config: with its own configuration); "
        "--resume auto starts one where there is none",
    )
    again.add_argument("--overwrite", action="store_true", help="replace the run in DIR")
    parser.add_argument("--describe", metavar="SYSTEM", help="print every setting of a system and stop")
    parser.add_argument("--list_systems", action="store_true", help="print the systems and stop")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
