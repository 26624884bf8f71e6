"""How the program was called, for messages that say what to type next."""

from __future__ import annotations

import sys
from pathlib import Path

__all__ = ["PROGRAM", "command"]

PROGRAM = "cyclegan-neuro"
_SCRIPTS = {"train": "python train.py", "evaluate": "python evaluate.py"}


def command(name: str) -> str:
    """Return what the user types for a subcommand: as this process was called, or as in a source folder.

    Examples
    --------
    >>> command("evaluate"), command("check")
    ('python evaluate.py', 'python -m cyclegan_neuro.cli.check')
    """
    if Path(sys.argv[0]).stem == PROGRAM:
        return f"{PROGRAM} {name}"
    return _SCRIPTS.get(name, f"python -m cyclegan_neuro.cli.{name}")
