"""``cyclegan-neuro systems``: the systems that can be trained."""

from __future__ import annotations

from collections.abc import Sequence

from cyclegan_neuro.cli.console import new_parser, report_user_errors
from cyclegan_neuro.invocation import command

__all__ = ["list_systems", "main"]


def list_systems() -> str:
    """Return name, title and paper of every system, two lines each."""
    from cyclegan_neuro.systems import base

    found = [base.get(name) for name in base.names()]
    width = max(len(system.name) for system in found)
    return "\n".join(f"{system.name:<{width}}  {system.title}\n{'':<{width}}  {system.citation}" for system in found)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the list."""
    told = f"List the systems there are; {command('train')} --describe NAME prints the settings of one."
    new_parser("systems", told).parse_args(arguments)
    with report_user_errors():
        print(list_systems())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
