"""``cyclegan-neuro``: every command of the package under one name."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

from cyclegan_neuro import __version__
from cyclegan_neuro.cli.console import adapt_to_surroundings
from cyclegan_neuro.invocation import PROGRAM

__all__ = ["COMMANDS", "main"]

COMMANDS = {
    "train": "train a system on two recordings, or on simulated days, and write a run directory",
    "evaluate": "evaluate a trained run and write its report",
    "compare": "compare evaluated runs, or those of a grid, in one report",
    "check": "look at a recording: what it holds, and what is wrong with it",
    "convert": "write a recording of any format as HDF5, npz, MATLAB or NWB",
    "infer": "infer spikes from a recording",
    "simulate": "write simulated days with a known answer",
    "grid": "train and evaluate every combination of settings in a grid file",
    "sample": "draw samples from a trained generator",
    "describe": "print every setting of a system with its default, unit and the paper's value",
    "systems": "list the systems that can be trained",
    "train_inference": "train spike inference for another frame rate",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Hand the rest of the command line to the command that comes first."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    options = _parser().parse_args(arguments[:1])
    return importlib.import_module(f"cyclegan_neuro.cli.{options.command}").main(arguments[1:])


def _parser() -> argparse.ArgumentParser:
    adapt_to_surroundings()
    width = max(map(len, COMMANDS))
    lines = "\n".join(f"  {name:<{width}}  {purpose}" for name, purpose in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        description="What changed in a population of neurons when the animal learned?",
        epilog=f"commands:\n{lines}\n\n{PROGRAM} COMMAND --help tells the rest.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"cyclegan_neuro {__version__}")
    parser.add_argument("command", choices=COMMANDS, metavar="COMMAND", help="one of those below")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
