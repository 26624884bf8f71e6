"""How the program was called, for messages that say what to type next."""

from __future__ import annotations

import sys
from pathlib import Path

__all__ = ["PROGRAM", "command"]

PROGRAM = "cyclegan-neuro"
_MODULES = Path(__file__).parent / "cli"  # python -m
_SCRIPTS = {"train": "python train.py", "evaluate": "python evaluate.py"}


def command(name: str) -> str:
    """Return what the user types for a subcommand: as in a source folder if this process was called so.

    Examples
    --------
    >>> command("evaluate"), command("check")
    ('cyclegan-neuro evaluate', 'cyclegan-neuro check')
    """
    called = Path(sys.argv[0])
    if called.name not in ("train.py", "evaluate.py") and called.parent != _MODULES:  # a notebook, say
        return f"{PROGRAM} {name}"
    return _SCRIPTS.get(name, f"python -m cyclegan_neuro.cli.{name}")
