"""``cyclegan-neuro systems``: the systems that can be trained."""

from __future__ import annotations

from collections.abc import Sequence

from cyclegan_neuro.cli.console import new_parser, report_user_errors
from cyclegan_neuro.errors import ConfigurationError
from cyclegan_neuro.invocation import command

__all__ = ["list_systems", "main"]


def list_systems() -> str:
    """Return name, title and paper of every system, two lines each, or one that says why it cannot be used."""
    from cyclegan_neuro.systems import base

    names = base.names()
    width = max(map(len, names))
    lines = []
    for name in names:
        try:
            system = base.get(name)
        except ConfigurationError as error:
            lines.append(f"{name:<{width}}  cannot be used: {error}")
        else:
            lines += [f"{name:<{width}}  {system.title}", f"{'':<{width}}  {system.citation}"]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the list."""
    told = f"List the systems there are; {command('train')} --describe NAME prints the settings of one."
    new_parser("systems", told).parse_args(arguments)
    with report_user_errors():
        print(list_systems())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
