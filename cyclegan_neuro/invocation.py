"""How the program was called, for messages that say what to type next."""

from __future__ import annotations

import sys
from pathlib import Path

__all__ = ["PROGRAM", "command", "is_program"]

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
    if not _is_script(Path(sys.argv[0])):  # a notebook, say
        return f"{PROGRAM} {name}"
    return _SCRIPTS.get(name, f"python -m cyclegan_neuro.cli.{name}")


def is_program() -> bool:
    """Return whether this process is one of our commands, and not a notebook or a test that calls one."""
    called = Path(sys.argv[0])
    return called.stem == PROGRAM or _is_script(called)


def _is_script(called: Path) -> bool:
    return called.name in ("train.py", "evaluate.py") or called.parent == _MODULES
